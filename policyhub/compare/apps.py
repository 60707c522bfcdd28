"""Comparing: policies and versions side by side."""

from django.apps import AppConfig


class CompareConfig(AppConfig):
    """The room that compares policies and versions."""

    name = "policyhub.compare"
    label = "compare"
