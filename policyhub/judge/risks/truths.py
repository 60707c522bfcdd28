"""Truths of documents: with a part of what is open settled, and weaker ones that follow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from policyhub.iam.deciding.formula import (
    AllOf,
    AnyOf,
    Formula,
    Literal,
    Truth,
    all_of,
    any_of,
    holds,
)
from policyhub.iam.deciding.request import Request
from policyhub.iam.explaining.facts import ABOUT_RESOURCE, ResourceCovered


def depends_on_resource(truth: Truth) -> bool:
    """Whether a truth is about the resource that is asked for."""
    return not isinstance(truth, bool) and any(
        isinstance(atom, ABOUT_RESOURCE) for atom in truth.atoms()
    )


def keys_of_truth(truth: Truth) -> set[str]:
    """The keys, in lower case, that a truth is about."""
    atoms = () if isinstance(truth, bool) else truth.atoms()
    return {key.lower() for atom in atoms for key in atom.keys}


def joined(kind: type[AllOf | AnyOf], truths: Iterable[Truth]) -> Truth:
    """All or any of truths, with nothing simplified but what is settled."""
    settled = kind is AnyOf
    parts: list[Formula] = []
    for truth in truths:
        if truth is settled:
            return truth
        if not isinstance(truth, bool):
            parts.extend(truth.parts if isinstance(truth, kind) else (truth,))
    if not parts:
        return not settled
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


def replaced(truth: Truth, settle: Callable[[Literal], Truth]) -> Truth:
    """A truth with each fact replaced."""
    if isinstance(truth, Literal):
        return settle(truth)
    if not isinstance(truth, AllOf | AnyOf):
        return truth
    return joined(type(truth), (replaced(each, settle) for each in truth.parts))


def in_short(truth: Truth) -> Truth:
    """A truth simplified as far as its facts' own wording shows how."""
    if not isinstance(truth, AllOf | AnyOf):
        return truth
    join = all_of if isinstance(truth, AllOf) else any_of
    return join(map(in_short, truth.parts))


def on_request(truth: Truth, request: Request, settled: Collection[str] = ()) -> Truth:
    """A truth on the resource of a request; keys in `settled` are as the request has them.

    What a resource pattern with variables covers stays open with its keys.
    """

    def settle(literal: Literal) -> Truth:
        atom = literal.atom
        if all(key.lower() in settled for key in atom.keys):
            is_open = not isinstance(atom, ABOUT_RESOURCE) and not atom.keys
            return literal if is_open else literal.holds(request)
        if isinstance(atom, ResourceCovered):
            covered = ResourceCovered(atom.text, request.resource, atom.pattern)
            return Literal(covered, literal.negative)
        return literal

    return replaced(truth, settle)


def weakened(truth: Truth, is_kept: Callable[[object], bool]) -> Truth:
    """A truth with every fact of another kind taken for true: it follows from the truth."""
    return replaced(truth, lambda literal: literal if is_kept(literal.atom) else True)


def may_hold_on(truth: Truth, request: Request) -> bool:
    """False only if a truth is false on the resource of a request, whatever the keys are."""
    if isinstance(truth, bool):
        return truth
    if isinstance(truth, Literal):
        atom = truth.atom
        is_open = not isinstance(atom, ABOUT_RESOURCE) or bool(atom.keys)
        return is_open or truth.holds(request)
    join = all if isinstance(truth, AllOf) else any
    return join(may_hold_on(each, request) for each in _parts_of_truth(truth))


def _parts_of_truth(truth: Formula) -> Iterator[Formula]:
    yield from truth.parts if isinstance(truth, AllOf | AnyOf) else ()


def are_true_for_request(truths: Collection[Truth], request: Request) -> bool:
    """Whether truths are true for a request in which everything is settled."""
    return all(holds(each, request) for each in truths)
