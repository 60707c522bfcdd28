"""A simulation as a JSON object: read into a request and its policies, or every problem.

Its keys are listed in `policyhub/help/simulating.md`; unknown ones are an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.documents import Documents
from policyhub.iam.deciding.exemptions import with_exemptions_told, with_task_policy
from policyhub.iam.deciding.places import (
    LEVELS,
    LISTS,
    RESOURCE_POLICY,
    kind_at,
    pasted_name,
)
from policyhub.iam.deciding.request import InvalidRequestError, Request, make_request, read_caller
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.former_codes import former_code
from policyhub.iam.language.arn import parse_arn
from policyhub.iam.language.days import read_day
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.json_text import format_path, unstorable_texts
from policyhub.iam.reading.problem_collector import input_in_message
from policyhub.iam.reading.problems import PROBLEM_KINDS, Problem

Json = Any


class ManagedDocument(NamedTuple):
    """The text of a managed policy's document, and whether only a service-linked role has it.

    `name` is the policy's, where another way of naming it was given; `remark` says what is odd
    about that way. `version` is the one in force on the day asked about; `doubt` says why that
    is not certain.
    """

    text: str
    is_service_linked: bool = False
    name: str = ""
    remark: str = ""
    version: str = ""
    doubt: str = ""


# Finds a managed policy by name and version, for a place of a kind of policy; for None the default
# version, or the one that was in force on the day asked about. Raises UnknownPolicyError.
FindManaged = Callable[[str, str | None, Usage], ManagedDocument]

_TEXTS = ("action", "resource", "resourceAccount", "managementAccount", "at")
_SWITCHES = ("trace", "reference")
_DOCUMENTS = frozenset({RESOURCE_POLICY, *LISTS, *LEVELS})
KEYS = frozenset({"id", "principal", "context", *_SWITCHES, "expect"} | {*_TEXTS, *_DOCUMENTS})
# What a simulation may expect: a decision, or a deny of either kind.
EXPECTATIONS = ("allowed", "explicitDeny", "implicitDeny", "denied")


class UnknownPolicyError(LookupError):
    """No managed policy of that name or version; the message says what is near."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a simulation, and where in it."""

    code: str
    path: str
    message: str

    def to_dict(self) -> dict[str, str]:
        """The complaint as JSON has it."""
        said = {"code": self.code, "path": self.path, "message": self.message}
        return said | former_code(self.code)


class InvalidSimulationError(ValueError):
    """A simulation that can't be run, with everything that is wrong with it."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        super().__init__(
            "; ".join(f"{each.path}: {each.message}".lstrip(": ") for each in complaints)
        )
        self.complaints = complaints


@dataclass(frozen=True, slots=True)
class Simulation:
    """A request and the policies that apply to it.

    `wants_trace` asks for every clause; `expect` is one of `EXPECTATIONS`, "" for none.
    """

    id: Json
    request: Request
    policies: AppliedPolicies
    wants_trace: bool
    expect: str = ""

    def is_met_by(self, decision: Decision) -> bool:
        """Whether a decision is the expected one."""
        if self.expect == "denied":
            return not decision.is_allowed
        return self.expect == decision.name


def no_managed_policies(name: str, version: str | None, usage: Usage) -> ManagedDocument:
    """Answer for a place without a catalogue. Always raises `UnknownPolicyError`."""
    raise UnknownPolicyError(f"`{name}` can't be looked up here: give the document itself")


def day_of(simulation: Json) -> date | None:
    """The day that a simulation is about, None where it gives no text. Raises ValueError."""
    given = simulation.get("at") if isinstance(simulation, dict) else None
    return read_day(given) if isinstance(given, str) else None


def read_simulation(
    value: Json,
    find_managed: FindManaged = no_managed_policies,
    names: Mapping[str, str] | None = None,
    documents: Documents | None = None,
    facts: ServiceFacts | None = None,
) -> Simulation:
    """Read a simulation. Raises `InvalidSimulationError` with all its problems.

    `documents` keeps what several simulations share while these are read.
    `names` are what people call documents, by their place, such as the file that
    `identityPolicies[0]` came from; other documents are named by what they are. `facts` about
    services take part unless the simulation says `"reference": false`.

    A policy document with errors is not such a problem: it is not evaluated, and the answer says
    so.
    """
    return _Reader(value, find_managed, names or {}, documents or Documents(), facts).read()


class _Reader:
    """Reads one simulation, gathering complaints as it goes."""

    def __init__(
        self,
        value: Json,
        find_managed: FindManaged,
        names: Mapping[str, str],
        documents: Documents,
        facts: ServiceFacts | None,
    ) -> None:
        self.value, self.find_managed, self.names = value, find_managed, names
        self.documents, self.facts = documents, facts
        self.complaints: list[Complaint] = []

    def read(self) -> Simulation:
        if not isinstance(self.value, dict):
            raise InvalidSimulationError(
                (Complaint("not-an-object", "", "a simulation is a JSON object: {...}"),)
            )
        self._check_keys()
        self._check_characters()
        policies = self._policies()
        request = self._request()
        if self.complaints or request is None:
            raise InvalidSimulationError(tuple(self.complaints))
        policies = with_exemptions_told(policies, request.caller)
        policies = with_task_policy(policies, request.caller)
        trace = self.value.get("trace") is True
        return Simulation(
            self.value.get("id"), request, policies, trace, self.value.get("expect", "")
        )

    def _complain(self, code: str, path: str, message: str) -> None:
        self.complaints.append(Complaint(code, path, message))

    def _check_keys(self) -> None:
        for key in self.value:
            if key not in KEYS:
                known = ", ".join(sorted(KEYS))
                self._complain(
                    "unknown-key",
                    format_path((key,)),
                    f"`{input_in_message(str(key))}` is not a known key; known keys: {known}",
                )
        for key in _TEXTS:
            if not isinstance(self.value.get(key, ""), str):
                self._complain("wrong-type", key, "must be a string")
        try:
            day_of(self.value)
        except ValueError as error:
            self._complain("bad-day", "at", str(error))
        if not isinstance(self.value.get("context", {}), dict):
            self._complain("wrong-type", "context", "must be an object of keys and values")
        for key in _SWITCHES:
            if not isinstance(self.value.get(key, False), bool):
                self._complain("wrong-type", key, "must be true or false")
        if "expect" in self.value and self.value["expect"] not in EXPECTATIONS:
            known = ", ".join(EXPECTATIONS)
            self._complain("bad-expectation", "expect", f"not a decision: expect one of {known}")
        if "action" not in self.value:
            self._complain("missing", "action", "an action is needed, such as `ecs:RunTask`")

    def _check_characters(self) -> None:
        """Complain about texts that nothing can store; documents have such problems themselves."""
        own = {key: each for key, each in self.value.items() if key not in _DOCUMENTS}
        for parts, text in unstorable_texts(own):
            message = PROBLEM_KINDS["unstorable-character"].message.format(
                text=input_in_message(text)
            )
            self._complain("unstorable-character", format_path(parts), message)

    def _request(self) -> Request | None:
        get = self.value.get
        try:
            caller = read_caller(get("principal"))
        except InvalidRequestError as error:
            self._complain("invalid", error.path, str(error))
            return None
        if self.complaints:
            return None
        try:
            return make_request(
                get("action"),
                get("resource", "*"),
                caller,
                get("context", {}),
                get("resourceAccount", ""),
                get("managementAccount", ""),
                self.facts is None or self.facts.tells_owner(get("action")),
            )
        except InvalidRequestError as error:
            self._complain("invalid", error.path, str(error))
            return None

    def _policies(self) -> AppliedPolicies:
        resource = self.value.get(RESOURCE_POLICY)
        return AppliedPolicies(
            identity=self._list("identityPolicies"),
            boundaries=self._list("permissionBoundaries"),
            session=self._list("sessionPolicies"),
            resource=None if resource is None else self._document(resource, RESOURCE_POLICY),
            service_control=self._levels("serviceControlPolicies"),
            resource_control=self._levels("resourceControlPolicies"),
            endpoint=self._list("endpointPolicies"),
            facts=self.facts if self.value.get("reference") is not False else None,
        )

    def _list(self, key: str) -> tuple[AppliedPolicy, ...]:
        return self._documents(self.value.get(key), key)

    def _levels(self, key: str) -> tuple[tuple[AppliedPolicy, ...], ...]:
        given = self.value.get(key)
        if given is None:
            return ()
        levels = self._items(given, key, "a list of levels, each a list of documents")
        return tuple(self._documents(level, path) for path, level in levels)

    def _documents(self, given: Json, path: str) -> tuple[AppliedPolicy, ...]:
        if given is None:
            return ()
        items = self._items(given, path, "a list of policy documents")
        return tuple(self._document(each, place) for place, each in items)

    def _items(self, given: Json, path: str, what: str) -> Iterator[tuple[str, Json]]:
        if not isinstance(given, list):
            self._complain("wrong-type", path, f"must be {what}")
            return
        yield from ((f"{path}[{index}]", each) for index, each in enumerate(given))

    def _document(self, given: Json, path: str) -> AppliedPolicy:
        """Read a document, or the reference to a managed policy, as the kind of its place."""
        usage = kind_at(path, self.value)
        if isinstance(given, dict) and "managed" in given:
            return self._managed(given, path, usage)
        name = self.names.get(path) or pasted_name(path, self.value)
        if isinstance(given, dict):
            return self.documents.given(name, given, usage, self._service, path)
        if not isinstance(given, str):
            what = 'must be a policy document, or {"managed": "NAME"}'
            self._complain("wrong-type", path, what)
        text = given if isinstance(given, str) else ""
        return self.documents.applied_and_measured(name, text, usage, self._service, path)

    @property
    def _service(self) -> str:
        """The service of the resource, whose policy may be as long as that service says."""
        arn = parse_arn(str(self.value.get("resource", "")))
        return arn.service if arn else ""

    def _managed(self, given: Mapping[str, Json], path: str, usage: Usage) -> AppliedPolicy:
        """Find a managed policy; that only a service-linked role can have it is said."""
        name, version = given["managed"], given.get("version")
        strange = sorted(set(given) - {"managed", "version"})
        if strange:
            self._complain("unknown-key", f"{path}.{strange[0]}", "known: managed, version")
        if not isinstance(name, str) or not isinstance(version, str | None):
            self._complain("wrong-type", path, "managed and version must be strings")
            return AppliedPolicy(path, None)
        try:
            found = self.find_managed(name, version, usage)
        except UnknownPolicyError as error:
            self._complain("unknown-policy", path, str(error))
            return AppliedPolicy(path, None)
        name = found.name or name
        version = version or found.version
        applied = self.documents.applied(
            f"{name}@{version}" if version else name, found.text, usage, path
        )
        problems = list(applied.problems)
        if found.is_service_linked:
            problems.append(_CANNOT_BE_ATTACHED)
        if found.remark:
            problems.append(replace(_OTHER_ARN, message=found.remark))
        if found.doubt:
            problems.append(replace(_VERSION_IN_DOUBT, message=found.doubt))
        return replace(applied, problems=tuple(problems))


def _warning(code: str) -> Problem:
    message = PROBLEM_KINDS[code].message
    return Problem(code, path="", message=message, line=None, column=None, severity="warning")


_CANNOT_BE_ATTACHED = _warning("service-linked-policy")
_OTHER_ARN = _warning("other-arn")
_VERSION_IN_DOUBT = _warning("version-in-doubt")
