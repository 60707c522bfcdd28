"""The version of a policy that a page of the workbench is about, found by its address."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.models.policy import PolicyVersionQuerySet
from policyhub.catalog.naming import (
    SeveralPoliciesError,
    find_policy,
    keys_in_any_case,
    split_version,
    why_unknown,
)
from policyhub.failures import FailedRequestError
from policyhub.http import quotable

_SHORTEST_DIGEST = 12


class UnknownVersionError(ValueError):
    """No such policy or version; the message says what is known."""


def version_named(given: str) -> PolicyVersion:
    """The version that a name or an ARN means, with `@v20` or at the default one.

    Raises `UnknownVersionError`.
    """
    name, number = split_version(given)
    try:
        named = find_policy(name)
    except SeveralPoliciesError as error:
        raise UnknownVersionError(str(error)) from error
    if named is None:
        raise UnknownVersionError(why_unknown(name))
    return version_of(named.key, number or "")


def version_of(key: str, wanted: str = "") -> PolicyVersion:
    """A policy's version by its id or the beginning of its digest; the default one without.

    Raises `UnknownVersionError`.
    """
    versions = PolicyVersion.objects.filter(policy__key=key).select_related("policy")
    found = _chosen(versions.newest_first(), wanted)
    if found is None:
        known = ", ".join(each.version_id or each.digest[:_SHORTEST_DIGEST] for each in versions)
        raise UnknownVersionError(f"there is no version `{quotable(wanted)}`; known: {known}")
    return found


def version_at_address(request: HttpRequest, name: str) -> PolicyVersion | HttpResponse:
    """The version at an address with `?version=`, or where the address should lead.

    Raises `FailedRequestError` for what is unknown, and with 300 for a name of several policies.
    """
    try:
        named = find_policy(name)
    except SeveralPoliciesError as error:
        raise FailedRequestError(300, "several-policies", f"{error}.") from error
    if named is None:
        keys = keys_in_any_case(name)
        if len(keys) != 1:
            raise FailedRequestError(404, "unknown-policy", f"{why_unknown(name)}.")
        return _elsewhere(request, keys[0])
    if named.key != name:
        return _elsewhere(request, named.key)
    try:
        return version_of(name, request.GET.get("version", ""))
    except UnknownVersionError as error:
        raise FailedRequestError(404, "unknown-version", f"{error}.") from error


def _chosen(versions: PolicyVersionQuerySet, wanted: str) -> PolicyVersion | None:
    if not wanted:
        return versions.filter(is_default=True).first() or versions.first()
    if len(wanted) < _SHORTEST_DIGEST:
        return versions.filter(version_id=wanted).first()
    return versions.filter(digest__startswith=wanted).first()


def _elsewhere(request: HttpRequest, key: str) -> HttpResponseRedirect:
    """The same page of the policy that is meant; the query string stays."""
    match = request.resolver_match
    assert match is not None  # noqa: S101 (a view was called by its address)
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return HttpResponseRedirect(reverse(match.view_name, args=[key]) + query)
