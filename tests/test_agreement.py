"""One question asked in four ways has one answer: page, JSON, JSON lines, and AWS's protocol.

The protocol can't say that a denial is open, because something could not be evaluated: it refuses
to answer then.
"""

from __future__ import annotations

import io
import json
import random
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from policyhub.simulate.lines import answer_lines
from tests.html_text import markup_of
from tests.iam.corpus_generation import (
    action_near,
    context_near,
    resource_near,
    statements_of,
    usable_documents,
)
from tests.iam.generation import Choices

pytestmark = pytest.mark.django_db
CASES, MANY = 150, 2_000
USER = "arn:aws:iam::123456789012:user/ana"
REFUSED = "PolicyEvaluation"
WORDS = {
    "Allowed": "allowed",
    "Denied: explicit deny": "explicitDeny",
    "Denied: implicit deny": "implicitDeny",
}
DENY = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::*"},
}


def simulations(count: int, with_lists: bool) -> list[dict[str, Any]]:
    """Questions that all four can be asked: identity policies, a boundary, a user, a context.

    `with_lists` gives every key a list of values, also those of conditions that take one value.
    """
    source = random.Random(20261127)
    choices, texts = Choices(lambda count: int(source.random() * count)), usable_documents()
    made: list[dict[str, Any]] = []
    while len(made) < count:
        document = json.loads(choices.pick(texts))
        statement = choices.pick(statements_of(document))
        context = context_near(choices, statement)
        if with_lists:
            context = {key: _listed(value) for key, value in context.items()}
        asked: dict[str, Any] = {
            "action": action_near(choices, statement),
            "resource": resource_near(choices, statement),
            "principal": USER,
            "identityPolicies": [document, *([DENY] if choices.chance(15) else [])],
            "context": context,
            # The protocol answers as AWS's own simulator does: about the language alone.
            "reference": False,
        }
        # Without their own policies, keys and roles are asked about differently.
        if not asked["action"].lower().startswith(("kms:", "sts:")) and _is_plain(asked):
            if choices.chance(25):
                asked["permissionBoundaries"] = [json.loads(choices.pick(texts))]
            made.append(asked)
    return made


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_plain(asked: dict[str, Any]) -> bool:
    """Whether AWS's protocol takes it: an ARN or a star, keys with values."""
    resource = asked["resource"]
    is_arn = resource == "*" or (resource.startswith("arn:") and resource.count(":") > 4)
    return is_arn and all(value != [] for value in asked["context"].values())


def by_line(asked: dict[str, Any]) -> tuple[str, bool]:
    """The decision, and whether everything could be evaluated."""
    (answer,) = answer_lines(io.BytesIO(json.dumps(asked).encode()))
    return str(answer["decision"]), bool(answer["complete"])


def by_json(client: Client, asked: dict[str, Any]) -> str:
    response = client.post("/simulate.json", json.dumps(asked), content_type="application/json")
    return str(response.json()["decision"])


def by_page(client: Client, asked: dict[str, Any]) -> str:
    pairs = [("policy", json.dumps(each)) for each in asked["identityPolicies"]]
    pairs += [("boundary", json.dumps(each)) for each in asked.get("permissionBoundaries", [])]
    pairs += [(name, asked[name]) for name in ("action", "resource", "principal")]
    pairs.append(("reference", "no"))
    for key, value in asked["context"].items():
        for each in value if isinstance(value, list) else [value]:
            pairs.append(
                ("context", f"{key}{'[]' if isinstance(value, list) else ''}={_text(each)}")
            )
    response = client.post(
        "/simulate/",
        urlencode(pairs),
        content_type="application/x-www-form-urlencoded",
        follow=True,
    )
    text = markup_of(response)
    found = re.search(r"further context keys: <strong>([^<]+)</strong>", text) or re.search(
        r'<p><span class="chip decision-[^"]+">([^<]+)</span>', text
    )
    assert found is not None, text
    return WORDS[found[1]]


def by_aws(client: Client, asked: dict[str, Any]) -> str:
    form = {
        "Action": "SimulateCustomPolicy",
        "Version": "2010-05-08",
        "ActionNames.member.1": asked["action"],
        "ResourceArns.member.1": asked["resource"],
        "CallerArn": asked["principal"],
    }
    for name, key in (
        ("PolicyInputList", "identityPolicies"),
        ("PermissionsBoundaryPolicyInputList", "permissionBoundaries"),
    ):
        for number, each in enumerate(asked.get(key, []), 1):
            form[f"{name}.member.{number}"] = json.dumps(each)
    for number, (key, value) in enumerate(asked["context"].items(), 1):
        entry = f"ContextEntries.member.{number}"
        form[f"{entry}.ContextKeyName"] = key
        form[f"{entry}.ContextKeyType"] = "stringList" if isinstance(value, list) else "string"
        for index, each in enumerate(value if isinstance(value, list) else [value], 1):
            form[f"{entry}.ContextKeyValues.member.{index}"] = _text(each)
    response = client.post(
        "/aws/", urlencode(form), content_type="application/x-www-form-urlencoded"
    )
    found = re.search("<(?:EvalDecision|Code)>([^<]+)</", response.content.decode())
    assert found is not None, response.content.decode()
    return found[1]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("with_lists", [False, True])
@pytest.mark.parametrize("count", [CASES, pytest.param(MANY, marks=pytest.mark.endurance)])
def test_page_json_lines_and_protocol_give_one_answer(
    client: Client, count: int, with_lists: bool
) -> None:
    reached = set()
    for asked in simulations(count, with_lists):
        said, is_complete = by_line(asked)
        is_open = said == "implicitDeny" and not is_complete
        by_protocol = REFUSED if is_open else said
        reached |= {said, by_protocol}
        answers = (by_json(client, asked), by_page(client, asked), by_aws(client, asked))
        assert answers == (said, said, by_protocol), asked
    assert reached >= {"allowed", "explicitDeny", "implicitDeny"}
    assert REFUSED in reached or not with_lists


NOBODY_S = "s3:x.y:sub"
SAID = "is not a condition key of the service authorization reference or of AWS"
ASKING_FOR_IT = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
        "Condition": {"StringEquals": {NOBODY_S: "x"}},
    },
}  # fmt: skip
FREE = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
}


@pytest.mark.parametrize(
    ("document", "context", "decision"),
    [
        (ASKING_FOR_IT, {}, "implicitDeny"),
        (ASKING_FOR_IT, {NOBODY_S: "x"}, "allowed"),
        (FREE, {NOBODY_S: "x"}, "allowed"),
        (FREE, {"aws:SourceVpc": "x", "aws:PrincipalTag/any": "x"}, "allowed"),
    ],
)
def test_a_key_that_nobody_knows_is_called_unknown_at_every_door_and_decides_as_any(
    client: Client, tmp_path: Path, document: Any, context: dict[str, str], decision: str
) -> None:
    asked = {
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/x",
        "identityPolicies": [document],
        "context": context,
    }
    posted = client.post("/simulate.json", json.dumps(asked), content_type="application/json")
    (line,) = answer_lines(io.BytesIO(json.dumps(asked).encode()))
    is_unknown = document is ASKING_FOR_IT or NOBODY_S in context
    for answer in (posted.json(), line):
        assert (answer["decision"], answer["complete"]) == (decision, True)
        said = [each for each in answer["problems"] if each["code"] == "unknown-condition-key"]
        assert [each["path"] for each in said] == [f"context.{NOBODY_S}"] * is_unknown
        assert all(f"`{NOBODY_S}` {SAID}" in each["message"] for each in said)
    pairs = [("policy", json.dumps(document)), ("resource", str(asked["resource"]))]
    pairs += [("context", f"{key}={value}") for key, value in context.items()]
    page = client.get("/simulate/", [("action", "s3:GetObject"), *pairs]).content.decode()
    assert (f"<code>{NOBODY_S}</code> {SAID}" in page) is is_unknown
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(document))
    printed = io.StringIO()
    given = [f"--context={key}={value}" for key, value in context.items()]
    with suppress(SystemExit, CommandError):
        call_command(
            "simulate", f"--policy-file={path}", "--action=s3:GetObject",
            "--resource=arn:aws:s3:::b/x", *given, stdout=printed,
        )  # fmt: skip
    assert (SAID in printed.getvalue()) is is_unknown
