"""The URLs of the search box."""

from django.urls import URLPattern

app_name = "search"

urlpatterns: list[URLPattern] = []
