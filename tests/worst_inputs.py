"""The questions that cost most, made up from a seed: what every door must answer in bounded time.

Each is an ordinary request; none is malformed. The documents are as long as a paste may be, and
their conditions, resources and patterns overlap in ways that give a solver the most to do.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from policyhub.iam.reading.document import MAX_DOCUMENT_BYTES

LARGEST = (
    "AWSSupportServiceRolePolicy",
    "ReadOnlyAccess",
    "AWSConfigServiceRolePolicy",
    "AWS_ConfigRole",
    "SageMakerStudioProjectUserRolePolicy",
    "SecurityAudit",
)
_KEYS = (
    ("String", "aws:PrincipalTag/team"),
    ("String", "aws:ResourceTag/env"),
    ("String", "aws:RequestTag/owner"),
    ("Numeric", "s3:max-keys"),
    ("Date", "aws:CurrentTime"),
    ("IpAddress", "aws:SourceIp"),
    ("Arn", "aws:SourceArn"),
    ("Bool", "aws:SecureTransport"),
)
_OPERATORS = {
    "String": ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike",
               "ForAnyValue:StringLike", "ForAllValues:StringNotEquals", "StringLikeIfExists"),
    "Numeric": ("NumericLessThan", "NumericGreaterThanEquals", "NumericEquals"),
    "Date": ("DateLessThan", "DateGreaterThan"),
    "IpAddress": ("IpAddress", "NotIpAddress"),
    "Arn": ("ArnLike", "ArnNotLike"),
    "Bool": ("Bool",),
}  # fmt: skip
_SERVICES = ("s3", "ec2", "iam", "kms", "ecs", "sqs", "sns", "logs")
_VERBS = ("Get", "Put", "List", "Delete", "Create", "Describe", "Update", "Tag")


@dataclass(frozen=True, slots=True)
class WorstInput:
    """A request: by POST where it has fields or a body, else by GET."""

    name: str
    path: str
    fields: Sequence[tuple[str, str]] = ()
    body: str = ""
    is_form: bool = True

    @property
    def posted(self) -> bytes | None:
        """What is sent as the body; None for a GET."""
        if self.body:
            return self.body.encode()
        return urlencode(self.fields).encode() if self.fields else None

    @property
    def content_type(self) -> str:
        """The type of the body."""
        return "application/x-www-form-urlencoded" if self.is_form else "application/json"


def random_value(choose: random.Random, family: str) -> str:
    """A value that an operator of this family can compare."""
    if family == "Numeric":
        return str(choose.randrange(1000))
    if family == "Date":
        return f"20{choose.randrange(12, 40)}-0{choose.randrange(1, 9)}-11T00:00:00Z"
    if family == "IpAddress":
        return f"10.{choose.randrange(256)}.{choose.randrange(256)}.0/{choose.randrange(8, 32)}"
    if family == "Bool":
        return choose.choice(("true", "false"))
    stars = "".join(choose.choice(("a", "b", "*", "?", "c")) for _ in range(choose.randrange(2, 9)))
    if family == "Arn":
        return f"arn:aws:s3:*:*:{stars}"
    return stars + choose.choice(("", "", "${aws:username}", "*"))


def random_conditions(choose: random.Random) -> dict[str, dict[str, list[str]]]:
    """One to four conditions."""
    conditions: dict[str, dict[str, list[str]]] = {}
    for _ in range(choose.randrange(1, 5)):
        family, key = choose.choice(_KEYS)
        values = [random_value(choose, family) for _ in range(choose.randrange(1, 6))]
        conditions.setdefault(choose.choice(_OPERATORS[family]), {})[key] = values
    return conditions


def random_statement(choose: random.Random) -> dict[str, Any]:
    """A statement about overlapping actions and resources, under random conditions."""
    actions = [
        f"{choose.choice(_SERVICES)}:{choose.choice(('', '*'))}{choose.choice(_VERBS)}"
        f"{choose.choice(('*', '*Object', '*a*', 'Item*', '?ag*'))}"
        for _ in range(choose.randrange(1, 5))
    ]
    resources = [
        "arn:aws:s3:::" + "".join(choose.choice("ab*?/") for _ in range(choose.randrange(2, 12)))
        for _ in range(choose.randrange(1, 4))
    ]
    return {
        "Effect": "Deny" if choose.random() < 0.25 else "Allow",
        "NotAction" if choose.random() < 0.03 else "Action": actions,
        "NotResource" if choose.random() < 0.1 else "Resource": resources,
        "Condition": random_conditions(choose),
    }


def one_key_statement(choose: random.Random) -> dict[str, Any]:
    """A statement about one action, of which all compare the same key."""
    family, key = "String", "aws:PrincipalTag/team"
    operator = choose.choice(_OPERATORS[family])
    values = [random_value(choose, family) for _ in range(choose.randrange(1, 4))]
    return {
        "Effect": choose.choice(("Allow", "Allow", "Deny")),
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {operator: {key: values}},
    }


def many_patterns_statement(choose: random.Random) -> dict[str, Any]:
    """A statement whose action patterns have as many combinations as such patterns can."""
    actions = [
        "s3:*" + "*".join(choose.choice("abcdefgh") for _ in range(choose.randrange(2, 6))) + "*"
        for _ in range(20)
    ]
    return {"Effect": "Allow", "Action": actions, "Resource": "*"}


def apart_statement(choose: random.Random) -> dict[str, Any]:
    """A statement about one action of its own on a resource of its own."""
    name = f"s3:A{choose.randrange(10**6)}"
    resource = f"arn:aws:s3:::bucket-{choose.randrange(10**6)}/*"
    return {"Effect": "Allow", "Action": name, "Resource": resource}


def document(make: Callable[[random.Random], dict[str, Any]], seed: int, length: int) -> str:
    """A document of such statements that is just as long as it may be."""
    choose = random.Random(seed)
    statements: list[dict[str, Any]] = []
    size = 60
    while True:
        each = make(choose)
        size += len(json.dumps(each)) + 2
        if size > length:
            return json.dumps({"Version": "2012-10-17", "Statement": statements})
        statements.append(each)


def list_simulation(length: int) -> str:
    """A simulation in which every value of a long list is compared with every value of another."""
    values = [f"{number}*x*y*z" for number in range(length)]
    statement = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {"ForAllValues:StringNotLike": {"aws:TagKeys": values}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    given = [f"{number}x" for number in range(10 * length)]
    return json.dumps(
        {
            "action": "s3:GetObject",
            "identityPolicies": [policy] * 10,
            "context": {"aws:TagKeys": given},
            "trace": True,
        }
    )


_KINDS: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "random conditions": random_statement,
    "one key": one_key_statement,
    "action patterns": many_patterns_statement,
    "all apart": apart_statement,
}


def worst_inputs(seed: int = 1, length: int = MAX_DOCUMENT_BYTES - 64) -> Iterator[WorstInput]:
    """Every kind of costly question, through every door."""
    choose = random.Random(seed)
    for name, make in _KINDS.items():
        sides = [("policy", document(make, seed + number, length)) for number in range(2)]
        yield WorstInput(f"compare, {name}", "/compare/", sides)
        yield WorstInput(f"compare.json, {name}", "/compare.json", sides)
    six = [("policy", document(random_statement, seed + n, length // 6)) for n in range(6)]
    yield WorstInput("compare six pasted", "/compare/", six)
    largest = urlencode([("policy", each) for each in LARGEST])
    yield WorstInput("compare six of the largest", f"/compare/?{largest}")
    yield WorstInput("compare.json six of the largest", f"/compare.json?{largest}")
    for door in ("/who-can/", "/who-can.json", "/who-can.csv"):
        for action in ("s3:*", "*:Describe*a", "iam:*", "*:*e*Tag*"):
            yield WorstInput(f"{door} {action}", f"{door}?{urlencode({'action': action})}")
    yield from _simulations(seed, length, largest)
    yield from _fits(choose, seed, length)
    yield from _lists()
    yield from _aws(seed, length)


def _simulations(seed: int, length: int, largest: str) -> Iterator[WorstInput]:
    pasted = document(random_statement, seed, length)
    one_key = document(one_key_statement, seed, length)
    for door in ("/simulate/", "/simulate.json"):
        yield WorstInput(f"{door} s3:*, the largest", f"{door}?{largest}&action=s3:*")
    fields = [("policy", pasted), ("boundary", pasted), ("action", "s3:*")]
    yield WorstInput("/simulate/ s3:*, pasted", "/simulate/", fields)
    fields = [("policy", one_key), ("boundary", one_key), ("action", "s3:GetObject")]
    yield WorstInput("/simulate/ one question, one key", "/simulate/", fields)
    fields = [("policy", pasted), ("boundary", pasted), ("action", "s3:GetItem")]
    yield WorstInput("/simulate/ one question, random conditions", "/simulate/", fields)
    resources = [("resource", f"arn:aws:s3:::ab{n}") for n in range(50)]
    actions = [("action", f"s3:{verb}Item") for verb in _VERBS[:4]]
    fields = [("policy", pasted), *resources, *actions]
    yield WorstInput("/simulate/ 50 resources", "/simulate/", fields)
    yield WorstInput("/simulate/check/policy/", "/simulate/check/policy/", [("policy", pasted)])
    for name, kind in (("random conditions", pasted), ("one key", one_key)):
        documents = [json.loads(kind)] * 8
        body = {"action": "s3:GetObject", "identityPolicies": documents, "trace": True}
        text = json.dumps(body)
        yield WorstInput(f"POST /simulate.json, {name}", "/simulate.json", (), text, False)
    yield WorstInput(
        "POST /simulate.json, long lists", "/simulate.json", (), list_simulation(20_000), False
    )


def _fits(choose: random.Random, seed: int, length: int) -> Iterator[WorstInput]:
    for door in ("/best-fit/", "/best-fit.json"):
        actions = [
            f"{service}:{verb}*" for service in ("s3", "ec2", "iam") for verb in ("Get", "List")
        ]
        yield WorstInput(f"{door} wildcards", door, [("actions", ", ".join(actions))])
        yield WorstInput(f"{door} s3:*, iam:*", door, [("actions", "s3:*, iam:*")])
        apart = document(random_statement, seed, length)
        yield WorstInput(f"{door} a document", door, [("actions", apart)])
    unknown = "\n".join(f"s3:{choose.randrange(10**9)}" for _ in range(1000))
    yield WorstInput("/best-fit/ unknown actions", "/best-fit/", [("actions", unknown)])


def _lists() -> Iterator[WorstInput]:
    queries = ("*", "s3:*", "a e i o u", "can:s3:* grants:*", "x" * 200, "action:*:*", "-a -b e")
    for door in ("/search/", "/search.json"):
        for query in queries:
            yield WorstInput(f"{door} {query[:20]}", f"{door}?{urlencode({'q': query})}")
    for path in (
        "/policies/AdministratorAccess.json",
        "/policies/ReadOnlyAccess.json",
        "/policies/AdministratorAccess/permissions/",
        "/policies/AdministratorAccess/permissions/?all=on",
        "/policies/AdministratorAccess/permissions.json",
        "/policies/AdministratorAccess/permissions.csv",
        "/policies/PowerUserAccess/permissions/",
        "/policies/AWSSupportServiceRolePolicy/document/",
        "/policies.json",
        "/policies.csv",
        "/changes.json",
        "/changes.csv",
        "/changes/removals/",
        "/changes/removals.json",
        "/changes/feed.atom",
        "/changes/?service=ec2&service=iam&service=s3&access=widened&source=observed",
        "/changes/?policy=ReadOnlyAccess&service=ec2&access=both&since=2015-01-01",
        "/actions/s3:GetObject/",
        "/actions/s3:GetObject.json",
        "/actions/ec2:DescribeInstances.csv",
        "/services/ec2/",
        "/services/ec2.json",
        "/services.csv",
        "/condition-keys/aws:ResourceTag/${TagKey}/",
        "/condition-keys/aws:resourceaccount.json",
    ):
        yield WorstInput(path, path)


def _aws(seed: int, length: int) -> Iterator[WorstInput]:
    names = [(f"ActionNames.member.{n}", f"s3:Get{n}") for n in range(1, 101)]
    arns = [(f"ResourceArns.member.{n}", f"arn:aws:s3:::ab{n}") for n in range(1, 1001)]
    operation = [("Action", "SimulateCustomPolicy"), ("Version", "2010-05-08")]
    for name, make in (("random conditions", random_statement), ("one key", one_key_statement)):
        policy = [("PolicyInputList.member.1", document(make, seed, min(length, 120_000)))]
        fields = [*operation, *names, *arns, *policy]
        yield WorstInput(f"/aws/ 1,000 resources, {name}", "/aws/", fields)
    few = [("PolicyInputList.member.1", json.dumps({
        "Version": "2012-10-17",
        "Statement": [random_statement(random.Random(seed)) for _ in range(100)],
    }))]  # fmt: skip
    fields = [*operation, *names, *arns, *few, ("MaxItems", "1000")]
    yield WorstInput("/aws/ 1,000 resources, 100 actions", "/aws/", fields)
