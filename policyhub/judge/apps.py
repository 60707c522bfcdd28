"""Judgement: what is wrong with a policy, and what is dangerous in it."""

from collections.abc import Collection

from django.apps import AppConfig


class JudgeConfig(AppConfig):
    """The room that judges documents; the rooms with pages read from it."""

    name = "policyhub.judge"
    label = "judge"

    def ready(self) -> None:
        """Have risks derived with all that follows from a document, and the server prepared."""
        from policyhub.catalog.access.current import build_before_serving
        from policyhub.catalog.deriving.derivers import register_deriver
        from policyhub.catalog.signals import policies_changed
        from policyhub.judge.risks.rows import RiskDeriver

        register_deriver(RiskDeriver())
        policies_changed.connect(_judge_observed)
        build_before_serving(_judge_once)


def _judge_observed(sender: object, policies: Collection[int] | None, **_: object) -> None:
    """Judge new entries of observed changes, in the transaction that writes them."""
    from policyhub.catalog.models import ChangelogEntry

    if sender is ChangelogEntry:
        from policyhub.judge.risks.observed import judge_observed

        judge_observed(policies)


def _judge_once() -> None:
    """Imported by the server alone: commands begin sooner without the rules."""
    from policyhub.judge.beginning import judge_once

    judge_once()
