"""Two documents of a policy compared, in the words of the change log; without the database.

What a policy allows and what it denies are compared each for itself: a policy of denies alone
allows nothing, and to deny more or less is its whole purpose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from policyhub.catalog.collecting import garbage_collection_paused
from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.models import ChangelogEntry
from policyhub.iam.comparing.comparison import Comparison, Relation, compare
from policyhub.iam.comparing.contexts import contexts_of
from policyhub.iam.comparing.evidence import (
    DifferenceReason,
    by_condition,
    denied_in_words,
    reason_in_words,
    reasons,
)
from policyhub.iam.language.elements import PolicyDocument
from policyhub.iam.language.wording import Words
from policyhub.iam.reading.document import read_alone

Access = ChangelogEntry.Access

_WORDS: dict[Relation, str] = {
    "left_subset": "wider",
    "right_subset": "narrower",
    "overlapping": "wider and narrower",
    "disjoint": "something else",
    "undecided": "changed, how is undecided",
}
_DENYING: dict[Relation, str] = {
    "left_subset": "denies more",
    "right_subset": "denies less",
    "overlapping": "denies more and less",
    "disjoint": "denies something else",
    "undecided": "changed, how is undecided",
}
_SAME = "the same, written differently"
_SAME_BUT_IN_VAIN = "the same, except for requests that by the reference do not exist"
# By whether AWS can be asked what differs: for certain, perhaps, never.
_BY_WORDING: dict[bool | None, str] = {
    True: "",
    None: ", perhaps: the reference has no such request, but AWS managed policies mention it",
    False: " in the wording only: the reference has no such request",
}
_TOLD = 10
_NOTHING = Comparison("equivalent", possible_verdict="equivalent")


@dataclass(frozen=True, slots=True)
class Observation:
    """What became of a policy from one document to the next.

    `access` is an `Access`, "" where it is undecided; `title` a few words, `description` Markdown.
    `denies` says that what it denies changed.
    """

    access: str
    title: str
    description: str
    denies: bool


def observe_documents(old_text: str, new_text: str) -> Observation:
    """Compare two documents; one that can't be read leaves it undecided."""
    return observe(_kept_document(old_text), _kept_document(new_text))


def observe(old: PolicyDocument | None, new: PolicyDocument | None) -> Observation:
    """Compare two documents that were read; None stands for one that can't be."""
    if old is None or new is None:
        unread = Comparison("undecided", undecided=("a document can't be parsed",))
        return _observation(unread, _NOTHING, ())
    return compare_versions(old, new)


@garbage_collection_paused()
def compare_versions(old: PolicyDocument, new: PolicyDocument) -> Observation:
    """Compare what two documents say."""
    allowed = _compared(old, new)
    old_denies, new_denies = _denies(old), _denies(new)
    denied = _NOTHING
    if old_denies.statements != new_denies.statements:
        denied = _compared(_numbered(old_denies), _numbered(new_denies))
    told = _statements_by_difference(
        ("Became possible", reasons(allowed.only_right, new, old)),
        ("Stopped being possible", reasons(allowed.only_left, old, new)),
        ("Denied in addition", reasons(denied.only_right, new_denies, old_denies)),
        ("Denied no longer", reasons(denied.only_left, old_denies, new_denies)),
    )
    return _observation(allowed, denied, told)


@lru_cache(maxsize=2)
def _kept_document(text: str) -> PolicyDocument | None:
    """A document; of neighbours in a history, the newer one is the older one of the next two."""
    return read_alone(text)


def _observation(allowed: Comparison, denied: Comparison, told: Sequence[str]) -> Observation:
    """What is told of both; what by the reference AWS is never asked makes no difference."""
    found = allowed.possible_verdict, denied.possible_verdict
    words = [_WORDS[found[0]]] if found[0] != "equivalent" else []
    if found[1] != "equivalent" and _DENYING[found[1]] not in words:
        words.append(_DENYING[found[1]])
    undecided = [*allowed.undecided, *denied.undecided]
    paragraphs = list(told)
    if not words:
        only = (
            "the reference has no request for what differs" if told else "only the wording changed"
        )
        paragraphs.insert(0, f"Nothing became possible, and nothing stopped being so: {only}.")
    if "undecided" in found:
        paragraphs.append("It could not be decided: " + "; ".join(undecided[:3]) + ".")
    return Observation(
        access=_access(*found),
        title=", ".join(words) or (_SAME_BUT_IN_VAIN if told else _SAME),
        description="\n\n".join(paragraphs),
        denies=denied.possible_verdict not in ("equivalent", "undecided"),
    )


def _access(allowed: Relation, denied: Relation) -> str:
    """What both together did: to deny more is to narrow."""
    if "undecided" in (allowed, denied):
        return ""
    apart = ("overlapping", "disjoint")
    widened = allowed in ("left_subset", *apart) or denied in ("right_subset", *apart)
    narrowed = allowed in ("right_subset", *apart) or denied in ("left_subset", *apart)
    if widened and narrowed:
        return Access.BOTH
    return Access.WIDENED if widened else Access.NARROWED if narrowed else Access.NONE


def _compared(old: PolicyDocument, new: PolicyDocument) -> Comparison:
    facts = get_service_facts()
    return compare(old, new, facts, contexts=contexts_of(facts))


def _denies(policy: PolicyDocument) -> PolicyDocument:
    """A policy that allows what another denies; its statements keep their places."""
    denies = (replace(each, effect="Allow") for each in policy.statements if each.effect == "Deny")
    return replace(policy, statements=tuple(denies))


def _numbered(policy: PolicyDocument) -> PolicyDocument:
    """The same with its statements counted from 0, as comparing them takes it."""
    counted = enumerate(policy.statements)
    return replace(
        policy, statements=tuple(replace(each, position=place) for place, each in counted)
    )


def _statements_by_difference(*found: tuple[str, Sequence[DifferenceReason]]) -> list[str]:
    """What makes each kind of difference, under its title; last what the reference lacks."""
    return [
        "\n".join([f"{title}{addition}:", "", *_statements_in_markdown(told)])
        for is_asked, addition in _BY_WORDING.items()
        for title, differing in found
        if (told := [each for each in differing if each.is_asked is is_asked])
    ]


def _statements_in_markdown(found: Sequence[DifferenceReason]) -> Iterator[str]:
    """The statements that make the difference, as a list in Markdown; a condition is told once."""
    for condition, together in by_condition(found[:_TOLD]):
        if condition:
            yield f"- when {_as_markdown(condition)}:"
        for each in together:
            denied = denied_in_words(each)
            but = f" (in the other version {_as_markdown(denied)})" if denied else ""
            words = reason_in_words(each, with_condition=not condition)
            yield f"{'  ' if condition else ''}- {_as_markdown(words)}{but}"
    if len(found) > _TOLD:
        yield f"- and {len(found) - _TOLD:,} more statements"


def _as_markdown(words: Words) -> str:
    return "".join(
        each.text if each.kind == "text" else f"`{each.text}`" for each in words if each.text
    )
