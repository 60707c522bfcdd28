"""Simulations made up from small alphabets, so that their statements match often.

One set of recipes serves both: `simulations()` for Hypothesis, which shrinks what fails, and
`random_simulation(random)` for long runs. A recipe makes every choice through `Choices`, whose
first option is the simplest.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.iam.generation_alphabets import (
    ACCOUNTS,
    ACTION_PATTERNS,
    BROKEN_DOCUMENTS,
    CALLERS,
    CONDITIONS,
    CONTEXT,
    NAMED,
    QUALIFIERS,
    REQUESTS,
    RESOURCE_PATTERNS,
)

T = TypeVar("T")
Json = dict[str, Any]

KINDS = ("identity", "boundary", "session", "resource", "trust", "scp", "rcp", "endpoint")
# The kinds whose statements say to whom they apply.
NAMING = ("resource", "trust", "rcp", "endpoint")


class Choices:
    """Every choice of a recipe, made by one function that gives a number below another."""

    def __init__(self, below: Callable[[int], int]) -> None:
        self.below = below

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred; false is the simpler choice."""
        return self.below(100) >= 100 - percent

    def several(self, least: int, most: int, make: Callable[[], T]) -> list[T]:
        return [make() for _ in range(least + self.below(most - least + 1))]

    def one_or_list(self, make: Callable[[], T], empty: int = 0) -> T | list[T]:
        """A value, a list of some, or an empty list in so many of a hundred."""
        if self.chance(empty):
            return []
        return self.several(1, 3, make) if self.chance(40) else make()


class Likely:
    """What statements should often say, so that they match the request."""

    def __init__(self, action: str, resource: str, caller: Any) -> None:
        is_role = resource.startswith("arn:aws:iam:") and ":role/" in resource
        self.kind_of_resource_policy = "trust" if is_role else "resource"
        self.action_patterns = [*ACTION_PATTERNS, *[action] * 6, action.lower(), action[:-2] + "*"]
        self.resource_patterns = [*RESOURCE_PATTERNS, *[resource] * 6]
        self.names: list[Any] = ["*"]
        if isinstance(caller, dict):
            self.names.append(caller)
        elif caller and caller.startswith("arn:"):
            account = caller.split(":")[4]
            self.names += [{"AWS": caller}, {"AWS": account}, {"AWS": [caller, account]}]


@st.composite
def simulations(draw: st.DrawFn) -> Json:
    """Whole simulations, with every layer and every kind of caller."""
    return simulation(Choices(lambda count: draw(st.integers(0, count - 1))))


def random_simulation(source: random.Random) -> Json:
    """One simulation; the same source gives the same one again."""
    return simulation(Choices(lambda count: int(source.random() * count)))


def simulation(choices: Choices) -> Json:
    action, resource = choices.pick(REQUESTS)
    made: Json = {"action": action, "resource": resource}
    caller = choices.pick(CALLERS)
    if caller is not None:
        made["principal"] = caller
    if choices.chance(70):
        made["context"] = context(choices)
    if choices.chance(8):
        made["resourceAccount"] = choices.pick(ACCOUNTS)
    if choices.chance(15):
        made["managementAccount"] = choices.pick(ACCOUNTS)
    return {**made, **layers(choices, Likely(action, resource, caller))}


def context(choices: Choices) -> Json:
    """Keys with values of their kind; two spellings of one key never come together."""
    made: Json = {}
    spelt: set[str] = set()
    for _ in range(choices.below(6)):
        key, values = choices.pick(CONTEXT)
        if key.lower() not in spelt:
            spelt.add(key.lower())
            made[key] = choices.pick(values)
    return made


def layers(choices: Choices, likely: Likely) -> Json:
    def of(kind: str) -> Callable[[], Json]:
        return lambda: document(choices, likely, kind)

    def level(kind: str) -> Callable[[], list[Json]]:
        return lambda: choices.several(0 if choices.chance(5) else 1, 2, of(kind))

    made: Json = {}
    if choices.chance(90):
        made["identityPolicies"] = choices.several(0, 2, of("identity"))
    if choices.chance(70):
        made["resourcePolicy"] = document(choices, likely, likely.kind_of_resource_policy)
    if choices.chance(25):
        made["permissionBoundaries"] = choices.several(0, 2, of("boundary"))
    if choices.chance(25):
        made["sessionPolicies"] = choices.several(0, 2, of("session"))
    if choices.chance(25):
        made["serviceControlPolicies"] = choices.several(0, 2, level("scp"))
    if choices.chance(20):
        made["resourceControlPolicies"] = choices.several(0, 2, level("rcp"))
    if choices.chance(20):
        made["endpointPolicies"] = choices.several(0, 2, of("endpoint"))
    return made


def document(choices: Choices, likely: Likely, kind: str) -> Json:
    """A document of a kind of policy; a few break the grammar, of all documents or of the kind."""
    if choices.chance(2):
        return choices.pick(BROKEN_DOCUMENTS)
    if choices.chance(2):
        kind = choices.pick(KINDS)
    statements: Any = choices.several(1, 3, lambda: statement(choices, likely, kind))
    if len(statements) == 1 and choices.chance(30):
        (statements,) = statements
    made: Json = {} if choices.chance(5) else {"Version": "2012-10-17"}
    if made and choices.chance(1 if kind in ("scp", "rcp") else 10):
        made["Version"] = "2008-10-17"
    return {**made, "Statement": statements}


def statement(choices: Choices, likely: Likely, kind: str) -> Json:
    if kind == "rcp":
        return resource_control_statement(choices, likely)
    made: Json = {"Effect": "Deny" if choices.chance(20) else "Allow"}
    if kind in NAMING:
        is_excepted = kind != "trust" and choices.chance(12)
        element = "NotPrincipal" if is_excepted else "Principal"
        made[element] = choices.pick(likely.names if choices.chance(60) else NAMED)
    element = "NotAction" if choices.chance(10) else "Action"
    made[element] = choices.one_or_list(lambda: choices.pick(likely.action_patterns))
    if kind != "trust" and not (kind == "resource" and choices.chance(30)):
        made |= resources(choices, likely)
    if choices.chance(40):
        made["Condition"] = condition(choices)
    return made


def resources(choices: Choices, likely: Likely) -> Json:
    element = "NotResource" if choices.chance(10) else "Resource"
    return {element: choices.one_or_list(lambda: choices.pick(likely.resource_patterns))}


def resource_control_statement(choices: Choices, likely: Likely) -> Json:
    """A Deny for everyone that names its services, or AWS's own that allows everything."""
    if choices.chance(60):
        return {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    named = [each for each in likely.action_patterns if not each.startswith("*")]
    made: Json = {"Effect": "Deny", "Principal": "*"}
    made["Action"] = choices.one_or_list(lambda: choices.pick(named))
    made |= resources(choices, likely)
    if choices.chance(60):
        made["Condition"] = condition(choices)
    return made


def condition(choices: Choices) -> Json:
    """One to three conditions; an operator or a key never appears there in two spellings."""
    made: Json = {}
    spelt: set[tuple[str, str]] = set()
    for _ in range(1 + choices.below(3)):
        operator, key, values = one_condition(choices)
        same = next((each for each in made if each.lower() == operator.lower()), operator)
        if (same.lower(), key.lower()) not in spelt:
            spelt.add((same.lower(), key.lower()))
            made.setdefault(same, {})[key] = values
    return made


def one_condition(choices: Choices) -> tuple[str, str, Any]:
    family, operators, keys, values = choices.pick(CONDITIONS)
    operator = choices.pick(operators)
    if family != "presence" or choices.chance(5):
        operator = choices.pick(QUALIFIERS) + operator
        operator += "IfExists" if choices.chance(20) else ""
    if choices.chance(4):
        operator = operator.lower()
    if choices.chance(5):
        _, _, keys, values = choices.pick(CONDITIONS)
    return operator, choices.pick(keys), choices.one_or_list(lambda: choices.pick(values), empty=2)
