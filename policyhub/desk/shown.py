"""A finding as the page shows it: our sentence, the statements, and what AWS's page says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from policyhub.catalog.prose.shown_statements import ShownStatement, shown_statements
from policyhub.desk.queue import QueuedFinding
from policyhub.iam.language.patterns import covers

_MOST_STATEMENTS = 2
_LONGEST_TEXT = 700
# What says what a description of a service claims: then all that the service has counts.
_CLAIMED = "claimed-access-not-granted"


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """What a card of the queue shows.

    `ours` is the sentence as Policyhub has it, `claim` as AWS's page is recorded; each is "" where
    there is none. `more` is the number of statements left out.
    """

    finding: QueuedFinding
    ours: str
    claim: str
    claim_url: str
    claim_day: Any
    statements: Sequence[ShownStatement]
    more: int

    @property
    def is_editable(self) -> bool:
        """Whether a text of ours is what the finding is about."""
        return self.finding.kind in ("check", "outdated")

    @property
    def is_whole(self) -> bool:
        """Whether the page's words are all that Policyhub says, so that one of them is enough."""
        return bool(self.claim) and self.claim in self.ours


def finding_card(finding: QueuedFinding) -> ShownFinding:
    """The card of a finding."""
    row = finding.description or finding.entry
    url = (row.source_url if row else "") or finding.policy.documentation_url
    return ShownFinding(
        finding,
        _short(_ours(finding)),
        _short(_claim(finding)),
        url,
        getattr(row, "source_date", None) or getattr(row, "date", None),
        _statements(finding),
        max(0, len(finding.positions) - _MOST_STATEMENTS),
    )


def _ours(finding: QueuedFinding) -> str:
    if finding.description is not None:
        return f"`{finding.description.pattern}`: {finding.description.text}"
    if finding.entry is not None:
        return finding.entry.description
    # Of what is not mentioned at all there is no sentence.
    is_about_it = finding.kind == "outdated" or "sentence" in finding.evidence
    return finding.policy.summary if is_about_it else ""


def _claim(finding: QueuedFinding) -> str:
    """What the page says, which is what was checked."""
    sentence = str(finding.evidence.get("sentence", ""))
    if finding.description is None or not sentence:
        return sentence
    about = finding.evidence.get("pattern") or finding.evidence.get("service")
    return f"`{about}`: {sentence}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def _statements(finding: QueuedFinding) -> list[ShownStatement]:
    if finding.version is None or not finding.positions:
        return []
    positions = finding.positions[:_MOST_STATEMENTS]
    return shown_statements(finding.version, positions, partial(_is_about, finding))


def _is_about(finding: QueuedFinding, action: str) -> bool:
    """Whether a finding names an action, or its service where it names no action of it."""
    evidence = finding.evidence
    named = [*evidence.get("actions", ()), *evidence.get("suggestions", ())]
    if any(covers(action, each, ignore_case=True) for each in named):
        return True
    service = str(evidence.get("service", "")).lower()
    return bool(service) and finding.code == _CLAIMED and action.lower().startswith(f"{service}:")
