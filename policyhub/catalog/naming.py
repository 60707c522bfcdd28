"""How a policy is named, at every door: by its name or its ARN, `@` and a version after either.

Also what to say about names that no policy has: what is known about a policy that AWS has retired,
else the names that are near.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from policyhub.catalog.facts.organization_policies import organization_policy
from policyhub.catalog.models import Policy
from policyhub.catalog.retired import retired_policy
from policyhub.iam.language.arn import parse_arn

_MOST_CHOICES = 10
_LONGEST_NAME = 128
_VERSION = re.compile(r"v[0-9]+\Z")


@dataclass(frozen=True)
class NamedPolicy:
    """The policy that was meant, by its `Policy.key`, and what to say of the way it was named.

    `remark` is "" but where the ARN that was given is another one, or other policies have the
    same name.
    """

    key: str
    remark: str = ""


class SeveralPoliciesError(ValueError):
    """A bare name that several policies have; `choices` are their keys."""

    def __init__(self, name: str, choices: Sequence[str]) -> None:
        self.name, self.choices = name, tuple(choices)
        named = ", ".join(f"`{each}`" for each in self.choices[:_MOST_CHOICES])
        more = len(self.choices) - _MOST_CHOICES
        rest = f" and {more:,} more" if more > 0 else ""
        super().__init__(
            f"{len(self.choices):,} policies are named `{name}`: give the ARN of one: {named}{rest}"
        )


def split_version(text: str) -> tuple[str, str | None]:
    """A name or ARN and the version asked for, None without one.

    IAM allows `@` in names: a policy's full name is not a name with a version.
    """
    name, at, version = text.rpartition("@")
    if not at:
        return text, None
    if not _VERSION.match(version) and is_known(text):
        return text, None
    return name, version


def is_known(text: str) -> bool:
    """Whether one or more policies have this name or ARN."""
    try:
        return find_policy(text) is not None
    except SeveralPoliciesError:
        return True


def find_policy(text: str) -> NamedPolicy | None:
    """The policy of this name or ARN, None if there is none.

    A bare name is that of AWS's policy before that of customers'. An ARN is found without the
    path of the policy and in another partition too; what is different is said. Raises
    `SeveralPoliciesError`.
    """
    if not text.isprintable():
        return None
    if text.startswith("arn:"):
        exact = Policy.objects.filter(arn=text).values_list("key", flat=True).first()
        return NamedPolicy(exact) if exact else _almost(text)
    choices = keys_named(text)
    if text in choices:
        return NamedPolicy(text, _also(text, [each for each in choices if each != text]))
    if len(choices) > 1:
        raise SeveralPoliciesError(text, choices)
    return NamedPolicy(choices[0]) if choices else None


def keys_named(name: str) -> list[str]:
    """The keys of all policies that have a name."""
    return list(Policy.objects.filter(name=name).order_by("key").values_list("key", flat=True))


def keys_in_any_case(name: str) -> list[str]:
    """The keys of the policies that a name may mean, upper and lower case ignored.

    As in `find_policy`, one that is called by its name alone comes before customers'.
    """
    namesakes = Policy.objects.filter(name__iexact=name).order_by("key")
    keys = list(namesakes.values_list("key", flat=True))
    return [each for each in keys if not each.startswith("arn:")] or keys


def _also(name: str, others: Sequence[str]) -> str:
    """Say which other policies have the name of the one that is meant."""
    if not others:
        return ""
    more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
    return f"`{name}` is also the name of `{others[0]}`{more}: its ARN asks for that one"


def _almost(text: str) -> NamedPolicy | None:
    """The policy whose ARN has the same account and name."""
    given = parse_arn(text)
    if given is None or given.service != "iam" or not given.resource.startswith("policy/"):
        return None
    namesakes = Policy.objects.filter(name=bare_name(text), arn__isnull=False).order_by("key")
    for key, arn in namesakes.values_list("key", "arn"):
        own = parse_arn(arn or "")
        if own is not None and own.account == given.account:
            return NamedPolicy(key, f"`{text}` differs from its ARN, which is `{arn}`")
    return None


def canonical_key(text: str) -> str:
    """The key of the policy that is meant; the text itself where there is none, or several."""
    try:
        found = find_policy(text)
    except SeveralPoliciesError:
        return text
    return found.key if found else text


def bare_name(text: str) -> str:
    """The name in an ARN of a policy; the text itself if it is not an ARN."""
    return text.rpartition("/")[2] if text.startswith("arn:") else text


def why_unknown(text: str) -> str:
    """Say that no policy has this name or ARN, and what is known or near."""
    if of_organizations := organization_policy(text):
        return of_organizations.in_words
    shown = text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"
    retired = retired_policy(bare_name(text))
    if retired:
        return f"`{shown}` is retired: {'. '.join(retired.sentences)}"
    # Imported where a name is wrong: most are right.
    from policyhub.catalog.near_names import near_names

    near = near_names(bare_name(text), most=3)
    hint = f"; near: {', '.join(near)}" if near else ""
    return f"no managed policy is named `{shown}`{hint}"
