"""Judgement: what is wrong with a policy, and what is dangerous in it."""

from django.apps import AppConfig


class JudgeConfig(AppConfig):
    """The room that judges documents; the rooms with pages read from it."""

    name = "policyhub.judge"
    label = "judge"
