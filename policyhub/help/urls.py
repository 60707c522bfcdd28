"""The URLs of the help; a page's JSON twin has `.json` for its last slash."""

from django.urls import path

from policyhub.help import views

app_name = "help"

urlpatterns = [
    path("help/", views.contents_page, name="contents"),
    path("help.json", views.contents_json, name="contents_json"),
    path("openapi.json", views.openapi, name="openapi"),
    path("help/<slug:slug>/", views.help_page, name="page"),
    path("help/<slug:slug>.json", views.help_page_json, name="page_json"),
]
