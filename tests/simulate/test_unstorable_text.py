"""A NUL or half a surrogate pair, in any field and by any door, is a problem with its place."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from policyhub.http import json_answer
from policyhub.iam.reading.json_text import unstorable_texts
from policyhub.simulate.lines import answer_lines, to_line

ODD = ["\\ud800", "\\udfff", "\\u0000"]
each_odd_text = pytest.mark.parametrize("odd", ODD)

DOCUMENT = (
    '{"Version": "2012-10-17", "Statement": '
    '{"Sid": "ODD", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:ODD"}}'
)
# A simulation, the code of its first problem, and the place.
SIMULATIONS = [
    ('{"action": "s3:GetObjectODD"}', "action"),
    ('{"action": "s3:GetObject", "id": "ODD"}', "id"),
    ('{"action": "s3:GetObject", "id": {"a": [1, "ODD"]}}', "id.a[1]"),
    ('{"action": "s3:GetObject", "resource": "ODD"}', "resource"),
    ('{"action": "s3:GetObject", "resourceAccount": "ODD"}', "resourceAccount"),
    ('{"action": "s3:GetObject", "managementAccount": "ODD"}', "managementAccount"),
    ('{"action": "s3:GetObject", "principal": "ODD"}', "principal"),
    ('{"action": "s3:GetObject", "principal": {"Service": "ODD"}}', "principal.Service"),
    ('{"action": "s3:GetObject", "context": {"a": "ODD"}}', "context.a"),
    ('{"action": "s3:GetObject", "context": {"a": ["b", "ODD"]}}', "context.a[1]"),
    ('{"action": "s3:GetObject", "expect": "ODD"}', "expect"),
]


@each_odd_text
@pytest.mark.parametrize(("simulation", "place"), SIMULATIONS)
@pytest.mark.django_db
def test_a_posted_simulation_is_told_where(
    client: Client, odd: str, simulation: str, place: str
) -> None:
    text = simulation.replace("ODD", odd)
    answer = client.post("/simulate.json", text, content_type="application/json")
    assert answer.status_code == 400
    assert place in [problem["path"] for problem in answer.json()["problems"]]


@each_odd_text
@pytest.mark.parametrize(("simulation", "place"), SIMULATIONS)
@pytest.mark.django_db
def test_a_line_is_told_where_and_the_next_one_is_answered(
    odd: str, simulation: str, place: str
) -> None:
    lines = f'{simulation.replace("ODD", odd)}\n{{"action": "s3:GetObject"}}\n'
    bad, good = map(json.loads, map(to_line, answer_lines(io.BytesIO(lines.encode()))))
    assert place in [problem["path"] for problem in bad["error"]["problems"]]
    assert good["decision"] == "implicitDeny"


@each_odd_text
@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.django_db
def test_a_document_with_one_is_not_evaluated(client: Client, odd: str, as_text: bool) -> None:
    document = DOCUMENT.replace("ODD", odd)
    given = json.dumps(document) if as_text else document
    text = f'{{"action": "s3:GetObject", "trace": true, "identityPolicies": [{given}]}}'
    answer = client.post("/simulate.json", text, content_type="application/json").json()
    assert (answer["decision"], answer["complete"]) == ("implicitDeny", False)
    paths = {each["path"] for each in answer["problems"] if each["code"] == "unstorable-character"}
    assert {path.rpartition(".")[2] for path in paths} == {"Sid", "Resource"}


@each_odd_text
@pytest.mark.parametrize("simulation", [simulation for simulation, _ in SIMULATIONS])
@pytest.mark.django_db
def test_an_uploaded_scenario_with_one_is_refused_on_the_page(
    client: Client, odd: str, simulation: str
) -> None:
    upload = SimpleUploadedFile("scenario.json", simulation.replace("ODD", odd).encode())
    answer = client.post("/simulate/", {"scenario": upload})
    assert answer.status_code == 200
    assert "contains a NUL or half a surrogate pair" in answer.content.decode()


@each_odd_text
@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/simulate/", {"action": "s3:GetObject", "policy": DOCUMENT}),
        ("/simulate/", {"action": "s3:GetObject", "scp": f"[{DOCUMENT}]"}),
        ("/simulate/", {"action": "s3:GetObject", "scp": '[{"aODD": 1, "aODD": 2}]'}),
        ("/simulate/", {"action": "s3:GetObject", "scp": '["ODD"]'}),
        ("/simulate/check/policy/", {"policy": DOCUMENT}),
        ("/simulate/check/scp/", {"scp": '["ODD"]'}),
        ("/simulate/scenario.json", {"action": "s3:GetObject", "policy": DOCUMENT}),
        ("/compare/", {"policy": [DOCUMENT, DOCUMENT]}),
        ("/compare.json", {"policy": [DOCUMENT, DOCUMENT]}),
        ("/best-fit/", {"actions": DOCUMENT}),
        ("/best-fit.json", {"actions": DOCUMENT}),
        (
            "/aws/",
            {
                "Action": "GetContextKeysForCustomPolicy",
                "Version": "2010-05-08",
                "PolicyInputList.member.1": DOCUMENT,
            },
        ),
    ],
)
@pytest.mark.django_db
def test_a_form_with_one_is_answered(
    client: Client, odd: str, path: str, form: dict[str, Any]
) -> None:
    filled = json.loads(json.dumps(form).replace("ODD", odd.replace("\\", "\\\\")))
    assert client.post(path, filled, follow=True).status_code in (200, 400)


@given(
    st.recursive(
        st.text(st.characters()),
        lambda each: st.lists(each) | st.dictionaries(st.text(st.characters()), each),
    )
)
def test_every_text_can_be_answered_as_json(value: Any) -> None:
    # Two halves side by side become one character, as in any JSON.
    assert json.loads(json_answer(value).content) == json.loads(json.dumps(value))


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_what_can_be_stored_is_no_problem(text: str) -> None:
    assert list(unstorable_texts({text: [text, {"a": text}]})) == []
