"""The resources of a statement in a copy: stars replaced by ARNs of the actions' own formats.

What is put in place of a resource is always within it. Source of the formats: Service
Authorization Reference, "Resource types defined by" each service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.catalog.reference.in_memory import ActionInfo
from policyhub.catalog.reference.records import ResourceTypeInfo
from policyhub.iam.language.arn import Arn, parse_arn
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.examples import EXAMPLE_PARTITION
from policyhub.iam.language.resources import resources_are_apart, resources_are_covered
from policyhub.workbench.building.choices import TemplateChoices

_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")
_EVERYTHING = "*"
_ACCOUNTS = ("account", "accountid")
_GIVEN_ONCE = (*_ACCOUNTS, "partition", "region")


@dataclass(frozen=True, slots=True)
class ActionReach:
    """The resources that an action has in a copy, or that it is not to have (`not_resource`).

    Without any the statement leaves the action nothing. `open` are patterns that could not be
    narrowed to what was chosen, since they overlap with it only.
    """

    resources: tuple[str, ...]
    not_resource: bool = False
    open: tuple[str, ...] = ()


class ResourceNarrowing:
    """The resources of the actions of a document, as choices narrow them."""

    def __init__(self, choices: TemplateChoices, facts: ReferenceFacts, version: str) -> None:
        self.choices, self.facts, self.version = choices, facts, version
        self._candidates: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}

    def reach(self, statement: Statement, action: str) -> ActionReach:
        """The resources of an action of a statement."""
        info = self.facts.reference.action(action)
        whole = ActionReach(statement.resources, statement.not_resource)
        if statement.not_resource:
            return self._left_of(statement, info) or whole
        candidates = () if info is None else self._wanted(info)
        if not candidates:
            return ActionReach(tuple(self._filled_in(each, action) for each in whole.resources))
        return self._within(statement, action, candidates)

    def _within(
        self, statement: Statement, action: str, candidates: tuple[str, ...]
    ) -> ActionReach:
        """What candidates and patterns have in common."""
        kept: dict[str, None] = {}
        overlapping: dict[str, None] = {}
        for pattern in statement.resources:
            one = self._on(statement, pattern)
            for candidate in candidates:
                other = self._on(statement, candidate)
                if resources_are_covered(other, [one], self.version):
                    kept[candidate] = None
                elif resources_are_covered(one, [other], self.version):
                    kept[self._filled_in(pattern, action)] = None
                elif not resources_are_apart(one, other, self.version):
                    overlapping[self._filled_in(pattern, action)] = None
        still_open = {each: None for each in overlapping if each not in kept}
        return ActionReach(tuple({**kept, **still_open}), open=tuple(still_open))

    def _left_of(self, statement: Statement, info: ActionInfo | None) -> ActionReach | None:
        """The candidates that a NotResource leaves; None where one of them is left in part."""
        candidates = () if info is None else self._wanted(info)
        if not candidates:
            return None
        listed = replace(statement, not_resource=False)
        left = []
        for each in candidates:
            one = self._on(statement, each)
            if resources_are_apart(one, listed, self.version):
                left.append(each)
            elif not resources_are_covered(one, [listed], self.version):
                return None
        return ActionReach(tuple(left))

    def _on(self, statement: Statement, resource: str) -> Statement:
        return replace(statement, resources=(resource,), not_resource=False)

    def _wanted(self, info: ActionInfo) -> tuple[str, ...]:
        """The ARNs that an action is to have; none where nothing is chosen for its types."""
        types = tuple(each.name for each in info.resource_types)
        key = info.service, types
        if key not in self._candidates:
            is_chosen = any(f"{info.service}:{each}" in self.choices.resources for each in types)
            is_asked = is_chosen or self.choices.fills_formats
            arns = self._arns(info.service, types) if is_asked else ()
            self._candidates[key] = tuple(dict.fromkeys(arns))
        return self._candidates[key]

    def _arns(self, service: str, types: tuple[str, ...]) -> Iterator[str]:
        for info in self.facts.reference.resource_types(service):
            if info.name in types:
                given = self.choices.resources.get(f"{service}:{info.name}")
                yield from given or self.filled_formats(info)

    def filled_formats(self, info: ResourceTypeInfo) -> list[str]:
        """The formats of a type with what is given once, and a `*` for each other placeholder."""
        formats = [text for text, _ in self.facts.formats_of_type(info)]
        return [_PLACEHOLDER.sub(self._value, each) for each in formats]

    def placeholders(self, info: ResourceTypeInfo) -> list[str]:
        """The names of what the formats of a type leave open besides account, Region, partition."""
        found = (name for text, _ in self.facts.formats_of_type(info)
                 for name in _PLACEHOLDER.findall(text))  # fmt: skip
        return [each for each in dict.fromkeys(found) if each.lower() not in _GIVEN_ONCE]

    def _value(self, placeholder: re.Match[str]) -> str:
        name = placeholder[1]
        choices = self.choices
        if name.lower() == "partition":
            return choices.partition or EXAMPLE_PARTITION
        if name.lower() == "region":
            return choices.region or _EVERYTHING
        if name.lower() in _ACCOUNTS:
            return choices.account or _EVERYTHING
        return choices.names.get(name, _EVERYTHING)

    def _filled_in(self, pattern: str, action: str) -> str:
        """A pattern with account and Region where it has stars, if the action's ARNs have them."""
        arn = parse_arn(pattern)
        if arn is None:
            return pattern
        filled = _text_of_arn(
            replace(
                arn,
                partition=_instead(arn.partition, self.choices.partition),
                region=_instead(arn.region, self.choices.region),
                account=_instead(arn.account, self.choices.account),
            )
        )
        return filled if self.facts.meets(action, filled) else pattern


def _instead(part: str, given: str) -> str:
    return given if given and part == _EVERYTHING else part


def _text_of_arn(arn: Arn) -> str:
    parts = (arn.partition, arn.service, arn.region, arn.account, arn.resource)
    return ":".join(("arn", *parts))
