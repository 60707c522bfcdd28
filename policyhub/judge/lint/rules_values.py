"""Rules about values of conditions: impossible ones, ones too wide, ones written twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import NamedTuple

from policyhub.iam.language import variables
from policyhub.iam.language.conditions import strings
from policyhub.iam.language.patterns import covers
from policyhub.judge.lint.knowledge import regions
from policyhub.judge.lint.subject import (
    LintedCondition,
    LintedPolicy,
    LintedStatement,
    RuleHit,
    path_of,
    quoted_list,
)
from policyhub.judge.reporting.finding import Edit, Fix

_Network = IPv4Network | IPv6Network
_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
_SOURCE_ADDRESS = "aws:sourceip"
# Keys whose values say who may call from where: wildcards let strangers in.
_SENSITIVE = frozenset(
    {
        *("aws:sourceaccount", "aws:principalaccount", "aws:resourceaccount"),
        *("aws:principalorgid", "aws:sourceorgid", "aws:resourceorgid"),
        *("aws:sourcevpc", "aws:sourcevpce"),
    }
)
_SOURCE_ARNS = frozenset({"aws:sourcearn", "aws:principalarn"})
_ACCOUNT_KEYS = frozenset(
    {
        *("aws:sourceaccount", "aws:principalaccount", "aws:resourceaccount"),
        *("aws:vpceaccount", "s3:resourceaccount", "kms:calleraccount"),
    }
)
_ORGANIZATIONS = frozenset(
    {"aws:principalorgid", "aws:sourceorgid", "aws:resourceorgid", "aws:vpceorgid"}
)


class _Form(NamedTuple):
    """What values of some keys look like."""

    keys: frozenset[str]
    pattern: re.Pattern[str]
    code: str
    what: str


_FORMS = (
    _Form(
        _ACCOUNT_KEYS, re.compile(r"\d{12}"), "INVALID_ACCOUNT_VALUE", "an account's twelve digits"
    ),
    _Form(
        _ORGANIZATIONS,
        re.compile(r"o-[a-z0-9]{10,32}"),
        "INVALID_ORGANIZATION_VALUE",
        "an organization's id, such as `o-a1b2c3d4e5`",
    ),
    _Form(
        frozenset({"aws:sourcevpc"}),
        re.compile(r"vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})"),
        "INVALID_VPC_FORMAT",
        "a VPC's id, vpc- and 8 or 17 hexadecimal digits",
    ),
    _Form(
        frozenset({"aws:sourcevpce"}),
        re.compile(r"vpce-(?:[0-9a-f]{8}|[0-9a-f]{17})"),
        "INVALID_VPCE_FORMAT",
        "a VPC endpoint's id, vpce- and 8 or 17 hexadecimal digits",
    ),
)
_EPOCH_SECONDS = re.compile(r"\d+")
_PARTS_OF_AN_ARN = 6


def values_of_another_form(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Ids of accounts, organizations, VPCs and endpoints that can't exist, and Regions."""
    for _, condition in subject.each_condition():
        if condition.family != "String":
            continue
        for index, value in enumerate(condition.condition.values):
            if not _is_open(value, condition):
                yield from _of_another_form(condition, index, value)


def _is_open(value: str, condition: LintedCondition) -> bool:
    """Whether something else is found about the value, or nothing certain can be."""
    return "*" in value or "?" in value or "${" in value or "<" in value


def _of_another_form(condition: LintedCondition, index: int, value: str) -> Iterator[RuleHit]:
    key = condition.key
    evidence = {"key": condition.condition.key, "value": value}
    for form in _FORMS:
        if key in form.keys and not form.pattern.fullmatch(value):
            message = f"`{value}` is not {form.what}"
            yield RuleHit(form.code, condition.value_parts(index), message, evidence)
    if key == "aws:requestedregion" and value.lower() not in regions():
        message = f"there is no Region `{value}`"
        yield RuleHit("INVALID_REGION", condition.value_parts(index), message, evidence)


def private_addresses(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Private ranges as the source of a request, which the internet never shows."""
    for _, condition in subject.each_condition():
        if condition.key != _SOURCE_ADDRESS or condition.family != "IpAddress":
            continue
        values = condition.condition.values
        private = [each for each in values if _is_private(each)]
        if private:
            suffix = "" if len(private) == len(values) else "_SUBSET"
            name = "PRIVATE_NOT_IP_ADDRESS" if condition.is_negated else "PRIVATE_IP_ADDRESS"
            message = (
                f"{quoted_list(private)} {'is' if len(private) == 1 else 'are'} private, and "
                "`aws:SourceIp` is the public address of the caller: through a VPC endpoint it is "
                "`aws:VpcSourceIp`"
            )
            evidence = {"key": condition.condition.key, "values": private}
            index = values.index(private[0])
            yield RuleHit(f"{name}{suffix}", condition.value_parts(index), message, evidence)


def _network(text: str) -> _Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _is_private(text: str) -> bool:
    network = _network(text)
    return network is not None and any(
        network.version == each.version and network.subnet_of(each)  # type: ignore[arg-type]
        for each in _PRIVATE
    )


def ranges_with_host_bits(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Addresses with bits set behind their mask."""
    for _, condition in subject.each_condition():
        if condition.family != "IpAddress":
            continue
        for index, value in enumerate(condition.condition.values):
            network = _network(value)
            if network is None or "/" not in value or _is_exact(value):
                continue
            parts = condition.value_parts(index)
            message = f"`{value}` is the range `{network}`: the bits behind the mask are ignored"
            fix = Fix(f"write `{network}`", (Edit("replace", path_of(parts), str(network)),))
            evidence = {"value": value, "range": str(network)}
            yield RuleHit("IMPROVE_IP_RANGE", parts, message, evidence, fix)


def _is_exact(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def dates_in_seconds(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Dates given as a number, which is easily another moment than was meant."""
    for _, condition in subject.each_condition():
        if condition.family != "Date":
            continue
        for index, value in enumerate(condition.condition.values):
            if _EPOCH_SECONDS.fullmatch(value):
                message = f"`{value}` is read as seconds since 1970: write a date of ISO 8601"
                parts = condition.value_parts(index)
                yield RuleHit("INVALID_DATE_VALUE", parts, message, {"value": value})


def wildcards_in_sensitive_values(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Wildcards in accounts and organizations, and ARNs of any account, in an Allow."""
    if subject.is_of_identity:
        return
    for statement, condition in subject.each_condition():
        operator = condition.use.operator
        if not statement.allows or operator is None or not operator.has_wildcards:
            continue
        if condition.is_negated:
            continue
        for index, value in enumerate(condition.condition.values):
            why = _why_too_wide(condition.key, value)
            if why and not _is_narrowed(statement, condition):
                key = condition.condition.key
                message = f"`{value}` {why}, so `{key}` limits no one"
                evidence = {"key": key, "value": value}
                code = "WILDCARD_USAGE_TOO_PERMISSIVE"
                parts = condition.value_parts(index)
                yield RuleHit(code, parts, message, evidence, None, "security-warning")


def _why_too_wide(key: str, value: str) -> str:
    """Why a pattern lets strangers in, as can follow the value; "" where it does not."""
    if key in _SENSITIVE:
        return "contains a wildcard" if "*" in value or "?" in value else ""
    if key not in _SOURCE_ARNS:
        return ""
    parts = value.split(":", _PARTS_OF_AN_ARN - 1)
    if len(parts) < _PARTS_OF_AN_ARN:
        return "matches every ARN" if not value.strip("*") else ""
    account, resource = parts[4], parts[5]
    is_any = "*" in account or (not account and not resource.strip("*?"))
    return "matches ARNs of every account" if is_any else ""


def _is_narrowed(statement: LintedStatement, condition: LintedCondition) -> bool:
    """Whether another condition names the account or organization."""
    keys = _SENSITIVE | {"aws:sourceorgpaths", "aws:principalorgpaths"}
    return any(
        each.key in keys and each.key != condition.key and each.needs_the_key
        for each in statement.conditions
    )


def any_value(subject: LintedPolicy) -> Iterator[RuleHit]:
    """A pattern that every value fits, which only asks whether the key is there."""
    for _, condition in subject.each_condition():
        if condition.use.qualifier or condition.use.if_exists or condition.is_negated:
            continue
        operator = condition.use.operator
        if operator is strings.LIKE and any(
            not each.strip("*") and each for each in condition.condition.values
        ):
            key = condition.condition.key
            message = f"every value of `{key}` fits `*`: Null with false says the same"
            code = "EQUIVALENT_TO_NULL_FALSE"
            yield RuleHit(code, condition.parts, message, {"key": key}, at_name=True)


def repeated_values(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Values that another value of the list covers."""
    works = variables.variables_work(subject.policy.version)
    for _, condition in subject.each_condition():
        operator = condition.use.operator
        if operator is None or not condition.is_list or operator.family not in _COVERING:
            continue
        covering = _COVERING[operator.family](condition, works)
        pairs = dict(_covered(condition.condition.values, covering))
        if pairs:
            yield _repeated(condition, pairs)


def _repeated(condition: LintedCondition, pairs: Mapping[int, int]) -> RuleHit:
    values = condition.condition.values
    told = [{"value": values[one], "coveredBy": values[other]} for one, other in pairs.items()]
    names = quoted_list([each["value"] for each in told])
    message = f"{names} {'is' if len(told) == 1 else 'are'} already covered by another value"
    edits = tuple(Edit("remove", path_of(condition.value_parts(each))) for each in pairs)
    return RuleHit(
        "REDUNDANT_CONDITION_VALUE",
        condition.value_parts(min(pairs)),
        message,
        {"key": condition.condition.key, "redundant": told},
        Fix(f"remove {names}", edits),
    )


Covering = Callable[[str, str], bool]


def _covered(values: Sequence[str], covering: Covering) -> Iterator[tuple[int, int]]:
    """The indexes of values that others cover, each with one that stays."""
    gone: set[int] = set()
    for index, value in enumerate(values):
        for other, outer in enumerate(values):
            if other != index and other not in gone and covering(outer, value):
                gone.add(index)
                yield index, other
                break


def _texts_covering(condition: LintedCondition, works: bool) -> Covering:
    operator = condition.use.operator
    ignores_case = operator is not None and "IgnoreCase" in operator.name
    has_wildcards = operator is not None and operator.has_wildcards

    def covering(outer: str, inner: str) -> bool:
        if outer == inner:
            return True
        if ignores_case:
            return outer.lower() == inner.lower()
        is_plain = not works or ("${" not in outer and "${" not in inner)
        return has_wildcards and is_plain and covers(outer, inner)

    return covering


def _ranges_covering(condition: LintedCondition, works: bool) -> Covering:
    def covering(outer: str, inner: str) -> bool:
        one, other = _network(outer), _network(inner)
        if one is None or other is None or one.version != other.version:
            return False
        return other.subnet_of(one)  # type: ignore[arg-type]

    return covering


def _same(condition: LintedCondition, works: bool) -> Covering:
    return lambda outer, inner: outer == inner


_COVERING: Mapping[str, Callable[[LintedCondition, bool], Covering]] = {
    "String": _texts_covering,
    "IpAddress": _ranges_covering,
    "Arn": _same,
    "Numeric": _same,
    "Date": _same,
}

RULES = (
    values_of_another_form,
    private_addresses,
    ranges_with_host_bits,
    dates_in_seconds,
    wildcards_in_sensitive_values,
    any_value,
    repeated_values,
)
