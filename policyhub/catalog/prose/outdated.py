"""Prose that was written for an older version than the default one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.catalog.prose.subject import Disagreement, Disagreements, in_backticks


@dataclass(frozen=True, slots=True)
class Outgrown:
    """Two versions whose documents differ: the one that the prose describes, the default one."""

    described: str
    default: str
    then: Callable[[], EffectivePermissions]
    now: Callable[[], EffectivePermissions]


def prose_of_an_older_version(case: Outgrown) -> Disagreements:
    """Yield what the default version grants more and less than the described one."""
    then = [grant.action.id for grant in case.then().grants]
    now = [grant.action.id for grant in case.now().grants]
    gained, lost = sorted(set(now) - set(then)), sorted(set(then) - set(now))
    changes = []
    if gained:
        changes.append(f"newly grants {in_backticks(gained)}")
    if lost:
        changes.append(f"no longer grants {in_backticks(lost)}")
    what = " and ".join(changes) or "grants the same actions on other resources or conditions"
    yield Disagreement(
        f"the prose describes {case.described}, but the default version is {case.default}, "
        f"which {what}",
        {
            "describedVersion": case.described,
            "defaultVersion": case.default,
            "gained": gained,
            "lost": lost,
        },
        f"describe {case.default}, then choose it as the described version",
    )
