"""The names that are near one that no policy has, and of the same service."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz.distance import OSA

from policyhub.catalog.models import Policy

_MOST_NEAR = 5
_LONGEST_NAME = 128
_OWNERS = re.compile(r"(?:amazon|aws)[-_]?", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z0-9]+(?![a-z])|[A-Z0-9]?[a-z0-9]+|[A-Z0-9]+")
# Words of names that say what a policy is for, not which service it is about.
_GENERAL = frozenset(
    {"full", "access", "read", "only", "readonly", "write", "power", "user", "admin", "service",
     "administrator", "role", "policy", "execution", "task", "for", "of", "and", "the", "linked",
     "managed", "console", "permissions"}
)  # fmt: skip
_SHORTEST_WITH_SLIPS = 5
_MOST_SLIPS = 2


def near_names(name: str, most: int = _MOST_NEAR) -> list[str]:
    """The keys of policies about the service that this one names, the nearest first."""
    name = name[:_LONGEST_NAME]
    wanted, subject = _plain(name), _subject(name)
    keys = dict(Policy.objects.order_by("name", "key").values_list("key", "name"))
    subjects = {each: _subject(each) for each in keys.values()}
    fitting = {subject} if subject in subjects.values() else None
    found = [
        (OSA.distance(wanted, _plain(each)), key)
        for key, each in keys.items()
        if (
            subjects[each] in fitting
            if fitting
            else _is_slip(subject, subjects[each])
            or _is_slip(wanted, subjects[each])
            or _slips_later(wanted, _plain(each), subjects[each])
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


def _slips_later(wanted: str, known: str, subject: str) -> bool:
    """Whether a name is a known one, mistyped behind the subject that both begin with."""
    if not (wanted.startswith(subject) and known.startswith(subject)):
        return False
    return OSA.distance(wanted, known, score_cutoff=_MOST_SLIPS) <= _MOST_SLIPS


def _plain(name: str) -> str:
    return _OWNERS.sub("", name, count=1).replace("_", "").replace("-", "").lower()


def _subject(name: str) -> str:
    """The first words of a name that say which service it is about, in lower case."""
    words = [each.lower() for each in _WORDS.findall(_OWNERS.sub("", name, count=1))]
    return "".join(_up_to_general(words)) or "".join(words)


def _up_to_general(words: Sequence[str]) -> list[str]:
    ends = [place for place, word in enumerate(words) if word in _GENERAL]
    return list(words[: ends[0]] if ends else words)
