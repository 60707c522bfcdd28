"""The naive reference of the search: what contains a word, read from the database and scanned.

It is written from what the search promises, and asks neither its entries nor its index.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator

from policyhub.catalog.models import (
    Action,
    ChangelogEntry,
    ConditionKey,
    ConditionUse,
    PermissionDescription,
    Policy,
    ResourceType,
    Service,
)
from policyhub.catalog.models import Statement as StoredStatement
from policyhub.catalog.reference.in_memory import get_reference

# A group, a name, and all texts in lower case.
Line = tuple[str, str, tuple[str, ...]]


def all_lines() -> list[Line]:
    """Everything that can be found."""
    parts: Iterable[Iterator[tuple[str, str, list[str]]]] = (
        _policies(), _statements(), _actions(), _services(), _resource_types(), _keys(), _changes()
    )  # fmt: skip
    return [
        (group, name, tuple(text.lower() for text in texts))
        for part in parts
        for group, name, texts in part
    ]


def holding(lines: Iterable[Line], words: Iterable[str]) -> Counter[tuple[str, str]]:
    """What contains every word somewhere; several changes have one title."""
    wanted = [word.lower() for word in words]
    return Counter(
        (group, name)
        for group, name, texts in lines
        if all(any(word in text for text in texts) for word in wanted)
    )


def sampled_words(lines: list[Line], count: int, seed: int) -> list[str]:
    """Fragments of what can be found, of one letter to ten, and some that nothing contains."""
    choose = random.Random(seed)
    words: list[str] = []
    while len(words) < count:
        _, name, texts = choose.choice(lines)
        text = choose.choice((name.lower(), *texts))
        length = choose.choice((1, 2, 2, 3, 4, 6, 8, 10))
        start = choose.randrange(max(len(text) - length, 0) + 1)
        word = text[start : start + length]
        if word.strip() and not set(word) & set('" \n\t') and not word.startswith("-"):
            words.append(word if choose.random() < 0.95 else f"{word}qx")
    return words


def _flat(markdown: str) -> str:
    return " ".join(markdown.replace("`", "").replace("**", "").split())


def _policies() -> Iterator[tuple[str, str, list[str]]]:
    described: dict[int, list[str]] = {}
    for each in PermissionDescription.objects.all():
        described.setdefault(each.policy_id, []).append(f"{each.pattern}: {_flat(each.text)}")
    for policy in Policy.objects.all():
        prose = [_flat(policy.summary), _flat(policy.considerations)]
        yield "policies", policy.name, [
            policy.name, policy.arn or "", *prose, *described.get(policy.pk, [])
        ]  # fmt: skip


def _statements() -> Iterator[tuple[str, str, list[str]]]:
    rows = StoredStatement.objects.filter(version__is_default=True).select_related(
        "version__policy"
    )
    for row in rows:
        name = f"{row.version.policy.name}, statement {row.position + 1}"
        yield "statements", name, [
            name, row.sid, *row.actions, *row.resources, *_conditions(row.conditions)
        ]  # fmt: skip


def _conditions(stored: dict[str, dict[str, object]]) -> Iterator[str]:
    """Keys and values of a Condition element as the document has it."""
    for keys in stored.values():
        for key, values in keys.items():
            yield key
            for value in values if isinstance(values, list) else [values]:
                yield value if isinstance(value, str) else json.dumps(value)


def _actions() -> Iterator[tuple[str, str, list[str]]]:
    known = set()
    for name, description in Action.objects.values_list("full_name", "description"):
        known.add(name.lower())
        yield "actions", name, [name, description]
    named: dict[str, str] = {}
    for actions in (
        StoredStatement.objects.filter(version__is_default=True)
        .order_by("version__policy__name", "position")
        .values_list("actions", flat=True)
    ):
        for action in actions:
            if ":" in action and not set(action) & set("*?"):
                named.setdefault(action.lower(), action)
    yield from (("actions", name, [name]) for low, name in named.items() if low not in known)


def _services() -> Iterator[tuple[str, str, list[str]]]:
    for prefix, name in Service.objects.values_list("prefix", "name"):
        info = get_reference().services.get(prefix)
        others = (*info.pages, *info.former_names) if info else ()
        yield "services", prefix, [prefix, name, *others]


def _resource_types() -> Iterator[tuple[str, str, list[str]]]:
    for prefix, name, arn in ResourceType.objects.values_list("service__prefix", "name", "arn"):
        yield "resource-types", f"{prefix} {name}", [f"{prefix} {name}", arn]


def _keys() -> Iterator[tuple[str, str, list[str]]]:
    seen = set()
    for name, description in ConditionKey.objects.values_list("name", "description"):
        seen.add(name.lower())
        yield "condition-keys", name, [name, description]
    uses = ConditionUse.objects.filter(statement__version__is_default=True)
    for key in sorted(set(uses.values_list("key", flat=True))):
        if key.lower() not in seen:
            seen.add(key.lower())
            yield "condition-keys", key, [key]


def _changes() -> Iterator[tuple[str, str, list[str]]]:
    for entry in ChangelogEntry.objects.select_related("policy"):
        policy = entry.policy.name if entry.policy else ""
        yield "changes", entry.title, [entry.title, _flat(entry.description), policy]
