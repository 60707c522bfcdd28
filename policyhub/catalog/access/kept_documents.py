"""Documents that the catalogue keeps, read again.

Each was read by the grammar of its time; a stricter one of a later release may refuse it.
"""

from __future__ import annotations

from policyhub.failures import FailedRequestError
from policyhub.iam.reading.document import PolicyDocument, parse_policy


def kept_policy(document: str) -> PolicyDocument:
    """Read a document that the catalogue keeps.

    Raises `FailedRequestError` with what breaks the grammar, so that a page says it.
    """
    parsed = parse_policy(document)
    if parsed.policy is None:
        raise FailedRequestError(500, "unreadable-document", _sentence(parsed.errors[0].message))
    return parsed.policy


def _sentence(message: str) -> str:
    return (
        "A document stored by an earlier release breaks the policy grammar of this one: "
        f"{message}. Import the policy again."
    )
