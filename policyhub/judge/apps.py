"""Judgement: what is wrong with a policy, and what is dangerous in it."""

from django.apps import AppConfig


class JudgeConfig(AppConfig):
    """The room that judges documents; the rooms with pages read from it."""

    name = "policyhub.judge"
    label = "judge"

    def ready(self) -> None:
        """Have risks derived together with everything else that follows from a document."""
        from policyhub.catalog.deriving.derivers import register_deriver
        from policyhub.judge.risks.rows import RiskDeriver

        register_deriver(RiskDeriver())
