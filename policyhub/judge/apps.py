"""Judgement: what is wrong with a policy, and what is dangerous in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save

if TYPE_CHECKING:
    from policyhub.catalog.deriving.derivers import Deriver, DocumentChange, Drift, LateDeriver


class JudgeConfig(AppConfig):
    """The room that judges documents; the rooms with pages read from it."""

    name = "policyhub.judge"
    label = "judge"
    verbose_name = "Judgement"

    def ready(self) -> None:
        """Have risks derived with all that follows from a document, and the server prepared."""
        from policyhub.catalog.before_serving import build_before_serving
        from policyhub.catalog.deriving.derivers import (
            register_check,
            register_deriver,
            register_late_deriver,
            register_preparing,
        )
        from policyhub.catalog.editing.kinds import EditedKind, register_edited
        from policyhub.catalog.signals import policies_changed
        from policyhub.judge.models import RiskRule

        register_deriver(_risk_deriver)
        register_deriver(_finding_deriver)
        register_late_deriver(_late_findings)
        register_check(_observed_drift)
        register_preparing(_prepare_observed)
        register_edited(EditedKind(RiskRule, "rule of one's own", "", "name"))
        for signal in (post_save, post_delete):
            signal.connect(_judge_by_rules_of_today, sender=RiskRule)
        policies_changed.connect(_judge_observed)
        build_before_serving(_judge_once)


def _risk_deriver() -> Deriver:
    from policyhub.judge.risks.rows import RiskDeriver

    return RiskDeriver()


def _finding_deriver() -> Deriver:
    from policyhub.judge.lint.rows import FindingDeriver

    return FindingDeriver()


def _late_findings() -> LateDeriver:
    from policyhub.judge.lint.rows import LateFindings

    return LateFindings()


def _judge_observed(sender: object, policies: Collection[int] | None, **_: object) -> None:
    """Judge new entries of observed changes, in the transaction that writes them."""
    from policyhub.catalog.models import ChangelogEntry

    if sender is ChangelogEntry:
        from policyhub.judge.risks.observed import judge_observed

        judge_observed(policies)


def _prepare_observed(changes: Sequence[DocumentChange]) -> None:
    from policyhub.judge.risks.observed import prepare_observed

    prepare_observed(changes)


def _judge_by_rules_of_today(raw: bool = False, **_: object) -> None:
    """Judge again after a rule was saved or deleted; a backup has the rows that follow from it."""
    if not raw:
        from policyhub.judge.risks.own_rules import judge_by_rules_of_today

        judge_by_rules_of_today()


def _observed_drift() -> Iterable[Drift]:
    """Look at the rows of observed changes."""
    from policyhub.judge.risks.observed import observed_drift

    return observed_drift()


def _judge_once() -> None:
    """Imported by the server alone: commands begin sooner without the rules."""
    from policyhub.judge.beginning import judge_once

    judge_once()
