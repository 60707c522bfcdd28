"""The query protocol itself: what is refused and how, limits, settings, and escaping."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.session import Session
from django.conf import settings
from django.test import Client, override_settings

from policyhub.awsapi import inputs
from policyhub.awsapi.operations import OPERATIONS
from policyhub.awsapi.shapes import Flag, ListOf, Number, Structure, Text
from tests.awsapi.querying import (
    ALLOW_S3,
    FORM,
    NAMESPACE,
    Xml,
    ask,
    document,
    entry,
    form_of,
    post,
    refusal,
    statement,
    texts,
)
from tests.servers import Server, manage

pytestmark = pytest.mark.django_db

FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonECS_FullAccess"
USER = "arn:aws:iam::123456789012:user/ana"
OWNER = "arn:aws:iam::123456789012:root"
EC2 = "arn:aws:ec2:us-east-1:123456789012:"
MODEL = Session().get_service_model("iam")

SIMULATION = {"PolicyInputList": [ALLOW_S3], "ActionNames": ["s3:GetObject"]}
MANY_PATTERNS = document(
    {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::b/*"] * 4000}
)


def simulation(**given: Any) -> tuple[str, dict[str, Any]]:
    return "SimulateCustomPolicy", {**SIMULATION, **given}


def with_entries(*entries: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return simulation(ContextEntries=list(entries))


REFUSED = {
    # The form of a value
    "no policies": (("SimulateCustomPolicy", {"ActionNames": ["s3:GetObject"]}), "ValidationError"),
    "no actions": (("SimulateCustomPolicy", {"PolicyInputList": []}), "ValidationError"),
    "no policies to look into": (("GetContextKeysForCustomPolicy", {}), "ValidationError"),
    "a short action": (simulation(ActionNames=["ab"]), "ValidationError"),
    "a long action": (simulation(ActionNames=["s3:" + "a" * 126]), "ValidationError"),
    "an empty resource": (simulation(ResourceArns=[""]), "ValidationError"),
    "a long resource": (simulation(ResourceArns=["a" * 2049]), "ValidationError"),
    "a long caller": (simulation(CallerArn="a" * 2049), "ValidationError"),
    "an empty document": (simulation(PolicyInputList=[""]), "ValidationError"),
    "a long document": (simulation(PolicyInputList=[" " * 131_073]), "ValidationError"),
    "a document beyond Latin-1": (simulation(PolicyInputList=["\u0100"]), "ValidationError"),
    "a short key": (with_entries(entry("string", "a", name="a:bc")), "ValidationError"),
    "a long key": (with_entries(entry("string", "a", name="a:" + "b" * 255)), "ValidationError"),
    "an unknown type": (with_entries(entry("text", "a")), "ValidationError"),
    "a type in the wrong case": (with_entries(entry("String", "a")), "ValidationError"),
    "no type": (with_entries({"ContextKeyName": "aws:Key"}), "ValidationError"),
    "eight levels": (
        simulation(OrderedOrganizationPolicyInputList=[{"ServiceControlPolicyInputList": []}] * 8),
        "ValidationError",
    ),
    "a long option": (simulation(ResourceHandlingOption="a" * 65), "ValidationError"),
    "no items": (simulation(MaxItems=0), "ValidationError"),
    "too many items": (simulation(MaxItems=1001), "ValidationError"),
    "items that are no number": (simulation(MaxItems="ten"), "ValidationError"),
    "items in other digits": (simulation(MaxItems="\u0663"), "ValidationError"),
    "a huge number of items": (simulation(MaxItems="9" * 5000), "ValidationError"),
    "an empty marker": (simulation(Marker=""), "ValidationError"),
    "a long marker": (simulation(Marker="a" * 321), "ValidationError"),
    "a marker that is none": (simulation(Marker="nonsense"), "ValidationError"),
    "a marker beyond ASCII": (simulation(Marker="\xff"), "ValidationError"),
    "a marker of another operation": (
        simulation(Marker="TGlzdFBvbGljaWVzOjI="), "ValidationError",
    ),
    "a marker beyond the end": (
        simulation(Marker="U2ltdWxhdGVDdXN0b21Qb2xpY3k6Nw=="), "ValidationError",
    ),
    "an unknown scope": (("ListPolicies", {"Scope": "Everywhere"}), "ValidationError"),
    "a flag that is none": (("ListPolicies", {"OnlyAttached": "maybe"}), "ValidationError"),
    "a path without slashes": (("ListPolicies", {"PathPrefix": "service-role"}), "ValidationError"),
    "an unknown usage": (("ListPolicies", {"PolicyUsageFilter": "Any"}), "ValidationError"),
    "a short ARN": (("GetPolicy", {"PolicyArn": "arn:aws:iam"}), "ValidationError"),
    "no ARN": (("GetPolicy", {}), "ValidationError"),
    "a version that is none": (
        ("GetPolicyVersion", {"PolicyArn": FULL_ACCESS, "VersionId": "20"}), "ValidationError",
    ),
    "an empty version": (
        ("GetPolicyVersion", {"PolicyArn": FULL_ACCESS, "VersionId": ""}),
        "ValidationError",
    ),
    "no version": (("GetPolicyVersion", {"PolicyArn": FULL_ACCESS}), "ValidationError"),
    "a marker of versions beyond the end": (
        ("ListPolicyVersions", {
            "PolicyArn": FULL_ACCESS, "Marker": "TGlzdFBvbGljeVZlcnNpb25zOjk5",
        }), "ValidationError",
    ),
    # Parameters that are not understood
    "an unknown parameter": (simulation(PermissionsBoundary="x"), "ValidationError"),
    "a list that is one value": (simulation(ActionNames="s3:GetObject"), "ValidationError"),
    "one value that is a list": (simulation(CallerArn=[USER]), "ValidationError"),
    "a record that is one value": (simulation(ContextEntries=["aws:Key"]), "ValidationError"),
    "a record with an unknown member": (
        with_entries({**entry("string", "a"), "Extra": "x"}), "ValidationError",
    ),
    # What makes no sense
    "an empty list of actions": (simulation(ActionNames=[]), "InvalidInput"),
    "an action with a star": (simulation(ActionNames=["s3:*"]), "InvalidInput"),
    "an action without a service": (simulation(ActionNames=["GetObject"]), "InvalidInput"),
    "a document that is no JSON": (simulation(PolicyInputList=["{"]), "InvalidInput"),
    "a document without statements": (simulation(PolicyInputList=["{}"]), "InvalidInput"),
    "a deeply nested document": (simulation(PolicyInputList=["[" * 100_000]), "InvalidInput"),
    "a huge number in a document": (
        simulation(PolicyInputList=['{"Version":' + "9" * 5000 + "}"]), "InvalidInput",
    ),
    "half a surrogate pair in a document": (
        simulation(PolicyInputList=[document(statement("Allow", "*", Sid="\ud800"))]),
        "InvalidInput",
    ),
    "a resource policy among the identity policies": (
        simulation(PolicyInputList=[document(statement("Allow", "*", Principal="*"))]),
        "InvalidInput",
    ),
    "an identity policy for a resource": (
        simulation(ResourcePolicy=ALLOW_S3, CallerArn=USER), "InvalidInput",
    ),
    "a resource policy without a caller": (
        simulation(ResourcePolicy=document(statement("Allow", "*", Principal="*"))),
        "InvalidInput",
    ),
    "two boundaries": (
        simulation(PermissionsBoundaryPolicyInputList=[ALLOW_S3, ALLOW_S3]), "InvalidInput",
    ),
    "a resource that is no ARN": (simulation(ResourceArns=["bucket"]), "InvalidInput"),
    "too many resources": (simulation(ResourceArns=["*"] * 1001), "InvalidInput"),
    "too many resources for so many patterns": (
        simulation(ResourceArns=["*"] * 1000, PolicyInputList=[MANY_PATTERNS] * 2),
        "InvalidInput",
    ),
    "a session as the caller": (
        simulation(CallerArn="arn:aws:sts::123456789012:assumed-role/app/s"), "InvalidInput",
    ),
    "a federated user as the caller": (
        simulation(CallerArn="arn:aws:sts::123456789012:federated-user/ana"), "InvalidInput",
    ),
    "the root user as the caller": (simulation(CallerArn=OWNER), "InvalidInput"),
    "a service as the caller": (simulation(CallerArn="ecs.amazonaws.com"), "InvalidInput"),
    "a policy as the caller": (simulation(CallerArn=FULL_ACCESS), "InvalidInput"),
    "a group of another service as the caller": (
        simulation(CallerArn="arn:aws:sqs::123456789012:group/web"), "InvalidInput",
    ),
    "a group of no account as the caller": (
        simulation(CallerArn="arn:aws:iam::12:group/web"), "InvalidInput",
    ),
    "an owner that is a user": (simulation(ResourceOwner=USER), "InvalidInput"),
    "an owner without an ARN": (simulation(ResourceOwner="123456789012"), "InvalidInput"),
    "an option that is not known": (simulation(ResourceHandlingOption="EC2"), "InvalidInput"),
    "an option whose resources are missing": (
        simulation(ResourceHandlingOption="EC2-VPC-EBS", ResourceArns=[f"{EC2}instance/i-1"]),
        "InvalidInput",
    ),
    "a key given twice": (
        with_entries(entry("string", "a"), entry("string", "b")), "InvalidInput",
    ),
    "a key given in two spellings": (
        with_entries(entry("string", "a"), entry("string", "b", name="AWS:KEY")), "InvalidInput",
    ),
    "two values of one": (with_entries(entry("string", "a", "b")), "InvalidInput"),
    "no value of one": (with_entries(entry("string")), "InvalidInput"),
    "a number that is none": (with_entries(entry("numeric", "10abc")), "InvalidInput"),
    "a huge number": (with_entries(entry("numeric", "9" * 5000)), "InvalidInput"),
    "a number in other digits": (with_entries(entry("numericList", "\u0663")), "InvalidInput"),
    "a truth that is none": (with_entries(entry("boolean", "yes")), "InvalidInput"),
    "an address that is none": (with_entries(entry("ipList", "::1", "1.2.3")), "InvalidInput"),
    "a range for an address": (with_entries(entry("ip", "10.0.0.0/8")), "InvalidInput"),
    "bytes that are none": (with_entries(entry("binary", "***")), "InvalidInput"),
    "bytes beyond ASCII": (with_entries(entry("binary", "\xff")), "InvalidInput"),
    "a moment that is none": (with_entries(entry("date", "2026-13-01")), "InvalidInput"),
    "an ARN that is none": (("GetPolicy", {"PolicyArn": "a" * 20}), "InvalidInput"),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_user_gets_wrong_is_refused_with_its_code(
    request_: tuple[str, dict[str, Any]], code: str
) -> None:
    status, found, message = refusal(form_of(*request_))
    assert (status, found) == (400, code)
    assert 10 < len(message) < 3000


TAKEN = {
    "the shortest of all": simulation(),
    "the longest action": simulation(ActionNames=["s3:" + "a" * 125]),
    "the longest resource": simulation(ResourceArns=["arn:aws:s3:::" + "a" * 2035]),
    "the longest document": simulation(PolicyInputList=[ALLOW_S3.ljust(131_072)]),
    "a document in Latin-1": simulation(
        PolicyInputList=[ALLOW_S3.replace("{", "{\t\r\n", 1).replace('"*"', '"arn:aws:s3:::\xff"')]
    ),
    "empty lists": simulation(
        PolicyInputList=[],
        ResourceArns=[],
        ContextEntries=[],
        PermissionsBoundaryPolicyInputList=[],
        OrderedOrganizationPolicyInputList=[],
    ),
    "seven levels": simulation(
        OrderedOrganizationPolicyInputList=[{"ServiceControlPolicyInputList": [ALLOW_S3]}] * 7
    ),
    "values of every type": with_entries(
        *(
            entry(key_type, *values, name=f"aws:{key_type}")
            for key_type, values in zip(
                inputs.CONTEXT_KEY_TYPES,
                [
                    *([""], [], ["-1.5e3"], ["1", ".5"], ["TRUE"], ["false", "true"]),
                    *(["::1"], ["10.0.0.1", "::"], ["QUI="], ["", "QUI="]),
                    *(["2026-01-01"], ["1767225600", "2026-01-01T00:00:00+01:00"]),
                ],
                strict=True,
            )
        )
    ),
    "an option with its resources": simulation(
        ResourceHandlingOption="EC2-VPC-EBS-Subnet",
        ResourceArns=[
            f"{EC2}{kind}/x"
            for kind in (
                *("instance", "image", "security-group"),
                *("network-interface", "subnet", "volume"),
            )
        ],
    ),
    "the largest page": simulation(MaxItems=1000),
    "a thousand resources": simulation(ResourceArns=["*"] * 1000),
}


@pytest.mark.parametrize("request_", TAKEN.values(), ids=TAKEN.keys())
def test_what_the_limits_allow_is_answered(request_: tuple[str, dict[str, Any]]) -> None:
    name, given = request_
    assert texts(ask(name, **given), "EvaluationResults/member/EvalDecision")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "MissingAction"),
        ('{"Action": "ListPolicies"}', "MissingAction"),
        ("Action=", "InvalidAction"),
        ("Action=ListUsers&Version=2010-05-08", "InvalidAction"),
        ("Action=listpolicies&Version=2010-05-08", "InvalidAction"),
        ("Action=ListPolicies&Version=2012-10-17", "InvalidAction"),
        (f"Action={'a' * 5000}", "InvalidAction"),
        ("Action=%3C%26%3E%5D%5D%3E", "InvalidAction"),
        ("Action.member.1=ListPolicies", "ValidationError"),
        ("Action=ListPolicies&Action=GetPolicy", "ValidationError"),
        ("Action=ListPolicies&Scope=AWS&Scope=All", "ValidationError"),
        ("Action=ListPolicies&Scope=AWS&Scope.member.1=All", "ValidationError"),
        ("Action=ListPolicies&Scope.member.1=All&Scope=AWS", "ValidationError"),
        ("Action=ListPolicies&Marker=%FF", "ValidationError"),
        (b"Action=ListPolicies&Marker=\xff", "ValidationError"),
        ("Action=ListPolicies&Marker=%ED%A0%80", "ValidationError"),
        ("Action=ListPolicies&Marker=a%00b", "ValidationError"),
        ("Action=ListPolicies&Marker=a%1Bb", "ValidationError"),
        ("Action=ListPolicies&Marker=%EF%BF%BF", "ValidationError"),
        ("Action=ListPolicies&%00=b", "ValidationError"),
        (f"Action=ListPolicies&{'a' * 5000}=b", "ValidationError"),
        (f"Action=ListPolicies&{'a.' * 140}=b", "ValidationError"),
        ("Action=ListPolicies&.=b", "ValidationError"),
        ("Action=ListPolicies" + "&a=b" * 60_000, "ValidationError"),
        (form_of(*simulation()) + "&ResourceArns.member.0=*", "ValidationError"),
        (form_of(*simulation()) + "&ResourceArns.member.-1=*", "ValidationError"),
        (form_of(*simulation()) + "&ResourceArns.member.01=*", "ValidationError"),
        (form_of(*simulation()) + f"&ResourceArns.member.{'9' * 200}=*", "ValidationError"),
        (form_of(*simulation()) + "&ResourceArns.member.one=*", "ValidationError"),
        (form_of(*simulation()) + "&ResourceArns.1=*", "ValidationError"),
        (form_of(*simulation()) + "&ResourceArns.member=*", "ValidationError"),
        (form_of(*simulation()) + "&ResourceArns.member=", "ValidationError"),
    ],
)
def test_a_request_that_can_not_be_read_is_refused(body: str | bytes, code: str) -> None:
    status, found, message = refusal(body)
    assert (status, found) == (400, code)
    assert 10 < len(message) < 3000


def test_everything_that_is_wrong_is_said_at_once() -> None:
    given = simulation(ActionNames=["s3:GetObject", "ab"], MaxItems=0, CallerArn="")
    _, _, message = refusal(form_of(*given))
    assert message == (
        "3 validation errors detected: "
        "Value 'ab' at 'actionNames.2.member' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3; "
        "Value '' at 'callerArn' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value '0' at 'maxItems' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )


def test_a_syntax_error_is_told_with_its_place() -> None:
    broken = '{"Version":"2012-10-17",\n "Statement":{"Effect":"allow"}}'
    _, _, message = refusal(form_of(*simulation(PolicyInputList=[ALLOW_S3, broken])))
    assert message.startswith("Syntax errors in policy PolicyInputList.2 line 2, column ")


def test_members_are_taken_in_the_order_of_their_numbers() -> None:
    pairs = [
        *(("Action", "SimulateCustomPolicy"), ("PolicyInputList.member.1", ALLOW_S3)),
        *(("ActionNames.member.10", "s3:C"), ("ActionNames.member.2", "s3:B")),
        ("ActionNames.member.1", "s3:A"),
    ]
    status, root = post(urlencode(pairs))
    assert status == 200
    names = texts(root, "SimulateCustomPolicyResult/EvaluationResults/member/EvalActionName")
    assert names == ["s3:A", "s3:B", "s3:C"]


@pytest.mark.parametrize("path", ["/aws", "/aws/"])
def test_both_paths_answer_without_a_redirect_or_a_token(path: str) -> None:
    status, root = post(form_of("ListPolicies", {"MaxItems": 1}), path)
    assert status == 200
    assert root.tag == f"{NAMESPACE}ListPoliciesResponse"
    assert texts(root, "ResponseMetadata/RequestId") != [""]


@pytest.mark.parametrize("path", ["/aws", "/aws/"])
def test_a_query_string_is_answered_too(path: str) -> None:
    answer = Client().get(f"{path}?Action=ListPolicies&MaxItems=1&Scope=AWS")
    assert answer.status_code == 200
    assert answer["x-amzn-RequestId"]
    assert "no-store" in answer["Cache-Control"]


def test_a_signature_in_the_query_string_is_no_parameter() -> None:
    signed = {
        **{"Action": "ListPolicies", "Version": "2010-05-08", "X-Amz-Signature": "0"},
        **{"X-Amz-Credential": "x", "AWSAccessKeyId": "x", "SignatureVersion": "2"},
    }
    assert Client().get("/aws/", signed).status_code == 200


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_another_method_is_refused_in_the_same_shape(method: str) -> None:
    answer = getattr(Client(), method)("/aws/")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, POST")
    assert b"<Code>MethodNotAllowed</Code>" in answer.content


@pytest.mark.parametrize(
    ("value", "shown"), [("", True), ("on", True), ("off", False), ("maybe", "set it to on or off")]
)
def test_the_environment_switches_it(tmp_path: Path, value: str, shown: bool | str) -> None:
    done = manage(tmp_path, "diffsettings", POLICYHUB_AWS_API=value)
    expected = shown if isinstance(shown, str) else f"AWS_API = {shown}"
    assert expected in done.stdout + done.stderr


@override_settings(AWS_API=False)
def test_switched_off_nothing_answers() -> None:
    for path in ("/aws", "/aws/"):
        assert Client().post(path, "Action=ListPolicies", content_type=FORM).status_code == 404


@override_settings(
    LOGIN_REQUIRED=True,
    MIDDLEWARE=[
        *settings.MIDDLEWARE,
        "policyhub.logins.required.LoginRequired",
    ],
)
def test_where_reading_needs_an_account_access_is_denied() -> None:
    for body in ("Action=ListPolicies", "Action=Nonsense"):
        assert refusal(body)[:2] == (403, "AccessDenied")


@pytest.mark.parametrize("size", [4 * 1024 * 1024 + 1, 20 * 1024 * 1024])
def test_too_large_a_body_is_refused_and_the_client_learns_of_it(server: Server, size: int) -> None:
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as asking:
        asking.request("POST", "/aws/", b"a" * size, {"Content-Type": FORM})
        answer = asking.getresponse()
        assert answer.status == 413
        assert b"<Code>RequestEntityTooLarge</Code>" in answer.read()


def test_a_body_beyond_the_limits_of_forms_is_answered(server: Server) -> None:
    body = form_of(
        *simulation(PolicyInputList=[ALLOW_S3.ljust(130_000)] * 27, ActionNames=["s3:A"] * 1500)
    )
    assert 3_500_000 < len(body) < 4 * 1024 * 1024
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as asking:
        asking.request("POST", "/aws/", body, {"Content-Type": FORM})
        answer = asking.getresponse()
        assert (answer.status, answer.read().count(b"<EvalActionName>")) == (200, 100)


def constraints(shape: Any) -> dict[str, Any]:
    """What our shape of an input says, as botocore's model says it."""
    if isinstance(shape, Text):
        said = {"min": shape.shortest or None, "max": shape.longest, "pattern": shape.pattern}
        return {**said, "enum": list(shape.values)}
    if isinstance(shape, Number):
        return {"min": shape.least, "max": shape.most}
    if isinstance(shape, ListOf):
        return {"most": shape.most, "member": constraints(shape.member)}
    if isinstance(shape, Structure):
        return {name: constraints(each) for name, each in shape.members.items()}
    assert isinstance(shape, Flag)
    return {}


def modelled(shape: Shape) -> dict[str, Any]:
    """What botocore's model says of an input."""
    if isinstance(shape, StructureShape):
        return {name: modelled(each) for name, each in shape.members.items()}
    if isinstance(shape, ListShape):
        return {"most": shape.metadata.get("max"), "member": modelled(shape.member)}
    limits = {"min": shape.metadata.get("min"), "max": shape.metadata.get("max")}
    if shape.type_name == "string":
        said = {**limits, "pattern": shape.metadata.get("pattern", "")}
        return {**said, "enum": list(shape.metadata.get("enum", []))}
    return limits if shape.type_name == "integer" else {}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_limits_are_those_of_the_model(operation: str) -> None:
    ours = OPERATIONS[operation].shape
    theirs = MODEL.operation_model(operation).input_shape
    assert constraints(ours) == modelled(theirs)
    assert sorted(ours.required) == sorted(theirs.required_members)


def strangers(element: Xml, shape: Shape) -> Iterator[str]:
    """The elements that the model does not know, which clients would drop in silence."""
    for child in element:
        name = child.tag.removeprefix(NAMESPACE)
        if isinstance(shape, StructureShape) and name in shape.members:
            yield from strangers(child, shape.members[name])
        elif isinstance(shape, ListShape) and name == "member":
            yield from strangers(child, shape.member)
        elif not (isinstance(shape, MapShape) and name == "entry"):
            yield name


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("GetContextKeysForCustomPolicy", {"PolicyInputList": [ALLOW_S3]}),
        ("ListPolicies", {}),
        ("GetPolicy", {"PolicyArn": FULL_ACCESS}),
        ("GetPolicyVersion", {"PolicyArn": FULL_ACCESS, "VersionId": "v20"}),
        ("ListPolicyVersions", {"PolicyArn": FULL_ACCESS, "MaxItems": 1}),
        simulation(
            ResourceArns=["arn:aws:s3:::b/k"],
            CallerArn=USER,
            PermissionsBoundaryPolicyInputList=[ALLOW_S3],
            OrderedOrganizationPolicyInputList=[{"ServiceControlPolicyInputList": [ALLOW_S3]}],
            ResourcePolicy=document(statement("Allow", "s3:*", Principal="*")),
        ),
    ],
)
def test_the_model_knows_every_element_of_an_answer(operation: str, given: dict[str, Any]) -> None:
    result = ask(operation, **given)
    assert len(result)
    assert [*strangers(result, MODEL.operation_model(operation).output_shape)] == []
