"""The inputs of the operations, with the limits that AWS documents.

Source: IAM API Reference, "SimulateCustomPolicy", "GetContextKeysForCustomPolicy",
"ListPolicies", "GetPolicy", "GetPolicyVersion" and "ListPolicyVersions".
"""

from __future__ import annotations

from policyhub.awsapi.shapes import Flag, ListOf, Number, Shape, Structure, Text

CONTEXT_KEY_TYPES = (
    "string",
    "stringList",
    "numeric",
    "numericList",
    "boolean",
    "booleanList",
    "ip",
    "ipList",
    "binary",
    "binaryList",
    "date",
    "dateList",
)

_DOCUMENT = Text(1, 131_072, r"[\u0009\u000A\u000D\u0020-\u00FF]+")
_DOCUMENTS = ListOf(_DOCUMENT)
_RESOURCE = Text(1, 2048)
_ARN = Text(20, 2048)
_PAGE: dict[str, Shape] = {"MaxItems": Number(1, 1000), "Marker": Text(1, 320, r"[\u0020-\u00FF]+")}
_CONTEXT_ENTRY = Structure(
    {
        "ContextKeyName": Text(5, 256),
        "ContextKeyValues": ListOf(Text()),
        "ContextKeyType": Text(values=CONTEXT_KEY_TYPES),
    },
    required=("ContextKeyName", "ContextKeyType"),
)
_ORGANIZATION_LEVEL = Structure({"ServiceControlPolicyInputList": _DOCUMENTS})

SIMULATE_CUSTOM_POLICY = Structure(
    {
        "PolicyInputList": _DOCUMENTS,
        "PermissionsBoundaryPolicyInputList": _DOCUMENTS,
        "OrderedOrganizationPolicyInputList": ListOf(_ORGANIZATION_LEVEL, most=7),
        "ActionNames": ListOf(Text(3, 128)),
        "ResourceArns": ListOf(_RESOURCE),
        "ResourcePolicy": _DOCUMENT,
        "ResourceOwner": _RESOURCE,
        "CallerArn": _RESOURCE,
        "ContextEntries": ListOf(_CONTEXT_ENTRY),
        "ResourceHandlingOption": Text(1, 64),
        **_PAGE,
    },
    required=("PolicyInputList", "ActionNames"),
)
GET_CONTEXT_KEYS_FOR_CUSTOM_POLICY = Structure(
    {"PolicyInputList": _DOCUMENTS}, required=("PolicyInputList",)
)
LIST_POLICIES = Structure(
    {
        "Scope": Text(values=("All", "AWS", "Local")),
        "OnlyAttached": Flag(),
        "PathPrefix": Text(1, 512, r"((/[A-Za-z0-9\.,\+@=_-]+)*)/"),
        "PolicyUsageFilter": Text(values=("PermissionsPolicy", "PermissionsBoundary")),
        **_PAGE,
    }
)
GET_POLICY = Structure({"PolicyArn": _ARN}, required=("PolicyArn",))
GET_POLICY_VERSION = Structure(
    {"PolicyArn": _ARN, "VersionId": Text(pattern=r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?")},
    required=("PolicyArn", "VersionId"),
)
LIST_POLICY_VERSIONS = Structure({"PolicyArn": _ARN, **_PAGE}, required=("PolicyArn",))
