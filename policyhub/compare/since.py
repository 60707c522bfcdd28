"""Since which version a managed policy says what its document says."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models.functions import Length

from policyhub.catalog.access.blame import Since
from policyhub.catalog.access.line_blame import DatedStatement, statements_since
from policyhub.catalog.models import PolicyVersion
from policyhub.compare.sides import Side

# Of longer histories reading all documents would take longer than comparing two of them.
MOST_CHARACTERS = 1_000_000


def dated_statements(side: Side) -> Sequence[DatedStatement]:
    """Since when each statement of a side says what it says.

    Nothing for a document of one's own, and for a policy of which one version is known, or so many
    that finding out takes long.
    """
    if not side.policy_name:
        return ()
    versions = PolicyVersion.objects.filter(policy__key=side.policy_name).exclude(existed_by=None)
    sized = versions.oldest_first().annotate(size=Length("document"))
    rows = list(sized.values_list("pk", "version_id", "size"))
    own = [place for place, (_, version_id, _) in enumerate(rows) if version_id == side.version_id]
    until = rows[: own[0] + 1] if len(own) == 1 and len(rows) > 1 else []
    if not until or sum(size for _, _, size in until) > MOST_CHARACTERS:
        return ()
    found = versions.filter(pk__in=[pk for pk, _, _ in until]).oldest_first()
    return statements_since(
        (Since.of(row, is_oldest=place == 0), row.document) for place, row in enumerate(found)
    )
