"""Conditions that a copy could have besides, each with why; none is added unless it is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.catalog.reference.in_memory import ActionInfo
from policyhub.iam.language.arn import parse_arn
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.lists import first_few
from policyhub.workbench.building.choices import AddedCondition, TemplateChoices
from policyhub.workbench.building.passing import PASSED_TO, PASSING, services_passed_to

_TAG_KEYS = "aws:TagKeys"
_OWNER = "aws:ResourceAccount"
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class ProposedCondition:
    """A condition and why; one without values needs some from the reader, such as tag keys."""

    condition: AddedCondition
    why: str

    def to_dict(self) -> dict[str, Any]:
        """The proposal as JSON has it."""
        return {"condition": self.condition.to_dict(), "why": self.why}


class Proposals:
    """What to propose for a copy; what its statements limit already is left out."""

    def __init__(
        self, copy: EffectivePermissions, choices: TemplateChoices, facts: ReferenceFacts
    ) -> None:
        self.copy, self.choices, self.facts = copy, choices, facts

    def all(self) -> list[ProposedCondition]:
        """The proposals, in the order of how much they take away."""
        return [*self._passing(), *self._keys_of_types(), *self._owner(), *self._tag_keys()]

    def _passing(self) -> Iterator[ProposedCondition]:
        """`iam:PassedToService`, with the services that the kept actions hand a role to."""
        if not self._is_open(PASSING, PASSED_TO):
            return
        kept = [each.action.id for each in self.copy.grants]
        found = services_passed_to(kept)
        why = "without it a role can be passed to any service"
        if found:
            told = [f"{name} gets it by {_few(actions)}" for name, actions in found.items()]
            why += f"; {first_few(told, _SHOWN)}"
        else:
            why += "; name the services that are to get it"
        yield ProposedCondition(
            AddedCondition("StringEquals", PASSED_TO, tuple(found), (PASSING,)), why
        )

    def _keys_of_types(self) -> Iterator[ProposedCondition]:
        """A key such as `ecs:cluster` for actions that don't work on a type of which ARNs are
        chosen, but have a key that is about it."""
        for resource_type, arns in self.choices.resources.items():
            actions = [
                each.action.id
                for each in self.copy.grants
                if _has_key_instead_of(each.action, resource_type)
                and self._is_open(each.action.id, resource_type)
            ]
            if actions:
                condition = AddedCondition("ArnLike", resource_type, arns, tuple(actions))
                why = (
                    f"{_few(actions)} {'does' if len(actions) == 1 else 'do'} not work on a "
                    f"resource of the type {resource_type}; the key {resource_type} says which one "
                    "a request is about"
                )
                yield ProposedCondition(condition, why)

    def _owner(self) -> Iterator[ProposedCondition]:
        """`aws:ResourceAccount` where an ARN has no account in it."""
        account = self.choices.account
        actions = [
            each.action.id
            for each in self.copy.grants
            if self._lacks_account(each.action) and self._is_open(each.action.id, _OWNER)
        ]
        if account and actions:
            patterns = tuple(dict.fromkeys(f"{each.partition(':')[0]}:*" for each in actions))
            yield ProposedCondition(
                AddedCondition("StringEquals", _OWNER, (account,), patterns),
                f"the ARNs of {_few(actions)} have no account: without it a resource of any "
                "account will do. aws:SourceAccount can't say so here: it is only in requests "
                "that a service makes for itself",
            )

    def _lacks_account(self, action: ActionInfo) -> bool:
        """Whether ARNs of the action have no account, and its requests carry the owner's."""
        arns = (parse_arn(text) for text, _ in self.facts.formats(action.id))
        has_none = any(each is not None and not each.account for each in arns)
        return has_none and self.facts.tells_owner(action.id)

    def _tag_keys(self) -> Iterator[ProposedCondition]:
        actions = [
            each.action.id
            for each in self.copy.grants
            if each.action.level == "Tagging"
            and _TAG_KEYS in _keys_of(each.action)
            and self._is_open(each.action.id, _TAG_KEYS)
        ]
        if actions:
            yield ProposedCondition(
                AddedCondition("ForAllValues:StringEquals", _TAG_KEYS, (), tuple(actions)),
                f"{_few(actions)} can set any tag, those that other policies depend on included: "
                "name the keys that may be set",
            )

    def _is_open(self, action: str, key: str) -> bool:
        """Whether an Allow of the action says nothing of a key."""
        grant = self.copy.grant(action)
        if grant is None or grant.freedom == "blocked":
            return False
        return any(not _is_about(each, key) for each in grant.allowed_by)


def _has_key_instead_of(action: ActionInfo, resource_type: str) -> bool:
    service, _, name = resource_type.partition(":")
    if action.service != service or name in {each.name for each in action.resource_types}:
        return False
    return resource_type.lower() in {each.lower() for each in _keys_of(action)}


def _keys_of(action: ActionInfo) -> set[str]:
    of_types = (each for one in action.resource_types for each in one.condition_keys)
    return {*action.condition_keys, *of_types}


def _is_about(statement: Statement, key: str) -> bool:
    return any(each.key.lower() == key.lower() for each in statement.conditions)


def _few(names: Sequence[str]) -> str:
    return first_few(names, _SHOWN)
