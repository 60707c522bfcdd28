"""Rules about resources: ARNs that can't exist, and resources that no action works on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from policyhub.catalog.reference.in_memory import ActionInfo
from policyhub.iam.language.arn import Arn, parse_arn
from policyhub.iam.language.elements import Usage
from policyhub.iam.language.patterns import (
    WildcardPattern,
    compile_pattern,
    covers,
    split_action,
)
from policyhub.iam.language.variables import variables_work
from policyhub.judge.lint.knowledge import knowledge, partitions, regions
from policyhub.judge.lint.subject import (
    LintedPolicy,
    LintedStatement,
    RuleHit,
    path_of,
    quoted_list,
)
from policyhub.judge.reporting.finding import Edit, Fix

_ACCOUNT = re.compile(r"\d{12}")
# What AWS writes in an account's place for what it owns itself.
_ACCOUNTS_OF_AWS = frozenset({"aws", "aws-managed", "amazon", "third-party", "cloudfront"})
_LONGEST_LIST = 2_000
_COLONS = 5
# The actions of both prefixes work on the resources of both, since one is the other's new name.
# Source: Developer Tools console User Guide, "Connections rename - Summary of changes".
_TWO_NAMES = re.compile(r"^(arn:[^:]*:)code(?:star-)?connections:")


def impossible_arns(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Resources whose ARN has a part that can't be."""
    for statement in subject.statements:
        for index, (written, pattern) in enumerate(
            zip(statement.statement.resources, statement.widest_resources, strict=True)
        ):
            hit = _impossible(statement, index, written, pattern)
            if hit is not None:
                yield hit


def _impossible(
    statement: LintedStatement, index: int, written: str, pattern: str
) -> RuleHit | None:
    arn = parse_arn(pattern)
    if arn is None or "<" in written or "&{" in written:
        return None
    code, message, right = _fault(statement.subject, arn, written, pattern)
    if not code:
        return None
    parts = statement.resource_parts(index)
    fix = None
    if right:
        fix = Fix(f"write `{right}`", (Edit("replace", path_of(parts), right),))
    type_ = statement.subject.doubtful if code == "INVALID_ARN_RESOURCE" else None
    return RuleHit(code, parts, message, {"resource": written}, fix, type_)


def _fault(subject: LintedPolicy, arn: Arn, written: str, pattern: str) -> tuple[str, str, str]:
    """The code, the message, and what to write instead; three empty texts for a sound ARN."""
    if _is_plain(arn.partition) and arn.partition not in partitions():
        return "INVALID_PARTITION", f"there is no partition `{arn.partition}`", ""
    if _is_plain(arn.service) and arn.service != arn.service.lower():
        right = written.replace(f":{arn.service}:", f":{arn.service.lower()}:", 1)
        message = f"the service of an ARN is in lowercase: `{arn.service.lower()}`"
        return "INVALID_ARN_SERVICE_CASE", message, right
    if _is_plain(arn.region) and arn.region and arn.region not in regions():
        return "INVALID_ARN_REGION", f"there is no Region `{arn.region}`", ""
    if _is_plain(arn.account) and arn.account and not _is_account(arn.account):
        return "INVALID_ARN_ACCOUNT", f"`{arn.account}` is not an account's twelve digits", ""
    return _misfit(subject, arn, written, pattern)


def _is_plain(part: str) -> bool:
    return "*" not in part and "?" not in part


def _is_account(text: str) -> bool:
    return bool(_ACCOUNT.fullmatch(text)) or text in _ACCOUNTS_OF_AWS


def _misfit(subject: LintedPolicy, arn: Arn, written: str, pattern: str) -> tuple[str, str, str]:
    """What keeps an ARN from fitting any format of its service."""
    known = knowledge(subject.facts)
    service = arn.service
    if not _is_plain(service):
        return "", "", ""
    if not known.knows_arn_service(service):
        if service in subject.facts.reference.services or subject.is_aws_managed:
            return "", "", ""
        return "INVALID_ARN_SERVICE", f"no ARN has the service `{service}`", ""
    if known.arn_fits(service, pattern):
        return "", "", ""
    for code, other, message, right in _tries(arn, written):
        if known.arn_fits(service, other, wide=False):
            return code, message, right
    message = f"`{written}` has the format of no resource type of `{service}`"
    return "INVALID_ARN_RESOURCE", message, ""


def _tries(arn: Arn, written: str) -> Iterator[tuple[str, str, str, str]]:
    """Changes of Region and account after which the ARN may fit, each with what it would mean."""
    where = f"ARNs of this type in `{arn.service}`"
    without = {
        ("ARN_REGION_NOT_ALLOWED", "have no Region"): (arn.region, {"region": ""}),
        ("ARN_ACCOUNT_NOT_ALLOWED", "have no account"): (arn.account, {"account": ""}),
        ("ARN_REGION_NOT_ALLOWED", "have neither Region nor account"): (
            arn.region and arn.account, {"region": "", "account": ""},
        ),
        ("MISSING_ARN_REGION", "have a Region"): (not arn.region, {"region": "*"}),
        ("MISSING_ARN_ACCOUNT", "have an account"): (not arn.account, {"account": "*"}),
        ("MISSING_ARN_REGION", "have a Region and an account"): (
            not (arn.region or arn.account), {"region": "*", "account": "*"},
        ),
    }  # fmt: skip
    for (code, what), (is_tried, changes) in without.items():
        if is_tried:
            yield code, _with(arn, changes), f"{where} {what}", _with_parts(written, changes)


def _with(arn: Arn, changes: Mapping[str, str]) -> str:
    made = replace(arn, **changes)
    return f"arn:{made.partition}:{made.service}:{made.region}:{made.account}:{made.resource}"


def _with_parts(written: str, changes: Mapping[str, str]) -> str:
    """The text with other parts; "" where its own parts can't be counted."""
    arn = parse_arn(written)
    if arn is None or "${" in written[: len(written) - len(arn.resource)]:
        return ""
    return _with(arn, changes)


def wildcard_services(subject: LintedPolicy) -> Iterator[RuleHit]:
    """ARNs with a wildcard in the service."""
    for statement in subject.statements:
        for index, written in enumerate(statement.statement.resources):
            arn = parse_arn(written)
            if arn is not None and not _is_plain(arn.service) and written.strip("arn:*?"):
                message = f"`{written}` has a wildcard in its service"
                parts = statement.resource_parts(index)
                yield RuleHit("WILDCARD_IN_SERVICE_NAME", parts, message, {"resource": written})


def redundant_resources(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Resources that another entry of the same list covers, together for each list."""
    for statement in subject.statements:
        resources = statement.statement.resources
        if len(resources) > _LONGEST_LIST:
            continue
        pairs = dict(_covered(resources, variables_work(subject.policy.version)))
        if pairs:
            told = [
                {"resource": resources[one], "coveredBy": resources[other]}
                for one, other in pairs.items()
            ]
            names = quoted_list([each["resource"] for each in told])
            others = quoted_list(list(dict.fromkeys(each["coveredBy"] for each in told)))
            is_one = len(told) == 1
            message = (
                f"{names} {'is' if is_one else 'are'} already covered by {others} in the same list"
            )
            edits = tuple(Edit("remove", path_of(statement.resource_parts(each))) for each in pairs)
            place = statement.resource_parts(min(pairs))
            evidence = {"statement": statement.evidence, "redundant": told}
            fix = Fix(f"remove {names}", edits)
            yield RuleHit("REDUNDANT_RESOURCE", place, message, evidence, fix)


def _covered(resources: Sequence[str], works: bool) -> Iterator[tuple[int, int]]:
    """The indexes of entries that others cover, each with one that stays.

    The value of a variable is not known, so what has one covers nothing but itself.
    """
    first: dict[str, int] = {}
    for index, resource in enumerate(resources):
        first.setdefault(resource, index)
    wide = [
        (at, compile_pattern(each))
        for each, at in first.items()
        if ("*" in each or "?" in each) and not (works and "${" in each)
    ]
    for index, resource in enumerate(resources):
        same = first[resource]
        if same != index:
            yield index, same
            continue
        other = next((at for at, each in wide if at != index and _covers(each, resource)), None)
        if other is not None:
            yield index, other


def _covers(outer: WildcardPattern, inner: str) -> bool:
    if "*" not in inner and "?" not in inner:
        return outer.matches(inner)
    return covers(outer.text, inner)


def actions_and_resources_apart(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Actions that work on none of the resources, and resources that none of the actions use.

    Resources with a fault of their own are left aside: one cause is one finding.
    """
    for statement in subject.statements:
        if statement.statement.not_action or statement.statement.not_resource:
            continue
        resources = statement.widest_resources
        if resources and all(map(_is_sound, resources)):
            sound = [
                index
                for index, (written, pattern) in enumerate(
                    zip(statement.statement.resources, resources, strict=True)
                )
                if _impossible(statement, index, written, pattern) is None
            ]
            if sound:
                yield from _apart(statement, sound)


def _is_sound(resource: str) -> bool:
    """Whether a resource names something, and the grammar has nothing to say of it."""
    if not resource.strip("*") or "${" in resource:
        return False
    return "*" in resource or (resource.startswith("arn:") and resource.count(":") >= _COLONS)


def _renamed(resource: str) -> str:
    """The ARN of a service with two names, as any of them."""
    return _TWO_NAMES.sub(r"\1code*connections:", resource)


def _apart(statement: LintedStatement, sound: Sequence[int]) -> Iterator[RuleHit]:
    resources = {place: _renamed(statement.widest_resources[place]) for place in sound}
    idle: list[int] = []
    unused = list(sound)
    for at, known in enumerate(statement.known_actions):
        if not known:
            # What is not known may work on anything.
            unused = []
            continue
        before = len(unused)
        unused = [each for each in unused if not _work_on(statement, known, resources[each])]
        if len(unused) == before and not any(
            _work_on(statement, known, each) for each in resources.values()
        ):
            idle.append(at)
    if idle:
        yield _idle_actions(statement, idle)
    if unused and len(unused) < len(sound):
        yield _unused_resources(statement, unused)


def _idle_actions(statement: LintedStatement, idle: Sequence[int]) -> RuleHit:
    """Actions for which the statement does nothing."""
    actions = [statement.statement.actions[each] for each in idle]
    effect = "allows" if statement.allows else "denies"
    names = quoted_list(actions)
    works = "works" if len(actions) == 1 else "work"
    message = (
        f"{names} {works} on none of the statement's resources, so it {effect} nothing of "
        f"{'it' if len(actions) == 1 else 'them'}{_types(statement, idle)}"
    )
    evidence = {
        "statement": statement.evidence,
        "actions": actions,
        "resources": list(statement.statement.resources),
    }
    return RuleHit("ACTION_NOT_ON_RESOURCES", statement.action_parts(idle[0]), message, evidence)


def _types(statement: LintedStatement, idle: Sequence[int]) -> str:
    """What the first of the actions works on."""
    known = statement.known_actions[idle[0]]
    if len(known) != 1:
        return ""
    types = [each.name for each in known[0].resource_types]
    action = known[0].id
    if not types:
        return f": `{action}` takes only the resource `*`"
    return f": `{action}` works on {quoted_list(types)}"


def _unused_resources(statement: LintedStatement, unused: Sequence[int]) -> RuleHit:
    """Resources that none of the statement's actions work on."""
    resources = [statement.statement.resources[each] for each in unused]
    message = f"none of the statement's actions work on {quoted_list(resources)}"
    evidence = {"statement": statement.evidence, "resources": resources}
    edits = tuple(Edit("remove", path_of(statement.resource_parts(each))) for each in unused)
    fix = Fix(f"remove {quoted_list(resources)}", edits)
    place = statement.resource_parts(unused[0])
    return RuleHit("RESOURCE_NOT_OF_ACTIONS", place, message, evidence, fix)


def _work_on(statement: LintedStatement, actions: Sequence[ActionInfo], resource: str) -> bool:
    """Whether one of some actions may work on a resource that a pattern matches."""
    return any(_may_meet(statement, each, resource) for each in actions)


def _may_meet(statement: LintedStatement, action: ActionInfo, resource: str) -> bool:
    """Whether an action may work on a resource that a pattern matches.

    Of actions that the reference gives no type AWS's own policies may know better.
    """
    subject = statement.subject
    if not action.resource_types and not subject.is_aws_managed:
        return not resource.strip("*?")
    return subject.facts.meets(knowledge(subject.facts).like(action).id, resource)


def foreign_actions_in_bucket_policies(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Bucket policies with actions of other services."""
    if subject.usage is not Usage.RESOURCE:
        return
    for statement in subject.statements:
        owners = {
            each.split(":", 3)[2]
            for each in statement.statement.resources
            if each.startswith("arn:") and each.count(":") >= 5
        }
        if owners != {"s3"}:
            continue
        strange = [
            each
            for each in statement.statement.actions
            if not split_action(each)[0].startswith(("s3", "*"))
        ]
        if strange:
            message = f"a bucket policy takes no actions of other services: {quoted_list(strange)}"
            code = "UNSUPPORTED_ACTION_IN_POLICY"
            place = statement.element_parts(statement.action_element)
            yield RuleHit(code, place, message, {"actions": strange})


RULES = (
    impossible_arns,
    wildcard_services,
    redundant_resources,
    actions_and_resources_apart,
    foreign_actions_in_bucket_policies,
)
