"""What the documentation says, checked against what the documents grant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyhub.catalog.access.permissions import effective_permissions
from policyhub.catalog.prose.checks import CHECKS, Finding, Prose, disagreements
from policyhub.iam.reading.document import parse_policy

ECS_PAGE = Path(__file__).resolve().parents[3] / "fixtures" / "ecs.json"
SERVICE_LINKED = "/aws-service-role/"

# Worked out by hand from the page: its descriptions next to its documents.
CASES = Path(__file__).parent / "cases" / "ecs_page.json"
ECS_FINDINGS: dict[str, list[dict[str, Any]]] = json.loads(CASES.read_text(encoding="utf-8"))


def allow(*actions: str, **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **elements}


def findings_of(
    prose: Prose, document: dict[str, Any] | None, *, checked: str = ""
) -> list[Finding]:
    """The findings of a document and its prose; `checked` narrows them to one code."""
    permissions = None
    if document is not None:
        policy = parse_policy(json.dumps(document)).policy
        assert policy is not None
        permissions = effective_permissions(policy)
    found = disagreements(prose, permissions)
    return [row for row in found if checked in ("", row.code)]


def found_in(
    *statements: dict[str, Any], describing: list[str], checked: str = ""
) -> list[Finding]:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return findings_of(Prose(tuple(describing), None, "/"), document, checked=checked)


def ecs_policies() -> dict[str, dict[str, Any]]:
    page = json.loads(ECS_PAGE.read_text(encoding="utf-8"))
    return {policy["name"]: policy for policy in page["policies"]}


def prose_of_the_page(policy: dict[str, Any]) -> Prose:
    described = {row["pattern"]: row["text"] for row in policy["permissionDescriptions"]}
    return Prose(
        tuple(described),
        policy["documentedAttachable"],
        policy["path"],
        described,
        policy["summary"],
        policy["considerations"],
    )


@pytest.mark.parametrize("name", ECS_FINDINGS)
def test_the_ecs_page_disagrees_with_its_documents_exactly_here(name: str) -> None:
    policy = ecs_policies()[name]
    document = policy["versions"][0]["document"] if policy["versions"] else None
    found = findings_of(prose_of_the_page(policy), document)
    told = [{"code": row.code, "evidence": without_sentence(row)} for row in found]
    assert told == ECS_FINDINGS[name]


def without_sentence(finding: Finding) -> dict[str, Any]:
    return {name: each for name, each in finding.evidence.items() if name != "sentence"}


@pytest.mark.parametrize("name", ECS_FINDINGS)
def test_what_a_sentence_of_the_page_says_comes_with_the_sentence(name: str) -> None:
    policy = ecs_policies()[name]
    document = policy["versions"][0]["document"] if policy["versions"] else None
    texts = [policy["summary"], policy["considerations"]]
    texts += [row["text"] for row in policy["permissionDescriptions"]]
    for row in findings_of(prose_of_the_page(policy), document):
        about_silence = row.code in (
            "granted-service-not-described",
            "granted-action-not-described",
        )
        assert about_silence or any(row.evidence["sentence"] in text for text in texts), row
        assert row.remedy


def test_every_policy_of_the_ecs_page_is_worked_out() -> None:
    assert set(ECS_FINDINGS) == set(ecs_policies())


def test_an_unknown_action_is_told_with_the_nearest_known_one() -> None:
    [finding] = found_in(
        allow("ec2:DescribeVolumes"),
        describing=["ec2:DescribeVolume"],
        checked="described-action-not-granted",
    )
    assert finding.message == (
        "`ec2:DescribeVolume` is described, but the document does not grant it, and the "
        "reference has no such action; the nearest is `ec2:DescribeVolumes`"
    )


@pytest.mark.parametrize("pattern", ["nosuchservice:DoIt", "ecs:FrobnicateQuux"])
def test_an_unknown_action_like_no_other_is_told_without_a_guess(pattern: str) -> None:
    [finding] = found_in(
        allow("ecs:RunTask"),
        describing=[pattern, "ecs:RunTask"],
        checked="described-action-not-granted",
    )
    assert finding.message.endswith("has no such action")
    assert "nearest" not in finding.evidence


def test_a_described_wildcard_of_which_some_is_missing_names_what_is_missing() -> None:
    [finding] = found_in(
        allow("ecs:SubmitTaskStateChange", "ecs:SubmitAttachmentStateChanges"),
        describing=["ecs:Submit*"],
    )
    assert finding.code == "described-action-not-granted"
    assert finding.evidence["actions"] == ["ecs:SubmitContainerStateChange"]
    assert finding.message == (
        "`ecs:Submit*` is described, but the document does not grant "
        "`ecs:SubmitContainerStateChange`"
    )


def test_a_described_action_that_a_deny_takes_away_names_the_deny() -> None:
    deny = {"Sid": "Never", "Effect": "Deny", "Action": "ecs:RunTask", "Resource": "*"}
    [finding] = found_in(allow("ecs:RunTask", "ecs:StopTask"), deny, describing=["ecs:*Task"])
    assert "ecs:RunTask" in finding.evidence["actions"]
    assert "ecs:StopTask" not in finding.evidence["actions"]
    assert finding.evidence["deniedBy"] == [{"position": 1, "sid": "Never"}]


def test_a_conditional_grant_is_a_grant() -> None:
    condition = {"StringEquals": {"ecs:CreateAction": "RunTask"}}
    statement = allow("ecs:TagResource", Condition=condition)
    assert found_in(statement, describing=["ecs:TagResource"]) == []


def test_letter_case_makes_no_difference() -> None:
    assert found_in(allow("ECS:runtask"), describing=["ecs:RunTask"]) == []
    assert found_in(allow("ecs:RunTask"), describing=["ecs:RUNTASK"]) == []


def test_everything_but_what_is_listed_grants_a_described_action() -> None:
    rest = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    found = found_in(rest, describing=["ecs:RunTask"], checked="described-action-not-granted")
    assert found == []
    [finding] = found_in(rest, describing=["iam:PassRole"], checked="described-action-not-granted")
    assert finding.evidence["pattern"] == "iam:PassRole"


def test_a_described_service_without_a_granted_action_is_told() -> None:
    [finding] = found_in(allow("ecs:RunTask"), describing=["ecs", "autoscaling-plans"])
    assert finding.code == "described-service-absent"
    assert finding.evidence == {"service": "autoscaling-plans"}


def test_a_service_of_which_an_action_is_described_is_not_called_undescribed() -> None:
    statement = allow("ecs:RunTask", "ssm:StartSession")
    assert found_in(statement, describing=["ecs", "ssm:StartSession"]) == []


def test_without_any_description_nothing_is_called_undescribed() -> None:
    assert found_in(allow("ecs:RunTask"), describing=[]) == []


def test_one_description_of_a_service_ends_the_check_action_by_action() -> None:
    statement = allow("ecs:RunTask", "ecs:StopTask", "ec2:DescribeTags")
    assert found_in(statement, describing=["ecs:RunTask", "ec2"]) == []


def test_a_long_list_is_cut_in_the_sentence_and_whole_in_the_evidence() -> None:
    [finding] = found_in(
        allow("ecs:*"), describing=["ecs:RunTask"], checked="granted-action-not-described"
    )
    assert len(finding.evidence["actions"]) > 50
    assert f"and {len(finding.evidence['actions']) - 5} more" in finding.message


def test_an_action_that_only_the_document_knows_counts_as_granted() -> None:
    [finding] = found_in(allow("ecs:NoSuchAction"), describing=["ecs:NoSuchAction"])
    assert finding.code == "pattern-unknown-to-reference"
    assert finding.evidence == {"pattern": "ecs:NoSuchAction"}


@pytest.mark.parametrize(
    ("element", "listed", "codes"),
    [
        ("Action", "ECS:nosuch*", ["pattern-unknown-to-reference"]),
        ("Action", "ecs:NoSuchThing", ["described-action-not-granted"]),
        ("NotAction", "iam:*", ["pattern-unknown-to-reference"]),
        ("NotAction", "ecs:*", ["described-action-not-granted"]),
    ],
)
def test_an_unknown_action_is_granted_where_the_text_of_a_statement_covers_it(
    element: str, listed: str, codes: list[str]
) -> None:
    statement = {"Effect": "Allow", element: listed, "Resource": "*"}
    found = found_in(statement, describing=["ecs:NoSuchAction"])
    assert [row.code for row in found if row.code != "granted-action-not-described"] == codes


def test_an_unknown_action_beside_what_a_deny_takes_away_is_not_granted() -> None:
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    found = found_in(allow("ecs:*"), deny, describing=["ecs:NoSuchAction"])
    assert [row.code for row in found] == ["described-action-not-granted"]


def test_an_action_that_only_the_document_knows_wants_a_description_too() -> None:
    found = found_in(
        allow("ecs:NoSuchAction", "ecs:RunTask"),
        describing=["ecs:RunTask"],
        checked="granted-action-not-described",
    )
    assert [row.evidence["actions"] for row in found] == [["ecs:NoSuchAction"]]


def test_a_service_that_only_the_document_knows_is_told_as_unknown() -> None:
    found = found_in(allow("nosuchservice:DoIt"), describing=["nosuchservice"])
    assert [(row.code, row.evidence) for row in found] == [
        ("pattern-unknown-to-reference", {"pattern": "nosuchservice"})
    ]


def test_a_deny_of_what_the_reference_does_not_know_grants_nothing() -> None:
    deny = {"Effect": "Deny", "Action": "ecs:NoSuchAction", "Resource": "*"}
    [finding] = found_in(
        allow("ec2:DescribeTags"),
        deny,
        describing=["ec2:DescribeTags", "ecs:NoSuchAction"],
    )
    assert finding.code == "described-action-not-granted"


@pytest.mark.parametrize(
    ("attachable", "path", "codes"),
    [
        (True, "/", []),
        (True, "/service-role/", []),
        (True, SERVICE_LINKED, ["documented-attachable-but-path-forbids"]),
        (True, f"{SERVICE_LINKED}ecs.amazonaws.com/", ["documented-attachable-but-path-forbids"]),
        (False, "/", ["documented-not-attachable-but-path-allows"]),
        (False, "/service-role/", ["documented-not-attachable-but-path-allows"]),
        (False, SERVICE_LINKED, []),
        (None, "/", []),
        (None, SERVICE_LINKED, []),
    ],
)
def test_what_is_said_about_attaching_is_held_against_the_path(
    attachable: bool | None, path: str, codes: list[str]
) -> None:
    assert [row.code for row in findings_of(Prose((), attachable, path), None)] == codes


def test_every_check_can_be_shown_to_a_reader() -> None:
    for code, check in CHECKS.items():
        assert check.code == code
        assert check.severity in ("high", "medium", "low")
        assert check.title
        assert check.explanation.endswith(".")


def test_a_finding_is_plain_json_of_the_agreed_shape() -> None:
    for finding in found_in(allow("ecs:RunTask"), describing=["ec2:DeleteTags"]):
        row = json.loads(json.dumps(finding.to_dict()))
        assert list(row) == ["code", "severity", "message", "evidence", "remedy"]
        assert row["severity"] == CHECKS[row["code"]].severity
