"""What linting finds in documents of the catalogue, kept for the next reader."""

from __future__ import annotations

from functools import lru_cache

from policyhub.iam.language.elements import Usage
from policyhub.judge.lint.linting import findings_of
from policyhub.judge.reporting.documents import is_of_aws
from policyhub.judge.reporting.finding import ReportedFinding

_KEPT = 64


def findings_of_stored(document: str, arn: str | None) -> tuple[ReportedFinding, ...]:
    """Everything that is wrong with a stored document, the most serious first.

    `arn` is its policy's: of AWS's own, what only AWS can change, such as the size, is left out.
    """
    return _findings(document, is_of_aws(arn))


@lru_cache(maxsize=_KEPT)
def _findings(document: str, is_aws_managed: bool) -> tuple[ReportedFinding, ...]:
    return findings_of(document, Usage.IDENTITY, is_aws_managed=is_aws_managed)
