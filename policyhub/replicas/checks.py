"""The check of the replicas: a wrong address stops a start, one that is down does not."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Info

from policyhub.replicas.positions import ANOTHER, OK, pool


def check_replicas(**_: Any) -> list[CheckMessage]:
    """What is wrong with the replicas that DATABASE_REPLICA_URL names."""
    return [
        Error(f"{alias}: {trouble}", hint="see the help, Reading from replicas", id="replicas.E001")
        if trouble == ANOTHER
        else Info(f"{alias}: {trouble}", hint="reads go to the primary", id="replicas.I001")
        for alias, trouble in pool.conditions().items()
        if trouble != OK
    ]
