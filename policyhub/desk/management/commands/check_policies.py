"""`manage.py check_policies [NAME...]`: where the documentation and the documents disagree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.db import DatabaseError
from django.db.models import QuerySet

from policyhub.catalog.models import Policy
from policyhub.catalog.naming import SeveralPoliciesError, find_policy, why_unknown
from policyhub.catalog.prose.stored import found_in_prose
from policyhub.catalog.sources.items import Rejection
from policyhub.desk.queue import QueuedFinding, queued_from_prose, with_decisions
from policyhub.desk.report import PROSE, reported
from policyhub.iam.language.elements import Usage
from policyhub.judge.reporting.command import JudgingCommand, judged_source
from policyhub.judge.reporting.documents import SourceDocument
from policyhub.judge.reporting.report import AcceptedFinding, JudgedSource


class Command(JudgingCommand):
    """Check the documentation of policies."""

    help = (
        "Say where the documentation of policies and their documents disagree: what is described "
        "and not granted, granted and not described, logged on the wrong day. Without NAME all "
        "policies are checked. Exit 0 if nothing is at or above --fail-on, 1 if something is, 2 "
        "if a name can't be used."
    )
    kind = PROSE
    default_threshold = "low"
    sources_nargs = "*"

    source_name = "NAME"
    source_help = "the name or ARN of a policy; every policy without one"

    def gathered(
        self, sources: Sequence[str], asked: Usage | None
    ) -> list[SourceDocument | Rejection]:
        """The policies that are named, by their keys; all of them without a name."""
        try:
            return list(map(_in_catalogue, sources) if sources else _all())
        except DatabaseError as error:
            reason = f"there is no catalogue ({error}): run `uv run manage.py start` once"
            return [Rejection(", ".join(sources) or "the catalogue", reason)]

    def judged(self, document: SourceDocument, options: dict[str, Any]) -> JudgedSource:
        """What is found about one policy."""
        return self.judged_all([document], options)[0]

    def judged_all(
        self, documents: Sequence[SourceDocument], options: dict[str, Any]
    ) -> list[JudgedSource]:
        """What is found about the policies, in a handful of queries for all of them."""
        policies = _among([each.source for each in documents])
        found: dict[str, list[QueuedFinding]] = defaultdict(list)
        for each in with_decisions(map(queued_from_prose, found_in_prose(policies))):
            found[each.policy.key].append(each)
        return [_judged(each, found[each.source]) for each in documents]


def _judged(document: SourceDocument, found: Sequence[QueuedFinding]) -> JudgedSource:
    """The findings about a policy, those set apart that are accepted at the desk."""
    judged = judged_source(document, [reported(each) for each in found if not each.is_accepted])
    accepted = tuple(
        AcceptedFinding(reported(each), each.accepted.reason)
        for each in found
        if each.accepted is not None and each.is_accepted
    )
    return replace(judged, accepted=accepted)


def _all() -> Iterator[SourceDocument]:
    for key in Policy.objects.order_by("key").values_list("key", flat=True):
        yield SourceDocument(key, "", "")


def _in_catalogue(given: str) -> SourceDocument | Rejection:
    try:
        found = find_policy(given)
    except SeveralPoliciesError as error:
        return Rejection(given, str(error))
    return SourceDocument(found.key, "", "") if found else Rejection(given, why_unknown(given))


# What SQLite takes as parameters of one query, and more than anybody types.
_MOST_NAMED = 500


def _among(keys: Sequence[str]) -> QuerySet[Policy]:
    few = len(keys) <= _MOST_NAMED
    return Policy.objects.filter(key__in=keys) if few else Policy.objects.all()
