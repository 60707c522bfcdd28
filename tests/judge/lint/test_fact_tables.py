"""The tables that linting counts in AWS's own policies, counted again."""

from __future__ import annotations

import json

from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.facts.tables import fact_rows
from policyhub.iam.language.elements import Usage
from policyhub.judge.lint.rules_keys import keys_that_actions_lack
from policyhub.judge.lint.subject import LintedPolicy
from tests.catalog.corpus import corpus, documents_by_name


def test_keys_outside_the_reference_are_those_that_policies_require_all_the_same() -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for name, policy in corpus().items():
        value = json.loads(documents_by_name()[name])
        subject = LintedPolicy(policy, value, Usage.IDENTITY, get_service_facts(), True)
        for hit in keys_that_actions_lack(subject):
            for action in hit.evidence["actions"]:
                found.setdefault((action, hit.evidence["key"]), set()).add(name)
    rows = {
        (r["action"], r["key"]): set(r["policies"]) for r in fact_rows("keys-outside-reference")
    }
    assert rows == found
