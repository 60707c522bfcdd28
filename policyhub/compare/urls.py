"""The URLs of the comparison; the page's JSON twin has `.json` for its last slash."""

from django.urls import path

from policyhub.compare import views

app_name = "compare"

urlpatterns = [
    path("compare/", views.compare_page, name="compare"),
    path("compare.json", views.compare_json, name="compare_json"),
]
