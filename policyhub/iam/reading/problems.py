"""What can be wrong with a policy document: one table of codes, and `Problem`.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM policy validation
check reference"; IAM API Reference, `CreatePolicy`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policyhub.iam.reading.problem_kind import ProblemKind, Severity
from policyhub.iam.reading.problem_kind import error as _error
from policyhub.iam.reading.problem_kind import warning as _warning
from policyhub.iam.reading.problems_of_kinds import PROBLEMS_OF_KINDS
from policyhub.iam.reading.problems_of_values import PROBLEMS_OF_VALUES


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

    @property
    def in_words(self) -> str:
        """The message, after line and column where the text has such a place."""
        if not self.line:
            return self.message
        return f"line {self.line}, column {self.column}: {self.message}"

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


_OF_ALL_DOCUMENTS: Mapping[str, ProblemKind] = {
    # The text
    "empty-document": _error(
        "Nothing to read",
        "the text is empty: give a policy document",
        "A policy document is a JSON object with a Statement.",
    ),
    "document-too-large": _error(
        "Document too large",
        "the document has {found} bytes, more than the limit of {limit}: shorten it",
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
        "JSON texts have no byte order mark, and IAM rejects a document with one.",
    ),
    "not-json": _error(
        "Not JSON",
        "invalid JSON: {hint}",
        "IAM accepts only strict JSON: double quotes, no comments, no comma after the last item.",
    ),
    "nested-too-deep": _error(
        "Nested too deep",
        "lists and objects are nested more than {limit} deep: no policy needs more than 7",
        "No policy is that deep, and reading on would exhaust the parser.",
    ),
    "duplicate-key": _error(
        "Name repeated",
        "`{name}` appears more than once in this object: keep one, or merge their values",
        "JSON parsers disagree on which of two members counts, so IAM rejects both.",
    ),
    "unstorable-character": _error(
        "Not a character",
        "`{text}` contains a NUL or half a surrogate pair: remove it",
        "Such an escape does not represent a character that can be stored or shown.",
    ),
    "character-outside-latin-1": _warning(
        "Character that IAM rejects",
        "`{text}` is not a character that IAM accepts in a document: replace it",
        "IAM's API accepts tab, line ends and the characters U+0020 to U+00FF in a document.",
    ),
    "bad-number": _error(
        "Not a number",
        "`{text}` is not a number that JSON and conditions can use: write a plain number",
        "NaN and Infinity are not JSON, and no useful number has more than 100 digits.",
    ),
    # The elements
    "wrong-type": _error(
        "Wrong type",
        "{name} must be {expected}, not {found}",
        "The grammar defines the type of each element.",
    ),
    "unknown-element": _error(
        "Unknown element",
        "`{name}` is not an element of a {owner}: {hint}",
        "IAM rejects a document with an element that it doesn't know.",
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
        "Each statement says which actions it applies to.",
    ),
    "conflicting-elements": _error(
        "Conflicting elements",
        "`{first}` and `{second}` can't be used together: keep one of them",
        "A statement has either the list or the list of exceptions.",
    ),
    "not-principal-with-allow": _warning(
        "NotPrincipal with Allow",
        "`{name}` with `Allow` grants access to everyone else, including anonymous callers: use "
        "`Principal`",
        "AWS supports NotPrincipal only with Deny.",
    ),
    "empty-list": _error(
        "Empty list",
        "`{name}` is empty: add an item or remove it",
        "IAM rejects an element with an empty list.",
    ),
    "empty-value": _error(
        "Empty string",
        "an empty string is not allowed here: write a value or remove it",
        "An empty string names nothing.",
    ),
    # Version, Effect, Sid
    "bad-version": _error(
        "Unknown version of the language",
        "`{found}` is not a version of the policy language: write `2012-10-17` or `2008-10-17`",
        "The version is that of the policy language, not the date of the last edit.",
    ),
    "bad-effect": _error(
        "Unknown effect",
        "`{found}` is not an effect: write `Allow` or `Deny`, with this capitalization",
        "The value of Effect is case-sensitive.",
    ),
    "bad-sid": _error(
        "Character that a Sid can't have",
        "`{found}` contains other characters than A-Z, a-z and 0-9: remove them",
        "IAM accepts nothing else in the Sid of an identity policy or trust policy.",
    ),
    "duplicate-sid": _error(
        "Sid used twice",
        "`{found}` is already the Sid of statement {position}: choose another",
        "Sids are unique within an identity policy or trust policy.",
    ),
    "repeated-sid": _warning(
        "Sid used twice",
        "`{found}` is already the Sid of statement {position}: choose another",
        "Some services reject a resource policy whose Sids are not unique.",
    ),
    # Action and Resource
    "action-without-service": _error(
        "Action without a service",
        "`{found}` names no service: write it as `service:Action`, or `*` for every action",
        "Anything other than a single * is a service prefix, a colon and a name.",
    ),
    "action-with-two-colons": _error(
        "Action with two colons",
        "`{found}` has more than one colon: keep the one after the service prefix",
        "An action is one service prefix, one colon and one name.",
    ),
    "bad-service-prefix": _error(
        "Invalid service prefix",
        "`{prefix}` is not a service prefix: it has letters, digits, hyphens and dots only",
        "IAM rejects wildcards and other characters in the prefix, except for a single *.",
    ),
    "action-without-name": _warning(
        "Action without a name",
        "`{found}` has no action name, so it matches nothing: write `{found}*` for all of the "
        "service",
        "An empty name is taken literally, and no action has an empty name.",
    ),
    "odd-action-character": _warning(
        "Character that no action has",
        "`{found}` contains {character}, which no action name has, so it matches nothing: remove "
        "it,"
        " and write several actions as a list",
        "White space, commas and other characters are taken literally; write several actions as a "
        "list.",
    ),
    "resource-not-arn": _error(
        "Resource that is not an ARN",
        "`{found}` is not an ARN: write one that starts with `arn:`, or `*` for all resources",
        "In an identity policy a resource is an ARN or a single *.",
    ),
    "unusual-resource": _warning(
        "Resource that is not an ARN",
        "`{found}` is not an ARN: most services accept nothing else here",
        "A few services accept a short form, such as API Gateway's execute-api:/*.",
    ),
    "incomplete-arn": _warning(
        "ARN with parts missing",
        "`{found}` has {count} of an ARN's six parts, so it matches no resource: write them all",
        "An ARN is arn, partition, service, region, account and resource, with colons between.",
    ),
    # Principal
    "bad-principal": _error(
        "Invalid principal",
        '`{found}` is not a principal: write `*`, or an object such as `{{"AWS": "…"}}`',
        "The only principal written as a plain string is *, which is everyone.",
    ),
    "unknown-principal-type": _error(
        "Unknown type of principal",
        "`{found}` is not a type of principal: use `AWS`, `Service`, `Federated` or "
        "`CanonicalUser`",
        "The grammar has these four.",
    ),
    # Condition
    "empty-condition": _warning(
        "Empty condition",
        "`{name}` contains no condition, so it requires nothing: add a condition or remove it",
        "AWS accepts it, and the statement applies without it.",
    ),
    "unknown-operator": _warning(
        "Unknown condition operator",
        "`{found}` is not a known condition operator: the statement can't be evaluated",
        "An Allow that can't be evaluated doesn't allow; with such a Deny no answer is certain.",
    ),
    "duplicate-condition-key": _error(
        "Names that differ only by case",
        "`{found}` differs from `{other}` only by case: merge them",
        "Operators and condition keys ignore case, so these two are one.",
    ),
    "condition-key-without-service": _warning(
        "Condition key without a service",
        "`{found}` has no service prefix, so no request contains it: write it as `service:key`",
        "Condition keys start with aws: or with a service's prefix.",
    ),
    "unguarded-for-all-values": _warning(
        "ForAllValues without a guard",
        "`{found}` is also true when the request has no `{key}`: add `Null` with"
        " `{key}` set to `false` to require a value",
        "ForAllValues is true for a key that is missing or empty, so such an Allow is wider than"
        " it looks.",
    ),
    "no-condition-values": _warning(
        "Condition without values",
        "`{name}` lists no value to compare with: add one or remove the key",
        "Without values nothing can match, and a negated operator is always true.",
    ),
    # Where it is used
    "service-linked-policy": _warning(
        "Policy of a service-linked role",
        "only its service-linked role can have this policy: the answer applies to that role",
        "A policy whose path is /aws-service-role/ can't be attached to anything else.",
    ),
    "other-arn": _warning(
        "Another ARN",
        "the given ARN differs from the policy's own",
        "The policy was found by the account and name in the ARN; its path or partition differs.",
    ),
    "version-in-doubt": _warning(
        "Version in doubt",
        "it is not certain that this version was in force on that day",
        "Not every version of a policy is known, and of some only bounds of their dates.",
    ),
    # More than is shown
    "further-errors": _error(
        "More errors",
        "there are more than these {count} errors: fix them first",
        "Only the first of very many problems are listed.",
    ),
    "further-warnings": _warning(
        "More warnings",
        "there are more than these {count} warnings: fix them first",
        "Only the first of very many problems are listed.",
    ),
}

PROBLEM_KINDS: Mapping[str, ProblemKind] = {
    **_OF_ALL_DOCUMENTS,
    **PROBLEMS_OF_KINDS,
    **PROBLEMS_OF_VALUES,
}
