"""The services and access levels that a statement reaches, as the search's operators keep them."""

from __future__ import annotations

from typing import Any

import pytest

from policyhub.search.finding.reached import Reached, takes_every_service
from tests.catalog.small_reference import SMALL, allow, policy


@pytest.mark.parametrize(
    ("statement", "services", "levels"),
    [
        (allow("a:Get"), {"a"}, {"Read"}),
        (allow("A:g*"), {"a"}, {"Read"}),
        (allow("a:Nope"), {"a"}, set()),
        (allow("gone:X"), {"gone"}, set()),
        (allow("*:List"), {"a"}, {"List"}),
        (allow("*"), {"a", "b", "lost"}, {"List", "Read", "Write", "Tagging"}),
        (allow("*:*"), {"a", "b", "lost"}, {"List", "Read", "Write", "Tagging"}),
        (allow(NotAction="a:*"), {"b"}, {"List", "Read", "Write", "Tagging"}),
        (allow(NotAction=["a:Get", "b:*"]), {"a"}, {"List", "Read", "Write", "Tagging"}),
    ],
)
def test_a_statement_reaches_what_its_patterns_match_and_names_the_rest(
    statement: dict[str, Any], services: set[str], levels: set[str]
) -> None:
    reached, (parsed,) = Reached(SMALL), policy(statement).statements
    assert reached.services.of(parsed, ["lost"]) == services
    assert levels <= reached.levels(parsed)
    assert parsed.not_action or reached.levels(parsed) == levels


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("*"), True),
        (allow("a:Get", "*:*"), True),
        (allow("*:**"), True),
        (allow("*:Get*"), False),
        (allow("a:*"), False),
        (allow(NotAction=["*"]), False),
    ],
)
def test_only_who_covers_every_action_takes_every_service(
    statement: dict[str, Any], expected: bool
) -> None:
    (parsed,) = policy(statement).statements
    assert takes_every_service(parsed) is expected
