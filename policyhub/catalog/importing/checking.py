"""Documents of a source checked against the grammar, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass

from policyhub.catalog.sources.items import SourceVersion
from policyhub.catalog.sources.problem_places import reason_for
from policyhub.iam.reading.document import PolicyDocument, Usage, digest, parse_policy
from policyhub.iam.reading.json_text import without_space


@dataclass(frozen=True, slots=True)
class CheckedVersion:
    """A version whose document the grammar accepts, with its compact text and digest."""

    given: SourceVersion
    text: str
    digest: str


def check_version(version: SourceVersion) -> CheckedVersion | str:
    """Return the version with its document checked, or why it can't be kept."""
    found = read_version(version)
    return found if isinstance(found, str) else found[0]


def read_version(version: SourceVersion) -> tuple[CheckedVersion, PolicyDocument] | str:
    """Return the version, and what its document says, or why it can't be kept."""
    parsed = parse_policy(version.document, Usage.IDENTITY)
    if parsed.policy is None:
        return reason_for(parsed.errors, version.surroundings)
    text = without_space(version.document)
    return CheckedVersion(version, text, digest(version.document)), parsed.policy
