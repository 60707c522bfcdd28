"""The URLs of the search box; the page's JSON twin has `.json` for its last slash."""

from django.urls import path

from policyhub.search.best_fit import views as best_fit_views
from policyhub.search.finding import views
from policyhub.search.palette import views as palette_views
from policyhub.search.who_can import views as who_can_views

app_name = "search"

urlpatterns = [
    path("search/", views.search, name="search"),
    path("search.json", views.search_json, name="search_json"),
    path("who-can/", who_can_views.who_can_page, name="who_can"),
    path("who-can.json", who_can_views.who_can_json, name="who_can_json"),
    path("who-can.csv", who_can_views.who_can_csv, name="who_can_csv"),
    path("best-fit/", best_fit_views.best_fit_page, name="best_fit"),
    path("best-fit.json", best_fit_views.best_fit_json, name="best_fit_json"),
    path("search/suggestions/", views.suggestions, name="suggestions"),
    path("search/suggestions/palette/", palette_views.palette, name="palette"),
]
