"""What would have to change in the policies so that a gate no longer stops the request.

Each change is made in the scenario and decided before it is offered, so that what is said of it
is so. AWS's own policies can't be edited: next to one that does not allow the request a policy of
one's own is added, and one that denies it is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from policyhub.iam.deciding.decision import Decision, Layer
from policyhub.iam.explaining.answers_in_words import LAYER_NAMES
from policyhub.iam.explaining.layers import LayerOutlook, LayerState
from policyhub.iam.language.wording import Segment, Words, join_words, list_words, say
from policyhub.simulate.layer_fields import LAYERS, LayerField
from policyhub.simulate.scenario import Scenario, principal_of

_FIELDS = {
    Layer.IDENTITY: "identityPolicies",
    Layer.BOUNDARY: "permissionBoundaries",
    Layer.SESSION: "sessionPolicies",
    Layer.RESOURCE: "resourcePolicy",
    Layer.SERVICE_CONTROL: "serviceControlPolicies",
    Layer.RESOURCE_CONTROL: "resourceControlPolicies",
    Layer.ENDPOINT: "endpointPolicies",
}
# Of these a caller has one, or several that must all allow: another one opens nothing.
_WITHOUT_COMPANY = (Layer.BOUNDARY, Layer.RESOURCE)
# A change is decided like a question of its own.
_MOST_OFFERED = 4

Decide = Callable[[Scenario], Decision | None]


@dataclass(frozen=True)
class PolicyChange:
    """A change of one layer's policies, in words, and the scenario with it made.

    `then` is the decision after it, in words without a full stop.
    """

    layer: LayerOutlook
    words: Words
    then: str
    scenario: Scenario

    @property
    def query(self) -> str:
        """The query string of the changed scenario."""
        return self.scenario.query()


def smallest_policy_changes(
    scenario: Scenario, action: str, resource: str, blocking: Sequence[LayerOutlook], decide: Decide
) -> list[PolicyChange]:
    """The smallest change of each layer that blocks, if one is known.

    `scenario` asks about this action and resource alone; `decide` answers a changed one, None
    where it can't be read.
    """
    found = []
    for layer in blocking[:_MOST_OFFERED]:
        made = _change(scenario, action, resource, layer)
        decision = decide(made[1]) if made else None
        if made and decision is not None and not _still_blocks(decision, layer):
            found.append(PolicyChange(layer, made[0], _then(decision), made[1]))
    return found


def _still_blocks(decision: Decision, layer: LayerOutlook) -> bool:
    """Of several levels, another one may go on blocking: then more than one must change."""
    return layer.layer in decision.blocked_by and layer.levels < 2


def _then(decision: Decision) -> str:
    if decision.is_allowed:
        return "Then allowed"
    named = " and the ".join(LAYER_NAMES[each] for each in dict.fromkeys(decision.blocked_by))
    return f"Then still denied, by the {named}"


def _change(
    scenario: Scenario, action: str, resource: str, layer: LayerOutlook
) -> tuple[Words, Scenario] | None:
    field = next(each for each in LAYERS if each.key == _FIELDS[layer.layer])
    if layer.state is LayerState.DENIES:
        return _without_denies(scenario, field, layer)
    if layer.state is LayerState.SILENT:
        return _with_an_allow(scenario, field, layer, _allow(scenario, action, resource, layer))
    return None


def _allow(
    scenario: Scenario, action: str, resource: str, layer: LayerOutlook
) -> dict[str, Any] | None:
    """A statement that allows just this; None where nobody could be named in it."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": resource}
    if layer.layer is not Layer.RESOURCE:
        return statement
    principal = principal_of(scenario.principal) if scenario.principal else "anonymous"
    if principal == "anonymous":
        return None
    named = {"AWS": principal} if isinstance(principal, str) else principal
    return {"Effect": "Allow", "Principal": named, **statement}


def _with_an_allow(
    scenario: Scenario, field: LayerField, layer: LayerOutlook, statement: dict[str, Any] | None
) -> tuple[Words, Scenario] | None:
    if statement is None:
        return None
    asked = join_words("Add ", (Segment("action", statement["Action"]),))
    rows = scenario.rows.get(field.parameter, ())
    for row, name in _rows_of(scenario, field, layer):
        if changed := _edited(rows[row], partial(_appended, statement)):
            return join_words(asked, f" to the {name}"), _with_row(scenario, field, row, changed)
    if layer.layer in _WITHOUT_COMPANY and layer.policies:
        return None
    document = {"Version": "2012-10-17", "Statement": [statement]}
    first = "a resource policy" if layer.layer is Layer.RESOURCE else "an identity policy"
    named = list_words([(Segment("value", each.name),) for each in layer.policies], " and ")
    where = join_words("one more policy next to ", named) if layer.policies else say(first)
    return join_words(asked, " by ", where), _with_company(scenario, field, layer, document)


def _without_denies(
    scenario: Scenario, field: LayerField, layer: LayerOutlook
) -> tuple[Words, Scenario] | None:
    """The layer without the statements that always deny this, or without AWS's policy of them."""
    denying: dict[str, list[int]] = {}
    for each in layer.statements("Deny"):
        if each.matches is True:
            denying.setdefault(each.policy.name, []).append(each.statement.position)
    changed, taken = scenario, []
    for row, name in _rows_of(scenario, field, layer):
        if places := denying.pop(name, None):
            text = scenario.rows[field.parameter][row]
            if text.startswith("["):
                # A level of several documents: leaving the row out would take out all of them.
                return None
            shortened = _edited(text, partial(_removed, places))
            if shortened:
                changed = _with_row(changed, field, row, shortened)
            else:
                changed = replace(changed, off=changed.off | {f"{field.parameter}.{row}"})
            taken.append(_taken(name, places if shortened else []))
    if denying or not taken:
        return None
    return join_words("Take out ", list_words(taken, " and ")), changed


def _taken(name: str, places: Sequence[int]) -> Words:
    """Some statements of a document in words, or the document where none are named."""
    if not places:
        return (Segment("value", name),)
    numbers = " and ".join(str(place + 1) for place in sorted(places))
    return say(f"statement{'s' if places[1:] else ''} {numbers} of the {name}")


def _rows_of(
    scenario: Scenario, field: LayerField, layer: LayerOutlook
) -> Iterator[tuple[int, str]]:
    """The form's rows of a layer, or of one level of it, with what their documents are called."""
    rows = [row for row, _ in scenario.documents(field)]
    if field.by_level:
        level = rows[layer.level - 1]
        yield from ((level, each.name) for each in layer.policies[:1])
    else:
        yield from zip(rows, (each.name for each in layer.policies), strict=False)


def _edited(text: str, edit: Callable[[dict[str, Any]], dict[str, Any] | None]) -> str:
    """A pasted document, changed and written as long as it was; "" for a name or a list."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    changed = edit(document) if isinstance(document, dict) else None
    if changed is None:
        return ""
    return json.dumps(changed, indent=2 if "\n" in text.strip() else None, ensure_ascii=False)


def _appended(statement: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The document with the action in a statement that allows others alike, or with one more."""
    statements = _statements(document)
    for place, each in enumerate(statements):
        if _is_alike(each, statement):
            statements[place] = {**each, "Action": [*_as_list(each["Action"]), statement["Action"]]}
            return {**document, "Statement": statements}
    return {**document, "Statement": [*statements, statement]}


def _is_alike(each: dict[str, Any], statement: dict[str, Any]) -> bool:
    """Whether a statement differs in its actions, and its Sid, alone."""
    if "Action" not in each or "Condition" in each:
        return False
    aside = ("Action", "Resource", "Sid")
    if any(each.get(name) != statement.get(name) for name in {*each, *statement} - {*aside}):
        return False
    return _as_list(each.get("Resource", [])) == [statement["Resource"]]


def _removed(places: Sequence[int], document: dict[str, Any]) -> dict[str, Any] | None:
    """The document without some statements; None where nothing would be left of it."""
    kept = [each for place, each in enumerate(_statements(document)) if place not in places]
    return {**document, "Statement": kept} if kept else None


def _statements(document: dict[str, Any]) -> list[Any]:
    return _as_list(document["Statement"])


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _with_row(scenario: Scenario, field: LayerField, row: int, text: str) -> Scenario:
    rows = list(scenario.rows[field.parameter])
    rows[row] = text
    return replace(scenario, rows={**scenario.rows, field.parameter: tuple(rows)})


def _with_company(
    scenario: Scenario, field: LayerField, layer: LayerOutlook, document: dict[str, Any]
) -> Scenario:
    """The scenario with one more document in a layer: in the level that blocks, of several."""
    if not field.by_level:
        rows = (*scenario.rows.get(field.parameter, ()), json.dumps(document))
        return replace(scenario, rows={**scenario.rows, field.parameter: rows})
    [(row, _), *_] = _rows_of(scenario, field, layer)
    text = scenario.rows[field.parameter][row]
    level = json.loads(text) if text.startswith("[") else [_as_member(text)]
    return _with_row(scenario, field, row, json.dumps([*level, document]))


def _as_member(text: str) -> Any:
    return json.loads(text) if text.startswith("{") else text
