"""The policy and version that a page is about, found by its address, and the head of its pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import dateformat
from django.views.decorators.http import require_safe

from policyhub.browse.not_found import DOWNLOADS, named_otherwise, unknown
from policyhub.browse.reading.statements import DocumentReading, read_kept_document
from policyhub.catalog.access.blame import Blame, blame
from policyhub.catalog.access.permissions import EffectivePermissions, effective_permissions_of
from policyhub.catalog.facts.organization_policies import organization_policy
from policyhub.catalog.models import ChangelogEntry, Policy, PolicyVersion
from policyhub.catalog.naming import bare_name
from policyhub.catalog.near_names import near_names
from policyhub.catalog.retired import RetiredPolicy, retired_policy
from policyhub.http import HtmxHttpRequest, json_answer, quotable

DIGEST_SHOWN = 12
MOST_ENTRIES = 20


@dataclass(frozen=True)
class KnownVersion:
    """A version as the chooser lists it; `key` is what `?version=` calls it.

    `same_as` is the key of the version whose document it repeats, "" for a document of its own.
    """

    key: str
    row: PolicyVersion
    same_as: str = ""

    @property
    def name(self) -> str:
        """The version id, or a placeholder if no source gives one."""
        return self.row.version_id or f"unnumbered version {self.key}"

    @property
    def title(self) -> str:
        """The name where a sentence begins with it."""
        return f"Version {self.name}" if self.row.version_id else self.name.capitalize()

    @property
    def notes(self) -> list[str]:
        """That it is the default, if it is, and its day as pages print it, where one is known."""
        row = self.row
        made = row.created_at and dateformat.format(row.created_at, "j F Y")
        day = made or (row.day_in_words if row.date_known else "")
        return [*(["default"] if row.is_default else []), *([day] if day else [])]


@dataclass(frozen=True)
class ShownPolicy:
    """A policy at one of its versions, for one request."""

    policy: Policy
    versions: tuple[KnownVersion, ...]
    shown: KnownVersion

    @property
    def version(self) -> PolicyVersion:
        """The version shown, its document included."""
        return self.shown.row

    @property
    def permissions(self) -> EffectivePermissions:
        """What the document grants."""
        return effective_permissions_of(self.version.document, self.version.digest)

    @property
    def reading(self) -> DocumentReading:
        """The document's statements in words."""
        return read_kept_document(self.version.document)

    @property
    def version_parameter(self) -> str:
        """What links to this version say in `?version=`: nothing for the default one."""
        return "" if self.version.is_default else self.shown.key

    @cached_property
    def blame(self) -> Blame:
        """Since which version each action is granted; nothing if there is only one version."""
        return blame(self.until_now) if self.until_now else Blame({}, {})

    @cached_property
    def until_now(self) -> list[PolicyVersion]:
        """The versions up to this one, the oldest first; none if there is only one, or no date."""
        dated = self.policy.versions.exclude(existed_by=None).oldest_first()
        rows = list(dated) if len(self.versions) > 1 else []
        return rows[: rows.index(self.version) + 1] if self.version in rows else []

    def known_version(self, version_pk: int | None) -> KnownVersion | None:
        """The known version of this primary key."""
        return next((known for known in self.versions if known.row.pk == version_pk), None)

    @cached_property
    def namesakes(self) -> list[Policy]:
        """The other policies that have its name."""
        others = Policy.objects.filter(name=self.policy.name).exclude(pk=self.policy.pk)
        return list(others.order_by("key"))

    def at(self, known: KnownVersion) -> ShownPolicy:
        """The same policy at another of its versions."""
        return replace(self, shown=known)

    def path(self, name: str) -> str:
        """The path of one of the policy's pages."""
        return reverse(f"browse:{name}", args=[self.policy.key])

    def url(self, name: str, **query: str) -> str:
        """The address of one of the policy's pages, at the version shown."""
        if self.version_parameter:
            query = {"version": self.version_parameter, **query}
        address = self.path(name)
        return f"{address}?{urlencode(query)}" if query else address

    @property
    def statement_base(self) -> str:
        """The address of a statement in the Document, without the number at its end."""
        address = self.url("policy_document")
        return f"{address}{'&' if '?' in address else '?'}statement="


PolicyView = Callable[[HtmxHttpRequest, ShownPolicy], HttpResponseBase]


def of_a_policy(view: PolicyView) -> Callable[[HtmxHttpRequest, str], HttpResponseBase]:
    """Make a view of a policy's key and `?version=` of one that takes the policy found."""

    @wraps(view)
    def found(request: HtmxHttpRequest, name: str) -> HttpResponseBase:
        policy = _policies().filter(key=name).first()
        if policy is None:
            return _no_such_policy(request, name)
        versions = _known_versions(policy)
        shown = _chosen(versions, request.GET.get("version", ""))
        if shown is None:
            return _no_such_version(request, policy, versions)
        return view(request, ShownPolicy(policy, versions, shown))

    return require_safe(found)


def _policies() -> Any:
    return Policy.objects.select_related("successor")


def _known_versions(policy: Policy) -> tuple[KnownVersion, ...]:
    """Every version, newest first; one that shares its id with another is identified by its "
    "digest."""
    rows = list(policy.versions.defer("document").newest_first())
    ids = Counter(row.version_id for row in rows)
    for row in rows:
        row.policy = policy
    keys = [
        row.version_id if row.version_id and ids[row.version_id] == 1 else row.digest[:DIGEST_SHOWN]
        for row in rows
    ]
    repeated = _repeated(rows, keys)
    return tuple(map(KnownVersion, keys, rows, repeated))


def _repeated(rows: list[PolicyVersion], keys: list[str]) -> list[str]:
    """Of versions, newest first, the first one with the same document in a row, else ""."""
    found: list[str] = []
    first, digest = "", ""
    for row, key in zip(reversed(rows), reversed(keys), strict=True):
        is_same = row.digest == digest
        found.append(first if is_same else "")
        first, digest = (first if is_same else key), row.digest
    return found[::-1]


def _chosen(versions: tuple[KnownVersion, ...], wanted: str) -> KnownVersion | None:
    """The version called `wanted`; the default one, else the newest, where nothing is wanted."""
    if not wanted:
        default = (known for known in versions if known.row.is_default)
        return next(default, versions[0] if versions else None)
    called = (known for known in versions if wanted in (known.key, known.row.version_id))
    return next(called, None)


def _no_such_policy(request: HttpRequest, name: str) -> HttpResponse:
    """Lead on to the policy that is meant, else say what is known of it, or which are near."""
    if elsewhere := named_otherwise(request, name):
        return elsewhere
    if retired := retired_policy(bare_name(name)):
        return _retired(request, retired)
    near = near_names(bare_name(name))
    of_organizations = organization_policy(name)
    told = of_organizations.in_words if of_organizations else ""
    error = {"error": told or f"no policy is named `{quotable(name)}`", "near": near}
    context = {"name": name, "near": near, "of_organizations": told}
    return unknown(request, "browse/policy/policy_unknown.html", context, error)


def _retired(request: HttpRequest, policy: RetiredPolicy) -> HttpResponse:
    """What is known of a policy that AWS has retired; as JSON it is missing all the same."""
    if request.path.endswith(DOWNLOADS):
        known = {"error": f"`{policy.name}` is retired", **policy.to_dict()}
        return json_answer(known, status=404)
    told = Q(title__contains=policy.name) | Q(description__contains=policy.name)
    successor = Policy.objects.filter(key=policy.successor)
    context = {
        "title": f"{policy.name}, retired",
        "retired": policy,
        "has_page": successor.exists() or retired_policy(policy.successor) is not None,
        "entries": ChangelogEntry.objects.filter(told).order_by("-date", "-pk")[:MOST_ENTRIES],
        "near": near_names(policy.name),
    }
    return render(request, "browse/policy/policy_retired.html", context)


def _no_such_version(
    request: HttpRequest, policy: Policy, versions: tuple[KnownVersion, ...]
) -> HttpResponse:
    wanted = request.GET.get("version", "")
    message = f"`{policy.label}` has no version `{quotable(wanted)}`"
    error = {"error": message, "versions": [version.key for version in versions]}
    context = {"policy": policy, "wanted": wanted, "versions": versions}
    return unknown(request, "browse/policy/policy_version_unknown.html", context, error)
