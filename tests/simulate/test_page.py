"""The simulator's page: every state an address, what was typed kept, and nothing believed."""

from __future__ import annotations

import json
import re
import shlex
from html import unescape
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from policyhub.iam.deciding.simulation import read_simulation
from policyhub.simulate.lines import answer
from policyhub.simulate.managed import managed_document
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db
ROLE = "arn:aws:iam::123456789012:role/app"
PASS_ROLE = {"policy": "AmazonECS_FullAccess@v20", "action": "iam:PassRole", "resource": ROLE}
ALLOW = (
    '{"Version":"2012-10-17","Statement":'
    '{"Sid":"Run","Effect":"Allow","Action":"ecs:*","Resource":"*"}}'
)
DENY = ALLOW.replace("Allow", "Deny")
HOSTILE = '"><script>alert(1)</script>'


def page(client: Client, **parameters: Any) -> str:
    response = client.get("/simulate/", parameters, follow=True)
    assert response.status_code == 200
    return unescape(markup_of(response))


def verdict(text: str) -> str:
    found = re.search(r'class="chip decision-([a-z-]+)"', text)
    assert found is not None, "no verdict on the page"
    return found[1]


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ("iam:PassedToService=ecs-tasks.amazonaws.com", "allowed"),
        ("iam:PassedToService=lambda.amazonaws.com", "implicit-deny"),
        ("", "depends"),
    ],
)
def test_the_ecs_story_is_told(client: Client, context: str, expected: str) -> None:
    text = page(client, **PASS_ROLE, context=context)
    assert verdict(text) == expected
    assert "AmazonECS_FullAccess@v20, statement 4" in text


def test_what_would_turn_the_answer_is_a_link_that_turns_it(client: Client) -> None:
    text = page(client, **PASS_ROLE)
    (query,) = re.findall(r'href="\?([^"]+)">Try it', text)
    assert verdict(page(client, **dict(parse_qsl(query)))) == "allowed"


def test_only_keys_that_can_matter_are_asked_for(client: Client) -> None:
    text = page(client, **PASS_ROLE)
    assert set(re.findall(r'name="context\.([^"]+)"', text)) == {"iam:PassedToService"}
    assert '<option value="ecs-tasks.amazonaws.com">' in text
    nothing = page(client, policy="AdministratorAccess", action="ecs:RunTask")
    assert "No context key can change the answer" in nothing


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("aws:SourceVpc", "String"),
        ("aws:ViaCustomerDomain", "type not known"),
        ("s3:x.y:sub", "unknown: not in the reference"),
    ],
)
def test_a_key_that_nobody_knows_is_called_unknown(client: Client, key: str, said: str) -> None:
    document = {
        "Statement": {
            "Effect": "Allow",
            "Action": "ecs:*",
            "Resource": "*",
            "Condition": {"StringEquals": {key: "x"}},
        }
    }
    text = page(client, policy=json.dumps(document), action="ecs:ListClusters")
    assert f'<code>{key}</code> <span class="muted">{said}</span>' in text


def test_a_root_session_is_a_caller_that_needs_its_task_policy(client: Client) -> None:
    asked = {
        "principal": "arn:aws:sts::123456789012:assumed-root",
        "action": "s3:DeleteBucketPolicy",
        "resource": "arn:aws:s3:::locked",
    }
    text = page(client, **asked)
    assert verdict(text) == "implicit-deny"
    assert "a root session can do only what its task policy leaves" in text
    assert verdict(page(client, **asked, session="S3UnlockBucketPolicy")) == "allowed"
    asked |= {"action": "s3:GetObject", "resource": "arn:aws:s3:::locked/x"}
    assert verdict(page(client, **asked, session="S3UnlockBucketPolicy")) == "explicit-deny"


def test_a_key_asked_for_is_read_from_its_own_field(client: Client) -> None:
    given = {"context.iam:PassedToService": "ecs-tasks.amazonaws.com"}
    assert verdict(page(client, **PASS_ROLE, **given)) == "allowed"


def test_several_actions_and_resources_make_a_matrix_of_links(client: Client) -> None:
    text = page(
        client,
        policy=["AmazonECS_FullAccess", DENY],
        action=["ecs:RunTask", "iam:PassRole"],
        resource=["*", ROLE],
    )
    cells = re.findall(r'<a class="chip decision-([a-z-]+)" href="\?([^"]+)"', text)
    assert [slug for slug, _ in cells] == [
        "explicit-deny",
        "depends",
        "explicit-deny",
        "depends",
    ]
    for slug, query in cells:
        single: dict[str, list[str]] = {}
        for key, value in parse_qsl(query):
            single.setdefault(key, []).append(value)
        assert verdict(page(client, **single)) == slug


def test_a_wildcard_is_expanded_and_said_into_how_many(client: Client) -> None:
    text = page(client, policy="AdministratorAccess", action="ecs:Run*")
    assert "ecs:Run*</code> matches 1 action." in text
    assert verdict(text) == "allowed"


def test_a_row_that_is_switched_off_does_not_count(client: Client) -> None:
    rows = {"policy": [ALLOW, DENY], "action": "ecs:RunTask"}
    assert verdict(page(client, **rows)) == "explicit-deny"
    off = page(client, **rows, off="policy.1")
    assert verdict(off) == "allowed"
    assert 'value="policy.1" checked' in off


@pytest.mark.parametrize(
    "layer", ["boundary", "session", "scp", "endpoint"],
)  # fmt: skip
def test_every_limit_can_keep_a_request_from_being_allowed(client: Client, layer: str) -> None:
    other = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
    if layer == "endpoint":
        other = other.replace('"Effect"', '"Principal":"*","Effect"')
    asked = {"policy": ALLOW, "action": "ecs:RunTask", layer: other}
    assert verdict(page(client, **asked)) == "implicit-deny"
    assert (
        verdict(
            page(client, **{**asked, "action": "s3:GetObject", "policy": "AdministratorAccess"})
        )
        == "allowed"
    )


def test_a_resource_policy_and_rcps_are_read(client: Client) -> None:
    everyone = ALLOW.replace('"Sid"', '"Principal":"*","Sid"')
    asked = {"action": "ecs:RunTask", "principal": "arn:aws:iam::123456789012:user/ana"}
    assert verdict(page(client, **asked, **{"resource-policy": everyone})) == "allowed"
    denied = {"resource-policy": everyone, "rcp": everyone.replace("Allow", "Deny")}
    assert verdict(page(client, **asked, **denied, reference="no")) == "explicit-deny"
    text = page(client, **asked, **denied)
    assert verdict(text) == "allowed"
    assert "resource control policies do not reach ecs:RunTask" in text


def test_a_request_that_aws_is_never_asked_is_denied_and_the_types_are_named(
    client: Client,
) -> None:
    cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/web"
    asked = {"policy": "AdministratorAccess", "action": "ecs:ListTasks", "resource": cluster}
    text = page(client, **asked)
    assert verdict(text) == "implicit-deny"
    assert "Denied, because no such request exists" in text
    assert "container-instance/" in text
    alone = page(client, **asked, reference="no")
    assert verdict(alone) == "allowed"
    assert "Allowed, whether or not such a request is possible" in alone


def test_an_answer_says_where_it_is_not_known_that_aws_can_be_asked(client: Client) -> None:
    text = page(client, policy="AdministratorAccess", action="nosuch:DoIt")
    assert "Allowed, but it is not known whether such a request is possible" in text


def test_a_level_may_hold_several_documents(client: Client) -> None:
    level = f'["AdministratorAccess", {DENY}]'
    text = page(client, policy=ALLOW, action="ecs:RunTask", scp=level)
    assert verdict(text) == "explicit-deny"


def test_a_broken_document_is_told_with_line_and_column(client: Client) -> None:
    text = page(client, policy=ALLOW.replace("Allow", "Permit"), action="ecs:RunTask")
    assert verdict(text) == "implicit-deny"
    assert "line 1, column" in text
    assert "is not an effect" in text
    assert "Not everything could be evaluated" in text


PROBLEMS: list[tuple[str, dict[str, Any], str]] = [
    (
        "an unknown policy",
        {"policy": "NoSuchPolicy", "action": "a:b"},
        "no managed policy is named",
    ),
    ("an unknown version", {"policy": "ReadOnlyAccess@v9999", "action": "a:b"}, "has no version"),
    ("an action that is none", {"action": "RunTask"}, "is not an action"),
    ("an action that matches none", {"action": "none:*"}, "no action matches"),
    ("too many questions", {"action": "ec2:*"}, "ask at most 200"),
    ("a principal that is none", {"action": "a:b", "principal": "ana"}, "not a principal"),
    ("a context without a value", {"action": "a:b", "context": "key"}, "is not a KEY=VALUE pair"),
    ("a field that is none", {"action": "a:b", "actoin": "x"}, "is not a field of this page"),
    ("an account that is none", {"action": "a:b", "resource-account": "me"}, "twelve digits"),
    ("two resource policies", {"action": "a:b", "resource-policy": [ALLOW, ALLOW]}, "one policy"),
    ("too many rows", {"action": [f"a:b{n}" for n in range(60)]}, "give at most 50"),
    ("a level that is no JSON", {"action": "a:b", "scp": "[x"}, "not JSON"),
]


@pytest.mark.parametrize(
    ("parameters", "message"), [pytest.param(*case[1:], id=case[0]) for case in PROBLEMS]
)
def test_what_makes_no_sense_is_said_and_kept(
    client: Client, parameters: dict[str, Any], message: str
) -> None:
    text = re.sub(r"</?code>", "`", page(client, **parameters))
    assert message in text
    for value in parameters.values():
        assert (value if isinstance(value, str) else value[0]) in text
    found = client.get("/simulate.json", parameters)
    assert found.status_code == 400
    assert any(message in each["message"] for each in found.json()["problems"])


@pytest.mark.parametrize(
    "parameter",
    [
        "policy",
        "boundary",
        "scp",
        "action",
        "resource",
        "principal",
        "context",
        "off",
        "resource-account",
    ],
)
def test_hostile_text_is_shown_as_text(client: Client, parameter: str) -> None:
    for value in (HOSTILE, f"key={HOSTILE}", ALLOW.replace("Run", HOSTILE.replace('"', '\\"'))):
        given = {"policy": "AdministratorAccess", "action": "ecs:RunTask"}
        response = client.get("/simulate/", {**given, parameter: value})
        assert response.status_code == 200
        assert "<script>alert" not in markup_of(response)


def test_a_hostile_sid_is_shown_as_text(client: Client) -> None:
    document = ALLOW.replace('"Run"', json.dumps("<img src=x onerror=alert(1)>"))
    principal = document.replace('"Sid"', '"Principal":"*","Sid"')
    asked = {"action": "ecs:RunTask", "principal": "anonymous", "resource-policy": principal}
    text = markup_of(client.get("/simulate/", asked))
    assert "&lt;img src=x" in text
    assert "<img" not in text


def test_ten_thousand_actions_and_five_megabytes_get_an_answer(client: Client) -> None:
    many = client.post("/simulate/", {"action": [f"a:b{number}" for number in range(900)]})
    assert many.status_code == 200
    large = client.post("/simulate/", {"action": "a:b", "policy": "{" + "x" * 2_000_000})
    assert large.status_code == 200
    assert "larger than" in markup_of(large) or "bytes" in markup_of(large)


def test_what_no_address_bears_is_simulated_by_post_and_offered_as_a_file(client: Client) -> None:
    padded = ALLOW[:-1] + " " * 9_000 + "}"
    response = client.post("/simulate/", {"policy": padded, "action": "ecs:RunTask"})
    text = markup_of(response)
    assert verdict(text) == "allowed"
    assert "data-long" in text
    assert "Link that contains the documents" in text
    assert "Set-Cookie" not in response.headers


def test_a_scenario_goes_into_a_file_and_comes_back(client: Client) -> None:
    asked = {
        **PASS_ROLE,
        "policy": ["AmazonECS_FullAccess@v20", ALLOW],
        "scp": "AdministratorAccess",
        "context": ["iam:PassedToService=ecs-tasks.amazonaws.com", "aws:TagKeys[]=a"],
        "principal": ROLE,
    }
    file = client.post("/simulate/scenario.json", asked)
    assert file["Content-Disposition"].startswith("attachment")
    made = json.loads(file.content)
    assert made["context"] == {
        "iam:PassedToService": "ecs-tasks.amazonaws.com",
        "aws:TagKeys": ["a"],
    }
    assert made["identityPolicies"][1] == json.loads(ALLOW)
    assert answer(read_simulation(made, managed_document))["decision"] == "allowed"
    upload = SimpleUploadedFile("scenario.json", file.content)
    back = client.post("/simulate/", {"scenario": upload}, follow=True)
    assert verdict(markup_of(back)) == "allowed"
    again = re.search(r'href="(http[^"]+)">Link to', unescape(markup_of(back)))
    assert again is not None
    assert (
        verdict(markup_of(client.get(urlsplit(again[1]).path + "?" + urlsplit(again[1]).query)))
        == "allowed"
    )


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b"null", b"\xff", b'{"context": 1}', b"[" * 99_999]
)
def test_a_file_that_is_no_scenario_is_refused(client: Client, content: bytes) -> None:
    response = client.post("/simulate/", {"scenario": SimpleUploadedFile("x.json", content)})
    assert response.status_code == 200
    assert "can't be used" in unescape(markup_of(response))


def test_the_question_is_handed_on_as_command_and_as_test_line(client: Client) -> None:
    text = page(client, **PASS_ROLE, context="iam:PassedToService=ecs-tasks.amazonaws.com")
    text = text.replace("<wbr>", "")
    command = re.search(r'id="cli"[^>]*>(.*?)</pre>', text, re.S)
    line = re.search(r'id="test-line"[^>]*>(.*?)</pre>', text, re.S)
    assert command is not None
    assert line is not None
    words = shlex.split(command[1])
    assert words[:3] == ["aws", "iam", "simulate-custom-policy"]
    assert words[words.index("--action-names") + 1] == "iam:PassRole"
    assert json.loads(words[words.index("--policy-input-list") + 1])["Statement"]
    made = json.loads(line[1])
    assert made["expect"] == "allowed"
    assert answer(read_simulation(made, managed_document))["passed"]


def test_htmx_gets_the_simulator_alone(client: Client) -> None:
    response = client.get("/simulate/", PASS_ROLE, headers={"HX-Request": "true"})
    text = markup_of(response)
    title = "iam:PassRole with AmazonECS_FullAccess@v20 · Simulate · Policyhub"
    assert text.startswith(f'<title>{title}</title><div id="simulator"')
    assert "<html" not in text


@pytest.mark.parametrize(
    ("path", "link"),
    [
        (
            "/policies/AmazonECS_FullAccess/?version=v20",
            "/simulate/?policy=AmazonECS_FullAccess%40v20",
        ),
        ("/actions/ecs:RunTask/", "/simulate/?policy=AmazonECS_FullAccess&action=ecs%3ARunTask"),
        (
            "/who-can/?action=iam:PassRole&context=a:b%3Dc&answer=yes",
            "/simulate/?policy=AdministratorAccess%40v1&action=iam%3APassRole&context=a%3Ab%3Dc",
        ),
        ("/", "/simulate/"),
    ],
)
def test_one_click_leads_here_filled_in(client: Client, path: str, link: str) -> None:
    assert f'href="{link}' in unescape(markup_of(client.get(path)))


def test_one_action_against_ten_policies_is_answered_soon(client: Client) -> None:
    """No limit on time, which a test can't guarantee: the figure is printed, with -s."""
    names = ["AmazonECS_FullAccess", "ReadOnlyAccess", "PowerUserAccess", "SecurityAudit",
             "AmazonS3FullAccess", "AmazonEC2FullAccess", "IAMFullAccess", "AWSLambda_FullAccess",
             "ViewOnlyAccess", "SystemAdministrator"]  # fmt: skip
    asked = {"policy": names, "action": "iam:PassRole", "resource": ROLE}
    times = []
    for _ in range(7):
        began = perf_counter()
        assert client.get("/simulate/", asked).status_code == 200
        times.append((perf_counter() - began) * 1_000)
    print(f"one action against ten policies: median {median(times):.0f} ms")


@pytest.mark.parametrize(
    ("layer", "rows", "remark"),
    [
        ("policy", [ALLOW], ""),
        ("policy", [ALLOW.replace("Allow", "Permit")], "line 1, column 59: "),
        ("policy", ['{\n"Statement": []}'], "line 2, column 14: "),
        ("policy", ["ReadOnlyAccess"], ""),
        ("policy", ["ReadOnlyAcces"], "near: ReadOnlyAccess"),
        ("boundary", ["ReadOnlyAccess@v0"], "has no version"),
        ("resource-policy", [ALLOW], "Principal"),
        ("scp", ["[1"], "not JSON"),
        ("scp", ['["ReadOnlyAccess"]'], ""),
        ("policy", [], ""),
    ],
)
def test_a_row_is_checked_while_it_is_typed(
    client: Client, layer: str, rows: list[str], remark: str
) -> None:
    response = client.post(f"/simulate/check/{layer}/", {layer: rows})
    assert response.status_code == 200
    text = unescape(markup_of(response))
    assert remark in text
    assert bool(remark) is bool(text.strip())


def test_no_other_layer_is_checked(client: Client) -> None:
    assert client.post("/simulate/check/none/", {"none": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ecs_full", ["AmazonECS_FullAccess"]),
        ("ReadOnlyAccess", []),
        ("", []),
        ("{", []),
        ("no such name", []),
        ("\0", []),
    ],
)
def test_an_unfinished_policy_name_gets_offers(
    client: Client, typed: str, offered: list[str]
) -> None:
    text = markup_of(client.post("/simulate/check/policy/", {"policy": typed}))
    assert re.findall(r'data-fill="([^"]+)"', text) == offered


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("PassRole", "iam:PassRole"),
        ("ecs:runt", "ecs:RunTask"),
        ("x", None),
        ("ecs:*", None),
        ("\0\0", None),
        ("a" * 500, None),
        ("nothing-is-called-so", None),
    ],
)
def test_actions_are_offered_by_a_part_of_their_names(
    client: Client, typed: str, first: str | None
) -> None:
    response = client.get("/simulate/actions/", {"action": ["s3:GetObject", typed]})
    assert response.status_code == 200
    options = re.findall(r'value="([^"]+)"', markup_of(response))
    assert (options[0] if options else None) == first
    assert len(options) <= 25


RUN = {
    "action": "ecs:RunTask",
    "resource": "arn:aws:ecs:us-east-1:123456789012:task-definition/w:1",
}
S3_ONLY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
ALLOW_S3, DENY_S3 = S3_ONLY, S3_ONLY.replace("Allow", "Deny")
CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/web"
SILENT = "no statement covers ecs:RunTask"
TWO_STATEMENTS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "ecs:Run*", "Resource": "*"},
        ],
    }
)


def headline(text: str) -> str:
    found = re.search(r'<p class="headline" data-verdict>(.+?)</p>', text)
    assert found is not None, "no headline on the page"
    return re.sub(r"<[^>]+>", "", found[1]).replace("\u200b", "")


def gates(text: str) -> list[tuple[str, str]]:
    """The gates from left to right: the state as CSS classes have it, and what is written there."""
    found = re.findall(r'<li class="gate gate-(\S+?)[" ](.+?)</li>', text, re.DOTALL)
    return [
        (slug, " ".join(as_text(re.sub(r"</(?:h4|p)>", " ", said.partition(">")[2])).split()))
        for slug, said in found
    ]


def test_the_gates_come_in_a_fixed_order_and_say_what_is_not_used(client: Client) -> None:
    text = page(client, policy="AmazonECS_FullAccess@v20", **RUN, boundary=S3_ONLY)
    assert [(slug, " ".join(said.split()[:2])) for slug, said in gates(text)] == [
        ("unused", "SCP not"),
        ("unused", "RCP not"),
        ("shut", "Boundary shut"),
        ("unused", "Session not"),
        ("open", "Identity open,"),
        ("unused", "Resource policy"),
    ]
    assert "open, not evaluated" in gates(text)[4][1]
    assert "endpoint" not in text.partition('class="gates"')[2].partition("</ol>")[0].lower()


def test_a_level_of_an_organization_has_a_gate_of_its_own(client: Client) -> None:
    text = page(client, policy="AmazonECS_FullAccess@v20", **RUN, scp=[ALLOW, DENY])
    first, second, *_ = gates(text)
    assert (first[0], second[0]) == ("open", "shut")
    assert first[1].startswith("SCP 1 of 2 open ")
    assert second[1].startswith("SCP 2 of 2 shut ")


@pytest.mark.parametrize(
    ("parameters", "offer", "then"),
    [
        pytest.param(
            {"policy": "AmazonECS_FullAccess@v20", "boundary": S3_ONLY},
            "Add ecs:RunTask to the permissions boundary, pasted",
            "Then allowed",
            id="a boundary of one's own that is silent",
        ),
        pytest.param(
            {"policy": "AmazonS3ReadOnlyAccess"},
            "Add ecs:RunTask by one more policy next to AmazonS3ReadOnlyAccess",
            "Then allowed",
            id="an identity policy of AWS that is silent",
        ),
        pytest.param(
            {"policy": "AmazonECS_FullAccess@v20", "scp": ["AmazonS3ReadOnlyAccess"]},
            "Add ecs:RunTask by one more policy next to AmazonS3ReadOnlyAccess",
            "Then allowed",
            id="a level of an organization that is silent",
        ),
        pytest.param(
            {"policy": ["AmazonECS_FullAccess@v20", TWO_STATEMENTS]},
            "Take out statement 2 of the identity policy 2, pasted",
            "Then allowed",
            id="a statement of one's own that denies",
        ),
        pytest.param(
            {"policy": "AmazonECS_FullAccess@v20", "scp": [ALLOW, DENY]},
            "Take out service control policy, level 2, pasted",
            "Then allowed",
            id="the only statement of a level that denies",
        ),
        pytest.param(
            {"policy": "AmazonECS_FullAccess@v20", "boundary": S3_ONLY, "session": S3_ONLY},
            "Add ecs:RunTask to the permissions boundary, pasted",
            "Then still denied, by the session policies",
            id="two layers that are silent",
        ),
    ],
)
def test_at_the_gate_stands_the_smallest_change_of_the_policy(
    client: Client, parameters: dict[str, Any], offer: str, then: str
) -> None:
    text = page(client, **parameters, **RUN)
    shut = " ".join(said for slug, said in gates(text) if slug == "shut")
    assert offer in shut
    assert then in shut


def test_the_change_offered_at_the_gate_does_what_it_says(client: Client) -> None:
    text = page(client, policy="AmazonECS_FullAccess@v20", **RUN, boundary=S3_ONLY)
    [shut] = re.findall(r'<li class="gate gate-shut.+?</li>', text, re.DOTALL)
    [query] = re.findall(r'href="\?([^"]+)"', shut)
    changed = dict(parse_qsl(query))
    assert json.loads(changed["boundary"])["Statement"] == [
        json.loads(S3_ONLY)["Statement"],
        {"Effect": "Allow", "Action": RUN["action"], "Resource": RUN["resource"]},
    ]
    assert "Allowed" in headline(page(client, **changed))


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param(
            {"policy": S3_ONLY, "action": "ecs:ListTasks", "resource": CLUSTER},
            id="what AWS is never asked",
        ),
        pytest.param(
            {"policy": S3_ONLY, "action": "s3:GetObject", "scp": f"[{ALLOW_S3}, {DENY_S3}]"},
            id="a level of which one document denies",
        ),
        pytest.param(
            {"policy": S3_ONLY, "action": "s3:GetObject", "scp": f"[{DENY_S3}, {ALLOW_S3}]"},
            id="a level of which the first document denies",
        ),
    ],
)
def test_no_change_is_offered_that_would_not_do_what_it_says(
    client: Client, parameters: dict[str, str]
) -> None:
    text = page(client, **{"resource": "arn:aws:s3:::bucket/key", **parameters})
    assert verdict(text) in ("implicit-deny", "explicit-deny")
    assert "Try it" not in "".join(said for _, said in gates(text))


def test_a_gate_that_a_key_can_open_depends_on_it(client: Client) -> None:
    text = page(client, **PASS_ROLE)
    [(slug, said)] = [each for each in gates(text) if each[1].startswith("Identity")]
    assert slug == "depends"
    assert "only when iam:PassedToService is ecs-tasks.amazonaws.com" in said


def test_of_many_action_patterns_those_about_the_action_are_shown(client: Client) -> None:
    text = as_text(page(client, policy="AmazonECS_FullAccess@v20", **RUN))
    assert (
        "Allows ecs:* on every resource; its 113 other action patterns are not about this" in text
    )


def test_no_change_is_offered_of_a_boundary_of_aws_or_a_document_that_cant_be_read(
    client: Client,
) -> None:
    unreadable = '{"Version":"2012-10-17","Statement":[{"Effect":"Yes"}]}'
    for boundary in ("AmazonS3FullAccess", unreadable):
        text = page(client, policy="AmazonECS_FullAccess@v20", **RUN, boundary=boundary)
        [shut] = re.findall(r'<li class="gate gate-(?:shut|silent).+?</li>', text, re.DOTALL)[:1]
        assert "Try it" not in shut


def as_text(text: str) -> str:
    return re.sub(r"<[^>]+>", "", text).replace("\u200b", "")


@pytest.mark.parametrize(
    ("layer", "document", "first", "card"),
    [
        (
            "boundary",
            S3_ONLY,
            "Denied by the permissions boundary, pasted",
            f"permissions boundary, pasted: {SILENT}",
        ),
        (
            "boundary",
            "AmazonS3FullAccess",
            "Denied by the permissions boundary AmazonS3FullAccess",
            f"AmazonS3FullAccess: {SILENT}",
        ),
        (
            "session",
            S3_ONLY,
            "Denied by the session policy, pasted",
            f"session policy, pasted: {SILENT}",
        ),
        (
            "scp",
            S3_ONLY,
            "Denied by the service control policy, pasted",
            f"service control policy, pasted: {SILENT}",
        ),
        (
            "scp",
            DENY,
            "Denied explicitly by service control policy, pasted, statement 1 (Run)",
            "service control policy, pasted, statement 1 (Run) denies it",
        ),
    ],
)
def test_the_layer_that_blocks_is_named_and_its_gate_is_shut(
    client: Client, layer: str, document: str, first: str, card: str
) -> None:
    text = page(client, policy="AmazonECS_FullAccess@v20", **RUN, **{layer: document})
    assert headline(text) == first
    [shut] = [said for slug, said in gates(text) if slug == "shut"]
    assert card in shut
    assert " shut " in shut
    assert 'class="chip decision-depends"' not in text


def test_what_is_never_allowed_does_not_depend_on_a_key(client: Client) -> None:
    text = page(client, **PASS_ROLE, boundary=S3_ONLY)
    assert verdict(text) == "implicit-deny"
    assert headline(text) == "Denied by the permissions boundary, pasted"
    assert "Allowed when" not in text


def test_a_condition_that_never_holds_leaves_nothing_open(client: Client) -> None:
    condition = '"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"yes"}},"Resource"'
    text = page(client, policy=ALLOW.replace('"Resource"', condition), action="ecs:ListClusters")
    assert verdict(text) == "implicit-deny"
    assert "no statement about ecs:ListClusters matches this request" in as_text(text)
    assert "this Allow never grants" in text


def test_only_the_kind_of_a_deny_depends(client: Client) -> None:
    denying = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:PassRole","Resource":'
        '"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}}'
    )
    text = page(client, **{**PASS_ROLE, "policy": [PASS_ROLE["policy"], denying]}, scp=S3_ONLY)
    assert verdict(text) == "implicit-deny"
    assert (
        "Never allowed; only the kind of deny varies: explicit when iam:PassedToService is "
        "lambda.amazonaws.com, otherwise implicit."
    ) in as_text(text)


def test_cells_and_counts_of_a_matrix_say_depends_only_where_it_is_so(client: Client) -> None:
    asked = {"policy": "AmazonECS_FullAccess@v20", "action": ["iam:PassRole", "ecs:RunTask"]}
    text = page(client, **asked, resource="*")
    assert "Depends <span" in text
    text = page(client, **asked, resource="*", boundary=S3_ONLY)
    assert "Depends" not in text
    assert 'Denied: implicit deny <span class="count">2</span>' in text


def test_a_row_that_is_switched_off_does_not_change_the_others_numbers(client: Client) -> None:
    text = page(client, policy=[S3_ONLY, ALLOW], action="ecs:RunTask", off="policy.0")
    assert "identity policy 2, pasted, statement 1 (Run)" in as_text(text)


def test_the_trace_in_json_says_the_outcome_and_every_layer(client: Client) -> None:
    asked = {**PASS_ROLE, "boundary": S3_ONLY}
    trace = client.get("/simulate.json", asked).json()["trace"]
    assert trace["outcome"] == "denied"
    assert trace["headline"] == "Denied by the permissions boundary, pasted"
    assert trace["layers"][1] == {
        "type": "permissionsBoundary",
        "policies": ["permissions boundary, pasted"],
        "state": "silent",
        "blocks": True,
        "explanation": "permissions boundary, pasted: no statement covers iam:PassRole",
    }
    assert client.get("/simulate.json", PASS_ROLE).json()["trace"]["outcome"] == "depends"


def test_of_many_statements_the_first_are_shown_and_all_on_request(client: Client) -> None:
    statements = [
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:*:*:q{number}"}
        for number in range(70)
    ]
    asked = {
        "policy": json.dumps({"Version": "2012-10-17", "Statement": statements}),
        "action": "sqs:SendMessage",
        "resource": "arn:aws:sqs:eu-west-1:123456789012:other",
    }
    first = page(client, **asked)
    assert first.count("<article") == 50
    assert "50 of 70 statements are shown." in first
    assert 'name="show" value="all">Show all 70</button>' in first
    # The button sends the form, with documents of any length, by POST.
    every = markup_of(client.post("/simulate/", asked | {"show": "all"}, follow=True))
    assert every.count("<article") == 70
    assert "are shown." not in every
    assert len(client.get("/simulate.json", asked).json()["trace"]["statements"]) == 70
    assert "has only the value" in page(client, **asked, show="none")


LIVE = {"HX-Request": "true", "HX-Target": "answer"}


@pytest.mark.parametrize(
    ("entry", "shown", "header", "is_named"),
    [
        ("push", "/simulate/", "HX-Push-Url", True),
        ("replace", "/simulate/?action=x", "HX-Replace-Url", True),
        ("", "/simulate/", "HX-Push-Url", True),
        ("push", "the same", "HX-Push-Url", False),
    ],
)
def test_an_answer_that_follows_what_is_typed_is_one_entry_of_the_history(
    client: Client, entry: str, shown: str, header: str, is_named: bool
) -> None:
    address = "/simulate/?policy=AdministratorAccess&action=ecs%3ARunTask"
    asked = {"policy": "AdministratorAccess", "action": "ecs:RunTask", "live": entry}
    at = f"http://testserver{address if shown == 'the same' else shown}"
    answer = client.post("/simulate/", asked, headers={**LIVE, "HX-Current-URL": at})
    assert answer[header] == (address if is_named else "false")
    others = {"HX-Push-Url", "HX-Replace-Url"} - {header}
    assert not others & set(answer.headers)


def test_an_answer_that_follows_what_is_typed_leaves_the_form_alone(client: Client) -> None:
    text = unescape(
        markup_of(client.post("/simulate/", {**PASS_ROLE, "live": "push"}, headers=LIVE))
    )
    assert verdict(text) == "depends"
    assert "<textarea" not in text
    assert re.findall(r'<div id="([a-z-]+)" hx-swap-oob="true"', text) == [
        "key-fields",
        "resource-offers",
    ]
    assert 'name="live" value="replace"' in text
    assert re.search(r'data-fill="arn:aws:iam::123456789012:role/[^"]*"', text)


@pytest.mark.parametrize("value", ["push", "replace", "x" * 10_000, "\0"])
def test_that_it_follows_is_no_part_of_the_question(client: Client, value: str) -> None:
    answer = client.post("/simulate/", {**PASS_ROLE, "live": value}, headers=LIVE)
    assert answer.status_code == 200
    assert "is not a field of this page" not in markup_of(answer)
    assert "live" not in answer.get("HX-Push-Url", answer.get("HX-Replace-Url", ""))
