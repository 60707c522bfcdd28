"""What the page offers to choose: statements, services, levels, actions, ARN fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from policyhub.blast_map.tickable import TickableMap
from policyhub.catalog.access_levels import LEVELS
from policyhub.catalog.reference.records import ActionInfo
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.lists import first_few
from policyhub.workbench.building.choices import TemplateChoices
from policyhub.workbench.building.narrowing import ResourceNarrowing
from policyhub.workbench.building.template import PolicyTemplate, TemplateSource
from policyhub.workbench.choosing.form import ChosenParts
from policyhub.workbench.choosing.opened import OpenedAction, OpenedCell, is_chosen
from policyhub.workbench.choosing.others import OpenedOthers, OtherService

# Of a policy that grants more, actions are typed and not ticked.
MOST_ACTIONS = 1_500
# Longer lists are folded.
_MOST_OPEN = 12
MOST_TYPES = 40
MOST_NAMES = 12
_SHOWN = 2


@dataclass(frozen=True, slots=True)
class OfferedPart:
    """Something to tick: the value of its box, what it is called, and a word on it.

    `cell` is the part of the picture that stands for it too: a service at a level.
    """

    value: str
    name: str
    note: str = ""
    is_chosen: bool = False
    cell: str = ""


@dataclass(frozen=True, slots=True)
class OfferedService:
    """A service with the actions of which it consists."""

    part: OfferedPart
    actions: Sequence[OfferedPart]

    @property
    def chosen(self) -> int:
        """How many of its actions are ticked."""
        return sum(each.is_chosen for each in self.actions)


@dataclass(frozen=True, slots=True)
class ArnField:
    """A resource type of kept actions: its formats, filled, and the ARNs that are chosen."""

    key: str
    formats: Sequence[str]
    value: str


@dataclass(frozen=True)
class OfferedParts:
    """All that can be chosen of a policy; `opened` is the cell of its picture that is opened."""

    source: TemplateSource
    chosen: ChosenParts
    picture: TickableMap
    opened: OpenedCell | OpenedOthers | None = None

    @property
    def statements(self) -> list[OfferedPart]:
        """The Allow statements; Denies stay."""
        chosen = self.chosen.choices.statements
        return [
            OfferedPart(str(each.position + 1), each.sid, _in_short(each), each.position in chosen)
            for each in self.source.policy.statements
            if each.effect == "Allow"
        ]

    @property
    def levels(self) -> list[OfferedPart]:
        """The access levels of which something is granted."""
        counts = self.source.granted.level_counts
        chosen = self.chosen.choices.levels
        return [
            OfferedPart(level, level, f"{counts[level]:,}", level in chosen)
            for level in LEVELS
            if counts[level]
        ]

    @cached_property
    def services(self) -> list[OfferedService]:
        """The services of which something is granted, with their actions if these are not many."""
        choices, granted = self.chosen.choices, self.source.granted
        has_actions = len(granted.grants) <= MOST_ACTIONS
        return [
            OfferedService(
                OfferedPart(
                    each.prefix, each.name, f"{len(each.grants):,}", each.prefix in choices.services
                ),
                [
                    _offered_action(grant.action, choices) for grant in each.grants
                ] if has_actions else (),
            )
            for each in granted.services
            if each.grants
        ]  # fmt: skip

    @property
    def service_parts(self) -> list[OfferedPart]:
        """The services without their actions."""
        return [each.part for each in self.services]

    @property
    def ticked_actions(self) -> int:
        """How many actions are ticked."""
        return sum(each.chosen for each in self.services)

    @property
    def has_actions(self) -> bool:
        """Whether actions can be ticked."""
        return len(self.source.granted.grants) <= MOST_ACTIONS

    @property
    def opened_actions(self) -> list[OfferedPart]:
        """The boxes of an opened cell, of a policy whose actions have no boxes otherwise."""
        return self._boxes(self.opened.shown if isinstance(self.opened, OpenedCell) else ())

    @property
    def last_opened_actions(self) -> list[OfferedPart]:
        """Those that come with the last step."""
        return self._boxes(self.opened.last_shown if isinstance(self.opened, OpenedCell) else ())

    def _boxes(self, actions: Iterable[OpenedAction]) -> list[OfferedPart]:
        if self.has_actions:
            return []
        choices = self.chosen.choices
        return [_offered_action(each.action, choices) for each in actions
                if each.texture != "denied"]  # fmt: skip

    @property
    def opened_cells(self) -> list[OfferedPart]:
        """The boxes of the services of an opened level, of such a policy."""
        return self._cells(self.opened.shown if isinstance(self.opened, OpenedOthers) else ())

    @property
    def last_opened_cells(self) -> list[OfferedPart]:
        """Those that come with the last step."""
        return self._cells(self.opened.last_shown if isinstance(self.opened, OpenedOthers) else ())

    def _cells(self, services: Iterable[OtherService]) -> list[OfferedPart]:
        if self.has_actions:
            return []
        return [
            OfferedPart(
                each.cell, each.prefix, f"{each.granted:,}",
                each.cell in self.chosen.choices.cells, each.cell,
            )
            for each in services
            if each.cell and each.granted
        ]  # fmt: skip

    @property
    def further_cells(self) -> list[OfferedPart]:
        """The chosen cells that have no box otherwise: neither a column nor a place in it."""
        if self.has_actions:
            return []
        boxes = {f"{column.service.prefix}:{cell.level}"
                 for column in self.picture.services for cell in column.cells}  # fmt: skip
        boxes.update(each.cell for each in self.opened_cells)
        return [
            OfferedPart(each, each, is_chosen=True, cell=each)
            for each in self.chosen.choices.cells
            if each not in boxes
        ]

    @property
    def typed_actions(self) -> str:
        """The chosen actions that neither have a box nor are of a chosen cell that has one."""
        boxes = {each.value for each in self.opened_actions}
        cells = self.chosen.choices.cells
        for action in (each.action for each in self.source.granted.grants):
            if self.has_actions or f"{action.service}:{action.level}" in cells:
                boxes.add(action.id)
        return " ".join(each for each in self.chosen.choices.actions if each not in boxes)

    @property
    def folds_statements(self) -> bool:
        """Whether the list of statements is long."""
        return len(self.source.policy.statements) > _MOST_OPEN

    @property
    def folds_services(self) -> bool:
        """Whether the list of services is long."""
        return len(self.source.granted.services) > _MOST_OPEN


def _offered_action(action: ActionInfo, choices: TemplateChoices) -> OfferedPart:
    """An action, which may have been chosen by the cell that it is in."""
    cell = f"{action.service}:{action.level}"
    return OfferedPart(action.id, action.name, is_chosen=is_chosen(action, choices), cell=cell)


def name_fields(template: PolicyTemplate) -> list[OfferedPart]:
    """The placeholders that ARN formats of kept actions have, the most frequent first."""
    narrowing = ResourceNarrowing(template.choices, template.facts, template.policy.version)
    reference, chosen = template.facts.reference, template.choices.names
    kept = {key for grant in template.granted.grants for key in _types_of(grant.action, template)}
    counts = Counter(
        name
        for service in {key.partition(":")[0] for key in kept}
        for each in reference.resource_types(service)
        if f"{service}:{each.name}" in kept
        for name in narrowing.placeholders(each)
    )
    counts.update(dict.fromkeys(chosen, 0))
    names = sorted(counts, key=lambda name: (name not in chosen, -counts[name], name))
    return [OfferedPart(chosen.get(each, ""), each) for each in names[:MOST_NAMES]]


def arn_fields(template: PolicyTemplate) -> tuple[list[ArnField], int]:
    """The fields for ARNs, those of most kept actions first, and how many types have none."""
    counts = Counter(
        key for grant in template.granted.grants for key in _types_of(grant.action, template)
    )
    chosen = template.choices.resources
    counts.update(dict.fromkeys(chosen, 0))
    keys = sorted(counts, key=lambda key: (key not in chosen, -counts[key], key))
    fields = list(_fields(keys[:MOST_TYPES], template))
    return fields, max(0, len(keys) - MOST_TYPES)


def _types_of(action: ActionInfo, template: PolicyTemplate) -> Iterator[str]:
    """The types that an action works on, and those that a key of it is about."""
    yield from (f"{action.service}:{each.name}" for each in action.resource_types)
    known = {f"{each.service}:{each.name}"
             for each in template.facts.reference.resource_types(action.service)}  # fmt: skip
    yield from (key for key in action.condition_keys if key in known)


def _fields(keys: Sequence[str], template: PolicyTemplate) -> Iterator[ArnField]:
    narrowing = ResourceNarrowing(template.choices, template.facts, template.policy.version)
    for key in keys:
        service, _, name = key.partition(":")
        types = template.facts.reference.resource_types(service)
        formats = [one for each in types if each.name == name
                   for one in narrowing.filled_formats(each)]  # fmt: skip
        yield ArnField(key, formats, "\n".join(template.choices.resources.get(key, ())))


def _in_short(statement: Statement) -> str:
    """What a statement is about: how many patterns, and on what."""
    kind = "all actions except" if statement.not_action else ""
    named = first_few(statement.actions, _SHOWN)
    where = first_few(statement.resources, 1)
    on = "all resources" if where == "*" else where
    exceptions = "all resources except " if statement.not_resource else ""
    when = ", with conditions" if statement.conditions else ""
    return f"{kind} {named} on {exceptions}{on}{when}".strip()
