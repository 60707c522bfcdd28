"""How long a document is against the quota of its kind.

Too long is a warning and never keeps a document from being evaluated: AWS raises some quotas on
request, others are about several documents together, and its own managed policies exceed those
of customers. Sources: `policyhub/iam/reading/policy_kinds.py`.
"""

from __future__ import annotations

import json

from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.json_text import without_space
from policyhub.iam.reading.policy_kinds import KINDS, Quota, quota_of
from policyhub.iam.reading.problems import PROBLEM_KINDS, Problem


def size_problem(
    text: str, usage: Usage, service: str = "", is_as_written: bool = True
) -> Problem | None:
    """What to say of a document's length; None where it is within its quota or has none.

    `service` is that of the resource, for its policy. With `is_as_written` false the text is
    JSON that was made out of an object: its white space and escapes are nobody's, so it counts
    at its shortest.
    """
    quota = quota_of(usage, service)
    if quota is None or len(text) * _most_of(quota) <= quota.limit:
        return None
    shortest = without_space(text) if is_as_written else _unescaped(text)
    size = _measured(shortest, quota)
    if size > quota.limit:
        return _problem("over-quota", usage, quota, size)
    written = _measured(text, quota) if is_as_written and quota.counts_space is not False else 0
    return (
        _problem("over-quota-with-space", usage, quota, written) if written > quota.limit else None
    )


def is_within_quota(shortest: bytes, usage: Usage, service: str = "") -> bool:
    """Whether there is nothing to say of the length of a document, given as its shortest JSON."""
    quota = quota_of(usage, service)
    return quota is None or len(shortest) <= quota.limit


def _most_of(quota: Quota) -> int:
    """How many units a character can take, so that most texts need not be measured."""
    return 4 if quota.unit == "bytes" else 1


def _measured(text: str, quota: Quota) -> int:
    return len(text.encode("utf-8", "surrogatepass")) if quota.unit == "bytes" else len(text)


def _unescaped(text: str) -> str:
    """The shortest JSON of the same value; the text where it is not JSON."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return text


def _problem(code: str, usage: Usage, quota: Quota, found: int) -> Problem:
    kind = PROBLEM_KINDS[code]
    message = kind.message.format(
        kind=KINDS[usage].name,
        found=f"{found:,}",
        limit=f"{quota.limit:,}",
        unit=quota.unit,
        counted="" if quota.counts_space else ", white space left out",
        also=f" ({quota.also})" if quota.also else "",
    )
    return Problem(code, "", message, None, None, kind.severity)
