"""Damaged policy texts, made from good ones; the same source of chance gives the same again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence

DEEP = 10_000
DIGITS = 5_000
SIZES = (256 * 1024 - 1, 256 * 1024 + 1, 300 * 1024)

Damage = Callable[[str, random.Random], str]


def cut_short(text: str, source: random.Random) -> str:
    return text[: source.randrange(len(text))]


def cut_out(text: str, source: random.Random) -> str:
    start = source.randrange(len(text))
    return text[:start] + text[start + source.randint(1, 40) :]


def flip_bits(text: str, source: random.Random) -> str:
    """Flip some bits of the text as bytes; what is not UTF-8 then is replaced."""
    data = bytearray(text.encode("utf-8", "replace"))
    for _ in range(source.randint(1, 8)):
        data[source.randrange(len(data))] ^= 1 << source.randrange(8)
    return data.decode("utf-8", "replace")


def insert(*pieces: str) -> Damage:
    """Insert one of the pieces somewhere."""

    def inserted(text: str, source: random.Random) -> str:
        at = source.randrange(len(text) + 1)
        return text[:at] + source.choice(pieces) + text[at:]

    return inserted


def instead_of_a_value(*pieces: str) -> Damage:
    """Put one of the pieces where a string is a value."""

    def replaced(text: str, source: random.Random) -> str:
        places = [at for at in range(len(text)) if text.startswith(': "', at)]
        if not places:
            return text + source.choice(pieces)
        start = source.choice(places) + 2
        end = text.find('"', start + 1) + 1
        return text[:start] + source.choice(pieces) + text[end:]

    return replaced


def repeat_a_name(text: str, source: random.Random) -> str:
    """Give an object one of its names twice, with another value."""
    name = source.choice(["Effect", "Action", "Resource", "Statement", "Version", "Condition"])
    return text.replace(f'"{name}":', f'"{name}": "Allow", "{name}":', 1)


def swap_brackets(text: str, source: random.Random) -> str:
    return text.translate(str.maketrans("{}[]", "".join(source.sample("{}[]", 4))))


def pad(text: str, source: random.Random) -> str:
    return text + " " * (source.choice(SIZES) - len(text))


def grow(text: str, source: random.Random) -> str:
    """Many statements, up to and beyond the size that is read."""
    statement = '{"Effect": "Allow", "Action": "*", "Resource": "*"},'
    return '{"Statement": [' + statement * (source.choice(SIZES) // len(statement)) + "{}]}"


DAMAGES: Sequence[Damage] = (
    cut_short,
    cut_out,
    flip_bits,
    repeat_a_name,
    swap_brackets,
    pad,
    grow,
    insert("[" * DEEP, '{"a":' * DEEP, "\x00", "\ufeff", "\ud800", "\\ud800", "\\u0000", "//", ","),
    instead_of_a_value(
        *("NaN", "-Infinity", "1" * DIGITS, "1e" + "9" * 400, "-0", "null", "true", "[]", "{}"),
        *(
            "[" * DEEP + "]" * DEEP,
            '"\\ud83d"',
            '"\ud83d"',
            '"*"',
            '["*", 1]',
            '"' + "*" * 9_000 + '"',
        ),
    ),
)


def small_documents() -> list[str]:
    """Documents with every element and every kind of value."""
    allow = {"Sid": "One", "Effect": "Allow", "Action": "*", "Resource": "*"}
    condition = {
        "StringLike": {"aws:PrincipalTag/team": ["a*", "${aws:username}"]},
        "NumericLessThan": {"s3:max-keys": 10},
        "Bool": {"aws:SecureTransport": True},
        "ForAllValues:StringEquals": {"aws:TagKeys": []},
        "Null": {"aws:TokenIssueTime": "true"},
        "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
        "DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
    }
    statements = [
        allow,
        {"Effect": "Deny", "NotAction": ["s3:*", "ecs:Run*"], "NotResource": "arn:aws:s3:::a/*"},
        {**allow, "Sid": "Two", "Condition": condition},
        {**allow, "Sid": "Three", "Principal": {"AWS": "123456789012"}},
    ]
    return [
        json.dumps({"Version": "2012-10-17", "Id": "x", "Statement": each})
        for each in (*statements, statements[:3])
    ]


def damaged(texts: Sequence[str], source: random.Random) -> str:
    """One text with one or two kinds of damage done to it."""
    text = source.choice(texts)
    for _ in range(1 + (source.random() < 0.3)):
        text = source.choice(DAMAGES)(text or "{}", source)
    return text
