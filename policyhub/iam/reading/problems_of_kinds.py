"""What can be wrong with a document for the kind of policy that it is: one table of codes.

Sources: as of `policyhub/iam/reading/policy_kinds.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from policyhub.iam.reading.problem_kind import ProblemKind, error, warning

_NOT_TAKEN = "{kind} takes no `{name}`: {hint}"

PROBLEMS_OF_KINDS: Mapping[str, ProblemKind] = {
    "missing-resource": error(
        "No Resource",
        "`Resource` is missing: {kind} needs `Resource` or `NotResource`, `*` for all",
        "Only the policy of a single resource can do without.",
    ),
    "missing-principal": error(
        "No Principal",
        "`Principal` is missing: {kind} says in each statement to whom it applies",
        "What belongs to no caller must name its callers.",
    ),
    "principal-not-allowed": error(
        "Principal where it doesn't belong",
        _NOT_TAKEN,
        "Such a policy applies to the identity or account that it is attached to.",
    ),
    "not-principal-in-trust-policy": error(
        "NotPrincipal in a trust policy",
        _NOT_TAKEN,
        "IAM does not accept NotPrincipal in a role's trust policy.",
    ),
    "resource-not-allowed": error(
        "Resource where it doesn't belong",
        _NOT_TAKEN,
        "A trust policy applies only to the role that it belongs to.",
    ),
    "element-not-allowed": error(
        "Element where it doesn't belong",
        _NOT_TAKEN,
        "AWS rejects a policy of this kind with the element.",
    ),
    "element-left-open": warning(
        "Element of which AWS's pages are unclear",
        "`{name}` is read as written, but AWS may reject it in {kind}: {why}",
        "AWS's pages are silent or disagree about it.",
    ),
    "element-left-out": warning(
        "Element that AWS's pages demand and leave out",
        "{kind} without `{name}` is read as written, but AWS may reject it: {why}",
        "AWS's pages disagree about it.",
    ),
    "version-not-allowed": error(
        "Version of the language that this kind doesn't take",
        "{kind} takes only the version `{right}`: write it in place of `{found}`",
        "Organizations accepts no older version of the policy language.",
    ),
    "unusual-sid": warning(
        "Character that a Sid may not have",
        "`{found}` contains other characters than A-Z, a-z and 0-9: whether AWS accepts them in "
        "{kind} is not said on its pages",
        "IAM's own policies have only letters and digits in a Sid.",
    ),
    "effect-not-allowed": error(
        "Allow in a resource control policy",
        "{kind} takes only `Deny`: remove this statement, since AWS's own RCPFullAWSAccess always "
        "allows the rest",
        "Allow appears in RCPFullAWSAccess alone, which can't be changed or detached.",
    ),
    "principal-not-everyone": error(
        "Principal that is not everyone",
        '{kind} takes only `"Principal": "*"`: write that and narrow it by a condition, such as on '
        "`aws:PrincipalArn`",
        "An RCP is about whoever calls.",
    ),
    "action-of-every-service": error(
        "Action without a service",
        "{kind} takes no `{found}`: begin each action with a service prefix, such as `s3:*`",
        "An RCP names the services that it is about.",
    ),
    "wildcard-left-open": warning(
        "Wildcard of which AWS's pages disagree",
        "`{found}` is read as written: {why}",
        "AWS's pages disagree about wildcards that are not at the end of an action.",
    ),
    "allow-resource-left-open": warning(
        "Resource of an Allow of which AWS's pages disagree",
        "`{found}` is read as written: since 19 September 2025 an Allow in {kind} takes ARNs, "
        "though a sentence of AWS's syntax page still says that it takes only `*`",
        "The announcement and the page's own table agree; the sentence is older.",
    ),
    "everyone-left-open": warning(
        "Everyone in a trust policy",
        "`*` is read as everyone: AWS's page about principals says that a role's trust policy can "
        "be changed to it, and its policy check calls it an error",
        "AWS warns against it: any account could assume the role.",
    ),
    "every-service": error(
        "Every service",
        "{kind} takes no `*` as a service: name the service, such as `ecs-tasks.amazonaws.com`",
        "IAM rejects it.",
    ),
    "principal-type-not-allowed": error(
        "Type of principal that this kind doesn't take",
        "{kind} takes no `{found}`: name an account, a user, a role, a service or a provider",
        "Only policies of S3 name canonical users.",
    ),
    "federated-left-open": warning(
        "Federated outside a trust policy",
        "`{found}` is read as written: AWS's policy check takes `Federated` only in trust policies",
        "AWS's page about principals does not limit it to them.",
    ),
    "endpoint-condition": warning(
        "Condition that AWS doesn't take in an endpoint policy",
        "`{found}` is read as written, but AWS's page says that {kind} {rule}",
        "The page does not say whether such a policy is rejected or the condition does nothing.",
    ),
    "over-quota": warning(
        "Longer than AWS takes",
        "{kind} has {found} {unit}{counted}, more than the quota of {limit}{also}: AWS rejects it",
        "It is evaluated all the same: quotas are raised, and AWS's own policies exceed them.",
    ),
    "over-quota-with-space": warning(
        "Longer than AWS takes, with its white space",
        "as written here, with white space, {kind} has {found} {unit}, more than the quota of "
        "{limit}{also}: remove the white space between its parts",
        "Without it the document is short enough; the console of Organizations removes it.",
    ),
}
