"""The URLs of the pages for curators."""

from django.urls import path

from policyhub.curating.edits_page import (
    edits,
    edits_json,
    edits_of_policy,
    edits_of_policy_json,
    put_edit_back,
)
from policyhub.curating.import_page import (
    close_import,
    decide_import,
    imports,
    imports_json,
    one_import,
    one_import_json,
    undo_decision,
)
from policyhub.curating.row_page import edit_row
from policyhub.curating.while_writing import look_up_pattern, look_up_pattern_json, preview

app_name = "curating"

urlpatterns = [
    path("edits/", edits, name="edits"),
    path("edits.json", edits_json, name="edits_json"),
    path("edits/put-back/", put_edit_back, name="put_back"),
    path("edits/<path:name>.json", edits_of_policy_json, name="edits_of_policy_json"),
    path("edits/<path:name>/", edits_of_policy, name="edits_of_policy"),
    path("desk/edit/<str:slug>/<int:number>/", edit_row, name="edit_row"),
    path("desk/preview/", preview, name="preview"),
    path("desk/pattern/", look_up_pattern, name="look_up_pattern"),
    path("desk/pattern.json", look_up_pattern_json, name="look_up_pattern_json"),
    path("desk/import/", imports, name="imports"),
    path("desk/import.json", imports_json, name="imports_json"),
    path("desk/import/<int:number>/", one_import, name="import"),
    path("desk/import/<int:number>.json", one_import_json, name="import_json"),
    path("desk/import/<int:number>/decide/", decide_import, name="decide_import"),
    path("desk/import/<int:number>/close/", close_import, name="close_import"),
    path("desk/import/<int:number>/undo/", undo_decision, name="undo_decision"),
]
