"""A scenario as a form and an address have it: read into simulations, and written back.

Every layer's parameter takes a managed policy, `NAME` or `NAME@v20`, or a document as JSON; of
an organization's, one parameter is one level, and a JSON list holds a level's several documents.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from policyhub.catalog.naming import split_version
from policyhub.catalog.reference.in_memory import Reference
from policyhub.http import LONGEST_ADDRESS
from policyhub.iam.deciding.places import pasted_name
from policyhub.iam.deciding.simulation import UnknownPolicyError
from policyhub.iam.explaining.changes import Change, ChangeKind
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.document import parse_policy
from policyhub.simulate.lines import DuplicateKeyError, read_json, read_storable_json
from policyhub.simulate.managed import managed_document

MOST_QUESTIONS = 200
MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class LayerField:
    """A kind of policy: its parameter, its key in a simulation, what a person calls it."""

    parameter: str
    key: str
    label: str
    help: str = ""
    by_level: bool = False
    single: bool = False
    usage: Usage = Usage.IDENTITY


LAYERS = (
    LayerField("policy", "identityPolicies", "Identity policies"),
    LayerField("boundary", "permissionBoundaries", "Permissions boundary"),
    LayerField("session", "sessionPolicies", "Session policies"),
    LayerField(
        "resource-policy", "resourcePolicy", "Resource policy", single=True, usage=Usage.RESOURCE
    ),
    LayerField(
        "scp",
        "serviceControlPolicies",
        "Service control policies",
        "One row a level, from the root to the account.",
        by_level=True,
    ),
    LayerField(
        "rcp",
        "resourceControlPolicies",
        "Resource control policies",
        "One row a level, from the root to the account.",
        by_level=True,
        usage=Usage.RESOURCE,
    ),
    LayerField("endpoint", "endpointPolicies", "VPC endpoint policies", usage=Usage.RESOURCE),
)
TEXTS = {"resource-account": "resourceAccount", "management-account": "managementAccount"}
# The fields of documents, and the one that switches some of them off.
DOCUMENT_FIELDS = frozenset({"off", *(layer.parameter for layer in LAYERS)})
# `show=all` lists all statements and near misses of an answer, not only the first.
SHOW = "show"
_PARAMETERS = frozenset(
    {"action", "resource", "principal", "context", "off", *TEXTS}
    | {layer.parameter for layer in LAYERS}
    # The form's field for a file, which an address carries by name only.
    | {"scenario"}
    | {SHOW}
)
_ASKED_KEY = "context."
_LIST = "[]"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with a field of the form; `parameter` and `row` say which."""

    parameter: str
    row: int
    message: str


@dataclass(frozen=True)
class Scenario:
    """What was typed: each field's rows as text. `off` names rows that are switched off."""

    rows: Mapping[str, tuple[str, ...]]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principal: str
    texts: Mapping[str, str]
    context: Mapping[str, str | tuple[str, ...]]
    off: frozenset[str]
    problems: tuple[FieldProblem, ...] = field(default=())

    @property
    def is_asked(self) -> bool:
        """Whether there is anything to decide."""
        return bool(self.actions)

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
                pairs += [("context", f"{key}{_LIST}={each}") for each in value]
            else:
                pairs.append(("context", f"{key}={value}"))
        return pairs + [("off", each) for each in sorted(self.off)]

    def query(self) -> str:
        """The parameters as a query string; left unquoted where no address can hold them.

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
        return made

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


def read_scenario(query: QueryDict) -> Scenario:
    """Read what was typed; what makes no sense becomes a problem, and stays as typed."""
    problems: list[FieldProblem] = []
    for name in query:
        if name not in _PARAMETERS and not name.startswith(_ASKED_KEY):
            problems.append(FieldProblem("", 0, f"`{name[:60]}` is no field of this page"))
    if query.get(SHOW, "all") != "all":
        problems.append(FieldProblem("", 0, f"`{SHOW}` has only the value `all`"))
    rows = {layer.parameter: _rows(query, layer.parameter, problems) for layer in LAYERS}
    scenario = Scenario(
        rows=rows,
        actions=_rows(query, "action", problems),
        resources=_rows(query, "resource", problems),
        principal=query.get("principal", "").strip(),
        texts={name: query.get(name, "").strip() for name in TEXTS},
        context=_context(query, problems),
        off=frozenset(query.getlist("off")[:MOST_ROWS]),
    )
    problems += _row_problems(scenario)
    return replace(scenario, problems=tuple(problems))


def _rows(query: QueryDict, name: str, problems: list[FieldProblem]) -> tuple[str, ...]:
    rows = [text.strip() for text in query.getlist(name)]
    rows = [text for text in rows if text]
    if len(rows) > MOST_ROWS:
        message = f"{len(rows):,} rows: give at most {MOST_ROWS}"
        problems.append(FieldProblem(name, MOST_ROWS - 1, message))
    return tuple(rows[:MOST_ROWS])


def _context(query: QueryDict, problems: list[FieldProblem]) -> dict[str, str | tuple[str, ...]]:
    """Context keys out of `context=KEY=VALUE` and `context.KEY=VALUE`; `KEY[]` has a list."""
    pairs: list[tuple[str, str]] = []
    for row, text in enumerate(query.getlist("context")):
        key, equals, value = text.partition("=")
        if equals and key.strip():
            pairs.append((key.strip(), value))
        elif text.strip():
            message = f"`{text[:60]}` is no pair: write it as KEY=VALUE"
            problems.append(FieldProblem("context", row, message))
    for name in query:
        if name.startswith(_ASKED_KEY):
            key = name.removeprefix(_ASKED_KEY)
            pairs += [(key, value) for value in query.getlist(name) if value]
    read: dict[str, list[str]] = {}
    lists: set[str] = set()
    for key, value in pairs[: MOST_ROWS * 2]:
        name = key.removesuffix(_LIST)
        lists |= {name} if key != name or name in read else set()
        read.setdefault(name, []).append(value)
    return {key: tuple(values) if key in lists else values[0] for key, values in read.items()}


def _row_problems(scenario: Scenario) -> Iterator[FieldProblem]:
    for layer in LAYERS:
        rows = scenario.rows[layer.parameter]
        if layer.single and len(rows) > 1:
            yield FieldProblem(layer.parameter, 1, "a resource has one policy: join the documents")
        for row, text in enumerate(rows):
            try:
                document_of(text, layer)
            except ValueError as error:
                yield FieldProblem(layer.parameter, row, str(error))


def document_of(text: str, layer: LayerField) -> Any:
    """A row as a simulation has it. Raises ValueError with what is wrong with it."""
    if not text.startswith(("{", "[")):
        return [_managed(text)] if layer.by_level else _managed(text)
    if layer.by_level and text.startswith("["):
        return [each if isinstance(each, dict) else _managed(str(each)) for each in _json(text)]
    # The text itself, so that problems have its lines and columns.
    return [text] if layer.by_level else text


def remarks_on(text: str, layer: LayerField) -> list[str]:
    """What is wrong with a row or odd about it, with line and column where it is a document."""
    text = text.strip()
    if not text:
        return []
    if text.startswith("{"):
        return [
            f"line {each.line}, column {each.column}: {each.message}" if each.line else each.message
            for each in parse_policy(text, layer.usage).problems
        ]
    try:
        documents = document_of(text, layer)
        for each in documents if isinstance(documents, list) else [documents]:
            if "managed" in each:
                managed_document(each["managed"], each.get("version"))
    except (ValueError, UnknownPolicyError) as error:
        return [str(error)]
    return []


def _json(text: str) -> Any:
    try:
        return read_storable_json(text)
    except DuplicateKeyError:
        raise
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error


def _managed(text: str) -> dict[str, str]:
    name, version = split_version(text)
    return {"managed": name} if version is None else {"managed": name, "version": version}


def principal_of(text: str) -> Any:
    """A principal as a simulation has it: an ARN, a service's name, or `anonymous`."""
    if text.startswith(("arn:", "anonymous")):
        return text
    return {"Service": text} if text.endswith((".amazonaws.com", ".amazonaws.com.cn")) else text


def expanded(actions: Sequence[str], reference: Reference) -> tuple[tuple[str, ...], list[str]]:
    """The actions with their wildcards expanded, and a sentence for each that was or can't be."""
    found: dict[str, None] = {}
    remarks: list[str] = []
    for action in actions:
        if "*" not in action and "?" not in action:
            found[action] = None
            continue
        matching = [each.id for each in reference.expand(action)]
        found |= dict.fromkeys(matching)
        noun = "action" if len(matching) == 1 else "actions"
        remarks.append(f"`{action[:60]}` matches {len(matching):,} {noun}")
    return tuple(found), remarks


def as_cli(simulation: Mapping[str, Any], texts: Mapping[str, Sequence[str]], endpoint: str) -> str:
    """The same question for the AWS CLI, quoted for a shell.

    `texts` gives the documents' texts by the option that takes them.
    """
    words = ["aws", "iam", "simulate-custom-policy", "--endpoint-url", endpoint]
    for option, documents in texts.items():
        words += [option, *documents] if documents else []
    words += ["--action-names", simulation["action"], "--resource-arns", simulation["resource"]]
    principal = simulation.get("principal")
    if isinstance(principal, str) and principal.startswith("arn:"):
        words += ["--caller-arn", principal]
    entries = [
        json.dumps(
            {
                "ContextKeyName": key,
                "ContextKeyValues": value if isinstance(value, list) else [value],
                "ContextKeyType": "stringList" if isinstance(value, list) else "string",
            }
        )
        for key, value in simulation.get("context", {}).items()
    ]
    words += ["--context-entries", *entries] if entries else []
    return shlex.join(words)
