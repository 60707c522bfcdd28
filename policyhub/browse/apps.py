"""Browsing: overview, policies, actions, services, condition keys and changes."""

from django.apps import AppConfig


class BrowseConfig(AppConfig):
    """The room of the pages that show what is in the catalogue."""

    name = "policyhub.browse"
    label = "browse"
