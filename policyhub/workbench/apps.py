"""The workbench: smaller policies, each proved."""

from django.apps import AppConfig


class WorkbenchConfig(AppConfig):
    """The room in which documents are made smaller."""

    name = "policyhub.workbench"
    label = "workbench"
