"""Which contexts AWS can send: keys that are always there, and values of a key's type.

Source: IAM User Guide, "AWS global condition context keys". That no request was made before
2011 is a choice: IAM itself became generally available then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from string import digits

from policyhub.iam.comparing.automaton import Pattern, Wildcard, with_wildcards
from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.callers import CallerKind
from policyhub.iam.deciding.condition_keys import KeyFacts, KeyTraits, ValueType
from policyhub.iam.deciding.request import Context, ContextValue, Request
from policyhub.iam.language.conditions.addresses import is_address
from policyhub.iam.language.conditions.dates import seconds_since_1970
from policyhub.iam.language.conditions.numbers import read_number
from policyhub.iam.language.examples import (
    EXAMPLE_ACCOUNT,
    EXAMPLE_PARTITION,
    EXAMPLE_REGION,
    OTHER_ACCOUNT,
)

CURRENT_TIME, EPOCH_TIME = "aws:currenttime", "aws:epochtime"
_TIME = (CURRENT_TIME, EPOCH_TIME)
EARLIEST = Decimal(int(datetime(2011, 1, 1, tzinfo=UTC).timestamp()))
_USUAL_MOMENT = Decimal(int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_DATE = Decimal(int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()))

_PRINCIPAL_ARN = "aws:principalarn"
_ARN = re.compile(r"arn:aws[^:]*:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
# A role's for its sessions, a user's, a federated user's, or the root user's.
_CALLERS = ("iam:user/?*", "iam:role/?*", "iam:root", "sts:federated-user/?*")
_CALLER = re.compile(
    r"arn:aws[^:]*:(?:iam::\d{12}:(?:root|(?:user|role)/.+)|sts::\d{12}:federated-user/.+)",
    re.DOTALL | re.ASCII,
)
_ROLE = f"arn:{EXAMPLE_PARTITION}:iam::{EXAMPLE_ACCOUNT}:role"
_EXAMPLES: Mapping[ValueType, Sequence[str]] = {
    "ARN": (f"{_ROLE}/example", f"{_ROLE}/other"),
    "Bool": ("true", "false"),
    "Numeric": ("1", "0"),
    "Date": ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
    "IPAddress": ("192.0.2.1", "198.51.100.1", "2001:db8::1"),
}
# Texts of the kind that a key's name suggests; any other is as good.
_NAMED_EXAMPLES: Mapping[str, Sequence[str]] = {
    "aws:principalaccount": (EXAMPLE_ACCOUNT, OTHER_ACCOUNT),
    "aws:resourceaccount": (EXAMPLE_ACCOUNT, OTHER_ACCOUNT),
    "aws:principaltype": ("AssumedRole", "User"),
    "aws:requestedregion": (EXAMPLE_REGION, "eu-west-1"),
}


class Contexts:
    """The contexts that AWS can send, as far as the facts about keys tell; any without facts.

    `is_signed` says that nobody asks anonymously, as where identity policies are compared.
    """

    def __init__(self, facts: KeyFacts | None = None, is_signed: bool = True) -> None:
        self.facts, self._is_signed = facts, is_signed

    def key(self, name: str) -> KeyTraits | None:
        """What is known of a key; None where any value may be its."""
        return self.facts.condition_key(name) if self.facts else None

    def is_always_there(self, name: str) -> bool:
        """Whether every request has the key."""
        known = self.key(name)
        if known is None or known.presence == "sometimes":
            return False
        return known.presence == "always" or self._is_signed

    def are_moments(self, name: str) -> bool:
        """Whether a key, in lower case, is one of the two that say the moment of the request."""
        return name in _TIME and self.facts is not None

    def subject(self, name: str) -> str:
        """What a key, in lower case, is about: the two that say the moment are about the same."""
        return CURRENT_TIME if self.are_moments(name) else name

    def completed(self, context: Context, names: Iterable[str]) -> Context:
        """A context with a value for each of some keys that every request has."""
        made = dict(context)
        for name in names:
            key = name.lower()
            if key not in made and self.is_always_there(name):
                made[key] = ContextValue(name, (self._usual_value(key, made),), is_list=False)
        return made

    def _usual_value(self, key: str, context: Context) -> str:
        if not self.are_moments(key):
            return examples_of(self.key(key), key)[0]
        other = context.get(EPOCH_TIME if key == CURRENT_TIME else CURRENT_TIME)
        moment = seconds_since_1970(other.values[0]) if other and other.values else None
        return moment_in_text(key, _USUAL_MOMENT if moment is None else moment)


ANY_CONTEXT = Contexts()


@lru_cache(maxsize=64)
def contexts_of(facts: KeyFacts | None, is_signed: bool = True) -> Contexts:
    """The contexts by some facts: the same object each time."""
    return Contexts(facts, is_signed) if facts else ANY_CONTEXT


def contexts_of_request(request: Request, policies: AppliedPolicies) -> Contexts:
    """The contexts in which AWS can send a request; any where the facts are left aside."""
    return contexts_of(policies.facts, request.caller.kind is not CallerKind.ANONYMOUS)


def examples_of(known: KeyTraits | None, key: str) -> Sequence[str]:
    """Values of a key, in lower case, that read well; the first two differ."""
    if known is None or known.type in ("String", "Binary"):
        return _NAMED_EXAMPLES.get(key, ("x", "another"))
    return _EXAMPLES[known.type]


def may_be_empty(key: str) -> bool:
    """Whether a key, in lower case, is that of a tag: the value of a tag may be an empty text.

    Source: IAM API Reference, "Tag".
    """
    return "tag/" in key or "tags/" in key


def admits(known: KeyTraits | None, key: str, value: str) -> bool:
    """Whether a value has the type of a key, given in lower case."""
    if known is None:
        return True
    if known.type == "ARN":
        return bool((_CALLER if key == _PRINCIPAL_ARN else _ARN).fullmatch(value))
    if known.type == "Bool":
        return value in _EXAMPLES["Bool"]
    if known.type == "Numeric":
        return read_number(value) is not None
    if known.type == "Date":
        return seconds_since_1970(value) is not None
    return known.type != "IPAddress" or is_address(value)


def rules_out(known: KeyTraits | None, key: str, value: str) -> bool:
    """Whether a key, in lower case, never has a value: it is not of the type that it surely has."""
    return is_certain(known) and not admits(known, key, value)


def is_certain(known: KeyTraits | None) -> bool:
    """Whether values of another type than a key's are ruled out."""
    return known is not None and (known.is_certain or known.type == "Bool")


def arn_patterns(key: str) -> Sequence[Pattern]:
    """The language of the ARNs that a key, in lower case, can have; one pattern suffices."""
    return _CALLER_PATTERNS if key == _PRINCIPAL_ARN else _ARN_PATTERNS


def _caller_pattern(service: str, resource: str) -> Pattern:
    """The ARNs of a service with a resource, in any partition and account."""
    partition = with_wildcards("arn:aws*:", many=Wildcard.MANY_BUT_COLON)
    return (*partition, *f"{service}::", *(digits,) * 12, ":", *with_wildcards(resource))


_ARN_PATTERNS = [
    (
        *with_wildcards("arn:aws*:?*:*:*:", Wildcard.MANY_BUT_COLON, Wildcard.ONE_BUT_COLON),
        *with_wildcards("?*"),
    )
]
_CALLER_PATTERNS = [_caller_pattern(*each.split(":")) for each in _CALLERS]


def moment_in_text(key: str, moment: Decimal) -> str:
    """A moment as one of the two keys, in lower case, says it; far ones as seconds since 1970."""
    seconds = format(moment.normalize(), "f")
    if key == EPOCH_TIME or moment > _LATEST_DATE:
        return seconds
    date = _EPOCH + timedelta(seconds=int(moment))
    fraction = seconds.partition(".")[2]
    return f"{date:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}Z"
