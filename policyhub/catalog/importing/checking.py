"""Documents of a source checked against the grammar, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass

from policyhub.catalog.sources.items import SourceVersion
from policyhub.catalog.sources.problem_places import reason_for
from policyhub.iam.reading.document import Usage, digest, parse_policy
from policyhub.iam.reading.json_text import without_space


@dataclass(frozen=True, slots=True)
class CheckedVersion:
    """A version whose document the grammar accepts, with its compact text and digest."""

    given: SourceVersion
    text: str
    digest: str


def check_version(version: SourceVersion) -> CheckedVersion | str:
    """Return the version with its document read, or why it can't be kept."""
    parsed = parse_policy(version.document, Usage.IDENTITY)
    if parsed.errors:
        return reason_for(parsed.errors, version.surroundings)
    return CheckedVersion(version, without_space(version.document), digest(version.document))
