"""The small alphabets that generated simulations are made from; what comes first is simplest."""

from __future__ import annotations

from typing import Any

ACCOUNT, OTHER = "123456789012", "999988887777"
ACCOUNTS = [ACCOUNT, OTHER, "111122223333"]
USER = f"arn:aws:iam::{ACCOUNT}:user/ana"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy"
ROLE_WITH_PATH = f"arn:aws:iam::{ACCOUNT}:role/ci/deploy"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/web"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
FEDERATED_USER = f"arn:aws:sts::{ACCOUNT}:federated-user/ana"
SERVICE_LINKED = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
)
FAR_USER = f"arn:aws:iam::{OTHER}:user/ana"
FAR_SESSION = f"arn:aws:sts::{OTHER}:assumed-role/deploy/web"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
ECS = "ecs-tasks.amazonaws.com"

CLUSTER = f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/web"
FAR_CLUSTER = f"arn:aws:ecs:us-east-1:{OTHER}:cluster/web"
TASK = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/web:1"
HOME = "arn:aws:s3:::home/ana/x"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd"

# What is asked: an action and a resource.
REQUESTS = [
    *[("ecs:RunTask", CLUSTER), ("ecs:RunTask", CLUSTER), ("ecs:RunTask", CLUSTER)],
    *[("s3:GetObject", HOME), ("s3:GetObject", HOME), ("s3:GetObject", HOME)],
    *[("ecs:RunTask", FAR_CLUSTER), ("ecs:ListClusters", "*"), ("ECS:runtask", CLUSTER)],
    *[("kms:Decrypt", KEY), ("kms:Decrypt", f"arn:aws:kms:us-east-1:{OTHER}:key/1234abcd")],
    *[("kms:CreateAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/web")],
    *[("sts:AssumeRole", ROLE), ("sts:TagSession", ROLE), ("sts:assumeRoleWithSAML", ROLE)],
    *[("sts:AssumeRole", f"arn:aws:iam::{OTHER}:role/deploy"), ("iam:PassRole", ROLE)],
    *[("s3:GetObject", "arn:aws:s3:::home//x"), ("s3:GetObject", "arn:aws:s3:::home/*/x")],
    *[
        ("s3:GetObject", "arn:aws:s3:::home/${aws:username}/x"),
        ("s3:ListBucket", "arn:aws:s3:::home"),
    ],
    *[("iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess"), ("s3:GetObject", "*")],
    *[("ecs:RunTask", TASK), ("ecs:RunTask", TASK), ("s3:New", HOME), ("iam:ListRoles", ROLE)],
]
ACTION_PATTERNS = [
    *("*", "*", "*", "ecs:*", "ecs:Run*", "ECS:*task", "ecs:?unTask", "s3:*", "s3:Get?bject"),
    *("kms:*", "sts:*", "sts:Assume*", "iam:*", "ecs:RunTask ", "ecs:RunTask?", "ecs:"),
]
RESOURCE_PATTERNS = [
    *("*", "*", "*", "*", CLUSTER, HOME, KEY, ROLE, "arn:*", "arn:aws:ecs:*", "arn:aws:ecs:*web"),
    *("arn:aws:ecs:*:*:c*/w?b", "arn:aws:s3:::home/*", "arn:aws:s3:::home/ana/?"),
    *("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/${AWS:UserName}/x"),
    *("arn:aws:s3:::home/${aws:PrincipalTag/team, 'ana'}/*", "arn:aws:s3:::home/${*}/x"),
    *("arn:aws:s3:::home/${aws:PrincipalTag/team}/*", "arn:aws:s3:::home/${aws:TagKeys}/x"),
    *("arn:aws:s3:::home/${$}{aws:username}/x", "arn:aws:ecs:*:*:cluster/${aws:PrincipalTag/team}"),
    *("arn:aws:ecs:us-east-1:${aws:PrincipalAccount}:cluster/web", "arn:aws:s3"),
    *("arn:aws:kms:*:*:key/*", "arn:aws:iam::*:role/*", "arn:aws:S3:::home/*"),
]

CALLERS: list[Any] = [
    *(
        USER,
        USER,
        USER,
        USER,
        ROLE,
        ROLE,
        SESSION,
        SESSION,
        SESSION,
        SESSION,
        ROOT,
        FEDERATED_USER,
        SERVICE_LINKED,
    ),
    *(FAR_USER, FAR_SESSION, f"arn:aws:iam::{OTHER}:root", ROLE_WITH_PATH),
    *({"Service": ECS}, {"AWS": USER}, {"Federated": PROVIDER}, PROVIDER, "anonymous", None, None),
    *({"Federated": "accounts.google.com"}, f"arn:aws-cn:iam::{ACCOUNT}:user/ana"),
    f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForECS/ecs",
    f"arn:aws:sts::{ACCOUNT}:assumed-root",
]
# Whom a policy names.
NAMED: list[Any] = [
    *("*", "*", {"AWS": "*"}, {"AWS": USER}, {"AWS": ROLE}, {"AWS": SESSION}, {"AWS": ROOT}),
    *({"AWS": ACCOUNT}, {"AWS": [ACCOUNT, USER]}, {"AWS": [ROOT, ROLE]}, {"AWS": [SESSION, ROOT]}),
    *({"AWS": ROLE_WITH_PATH}, {"AWS": FEDERATED_USER}, {"AWS": [FEDERATED_USER, ACCOUNT]}),
    *({"AWS": FAR_USER}, {"AWS": OTHER}, {"AWS": [FAR_USER, OTHER]}, {"AWS": FAR_SESSION}),
    *({"Service": ECS}, {"Service": "ec2.amazonaws.com"}, {"Service": [ECS, "ec2.amazonaws.com"]}),
    *({"Federated": PROVIDER}, {"Federated": "accounts.google.com"}, {"CanonicalUser": "79a59d"}),
    *({"AWS": ACCOUNT, "Service": ECS, "Federated": PROVIDER}, {"AWS": ["*", USER]}),
    *({"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"}, {"Service": "*"}, {"AWS": SERVICE_LINKED}),
]

QUALIFIERS = ["", "", "", "ForAllValues:", "ForAnyValue:"]
COMPARISONS = [
    *("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"),
]
TEXTS: list[Any] = [
    *("ana", "web", "Ana", "*", "a*", "w?b", "", "${aws:username}", "${aws:PrincipalTag/team}"),
    *("${aws:PrincipalTag/team, 'web'}", "${AWS:principaltag/TEAM,'*'}", "${*}", "${?}na", "${$}"),
    *("${aws:TagKeys}", "${aws:username", "x${aws:username}y", "${aws:username}*", True, 10, ECS),
]
ARNS: list[Any] = [
    *(USER, ROLE, CLUSTER, "*", "arn:aws:*:*:*:*", "arn:aws:ecs:*:*:cluster/*", "arn:*:web"),
    *(
        "arn:aws:iam::*:user/${aws:username}",
        f"arn:aws:iam::{ACCOUNT}:role/*",
        "${aws:PrincipalArn}",
    ),
    *(
        "arn:aws:ecs:*:cluster/web",
        "arn:aws:ecs:us-?ast-1:*:cluster/${aws:PrincipalTag/team}",
        "web",
    ),
]
NUMBERS: list[Any] = [10, "10", "10.0", "1e1", 9, "-1", 10.5, "10abc", "", "ten", "0010"]
DATES: list[Any] = [
    *("2026-01-01T00:00:00Z", "2026-01-01", "1767225600", 1767225600, "2026-01-01T02:00:00+02:00"),
    *("2025-12-31T23:59:59Z", "2026-01-01T00:00:00.5Z", "2026-02-30", "tomorrow"),
]
ADDRESSES: list[Any] = [
    *("10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "::/0", "2001:db8::/32", "2001:db8::1"),
    *("2001:DB8:0:0:0:0:0:1", "192.0.2.0/24", "10.0.0.0/33", "10.0.0", "web"),
]
BOOLEANS: list[Any] = ["true", "false", True, False, "TRUE", "1"]
PRESENCE: list[Any] = ["true", "false", True, False, "False", "maybe"]
BLOBS: list[Any] = ["QQ==", "Qg==", "qq==", "Q", "QQ=!"]

TEXT_KEYS = ["aws:username", "AWS:UserName", "aws:PrincipalTag/team", "aws:principaltag/Team"]
DERIVED_KEYS = ["aws:PrincipalAccount", "aws:ResourceAccount", "aws:PrincipalType"]

# Family, operators, the keys that they fit, values of the policy.
CONDITIONS: list[tuple[str, list[str], list[str], list[Any]]] = [
    (
        "strings",
        [
            *("StringEquals", "StringLike", "StringNotEquals", "StringNotLike"),
            *("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
        ],
        [*TEXT_KEYS, "aws:TagKeys", "aws:TagKeys", "web:free"],
        TEXTS,
    ),
    (
        "derived",
        ["StringEquals", "StringNotEquals", "StringLike"],
        [*DERIVED_KEYS, "aws:PrincipalServiceName", "aws:PrincipalIsAWSService"],
        [
            *(
                ACCOUNT,
                OTHER,
                "${aws:PrincipalAccount}",
                "${aws:ResourceAccount}",
                "*",
                ECS,
                "true",
            ),
            *("User", "AssumedRole", "FederatedUser", "Account", "Anonymous", "false"),
        ],
    ),
    (
        "arns",
        ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike", "StringEquals"],
        ["aws:PrincipalArn", "aws:PrincipalArn", "aws:principalarn", "aws:SourceArn"],
        ARNS,
    ),
    ("numbers", [f"Numeric{name}" for name in COMPARISONS], ["ecs:task-cpu"], NUMBERS),
    ("dates", [f"Date{name}" for name in COMPARISONS], ["aws:CurrentTime"], DATES),
    ("addresses", ["IpAddress", "NotIpAddress"], ["aws:SourceIp"], ADDRESSES),
    ("booleans", ["Bool"], ["aws:SecureTransport", "aws:PrincipalIsAWSService"], BOOLEANS),
    ("binary", ["BinaryEquals"], ["web:blob"], BLOBS),
    (
        "presence",
        ["Null"],
        [*TEXT_KEYS, "aws:TagKeys", "aws:PrincipalArn"],
        ["true", "false", True],
    ),
    (
        "presence",
        ["StringMatches", "BinaryNotEquals"],
        ["aws:username", "web:free"],
        ["ana", "*"],
    ),
]
# Keys of a request, and the values that each may have.
CONTEXT: list[tuple[str, list[Any]]] = [
    ("aws:username", ["ana", "web", "*", ["ana"]]),
    ("AWS:USERNAME", ["bob", "Ana"]),
    ("aws:PrincipalTag/team", ["web", "ana", "*", "", 10, ["web"], []]),
    ("aws:principaltag/TEAM", ["web", True]),
    ("aws:TagKeys", [["ana"], ["ana", "web"], ["Ana", "*"], [], "ana", ["web", "x", "10"]]),
    ("aws:TagKeys", [["web"], ["ana", "ana"], []]),
    ("web:free", ["ana", "web", "", "${aws:username}", ["w", "web"]]),
    ("aws:SourceArn", [CLUSTER, USER, "web", "*"]),
    ("aws:PrincipalArn", [USER, FAR_USER, ROLE]),
    ("ecs:task-cpu", [10, "10", "9.99", 11, "10abc", [9, 10], []]),
    ("aws:CurrentTime", ["2026-01-01T00:00:00Z", "1767225600", 1767225601, "2026-01-01", "now"]),
    ("aws:SourceIp", ["10.0.0.1", "2001:db8::1", "192.0.2.7", "web", ["10.0.0.1", "2001:db8::1"]]),
    ("aws:SecureTransport", ["true", True, False, "False", "yes"]),
    ("web:blob", ["QQ==", "Qg==", "QQ"]),
    ("aws:PrincipalAccount", [ACCOUNT, OTHER]),
    ("aws:PrincipalIsAWSService", [True, "false"]),
]

BROKEN_DOCUMENTS: list[dict[str, Any]] = [
    {"Version": "2012-10-17", "Statement": []},
    {"Statement": [{"Action": "*", "Resource": "*"}]},
    {"Version": "2012-10-17", "Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}},
    {"Version": "2011-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}},
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"},
    },
    {},
]
