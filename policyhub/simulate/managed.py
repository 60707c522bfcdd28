"""Documents of the catalogue, for simulations that name managed policies."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache

from django.db.models.functions import Length

from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.iam.simulation import ManagedDocument, UnknownPolicyError

_KEPT = 2_000


@lru_cache(maxsize=_KEPT)
def managed_document(name: str, version: str | None) -> ManagedDocument:
    """The document of a managed policy, the default one without a version.

    Kept for the run of a command, in which the catalogue is taken as it was first seen. Raises
    `UnknownPolicyError` with what is near.
    """
    if not (name.isprintable() and (version or "").isprintable()):
        # No database can be asked for half a surrogate pair, and PostgreSQL not for a NUL.
        raise UnknownPolicyError("a managed policy's name and version are printable")
    versions = (
        PolicyVersion.objects.select_related("policy")
        .filter(policy__name=name)
        .order_by("-created_at", "-pk")
    )
    chosen = versions.filter(is_default=True) if version is None else versions
    if version is not None:
        chosen = chosen.filter(version_id=version)
    found = chosen.first()
    if found is not None:
        return ManagedDocument(found.document, found.policy.kind == Policy.Kind.SERVICE_LINKED_ROLE)
    known = [each.version_id or "unnumbered" for each in versions]
    if known:
        raise UnknownPolicyError(
            f"`{name}` has no version `{version}` here; known: {', '.join(known)}"
        )
    near = get_close_matches(name, Policy.objects.values_list("name", flat=True), n=3)
    hint = f"; near: {', '.join(near)}" if near else ""
    raise UnknownPolicyError(f"no managed policy is named `{name}`{hint}")


def names_holding(text: str, most: int) -> list[str]:
    """The managed policies in whose names a text stands, case ignored, the shortest first."""
    if not text or not text.isprintable():
        return []
    names = Policy.objects.filter(name__icontains=text).order_by(Length("name"), "name")
    return list(names.values_list("name", flat=True)[:most])
