"""A policy's blast map at each version that changed it, as small multiples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.safestring import SafeString

from policyhub.blast_map.counted import MappedService
from policyhub.blast_map.multiples import Services, aligned, differences
from policyhub.blast_map.thumbnail import Thumbnail, in_short, svg_of
from policyhub.browse.policy.shown import KnownVersion, ShownPolicy
from policyhub.catalog.access.kept_documents import kept_policy
from policyhub.catalog.access.permissions import effective_permissions
from policyhub.catalog.access.power import cells_by_service
from policyhub.catalog.models import PolicyVersion

# Of one page: what is swapped into one stays small, and every document is expanded anew.
VERSIONS_IN_A_PAGE = 12
# Up to so many documents that allow so many actions are drawn at once, others when asked for.
MOST_DOCUMENTS, MOST_ACTIONS = 12, 6_000
_CHANGES_SHOWN = 3


@dataclass(frozen=True)
class VersionMap:
    """A version with its picture, and what this shows other than the one before it, in words.

    `more` counts the services of which no words are shown.
    """

    known: KnownVersion
    url: str
    picture: SafeString
    changes: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True)
class VersionMaps:
    """The maps of a page, the newest first; `compared` versions were looked at.

    `others` are the pages next to it: what each has, and its number.
    """

    maps: tuple[VersionMap, ...]
    compared: int
    others: tuple[tuple[str, int], ...]


def are_many(versions: Sequence[KnownVersion]) -> bool:
    """Whether drawing all versions takes so long that a page waits until it is asked to."""
    documents = _documents(versions)
    actions = sum(each.row.action_count for each in documents)
    return len(documents) > MOST_DOCUMENTS or actions > MOST_ACTIONS


def can_differ(versions: Sequence[KnownVersion]) -> bool:
    """Whether there are two documents to compare."""
    return len(_documents(versions)) > 1


def version_maps(shown: ShownPolicy, page: int = 1) -> VersionMaps:
    """The versions of a page whose map is not that of the version before; the oldest has one."""
    documents = _documents(shown.versions)
    last_page = -(-len(documents) // VERSIONS_IN_A_PAGE)
    page = max(1, min(page, last_page))
    start, stop = (page - 1) * VERSIONS_IN_A_PAGE, page * VERSIONS_IN_A_PAGE
    known, compared = documents[start : stop + 1], documents[start:stop]
    services = _services(known)
    drawn = [
        (newer, older)
        for newer, older in pairwise([*known, None])
        if newer in compared and (older is None or services[newer.row.pk] != services[older.row.pk])
    ]
    pictures = aligned([services[newer.row.pk] for newer, _ in reversed(drawn)])[::-1]
    maps = [
        _version_map(shown, newer, services[older.row.pk] if older else None, services, each)
        for (newer, older), each in zip(drawn, pictures, strict=True)
    ]
    later = (("Newer versions", page - 1),) if page > 1 else ()
    earlier = (("Older versions", page + 1),) if page < last_page else ()
    return VersionMaps(tuple(maps), len(compared), later + earlier)


def _version_map(
    shown: ShownPolicy,
    known: KnownVersion,
    older: Services | None,
    services: Mapping[int, Services],
    picture: Thumbnail,
) -> VersionMap:
    own = services[known.row.pk]
    changes = () if older is None else tuple(differences(older, own))
    words = in_short([MappedService(prefix, cells) for prefix, cells in own.items()])
    return VersionMap(
        known,
        shown.at(known).url("policy"),
        svg_of(picture, words),
        changes[:_CHANGES_SHOWN],
        len(changes[_CHANGES_SHOWN:]),
    )


def _documents(versions: Sequence[KnownVersion]) -> list[KnownVersion]:
    """The versions that don't repeat the document of the one before."""
    return [each for each in versions if not each.same_as]


def _services(versions: Sequence[KnownVersion]) -> Mapping[int, Services]:
    """What each document grants, counted, by the key of its row."""
    rows = PolicyVersion.objects.filter(pk__in=[each.row.pk for each in versions]).order_by()
    return {
        pk: cells_by_service(effective_permissions(kept_policy(text)))
        for pk, text in rows.values_list("pk", "document")
    }
