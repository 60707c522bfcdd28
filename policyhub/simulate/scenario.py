"""A scenario: what was typed, as an address has it, and as the simulations that it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from policyhub.http import LONGEST_ADDRESS
from policyhub.iam.deciding.places import pasted_name
from policyhub.iam.explaining.changes import Change, ChangeKind
from policyhub.simulate.layer_fields import DOCUMENT_FIELDS, LAYERS, LayerField, document_of
from policyhub.simulate.lines import read_json

TEXTS = {"resource-account": "resourceAccount", "management-account": "managementAccount"}
# What follows the name of a context key that has a list.
LIST = "[]"
# The parameter that has the policies alone decide.
REFERENCE_LEFT_ASIDE = ("reference", "no")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with a field of the form; `parameter` and `row` say which."""

    parameter: str
    row: int
    message: str


@dataclass(frozen=True)
class Scenario:
    """What was typed: each field's rows as text. `off` names rows that are switched off.

    `reference` says whether it counts that AWS can be asked the request at all, and `at` on which
    day the managed policies without a version are taken, today where it is empty.
    """

    rows: Mapping[str, tuple[str, ...]]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principal: str
    texts: Mapping[str, str]
    context: Mapping[str, str | tuple[str, ...]]
    off: frozenset[str]
    reference: bool = True
    at: str = ""
    problems: tuple[FieldProblem, ...] = field(default=())

    @property
    def is_asked(self) -> bool:
        """Whether there is anything to decide."""
        return bool(self.actions)

    def with_problems(self, *problems: FieldProblem) -> Scenario:
        """The same scenario with more that is wrong with it."""
        return replace(self, problems=(*self.problems, *problems))

    def parameters(self) -> list[tuple[str, str]]:
        """The scenario as parameters of an address, in a fixed order."""
        pairs = [
            (layer.parameter, text)
            for layer in LAYERS
            for text in self.rows.get(layer.parameter, ())
        ]
        pairs += [("action", each) for each in self.actions]
        pairs += [("resource", each) for each in self.resources]
        pairs += [("principal", self.principal)] if self.principal else []
        pairs += [(name, text) for name, text in self.texts.items() if text]
        for key, value in self.context.items():
            if isinstance(value, tuple):
                pairs += [("context", f"{key}{LIST}={each}") for each in value]
            else:
                pairs.append(("context", f"{key}={value}"))
        pairs += [("at", self.at)] if self.at else []
        pairs += [] if self.reference else [REFERENCE_LEFT_ASIDE]
        return pairs + [("off", each) for each in sorted(self.off)]

    def query(self) -> str:
        """The parameters as a query string; left unquoted if a URL would be too long for them.

        Quoting takes time: a page has a link for every question.
        """
        pairs = self.parameters()
        if sum(len(value) for _, value in pairs) > LONGEST_ADDRESS:
            return "&".join(f"{name}={value}" for name, value in pairs)
        return urlencode(pairs)

    def request_query(self) -> str:
        """The request's parameters alone, without the documents."""
        return urlencode([pair for pair in self.parameters() if pair[0] not in DOCUMENT_FIELDS])

    def only(self, action: str, resource: str) -> Scenario:
        """The same scenario about one action and one resource."""
        return replace(self, actions=(action,), resources=() if resource == "*" else (resource,))

    def changed(self, changes: Iterable[Change]) -> Scenario:
        """The scenario with changes of the request made."""
        changed = self
        for change in changes:
            changed = changed._with(change)
        return changed

    def _with(self, change: Change) -> Scenario:
        context = {
            key: value for key, value in self.context.items() if key.lower() != change.key.lower()
        }
        if change.kind is ChangeKind.GIVE_KEY:
            value = change.values if change.is_list else change.values[0]
            return replace(self, context={**context, change.key: value})
        if change.kind is ChangeKind.LEAVE_OUT_KEY:
            return replace(self, context=context)
        if change.kind is ChangeKind.ASK_FOR_RESOURCE:
            return replace(self, resources=change.values)
        return replace(self, principal=change.values[0])

    def simulation(self, action: str, resource: str) -> dict[str, Any]:
        """One question as the JSON object of a simulation; rows that make no sense left out."""
        made: dict[str, Any] = {"action": action, "resource": resource}
        if self.principal:
            made["principal"] = principal_of(self.principal)
        made |= {TEXTS[name]: text for name, text in self.texts.items() if text}
        if self.context:
            made["context"] = {
                key: list(value) if isinstance(value, tuple) else value
                for key, value in self.context.items()
            }
        for layer in LAYERS:
            documents = [each for _, each in self.documents(layer)]
            if documents:
                made[layer.key] = documents[0] if layer.single else documents
        made |= {"at": self.at} if self.at else {}
        return made if self.reference else {**made, "reference": False}

    def document_names(self) -> dict[str, str]:
        """What pasted documents are called, by their place in a simulation.

        Their numbers are those of the form's rows, which the places don't count where a row
        is switched off.
        """
        names: dict[str, str] = {}
        for layer in LAYERS:
            rows: list[Any] = [None] * len(self.rows.get(layer.parameter, ()))
            placed = list(self.documents(layer))
            for row, document in placed:
                rows[row] = document
            for index, (row, document) in enumerate(placed):
                for end in _ends(document, layer):
                    place = f"{layer.key}[{index}]{end}"
                    names[place] = pasted_name(f"{layer.key}[{row}]{end}", {layer.key: rows})
        return names

    def documents(self, layer: LayerField) -> Iterator[tuple[int, Any]]:
        """The rows of a layer that are switched on and make sense, as a simulation has them."""
        for row, text in enumerate(self.rows.get(layer.parameter, ())):
            if f"{layer.parameter}.{row}" not in self.off:
                try:
                    yield row, document_of(text, layer)
                except ValueError:
                    continue


def _ends(document: Any, layer: LayerField) -> Iterator[str]:
    """The ends of the places of a row's pasted documents: of a level, each has a number."""
    if layer.by_level:
        yield from (f"[{number}]" for number, each in enumerate(document) if _is_pasted(each))
    elif not layer.single and _is_pasted(document):
        yield ""


def _is_pasted(document: Any) -> bool:
    return not (isinstance(document, dict) and "managed" in document)


def as_objects(value: Any) -> Any:
    """A simulation with documents that were given as text as the objects that they are."""
    if isinstance(value, dict):
        return {key: as_objects(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_objects(each) for each in value]
    if isinstance(value, str) and value.startswith("{"):
        try:
            return read_json(value)
        except (ValueError, RecursionError):
            return value
    return value


def principal_of(text: str) -> Any:
    """A principal as a simulation has it: an ARN, a service's name, or `anonymous`."""
    if text.startswith(("arn:", "anonymous")):
        return text
    return {"Service": text} if text.endswith((".amazonaws.com", ".amazonaws.com.cn")) else text
