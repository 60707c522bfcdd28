"""Texts that look like variables, condition keys or principals and are none, and why.

Source: IAM User Guide, "IAM policy elements: Variables and tags", "AWS JSON policy elements:
Principal" and "IAM policy validation check reference".
"""

from __future__ import annotations

import re

from policyhub.iam.language.arn import Arn, parse_arn
from policyhub.iam.language.elements import Principal

# `service:name`, where only what follows a slash, the key of a tag, may contain spaces. The prefix
# of an identity provider can be an address with a path.
_CONDITION_KEY = re.compile(r"[A-Za-z0-9][^\s:]*:(?!:)[^\s/]+(?:/.*)?", re.DOTALL)
# Global keys that have lists, which can't be used as variables.
_LISTS = frozenset(
    {
        *("aws:calledvia", "aws:principalorgpaths", "aws:principalservicenameslist"),
        *("aws:resourceorgpaths", "aws:sourceorgpaths", "aws:tagkeys", "aws:vpceorgpaths"),
    }
)
_QUASI_VARIABLE = re.compile(r"\$\{[^}]*\}?")
_PLACEHOLDER = re.compile(r"<[A-Za-z][A-Za-z0-9 _.:-]*>|&\{[^}]*\}?")

_ACCOUNT = re.compile(r"\d{12}")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_CANONICAL_USER = re.compile(r"[0-9a-f]{64}")
# What AWS shows in place of a user or role that was deleted.
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
_NAMES_THAT_ARE_NO_ARNS = (_ACCOUNT, _UNIQUE_ID, _CANONICAL_USER)
_ACCOUNTS_OF_AWS = ("aws", "cloudfront")


def is_condition_key(text: str) -> bool:
    """Whether a text has the form of a condition key, so that a request could contain it."""
    return _CONDITION_KEY.fullmatch(text) is not None


def why_never_filled(key: str) -> str:
    """Why a variable has no value in any request, as can follow "since"; "" where it can."""
    if not is_condition_key(key):
        return why_no_condition_key(key)
    return "its key has a list of values" if key.lower() in _LISTS else ""


def why_no_condition_key(text: str) -> str:
    """Why a text in a variable's place is no condition key's name, as can follow "since"."""
    if text.startswith("AWS::"):
        return "it is a parameter of a CloudFormation template"
    if text.startswith("!"):
        return "no condition key begins with `!`, as CloudFormation writes it"
    if ":" not in text:
        return "a condition key has a service prefix and a colon, such as `aws:username`"
    if re.search(r"\s", text):
        return "a condition key has no spaces before a tag's name"
    return "it is not the name of a condition key, such as `aws:username`"


def quasi_variable_in(text: str) -> str:
    """The first `${…}` of a text, "" without one."""
    found = _QUASI_VARIABLE.search(text)
    return found[0] if found else ""


def why_no_variable(text: str) -> str:
    """Why `${…}` is no variable, as can follow "since"."""
    if not text.endswith("}"):
        return "its closing brace is missing"
    inner = text[2:-1]
    if not inner.strip():
        return "it has no name"
    if "," in inner:
        return "its default is not in single quotes"
    if inner[0].isspace():
        return "a space follows its opening brace"
    return "it is not the name of a condition key"


def placeholder_in(text: str) -> str:
    """The first placeholder of a template in a text, such as `<account>`, "" without one."""
    found = _PLACEHOLDER.search(text)
    return found[0] if found else ""


def why_no_principal(principal: Principal) -> str:
    """Why a principal is nobody's name, as can follow "since"; "" where it can be someone's."""
    value = principal.value
    if principal.type == "AWS":
        return _why_no_aws_principal(value)
    if principal.type == "Service" and not _DOMAIN.fullmatch(value):
        return "a service is named like `ecs-tasks.amazonaws.com`"
    if principal.type == "Federated" and not _is_provider(value):
        return "a provider is named by its ARN or by a domain such as `accounts.google.com`"
    if principal.type == "CanonicalUser" and not _CANONICAL_USER.fullmatch(value):
        return "a canonical user has 64 hexadecimal digits"
    return ""


def has_wildcard(text: str) -> bool:
    """Whether a text contains `*` or `?`."""
    return "*" in text or "?" in text


def _why_no_aws_principal(value: str) -> str:
    if value == "*" or any(shape.fullmatch(value) for shape in _NAMES_THAT_ARE_NO_ARNS):
        return ""
    if has_wildcard(value):
        return "wildcards don't work in a principal"
    arn = parse_arn(value)
    if arn is None:
        return "an account is named by twelve digits, and all others by their ARN"
    if not _is_identity(arn):
        return "only the ARNs of accounts, users, roles and their sessions name one"
    if not _ACCOUNT.fullmatch(arn.account) and arn.account not in _ACCOUNTS_OF_AWS:
        return "the account in an ARN has twelve digits"
    return ""


def _is_identity(arn: Arn) -> bool:
    kind, _, name = arn.resource.partition("/")
    if arn.service == "iam":
        return arn.resource == "root" or (kind in ("user", "role") and bool(name))
    return arn.service == "sts" and kind in ("assumed-role", "federated-user") and bool(name)


def _is_provider(value: str) -> bool:
    arn = parse_arn(value)
    if arn is None:
        return _DOMAIN.fullmatch(value) is not None
    kind, _, name = arn.resource.partition("/")
    is_one = kind in ("oidc-provider", "saml-provider") and bool(name)
    return arn.service == "iam" and is_one and _ACCOUNT.fullmatch(arn.account) is not None
