"""How policies answer a single path: the bounds in words, the statements, the proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.urls import reverse

from policyhub.catalog.access.power import PowerColumn
from policyhub.catalog.access.power_maps import power_of_versions
from policyhub.catalog.models import PolicyVersion, policy_label
from policyhub.http import short_address
from policyhub.iam.language.wording import Words, plain
from policyhub.judge.models import PolicyRisk
from policyhub.judge.risks.attached import Vocabulary, read_judged
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.paths import RiskPath
from policyhub.judge.risks.risk import ANSWERS, Answer, Risk
from policyhub.judge.risks.verdict import GROUPS, VerdictGroup
from policyhub.simulator_address import simulator_query

_KEPT = 4096
_GROUPS = {each.slug: each for each in GROUPS}


@dataclass(frozen=True, slots=True)
class PathAnswer:
    """What a document makes of a path, in words: `why` is one clause for each bound.

    Statements count from 1; `request` is the proof's first, as a simulation has it.
    """

    why: tuple[Words, ...]
    statements: tuple[int, ...]
    request: Mapping[str, Any] | None


@dataclass(frozen=True)
class PathHolder:
    """A policy in force that names every action of a path in its Allows."""

    key: str
    path: RiskPath
    answer: Answer
    group: VerdictGroup

    @property
    def label(self) -> str:
        """The policy's name, with its account where it is a customer's."""
        return policy_label(self.key)

    @property
    def sort_name(self) -> str:
        """The name as it sorts."""
        return self.label.lower()

    @property
    def place(self) -> tuple[int, int]:
        """The freest answers first, of these the policies that amount to most."""
        return ANSWERS.index(self.answer), self.group.rank


@dataclass(frozen=True)
class PathHolderRow:
    """The same with the version in force, and its power as it is kept."""

    holder: PathHolder
    version: PolicyVersion
    power: Sequence[PowerColumn] = ()

    @cached_property
    def detail(self) -> PathAnswer:
        """Its answer in words."""
        return _detail(self.holder.path, self.version.digest, self.version.document)

    @property
    def proof_url(self) -> str:
        """Where the proof's first request is simulated; "" without one that fits an address."""
        if self.detail.request is None:
            return ""
        version = f"@{self.version.version_id}" if self.version.version_id else ""
        query = simulator_query(f"{self.holder.key}{version}", self.detail.request)
        return short_address(reverse("simulate:simulate"), query)

    def as_json(self) -> dict[str, Any]:
        """The row as the JSON twin has it."""
        holder, detail = self.holder, self.detail
        return {
            "policy": holder.key,
            "versionId": self.version.version_id,
            "group": holder.group.slug,
            "answer": holder.answer,
            "inWords": [plain(each) for each in detail.why],
            "statements": list(detail.statements),
            "simulate": self.proof_url or None,
            "url": reverse("browse:policy_json", args=[holder.key]),
        }


def holders_of(path: RiskPath) -> list[PathHolder]:
    """The policies in force that name every action of a path in their Allows."""
    columns = ("version__policy__key", "answer", "version__verdict__group")
    rows = PolicyRisk.objects.filter(path=path.id).order_by().values_list(*columns)
    return [PathHolder(key, path, answer, _GROUPS[group]) for key, answer, group in rows]


def with_versions(holders: Iterable[PathHolder]) -> list[PathHolderRow]:
    """The same with their versions and power, in the order given; two queries."""
    wanted = {each.key: each for each in holders}
    found = PolicyVersion.objects.in_force().filter(policy__key__in=wanted).order_by()
    versions = {each.policy.key: each for each in found.select_related("policy")}
    power = power_of_versions([each.pk for each in versions.values()])
    return [
        PathHolderRow(each, versions[key], power.get(versions[key].pk, ()))
        for key, each in wanted.items()
        if key in versions
    ]


@lru_cache(maxsize=512)
def _vocabulary(path: RiskPath) -> Vocabulary:
    return Vocabulary([path])


@lru_cache(maxsize=_KEPT)
def _detail(path: RiskPath, _digest: str, document: str) -> PathAnswer:
    """What a document of the catalogue makes of a path, kept for the next call."""
    judged = read_judged(document)
    found = risks_of(judged, vocabulary=_vocabulary(path)) if judged else ()
    return _path_answer(found[0]) if found else PathAnswer((), (), None)


def _path_answer(risk: Risk) -> PathAnswer:
    if risk.ruled_out_by:
        statements = {each.statement.position for each in risk.ruled_out_by}
        clauses = tuple(dict.fromkeys(each.clause for each in risk.ruled_out_by))
    else:
        statements = set(risk.statements)
        clauses = tuple(each.words for each in risk.limits)
    request = risk.proof[0] if risk.requests else None
    return PathAnswer(clauses, tuple(each + 1 for each in sorted(statements)), request)
