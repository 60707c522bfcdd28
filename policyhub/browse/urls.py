"""The URLs of the browsing pages; a page's JSON twin has `.json` for its last slash."""

from django.urls import URLPattern

app_name = "browse"

urlpatterns: list[URLPattern] = []
