"""The context keys that can matter to an answer, and those that follow from the request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.deciding.conditions import CompiledCondition
from policyhub.iam.deciding.request import ContextValue
from policyhub.simulate.question import Question

_MOST_SUGGESTED = 12


@dataclass(frozen=True)
class AskedKey:
    """A context key that can matter: its value now, its type, values that policies mention.

    `type` is empty where it is not known; `is_known` is false for a key that neither the reference
    nor AWS's lists of keys have.
    """

    name: str
    field: str
    values: Sequence[str]
    type: str
    suggestions: Sequence[str]
    is_list: bool
    is_known: bool


def asked_keys(questions: Sequence[Question], reference: Reference) -> list[AskedKey]:
    """The context keys that can matter to a question, and those that are given already."""
    bare: dict[str, str] = {}
    mentioned: dict[str, dict[str, None]] = {}
    lists: set[str] = set()
    for each in questions:
        for condition in _conditions(each):
            name = condition.key
            bare.setdefault(name, condition.condition.key)
            values = mentioned.setdefault(name, {})
            values.update(dict.fromkeys(condition.condition.values))
            lists |= {name} if condition.use.qualifier else set()
        for key in each.residual.keys if each.residual else ():
            bare.setdefault(key.lower(), key)
    given = questions[0].scenario.context if questions else {}
    for key in given:
        bare.setdefault(key.lower(), key)
    derived = questions[0].simulation.request.context if questions else {}
    spelt = {key.lower(): key for key in given}
    wanted = [name for name in bare if name in spelt or name not in derived]
    return [
        _asked_key(
            bare[name],
            given.get(spelt.get(name, "")),
            mentioned.get(name, {}),
            name in lists,
            reference,
        )
        for name in sorted(wanted)
    ]


def _conditions(question: Question) -> Iterator[CompiledCondition]:
    for _, group in question.policies.binding(question.simulation.request):
        for policy in group:
            if policy.compiled is not None:
                for statement in policy.compiled.about(question.action):
                    yield from statement.conditions


def _asked_key(
    name: str,
    value: str | tuple[str, ...] | None,
    mentioned: Sequence[str] | dict[str, None],
    multivalued: bool,
    reference: Reference,
) -> AskedKey:
    info = reference.condition_key(name)
    is_list = isinstance(value, tuple) or (value is None and multivalued)
    values = value if isinstance(value, tuple) else (value,) if value is not None else ()
    return AskedKey(
        name,
        f"context.{name}{'[]' if is_list else ''}",
        values,
        info.type if info else "",
        tuple(mentioned)[:_MOST_SUGGESTED],
        is_list,
        get_service_facts().condition_key(name) is not None,
    )


def derived_keys(question: Question) -> list[ContextValue]:
    """The context keys that follow from caller and resource, and that nobody gave."""
    given = {key.lower() for key in question.scenario.context}
    context = question.simulation.request.context
    return [value for key, value in sorted(context.items()) if key not in given]
