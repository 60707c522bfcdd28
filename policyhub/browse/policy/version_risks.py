"""Which risks each version of a policy brought or took away, found once for two documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from threading import Lock

from cachetools import LRUCache

from policyhub.browse.policy.shown import KnownVersion
from policyhub.catalog.models import PolicyVersion
from policyhub.judge.risks.attached import read_judged
from policyhub.judge.risks.changes import RiskChange, risk_changes
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.risk import Risk
from policyhub.judge.risks.rules_of_today import rules_of_today

RiskChanges = tuple[RiskChange, ...]
_Digests = tuple[str, str]

_kept: LRUCache[_Digests, RiskChanges] = LRUCache(maxsize=4096)
_keeping = Lock()


def risk_changes_by_version(versions: Sequence[KnownVersion]) -> Mapping[str, RiskChanges]:
    """What each version changed against the one before it that is known, by the version's key.

    The versions are given the newest first; those that changed nothing are missing.
    """
    pairs = {newer.key: (older.row.digest, newer.row.digest) for newer, older in pairwise(versions)}
    with _keeping:
        known = {pair: _kept[pair] for pair in pairs.values() if pair in _kept}
    found = _judged_changes(pair for pair in pairs.values() if pair not in known)
    with _keeping:
        _kept.update(found)
    changes = {**known, **found}
    return {key: changes[pair] for key, pair in pairs.items() if changes[pair]}


def _judged_changes(pairs: Iterable[_Digests]) -> dict[_Digests, RiskChanges]:
    """The same for documents whose changes are not kept; each is judged once."""
    wanted = set(pairs)
    risks = _risks({digest for pair in wanted if pair[0] != pair[1] for digest in pair})
    return {pair: _changes(risks.get(pair[0]), risks.get(pair[1])) for pair in wanted}


def _changes(older: Sequence[Risk] | None, newer: Sequence[Risk] | None) -> RiskChanges:
    """What changed; nothing is said of a document that this release can't read."""
    if older is None or newer is None:
        return ()
    return tuple(map(_without_proofs, risk_changes(older, newer)))


def _risks(digests: set[str]) -> Mapping[str, Sequence[Risk]]:
    if not digests:
        return {}
    rows = PolicyVersion.objects.filter(digest__in=digests).order_by()
    documents = dict(rows.values_list("digest", "document"))
    read = {digest: read_judged(text) for digest, text in documents.items()}
    vocabulary = rules_of_today().vocabulary
    return {
        digest: risks_of(each, vocabulary=vocabulary)
        for digest, each in read.items()
        if each is not None
    }


def _without_proofs(change: RiskChange) -> RiskChange:
    """The change without documents and proofs, so that little memory is kept."""
    risk = change.risk
    empty = replace(risk, documents=(), requests=(), deciding=(), limits=(), ruled_out_by=())
    return replace(change, risk=empty)
