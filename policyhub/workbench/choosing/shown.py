"""A copy as the page shows it: counts, rows, and the texts to take along."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from django.urls import reverse

from policyhub.http import LONGEST_ADDRESS
from policyhub.judge.reporting.finding import ReportedFinding
from policyhub.judge.risks.risk import Risk
from policyhub.simulator_address import simulator_query
from policyhub.workbench.building.proposals import ProposedCondition
from policyhub.workbench.building.proving import RequiredRequest
from policyhub.workbench.building.template import PolicyTemplate
from policyhub.workbench.building.trust import WHY
from policyhub.workbench.choosing.form import condition_line
from policyhub.workbench.documents import characters
from policyhub.workbench.outputs.all_outputs import OUTPUTS

# A longer document is shown once, and written in other languages for downloads only.
_LONGEST_REPEATED = 20_000
_LONGEST_SHOWN = 150_000
_LONGEST_IN_PARTS = 60_000
# Written when it is downloaded: it takes the comparison of everything that is left out.
_ONLY_TO_DOWNLOAD = "scenarios"
_MOST_REQUESTS = 200


@dataclass(frozen=True, slots=True)
class ShownOutput:
    """A way to take the copy along: its text, "" where that is for downloads only."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """A proposed condition as a field has it; without values it is to be completed."""

    proposal: ProposedCondition
    line: str

    @property
    def is_complete(self) -> bool:
        """Whether it can be added as it is."""
        return bool(self.proposal.condition.values)


@dataclass(frozen=True)
class ShownTemplate:
    """A copy with what the page says of it."""

    template: PolicyTemplate
    host: str

    @property
    def text(self) -> str:
        """The document, "" where it is too long for a page."""
        text = self.template.text
        return text if len(text) <= _LONGEST_SHOWN else ""

    @property
    def fewer(self) -> int:
        """How many characters fewer it has for being minimised."""
        found = self.template.minimised
        return found.before - found.after if found else 0

    @cached_property
    def parts(self) -> list[tuple[str, int]]:
        """The copy as several documents, each with its number of characters.

        Of a longer one JSON has them: a page of it would be twice as long.
        """
        if len(self.template.text) > _LONGEST_IN_PARTS:
            return []
        return [
            (json.dumps(each, indent=2, ensure_ascii=False), characters(each))
            for each in self.template.parts
        ]

    @property
    def left_out(self) -> list[tuple[str, list[str]]]:
        """The actions that are left out, by service."""
        found = groupby(self.template.left_out, lambda name: name.partition(":")[0])
        return [(service, list(names)) for service, names in found]

    @property
    def kept_cells(self) -> str:
        """How many actions it grants of each service at each level, for the picture's script."""
        counts = Counter(
            f"{each.action.service}:{each.action.level}" for each in self.template.granted.grants
        )
        return ";".join(f"{cell}={count}" for cell, count in sorted(counts.items()))

    @property
    def ticked_cells(self) -> str:
        """The cells that are chosen, and those of chosen actions, for the picture's script."""
        choices, reference = self.template.choices, self.template.facts.reference
        named = (reference.action(each) for each in choices.actions)
        cells = {f"{each.service}:{each.level}" for each in named if each}
        return ";".join(sorted(cells.union(choices.cells)))

    @property
    def kept_statements(self) -> str:
        """The numbers of the statements of which it has something, for the picture's script."""
        outcomes = self.template.statements
        left_out = {each.position for each in outcomes if each.outcome == "left out"}
        kept = {each.position for each in outcomes} - left_out
        return " ".join(str(position + 1) for position in sorted(kept))

    @property
    def notes(self) -> list[object]:
        """The statements of which there is something to say."""
        return [each for each in self.template.statements if each.message]

    @property
    def lint(self) -> tuple[Sequence[ReportedFinding], Sequence[ReportedFinding]]:
        """The findings before and after."""
        return self.template.lint

    @property
    def risks(self) -> tuple[Sequence[Risk], Sequence[Risk]]:
        """The risks before and after."""
        return self.template.risks

    @cached_property
    def requests(self) -> list[RequiredRequest]:
        """The required requests, those that are not as expected first."""
        return sorted(self.template.required, key=lambda each: each.passed)[:_MOST_REQUESTS]

    @property
    def passed(self) -> int:
        """How many required requests are decided as expected."""
        return sum(each.passed for each in self.template.required)

    @property
    def unticked_actions(self) -> list[str]:
        """The actions of required requests, as far as the original has them, if none is chosen."""
        choices = self.template.choices
        if choices.services or choices.levels or choices.cells or choices.actions:
            return []
        asked = {str(each.request["action"]).lower() for each in self.template.required
                 if each.of_original == "allowed"}  # fmt: skip
        granted = self.template.source.granted.grants
        return [each.action.id for each in granted if each.action.id.lower() in asked]

    @property
    def conditions(self) -> list[str]:
        """The conditions that are added, as the field has them."""
        return [condition_line(each) for each in self.template.choices.conditions]

    @property
    def proposals(self) -> list[ShownProposal]:
        """The conditions that could be added."""
        return [
            ShownProposal(each, condition_line(each.condition)) for each in self.template.proposals
        ]

    @property
    def trust(self) -> list[tuple[str, str]]:
        """The services that get a role, each with the trust policy that it should have."""
        return [(each.service, json.dumps(each.document, indent=2)) for each in self.template.trust]

    @property
    def why_trust(self) -> str:
        """Why roles should have these, in a sentence without a full stop."""
        return WHY

    @property
    def outputs(self) -> list[ShownOutput]:
        """Every way to take the copy along."""
        is_long = len(self.template.text) > _LONGEST_REPEATED
        return [
            ShownOutput(
                each.name,
                each.title,
                "" if is_long or each.name in (_ONLY_TO_DOWNLOAD, "json")
                else each.write(self.template, ""),
            )
            for each in OUTPUTS.values()
        ]  # fmt: skip

    @property
    def counterexamples(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Requests that refute containment, each with the simulator's address for both sides."""
        documents = (("the copy", self.template.text), ("the original", self.template.source.text))
        return [
            (
                f"{each['action']} on {each['resource']}",
                [(name, _simulator(text, each)) for name, text in documents],
            )
            for each in self.template.containment.counterexamples[:5]
        ]


def _simulator(text: str, request: object) -> str:
    """The simulator's address for a request decided by a document; "" where it is too long."""
    query = simulator_query(text, request)  # type: ignore[arg-type]
    address = f"{reverse('simulate:simulate')}?{query}"
    return address if len(address) <= LONGEST_ADDRESS else ""
