"""What can be wrong with a policy document: one table of codes, and `Problem`.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM policy validation
check reference"; IAM API Reference, `CreatePolicy`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a document, and where.

    `path` is a JSON path such as `Statement[1].Condition.StringEquals`; "" is the document.
    `line` and `column` count from 1; both are None where the text has no such place. An error
    keeps the document from being evaluated, a warning doesn't.
    """

    code: str
    path: str
    message: str
    line: int | None
    column: int | None
    severity: Severity

    def to_dict(self) -> dict[str, str | int | None]:
        """Return the problem as JSON-ready keys and values, named as the fields are."""
        return {
            "code": self.code,
            "path": self.path,
            "message": self.message,
            "line": self.line,
            "column": self.column,
            "severity": self.severity,
        }


class ProblemKind(NamedTuple):
    """A row of the table; `message` is a sentence with the input's names in braces."""

    severity: Severity
    title: str
    message: str
    explanation: str


def _error(title: str, message: str, explanation: str) -> ProblemKind:
    return ProblemKind("error", title, message, explanation)


def _warning(title: str, message: str, explanation: str) -> ProblemKind:
    return ProblemKind("warning", title, message, explanation)


PROBLEM_KINDS: Mapping[str, ProblemKind] = {
    # The text
    "empty-document": _error(
        "Nothing to read",
        "the text is empty: give a policy document",
        "A policy document is a JSON object with a Statement.",
    ),
    "document-too-large": _error(
        "Document too large",
        "the document has {found} bytes, and {limit} is the most that is read: shorten it",
        "The largest document that AWS publishes has about 150 KB.",
    ),
    "not-utf-8": _error(
        "Not UTF-8",
        "byte `{found}` is not UTF-8: save the document as UTF-8",
        "JSON is exchanged as UTF-8.",
    ),
    "byte-order-mark": _error(
        "Byte order mark",
        "the text starts with a byte order mark: save it as UTF-8 without one",
        "JSON texts have no byte order mark, and IAM refuses a document with one.",
    ),
    "not-json": _error(
        "Not JSON",
        "the text is not JSON here: {mend}",
        "IAM takes strict JSON: double quotes, no comments, no comma after the last item.",
    ),
    "nested-too-deep": _error(
        "Nested too deep",
        "lists and objects are nested more than {limit} deep: no policy needs more than 7",
        "A document that deep is no policy, and reading on would exhaust the reader.",
    ),
    "duplicate-key": _error(
        "Name repeated",
        "`{name}` stands more than once in this object: keep one, or join their values",
        "Readers of JSON disagree on which of two members counts, so IAM refuses both.",
    ),
    "unstorable-character": _error(
        "Character that is none",
        "`{text}` holds a NUL or half a surrogate pair: remove it",
        "Such an escape stands for no character that can be stored or shown.",
    ),
    "character-outside-latin-1": _warning(
        "Character that IAM refuses",
        "`{text}` is no character that IAM takes in a document: replace it",
        "IAM's API takes tab, line ends and the characters U+0020 to U+00FF in a document.",
    ),
    "bad-number": _error(
        "Not a number",
        "`{text}` is no number that JSON knows or that a condition can use: write a plain number",
        "NaN and Infinity are not JSON, and a number of over 100 digits measures nothing.",
    ),
    # The elements
    "wrong-type": _error(
        "Wrong type",
        "{name} must be {expected}, not {found}",
        "Each element has its type in the grammar.",
    ),
    "unknown-element": _error(
        "Unknown element",
        "`{name}` is no element of a {owner}: {mend}",
        "IAM refuses a document with an element that it doesn't know.",
    ),
    "wrong-case-element": _error(
        "Element in the wrong case",
        "`{name}` must be written `{right}`",
        "The names of elements are case-sensitive.",
    ),
    "missing-statement": _error(
        "No statement",
        "`Statement` is missing or empty: add at least one statement",
        "A document without a statement says nothing.",
    ),
    "missing-effect": _error(
        "No Effect",
        "`Effect` is missing: add `Allow` or `Deny`",
        "Neither effect is a default.",
    ),
    "missing-action": _error(
        "No Action",
        "`Action` is missing: add `Action` or `NotAction`",
        "Each statement says which actions it is about.",
    ),
    "missing-resource": _error(
        "No Resource",
        "`Resource` is missing: add `Resource` or `NotResource`, `*` for all",
        "A statement of an identity policy says which resources it is about.",
    ),
    "missing-principal": _error(
        "No Principal",
        "`Principal` is missing: say to whom the statement applies",
        "A resource policy or trust policy says whom each statement is about.",
    ),
    "conflicting-elements": _error(
        "Elements that exclude each other",
        "`{first}` and `{second}` stand together: keep one of them",
        "A statement has either the list or the list of exceptions.",
    ),
    "principal-not-allowed": _error(
        "Principal where it doesn't belong",
        "`{name}` has no place in an identity policy: remove it",
        "An identity policy applies to whom it is attached to.",
    ),
    "not-principal-in-trust-policy": _error(
        "NotPrincipal in a trust policy",
        "`{name}` has no place in a trust policy: name who may assume the role by `Principal`",
        "IAM takes no NotPrincipal in a role's trust policy.",
    ),
    "not-principal-with-allow": _warning(
        "NotPrincipal with Allow",
        "`{name}` with `Allow` grants to everyone else, anonymous callers too: use `Principal`",
        "AWS supports NotPrincipal only with Deny.",
    ),
    "resource-not-allowed": _error(
        "Resource where it doesn't belong",
        "`{name}` has no place in a trust policy: remove it",
        "A trust policy is about the one role that it belongs to.",
    ),
    "empty-list": _error(
        "Empty list",
        "`{name}` is empty: add an item or remove it",
        "An element that lists nothing is refused.",
    ),
    "empty-value": _error(
        "Empty string",
        "an empty string stands here: write a value or remove it",
        "An empty text names nothing.",
    ),
    # Version, Effect, Sid
    "bad-version": _error(
        "Unknown version of the language",
        "`{found}` is no version of the policy language: write `2012-10-17` or `2008-10-17`",
        "The version names the language, not the day of the last edit.",
    ),
    "bad-effect": _error(
        "Unknown effect",
        "`{found}` is no effect: write `Allow` or `Deny`, in this case",
        "The value of Effect is case-sensitive.",
    ),
    "bad-sid": _error(
        "Character that a Sid can't have",
        "`{found}` holds more than the letters A-Z, a-z and digits: remove the rest",
        "IAM takes nothing else in the Sid of an identity policy or trust policy.",
    ),
    "duplicate-sid": _error(
        "Sid used twice",
        "`{found}` is already the Sid of statement {position}: choose another",
        "Sids are unique within an identity policy or trust policy.",
    ),
    "repeated-sid": _warning(
        "Sid used twice",
        "`{found}` is already the Sid of statement {position}: choose another",
        "Some services refuse a resource policy whose Sids are not unique.",
    ),
    # Action and Resource
    "action-without-service": _error(
        "Action without a service",
        "`{found}` names no service: write it as `service:Action`, or `*` for every action",
        "All but a lone * is a service prefix, a colon and a name.",
    ),
    "action-with-two-colons": _error(
        "Action with two colons",
        "`{found}` has more than one colon: keep the one after the service prefix",
        "An action is one service prefix, one colon and one name.",
    ),
    "bad-service-prefix": _error(
        "Service prefix that is none",
        "`{prefix}` is no service prefix: it has letters, digits, hyphens and dots only",
        "IAM refuses wildcards and other signs in the prefix, except that it may be a lone *.",
    ),
    "action-without-name": _warning(
        "Action without a name",
        "`{found}` names no action, so it matches none: write `{found}*` for all of the service",
        "An empty name is literal, and no action has it.",
    ),
    "odd-action-character": _warning(
        "Character that no action has",
        "`{found}` holds {character}, which no action's name has, so it matches none: remove it,"
        " and write several actions as a list",
        "White space, commas and other signs are literal; several actions make a list.",
    ),
    "resource-not-arn": _error(
        "Resource that is no ARN",
        "`{found}` is no ARN: write one that starts with `arn:`, or `*` for all resources",
        "In an identity policy a resource is an ARN or a lone *.",
    ),
    "unusual-resource": _warning(
        "Resource that is no ARN",
        "`{found}` is no ARN: most services take nothing else here",
        "Few services expand a short form, such as API Gateway's execute-api:/*.",
    ),
    "incomplete-arn": _warning(
        "ARN with parts missing",
        "`{found}` has {count} of an ARN's six parts, so it matches no resource: write them all",
        "An ARN is arn, partition, service, region, account and resource, with colons between.",
    ),
    # Principal
    "bad-principal": _error(
        "Principal that is none",
        '`{found}` is no principal: write `*`, or an object such as `{{"AWS": "…"}}`',
        "The only principal written as a bare text is *, which is everyone.",
    ),
    "unknown-principal-type": _error(
        "Unknown type of principal",
        "`{found}` is no type of principal: use `AWS`, `Service`, `Federated` or `CanonicalUser`",
        "The grammar knows these four.",
    ),
    "wildcard-in-principal": _warning(
        "Wildcard in a principal",
        "`{found}` matches no one, since wildcards don't work in a principal: use a condition"
        " on `aws:PrincipalArn`",
        "A principal is one name or a lone *; AWS refuses anything between.",
    ),
    # Condition
    "empty-condition": _warning(
        "Empty condition",
        "`{name}` holds no condition, so it asks nothing: fill or remove it",
        "AWS takes it, and the statement applies without it.",
    ),
    "unknown-operator": _warning(
        "Unknown condition operator",
        "`{found}` is no condition operator that is known here: the statement can't be evaluated",
        "An Allow that can't be evaluated doesn't allow; a Deny keeps any answer from being sure.",
    ),
    "duplicate-condition-key": _error(
        "Names that differ only by case",
        "`{found}` differs from `{other}` only by case: join them",
        "Operators and condition keys ignore case, so these two are one.",
    ),
    "condition-key-without-service": _warning(
        "Condition key without a service",
        "`{found}` has no service prefix, so no request carries it: write it as `service:key`",
        "Condition keys start with aws: or with a service's prefix.",
    ),
    "unguarded-for-all-values": _warning(
        "ForAllValues without a guard",
        "`{found}` holds too where the request has no `{key}`: add `Null` with"
        " `{key}` set to `false` to ask for a value",
        "ForAllValues is true for a key that is missing or empty, so such an Allow is wider than"
        " it looks.",
    ),
    "no-condition-values": _warning(
        "Condition without values",
        "`{name}` lists no value to compare with: add one or remove the key",
        "Without values nothing can match, and a negated operator always holds.",
    ),
    # Where it is used
    "service-linked-policy": _warning(
        "Policy of a service-linked role",
        "only its service-linked role can have this policy: the answer holds for that role",
        "A policy whose path is /aws-service-role/ can't be attached to anything else.",
    ),
    "other-arn": _warning(
        "Another ARN",
        "the ARN that was given is not quite the policy's",
        "The policy was found by the account and name in the ARN; path or partition are others.",
    ),
    # More than is shown
    "further-errors": _error(
        "More errors",
        "there are more than these {count} errors: mend them first",
        "Only the first of very many problems are listed.",
    ),
    "further-warnings": _warning(
        "More warnings",
        "there are more than these {count} warnings: mend them first",
        "Only the first of very many problems are listed.",
    ),
}
