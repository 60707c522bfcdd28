"""The grammar of a policy document: which elements it has, and what each statement must contain.

Source: IAM User Guide, "Grammar of the IAM JSON policy language" (versions 2008-10-17 and
2012-10-17, which differ only in whether policy variables work).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from policyhub.iam.language.elements import (
    Condition,
    Effect,
    PolicyDocument,
    Principal,
    Statement,
    Usage,
)
from policyhub.iam.reading.element_values import (
    Element,
    add_wrong_type,
    read_actions,
    read_conditions,
    read_principals,
    read_resources,
    read_text,
)
from policyhub.iam.reading.json_decoding import Json
from policyhub.iam.reading.json_text import Parts
from policyhub.iam.reading.problem_collector import ProblemCollector

VERSIONS = ("2012-10-17", "2008-10-17")
VERSION_WHEN_ABSENT = "2008-10-17"
DOCUMENT_ELEMENTS = frozenset({"Version", "Id", "Statement"})
STATEMENT_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)

_FOR_ALL = "forallvalues:"
_SID = re.compile(r"[A-Za-z0-9]*")

Elements = Mapping[str, Element]


def read_policy(value: Json, usage: Usage, problems: ProblemCollector) -> PolicyDocument:
    """Read a whole document; the result counts only while the problems have no error."""
    if not isinstance(value, dict):
        add_wrong_type(Element(value, ()), "an object with a `Statement`", problems)
        return PolicyDocument(VERSION_WHEN_ABSENT, "", ())
    elements = _elements(value, (), "policy document", DOCUMENT_ELEMENTS, problems)
    return PolicyDocument(
        version=_read_version(elements, problems),
        id=read_text(elements["Id"], problems) if "Id" in elements else "",
        statements=_read_statements(elements, usage, problems),
    )


def _elements(
    members: dict[str, Json],
    parts: Parts,
    owner: str,
    known: frozenset[str],
    problems: ProblemCollector,
) -> dict[str, Element]:
    """Return the elements under their right names; one in the wrong case is read all the same."""
    elements: dict[str, Element] = {}
    for name, value in members.items():
        element = Element(value, (*parts, name))
        if name in known:
            elements[name] = element
            continue
        right = _nearest(name, known)
        if right is not None and right.lower() == name.lower():
            code = "wrong-case-element"
            problems.add(code, element.parts, at_name=True, name=name, right=right)
            if right not in members:
                elements[right] = element
        else:
            hint = f"write `{right}`" if right else "remove it"
            code = "unknown-element"
            problems.add(code, element.parts, at_name=True, name=name, owner=owner, hint=hint)
    return elements


def _nearest(name: str, known: frozenset[str]) -> str | None:
    """Return the element that is meant by another case, a plural, hyphens or underscores."""
    meant = re.sub(r"[-_\s]", "", name[:40]).lower()
    return next((each for each in known if each.lower() in (meant, meant.removesuffix("s"))), None)


def _read_version(elements: Elements, problems: ProblemCollector) -> str:
    if "Version" not in elements:
        return VERSION_WHEN_ABSENT
    version = read_text(elements["Version"], problems)
    if isinstance(elements["Version"].value, str) and version not in VERSIONS:
        problems.add("bad-version", elements["Version"].parts, found=version)
    return version


def _read_statements(
    elements: Elements, usage: Usage, problems: ProblemCollector
) -> tuple[Statement, ...]:
    element = elements.get("Statement")
    if element is None or element.value == []:
        problems.add("missing-statement", element.parts if element else ())
        return ()
    if isinstance(element.value, list):
        items = [Element(each, (*element.parts, at)) for at, each in enumerate(element.value)]
    else:
        items = [element]
    sids: dict[str, int] = {}
    statements: list[Statement] = []
    for position, item in enumerate(items):
        if problems.full:
            break
        if isinstance(item.value, dict):
            members = _elements(item.value, item.parts, "statement", STATEMENT_ELEMENTS, problems)
            reader = _StatementReader(members, item.parts, position, usage, problems)
            statements.append(reader.read(sids))
        else:
            listed = item is not element
            expected = "an object" if listed else "an object or a list of objects"
            add_wrong_type(item, expected, problems)
    return tuple(statements)


@dataclass(frozen=True, slots=True)
class _StatementReader:
    """Reads one statement; `usage` decides what it may contain.

    In a document for any usage, a statement with a principal is read as a resource policy's
    and one without as an identity policy's.
    """

    elements: Elements
    parts: Parts
    position: int
    usage: Usage
    problems: ProblemCollector

    def read(self, sids: dict[str, int]) -> Statement:
        principal = self._one_of("Principal", "NotPrincipal")
        action = self._one_of("Action", "NotAction")
        resource = self._one_of("Resource", "NotResource")
        identity = self.usage is Usage.IDENTITY or (self.usage is Usage.ANY and principal is None)
        effect = self._effect()
        return Statement(
            position=self.position,
            sid=self._sid(sids, identity=identity),
            effect=effect,
            actions=self._actions(action),
            not_action=action == "NotAction",
            resources=self._resources(resource, identity=identity),
            not_resource=resource == "NotResource",
            principals=self._principals(principal, effect),
            not_principal=principal == "NotPrincipal",
            conditions=self._conditions(effect),
        )

    def _one_of(self, name: str, exception: str) -> str | None:
        """Return which of two elements that exclude each other is there, if one is."""
        if name in self.elements and exception in self.elements:
            place = self.elements[exception].parts
            self.problems.add(
                "conflicting-elements", place, at_name=True, first=name, second=exception
            )
        return next((each for each in (name, exception) if each in self.elements), None)

    def _effect(self) -> Effect:
        element = self.elements.get("Effect")
        if element is None:
            self.problems.add("missing-effect", self.parts)
            return "Deny"
        effect = read_text(element, self.problems)
        if effect == "Allow":
            return "Allow"
        if effect != "Deny" and isinstance(element.value, str):
            self.problems.add("bad-effect", element.parts, found=effect)
        return "Deny"

    def _sid(self, sids: dict[str, int], *, identity: bool) -> str:
        element = self.elements.get("Sid")
        if element is None:
            return ""
        sid = read_text(element, self.problems)
        strict = identity or self.usage is Usage.TRUST
        if strict and not _SID.fullmatch(sid):
            self.problems.add("bad-sid", element.parts, found=sid)
        first = sids.setdefault(sid, self.position)
        if sid and first != self.position:
            code = "duplicate-sid" if strict else "repeated-sid"
            self.problems.add(code, element.parts, found=sid, position=first + 1)
        return sid

    def _actions(self, name: str | None) -> tuple[str, ...]:
        if name is None:
            self.problems.add("missing-action", self.parts)
            return ()
        return read_actions(self.elements[name], self.problems)

    def _resources(self, name: str | None, *, identity: bool) -> tuple[str, ...]:
        if name is None:
            if identity:
                self.problems.add("missing-resource", self.parts)
            return ()
        element = self.elements[name]
        if self.usage is Usage.TRUST:
            code = "resource-not-allowed"
            self.problems.add(code, element.parts, at_name=True, name=element.name)
        return read_resources(element, self.problems, identity=identity)

    def _principals(self, name: str | None, effect: Effect) -> tuple[Principal, ...] | None:
        if name is None:
            if self.usage in (Usage.RESOURCE, Usage.TRUST):
                self.problems.add("missing-principal", self.parts)
            return None
        element = self.elements[name]
        code = self._why_principal_is_out_of_place(name, effect)
        if code is not None:
            self.problems.add(code, element.parts, at_name=True, name=element.name)
        return read_principals(element, self.problems)

    def _why_principal_is_out_of_place(self, name: str, effect: Effect) -> str | None:
        if self.usage is Usage.IDENTITY:
            return "principal-not-allowed"
        if name == "NotPrincipal" and self.usage is Usage.TRUST:
            return "not-principal-in-trust-policy"
        if name == "NotPrincipal" and effect == "Allow":
            return "not-principal-with-allow"
        return None

    def _conditions(self, effect: Effect) -> tuple[Condition, ...]:
        element = self.elements.get("Condition")
        if element is None:
            return ()
        conditions = read_conditions(element, self.problems)
        if effect == "Allow":
            self._warn_of_unguarded(conditions, element.parts)
        return conditions

    def _warn_of_unguarded(self, conditions: tuple[Condition, ...], parts: Parts) -> None:
        """Warn of a ForAllValues whose key may be missing."""
        guarded = {
            each.key.lower()
            for each in conditions
            if each.operator.lower() == "null" and "false" in map(str.lower, each.values)
        }
        for each in conditions:
            if each.operator.lower().startswith(_FOR_ALL) and each.key.lower() not in guarded:
                place = (*parts, each.operator, each.key)
                code = "unguarded-for-all-values"
                self.problems.add(code, place, at_name=True, found=each.operator, key=each.key)
