"""The URLs of the pages for curators."""

from django.urls import path

from policyhub.curating.edits_page import (
    edits,
    edits_json,
    edits_of_policy,
    edits_of_policy_json,
    put_edit_back,
)

app_name = "curating"

urlpatterns = [
    path("edits/", edits, name="edits"),
    path("edits.json", edits_json, name="edits_json"),
    path("edits/put-back/", put_edit_back, name="put_back"),
    path("edits/<path:name>.json", edits_of_policy_json, name="edits_of_policy_json"),
    path("edits/<path:name>/", edits_of_policy, name="edits_of_policy"),
]
