"""Which contexts AWS can send: rule 48, read plainly out of the file, and such contexts by chance.

It shares nothing with the product.
"""

from __future__ import annotations

import random
import re
from datetime import datetime
from typing import Any

from tests.iam.reference_services import rows

Json = dict[str, Any]
PRESENT = {
    row["key"].lower(): row["type"]
    for row in rows("condition-key-availability")
    if row["always"] in ("yes", "signed")
}
CALLER = re.compile(
    r"arn:aws[a-z-]*:(iam::[0-9]{12}:(root|user/.+|role/.+)|sts::[0-9]{12}:federated-user/.+)"
)
ACCOUNT = "123456789012"
# Moments before, at and after those that the conditions below name.
MOMENTS = ("2011-01-01", "2025-12-31", "2026-01-01", "2026-01-02")
VALUES: dict[str, tuple[str, ...]] = {
    "aws:PrincipalArn": (
        f"arn:aws:iam::{ACCOUNT}:role/deploy", f"arn:aws:iam::{ACCOUNT}:user/ana",
        f"arn:aws-cn:iam::{ACCOUNT}:root", f"arn:aws:sts::{ACCOUNT}:federated-user/ana",
    ),
    "aws:userid": ("AIDAEXAMPLE", "AROAEXAMPLE:web"),
    "aws:PrincipalType": ("User", "AssumedRole"),
    "aws:SecureTransport": ("true", "false"),
    "aws:ViaAWSService": ("true", "false"),
    # Not in every request:
    "aws:MultiFactorAuthPresent": ("", "true", "false"),
    "aws:username": ("", "ana", "bob"),
}  # fmt: skip
CONDITIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("DateGreaterThan", "aws:CurrentTime", ("2000-01-01",)),
    ("DateLessThan", "aws:CurrentTime", ("2026-01-01",)),
    ("DateGreaterThanEquals", "aws:EpochTime", ("1767225600",)),
    ("DateEquals", "aws:EpochTime", ("2026-01-01T00:00:00Z",)),
    ("NumericLessThan", "aws:EpochTime", ("1000",)),
    ("NumericGreaterThan", "aws:EpochTime", ("1767225600",)),
    ("Null", "aws:CurrentTime", ("true",)),
    ("Null", "aws:PrincipalArn", ("false",)),
    ("ArnLike", "aws:PrincipalArn", ("arn:aws:iam::*:role/*",)),
    ("StringLike", "aws:PrincipalArn", ("arn:*",)),
    ("StringNotLike", "aws:PrincipalArn", ("*:user/*",)),
    ("StringLikeIfExists", "aws:userid", ("AIDA*",)),
    ("Null", "aws:userid", ("true",)),
    ("StringNotEquals", "aws:PrincipalType", ("User",)),
    ("Bool", "aws:SecureTransport", ("true",)),
    ("Bool", "aws:SecureTransport", ("false",)),
    ("Bool", "aws:ViaAWSService", ("true", "false")),
    ("StringNotEquals", "aws:ViaAWSService", ("true",)),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", ("false",)),
    ("Null", "aws:MultiFactorAuthPresent", ("false",)),
    ("StringEquals", "aws:username", ("ana",)),
)


def can_be_sent(context: Json) -> bool:
    """Whether what a context says of the keys that are always there can be true."""
    given = {key.lower(): value for key, value in context.items()}
    named = {key: value for key, value in given.items() if key in PRESENT}
    return all(has_type(key, value) for key, value in named.items()) and is_one_moment(given)


def has_type(key: str, value: object) -> bool:
    if not isinstance(value, str) or not value:
        return False
    if PRESENT[key] == "Bool":
        return value in ("true", "false")
    if PRESENT[key] == "ARN":
        return CALLER.fullmatch(value) is not None
    return not PRESENT[key].startswith("Date") or seconds(value) >= seconds("2011-01-01")


def seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        zone = "" if "T" in text else "T00:00:00Z"
        return datetime.fromisoformat(text + zone).timestamp()


def is_one_moment(given: Json) -> bool:
    moments = {seconds(given[key]) for key in ("aws:currenttime", "aws:epochtime") if key in given}
    return len(moments) < 2


def random_context(choose: random.Random) -> Json:
    """A context that AWS can send, with every key that a condition names."""
    moment = choose.choice(MOMENTS)
    values = {key: choose.choice(offered) for key, offered in VALUES.items()}
    return {
        "aws:CurrentTime": f"{moment}T00:00:00Z",
        "aws:EpochTime": str(int(seconds(moment))),
        **{key: value for key, value in values.items() if value},
    }


def random_statements(choose: random.Random) -> list[Json]:
    """One to three statements about one action, with conditions on these keys."""
    made: list[Json] = []
    for _ in range(choose.randint(1, 3)):
        statement: Json = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
        statement["Effect"] = "Deny" if choose.random() < 0.25 else "Allow"
        for operator, key, values in choose.sample(CONDITIONS, choose.choice((0, 1, 1, 2))):
            condition = statement.setdefault("Condition", {}).setdefault(operator, {})
            condition[key] = list(values)
        made.append(statement)
    return made
