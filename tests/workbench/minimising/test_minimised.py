"""Minimising and splitting: never another policy, never a longer one, and every step is told."""

from __future__ import annotations

import json
import random
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.budget import Steps
from policyhub.iam.comparing.comparison import compare
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.document import parse_policy
from policyhub.workbench.documents import UnusableDocumentError, characters, statements_of, values
from policyhub.workbench.minimising.minimised import minimised
from policyhub.workbench.minimising.splitting import UnsplittableError, split
from tests.catalog.corpus import documents_by_name
from tests.workbench.minimising.written_out import written_out

pytestmark = pytest.mark.one_database
BUCKET = "arn:aws:s3:::b/*"
SEED = 20
OF_THE_CORPUS = 15


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = BUCKET, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*") -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource}


def is_the_same(one: Any, other: Any) -> bool:
    """By the comparison, in any context at all."""
    left, right = (parse_policy(json.dumps(each)).policy for each in (one, other))
    assert left is not None
    assert right is not None
    return compare(left, right).verdict == "equivalent"


CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("an action that a pattern of the list covers", policy(allow(["s3:Get*", "s3:GetObject"])),
     policy(allow("s3:Get*"))),
    ("two equal statements", policy(allow("s3:GetObject"), allow("s3:GetObject")),
     policy(allow("s3:GetObject"))),
    ("statements that differ in the action", policy(allow("s3:GetObject"), allow("s3:PutObject")),
     policy(allow(["s3:GetObject", "s3:PutObject"]))),
    ("statements that differ in the resource",
     policy(allow("s3:GetObject", "arn:aws:s3:::a/*"), allow("s3:GetObject", "arn:aws:s3:::c/*")),
     policy(allow("s3:GetObject", ["arn:aws:s3:::a/*", "arn:aws:s3:::c/*"]))),
    ("a statement within another", policy(allow("s3:*", "*"), allow("s3:GetObject")),
     policy(allow("s3:*", "*"))),
    ("a list of one", policy(allow(["s3:GetObject"], [BUCKET])), policy(allow("s3:GetObject"))),
    ("two denies that differ in the action", policy(deny("s3:A"), deny("s3:B")),
     policy(deny(["s3:A", "s3:B"]))),
]  # fmt: skip


@pytest.mark.parametrize(("what", "given", "expected"), CASES, ids=[each[0] for each in CASES])
def test_what_changes_nothing_goes(what: str, given: Any, expected: Any) -> None:
    found = minimised(json.dumps(given))
    assert found.document == expected, what
    assert found.verdict == "equivalent"
    assert is_the_same(given, found.document)


@pytest.mark.parametrize(
    "kept",
    [
        policy(allow("s3:GetObject"), allow("s3:PutObject", "arn:aws:s3:::c/*")),
        policy(allow("s3:GetObject"), deny("ec2:RunInstances")),
        policy(allow("s3:GetObject"), {"Effect": "Allow", "NotAction": "s3:*", "Resource": BUCKET}),
        policy(allow("s3:GetObject", Condition={"Bool": {"aws:SecureTransport": "true"}}),
               allow("s3:PutObject")),
        policy(allow("s3:GetObject"), {**deny("s3:GetObject"), "Resource": BUCKET + "x"}),
    ],
)  # fmt: skip
def test_what_has_an_effect_stays_a_deny_of_what_is_not_allowed_included(kept: Any) -> None:
    found = minimised(json.dumps(kept))
    assert found.document == kept
    assert not found.steps


def test_what_the_solver_alone_sees_goes_too() -> None:
    """Both halves of a condition together say what the statement without it says."""
    given = policy(
        allow("s3:GetObject", "arn:aws:s3:::b/a*"),
        allow("s3:GetObject", "arn:aws:s3:::b/?*"),
    )
    found = minimised(json.dumps(given))
    assert found.after < found.before
    assert is_the_same(given, found.document)
    tested = policy(
        allow("s3:GetObject", Condition={"NumericLessThan": {"s3:max-keys": "5"}}),
        allow("s3:GetObject", Condition={"NumericLessThan": {"s3:max-keys": "9"}}),
    )
    found = minimised(json.dumps(tested))
    assert len(statements_of(found.document)) == 1
    assert found.steps[0].message == "other statements allow everything that statement 1 allows"
    assert is_the_same(tested, found.document)


def test_what_is_left_as_it_is_says_why() -> None:
    shortest = minimised(json.dumps(policy(allow("s3:GetObject"))))
    assert shortest.document == shortest.original
    assert shortest.why_no_step.startswith("nothing in it is said twice")
    listed = minimised(json.dumps(policy(allow(["s3:GetObject"]))))
    assert listed.why_no_step == "only lists of one value became that value"
    assert not minimised(json.dumps(policy(allow(["s3:*", "s3:GetObject"])))).why_no_step


def test_work_that_is_spent_is_said_and_what_was_done_is_proved() -> None:
    given = policy(*(allow(f"s3:Get{number}") for number in range(20)))
    found = minimised(json.dumps(given), budget=Steps(1_000))
    assert "whether more can go" in found.doubts[0]
    assert 0 < len(found.steps) < 19
    assert is_the_same(given, found.document)


WORDS = [
    ("all that begin so",
     ["iam:ListRolePolicies", "iam:ListRoleTags", "iam:ListRoles"], "iam:ListRole*", 3),
    ("not where another action begins so", ["iam:GetRole", "iam:GetRolePolicy"], None, 0),
    ("not for a single action", ["ecs:RunTask", "ecs:StartTask"], None, 0),
    ("not beyond one access level",
     [each.id for each in get_reference().expand("iam:Set*")], None, 0),
]  # fmt: skip


@pytest.mark.parametrize(("what", "actions", "pattern", "count"), WORDS, ids=[w[0] for w in WORDS])
def test_patterns_are_written_where_they_match_exactly_these_today(
    what: str, actions: list[str], pattern: str | None, count: int
) -> None:
    found = minimised(json.dumps(policy(allow(actions, "*"))), wildcards=True)
    assert [each.pattern for each in found.open_to] == ([pattern] if pattern else []), what
    assert [len(each.actions) for each in found.open_to] == ([count] if count else [])
    assert found.verdict == ("equivalent-today" if pattern else "equivalent")
    assert is_the_same(found.original, written_out(found))


def test_a_pattern_says_what_it_stands_for_and_that_it_is_open() -> None:
    actions = [each.id for each in get_reference().expand("ecs:Describe*")]
    found = minimised(json.dumps(policy(allow([*actions, "ecs:NoSuchAction"], "*"))),
                      wildcards=True)  # fmt: skip
    assert all(each.pattern.startswith("ecs:Describe") for each in found.open_to)
    assert "ecs:NoSuchAction" in values(statements_of(found.document)[0]["Action"])
    assert found.after < found.before / 3
    assert "it will also match what AWS adds" in found.steps[-1].message
    exact = minimised(json.dumps(found.original))
    assert not exact.open_to


@pytest.mark.parametrize("usage", [Usage.IDENTITY, Usage.SERVICE_CONTROL])
def test_a_single_statement_without_a_list_gets_none(usage: Usage) -> None:
    given = {"Version": "2012-10-17", "Statement": allow(["s3:*", "s3:GetObject"], "*")}
    found = minimised(json.dumps(given), usage)
    assert found.document == {**given, "Statement": allow("s3:*", "*")}


def test_every_step_is_told_with_its_place() -> None:
    found = minimised(json.dumps(policy(allow(["s3:Get*", "s3:GetObject"]), allow("s3:PutObject"))))
    assert [each.kind for each in found.steps] == ["removed", "joined"]
    assert found.steps[0].path == "Statement[0].Action[1]"
    assert "differ in `Action` only" in found.steps[1].message


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "empty"), ("{", "JSON"), ('{"Statement": 1}', "Statement"), ("[]", "object")],
)
def test_what_is_no_policy_is_refused_with_its_reason(text: str, said: str) -> None:
    with pytest.raises(UnusableDocumentError, match=said):
        minimised(text)


def test_policies_of_aws_stay_the_same_and_get_no_longer() -> None:
    choose = random.Random(SEED)
    for name in choose.sample(sorted(documents_by_name()), OF_THE_CORPUS):
        text = documents_by_name()[name]
        if len(text) > 12_000:
            continue
        found = minimised(text)
        assert found.after <= found.before, name
        assert is_the_same(found.original, found.document), name


NAMES = st.sampled_from(["s3:Get*", "s3:GetObject", "s3:PutObject", "s3:*", "ec2:Run*"])
ARNS = st.sampled_from(["*", BUCKET, "arn:aws:s3:::b/x", "arn:aws:s3:::c"])
STATEMENTS = st.lists(
    st.builds(
        lambda effect, actions, resources, condition: {
            "Effect": effect, "Action": actions, "Resource": resources, **condition,
        },
        st.sampled_from(["Allow", "Allow", "Allow", "Deny"]),
        st.lists(NAMES, min_size=1, max_size=4),
        st.lists(ARNS, min_size=1, max_size=3),
        st.sampled_from([{}, {}, {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}]),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(STATEMENTS)
def test_any_policy_stays_the_same_and_gets_no_longer(statements: list[dict[str, Any]]) -> None:
    found = minimised(json.dumps(policy(*statements)))
    assert found.after <= found.before
    assert is_the_same(found.original, found.document)
    assert minimised(json.dumps(found.document)).document == found.document


@settings(max_examples=40, deadline=None)
@given(STATEMENTS, st.integers(220, 500))
def test_splitting_loses_nothing_and_keeps_to_the_quota(
    statements: list[dict[str, Any]], quota: int
) -> None:
    parts = split(policy(*statements), quota)
    assert all(characters(each) <= quota for each in parts)
    together = policy(*(each for part in parts for each in statements_of(part)))
    assert is_the_same(policy(*statements), together)


def test_one_statement_over_the_quota_is_cut_along_its_longest_list() -> None:
    resources = [f"arn:aws:s3:::bucket-{number}/*" for number in range(40)]
    parts = split(policy(allow("s3:GetObject", resources, Sid="Read")), 400)
    assert len(parts) > 2
    cut = [each for part in parts for each in statements_of(part)]
    assert [name for each in cut for name in each["Resource"]] == resources
    assert [each.get("Sid") for each in cut].count("Read") == 1


def test_what_cannot_be_cut_is_said() -> None:
    with pytest.raises(UnsplittableError, match="no list to cut"):
        split(policy(allow("s3:GetObject", "arn:aws:s3:::" + "b" * 300)), 200)
    nothing_but = {"Effect": "Allow", "NotAction": ["s3:A" * 30, "s3:B" * 30], "Resource": "*"}
    with pytest.raises(UnsplittableError):
        split(policy(nothing_but), 150)


def run(*arguments: str) -> tuple[str, str, int]:
    out, errors, status = StringIO(), StringIO(), 0
    try:
        call_command("minimise", *arguments, stdout=out, stderr=errors)
    except SystemExit as end:
        status = int(end.code or 0)
    return out.getvalue(), errors.getvalue(), status


def test_the_command_prints_the_document_and_what_was_done(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(policy(allow(["s3:Get*", "s3:GetObject"]))))
    out, _, status = run(str(path), "--format", "json")
    (result,) = json.loads(out)["results"]
    assert status == 0
    assert result["documents"] == [policy(allow("s3:Get*"))]
    assert (result["verdict"], result["before"] > result["after"]) == ("equivalent", True)
    text, _, _ = run(str(path))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert json.loads("\n".join(lines)) == policy(allow("s3:Get*"))
    assert "```json" in run(str(path), "--format", "markdown")[0]


def test_the_command_splits_what_is_over_the_quota(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    resources = [f"arn:aws:s3:::bucket-with-a-long-name-{number}/*" for number in range(300)]
    path.write_text(json.dumps(policy(allow("s3:GetObject", resources))))
    (result,) = json.loads(run(str(path), "--split", "--format", "json")[0])["results"]
    assert len(result["documents"]) > 1
    assert all(characters(each) <= 6_144 for each in result["documents"])
    assert result["documentsVerdict"] == "equivalent"
    assert (
        f"{len(result['documents'])} documents, which together allow the same: proved"
        in run(str(path), "--split")[0]
    )


def test_the_command_writes_patterns_where_asked_and_says_what_they_are_open_to(
    tmp_path: Path,
) -> None:
    path = tmp_path / "p.json"
    path.write_text(
        json.dumps(policy(allow(["iam:ListRolePolicies", "iam:ListRoleTags", "iam:ListRoles"])))
    )
    (result,) = json.loads(run(str(path), "--wildcards", "--format", "json")[0])["results"]
    assert result["verdict"] == "equivalent-today"
    assert result["openTo"][0]["pattern"] == "iam:ListRole*"
    assert "proved for all actions that are known today" in run(str(path), "--wildcards")[0]
    (exact,) = json.loads(run(str(path), "--format", "json")[0])["results"]
    assert exact["unchanged"].startswith("nothing in it is said twice")
    assert "unchanged: nothing in it is said twice" in run(str(path), "--format", "markdown")[0]


def test_a_file_that_is_no_policy_ends_with_2_and_the_others_are_minimised(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text(json.dumps(policy(allow("s3:GetObject"))))
    out, errors, status = run(str(tmp_path / "a.json"), str(tmp_path / "b.json"))
    assert status == 2
    assert "a.json" in errors
    assert "b.json" in out


def test_a_deny_keeps_its_place_in_a_service_control_policy() -> None:
    given = policy(allow("*", "*"), deny("ec2:RunInstances"), deny("ec2:StopInstances"))
    found = minimised(json.dumps(given), Usage.SERVICE_CONTROL)
    assert found.document == policy(
        allow("*", "*"), deny(["ec2:RunInstances", "ec2:StopInstances"])
    )
