"""On which resources a recorded call was made: by ARNs in the event, else by its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.catalog.reference.records import ActionInfo, ResourceTypeInfo
from policyhub.iam.language.arn_formats import ArnFormats

Json = Any
_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")
_MOST_ARNS = 50
# No ARN has it.
_UNKNOWN = "\0"
# What parameters of APIs and placeholders of ARNs end with, where they mean the same thing.
_ENDINGS = ("name", "id", "arn")
# Placeholders whose parameters are called otherwise. Source: Amazon S3 API Reference.
_ALSO_CALLED = {"object": ("key",), "role": ("rolewithpath",), "user": ("userwithpath",),
                "policy": ("policywithpath",)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CallSite:
    """Where a call was made: its partition, Region and account, its parameters and response."""

    partition: str
    region: str
    account: str
    parameters: Mapping[str, Json]
    arns: tuple[str, ...] = ()
    response: Mapping[str, Json] = field(default_factory=dict)


def resources_of(action: ActionInfo, site: CallSite, facts: ReferenceFacts) -> list[str]:
    """The resources that the action was asked on; `*` for an action without any.

    None where the event does not say.
    """
    if not action.resource_types:
        return ["*"]
    return (
        _fitting((*site.arns, *_arns_in(site.parameters)), action, facts)
        or _made(action, site, facts)
        or _fitting(_arns_in(site.response), action, facts)
    )


def _fitting(arns: Iterable[str], action: ActionInfo, facts: ReferenceFacts) -> list[str]:
    """The ARNs that are of a type of the action."""
    return [each for each in dict.fromkeys(arns) if facts.fits(action.id, each)][:_MOST_ARNS]


def _made(action: ActionInfo, site: CallSite, facts: ReferenceFacts) -> list[str]:
    """The ARNs that can be put together from the parameters."""
    required = {each.name: each.required for each in action.resource_types}
    made = {
        each.name: arn
        for each in facts.reference.resource_types(action.service)
        if each.name in required and (arn := arn_of_type(each, site, facts))
    }
    needed = [arn for name, arn in made.items() if required[name]]
    # Of several types that may be meant the one with most parts is.
    return needed or sorted(made.values(), key=lambda arn: -arn.count("/"))[:1]


def arn_of_type(info: ResourceTypeInfo, site: CallSite, facts: ReferenceFacts) -> str:
    """The ARN of a type whose placeholders are all among a call's parameters; "" without."""
    for text, _ in facts.formats_of_type(info):
        filled = _PLACEHOLDER.sub(lambda found: _value(found[1], site), text)
        if _UNKNOWN not in filled:
            return filled
        named = _named_as(info, site)
        whole = filled.partition(_UNKNOWN)[0] + named
        if (
            named
            and _UNKNOWN not in whole
            and ArnFormats(facts.formats_of_type(info), wide=False).fit(whole)
        ):
            return whole
    return ""


def _named_as(info: ResourceTypeInfo, site: CallSite) -> str:
    """The parameter that is called as the type, such as `taskDefinition`: `web:1`."""
    wanted = info.name.replace("-", "").replace("_", "").lower()
    found = (value for key, value in site.parameters.items() if key.lower() == wanted)
    return next((each for each in found if isinstance(each, str)), "")


def _value(placeholder: str, site: CallSite) -> str:
    """What is known of a placeholder; a NUL where nothing is."""
    fixed = {"partition": site.partition, "region": site.region, "account": site.account,
             "accountid": site.account}  # fmt: skip
    wanted = placeholder.lower()
    if wanted in fixed:
        return fixed[wanted]
    names = {_without_ending(wanted), *_ALSO_CALLED.get(_without_ending(wanted), ())}
    for key, value in site.parameters.items():
        if _without_ending(key.lower()) in names and isinstance(value, str) and value:
            return value.rpartition("/")[2] if value.startswith("arn:") else value
    return _UNKNOWN


def _without_ending(name: str) -> str:
    for ending in _ENDINGS:
        if name.endswith(ending) and name != ending:
            return name.removesuffix(ending)
    return name


def _arns_in(value: Json, depth: int = 0) -> Iterator[str]:
    """Every ARN among parameters, however deep."""
    if isinstance(value, str):
        if value.startswith("arn:"):
            yield value
    elif depth < 6 and isinstance(value, Mapping):
        for each in value.values():
            yield from _arns_in(each, depth + 1)
    elif depth < 6 and isinstance(value, Sequence):
        for each in value[:_MOST_ARNS]:
            yield from _arns_in(each, depth + 1)
