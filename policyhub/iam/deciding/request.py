"""A request to be decided: action, resource, caller and context, read once and frozen.

Source: IAM User Guide, "The request context" and "AWS global condition context keys".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from policyhub.iam.deciding.callers import (
    ACCOUNT,
    ANONYMOUS,
    ANONYMOUS_TEXT,
    UNSPECIFIED,
    Caller,
    CallerKind,
    caller_from_arn,
)
from policyhub.iam.language.arn import parse_arn

ANY_RESOURCE = "*"
_CACHED = 4_096
_LONGEST_CACHED = 2_048
SERVICE_NAMES_LIST = "aws:PrincipalServiceNamesList"
# The service prefix and the name; a wildcard in a request would be a question about many actions.
ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9._-]+")


class InvalidRequestError(ValueError):
    """A request that can't be decided. `path` names the place, the message how to fix it."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class ContextValue:
    """A context key's value. Whether it is a list decides its arity, not how many it contains."""

    name: str
    values: tuple[str, ...]
    is_list: bool


# By lower-case key; a key that is not in it is absent.
Context = Mapping[str, ContextValue]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `context` is by lower-case key, because key names ignore case.

    `resource_account` is empty where neither request, ARN nor caller tells it. `tells_owner` is
    false where requests for the action do not carry the account that owns the resource.
    """

    action: str
    resource: str = ANY_RESOURCE
    caller: Caller = UNSPECIFIED
    resource_account: str = ""
    management_account: str = ""
    context: Context = field(default_factory=dict)
    tells_owner: bool = True

    @property
    def service(self) -> str:
        """The action's service prefix, in lower case."""
        return self.action.partition(":")[0].lower()

    @property
    def is_within_one_account(self) -> bool:
        """Whether caller and resource belong to the same account; unspecified counts as same."""
        return self.caller.account in ("", self.resource_account)

    def with_key(self, value: ContextValue) -> Request:
        """The request with a context key given this value."""
        return replace(self, context={**self.context, value.name.lower(): value})

    def without_key(self, name: str) -> Request:
        """The request without a context key."""
        kept = {key: value for key, value in self.context.items() if key != name.lower()}
        return replace(self, context=kept)

    def asking_for(self, resource: str) -> Request:
        """The request for another resource, in the account that its ARN names."""
        account = _account_of(resource) or self.resource_account
        context = {**self._derived(self.caller, account), **self._given()}
        return replace(self, resource=resource, resource_account=account, context=context)

    def called_by(self, caller: Caller) -> Request:
        """The request made by another caller, with the keys derived from that caller."""
        account = _account_of(self.resource) or self.resource_account or caller.account
        context = {**self._derived(caller, account), **self._given()}
        return replace(self, caller=caller, resource_account=account, context=context)

    def has_derived(self, name: str) -> bool:
        """Whether a key says what follows from caller and resource."""
        key = name.lower()
        derived = self._derived(self.caller, self.resource_account)
        return key in derived and self.context.get(key) == derived[key]

    def _given(self) -> dict[str, ContextValue]:
        """The context without the keys that still say what was derived."""
        derived = self._derived(self.caller, self.resource_account)
        return {key: value for key, value in self.context.items() if derived.get(key) != value}

    def _derived(self, caller: Caller, resource_account: str) -> Context:
        """The context keys that follow from a caller and a resource's account."""
        return _derived(caller, resource_account if self.tells_owner else "")


def make_request(
    action: str,
    resource: str = ANY_RESOURCE,
    caller: Caller = UNSPECIFIED,
    context: Mapping[str, object] | None = None,
    resource_account: str = "",
    management_account: str = "",
    tells_owner: bool = True,
) -> Request:
    """Check the parts and fill in the context keys that follow from them.

    A context value is a string, number or boolean, or a list of these; keys given override
    derived ones. With `tells_owner` false no key follows from the resource's account. Raises
    `InvalidRequestError`.
    """
    if not ACTION.fullmatch(action):
        raise InvalidRequestError(
            "action", f"`{action}` is not an action: write it as `service:Name`, without wildcards"
        )
    if not resource:
        raise InvalidRequestError("resource", "empty: give an ARN, or `*` for none")
    for path, account in (
        ("resourceAccount", resource_account),
        ("managementAccount", management_account),
    ):
        if account and not ACCOUNT.fullmatch(account):
            raise InvalidRequestError(
                path, f"`{account}` is not an account: give its twelve digits"
            )
    account = resource_account or _account_of(resource) or caller.account
    given = _read_context(context or {})
    whole = {**_derived(caller, account if tells_owner else ""), **given}
    return Request(action, resource, caller, account, management_account, whole, tells_owner)


def _derived(caller: Caller, resource_account: str) -> Context:
    """The context keys that follow from caller and resource, by lower-case key."""
    is_long = len(caller.arn) + len(caller.name) + len(resource_account) > _LONGEST_CACHED
    return (_derive if is_long else _derive_and_keep)(caller, resource_account)


def _derive(caller: Caller, resource_account: str) -> Context:
    known = {**caller.context(), "aws:ResourceAccount": resource_account}
    return {name.lower(): _derived_value(name, value) for name, value in known.items() if value}


_derive_and_keep = lru_cache(_CACHED)(_derive)


def _derived_value(name: str, value: str | tuple[str, ...]) -> ContextValue:
    if isinstance(value, tuple):
        return ContextValue(name, value, is_list=True)
    return ContextValue(name, (value,), is_list=False)


def read_caller(value: object) -> Caller:
    """Read the `principal` of a simulation. Raises `InvalidRequestError`."""
    if value is None:
        return UNSPECIFIED
    if value == ANONYMOUS_TEXT:
        return ANONYMOUS
    if isinstance(value, dict) and len(value) == 1:
        kind, name = next(iter(value.items()))
        if kind == "Service" and isinstance(name, str) and name:
            return Caller(CallerKind.SERVICE, name=name)
        if kind == "Federated" and isinstance(name, str) and name:
            return Caller(
                CallerKind.FEDERATED, arn=name if name.startswith("arn:") else "", name=name
            )
        value = name if kind == "AWS" else value
    caller = caller_from_arn(value) if isinstance(value, str) else None
    if caller is None:
        raise InvalidRequestError(
            "principal",
            "not a principal: give the ARN of a user, role, session, federated user, root user or "
            'root session, {"Service": "ecs-tasks.amazonaws.com"}, {"Federated": "..."}, or '
            '"anonymous"',
        )
    return caller


def _account_of(resource: str) -> str:
    arn = parse_arn(resource)
    return arn.account if arn is not None and ACCOUNT.fullmatch(arn.account) else ""


def _read_context(context: Mapping[str, object]) -> dict[str, ContextValue]:
    read: dict[str, ContextValue] = {}
    for name, value in context.items():
        if not name:
            raise InvalidRequestError("context", "a key without a name: give its name")
        other = read.get(name.lower())
        if other is not None:
            raise InvalidRequestError(
                f"context.{name}", f"key names ignore case, and `{other.name}` is already given"
            )
        values = value if isinstance(value, list) else [value]
        scalars = tuple(_scalar(name, each) for each in values)
        read[name.lower()] = ContextValue(name, scalars, isinstance(value, list))
    return read


def _scalar(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise InvalidRequestError(
        f"context.{name}", "must be a string, a number, true, false, or a list of these"
    )
