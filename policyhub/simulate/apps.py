"""Simulating: would this request be allowed, and why?"""

from django.apps import AppConfig


class SimulateConfig(AppConfig):
    """The room of `manage.py simulate`."""

    name = "policyhub.simulate"
    label = "simulate"
