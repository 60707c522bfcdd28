"""What a request asks to watch: policies, scenario files and a day, each problem kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from policyhub.catalog.naming import SeveralPoliciesError, find_policy, why_unknown
from policyhub.http import Parameters, short_address
from policyhub.iam.language.days import read_day
from policyhub.workbench.watching.own_list import files_watched, keys_watched
from policyhub.workbench.watching.scenarios import (
    IN_ADDRESS,
    ScenarioFile,
    UnusableFileError,
    packed,
    unpacked,
)

MOST_WATCHED = 50
_ADDED_SCENARIOS = f"add-{IN_ADDRESS}"
_PARAMETERS = ("policy", "add", "since", IN_ADDRESS, _ADDED_SCENARIOS)
_DAYS = 365


@dataclass(frozen=True)
class ListUnderWatch:
    """A list as a request asks for it; `is_own` is that which all who are signed in share."""

    parameters: Parameters
    since: date
    keys: Sequence[str]
    files: Sequence[ScenarioFile]
    is_own: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to watch."""
        return not (self.keys or self.files)

    def address(self, name: str, keys: Sequence[str] | None = None, **more: str) -> str:
        """The address of a page of the same list, or of other policies; "" where it is too long."""
        given = [("policy", each) for each in (self.keys if keys is None else keys)]
        given += more.items()
        if not self.is_own:
            given += [(IN_ADDRESS, packed(each)) for each in self.files]
        return short_address(reverse(f"workbench:{name}"), urlencode(given))


def list_under_watch(request: HttpRequest) -> ListUnderWatch:
    """Read the list of an address; without one it is the shared one, if a reader is signed in."""
    asked = Parameters(request.GET)
    asked.expect(_PARAMETERS)
    since, keys, files = _since(asked), _keys(asked), _files(asked)
    is_own = not (keys or files) and request.user.is_authenticated
    if is_own:
        keys, files = keys_watched(), files_watched()
    return ListUnderWatch(asked, since, keys, files, is_own)


def _keys(asked: Parameters) -> list[str]:
    """The keys of the policies that are named; what is wrong with the others is kept."""
    found: dict[str, None] = {}
    for given in (*asked.values("policy"), *asked.values("add")):
        try:
            named = find_policy(given)
        except SeveralPoliciesError as error:
            asked.complain("several-policies", "policy", str(error))
            continue
        if named is None:
            asked.complain("unknown-policy", "policy", why_unknown(given))
        else:
            found[named.key] = None
    return list(found)[:MOST_WATCHED]


def _files(asked: Parameters) -> list[ScenarioFile]:
    """The file of the address, which is longer than other parameters can be."""
    names = (IN_ADDRESS, _ADDED_SCENARIOS)
    codes = [code for name in names for code in asked.query.getlist(name)]
    found = []
    for code in filter(None, codes[:1]):
        try:
            found.append(unpacked(code))
        except UnusableFileError as error:
            asked.complain("unusable-scenarios", IN_ADDRESS, str(error))
    return found


def _since(asked: Parameters) -> date:
    given = asked.value("since")
    if given:
        try:
            return read_day(given)
        except ValueError as error:
            asked.complain("bad-day", "since", str(error))
    return datetime.now(UTC).date() - timedelta(days=_DAYS)
