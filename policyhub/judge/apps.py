"""Judgement: what is wrong with a policy, and what is dangerous in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from policyhub.catalog.deriving.derivers import Drift


class JudgeConfig(AppConfig):
    """The room that judges documents; the rooms with pages read from it."""

    name = "policyhub.judge"
    label = "judge"

    def ready(self) -> None:
        """Have risks derived with all that follows from a document, and the server prepared."""
        from policyhub.catalog.access.current import build_before_serving
        from policyhub.catalog.deriving.derivers import (
            register_check,
            register_deriver,
            register_late_deriver,
        )
        from policyhub.catalog.signals import policies_changed
        from policyhub.judge.lint.rows import FindingDeriver, LateFindings
        from policyhub.judge.risks.rows import RiskDeriver

        register_deriver(RiskDeriver())
        register_deriver(FindingDeriver())
        register_late_deriver(LateFindings())
        register_check(_observed_drift)
        policies_changed.connect(_judge_observed)
        build_before_serving(_judge_once)


def _judge_observed(sender: object, policies: Collection[int] | None, **_: object) -> None:
    """Judge new entries of observed changes, in the transaction that writes them."""
    from policyhub.catalog.models import ChangelogEntry

    if sender is ChangelogEntry:
        from policyhub.judge.risks.observed import judge_observed

        judge_observed(policies)


def _observed_drift() -> Iterable[Drift]:
    """Look at the rows of observed changes."""
    from policyhub.judge.risks.observed import observed_drift

    return observed_drift()


def _judge_once() -> None:
    """Imported by the server alone: commands begin sooner without the rules."""
    from policyhub.judge.beginning import judge_once

    judge_once()
