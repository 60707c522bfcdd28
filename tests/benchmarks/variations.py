"""Policies as an organisation has them, by the hundred thousand: variations on the catalogue's.

Each copy belongs to an account, has some statements and some actions less, and names resources
of that account, so that no two documents are alike and the patterns are those of real policies.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.sources.items import SourcePolicy, SourceVersion

_LONGEST_NAME = 118
_REGIONS = ("us-east-1", "eu-central-1", "ap-southeast-2", "sa-east-1")
_FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
_LAST_DAY = datetime(2026, 6, 1, tzinfo=UTC).timestamp()


def variations(documents: Iterable[tuple[str, str]], copy: int) -> Iterator[SourcePolicy]:
    """Yield the `copy`th variation of every (name, document); the same ones each time."""
    choose = random.Random(copy)
    account = f"{choose.randrange(10**11, 10**12)}"
    for name, document in documents:
        own = f"{name[:_LONGEST_NAME]}-{copy:04}"
        made = datetime.fromtimestamp(choose.uniform(_FIRST_DAY, _LAST_DAY), tz=UTC)
        text = json.dumps(_varied(json.loads(document), account, choose))
        yield SourcePolicy(
            name=own,
            arn=f"arn:aws:iam::{account}:policy/{own}",
            path="/",
            created_at=made,
            updated_at=made,
            retrieved_on=date(2026, 6, 2),
            source=PolicyVersion.Source.EXPORT,
            versions=(SourceVersion("v1", made, True, text),),
        )


def _varied(document: dict[str, Any], account: str, choose: random.Random) -> dict[str, Any]:
    statements = _listed(document["Statement"])
    kept = [each for each in statements if choose.random() < 0.9] or statements[:1]
    return document | {"Statement": [_statement(each, account, choose) for each in kept]}


def _statement(given: dict[str, Any], account: str, choose: random.Random) -> dict[str, Any]:
    statement = dict(given)
    for element in ("Action", "NotAction"):
        if element in statement:
            actions = _listed(statement[element])
            kept = [each for each in actions if choose.random() < 0.9] or actions[:1]
            statement[element] = kept
    for element in ("Resource", "NotResource"):
        if element in statement:
            statement[element] = [
                _owned(each, account, choose) for each in _listed(statement[element])
            ]
    return statement


def _owned(resource: str, account: str, choose: random.Random) -> str:
    """An ARN of this account in one region, where a managed policy has stars for both."""
    parts = resource.split(":", 5)
    if len(parts) < 6:
        return resource
    if parts[3] == "*":
        parts[3] = choose.choice(_REGIONS)
    if parts[4] == "*":
        parts[4] = account
    return ":".join(parts)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
