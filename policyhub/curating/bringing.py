"""Policies of a file brought in one by one, each with what it takes to undo it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from django.utils import timezone

from policyhub.catalog.importing.preview import ImportPreview, preview
from policyhub.catalog.importing.run import import_policies
from policyhub.catalog.importing.undoing import PolicyState, state_of_policy, undo_import
from policyhub.catalog.models import Policy
from policyhub.catalog.one_writer import writing
from policyhub.catalog.signals import import_finished
from policyhub.catalog.sources.files import named_after
from policyhub.catalog.sources.items import Item, Origin
from policyhub.catalog.sources.text import read_text
from policyhub.curating.models import BroughtFile, BroughtPolicy

NEWER = (
    "Nothing was decided: since this page was shown, the policy changed, or somebody decided about "
    "it. What the import would change now is below."
)


class NotDecidedError(Exception):
    """Why a decision was not taken, as a sentence."""


def items_of(file: BroughtFile) -> Sequence[Item]:
    """Everything in a file, in its order."""
    stem, version_id = named_after(PurePosixPath(file.name))  # type: ignore[arg-type]
    origin = Origin(file.name, stem, file.retrieved_on, version_id=version_id)
    return list(read_text(bytes(file.data), origin))


def policy_as_seen(shown: ImportPreview) -> str:
    """What a form says that a decision was made from: the outcome, and the policy as it is."""
    added = [[each.version_id, each.digest] for each in shown.added]
    text = json.dumps([shown.outcome, added, state_of_policy(shown.policy)])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def decide_on_policy(file: BroughtFile, place: int, *, accept: bool, seen: str, user: Any) -> None:
    """Bring one policy in, or note that it is not wanted; one short transaction.

    Raises `NotDecidedError` where the policy is not as it was seen, IndexError where the file has
    no such place, `OperationalError` where others keep the database.
    """
    item = items_of(file)[place]
    with writing():
        shown = preview(item)
        if (
            policy_as_seen(shown) != seen
            or file.decisions.filter(place=place, undone_at=None).exists()
        ):
            raise NotDecidedError(NEWER)
        decision = BroughtPolicy(file=file, place=place, is_accepted=accept, decided_by=user)
        decision.key = shown.policy.key if shown.policy else shown.name
        if accept:
            decision.before = state_of_policy(shown.policy)
            (decision.key,) = import_policies([item]).outcomes
            decision.after = _state_called(decision.key)
        decision.save()
    if accept:
        import_finished.send(BroughtPolicy)


def take_back_decision(decision: BroughtPolicy, user: Any) -> None:
    """Take a decision back, with everything that it brought.

    Raises `NotUndoneError` where later imports or edits hang on it, `NotDecidedError` where it
    was undone already, `OperationalError` where others keep the database.
    """
    with writing():
        decision.refresh_from_db()
        if decision.undone_at is not None:
            raise NotDecidedError(NEWER)
        if decision.is_accepted:
            undo_import(decision.before or {}, decision.after or {})
        decision.undone_by, decision.undone_at = user, timezone.now()
        decision.save()
    if decision.is_accepted:
        import_finished.send(BroughtPolicy)


def _state_called(key: str) -> PolicyState:
    return state_of_policy(Policy.objects.get(key=key))
