"""Rules about actions: what does not exist, what is written twice, what allows everything."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache

from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.facts.tables import fact_rows
from policyhub.iam.language.patterns import (
    WildcardPattern,
    compile_pattern,
    covers,
    has_wildcard,
    split_action,
)
from policyhub.judge.lint.subject import (
    LintedPolicy,
    LintedStatement,
    RuleHit,
    path_of,
    quoted_list,
)
from policyhub.judge.reporting.finding import Edit, Fix

_NEAR_SERVICES = 0.75
_GRANTING = frozenset({"identity", "session", "resource"})
_EVERYTHING = frozenset({"*", "*:*"})


def unknown_actions(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Services and actions that the reference does not know."""
    found: list[RuleHit] = []
    for statement in subject.statements:
        for index, (pattern, known) in enumerate(
            zip(statement.statement.actions, statement.known_actions, strict=True)
        ):
            if not known and pattern not in _EVERYTHING and _is_sound(pattern):
                found += _unknown(statement, index, pattern)
    yield from _together(found) if subject.is_aws_managed else found


def _is_sound(pattern: str) -> bool:
    """Whether the grammar has nothing to say of the action; one cause is one finding."""
    name = split_action(pattern)[1]
    return bool(name) and all(each.isalnum() or each in "*?" for each in name)


def _unknown(statement: LintedStatement, index: int, pattern: str) -> Iterator[RuleHit]:
    if statement.subject.facts.knows_service(pattern):
        yield _unknown_action(statement, index, pattern)
    else:
        yield _unknown_service(statement, index, pattern)


def _unknown_service(statement: LintedStatement, index: int, pattern: str) -> RuleHit:
    parts, code = statement.action_parts(index), "INVALID_SERVICE_IN_ACTION"
    service, name = split_action(pattern)
    evidence = {"action": pattern}
    reference = statement.subject.facts.reference
    if service in retired_services():
        message = f"the service authorization reference no longer lists the service `{service}`"
        return RuleHit(code, parts, message, evidence, type="warning")
    near = get_close_matches(service, reference.services, 3, _NEAR_SERVICES)
    fitting = [each for each in near if reference.expand(f"{each}:{name}")]
    fix = _written_instead(parts, f"{fitting[0]}:{name}") if len(fitting) == 1 else None
    message = f"no service has the prefix `{service}`{_near(fitting or near)}"
    return RuleHit(code, parts, message, evidence, fix)


def _unknown_action(statement: LintedStatement, index: int, pattern: str) -> RuleHit:
    parts, code = statement.action_parts(index), "INVALID_ACTION"
    facts = statement.subject.facts
    evidence = {"action": pattern}
    if pattern.lower() in outside_the_reference():
        message = f"the service authorization reference does not list `{pattern}`"
        return RuleHit(code, parts, message, evidence, type="suggestion")
    instead = facts.asked_instead(pattern)
    if instead:
        message = f"`{pattern}` is an API operation for which AWS checks the action `{instead}`"
        return RuleHit(code, parts, message, evidence, _written_instead(parts, instead))
    near = list(facts.nearest(pattern))
    is_exact = compile_pattern(pattern).is_literal
    fix = _written_instead(parts, near[0]) if is_exact and len(near) == 1 else None
    what = f"there is no action `{pattern}`" if is_exact else f"no action matches `{pattern}`"
    return RuleHit(code, parts, f"{what}{_near(near)}", evidence, fix)


@cache
def outside_the_reference() -> frozenset[str]:
    """Actions, in lower case, that AWS's own policies name and the reference lacks."""
    return frozenset(row["action"].lower() for row in fact_rows("actions-outside-reference"))


def _near(names: list[str]) -> str:
    return f"; near: {quoted_list(names)}" if names else ""


def _written_instead(parts: tuple[str | int, ...], text: str) -> Fix:
    return Fix(f"write `{text}`", (Edit("replace", path_of(parts), text),))


def _together(found: list[RuleHit]) -> Iterator[RuleHit]:
    """One finding for a document of AWS's, which knows its actions better than the reference."""
    if found:
        actions = sorted({str(each.evidence["action"]) for each in found})
        message = f"the service authorization reference does not list {quoted_list(actions)}"
        yield RuleHit(
            found[0].code, found[0].parts, message, {"actions": actions}, None, "suggestion"
        )


@cache
def retired_services() -> frozenset[str]:
    """Services that AWS's own policies name and the reference no longer lists."""
    named = frozenset(each.partition(":")[0] for each in outside_the_reference())
    return named - get_service_facts().reference.services.keys()


def redundant_actions(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Actions that another entry of the same list covers, together for each list."""
    for statement in subject.statements:
        covered = dict(_covered_actions(statement.statement.actions))
        if covered:
            actions = statement.statement.actions
            pairs = [{"action": actions[a], "coveredBy": actions[b]} for a, b in covered.items()]
            names = quoted_list([each["action"] for each in pairs])
            others = quoted_list(list(dict.fromkeys(each["coveredBy"] for each in pairs)))
            is_one = len(pairs) == 1
            message = (
                f"{names} {'is' if is_one else 'are'} already covered by {others} in the same list"
            )
            if all(each["action"].lower() == each["coveredBy"].lower() for each in pairs):
                message = f"{names} {'is' if is_one else 'are'} listed more than once"
            edits = [Edit("remove", path_of(statement.action_parts(each))) for each in covered]
            yield RuleHit(
                "REDUNDANT_ACTION",
                statement.action_parts(min(covered)),
                message,
                {"statement": statement.evidence, "redundant": pairs},
                Fix(f"remove {names}", tuple(edits)),
            )


def _covered_actions(actions: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """The indexes of entries that others cover, each with one that stays."""
    first: dict[str, int] = {}
    wide: dict[str, list[tuple[int, WildcardPattern]]] = {}
    for index, action in enumerate(actions):
        first.setdefault(action.lower(), index)
        if has_wildcard(action) and first[action.lower()] == index:
            pattern = compile_pattern(action, ignore_case=True)
            wide.setdefault(split_action(action)[0], []).append((index, pattern))
    for index, action in enumerate(actions):
        same = first[action.lower()]
        if same != index:
            yield index, same
            continue
        candidates = (*wide.get(split_action(action)[0], ()), *wide.get("*", ()))
        other = next((at for at, each in candidates if at != index and _covers(each, action)), None)
        if other is not None:
            yield index, other


def _covers(outer: WildcardPattern, action: str) -> bool:
    if outer.text in _EVERYTHING:
        return action not in _EVERYTHING
    if not has_wildcard(action):
        return outer.matches(action)
    return covers(outer.text, action, ignore_case=True)


def everything_allowed(subject: LintedPolicy) -> Iterator[RuleHit]:
    """An Allow of every action on every resource, or of all but a few."""
    for statement in subject.statements:
        if not _is_allow_on_everything(statement):
            continue
        if statement.statement.not_action:
            actions = quoted_list(statement.statement.actions)
            message = f"everything except {actions} is allowed on every resource"
            place = statement.element_parts("NotAction")
            yield RuleHit(
                "ALLOW_WITH_NOT_ACTION", place, message, {"statement": statement.evidence}
            )
        elif not _EVERYTHING.isdisjoint(statement.statement.actions):
            message = "every action is allowed on every resource"
            place = statement.element_parts("Action")
            evidence = {"statement": statement.evidence}
            yield RuleHit("FULL_ADMINISTRATIVE_ACCESS", place, message, evidence)


def everything_but_some_resources(subject: LintedPolicy) -> Iterator[RuleHit]:
    """An Allow on all resources but a few, without a condition."""
    for statement in subject.statements:
        is_open = statement.statement.not_resource and not statement.conditions
        if is_open and statement.allows and subject.usage.value in _GRANTING:
            resources = quoted_list(statement.statement.resources)
            message = f"the actions are allowed on every resource except {resources}"
            place = statement.element_parts("NotResource")
            evidence = {"statement": statement.evidence}
            yield RuleHit("ALLOW_WITH_NOT_RESOURCE", place, message, evidence)


def _is_allow_on_everything(statement: LintedStatement) -> bool:
    """Whether an identity's policy allows something on every resource, without a condition.

    Where a policy only limits others, `*` limits nothing.
    """
    subject = statement.subject
    is_grant = subject.usage.value in _GRANTING
    on_all = not statement.statement.not_resource and any(
        not each.strip("*") for each in statement.statement.resources
    )
    return is_grant and statement.allows and on_all and not statement.conditions


RULES = (unknown_actions, redundant_actions, everything_allowed, everything_but_some_resources)
