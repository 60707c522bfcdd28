"""The real documents of the fixtures, read without the database."""

from __future__ import annotations

import json
from functools import cache

from django.conf import settings

from policyhub.iam.reading.document import PolicyDocument, parse_policy


@cache
def documents_by_name() -> dict[str, str]:
    """The text of every policy of the corpus, by name."""
    lines = (settings.FIXTURES_DIR / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    details = [row for row in map(json.loads, lines) if "PolicyName" in row]
    return {
        detail["PolicyName"]: json.dumps(detail["PolicyVersionList"][0]["Document"])
        for detail in details
    }


def documents() -> list[str]:
    """The texts of the corpus, in the order of the file."""
    return list(documents_by_name().values())


@cache
def corpus() -> dict[str, PolicyDocument]:
    """Every policy of the corpus by name, parsed."""
    return {name: parsed(text) for name, text in documents_by_name().items()}


@cache
def ecs_page() -> dict[str, PolicyDocument]:
    """The documents of the ECS page by policy name, parsed."""
    page = json.loads((settings.FIXTURES_DIR / "ecs.json").read_text(encoding="utf-8"))
    return {
        policy["name"]: parsed(json.dumps(version["document"]))
        for policy in page["policies"]
        for version in policy["versions"]
    }


def parsed(text: str) -> PolicyDocument:
    """A document that must be good."""
    policy = parse_policy(text).policy
    assert policy is not None
    return policy


def action_patterns() -> list[str]:
    """Every distinct action pattern of the corpus, in lower case."""
    return sorted(
        {
            action.lower()
            for policy in corpus().values()
            for statement in policy.statements
            for action in statement.actions
        }
    )
