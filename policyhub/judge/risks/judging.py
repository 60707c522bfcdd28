"""Which paths documents open, each answered and proved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import islice, product

from policyhub.catalog.facts.services import get_service_facts
from policyhub.judge.risks.asking import PathAsker, PathQuestion
from policyhub.judge.risks.attached import AttachedDocuments, JudgedDocument, Vocabulary
from policyhub.judge.risks.consistent import (
    Chosen,
    further_solutions,
    is_impossible,
    solutions_at_hand,
)
from policyhub.judge.risks.kept_answers import kept_answer
from policyhub.judge.risks.paths import RiskPath, known_paths
from policyhub.judge.risks.proving import PathProof, proved
from policyhub.judge.risks.risk import (
    ANSWERS,
    DecidingStatement,
    PathBound,
    Risk,
    most_serious_first,
)
from policyhub.judge.risks.ruling_out import ruled_out_by

_SOLUTIONS_TRIED = 24


@cache
def known_vocabulary() -> Vocabulary:
    """The actions of the paths that come with Policyhub."""
    return Vocabulary(known_paths())


def risks_of(*documents: JudgedDocument, vocabulary: Vocabulary | None = None) -> tuple[Risk, ...]:
    """The risks of documents that are attached to one caller together, the most serious first.

    Every path is among them of which each action is in some Allow statement.
    """
    attached = AttachedDocuments(documents, vocabulary or known_vocabulary(), get_service_facts())
    if not attached.paths:
        return ()
    asker = PathAsker(attached)
    return most_serious_first(
        [kept_answer(path, attached, partial(_answered, path, asker)) for path in attached.paths]
    )


def _answered(path: RiskPath, asker: PathAsker) -> Risk:
    """The freest of the answers about a path: in each partition, with each of its services."""
    best: Risk | None = None
    for questions in _variants(path, asker):
        found = _answer(path, questions, asker)
        if best is None or _rank(found) < _rank(best):
            best = found
        if best.answer == "free":
            break
    assert best is not None  # noqa: S101 (there is one partition at least)
    return best


def _rank(risk: Risk) -> tuple[int, bool]:
    return ANSWERS.index(risk.answer), not risk.is_whole


def _variants(path: RiskPath, asker: PathAsker) -> Iterator[list[PathQuestion]]:
    services = [step.services or ("",) for step in path.steps]
    for partition in asker.attached.partitions:
        for chosen in product(*services):
            yield asker.questions(path, partition, chosen)


def _answer(path: RiskPath, questions: Sequence[PathQuestion], asker: PathAsker) -> Risk:
    documents = asker.attached.documents
    if any(each.on_path is False for each in questions):
        return _ruled_out(path, questions, asker)
    proof = _proof(solutions_at_hand(questions, asker), questions, asker)
    if proof is None and is_impossible(questions, asker):
        return _ruled_out(path, questions, asker)
    proof = proof or _proof(further_solutions(questions, asker), questions, asker)
    if proof is None:
        return Risk(path, "undecided", documents, limits=_bounds_of(questions, asker))
    limits = _bounds_of(questions, asker)
    return Risk(
        path,
        "bounded" if limits else "free",
        documents,
        is_whole=all(asker.is_always(each.on_path, each.target) for each in questions),
        requests=proof.requests,
        deciding=tuple(_deciding(proof)),
        limits=limits,
    )


def _ruled_out(path: RiskPath, questions: Sequence[PathQuestion], asker: PathAsker) -> Risk:
    by = ruled_out_by(questions, asker)
    return Risk(path, "ruled-out", asker.attached.documents, ruled_out_by=by)


def _proof(
    found: Iterator[list[Chosen]], questions: Sequence[PathQuestion], asker: PathAsker
) -> PathProof | None:
    """The first set of resources and keys with which the engine decides every request so."""
    places = {id(each): place for place, each in enumerate(questions)}
    for chosen in islice(found, _SOLUTIONS_TRIED):
        ordered = sorted(chosen, key=lambda each: places[id(each.question)])
        proof = proved(ordered, asker)
        if proof is not None:
            return proof
    return None


def _bounds_of(questions: Iterable[PathQuestion], asker: PathAsker) -> tuple[PathBound, ...]:
    """When requests are allowed that are not always, each action once for each such truth."""
    limited = (
        PathBound(each.step.action, each.allowed)
        for each in questions
        if not asker.is_always(each.allowed, each.target)
    )
    return tuple(dict.fromkeys(limited))


def _deciding(proof: PathProof) -> Iterator[DecidingStatement]:
    """The statements that allow the requests, each once, in the order of the requests."""
    found = {
        (each.policy, each.statement.position): each.statement
        for decision in proof.decisions
        for each in decision.decided_by
    }
    yield from (DecidingStatement(policy, statement) for (policy, _), statement in found.items())
