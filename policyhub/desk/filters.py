"""Which findings of the queue are shown: all of it is in the address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from policyhub.desk.queue import KINDS, SEVERITIES, QueuedFinding
from policyhub.http import Parameters, choices_in_words, tidy_query

NAMES = ("policy", "kind", "severity", "mine", "accepted", "corrected", "page")
YES = "yes"


@dataclass(frozen=True, slots=True)
class QueueFilters:
    """The filters as they were read; `query` is the address's, without the page."""

    policy: str
    kinds: Sequence[str]
    severities: Sequence[str]
    is_mine: bool
    is_accepted: bool
    is_corrected: bool
    query: str

    def of(self, findings: Iterable[QueuedFinding], user: Any) -> list[QueuedFinding]:
        """The findings that are asked for."""
        return [each for each in findings if self._takes(each, user)]

    def _takes(self, finding: QueuedFinding, user: Any) -> bool:
        wanted = self.policy.lower()
        return (
            self._takes_state(finding)
            and (not wanted or wanted in finding.policy.key.lower())
            and (not self.kinds or finding.kind in self.kinds)
            and (not self.severities or finding.severity in self.severities)
            and (
                not self.is_mine or (finding.taken is not None and finding.taken.user_id == user.pk)
            )
        )

    def _takes_state(self, finding: QueuedFinding) -> bool:
        if not (self.is_accepted or self.is_corrected):
            return finding.is_open
        accepted = self.is_accepted and finding.is_accepted
        return accepted or (self.is_corrected and finding.is_corrected)


def read_filters(parameters: Parameters) -> QueueFilters:
    """The filters in a query string; what is unusable becomes a problem of the parameters."""
    parameters.expect(NAMES)
    query: QueryDict = parameters.query.copy()
    query.pop("page", None)
    return QueueFilters(
        policy=parameters.value("policy"),
        kinds=_among(parameters, "kind", list(KINDS)),
        severities=_among(parameters, "severity", SEVERITIES),
        is_mine=bool(_among(parameters, "mine", [YES])),
        is_accepted=bool(_among(parameters, "accepted", [YES])),
        is_corrected=bool(_among(parameters, "corrected", [YES])),
        query=tidy_query(query),
    )


def _among(parameters: Parameters, name: str, known: Sequence[str]) -> list[str]:
    given = parameters.values(name)
    for value in given:
        if value not in known:
            message = f"`{value}` is not a value of `{name}`: use {choices_in_words(known)}"
            parameters.complain("unknown-value", name, message)
    return [each for each in given if each in known]
