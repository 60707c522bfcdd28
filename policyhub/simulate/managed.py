"""Documents of the catalogue, for simulations that name managed policies."""

from __future__ import annotations

from functools import lru_cache

from django.db.models.functions import Length

from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.naming import SeveralPoliciesError, find_policy, why_unknown
from policyhub.iam.deciding.simulation import ManagedDocument, UnknownPolicyError

_KEPT = 2_000
# No policy has a longer name. Source: IAM API Reference, "CreatePolicy".
LONGEST_NAME = 128


@lru_cache(maxsize=_KEPT)
def managed_document(name: str, version: str | None) -> ManagedDocument:
    """The document of a managed policy by name or ARN, the default one without a version.

    Kept for the run of a command, in which the catalogue is taken as it was first seen. Raises
    `UnknownPolicyError` with what is near.
    """
    if not (name.isprintable() and (version or "").isprintable()):
        # No database can be asked for half a surrogate pair, and PostgreSQL not for a NUL.
        raise UnknownPolicyError("a managed policy's name and version are printable")
    try:
        named = find_policy(name)
    except SeveralPoliciesError as error:
        raise UnknownPolicyError(str(error)) from error
    if named is None:
        raise UnknownPolicyError(why_unknown(name))
    versions = (
        PolicyVersion.objects.select_related("policy").filter(policy__key=named.key).newest_first()
    )
    chosen = versions.filter(is_default=True) if version is None else versions
    if version is not None:
        chosen = chosen.filter(version_id=version)
    found = chosen.first()
    if found is not None:
        is_service_linked = found.policy.kind == Policy.Kind.SERVICE_LINKED_ROLE
        return ManagedDocument(found.document, is_service_linked, named.key, named.remark)
    known = ", ".join(each.version_id or "unnumbered" for each in versions)
    raise UnknownPolicyError(f"`{name}` has no version `{version}` here; known: {known}")


def names_holding(text: str, most: int) -> list[str]:
    """The keys of the policies whose names contain a text, ignoring case, the shortest first."""
    if not text or not text.isprintable() or len(text) > LONGEST_NAME:
        return []
    names = Policy.objects.filter(name__icontains=text).order_by(Length("name"), "name", "key")
    return list(names.values_list("key", flat=True)[:most])
