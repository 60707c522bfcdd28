"""What in a document can never match, and what follows: one table of codes.

Sources: IAM User Guide, "IAM policy elements: Variables and tags", "Condition operators", "AWS JSON
policy elements: Principal" and "IAM policy validation check reference".
"""

from __future__ import annotations

from collections.abc import Mapping

from policyhub.iam.reading.problem_kind import ProblemKind, warning

PROBLEMS_OF_VALUES: Mapping[str, ProblemKind] = {
    "value-never-matches": warning(
        "Value that never matches",
        "`{found}` is not {reason}, which `{operator}` compares with, so {consequence}",
        "A value of another type matches nothing, and a negated operator is true for everything.",
    ),
    "presence-not-asked": warning(
        "Null without true or false",
        "`{found}` is not `true` or `false`, which `Null` takes: the statement can't be evaluated",
        "Null asks whether a key is absent, `true`, or present, `false`.",
    ),
    "variable-never-filled": warning(
        "Variable that no request fills",
        "`{found}` never has a value, since {reason}, so {consequence}",
        "A variable is the name of a condition key, such as aws:username.",
    ),
    "variable-always-default": warning(
        "Variable that is always its default",
        "`{found}` never has a value of a request, since {reason}, so its default is always used",
        "A variable is the name of a condition key, such as aws:username.",
    ),
    "malformed-variable": warning(
        "Not quite a variable",
        "`{found}` is not a variable, since {reason}: it is read as these very characters, so "
        "{consequence}",
        "A variable is `${key}` or `${key, 'default'}`.",
    ),
    "variable-in-older-version": warning(
        "Variable in the older language",
        "`{found}` is read as these very characters, since variables need `Version` 2012-10-17, so "
        "{consequence}",
        "Without Version, or with 2008-10-17, there are no policy variables.",
    ),
    "variable-outside-resource-part": warning(
        "Variable before an ARN's fifth colon",
        "`{found}` contains a variable before its fifth colon, where variables don't work, so "
        "{consequence}",
        "In Resource and NotResource variables work only in the last part of an ARN.",
    ),
    "unfilled-placeholder": warning(
        "Placeholder that was not filled in",
        "`{found}` looks like a placeholder of a template: it is read as these very characters, "
        "so {consequence}",
        "Fill it in before the policy is used.",
    ),
    "names-no-principal": warning(
        "Not a principal",
        "`{found}` names no {type} principal, since {reason}, so {consequence}",
        "AWS rejects such a principal; it is nobody's name.",
    ),
    "wildcard-in-principal": warning(
        "Wildcard in a principal",
        "`{found}` matches no one, since wildcards don't work in a principal, so {consequence}: "
        "use a condition on `aws:PrincipalArn`",
        "A principal is one name or a single *; AWS rejects anything between.",
    ),
}
