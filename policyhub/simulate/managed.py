"""Documents of the catalogue, for simulations that name managed policies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any

from django.db.models.functions import Length

from policyhub.catalog.access.on_a_day import PolicyOnADay, history_remark, policy_on
from policyhub.catalog.facts.organization_policies import (
    organization_policies_named_like,
    organization_policy,
)
from policyhub.catalog.models import CatalogState, Policy, PolicyVersion
from policyhub.catalog.naming import (
    NamedPolicy,
    SeveralPoliciesError,
    find_policy,
    is_known,
    why_unknown,
)
from policyhub.iam.deciding.simulation import (
    FindManaged,
    ManagedDocument,
    UnknownPolicyError,
    day_of,
)
from policyhub.iam.language.elements import Usage

_KEPT = 256
# No policy has a longer name. Source: IAM API Reference, "CreatePolicy".
LONGEST_NAME = 128
_NO_VERSIONS = (
    "AWS Organizations keeps no versions of this policy: its document is taken as it is today"
)


@dataclass(frozen=True, slots=True)
class CatalogueMoment:
    """The catalogue as it is between two imports; what was found is kept for as long."""

    generation: int
    history_digest: str
    history_done: int
    history_total: int


def catalogue_now() -> CatalogueMoment:
    """How far the catalogue has come, after one query."""
    state = CatalogState.current()
    return CatalogueMoment(
        state.generation, state.history_digest, state.history_done, state.history_total
    )


# Tells how far the catalogue has come.
Now = Callable[[], CatalogueMoment]


def managed_document(
    name: str, version: str | None, usage: Usage = Usage.IDENTITY
) -> ManagedDocument:
    """The document of a managed policy by name or ARN, the default one without a version.

    `usage` is the kind of policy that is asked for. Raises `UnknownPolicyError` with what is near.
    """
    of_organizations = document_of_organizations(name, version, usage)
    return of_organizations or _managed_document(catalogue_now(), name, version)


def document_of_organizations(
    name: str, version: str | None, usage: Usage
) -> ManagedDocument | None:
    """The document of AWS's own SCP or RCP, None where another policy is meant.

    Where its kind is asked for it comes before a policy of IAM that has its name, elsewhere after.
    Raises `UnknownPolicyError` where it is of another kind.
    """
    policy = organization_policy(name)
    if policy is None:
        return None
    if policy.usage is not usage:
        if is_known(name):
            return None
        raise UnknownPolicyError(policy.in_words)
    if version is not None:
        raise UnknownPolicyError(f"`{policy.name}` has no versions: leave `@{version}` out")
    return ManagedDocument(policy.text, name=policy.name)


def find_managed_for(simulation: Any, now: Now = catalogue_now) -> FindManaged:
    """What finds the managed policies of a simulation: as of the day that it is about, if any.

    The run of a command takes the catalogue as it was at one moment: then `now` stays the same.
    """
    try:
        day = day_of(simulation)
    except ValueError:
        # Reading the simulation says so.
        day = None
    return partial(_find, day, now)


def _find(
    day: date | None, now: Now, name: str, version: str | None, usage: Usage
) -> ManagedDocument:
    of_organizations = document_of_organizations(name, version, usage)
    if of_organizations is not None:
        return of_organizations if day is None else of_organizations._replace(doubt=_NO_VERSIONS)
    if day is None or version is not None:
        return _managed_document(now(), name, version)
    return _managed_on(now(), day, name)


@lru_cache(maxsize=_KEPT)
def _managed_document(moment: CatalogueMoment, name: str, version: str | None) -> ManagedDocument:
    named = _find_named(name, version)
    versions = (
        PolicyVersion.objects.select_related("policy").filter(policy__key=named.key).newest_first()
    )
    chosen = versions.filter(is_default=True) if version is None else versions
    if version is not None:
        chosen = chosen.filter(version_id=version)
    found = chosen.first()
    if found is not None:
        return _document(found, named)
    known = ", ".join(each.version_id or "unnumbered" for each in versions)
    raise UnknownPolicyError(f"`{name}` has no version `{version}`; known: {known}")


def _find_named(name: str, version: str | None) -> NamedPolicy:
    if not (name.isprintable() and (version or "").isprintable()):
        # No database can be asked for half a surrogate pair, and PostgreSQL not for a NUL.
        raise UnknownPolicyError("a managed policy's name and version are printable")
    try:
        named = find_policy(name)
    except SeveralPoliciesError as error:
        raise UnknownPolicyError(str(error)) from error
    if named is None:
        raise UnknownPolicyError(why_unknown(name))
    return named


def _document(found: PolicyVersion, named: NamedPolicy) -> ManagedDocument:
    is_service_linked = found.policy.kind == Policy.Kind.SERVICE_LINKED_ROLE
    return ManagedDocument(found.document, is_service_linked, named.key, named.remark)


@lru_cache(maxsize=_KEPT)
def _managed_on(moment: CatalogueMoment, day: date, name: str) -> ManagedDocument:
    """The document that was in force on a day."""
    loading = history_remark(moment.history_done, moment.history_total)
    named = _find_named(name, None)
    found = policy_on(named.key, day)
    if found is None:
        raise UnknownPolicyError(f"no version of `{name}` is known")
    chosen = found.choice.version
    if chosen is None or found.was_removed:
        raise UnknownPolicyError("; ".join(filter(None, [_why_none(found, day), loading])))
    document = _document(PolicyVersion.objects.select_related("policy").get(pk=chosen.key), named)
    doubts = "; ".join(filter(None, [found.doubt_in_words, loading]))
    return document._replace(version=chosen.version_id, doubt=doubts)


def _why_none(found: PolicyOnADay, day: date) -> str:
    """Why a policy had no version on a day, or none that is known."""
    if found.was_removed:
        return f"AWS had removed `{found.name}` by {day}: it was last seen on {found.last_seen}"
    if found.doubt:
        return f"{found.doubt_in_words}: name a version, as in `{found.name}@v1`"
    return f"`{found.name}` did not exist yet on {day}: ask about a later day, or name a version"


def names_holding(text: str, most: int, usages: Iterable[Usage]) -> list[str]:
    """The keys of the policies whose names contain a text, ignoring case, the shortest first.

    Those of AWS Organizations that are of the kinds asked for come before.
    """
    if not text or not text.isprintable() or len(text) > LONGEST_NAME:
        return []
    names = Policy.objects.filter(name__icontains=text).order_by(Length("name"), "name", "key")
    own = organization_policies_named_like(text, usages)
    return [*own, *names.values_list("key", flat=True)[: most - len(own)]]
