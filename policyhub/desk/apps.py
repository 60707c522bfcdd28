"""The desk: what curators have to look at."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The room in which findings are accepted, taken on and settled."""

    name = "policyhub.desk"
    label = "desk"

    def ready(self) -> None:
        """Have accepted findings shown among the edits, and put back."""
        from policyhub.catalog.editing.kinds import EditedKind, register_edited
        from policyhub.desk.models import Acceptance

        register_edited(EditedKind(Acceptance, "accepted finding", "policy_id", "code"))
