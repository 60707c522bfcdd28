"""The URLs of the search box; the page's JSON twin has `.json` for its last slash."""

from django.urls import path

from policyhub.search import views

app_name = "search"

urlpatterns = [
    path("search/", views.search, name="search"),
    path("search.json", views.search_json, name="search_json"),
    path("search/suggestions/", views.suggestions, name="suggestions"),
]
