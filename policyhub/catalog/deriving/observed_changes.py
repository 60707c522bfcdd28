"""Observed changes: what became possible, and what stopped being, from one version to the next.

An entry of the change log for every two versions that follow each other, derived by comparing
what they allow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from django.db.models import Count

from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.models import CatalogState, ChangelogEntry, PolicyVersion
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.catalog.signals import policies_changed
from policyhub.iam.budget import NO_LIMIT
from policyhub.iam.comparing.comparison import Comparison, Relation, compare
from policyhub.iam.comparing.contexts import contexts_of
from policyhub.iam.comparing.evidence import denied_in_words, reason_in_words, reasons
from policyhub.iam.comparing.proof import Witness
from policyhub.iam.language.elements import PolicyDocument
from policyhub.iam.language.wording import Words
from policyhub.iam.reading.document import parse_policy

Access = ChangelogEntry.Access
_ACCESS: dict[Relation, Access] = {
    "left_subset": Access.WIDENED,
    "right_subset": Access.NARROWED,
    "overlapping": Access.BOTH,
    "disjoint": Access.BOTH,
    "equivalent": Access.NONE,
}
_WORDS: dict[Relation, str] = {
    "left_subset": "wider",
    "right_subset": "narrower",
    "overlapping": "wider and narrower",
    "disjoint": "something else",
    "equivalent": "the same, written differently",
    "undecided": "changed, how is undecided",
}
_TOLD = 10


def observe_all() -> int:
    """Write the entries that are missing of all policies; return how many there were."""
    several = PolicyVersion.objects.order_by().values("policy").annotate(count=Count("pk"))
    return observe(set(several.filter(count__gt=1).values_list("policy", flat=True)))


def observe(policies: Collection[int]) -> int:
    """Write the entries of some policies, by their keys in the database, and drop stale ones.

    Of a pair that is known already nothing is computed again. Returns how many were written.
    """
    pairs = {_key(old, new): (old, new) for old, new in _pairs(policies)}
    observed = ChangelogEntry.objects.filter(
        policy__in=policies, source=ChangelogEntry.Source.OBSERVED
    )
    observed.exclude(key__in=pairs).delete()
    known = set(observed.values_list("key", flat=True))
    made = [_entry(key, old, new) for key, (old, new) in pairs.items() if key not in known]
    ChangelogEntry.objects.bulk_create(made)
    if made:
        CatalogState.advance_prose()
        policies_changed.send(ChangelogEntry, policies={each.policy_id for each in made})
    return len(made)


def _pairs(policies: Collection[int]) -> Iterator[tuple[PolicyVersion, PolicyVersion]]:
    """The versions that follow each other with another document, by date."""
    versions = PolicyVersion.objects.filter(policy__in=policies).exclude(created_at=None)
    ordered: Iterable[PolicyVersion] = (
        versions.select_related("policy").defer("document").order_by("policy", "created_at", "pk")
    )
    for _, of_policy in groupby(ordered, lambda version: version.policy_id):
        for old, new in pairwise(of_policy):
            if old.digest != new.digest:
                yield old, new


def _key(old: PolicyVersion, new: PolicyVersion) -> str:
    """What an entry is known by; the number is that of the form of its description."""
    account = new.policy.account
    # A name is one policy's in each account; AWS's own are known by their names alone.
    known_by = new.policy.name if account in ("", "aws") else f"{account}:{new.policy.name}"
    return f"observed:3:{known_by}:{old.digest[:12]}:{new.digest[:12]}:{new.version_id}"


def _entry(key: str, old: PolicyVersion, new: PolicyVersion) -> ChangelogEntry:
    documents = [parse_policy(each.document).policy for each in (old, new)]
    found = _compared(*documents)
    names = [each.version_id or "an unnumbered version" for each in (old, new)]
    if new.created_at is None:
        raise ValueError(f"{new} has no date")
    return ChangelogEntry(
        policy=new.policy,
        date=new.created_at.date(),
        title=f"{new.policy.label} {names[0]} to {names[1]}: {_WORDS[found.verdict]}",
        description="\n\n".join(_paragraphs(found, *documents)),
        source=ChangelogEntry.Source.OBSERVED,
        access=_ACCESS.get(found.verdict, ""),
        key=key,
    )


def _compared(old: PolicyDocument | None, new: PolicyDocument | None) -> Comparison:
    if old is None or new is None:
        return Comparison("undecided", (), (), ("a document can't be parsed",))
    contexts = contexts_of(get_service_facts())
    return compare(old, new, (action.id for action in get_reference().actions), NO_LIMIT, contexts)


def _paragraphs(
    found: Comparison, old: PolicyDocument | None, new: PolicyDocument | None
) -> Iterator[str]:
    if found.verdict == "equivalent":
        yield "Nothing became possible, and nothing stopped being so: only the wording changed."
    if found.only_right and old and new:
        yield "\n".join(["Became possible:", "", *_items(found.only_right, new, old)])
    if found.only_left and old and new:
        yield "\n".join(["Stopped being possible:", "", *_items(found.only_left, old, new)])
    if found.verdict == "undecided":
        yield "It could not be decided: " + "; ".join(found.undecided[:3]) + "."


def _items(
    witnesses: Sequence[Witness], allowing: PolicyDocument, other: PolicyDocument
) -> Iterator[str]:
    """The statements that make the difference, as a list in Markdown."""
    found = reasons(witnesses, allowing, other)
    for each in found[:_TOLD]:
        denied = denied_in_words(each)
        but = f" (in the other version {_as_markdown(denied)})" if denied else ""
        yield f"- {_as_markdown(reason_in_words(each))}{but}"
    if len(found) > _TOLD:
        yield f"- and {len(found) - _TOLD:,} more statements"


def _as_markdown(words: Words) -> str:
    return "".join(
        each.text if each.kind == "text" else f"`{each.text}`" for each in words if each.text
    )
