"""Documents of a source checked against the grammar, before anything is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass

from policyhub.catalog.sources.items import SourceVersion
from policyhub.catalog.sources.problem_places import reason_for
from policyhub.iam.reading.document import Usage, digest, parse_policy

_JSON_SPACE = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+')


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
    return CheckedVersion(version, _compact(version.document), digest(version.document))


def _compact(document: str) -> str:
    """The text without the space between its parts: its key order and numbers stay as written."""
    return _JSON_SPACE.sub(lambda found: found[1] or "", document)
