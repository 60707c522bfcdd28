"""The generated sentence about a policy: true of every policy of the corpus, and readable."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from policyhub.catalog.access_levels import LEVELS, POWER, Level
from policyhub.catalog.deriving.grant_sentence import (
    Granted,
    Holders,
    grant_sentence,
    sentence_of,
)
from policyhub.catalog.models import PolicyVersion
from tests.catalog import by_hand

pytestmark = pytest.mark.django_db

FREELY = "on all resources without a condition"
BOUNDED = "only on some resources or under conditions"
ANYONE = Holders(True, False, (), ())


def granted(services: int = 1, denies: bool = False, **levels: tuple[int, int]) -> Granted:
    """What is granted by level, as (all, free): `Write=(5, 2)`."""
    named = {level: levels.get(level.replace(" ", "_"), (0, 0)) for level in LEVELS}
    return Granted(
        {level: counts[0] for level, counts in named.items()},
        {level: counts[1] for level, counts in named.items()},
        [f"Service {number}" for number in range(1, services + 1)],
        denies,
    )


@pytest.mark.parametrize(
    ("given", "holders", "sentence"),
    [
        (
            granted(19, Read=(412, 9), Write=(26, 12)),
            ANYONE,
            f"Grants 438 actions of 19 services, 12 of them Write {FREELY} and 14 Write {BOUNDED}, "
            "to users, groups and roles.",
        ),
        (
            granted(2, Permissions_management=(3, 3), Write=(1200, 1200), List=(1, 0)),
            ANYONE,
            "Grants 1,204 actions of Service 1 and Service 2, 3 of them Permissions management and "
            f"1,200 Write {FREELY}, to users, groups and roles.",
        ),
        (
            granted(Read=(2, 1), List=(1, 0)),
            ANYONE,
            "Grants 3 actions of Service 1, none of them Write or Permissions management, "
            f"1 of them {FREELY}, to users, groups and roles.",
        ),
        (
            granted(Write=(1, 0)),
            Holders(False, False, (), ("Amazon EMR",)),
            f"Grants 1 Write action of Service 1, {BOUNDED}, "
            "to a service-linked role, by its name of Amazon EMR.",
        ),
        (
            granted(Read=(2, 2), denies=True),
            Holders(True, True, ("AWS Lambda",), ()),
            f"Grants 2 Read actions of Service 1, {FREELY}, to users, groups and roles, made for a "
            "role that AWS Lambda assumes. It also denies actions, even if other policies allow "
            "them.",
        ),
        (
            granted(0),
            ANYONE,
            "Grants no action listed in the service authorization reference.",
        ),
        (
            granted(0, denies=True),
            ANYONE,
            "Grants nothing: it only denies actions, even if other policies allow them.",
        ),
    ],
)
def test_the_sentence_tells_what_how_far_and_to_whom(
    given: Granted, holders: Holders, sentence: str
) -> None:
    assert sentence_of(given, holders) == sentence


def counted_by_hand(version: PolicyVersion) -> tuple[Counter[Level], Counter[Level], int]:
    """The granted actions by level, those that are free, and the number of their services."""
    every, free = by_hand.granted(version.document)
    return (
        Counter(action.level for action in every),
        Counter(action.level for action in free),
        len({action.service for action in every}),
    )


def number_before(text: str, sentence: str) -> int:
    found = re.search(rf"([\d,]+) (?:of them )?{text}", sentence)
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.one_database
def test_the_sentence_of_every_policy_is_whole_and_its_numbers_are_right() -> None:
    versions = PolicyVersion.objects.in_force().select_related("policy")
    assert versions.count() == 1_582
    for version in versions:
        name, sentence = version.policy.name, grant_sentence(version)
        assert "None" not in sentence, name
        assert not re.search(r"  | ,|, ,|\.\.| of ,|\bof \.", sentence), (name, sentence)
        assert re.fullmatch(r"Grants .+\.", sentence), (name, sentence)
        assert len(sentence) < 500, name
        counts, free, services = counted_by_hand(version)
        total = sum(counts.values())
        if not total:
            assert sentence.startswith(("Grants nothing", "Grants no action")), name
            continue
        assert number_before(r"(?:[A-Z][a-z ]+ )?actions? of", sentence) == total, name
        if services > 2:
            assert f" of {services:,} services," in sentence, name
        of_power = {level: counts[level] for level in POWER if counts[level]}
        if of_power and len([level for level in LEVELS if counts[level]]) > 1:
            told_free, _, told_bounded = sentence.rpartition(FREELY)
            for level in POWER:
                assert number_before(level, told_free) == free[level], (name, sentence)
                bounded = counts[level] - free[level]
                assert number_before(level, told_bounded) == bounded, (name, sentence)
        elif not sum(free.values()):
            assert BOUNDED in sentence, name
        elif sum(free.values()) == total:
            assert f", {FREELY}," in sentence, name
        else:
            assert number_before(FREELY, sentence) == sum(free.values()), name
