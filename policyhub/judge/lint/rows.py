"""The rows of findings: of a few documents written with them, of many brought in behind."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from policyhub.catalog.deriving.derivers import LateState, Progress
from policyhub.catalog.deriving.documents import has_rows
from policyhub.catalog.models import CatalogState, PolicyVersion
from policyhub.catalog.one_writer import LONG_PATIENCE_SECONDS, writing
from policyhub.catalog.signals import policies_judged
from policyhub.iam.language.elements import PolicyDocument
from policyhub.judge.lint.of_the_catalogue import findings_of_stored
from policyhub.judge.models import LintedVersion, PolicyFinding

# So few are linted in the transaction that writes them, if they are short: a save takes no longer.
_AT_ONCE = 3
_LONGEST_AT_ONCE = 20_000
# Of those brought in behind, a transaction writes so many.
_IN_A_PART = 20
# After so many the search and the pages that are kept are made again.
_SHOWN_AFTER = 400
_ROWS_AT_ONCE = 2_000
# What findings follow from, apart from the document and the reference.
_RULES_IN = (
    *(("policyhub/judge/lint", "*.py"), ("policyhub/iam", "*.py")),
    *(("policyhub/catalog/facts", "*.py"), ("fixtures", "*.json")),
)

# How often each code of each type is found.
Counts = dict[tuple[str, str], int]


class FindingDeriver:
    """Derives the findings of default versions; None stands for one that is not linted yet."""

    what = "findings"

    def prepare(self, versions: Sequence[tuple[PolicyVersion, PolicyDocument]]) -> None:
        """Nothing: what takes long is brought in behind."""

    def write(
        self, versions: Sequence[PolicyVersion], documents: Mapping[int, PolicyDocument]
    ) -> None:
        """Delete the rows of versions, and write those of few and short ones."""
        PolicyFinding.objects.filter(version__in=versions).delete()
        LintedVersion.objects.filter(version__in=versions).delete()
        linted = [each for each in versions if each.pk in documents]
        length = sum(len(each.document) for each in linted)
        if len(linted) <= _AT_ONCE and length <= _LONGEST_AT_ONCE:
            _write({each.pk: _counts(each) for each in linted})

    def derived(self, version: PolicyVersion) -> dict[str, int] | None:
        """How often each thing is found in a version that was linted."""
        if not has_rows(version) or not _linted().filter(pk=version.pk).exists():
            return None
        return _named(_counts(version))

    def stored(self, versions: Sequence[PolicyVersion]) -> Mapping[int, Any]:
        """What the rows say; of versions that are to be linted again they say nothing."""
        linted = set(_linted().filter(pk__in=versions).values_list("pk", flat=True))
        found: dict[int, dict[str, int] | None] = {
            each.pk: {} if each.pk in linted else None for each in versions
        }
        for row in PolicyFinding.objects.filter(version__in=linted).order_by("type", "code"):
            of_version = found[row.version_id]
            if of_version is not None:
                of_version |= _named({(row.code, row.type): row.count})
        return found


class LateFindings:
    """Lints what is not linted yet, or was by older rules."""

    what = "Linting"

    def state(self) -> LateState:
        """How many of the policies in force are linted by today's rules."""
        in_force = PolicyVersion.objects.in_force()
        count = in_force.count()
        return LateState(count - _missing().count(), count)

    def bring_in(self, progress: Progress) -> None:
        """Lint the rest, some policies at a time."""
        written = last = 0
        while part := _next(last):
            last = part[-1].pk
            counted = {each.pk: _counts(each) for each in part}
            with writing(LONG_PATIENCE_SECONDS):
                _write(_unchanged(part, counted))
                policies_judged.send(LateFindings, policies={each.policy_id for each in part})
                if written // _SHOWN_AFTER != (written + len(part)) // _SHOWN_AFTER:
                    CatalogState.advance_prose()
            written += len(part)
            progress(len(part))
        if written:
            CatalogState.advance_prose()


@cache
def _digest_of_rules() -> str:
    sha = hashlib.sha256()
    for folder, names in _RULES_IN:
        for path in sorted((settings.BASE_DIR / folder).rglob(names)):
            sha.update(path.read_bytes())
    return sha.hexdigest()


def _rules() -> str:
    """What findings follow from: the code of the rules, the tables of facts, the reference."""
    reference = CatalogState.current().reference_version
    return hashlib.sha256(f"{_digest_of_rules()} {reference}".encode()).hexdigest()


def _linted() -> QuerySet[LintedVersion]:
    return LintedVersion.objects.filter(rules=_rules())


def _missing() -> QuerySet[PolicyVersion]:
    return PolicyVersion.objects.in_force().exclude(pk__in=_linted().values("pk"))


def _next(last: int) -> list[PolicyVersion]:
    missing = _missing().filter(pk__gt=last).select_related("policy")
    return list(missing.order_by("pk")[:_IN_A_PART])


def _counts(version: PolicyVersion) -> Counts:
    found = findings_of_stored(version.document, version.policy.arn)
    return Counter((each.code, each.type) for each in found)


def _unchanged(part: Iterable[PolicyVersion], counted: Mapping[int, Counts]) -> dict[int, Counts]:
    """What was found in documents that are still in force, for others may have saved meanwhile."""
    digests = {each.pk: each.digest for each in part}
    today = PolicyVersion.objects.in_force().filter(pk__in=digests).values_list("pk", "digest")
    return {pk: counted[pk] for pk, digest in today if digests[pk] == digest}


def _write(counted: Mapping[int, Counts]) -> None:
    """Replace the rows of versions, in the caller's transaction."""
    PolicyFinding.objects.filter(version__in=counted).delete()
    LintedVersion.objects.filter(pk__in=counted).delete()
    rules = _rules() if counted else ""
    LintedVersion.objects.bulk_create(LintedVersion(version_id=pk, rules=rules) for pk in counted)
    PolicyFinding.objects.bulk_create(
        [
            PolicyFinding(version_id=pk, code=code, type=type_, count=count)
            for pk, counts in counted.items()
            for (code, type_), count in counts.items()
        ],
        batch_size=_ROWS_AT_ONCE,
    )


def _named(counts: Counts) -> dict[str, int]:
    return {f"{type_} {code}": count for (code, type_), count in sorted(counts.items())}
