"""Judgement: what is wrong with a policy, and what is dangerous in it."""

from django.apps import AppConfig


class JudgeConfig(AppConfig):
    """The room that judges documents; the rooms with pages read from it."""

    name = "policyhub.judge"
    label = "judge"

    def ready(self) -> None:
        """Have risks derived with all that follows from a document, and the server prepared."""
        from policyhub.catalog.access.current import build_before_serving
        from policyhub.catalog.deriving.derivers import register_deriver
        from policyhub.judge.risks.rows import RiskDeriver

        register_deriver(RiskDeriver())
        build_before_serving(_judge_once)


def _judge_once() -> None:
    """Imported by the server alone: commands begin sooner without the rules."""
    from policyhub.judge.beginning import judge_once

    judge_once()
