"""What can be odd about a request, or open about the answer to it: one table of codes.

Sources: Service Authorization Reference; IAM User Guide, "Policy evaluation logic" and "AWS
global condition context keys"; Organizations User Guide, "Resource control policies".
"""

from __future__ import annotations

from collections.abc import Mapping

from policyhub.iam.reading.problem_kind import ProblemKind
from policyhub.iam.reading.problems import Problem


def _kind(title: str, message: str, explanation: str) -> ProblemKind:
    return ProblemKind("warning", title, message, explanation)


REQUEST_PROBLEMS: Mapping[str, ProblemKind] = {
    "resource-type-not-of-action": _kind(
        "The action does not work on this resource",
        "{action} does not support a resource of this type: it works on {types}",
        "A statement that names a resource which the action can't have does nothing for it.",
    ),
    "action-without-resources": _kind(
        "The action works on no resource",
        "by the reference {action} does not support resource-level permissions, so that its "
        "requests are on `*` alone{bounded}",
        'Such an action is matched by `Resource: "*"` and by no ARN.',
    ),
    "resource-perhaps-of-type": _kind(
        "The resource may not be of the action's types",
        "this resource has a format of {action} only if a name in it may contain `/` or `:`, which "
        "is not known here; it works on {types}",
        "The reference does not say which characters a placeholder may contain.",
    ),
    "resource-not-given": _kind(
        "No resource is named",
        "{action} works on a resource, and `*` is not one: give the ARN of {types}",
        "`*` is taken literally: only statements that match every resource match it.",
    ),
    "unknown-action": _kind(
        "Unknown action",
        "{action} is not in the service authorization reference{hint}",
        "It may be newer than the reference, so the policies decide as they are written.",
    ),
    "unknown-service": _kind(
        "Unknown service",
        "{service} is not in the service authorization reference: whether such a request is "
        "possible is not known here",
        "The service may be newer than the reference, or none.",
    ),
    "unknown-condition-key": _kind(
        "Unknown condition key",
        "`{key}` is not a condition key of the service authorization reference or of AWS's lists "
        "of keys",
        "It may be newer than these, so conditions on it decide as they are written; or it is "
        "misspelt, and no request has it.",
    ),
    "rcp-does-not-reach": _kind(
        "Resource control policies do not reach this",
        "resource control policies do not reach {action}, so they are passed over",
        "They reach the services on AWS's list, and there the actions that have a resource type.",
    ),
    "service-linked-by-name": _kind(
        "Taken for a service-linked role",
        "the session's role is called {name}, so it is taken for a service-linked role: SCPs and "
        "RCPs do not apply",
        "A session's ARN lacks the path of the role; the name is AWS's custom.",
    ),
    "service-linked-policy-elsewhere": _kind(
        "Policy of a service-linked role on another caller",
        "the caller is not its service-linked role, so nothing is exempt: SCPs and RCPs count",
        "SCPs and RCPs do not apply to service-linked roles; they do to others with such a policy.",
    ),
    "root-session-without-task-policy": _kind(
        "The task policy of the root session is missing",
        "a root session can do only what its task policy leaves: give it as a session policy, such "
        'as `{{"managed": "S3UnlockBucketPolicy"}}`',
        "sts:AssumeRoot gives no session without a task policy.",
    ),
    "root-session-limited-by-denies": _kind(
        "A task policy limits by what it denies",
        "a task policy counts as limiting a root session by what it denies alone: AWS's own have "
        "no Allow statement, and its pages do not say what silence means",
        "Otherwise AWS's task policies would leave a root session nothing to do.",
    ),
    "everyone-against-silence": _kind(
        "AWS leaves this open",
        "the resource policy grants this to everyone, and AWS does not say whether the silence of "
        "{limits} limits such a grant in the same account: it counts as limited",
        "AWS's pages favour that it is not limited, without saying so.",
    ),
    "regional-service-names": _kind(
        "The list may contain more names",
        "aws:PrincipalServiceNamesList contains at least {name}; AWS may add regional names of the "
        "service",
        "Give the key in the context to try other lists.",
    ),
}


def request_problem(code: str, **named: str) -> Problem:
    """A problem of the table with the names that its message holds."""
    kind = REQUEST_PROBLEMS[code]
    return Problem(code, "", kind.message.format(**named), None, None, kind.severity)
