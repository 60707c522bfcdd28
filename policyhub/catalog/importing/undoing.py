"""An import of one policy undone: the state before it comes back, or nothing changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q

from policyhub.catalog.deriving import indexing
from policyhub.catalog.deriving.observed_changes import write_observed_changes
from policyhub.catalog.importing.chunk import LEARNT
from policyhub.catalog.importing.precedence import FACTS
from policyhub.catalog.models import CatalogState, PermissionDescription, Policy, PolicyVersion
from policyhub.catalog.signals import policies_changed

# A policy and its versions as an import finds or leaves them, as JSON; `policy` is null where
# there is none: its key in the database, its facts, and each version by its key in the database.
PolicyState = dict[str, Any]
CHANGED_SINCE = (
    "Not undone: the policy is no longer as this import left it. Undo the later import first."
)
EDITED_SINCE = (
    "Not undone: curators have edited the policy since, and their texts need what this import "
    "brought. Put their edits back first."
)


class NotUndoneError(Exception):
    """Why an import was not undone, as a sentence."""


def state_of_policy(policy: Policy | None) -> PolicyState:
    """What an import may change of a policy."""
    if policy is None:
        return {"policy": None, "facts": {}, "versions": {}}
    facts = {name: getattr(policy, name) for name in FACTS}
    versions = {
        str(each.pk): {name: getattr(each, name) for name in LEARNT}
        for each in policy.versions.defer("document").order_by("pk")
    }
    state = {"policy": policy.pk, "facts": facts, "versions": versions}
    read: PolicyState = json.loads(json.dumps(state, cls=DjangoJSONEncoder))
    return read


def undo_import(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Give a policy its state of before an import, in the caller's transaction.

    Raises `NotUndoneError` where it is no longer as the import left it, or where curators'
    texts hang on what the import brought.
    """
    policy = Policy.objects.filter(pk=after["policy"]).first()
    if policy is None or state_of_policy(policy) != after:
        raise NotUndoneError(CHANGED_SINCE)
    if before["policy"] is None:
        _remove(policy)
    else:
        _restore(policy, before)
    CatalogState.advance()
    CatalogState.advance_prose()


def _remove(policy: Policy) -> None:
    is_used = Policy.objects.filter(successor=policy).exists()
    if policy.curated_at is not None or is_used or policy.descriptions.exists():
        raise NotUndoneError(EDITED_SINCE)
    policies_changed.send(Policy, policies={policy.pk})
    policy.delete()


def _restore(policy: Policy, before: Mapping[str, Any]) -> None:
    """Take away the versions that came, and give the others what they had."""
    kept = {int(key): each for key, each in before["versions"].items()}
    added = policy.versions.exclude(pk__in=kept)
    _refuse_where_described(policy, added.values_list("pk", flat=True))
    added.delete()
    for name, value in before["facts"].items():
        setattr(policy, name, _value_of_field(Policy, name, value))
    Policy.objects.bulk_update([policy], FACTS)
    changed = _restored_versions(policy, kept)
    # The default of the import steps down first: at no moment may a policy have two.
    for is_default in (False, True):
        rows = [each for each in changed if each.is_default is is_default]
        PolicyVersion.objects.bulk_update(rows, LEARNT)
    defaults = {each.pk for each in policy.versions.filter(is_default=True)}
    touched = {each.pk for each in changed} | defaults
    indexing.index_versions(list(policy.versions.select_related("policy").filter(pk__in=touched)))
    indexing.index_policies({policy.pk})
    write_observed_changes({policy.pk})
    policies_changed.send(Policy, policies={policy.pk})


def _restored_versions(
    policy: Policy, kept: Mapping[int, Mapping[str, Any]]
) -> list[PolicyVersion]:
    """The versions that the import changed, with what they had before."""
    changed = []
    for version in policy.versions.filter(pk__in=kept).defer("document"):
        had = {
            name: _value_of_field(PolicyVersion, name, each)
            for name, each in kept[version.pk].items()
        }
        if any(getattr(version, name) != each for name, each in had.items()):
            for name, each in had.items():
                setattr(version, name, each)
            changed.append(version)
    return changed


def _refuse_where_described(policy: Policy, added: Any) -> None:
    keys = list(added)
    about = Q(policy=policy, version__in=keys)
    is_described = PermissionDescription.with_withdrawn.filter(about).exists()
    if policy.described_version_id in keys or is_described:
        raise NotUndoneError(EDITED_SINCE)


def _value_of_field(model: Any, name: str, value: Any) -> Any:
    return model._meta.get_field(name).to_python(value)
