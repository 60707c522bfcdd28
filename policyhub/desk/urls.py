"""The URLs of the desk."""

from django.urls import path

from policyhub.desk.acts import accept_finding, assign_finding, edit_finding, undo_deed
from policyhub.desk.views import desk, desk_csv, desk_json

app_name = "desk"

urlpatterns = [
    path("desk/", desk, name="desk"),
    path("desk.json", desk_json, name="desk_json"),
    path("desk.csv", desk_csv, name="desk_csv"),
    path("desk/accept/", accept_finding, name="accept"),
    path("desk/assign/", assign_finding, name="assign"),
    path("desk/undo/", undo_deed, name="undo"),
    path("desk/edit/<slug:key>/", edit_finding, name="edit"),
]
