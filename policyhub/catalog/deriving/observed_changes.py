"""Observed changes: what became possible, and what stopped being, from one version to the next.

An entry of the change log for every two versions that follow each other, derived by comparing
what they allow and what they deny.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby, pairwise

from django.db.models import Count

from policyhub.catalog.deriving.comparisons import Observation, observe_documents
from policyhub.catalog.deriving.worked_out import NOTHING, WorkedOut
from policyhub.catalog.models import CatalogState, ChangelogEntry, PolicyVersion
from policyhub.catalog.signals import policies_changed

# Of the descriptions: another number has every entry derived again, under another key.
FORM = 8
# Of what rooms derive of entries: another number has it derived again, under the same keys.
DERIVED_FORM = 1


def observe_all() -> int:
    """Write the entries that are missing; return how many there were.

    Those of the history that comes with Policyhub are left to the process that loads it, so that
    a start does not wait.
    """
    of_history = PolicyVersion.objects.filter(source=PolicyVersion.Source.PACKAGES)
    others = PolicyVersion.objects.exclude(policy__in=of_history.values("policy"))
    several = others.order_by().values("policy").annotate(count=Count("pk"))
    made = write_observed_changes(set(several.filter(count__gt=1).values_list("policy", flat=True)))
    if made:
        CatalogState.advance_prose()
    return made


def write_observed_changes(policies: Collection[int], known: WorkedOut = NOTHING) -> int:
    """Write the entries of some policies, by their keys in the database, and drop stale ones.

    Of a pair that is known already nothing is computed again. Returns how many were written;
    that the prose has changed is for the caller to say.
    """
    pairs = {_key(old, new): (old, new) for old, new in _neighbouring_versions(policies)}
    observed = ChangelogEntry.objects.filter(
        policy__in=policies, source=ChangelogEntry.Source.OBSERVED
    )
    observed.exclude(key__in=pairs).delete()
    here = set(observed.values_list("key", flat=True))
    made = [_entry(key, old, new, known) for key, (old, new) in pairs.items() if key not in here]
    ChangelogEntry.objects.bulk_create(made)
    if made:
        policies_changed.send(ChangelogEntry, policies={each.policy_id for each in made})
    return len(made)


def _neighbouring_versions(
    policies: Collection[int],
) -> Iterator[tuple[PolicyVersion, PolicyVersion]]:
    """The versions that follow each other with another document, by date and number."""
    versions = PolicyVersion.objects.filter(policy__in=policies).exclude(existed_by=None)
    ordered = versions.select_related("policy").defer("document").oldest_first()
    of_policies = sorted(ordered, key=lambda version: version.policy_id)
    for _, of_policy in groupby(of_policies, lambda version: version.policy_id):
        for old, new in pairwise(of_policy):
            if old.digest != new.digest:
                yield old, new


def _key(old: PolicyVersion, new: PolicyVersion) -> str:
    """What an entry is known by.

    The day belongs to it: another is known where a better source dates the version.
    """
    account = new.policy.account
    # A name is one policy's in each account; AWS's own are known by their names alone.
    known_by = new.policy.name if account in ("", "aws") else f"{account}:{new.policy.name}"
    day = f"{new.existed_by:%Y%m%d}"
    return f"observed:{FORM}:{known_by}:{old.digest[:12]}:{new.digest[:12]}:{new.version_id}:{day}"


def _entry(key: str, old: PolicyVersion, new: PolicyVersion, known: WorkedOut) -> ChangelogEntry:
    found = _observation(old, new, known)
    names = [each.version_id or "an unnumbered version" for each in (old, new)]
    if new.existed_by is None:
        raise ValueError(f"{new} has no date")
    is_between = new.date_known == "between" and new.not_before is not None
    return ChangelogEntry(
        policy=new.policy,
        date=new.existed_by.date(),
        not_before=new.not_before.date() if is_between and new.not_before else None,
        title=f"{new.policy.label} {names[0]} to {names[1]}: {found.title}",
        description="\n\n".join([*_gap(old, new), found.description]),
        version_id=new.version_id,
        source=ChangelogEntry.Source.OBSERVED,
        access=found.access,
        denies=found.denies,
        key=key,
    )


def _observation(old: PolicyVersion, new: PolicyVersion, known: WorkedOut) -> Observation:
    found = known.observations.get((old.digest, new.digest))
    return found or observe_documents(old.document, new.document)


def _gap(old: PolicyVersion, new: PolicyVersion) -> Iterator[str]:
    """A sentence about the versions between two that no source has."""
    if old.number is None or new.number is None or new.number - old.number < 2:
        return
    first, last = old.number + 1, new.number - 1
    missing = f"v{first} is" if first == last else f"v{first} to v{last} are"
    yield f"{missing} not known: this is all that changed since {old.version_id}."
