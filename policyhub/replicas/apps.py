"""Replicas of the database, which answer those who only read."""

from django.apps import AppConfig
from django.core.checks import register


class ReplicasConfig(AppConfig):
    """The room of `DATABASE_REPLICA_URL`."""

    name = "policyhub.replicas"
    label = "replicas"

    def ready(self) -> None:
        """Register the check of the replicas, which asks them: at a start, not at each command."""
        from policyhub.replicas.checks import check_replicas

        register(check_replicas, deploy=True)
