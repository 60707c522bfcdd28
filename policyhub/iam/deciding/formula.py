"""Truths that depend on keys a request leaves open: formulas over atoms, kept simple.

A truth is a `bool`, or a `Formula`. What it takes to keep formulas simple grows with the square
of their parts, so that it is counted in a budget.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.deciding.request import Request

# More parts are kept as they are: every two of them would be compared.
MOST_COMPARED = 100


class Atom(Hashable, Protocol):
    """A fact about a request, compared by what it says."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The context keys that it asks about, as written."""

    def holds(self, request: Request) -> bool:
        """Whether the fact is true for a request in which everything is given."""

    def implies(self, other: Atom) -> bool:
        """True only if `other` is true wherever this is."""

    def excludes(self, other: Atom) -> bool:
        """True only if `other` is false wherever this is true."""

    def either(self, other: Atom) -> Atom | None:
        """The one atom that is true exactly where one of the two is, if there is one."""


class Formula:
    """A truth that is not settled yet."""

    __slots__ = ()

    @abstractmethod
    def holds(self, request: Request) -> bool:
        """The truth of a request in which everything is settled."""

    @abstractmethod
    def atoms(self) -> Iterator[Atom]:
        """Every atom in it, perhaps several times."""

    @abstractmethod
    def negated(self) -> Formula:
        """The formula that is true exactly where this one is not."""


Truth = bool | Formula


@dataclass(frozen=True, slots=True)
class Literal(Formula):
    """An atom, or its negation."""

    atom: Atom
    negative: bool = False

    def holds(self, request: Request) -> bool:
        """Whether the atom is true, or false if this is its negation."""
        return self.atom.holds(request) is not self.negative

    def atoms(self) -> Iterator[Atom]:
        """The one atom."""
        yield self.atom

    def negated(self) -> Literal:
        """The other literal of the same atom."""
        return Literal(self.atom, not self.negative)

    def implies(self, other: Literal) -> bool:
        """True only if `other` is true wherever this is."""
        if self.negative:
            return other.negative and other.atom.implies(self.atom)
        return self.atom.excludes(other.atom) if other.negative else self.atom.implies(other.atom)


@dataclass(frozen=True, slots=True)
class _Compound(Formula):
    parts: tuple[Formula, ...]

    def atoms(self) -> Iterator[Atom]:
        for part in self.parts:
            yield from part.atoms()


@dataclass(frozen=True, slots=True)
class AllOf(_Compound):
    """Two parts or more that must all be true; none of them is an `AllOf`."""

    def holds(self, request: Request) -> bool:
        """Whether every part is true."""
        return all(part.holds(request) for part in self.parts)

    def negated(self) -> Formula:
        """That one of the parts is not true."""
        return AnyOf(tuple(part.negated() for part in self.parts))


@dataclass(frozen=True, slots=True)
class AnyOf(_Compound):
    """Two parts or more of which one must be true; none of them is an `AnyOf`."""

    def holds(self, request: Request) -> bool:
        """Whether one of the parts is true."""
        return any(part.holds(request) for part in self.parts)

    def negated(self) -> Formula:
        """That none of the parts is true."""
        return AllOf(tuple(part.negated() for part in self.parts))


def negation(truth: Truth) -> Truth:
    """The truth that is true exactly where this one is not."""
    return not truth if isinstance(truth, bool) else truth.negated()


def holds(truth: Truth, request: Request) -> bool:
    """The truth of a request in which everything is settled."""
    return truth if isinstance(truth, bool) else truth.holds(request)


def all_of(truths: Iterable[Truth], budget: Budget = NO_LIMIT, simplify: bool = True) -> Truth:
    """The truth that all of these are true, simplified. Raises `SpentError`.

    What another part implies is left out, and what contradicts another makes it False, as far as
    the facts' own wording shows that; without `simplify` only what is settled is left out:

    >>> from policyhub.iam.explaining.facts import condition_holds
    >>> from policyhub.iam.language.elements import Condition
    >>> one = Literal(condition_holds(Condition("StringEquals", "aws:userid", ("a",)), ""))
    >>> two = Literal(condition_holds(Condition("Bool", "aws:SecureTransport", ("true",)), ""))
    >>> all_of([one, any_of([one, two])]) == one, all_of([one, one.negated()])
    (True, False)
    """
    parts = _flattened(truths, AllOf, neutral=True)
    if isinstance(parts, bool):
        return parts
    if not simplify or _is_one_fact(parts):
        return _compound(AllOf, parts)
    simplified = _all_simplified(parts, budget)
    return simplified if isinstance(simplified, bool) else _compound(AllOf, simplified)


def any_of(truths: Iterable[Truth], budget: Budget = NO_LIMIT, simplify: bool = True) -> Truth:
    """The truth that one of these is true, simplified: the dual of `all_of`, then factored.

    Raises `SpentError`.
    """
    parts = _flattened(truths, AnyOf, neutral=False)
    if isinstance(parts, bool):
        return parts
    if not simplify or _is_one_fact(parts):
        return _compound(AnyOf, parts)
    simplified = _all_simplified([part.negated() for part in parts], budget)
    if isinstance(simplified, bool):
        return not simplified
    return _factored(_with_atoms_joined([part.negated() for part in simplified], budget), budget)


def _is_one_fact(parts: list[Formula]) -> bool:
    return len(parts) == 1 and isinstance(parts[0], Literal)


def _flattened(
    truths: Iterable[Truth], kind: type[_Compound], neutral: bool
) -> list[Formula] | bool:
    """The parts, those of nested formulas of the same kind among them, each once."""
    parts: dict[Formula, None] = {}
    for truth in truths:
        if isinstance(truth, bool):
            if truth is not neutral:
                return truth
        elif isinstance(truth, kind):
            parts |= dict.fromkeys(truth.parts)
        else:
            parts[truth] = None
    return list(parts) or neutral


def _all_simplified(parts: list[Formula], budget: Budget) -> list[Formula] | bool:
    """The parts of a conjunction without what the others imply; False for a contradiction."""
    if len(parts) > MOST_COMPARED:
        return parts
    kept: list[Formula] = []
    for part in sorted(parts, key=lambda each: isinstance(each, AnyOf)):
        reduced = _still_open(part, kept, budget)
        if reduced is False:
            return False
        if not isinstance(reduced, bool):
            kept = [each for each in kept if not _implies(reduced, each, budget)]
            kept += reduced.parts if isinstance(reduced, AllOf) else (reduced,)
    return kept or True


def _still_open(part: Formula, known: list[Formula], budget: Budget) -> Truth:
    """What of a part is still open if everything known is true."""
    if any(_implies(each, part, budget) for each in known):
        return True
    if isinstance(part, AnyOf):
        return _any_of_simplified([_still_open(each, known, budget) for each in part.parts])
    negated = part.negated()
    return not any(_implies(each, negated, budget) for each in known) and part


def _any_of_simplified(truths: list[Truth]) -> Truth:
    """A disjunction of parts that are simplified already."""
    parts = _flattened(truths, AnyOf, neutral=False)
    return parts if isinstance(parts, bool) else _compound(AnyOf, parts)


def _implies(one: Formula, other: Formula, budget: Budget) -> bool:
    """True only if `other` is true wherever `one` is; False may also mean "not found"."""
    budget.spend()
    if one == other:
        return True
    if isinstance(one, AnyOf):
        return all(_implies(part, other, budget) for part in one.parts)
    if isinstance(other, AllOf):
        return all(_implies(one, part, budget) for part in other.parts)
    if isinstance(one, AllOf) and any(_implies(part, other, budget) for part in one.parts):
        return True
    if isinstance(other, AnyOf):
        return any(_implies(one, part, budget) for part in other.parts)
    return isinstance(one, Literal) and isinstance(other, Literal) and one.implies(other)


def _with_atoms_joined(parts: list[Formula], budget: Budget) -> list[Formula]:
    """The parts of a disjunction with atoms put together where one says what two do."""
    if len(parts) > MOST_COMPARED:
        return parts
    joined: list[Formula] = []
    for part in parts:
        budget.spend(len(joined))
        for index, other in enumerate(joined):
            both = _either(other, part)
            if both is not None:
                joined[index] = both
                break
        else:
            joined.append(part)
    return joined


def _either(one: Formula, other: Formula) -> Formula | None:
    if not (isinstance(one, Literal) and isinstance(other, Literal)):
        return None
    if one.negative or other.negative:
        return None
    atom = one.atom.either(other.atom)
    return Literal(atom) if atom is not None else None


def _factored(parts: list[Formula], budget: Budget) -> Formula:
    """A disjunction with what all its parts have in common taken out of it."""
    if not 1 < len(parts) <= MOST_COMPARED:
        return _compound(AnyOf, parts)
    members = [part.parts if isinstance(part, AllOf) else (part,) for part in parts]
    budget.spend(sum(map(len, members)))
    common = [each for each in members[0] if all(each in other for other in members[1:])]
    if not common:
        return _compound(AnyOf, parts)
    rest = [all_of((each for each in own if each not in common), budget) for own in members]
    factored = all_of([*common, any_of(rest, budget)], budget)
    return _compound(AnyOf, parts) if isinstance(factored, bool) else factored


def _compound(kind: type[_Compound], parts: list[Formula]) -> Formula:
    return parts[0] if len(parts) == 1 else kind(tuple(parts))
