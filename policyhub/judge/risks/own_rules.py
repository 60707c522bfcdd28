"""Paths of one's own in the database: looked at before they are saved, judged by once they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.models import CatalogState, PolicyVersion
from policyhub.catalog.parts import in_parts
from policyhub.catalog.signals import policies_judged
from policyhub.iam.language.elements import PolicyDocument
from policyhub.iam.reading.document import read_alone
from policyhub.judge.models import PolicyRisk, RiskRule
from policyhub.judge.risks.attached import AttachedDocuments, JudgedDocument, Vocabulary
from policyhub.judge.risks.paths import InvalidPathError, known_paths
from policyhub.judge.risks.rows import RiskDeriver
from policyhub.judge.risks.rules_file import read_rules_text
from policyhub.judge.risks.rules_of_today import rules_of_today

_VERSIONS_AT_ONCE = 200


def problem_of(text: str, but: int | None = None) -> str:
    """Why a text can't be a rule, "" where it can; `but` is the row that it is to replace."""
    taken: set[str] = set()
    for other in RiskRule.objects.exclude(pk=but or 0).order_by("pk"):
        taken |= _ids(other.text, taken)
    try:
        read_rules_text(text, taken)
    except InvalidPathError as error:
        return str(error)
    return ""


def _ids(text: str, taken: Collection[str]) -> set[str]:
    try:
        return {each.id for each in read_rules_text(text, taken)}
    except InvalidPathError:
        return set()


def judge_by_rules_of_today() -> None:
    """Judge again what rules of one's own are about, or were, in the caller's transaction."""
    known = [each.id for each in known_paths()]
    before = PolicyRisk.objects.exclude(path__in=known).order_by()
    concerned: set[int] = set(before.values_list("version_id", flat=True))
    own = Vocabulary(rules_of_today().own)
    in_force = PolicyVersion.objects.in_force().select_related("policy").order_by("pk")
    for part in in_parts(in_force.iterator(), _VERSIONS_AT_ONCE):
        documents = dict(_about(part, concerned, own))
        judged = [each for each in part if each.pk in documents]
        RiskDeriver().write(judged, documents)
        policies_judged.send(RiskRule, policies={each.policy_id for each in judged})
    CatalogState.advance_prose()


def _about(
    versions: Iterable[PolicyVersion], concerned: Collection[int], own: Vocabulary
) -> Iterator[tuple[int, PolicyDocument]]:
    """Those that are concerned, and those that name every action of a path in their Allows."""
    for version in versions:
        policy = read_alone(version.document)
        if policy is None:
            continue
        judged = JudgedDocument("", version.document, policy)
        if version.pk in concerned or AttachedDocuments([judged], own, get_service_facts()).paths:
            yield version.pk, policy
