"""What an import of one policy would change, without writing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from policyhub.catalog.importing.namesakes import called
from policyhub.catalog.importing.report import ImportOutcome
from policyhub.catalog.importing.run import would_bring_in
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.sources.items import Item, SourcePolicy

WouldBe = Literal["new", "changed", "same", "rejected"]
_OUTCOMES: dict[ImportOutcome, WouldBe] = {
    ImportOutcome.CREATED: "new",
    ImportOutcome.UPDATED: "changed",
    ImportOutcome.UNCHANGED: "same",
}


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What would become of one item.

    `policy` is the one that is here, None for a new one. `default` is the version that would be
    the default, None where nothing would come in; `added` are the versions that would be new.
    """

    outcome: WouldBe
    name: str
    place: str
    reasons: Sequence[str] = ()
    policy: Policy | None = None
    default: PolicyVersion | None = None
    added: Sequence[PolicyVersion] = ()

    @property
    def was_default(self) -> PolicyVersion | None:
        """The default version that is here."""
        return self.policy.versions.filter(is_default=True).first() if self.policy else None


def preview(item: Item) -> ImportPreview:
    """Decide about one item; what can't be kept is rejected with its reasons."""
    if not isinstance(item, SourcePolicy):
        return ImportPreview("rejected", "", item.place, (item.reason,))
    chunk = would_bring_in(item)
    reasons = tuple(each.reason for each in chunk.report.rejected)
    if not chunk.report.outcomes:
        return ImportPreview("rejected", item.name, item.place, reasons)
    ((key, outcome),) = chunk.report.outcomes.items()
    here = next((each for each in chunk.policies.values() if called(each) == key), None)
    policy = here or chunk.new_policies[0]
    versions = chunk.versions[id(policy)]
    return ImportPreview(
        _OUTCOMES[outcome],
        policy.label if here else item.name,
        item.place,
        reasons,
        # As it is stored: what was decided is in the other one.
        Policy.objects.get(pk=here.pk) if here else None,
        next((each for each in versions if each.is_default), None),
        [each for each in versions if not each.pk],
    )
