"""How a policy is named, at every door: by its name or its ARN, `@` and a version after either.

Also what to say about names that no policy has: what is known about a policy that AWS has retired,
else the names that are near and of the same service.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from policyhub.catalog.models import Policy
from policyhub.catalog.retired import retired_policy
from policyhub.iam.language.arn import parse_arn

_MOST_NEAR = 5
_LONGEST_NAME = 128
_VERSION = re.compile(r"v[0-9]+\Z")
_OWNERS = re.compile(r"(?:amazon|aws)[-_]?", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z0-9]+(?![a-z])|[A-Z0-9]?[a-z0-9]+|[A-Z0-9]+")
# Words of names that say what a policy is for, not which service it is about.
_GENERAL = frozenset(
    {"full", "access", "read", "only", "readonly", "write", "power", "user", "admin", "service",
     "administrator", "role", "policy", "execution", "task", "for", "of", "and", "the", "linked",
     "managed", "console", "permissions"}
)  # fmt: skip
_SHORTEST_WITH_SLIPS = 5


@dataclass(frozen=True)
class NamedPolicy:
    """The policy that was meant, and what to say where its ARN is another one; else ""."""

    name: str
    remark: str = ""


def split_version(text: str) -> tuple[str, str | None]:
    """A name or ARN and the version asked for, None without one.

    IAM allows `@` in names: a policy's full name is not a name with a version.
    """
    name, at, version = text.rpartition("@")
    if not at:
        return text, None
    if not _VERSION.match(version) and find_policy(text):
        return text, None
    return name, version


def find_policy(text: str) -> NamedPolicy | None:
    """The policy of this name or ARN, None where there is none.

    An ARN is found without the path of the policy and in another partition too; what is
    different is said.
    """
    if not text.isprintable():
        return None
    if not text.startswith("arn:"):
        return NamedPolicy(text) if Policy.objects.filter(name=text).exists() else None
    exact = Policy.objects.filter(arn=text).values_list("name", flat=True).first()
    return NamedPolicy(exact) if exact else _almost(text)


def _almost(text: str) -> NamedPolicy | None:
    """The policy whose ARN has the same account and name."""
    given = parse_arn(text)
    if given is None or given.service != "iam" or not given.resource.startswith("policy/"):
        return None
    found = Policy.objects.filter(name=given.resource.rpartition("/")[2]).first()
    own = parse_arn(found.arn or "") if found else None
    if found is None or own is None or own.account != given.account:
        return None
    return NamedPolicy(found.name, f"`{text}` differs from its ARN, which is `{found.arn}`")


def canonical_name(text: str) -> str:
    """The name of the policy that is meant; the text itself where there is none."""
    found = find_policy(text)
    return found.name if found else text


def bare_name(text: str) -> str:
    """The name in an ARN of a policy; the text itself if it is not an ARN."""
    return text.rpartition("/")[2] if text.startswith("arn:") else text


def why_unknown(text: str) -> str:
    """Say that no policy has this name or ARN, and what is known or near."""
    shown = text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"
    retired = retired_policy(bare_name(text))
    if retired:
        return f"`{shown}` is retired: {'. '.join(retired.sentences)}"
    near = near_names(bare_name(text), most=3)
    hint = f"; near: {', '.join(near)}" if near else ""
    return f"no managed policy is named `{shown}`{hint}"


def near_names(name: str, most: int = _MOST_NEAR) -> list[str]:
    """Names of policies that are about the service that this one names, the nearest first."""
    name = name[:_LONGEST_NAME]
    wanted, subject = _plain(name), _subject(name)
    names = list(Policy.objects.order_by("name").values_list("name", flat=True))
    subjects = {each: _subject(each) for each in names}
    fitting = {subject} if subject in subjects.values() else None
    found = [
        (OSA.distance(wanted, _plain(each)), each)
        for each in names
        if (
            subjects[each] in fitting
            if fitting
            else _is_slip(subject, subjects[each]) or _is_slip(wanted, subjects[each])
        )
    ]
    return [each for _, each in sorted(found)[:most]]


def _is_slip(subject: str, known: str) -> bool:
    """Whether a subject is a known one, mistyped.

    Of the short ones any other letter makes another service (ECS, EKS, ECR): there only two
    letters that changed places are a slip.
    """
    if len(known) < _SHORTEST_WITH_SLIPS:
        return sorted(subject) == sorted(known)
    slips = max(1, len(known) // 6)
    return OSA.distance(subject, known, score_cutoff=slips) <= slips


def _plain(name: str) -> str:
    return _OWNERS.sub("", name, count=1).replace("_", "").replace("-", "").lower()


def _subject(name: str) -> str:
    """The first words of a name that say which service it is about, in lower case."""
    words = [each.lower() for each in _WORDS.findall(_OWNERS.sub("", name, count=1))]
    return "".join(_up_to_general(words)) or "".join(words)


def _up_to_general(words: Sequence[str]) -> list[str]:
    ends = [place for place, word in enumerate(words) if word in _GENERAL]
    return list(words[: ends[0]] if ends else words)
