"""What DATABASE_URL and DATABASE_REPLICA_URL name, as Django has it in its settings."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import Env

_POSTGRESQL = ("postgres", "postgresql")
_REPLICA_URL = "DATABASE_REPLICA_URL"
# Where there are replicas, a database that does not answer is given up after seconds: else every
# request would wait for it before another one is asked.
_PATIENCE = {"connect_timeout": 2, "tcp_user_timeout": 3_000}


def databases(url: str, replica_urls: str) -> dict[str, dict[str, Any]]:
    """Return the primary as `default`, and the replicas as `replica_1` and so on.

    `replica_urls` are separated by commas. Raises ImproperlyConfigured where an address makes no
    sense; engines other than SQLite and PostgreSQL are refused, for nothing here was tried on them.
    """
    primary = _primary(url)
    replicas = [_replica(each.strip(), primary) for each in replica_urls.split(",") if each.strip()]
    if replicas:
        primary["OPTIONS"] = {**_PATIENCE, **primary.get("OPTIONS", {})}
    names = ["default", *(f"replica_{number}" for number in range(1, len(replicas) + 1))]
    return dict(zip(names, [primary, *replicas], strict=True))


def _primary(url: str) -> dict[str, Any]:
    scheme = _scheme(url)
    if scheme == "sqlite":
        # Measured: deferred transactions lose 40 to 80 % of concurrent writes, and readers
        # wait for writers unless the log is written ahead.
        return {
            **Env.db_url_config(url),
            "ENGINE": "policyhub.sqlite",
            # pytest-django knows only by Django's own engine that tests need no file.
            "TEST": {"NAME": ":memory:"},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;"
                ),
            },
        }
    if scheme in _POSTGRESQL:
        if find_spec("psycopg") is None:
            raise ImproperlyConfigured(
                "DATABASE_URL names PostgreSQL, whose driver is not installed: run "
                "`uv run --extra postgresql manage.py ...`"
            )
        return {**Env.db_url_config(url), "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    raise ImproperlyConfigured(
        "DATABASE_URL must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME, "
        f"and begins with `{scheme[:20]}`"
    )


def _replica(url: str, primary: dict[str, Any]) -> dict[str, Any]:
    if "CONN_MAX_AGE" not in primary:
        raise ImproperlyConfigured(
            f"{_REPLICA_URL} is set, and DATABASE_URL names no PostgreSQL: only that has replicas"
        )
    if _scheme(url) not in _POSTGRESQL:
        raise ImproperlyConfigured(
            f"{_REPLICA_URL} must be postgresql://USER:PASSWORD@HOST:PORT/NAME, several separated "
            f"by commas, and one begins with `{_scheme(url)[:20]}`"
        )
    replica = {**primary, **Env.db_url_config(url), "TEST": {"MIRROR": "default"}}
    replica["OPTIONS"] = {**_PATIENCE, **replica.get("OPTIONS", {})}
    return replica


def _scheme(url: str) -> str:
    return url.partition("://")[0]
