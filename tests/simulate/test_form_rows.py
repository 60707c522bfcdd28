"""What the simulator's form offers."""

from __future__ import annotations

import pytest

from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.simulate.form_rows import offered_resources
from policyhub.simulate.scenario import Scenario

pytestmark = pytest.mark.one_database
NOTHING = Scenario({}, (), (), "", {}, {}, frozenset())


def test_only_resources_that_the_action_can_have_are_offered() -> None:
    reference, facts = get_reference(), get_service_facts()
    counted = 0
    for action in reference.actions[::15]:
        for offer in offered_resources(NOTHING, (action.id,), reference):
            assert facts.possibility(action.id, offer).possible is not False, (action.id, offer)
            counted += 1
    assert counted > 1_000


def test_both_arn_formats_of_a_type_are_offered() -> None:
    offers = offered_resources(NOTHING, ("lex:GetBot",), get_reference())
    assert any("/" in each for each in offers)
    assert any("bot:${BotName}" in each for each in offers)
