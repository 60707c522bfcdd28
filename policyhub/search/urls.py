"""The URLs of the search box; the page's JSON twin has `.json` for its last slash."""

from django.urls import path

from policyhub.search import views, who_can_views

app_name = "search"

urlpatterns = [
    path("search/", views.search, name="search"),
    path("search.json", views.search_json, name="search_json"),
    path("who-can/", who_can_views.who_can_page, name="who_can"),
    path("who-can.json", who_can_views.who_can_json, name="who_can_json"),
    path("who-can.csv", who_can_views.who_can_csv, name="who_can_csv"),
    path("search/suggestions/", views.suggestions, name="suggestions"),
]
