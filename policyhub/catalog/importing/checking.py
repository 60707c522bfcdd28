"""Documents of a source checked against the grammar, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass

from policyhub.catalog.sources.items import SourceVersion
from policyhub.catalog.sources.problem_places import reason_for
from policyhub.iam.reading.document import (
    PolicyDocument,
    Usage,
    digest,
    parse_policy,
    read_alone,
)
from policyhub.iam.reading.json_text import without_space


@dataclass(frozen=True, slots=True)
class CheckedVersion:
    """A version whose document the grammar accepts, with its compact text and digest."""

    given: SourceVersion
    text: str
    digest: str


#: What documents say, by their compact texts.
Documents = dict[str, PolicyDocument]


def check_version(version: SourceVersion, documents: Documents) -> CheckedVersion | str:
    """Return the version, or why it can't be kept; what its document says is added to others."""
    policy = read_alone(version.document, Usage.IDENTITY)
    if policy is None:
        errors = parse_policy(version.document, Usage.IDENTITY).errors
        return reason_for(errors, version.surroundings)
    text = without_space(version.document)
    documents[text] = policy
    return CheckedVersion(version, text, digest(version.document))
