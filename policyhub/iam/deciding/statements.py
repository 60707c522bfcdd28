"""One statement against one request: action, resource, principal and each condition.

Documents are compiled once; nothing is built at decision time.
Source: IAM User Guide, "IAM JSON policy elements reference".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import chain
from types import MappingProxyType
from typing import Any

from policyhub.iam.deciding.conditions import CompiledCondition, value_of
from policyhub.iam.deciding.decision import Clause, Grade, Reason, StatementMatch, Verdict
from policyhub.iam.deciding.principals import request_matches_principals
from policyhub.iam.deciding.request import Context, Request
from policyhub.iam.language import variables
from policyhub.iam.language.arn import PARTS
from policyhub.iam.language.elements import PolicyDocument, Statement
from policyhub.iam.language.patterns import WildcardPattern, compile_pattern, fold, has_wildcard
from policyhub.iam.language.resources import on_all_resources as is_on_all_resources

_CACHED = 4_096


class ResourcePattern:
    """An entry of Resource or NotResource; variables work in its last part alone."""

    __slots__ = ("_head", "_pattern", "_tail", "needs", "text")

    def __init__(self, text: str, version: str) -> None:
        self.text = text
        head, tail = _split_resource(text)
        parts = variables.find_variables(tail) if variables.variables_work(version) else ()
        varies = any(not isinstance(part, variables.LiteralText) for part in parts)
        self._head, self._tail = head, parts
        self._pattern: WildcardPattern | None = None if varies else compile_pattern(text)
        self.needs = variables.keys_of_variables(parts)

    @property
    def varies(self) -> bool:
        """Whether it has policy variables, or escapes, that work."""
        return self._pattern is None

    @property
    def is_literal(self) -> bool:
        """Whether it is one resource, without wildcards and variables."""
        return self._pattern is not None and self._pattern.is_literal

    @property
    def widest(self) -> str:
        """The pattern with `*` for each variable: it covers all that this can cover."""
        if self._pattern is not None:
            return self.text
        literal = variables.LiteralText
        return self._head + "".join(
            each.text if isinstance(each, literal) else "*" for each in self._tail
        )

    def matches(self, resource: str, context: Context) -> bool | None:
        """Whether it covers the resource; None when a variable has no value."""
        if self._pattern is not None:
            return self._pattern.matches(resource)
        text = self.filled(context, keep_literal=True)
        if text is None:
            return None
        # The value's own wildcards are disguised in both, the pattern's stay wildcards.
        return compile_pattern(text).matches(variables.disguise(resource))

    def filled(self, context: Context, keep_literal: bool = False) -> str | None:
        """The pattern with its variables filled in; None when one has no value."""
        if self._pattern is not None:
            return self.text
        tail = variables.fill_in(
            self._tail, lambda variable: value_of(variable, context), keep_literal
        )
        return None if tail is None else self._head + tail


def _split_resource(text: str) -> tuple[str, str]:
    """The first five parts of an ARN with their colons, and the sixth; else all and nothing."""
    parts = text.split(":", PARTS - 1)
    return (text.removesuffix(parts[-1]), parts[-1]) if len(parts) == PARTS else (text, "")


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class ActionList:
    """The patterns of an Action or NotAction, found by the service that they are about."""

    __slots__ = ("exact", "of_any_service", "of_service")

    def __init__(self, actions: Iterable[str]) -> None:
        # What names one action is compared as text: of most policies that is nearly all.
        exact: dict[str, str] = {}
        of_service: dict[str, list[WildcardPattern]] = {}
        of_any_service: list[WildcardPattern] = []
        for action in actions:
            if not has_wildcard(action):
                exact[fold(action)] = action
                continue
            pattern = compile_pattern(action, ignore_case=True)
            service, colon, _ = pattern.literal_prefix.partition(":")
            if colon:
                of_service.setdefault(service, []).append(pattern)
            else:
                of_any_service.append(pattern)
        # Of the thousands that are kept most have exact names alone.
        self.exact: Mapping[str, str] = exact or _NOTHING
        self.of_service: Mapping[str, Sequence[WildcardPattern]] = of_service or _NOTHING
        self.of_any_service: Sequence[WildcardPattern] = tuple(of_any_service)

    def find(self, action: str) -> str | None:
        """A pattern, as written, that matches the action, given in lower case."""
        found = self.exact.get(action)
        if found is not None:
            return found
        service = action.partition(":")[0]
        for patterns in (self.of_service.get(service, ()), self.of_any_service):
            for pattern in patterns:
                if pattern.matches(action):
                    return pattern.text
        return None


class CompiledStatement:
    """A statement with its patterns compiled: of most only the actions are ever looked at."""

    def __init__(self, statement: Statement, version: str) -> None:
        self.statement, self._version = statement, version
        self.is_deny = statement.effect == "Deny"
        self.actions = ActionList(statement.actions)

    def named(self, sid: str) -> CompiledStatement:
        """The same statement under another Sid; what is compiled of it serves both."""
        self.compile_now()
        other = object.__new__(CompiledStatement)
        other.__dict__ |= self.__dict__
        other.statement = replace(self.statement, sid=sid)
        return other

    def compile_now(self) -> None:
        """Compile all of it, so that no question waits for it."""
        _ = self._needs, self._plain_work, self.on_all_resources

    @cached_property
    def resources(self) -> tuple[ResourcePattern, ...]:
        """The entries of Resource or NotResource."""
        return tuple(ResourcePattern(each, self._version) for each in self.statement.resources)

    @cached_property
    def on_all_resources(self) -> bool:
        """Whether it is about every resource, or names none."""
        return is_on_all_resources(self.statement) or not self.statement.resources

    @cached_property
    def conditions(self) -> tuple[CompiledCondition, ...]:
        """The conditions."""
        return tuple(CompiledCondition(each, self._version) for each in self.statement.conditions)

    @cached_property
    def _needs(self) -> tuple[tuple[str, str], ...]:
        needs = chain(
            (each.needs for each in self.resources), (each.needs for each in self.conditions)
        )
        return tuple((key.lower(), key) for keys in needs for key in keys)

    @cached_property
    def _plain_work(self) -> int:
        conditions = self.statement.conditions
        return 1 + len(self.statement.resources) + sum(len(each.values) for each in conditions)

    def work(self, context: Context) -> int:
        """How many comparisons it can take to match the statement with a request.

        Every value of a list that the context gives is compared by itself.
        """
        lists = 0
        for each in self.conditions:
            given = context.get(each.key)
            if given is not None and given.is_list:
                lists += len(given.values) * len(each.condition.values)
        return self._plain_work + lists

    def names(self, request: Request, boundary_attached: bool) -> Grade | None:
        """How the statement names the caller; None where it doesn't."""
        if self.statement.principals is None:
            return Grade.NOT_ASKED
        clause, grade = request_matches_principals(
            self.statement, self.conditions, request.caller, boundary_attached
        )
        return grade if clause is not None and clause.verdict is Verdict.MATCHES else None

    def is_about_resource(self, request: Request) -> bool:
        """Whether the request's resource is among the statement's."""
        return (
            self.on_all_resources
            or self.request_matches_resources(request).verdict is Verdict.MATCHES
        )

    def conditions_hold(self, context: Context) -> Verdict:
        """Whether all conditions are true; if one can't be evaluated, none of them decides "
        "anything."""
        verdict = Verdict.MATCHES
        for condition in self.conditions:
            found = condition.match(context).verdict
            if found is Verdict.CANNOT_TELL:
                return found
            if found is Verdict.DOES_NOT_MATCH:
                verdict = found
        return verdict

    def is_about_action(self, action: str) -> bool:
        """Whether Action lists an action in lower case, or NotAction does not."""
        return (self.actions.find(action) is None) is self.statement.not_action

    def request_matches_actions(self, action: str) -> Clause:
        """Whether Action lists the action, or NotAction does not."""
        found = self.actions.find(action.lower())
        element = "NotAction" if self.statement.not_action else "Action"
        return _listing(element, found, self.statement.not_action)

    def request_matches_resources(self, request: Request) -> Clause:
        """Whether Resource covers the resource, or NotResource does not.

        A statement without either, as in a trust policy, is about the policy's own resource.
        """
        if not self.resources:
            return _NO_RESOURCE
        element = "NotResource" if self.statement.not_resource else "Resource"
        without_value = False
        for entry in self.resources:
            covered = entry.matches(request.resource, request.context)
            if covered:
                return _listing(element, entry.text, self.statement.not_resource)
            without_value |= covered is None
        if without_value and not self.statement.not_resource:
            return _UNFILLED_RESOURCE
        return _listing(element, None, self.statement.not_resource)

    @property
    def needs(self) -> list[str]:
        """The keys, as written, that the statement asks for."""
        return [key for _, key in self._needs]

    def missing_keys(self, context: Context) -> list[str]:
        """The keys, as written, that the statement asks for and the context lacks."""
        return [key for lowered, key in self._needs if lowered not in context]


_NO_RESOURCE = Clause("Resource", Verdict.MATCHES, Reason.NO_ELEMENT)
_UNFILLED_RESOURCE = Clause("Resource", Verdict.DOES_NOT_MATCH, Reason.VARIABLE_WITHOUT_VALUE)


@lru_cache(maxsize=_CACHED)
def _listing(element: str, found: str | None, exceptions: bool) -> Clause:
    """The clause of a list of patterns, or of a list of exceptions."""
    if exceptions:
        if found is None:
            return Clause(element, Verdict.MATCHES, Reason.NOT_AMONG_EXCEPTIONS)
        return Clause(element, Verdict.DOES_NOT_MATCH, Reason.AMONG_EXCEPTIONS, found)
    if found is None:
        return Clause(element, Verdict.DOES_NOT_MATCH, Reason.NOT_LISTED)
    return Clause(element, Verdict.MATCHES, Reason.LISTED, found)


_Places = tuple[int, ...]


@lru_cache(maxsize=_CACHED)
def _also(places: _Places, place: int) -> _Places:
    """Places and one more; the same object for the many names that have the same places."""
    return (*places, place)


class CompiledPolicy:
    """A policy whose statements are found by the actions that they can be about."""

    __slots__ = ("_about_any", "_about_service", "_by_action", "_exactly", "policy", "statements")

    def __init__(
        self, policy: PolicyDocument, statements: Sequence[CompiledStatement] | None = None
    ) -> None:
        """Compile a policy; `statements` are its own where these were compiled before."""
        self.policy = policy
        self.statements = statements or [
            CompiledStatement(each, policy.version) for each in policy.statements
        ]
        self._by_action: dict[str, tuple[CompiledStatement, ...]] = {}
        # Places of statements: what they name, so that most are never asked about an action.
        self._exactly: dict[str, _Places] = {}
        self._about_service: dict[str, _Places] = {}
        self._about_any: list[int] = []
        for place, each in enumerate(self.statements):
            self._note(place, each)

    def _note(self, place: int, statement: CompiledStatement) -> None:
        actions = statement.actions
        if statement.statement.not_action or actions.of_any_service:
            self._about_any.append(place)
            return
        for noted, names in (
            (self._exactly, actions.exact),
            (self._about_service, actions.of_service),
        ):
            for name in names:
                noted[name] = _also(noted.get(name, ()), place)

    def about(self, action: str) -> tuple[CompiledStatement, ...]:
        """The statements whose Action or NotAction matches, in the document's order."""
        found = self._by_action.get(action)
        if found is None:
            found = tuple(map(self.statements.__getitem__, self._places_about(action.lower())))
            if len(self._by_action) < _CACHED:
                self._by_action[action] = found
        return found

    def _places_about(self, name: str) -> Sequence[int]:
        """The places of the statements about an action in lower case."""
        exactly = self._exactly.get(name, ())
        others = {*self._about_service.get(name.partition(":")[0], ()), *self._about_any}
        if not others:
            return exactly
        matching = (each for each in others if self.statements[each].is_about_action(name))
        return sorted({*exactly, *matching})


def match_statement(
    compiled: CompiledStatement, request: Request, boundary_attached: bool = False
) -> StatementMatch:
    """Match every clause of a statement, whether or not an earlier one fails."""
    statement = compiled.statement
    principal, grade = request_matches_principals(
        statement, compiled.conditions, request.caller, boundary_attached
    )
    clauses = (
        compiled.request_matches_actions(request.action),
        *([principal] if principal else []),
        compiled.request_matches_resources(request),
        *(condition.match(request.context) for condition in compiled.conditions),
    )
    return StatementMatch(statement, _overall(compiled, clauses, request), clauses, grade)


def _overall(compiled: CompiledStatement, clauses: tuple[Clause, ...], request: Request) -> Verdict:
    """A statement matches when all its clauses do."""
    if any(each.verdict is not Verdict.MATCHES for each in clauses if each.condition is None):
        return Verdict.DOES_NOT_MATCH
    return compiled.conditions_hold(request.context)
