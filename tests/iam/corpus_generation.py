"""Simulations out of AWS's own policies: requests that their statements are nearly about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from policyhub.iam.language.variables import LiteralText, find_variables
from tests.catalog.corpus import documents
from tests.iam.generation import Choices
from tests.iam.generation_alphabets import ACCOUNT, CALLERS, OTHER

Json = dict[str, Any]
LIMITS = ("permissionBoundaries", "sessionPolicies", "endpointPolicies")
# Documents with so many statements are left to the tests of single policies: the naive
# reference would spend its time on nothing else.
MOST_CHARACTERS = 12_000


def usable_documents() -> list[str]:
    """The documents of the corpus that are not too long for the reference, shortest first."""
    return sorted((each for each in documents() if len(each) < MOST_CHARACTERS), key=len)


def corpus_simulation(choices: Choices, texts: Sequence[str]) -> Json:
    """A request derived from a statement of one policy, with others next to it."""
    document = json.loads(choices.pick(texts))
    statement = choices.pick(statements_of(document))
    made: Json = {
        "action": action_near(choices, statement),
        "resource": resource_near(choices, statement),
        "identityPolicies": [document],
    }
    caller = choices.pick(CALLERS)
    if caller is not None:
        made["principal"] = caller
    context = context_near(choices, statement)
    if context:
        made["context"] = context
    if choices.chance(30):
        made["identityPolicies"].append(json.loads(choices.pick(texts)))
    if choices.chance(25):
        made[choices.pick(LIMITS[:2])] = [limit(choices, texts, document)]
    if choices.chance(15):
        made["serviceControlPolicies"] = [[limit(choices, texts, document)]]
    if choices.chance(15):
        made["resourcePolicy"] = naming(choices, document)
    return made


def statements_of(document: Json) -> list[Json]:
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def limit(choices: Choices, texts: Sequence[str], document: Json) -> Json:
    """The policy itself, or another one, as a limit."""
    other: Json = json.loads(choices.pick(texts))
    return document if choices.chance(60) else other


def naming(choices: Choices, document: Json) -> Json:
    """The policy as a resource's, for everyone or an account."""
    principal = choices.pick(["*", {"AWS": ACCOUNT}, {"AWS": OTHER}])
    return {
        "Version": "2012-10-17",
        "Statement": [{**each, "Principal": principal} for each in statements_of(document)],
    }


def one_of(choices: Choices, value: Any) -> Any:
    return choices.pick(value) if isinstance(value, list) and value else value


def action_near(choices: Choices, statement: Json) -> str:
    """An action that a pattern of the statement matches, or just not."""
    pattern = one_of(choices, statement.get("Action", statement.get("NotAction")))
    if pattern == "*":
        return choices.pick(["ecs:RunTask", "s3:GetObject", "kms:Decrypt"])
    name = pattern.replace("*", choices.pick(["", "x", "Task"])).replace("?", "x")
    name += choices.pick(["", "", "", "x"])
    action = name if choices.chance(90) else name.lower()
    return str(action) if not action.endswith(":") else f"{action}x"


def resource_near(choices: Choices, statement: Json) -> str:
    """A resource that a pattern of the statement covers, or just not."""
    pattern = one_of(choices, statement.get("Resource", statement.get("NotResource", "*")))
    if choices.chance(25):
        return "*"
    head, tail = pattern, ""
    parts = pattern.split(":", 5)
    if len(parts) == 6:
        head, tail = pattern.removesuffix(parts[5]), parts[5]
    filled = head + "".join(
        part.text if isinstance(part, LiteralText) else choices.pick(["ana", "web", ACCOUNT])
        for part in find_variables(tail)
    )
    star = choices.pick([ACCOUNT, "", "web", "a:b/c"])
    resource = filled.replace("*", star).replace("?", "x") + choices.pick(["", "", "", "/x"])
    return resource or "*"


def context_near(choices: Choices, statement: Json) -> Json:
    """Values out of the statement's conditions, others near them, or none."""
    context: Json = {}
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            if choices.chance(25) or key.lower() in map(str.lower, context):
                continue
            value = one_of(choices, values)
            if isinstance(value, str):
                value = value.replace("*", choices.pick(["", "x"])).replace("?", "x")
                value += choices.pick(["", "", "", "x"])
            many = operator.startswith("For") if choices.chance(90) else choices.chance(50)
            context[key] = [value] * choices.below(3) if many else value
    return context
