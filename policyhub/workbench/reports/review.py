"""A report as a whole: what was judged, its digest, and how to make it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlencode

from django.urls import reverse

from policyhub.catalog.models import CatalogState, Policy
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.risk import Risk
from policyhub.judge.risks.rules_of_today import rules_of_today
from policyhub.judge.risks.verdict import one_for_each_title
from policyhub.workbench.reports.changes import changes_since
from policyhub.workbench.reports.pairing import SubjectPair
from policyhub.workbench.reports.part import DocumentReport
from policyhub.workbench.reports.subject import ReportSubject, digest_of_text

ReviewKind = Literal["policy", "comparison", "set"]
#: Of the form of what the digest is about.
FORMAT = 1
_PAGES: dict[ReviewKind, str] = {
    "comparison": "workbench:comparison_report",
    "set": "workbench:set_report",
}


@dataclass(frozen=True, eq=False)
class ReviewReport:
    """The parts of a report on one document, on two that are compared, or on a set.

    `since` is the last review as it was asked for, "" if it was not.
    """

    kind: ReviewKind
    parts: Sequence[DocumentReport]
    since: str
    day: date
    budget: Budget = NO_LIMIT

    @property
    def title(self) -> str:
        """What it is about."""
        names = [each.subject.label for each in self.parts]
        if self.kind == "comparison":
            left, right = names if names[0] != names[1] else self.names
            return f"{left} and {right}, compared"
        return names[0] if len(names) == 1 else f"{len(names)} policies together"

    @property
    def names(self) -> list[str]:
        """The documents as commands call them, each with its version."""
        return [each.subject.name for each in self.parts]

    @property
    def kept_as(self) -> str:
        """What a browser keeps notes as: of one policy for all its versions, else of just these."""
        return self.title if self.only else " ".join(self.names)

    @property
    def only(self) -> DocumentReport | None:
        """The part of a report on one document."""
        return self.parts[0] if self.kind == "policy" else None

    @cached_property
    def pair(self) -> SubjectPair | None:
        """The two documents of a comparison."""
        if self.kind != "comparison":
            return None
        left, right = (each.subject for each in self.parts)
        return SubjectPair(left, right, self.budget)

    @cached_property
    def together(self) -> Sequence[Risk]:
        """What one can do only with all of the documents on one role, or with fewer bounds."""
        if self.kind != "set":
            return ()
        free = {(each.path.title, each.answer) for part in self.parts for each in part.risks}
        risks = risks_of(
            *(each.subject.judged for each in self.parts), vocabulary=rules_of_today().vocabulary
        )
        claimed = one_for_each_title([each for each in risks if each.is_claimed])
        return [
            each
            for each in claimed
            if (each.path.title, each.answer) not in free and (each.path.title, "free") not in free
        ]

    @cached_property
    def judged(self) -> dict[str, Any]:
        """What was judged: the documents, those of the last review, and the reference used."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "documents": [each.subject.to_dict() for each in self.parts],
            "since": [
                each.changes.pair.left.to_dict() if each.changes and each.changes.pair else None
                for each in self.parts
            ],
            "reference": get_reference().version,
        }

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of what was judged as canonical JSON: names sorted, no white space."""
        return digest_of_text(canonical(self.judged))

    @property
    def path(self) -> str:
        """The address of the page without the host; "" where documents are from files."""
        if any(each.subject.policy is None for each in self.parts):
            return ""
        if self.kind != "policy":
            names = [("policy", each) for each in self.names]
            return f"{reverse(_PAGES[self.kind])}?{urlencode([*names, *self._since()])}"
        subject = self.parts[0].subject
        number = subject.version.version_id if subject.version else ""
        query = [*([("version", number)] if number else []), *self._since()]
        policy = subject.policy
        assert policy is not None  # noqa: S101 (looked at above)
        address = reverse("workbench:policy_report", args=[policy.key])
        return f"{address}?{urlencode(query)}" if query else address

    def _since(self) -> list[tuple[str, str]]:
        """The last review, so that it is the same tomorrow: by version where there is one."""
        only = self.only
        if only and only.changes and only.changes.review.version:
            number = only.changes.review.version.version_id
            return [("since", number)] if number else []
        return [("since", self.since)] if self.since else []

    @property
    def command(self) -> str:
        """The command line that makes it again, with the same digest."""
        flags = {"comparison": ["--compare"], "set": [], "policy": []}[self.kind]
        since = [part for _, value in self._since() for part in ("--since", value)]
        return shlex.join(["uv", "run", "manage.py", "report", *self.names, *flags, *since])

    def to_dict(self, site: str = "") -> dict[str, Any]:
        """The report as JSON; `site` is what comes before the path in its address."""
        return {
            "title": self.title,
            "kind": self.kind,
            "date": self.day,
            "address": f"{site}{self.path}" if self.path else None,
            "command": self.command,
            "digest": self.digest,
            "judged": self.judged,
            "data": data_of_the_report(),
            "documents": [each.to_dict() for each in self.parts],
            "comparison": self.pair.to_dict() if self.pair else None,
            "together": [each.to_dict() for each in self.together],
        }


def review_of(
    kind: ReviewKind,
    subjects: Sequence[ReportSubject],
    since: str,
    day: date,
    budget: Budget = NO_LIMIT,
) -> ReviewReport:
    """A report on these documents. Raises `UnusableSinceError`."""
    parts = [DocumentReport(each, changes_since(each, since, budget)) for each in subjects]
    return ReviewReport(kind, parts, since, day, budget)


def canonical(value: Any) -> str:
    """A JSON value with its names sorted and without white space; text as it is."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def data_of_the_report() -> dict[str, Any]:
    """How fresh the data is that all of it rests on."""
    newest = Policy.objects.filter(last_seen_on=None).order_by("-facts_retrieved_on")
    days = newest.exclude(facts_retrieved_on=None).values_list("facts_retrieved_on", flat=True)
    state = CatalogState.current()
    return {
        "reference": get_reference().version,
        "policiesAsOf": days.first(),
        "historyComplete": state.history_done >= state.history_total,
    }
