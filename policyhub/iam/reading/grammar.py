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
    Statement,
    Usage,
)
from policyhub.iam.reading.element_values import (
    Element,
    PlacedPrincipal,
    add_wrong_type,
    read_actions,
    read_conditions,
    read_principals,
    read_resources,
    read_text,
)
from policyhub.iam.reading.json_decoding import Json
from policyhub.iam.reading.json_text import Parts
from policyhub.iam.reading.kind_rules import check_values
from policyhub.iam.reading.never_matching import (
    Follows,
    ValuePlaces,
    add_odd_conditions,
    add_odd_principals,
    add_odd_resources,
)
from policyhub.iam.reading.policy_kinds import KINDS, PolicyKind, kind_of_statement
from policyhub.iam.reading.problem_collector import OwnWords, ProblemCollector

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
# Codes of elements that a kind does not take; of others it is `element-not-allowed`.
_NOT_ALLOWED = {
    "Principal": "principal-not-allowed",
    "NotPrincipal": "principal-not-allowed",
    "Resource": "resource-not-allowed",
    "NotResource": "resource-not-allowed",
}

Elements = Mapping[str, Element]


def read_policy(value: Json, usage: Usage, problems: ProblemCollector) -> PolicyDocument:
    """Read a whole document; the result counts only while the problems have no error."""
    if not isinstance(value, dict):
        add_wrong_type(Element(value, ()), "an object with a `Statement`", problems)
        return PolicyDocument(VERSION_WHEN_ABSENT, "", ())
    elements = _elements(value, (), "policy document", DOCUMENT_ELEMENTS, problems)
    if usage is not Usage.ANY:
        _check_taken(elements, KINDS[usage], problems)
    version = _read_version(elements, KINDS.get(usage), problems)
    return PolicyDocument(
        version=version,
        id=read_text(elements["Id"], problems) if "Id" in elements else "",
        statements=_read_statements(elements, usage, version, problems),
    )


def _check_taken(elements: Elements, kind: PolicyKind, problems: ProblemCollector) -> None:
    """Add the elements that this kind of policy does not take, or perhaps not."""
    if kind.watched.isdisjoint(elements):
        return
    for name, element in elements.items():
        if name in kind.refused:
            code = _NOT_ALLOWED.get(name, "element-not-allowed")
            if name == "NotPrincipal" and kind is KINDS[Usage.TRUST]:
                code = "not-principal-in-trust-policy"
            hint = OwnWords(kind.refused[name])
            problems.add(
                code, element.parts, at_name=True, kind=OwnWords(kind.name), name=name, hint=hint
            )
        elif name in kind.left_open:
            why = OwnWords(kind.left_open[name])
            problems.add(
                "element-left-open",
                element.parts,
                at_name=True,
                kind=OwnWords(kind.name),
                name=name,
                why=why,
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


def _read_version(elements: Elements, kind: PolicyKind | None, problems: ProblemCollector) -> str:
    if "Version" not in elements:
        if kind is not None:
            _note_left_out("Version", (), kind, problems)
        return VERSION_WHEN_ABSENT
    element = elements["Version"]
    version = read_text(element, problems)
    if isinstance(element.value, str) and version not in VERSIONS:
        problems.add("bad-version", element.parts, found=version)
    elif kind is not None and kind.version and version in VERSIONS and version != kind.version:
        problems.add(
            "version-not-allowed",
            element.parts,
            kind=OwnWords(kind.name),
            found=version,
            right=kind.version,
        )
    return version


def _note_left_out(name: str, parts: Parts, kind: PolicyKind, problems: ProblemCollector) -> None:
    """Note that an element is missing of which AWS's pages disagree."""
    why = kind.may_lack.get(name)
    if why:
        named = OwnWords(kind.name)
        problems.add("element-left-out", parts, kind=named, name=name, why=OwnWords(why))


def _read_statements(
    elements: Elements, usage: Usage, version: str, problems: ProblemCollector
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
            reader = _statement_reader(item.value, item.parts, position, usage, version, problems)
            statements.append(reader.read(sids))
        else:
            expected = "an object or a list of objects" if item is element else "an object"
            add_wrong_type(item, expected, problems)
    return tuple(statements)


def read_faultless_statement(
    value: dict[str, Json], position: int, usage: Usage
) -> Statement | None:
    """A statement in the newest version; None with anything to say of it, or with a number."""
    problems = ProblemCollector()
    reader = _statement_reader(value, ("Statement",), position, usage, VERSIONS[0], problems)
    statement = reader.read({})
    return None if problems.has_any else statement


def _statement_reader(
    value: dict[str, Json],
    parts: Parts,
    position: int,
    usage: Usage,
    version: str,
    problems: ProblemCollector,
) -> _StatementReader:
    elements = _elements(value, parts, "statement", STATEMENT_ELEMENTS, problems)
    names_principal = "Principal" in elements or "NotPrincipal" in elements
    kind = kind_of_statement(usage, names_principal)
    return _StatementReader(elements, parts, position, usage, kind, version, problems)


@dataclass(frozen=True, slots=True)
class _StatementReader:
    """Reads one statement; `kind` says what it may contain, and `version` is the document's."""

    elements: Elements
    parts: Parts
    position: int
    usage: Usage
    kind: PolicyKind
    version: str
    problems: ProblemCollector

    def read(self, sids: dict[str, int]) -> Statement:
        principal = self._one_of("Principal", "NotPrincipal")
        action = self._one_of("Action", "NotAction")
        resource = self._one_of("Resource", "NotResource")
        if self.usage is not Usage.ANY:
            _check_taken(self.elements, self.kind, self.problems)
        effect = self._effect()
        principals = self._principals(principal, effect)
        statement = Statement(
            position=self.position,
            sid=self._sid(sids),
            effect=effect,
            actions=self._actions(action),
            not_action=action == "NotAction",
            resources=self._resources(resource, effect),
            not_resource=resource == "NotResource",
            principals=None if principal is None else tuple(each.principal for each in principals),
            not_principal=principal == "NotPrincipal",
            conditions=self._conditions(effect),
        )
        check_values(self.usage, statement, self.elements, principals, self.problems)
        return statement

    def _places_of_values(self, condition: Condition) -> ValuePlaces:
        """Where the values of a condition are."""
        element = self.elements["Condition"]
        keys = element.value[condition.operator] if isinstance(element.value, dict) else None
        values = keys[condition.key] if isinstance(keys, dict) else None
        parts = (*element.parts, condition.operator, condition.key)
        return ValuePlaces(parts, isinstance(values, list))

    def _one_of(self, name: str, exception: str) -> str | None:
        """Return which of two elements that exclude each other is there, if one is."""
        if exception not in self.elements:
            return name if name in self.elements else None
        if name not in self.elements:
            return exception
        place = self.elements[exception].parts
        self.problems.add("conflicting-elements", place, at_name=True, first=name, second=exception)
        return name

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

    def _sid(self, sids: dict[str, int]) -> str:
        element = self.elements.get("Sid")
        if element is None:
            return ""
        sid = read_text(element, self.problems)
        if self.kind.strict_sids and not _SID.fullmatch(sid):
            self.problems.add("bad-sid", element.parts, found=sid)
        elif self.kind.open_sids and not _SID.fullmatch(sid):
            named = OwnWords(self.kind.name)
            self.problems.add("unusual-sid", element.parts, found=sid, kind=named)
        first = sids.setdefault(sid, self.position)
        if sid and first != self.position:
            code = "duplicate-sid" if self.kind.strict_sids else "repeated-sid"
            self.problems.add(code, element.parts, found=sid, position=first + 1)
        return sid

    def _actions(self, name: str | None) -> tuple[str, ...]:
        if name is None:
            self.problems.add("missing-action", self.parts)
            return ()
        return read_actions(self.elements[name], self.problems)

    def _resources(self, name: str | None, effect: Effect) -> tuple[str, ...]:
        kind = self.kind
        if name is not None:
            return self._given_resources(self.elements[name], Follows(effect, name != "Resource"))
        if "Resource" in kind.needed:
            self.problems.add("missing-resource", self.parts, kind=OwnWords(kind.name))
        if self.usage is not Usage.ANY:
            _note_left_out("Resource", self.parts, kind, self.problems)
        return ()

    def _given_resources(self, element: Element, follows: Follows) -> tuple[str, ...]:
        errors = self.problems.errors
        strict = self.kind.resources_are_arns
        resources = read_resources(element, self.problems, identity=strict)
        if self.problems.errors == errors:
            places = ValuePlaces(element.parts, isinstance(element.value, list))
            add_odd_resources(resources, places, follows, self.version, self.problems)
        return resources

    def _principals(self, name: str | None, effect: Effect) -> tuple[PlacedPrincipal, ...]:
        kind = self.kind
        if name is None:
            if "Principal" in kind.needed:
                self.problems.add("missing-principal", self.parts, kind=OwnWords(kind.name))
            return ()
        element = self.elements[name]
        if name == "NotPrincipal" and effect == "Allow" and name not in kind.refused:
            code = "not-principal-with-allow"
            self.problems.add(code, element.parts, at_name=True, name=element.name)
        principals = read_principals(element, kind.name, self.problems)
        add_odd_principals(principals, Follows(effect, name != "Principal"), self.problems)
        return principals

    def _conditions(self, effect: Effect) -> tuple[Condition, ...]:
        element = self.elements.get("Condition")
        if element is None:
            return ()
        errors = self.problems.errors
        conditions = read_conditions(element, self.problems)
        if self.problems.errors == errors:
            places = self._places_of_values
            add_odd_conditions(conditions, places, effect, self.version, self.problems)
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
