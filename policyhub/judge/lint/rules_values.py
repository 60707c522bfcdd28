"""Rules about values of conditions: impossible ones, ones too wide, ones written twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import NamedTuple

from policyhub.judge.lint.knowledge import regions
from policyhub.judge.lint.own_codes import FindingType
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


_SERVICE_KEYS = frozenset({"iam:passedtoservice", "iam:awsservicename", "aws:principalservicename"})


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
    _Form(
        _SERVICE_KEYS,
        re.compile(
            r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal)"
        ),
        "INVALID_SERVICE_PRINCIPAL_FORMAT",
        "the name of a service, such as `ecs-tasks.amazonaws.com`",
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
            if not _is_open(value):
                yield from _of_another_form(condition, index, value)


def _is_open(value: str) -> bool:
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


def network_of(text: str) -> _Network | None:
    """The range that a text is, None if it is none."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _is_private(text: str) -> bool:
    network = network_of(text)
    return network is not None and any(
        network.version == each.version and network.subnet_of(each)  # type: ignore[arg-type]
        for each in _PRIVATE
    )


def every_address(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Ranges of all addresses, in conditions that are to limit where from."""
    for _, condition in subject.each_condition():
        if condition.family != "IpAddress":
            continue
        for index, value in enumerate(condition.condition.values):
            network = network_of(value)
            if network is not None and network.prefixlen == 0:
                what = "excludes" if condition.is_negated else "contains"
                message = f"`{value}` {what} every address of its version"
                evidence = {"key": condition.condition.key, "value": value}
                parts = condition.value_parts(index)
                yield RuleHit("EVERY_ADDRESS", parts, message, evidence)


def ranges_with_host_bits(subject: LintedPolicy) -> Iterator[RuleHit]:
    """Addresses with bits set behind their mask."""
    for _, condition in subject.each_condition():
        if condition.family != "IpAddress":
            continue
        for index, value in enumerate(condition.condition.values):
            network = network_of(value)
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
    """Wildcards in accounts and organizations, and ARNs of any account, in an Allow.

    Identities may have to do with every account; a source that may be any is no limit there either.
    """
    type_: FindingType = "warning" if subject.is_of_identity else "security-warning"
    for statement, condition in subject.each_condition():
        operator = condition.use.operator
        if not statement.allows or operator is None or not operator.has_wildcards:
            continue
        if condition.is_negated:
            continue
        for index, value in enumerate(condition.condition.values):
            if subject.is_of_identity and condition.key not in _SOURCE_ARNS:
                continue
            why = _why_too_wide(condition.key, value)
            if why and not _is_narrowed(statement, condition):
                key = condition.condition.key
                message = f"`{value}` {why}, so `{key}` limits no one"
                evidence = {"key": key, "value": value}
                code = "WILDCARD_USAGE_TOO_PERMISSIVE"
                parts = condition.value_parts(index)
                yield RuleHit(code, parts, message, evidence, None, type_)


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


RULES = (
    values_of_another_form,
    private_addresses,
    every_address,
    ranges_with_host_bits,
    dates_in_seconds,
    wildcards_in_sensitive_values,
)
