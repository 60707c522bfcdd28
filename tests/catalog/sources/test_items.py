"""Texts of every shape, good and bad, turned into policies or reasons why not."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import pytest

from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.sources.items import (
    Rejection,
    Skipped,
    SourcePolicy,
    UnusableSourceError,
    read_moment,
)
from policyhub.iam.reading.document import digest
from tests.catalog.given_sources import (
    ACCOUNT,
    ANSWER,
    DAY,
    DOCUMENT,
    NAME,
    detail,
    read,
    the_policy,
    the_reason,
    version_detail,
)

EXPORT = {
    "UserDetailList": [
        {"UserName": "ada", "UserPolicyList": [{"PolicyName": "adas-own", "PolicyDocument": {}}]}
    ],
    "GroupDetailList": [{"GroupName": "staff", "GroupPolicyList": [{"PolicyName": "for-staff"}]}],
    "RoleDetailList": [
        {
            "RoleName": "deploy",
            "AssumeRolePolicyDocument": {},
            "RolePolicyList": [{"PolicyName": "of-deploy"}],
        },
        {"RoleName": "idle", "RolePolicyList": []},
    ],
    "Policies": [detail(), detail("Second")],
}


def dump(*details: Any, count: object = None, day: object = "2025-05-05") -> str:
    header = {"origin": "a test", "retrievedOn": day, "policies": len(details)}
    if count is not None:
        header["policies"] = count
    return "\n".join(json.dumps(each) for each in ({"Corpus": header}, *details)) + "\n"


def test_a_bare_document_is_named_by_its_file_and_tells_nothing_else() -> None:
    assert the_policy(DOCUMENT) == SourcePolicy(
        name=NAME,
        arn="",
        path="/",
        created_at=None,
        updated_at=None,
        retrieved_on=DAY,
        source=PolicyVersion.Source.FILE,
        versions=the_policy(DOCUMENT).versions,
        place=f"{NAME}.json",
    )
    (version,) = the_policy(DOCUMENT).versions
    assert (version.version_id, version.created_at, version.is_default) == ("", None, True)
    assert version.document == DOCUMENT


def test_a_bare_document_keeps_its_text_to_the_letter() -> None:
    text = '{ "Statement" : {"Resource":"*",\n\t"Action":"s3:*","Effect":"Allow"} }\n'
    assert the_policy(text).versions[0].document == text


def test_a_byte_order_mark_is_no_part_of_the_document() -> None:
    assert the_policy(b"\xef\xbb\xbf" + DOCUMENT.encode()).versions[0].document == DOCUMENT


def test_an_answer_of_get_policy_version_tells_number_date_and_whether_it_is_in_force() -> None:
    policy = the_policy(json.dumps(ANSWER))
    (version,) = policy.versions
    assert (policy.name, policy.arn, policy.source) == (NAME, "", PolicyVersion.Source.FILE)
    assert policy.updated_at == datetime(2024, 1, 22, 10, tzinfo=UTC)
    assert (version.version_id, version.created_at) == ("v3", policy.updated_at)
    assert version.is_default
    assert version.document == DOCUMENT


def test_an_answer_about_a_version_that_is_not_in_force_says_so() -> None:
    answer = {"PolicyVersion": {**ANSWER["PolicyVersion"], "IsDefaultVersion": False}}
    assert not the_policy(json.dumps(answer)).versions[0].is_default


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("Reader-v3", "Reader"),
        ("Reader@v3", "Reader"),
        ("Reader.v3", "Reader"),
        ("Reader_v3", "Reader"),
        ("Reader-v30", "Reader-v30"),
        ("Readerv3", "Readerv3"),
        ("v3", "v3"),
        ("Reader", "Reader"),
    ],
)
def test_a_version_number_at_the_end_of_a_file_name_is_not_part_of_the_name(
    stem: str, name: str
) -> None:
    assert the_policy(json.dumps(ANSWER), stem).name == name


def test_a_bare_document_keeps_a_number_in_its_file_name() -> None:
    assert the_policy(DOCUMENT, "Reader-v3").name == "Reader-v3"


def test_the_answers_of_get_policy_and_get_policy_version_may_be_merged() -> None:
    about = {"PolicyName": "Reader", "Arn": f"arn:aws:iam::{ACCOUNT}:policy/team/Reader"}
    policy = the_policy(json.dumps({"Policy": {**about, "DefaultVersionId": "v3"}, **ANSWER}))
    assert (policy.name, policy.path, policy.arn) == ("Reader", "/team/", about["Arn"])
    assert policy.source == PolicyVersion.Source.FILE
    assert policy.versions[0].is_default


def test_a_managed_policy_detail_tells_everything() -> None:
    arn = "arn:aws:iam::aws:policy/aws-service-role/LinkedPolicy"
    policy = the_policy(json.dumps(detail("LinkedPolicy", Arn=arn, Path="/ignored/")))
    assert (policy.arn, policy.path) == (arn, "/aws-service-role/")
    assert (policy.kind, policy.attachable) == (Policy.Kind.SERVICE_LINKED_ROLE, False)
    assert policy.created_at == policy.updated_at == datetime(2024, 1, 22, 10, tzinfo=UTC)
    assert (policy.source, policy.retrieved_on) == (PolicyVersion.Source.EXPORT, DAY)


@pytest.mark.parametrize(
    ("account", "path", "kind"),
    [
        ("aws", "/", Policy.Kind.AWS_MANAGED),
        ("aws", "/service-role/", Policy.Kind.SERVICE_ROLE),
        ("aws", "/job-function/", Policy.Kind.JOB_FUNCTION),
        ("aws", "/elsewhere/", Policy.Kind.AWS_MANAGED),
        (ACCOUNT, "/service-role/", Policy.Kind.CUSTOMER_MANAGED),
    ],
)
def test_arn_and_path_tell_what_a_policy_is_made_for(account: str, path: str, kind: str) -> None:
    arn = f"arn:aws:iam::{account}:policy{path}{NAME}"
    assert the_policy(json.dumps(detail(Arn=arn))).kind == kind


def test_a_detail_without_an_arn_invents_none() -> None:
    policy = the_policy(json.dumps(detail(Arn=None, Path="/service-role/")))
    assert (policy.arn, policy.path, policy.kind) == ("", "/", Policy.Kind.CUSTOMER_MANAGED)


@pytest.mark.parametrize(
    ("versions", "default"),
    [
        (
            [
                version_detail("v1", IsDefaultVersion=False),
                version_detail("v2", IsDefaultVersion=True),
            ],
            "v2",
        ),
        ([version_detail("v1"), version_detail("v2")], "v1"),
        ([version_detail("v2", IsDefaultVersion=False)], None),
    ],
    ids=["as each version says", "else as the policy says", "none"],
)
def test_the_default_version_is_told_by_the_versions_or_the_policy(
    versions: list[dict[str, Any]], default: str | None
) -> None:
    policy = the_policy(json.dumps(detail(PolicyVersionList=versions, DefaultVersionId="v1")))
    found = [each.version_id for each in policy.versions if each.is_default]
    assert found == ([default] if default else [])


def test_an_export_gives_its_policies_and_names_the_inline_ones_it_leaves_out() -> None:
    items = read(json.dumps(EXPORT))
    assert [each.name for each in items if isinstance(each, SourcePolicy)] == [NAME, "Second"]
    assert [each.place for each in items if isinstance(each, SourcePolicy)] == [
        f"{NAME}.json Policies[0]",
        f"{NAME}.json Policies[1]",
    ]
    skipped = [each for each in items if isinstance(each, Skipped)]
    assert [each.place.split(" ", 1)[1] for each in skipped] == [
        "UserDetailList ada",
        "GroupDetailList staff",
        "RoleDetailList deploy",
        "RoleDetailList",
    ]
    assert [each.reason.split()[2].rstrip(":") for each in skipped[:3]] == [
        "adas-own",
        "for-staff",
        "of-deploy",
    ]
    assert "1 trust policy (deploy)" in skipped[3].reason
    assert len(items) == 6


def test_one_bad_policy_of_an_export_leaves_the_others_in() -> None:
    bad = {**detail("Bad"), "PolicyVersionList": []}
    first, second, third = read(json.dumps({"Policies": [detail(), bad, "x"]}))
    assert isinstance(first, SourcePolicy)
    assert isinstance(second, Rejection)
    assert second.place == f"{NAME}.json Policies[1]"
    assert "`PolicyVersionList`" in second.reason
    assert isinstance(third, Rejection)


def test_an_answer_about_an_inline_policy_is_left_out_by_name() -> None:
    (item,) = read(json.dumps({"RoleName": "r", "PolicyName": "own", "PolicyDocument": {}}))
    assert isinstance(item, Skipped)
    assert "own" in item.reason


def test_a_list_of_details_is_taken_like_an_export() -> None:
    items = read(json.dumps([detail(), detail("Second")]))
    assert [each.name for each in items if isinstance(each, SourcePolicy)] == [NAME, "Second"]


def test_json_lines_are_read_line_by_line_and_each_bad_line_is_named() -> None:
    lines = [json.dumps(detail()), '{"PolicyName": "Cut', "", json.dumps(ANSWER), "null"]
    first, cut, answer, null = read("\n".join(lines), "lines")
    assert isinstance(first, SourcePolicy)
    assert isinstance(cut, Rejection)
    assert (cut.place, cut.reason[:18]) == ("lines.json line 2", "line 2, column 16:")
    assert isinstance(answer, SourcePolicy)
    assert answer.place == "lines.json line 4"
    assert isinstance(null, Rejection)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_json_lines_are_known_even_when_the_first_one_is_broken(ending: str) -> None:
    first, second = read(ending.join(['{"PolicyName": "Cut', json.dumps(detail())]))
    assert isinstance(first, Rejection)
    assert isinstance(second, SourcePolicy)


def test_a_separator_within_a_string_ends_no_line() -> None:
    text = json.dumps(detail(Description="one\u2028two"), ensure_ascii=False)
    assert len(read(f"{text}\n{text}")) == 2


def test_a_truncated_document_over_several_lines_is_no_json_lines() -> None:
    text = json.dumps(json.loads(DOCUMENT), indent=1)[:-8]
    assert the_reason(text).startswith("line ")


def test_a_dump_tells_its_day_and_that_it_came_from_the_iam_api() -> None:
    items = read(dump(detail(), detail("Second")), "corpus")
    assert [
        (each.source, each.retrieved_on) for each in items if isinstance(each, SourcePolicy)
    ] == [(PolicyVersion.Source.IAM_API, date(2025, 5, 5))] * 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (dump(detail(), count=2), "get the complete dump"),
        (dump(detail(), count="1"), "get the complete dump"),
        (dump(detail(), day="May"), "`May` is not a date"),
        (dump(detail(), day=5), "a value that is not a string is not a date"),
    ],
)
def test_a_dump_that_is_not_what_it_says_is_told_and_its_policies_come_in(
    text: str, reason: str
) -> None:
    told, policy = read(text, "corpus")
    assert isinstance(told, Rejection)
    assert reason in told.reason
    assert isinstance(policy, SourcePolicy)
    assert policy.retrieved_on == DAY


@pytest.mark.parametrize(
    "given",
    [
        json.loads(DOCUMENT),
        DOCUMENT,
        quote(DOCUMENT),
        re.sub("%..", lambda found: found[0].lower(), quote(DOCUMENT, safe="")),
    ],
    ids=["object", "text", "encoded for URLs", "encoded in lower case"],
)
def test_a_document_may_be_an_object_or_text_or_encoded_for_urls(given: object) -> None:
    answer = {"PolicyVersion": {**ANSWER["PolicyVersion"], "Document": given}}
    assert the_policy(json.dumps(answer)).versions[0].document == DOCUMENT


@pytest.mark.parametrize(
    "text", [quote(DOCUMENT), json.dumps(DOCUMENT), json.dumps(quote(DOCUMENT))]
)
def test_a_whole_file_may_be_a_document_in_quotes_or_encoded_for_urls(text: str) -> None:
    assert the_policy(text).versions[0].document == DOCUMENT


def test_numbers_in_a_document_stay_as_they_are_written() -> None:
    condition = '{"NumericLessThan":{"a:b":[1.10,1e3,' + "9" * 5000 + "]}}"
    inner = DOCUMENT.replace('"Resource":"*"', f'"Resource":"*","Condition":{condition}')
    text = json.dumps(ANSWER).replace(json.dumps(json.loads(DOCUMENT)), inner)
    kept = the_policy(text).versions[0].document
    assert kept == inner
    assert digest(kept) == digest(inner)


def test_key_order_and_letters_beyond_ascii_stay_as_they_are() -> None:
    inner = '{"Statement":[{"Sid":"b","Resource":"é"}],"Version":"2012-10-17"}'
    text = json.dumps({"PolicyVersion": {"Document": json.loads(inner)}})
    assert the_policy(text).versions[0].document == inner


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-22T10:00:00Z", datetime(2024, 1, 22, 10, tzinfo=UTC)),
        ("2024-01-22T10:00:00+00:00", datetime(2024, 1, 22, 10, tzinfo=UTC)),
        ("2024-01-22T12:30:00+02:30", datetime(2024, 1, 22, 10, tzinfo=UTC)),
        ("2024-01-22T10:00:00", datetime(2024, 1, 22, 10, tzinfo=UTC)),
        ("2024-01-22", datetime(2024, 1, 22, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_read_as_utc_however_they_are_written(
    text: object, moment: datetime | None
) -> None:
    assert read_moment(text) == moment


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(UnusableSourceError, match="`22 January` is not a date"):
        read_moment("22 January")
