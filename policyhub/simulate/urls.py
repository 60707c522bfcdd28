"""The URLs of the simulator; the page's JSON twin has `.json` for its last slash."""

from django.urls import path

from policyhub.simulate import views

app_name = "simulate"

urlpatterns = [
    path("simulate/", views.simulate, name="simulate"),
    path("simulate/check/<str:layer>/", views.check, name="check"),
    path("simulate/actions/", views.action_options, name="action_options"),
    path("simulate.json", views.simulate_json, name="simulate_json"),
    path("simulate/scenario.json", views.scenario_json, name="scenario_json"),
]
