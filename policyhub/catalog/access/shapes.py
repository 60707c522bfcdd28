"""What a statement says of the actions that it is about, as a short text: its shape.

An organization has the same policy in many accounts, with the account in its ARNs. Statements
that differ in nothing but their own account have the same shape: what they allow differs in
nothing else either, as long as the question names neither account.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import NamedTuple

from policyhub.iam.deciding.request import Request
from policyhub.iam.language.arn import PARTS
from policyhub.iam.language.elements import Condition, Statement
from policyhub.iam.language.examples import EXAMPLE_ACCOUNT, OTHER_ACCOUNT

#: In place of an account: what the statement says may depend on which account it is.
PARTICULAR = "particular"
_ACCOUNT = re.compile(r"[0-9]{12}")
_VARIABLE = re.compile(r"\$\{[A-Za-z0-9:/._-]+\}")
_ITS_VALUE = "\0"
# Next to a wildcard or a variable a digit may be part of one account and not of another.
_PART_OF_NUMBER = re.compile(r"[0-9][*?\0]|[*?\0][0-9]|\0[*?\0]|[*?]\0")
_FIRST_UNNAMED = 900_000_000_000
# The engine itself makes examples in these.
_EXAMPLES = frozenset((EXAMPLE_ACCOUNT, OTHER_ACCOUNT))


class StatementShape(NamedTuple):
    """The digest of a statement, and the account that is its own.

    `account` is "" where it names none, and `PARTICULAR` where the digest is of every account
    as it is written.
    """

    digest: str
    account: str


def shape_of(statement: Statement, language: str) -> StatementShape:
    """The shape of a statement in a document of this version of the language."""
    account = _own_account(statement)
    resources = list(statement.resources)
    if account not in ("", PARTICULAR):
        resources = [_with_account(each, account, "own") for each in resources]
    conditions = [(each.operator, each.key, each.values) for each in statement.conditions]
    said = [
        language, statement.effect, resources, statement.not_resource, conditions,
        account == PARTICULAR,
    ]  # fmt: skip
    return StatementShape(hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32], account)


def common_account(accounts: Iterable[str]) -> str:
    """The account of several statements of a policy, as `StatementShape.account` has it for one."""
    named = {each for each in accounts if each}
    return PARTICULAR if len(named) > 1 else next(iter(named), "")


def accounts_in(request: Request) -> frozenset[str]:
    """The accounts that a question can be about: those that it names anywhere."""
    text = repr(request)
    starts = range(len(text) - 11)
    named = (text[at : at + 12] for at in starts if text[at].isdecimal())
    return frozenset(each for each in named if _ACCOUNT.fullmatch(each))


def unnamed_account(request: Request) -> str:
    """An account that a question is not about, and that the engine makes no examples in."""
    named = accounts_in(request) | _EXAMPLES
    return next(each for each in map(str, count(_FIRST_UNNAMED)) if each not in named)


def in_account(statement: Statement, own: str, other: str, action: str) -> Statement:
    """What a statement says of an action that it is about, with another account for its own."""
    resources = tuple(_with_account(each, own, other) for each in statement.resources)
    return replace(statement, actions=(action,), not_action=False, resources=resources)


def _own_account(statement: Statement) -> str:
    """The account that can be taken for any other, as `StatementShape.account` has it.

    Let two accounts change places wherever they are all the digits between other letters, in a
    request and in the statement: whether it matches stays the same unless it compares accounts
    in another way than for being the same. Where that is not sure the account is particular.
    """
    account = common_account(map(_account_of, statement.resources))
    if account in _EXAMPLES or any(map(_may_tell_accounts_apart, statement.conditions)):
        return PARTICULAR
    return account


def _account_of(resource: str) -> str:
    """The account of a resource's pattern; `PARTICULAR` where it may match some accounts only."""
    if resource == "*":
        return ""
    *heads, account, name = ["", *resource.split(":", PARTS - 1)]
    if len(heads) < PARTS - 1 or any(map(_is_mixed, heads)) or _may_match_a_number(name):
        return PARTICULAR
    if account in ("", "*") or _ACCOUNT.fullmatch(account):
        return account.strip("*")
    return PARTICULAR


def _is_mixed(part: str) -> bool:
    """Whether a part of an ARN is more than a name or a wildcard."""
    return part != "*" and bool(re.search(r"[*?$]|[0-9]{3}", part))


def _may_match_a_number(text: str) -> bool:
    """Whether a pattern may match a part of an account, or names one."""
    shown = _VARIABLE.sub(_ITS_VALUE, text)
    return "$" in shown or bool(_ACCOUNT.search(shown) or _PART_OF_NUMBER.search(shown))


def _may_tell_accounts_apart(condition: Condition) -> bool:
    if any(map(_may_match_a_number, condition.values)):
        return True
    if "account" not in condition.key.lower():
        return False
    return "string" not in condition.operator.lower() or not all(
        map(_VARIABLE.fullmatch, condition.values)
    )


def _with_account(resource: str, own: str, other: str) -> str:
    """A resource's pattern with another account, where its account is its statement's own."""
    parts = resource.split(":", PARTS - 1)
    if len(parts) == PARTS and parts[-2] == own:
        parts[-2] = other
    return ":".join(parts)
