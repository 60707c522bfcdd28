"""The history comes in part by part; ended anywhere, it goes on, and comes to the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from policyhub.catalog.access.in_memory import compile_catalogue
from policyhub.catalog.deriving.drift import find_drift
from policyhub.catalog.importing import history
from policyhub.catalog.importing.chunk import Chunk
from policyhub.catalog.importing.fixtures import BrokenFixtureError
from policyhub.catalog.importing.history import HistoryState, begin_history, load_history
from policyhub.catalog.importing.run import import_policies
from policyhub.catalog.models import CatalogState, ChangelogEntry, Policy, PolicyVersion
from policyhub.catalog.sources.history_file import (
    HistoryHeader,
    HistoryPolicy,
    HistoryVersion,
    write_history,
)
from policyhub.catalog.sources.version_dates import VersionDate
from tests.catalog.given_sources import document
from tests.catalog.given_sources import policy as source_policy
from tests.catalog.given_sources import version as source_version
from tests.html_text import markup_of

# Its rows are written as `test_run` writes others.
pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def day(number: int) -> datetime:
    return datetime(2024, 1, number, 12, tzinfo=UTC)


def version(number: int, date: VersionDate | datetime, *actions: str, **more: Any) -> Any:
    dated = VersionDate(date) if isinstance(date, datetime) else date
    return HistoryVersion(number, document(*actions), dated, ("moto",), **more)


def policy(name: str, *versions: HistoryVersion, is_gone: bool = False) -> HistoryPolicy:
    arn = f"arn:aws:iam::aws:policy/{name}"
    return HistoryPolicy(name, arn, "/", day(1), day(28), is_gone, versions)


BETWEEN = VersionDate(None, day(3), day(9))
GIVEN = [
    policy(
        "Bounded",
        version(1, day(1), "s3:Get*"),
        version(2, BETWEEN, "s3:*"),
        version(5, day(9), "s3:List*"),
    ),
    policy("Gone", version(1, day(1), "s3:GetObject"), version(2, day(2), "s3:*"), is_gone=True),
    policy(
        "Repeated",
        version(1, day(1), "sqs:*"),
        version(2, day(4), "sqs:*", same_as=1),
        version(3, day(5), "sqs:List*"),
    ),
    policy("Single", version(7, day(1), "sns:*")),
]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A history of four policies, a transaction each."""
    path = tmp_path / "history.jsonl.xz"
    count = sum(len(each.versions) for each in GIVEN)
    header = HistoryHeader({"moto": ["5.2.5"]}, day(28).date(), len(GIVEN), count)
    write_history(path, header, GIVEN)
    monkeypatch.setattr(history, "history_path", lambda: path)
    monkeypatch.setattr(history, "_VERSIONS_AT_ONCE", 1)
    monkeypatch.setattr(history, "_WAIT_SECONDS", 0)
    return path


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """What is stored of the four policies, without keys that the database gives."""
    names = [each.name for each in GIVEN]
    versions = PolicyVersion.objects.filter(policy__name__in=names)
    entries = ChangelogEntry.objects.filter(policy__name__in=names)
    return {
        "versions": sorted(
            versions.values_list(
                "policy__name", "number", "created_at", "not_before", "not_after", "digest",
                "is_default", "source", "action_count", "policy__last_seen_on",
            ),
            key=repr,
        ),
        "entries": sorted(
            entries.values_list("date", "not_before", "title", "access", "key"), key=repr
        ),
        "rows": sorted(
            versions.values_list("policy__name", "statements__sid", "service_grants__service"),
            key=repr,
        ),
    }  # fmt: skip


def test_every_version_comes_in_with_what_is_known_of_its_date(file: Path) -> None:
    report = load_history()
    assert (len(report.created), report.rejected) == (len(GIVEN), [])
    bounded = PolicyVersion.objects.filter(policy__name="Bounded").oldest_first()
    assert [(each.version_id, each.date_known, each.is_default) for each in bounded] == [
        ("v1", "second", False),
        ("v2", "between", False),
        ("v5", "second", True),
    ]
    assert [each.day_in_words for each in bounded][1] == "between 2024-01-03 and 2024-01-09"
    assert {each.source for each in bounded} == {"packages"}
    assert CatalogState.current().history_done == CatalogState.current().history_total == 4
    assert find_drift() == []


def test_a_change_of_which_only_bounds_are_known_says_so(file: Path) -> None:
    load_history()
    entries = ChangelogEntry.objects.filter(policy__name="Bounded").order_by("key")
    told = {each.title: (str(each.date), str(each.not_before), each.access) for each in entries}
    assert told == {
        "Bounded v1 to v2: wider": ("2024-01-09", "2024-01-03", "widened"),
        "Bounded v2 to v5: narrower": ("2024-01-09", "None", "narrowed"),
    }
    gap = entries.get(title__contains="v5").description
    assert gap.startswith("v3 to v4 are not known: this is all that changed since v2.")


def test_a_repeated_document_is_no_change_and_names_the_first(file: Path, client: Client) -> None:
    load_history()
    titles = ChangelogEntry.objects.filter(policy__name="Repeated").values_list("title", flat=True)
    assert list(titles) == ["Repeated v2 to v3: narrower"]
    told = client.get("/policies/Repeated.json").json()["versions"]
    assert [(each["versionId"], each["sameAs"]) for each in told] == [
        ("v3", None),
        ("v2", "v1"),
        ("v1", None),
    ]
    assert "same document as v1" in markup_of(client.get("/policies/Repeated/changes/"))


def test_what_is_gone_is_kept_and_in_no_answer(file: Path, client: Client) -> None:
    load_history()
    assert str(Policy.objects.get(name="Gone").last_seen_on) == "2024-01-28"
    assert "Gone" not in {each.policy.name for each in PolicyVersion.objects.in_force()}
    assert "Gone" not in {each.name for each in compile_catalogue().granting("s3:GetObject")}
    page = markup_of(client.get("/policies/Gone/"))
    assert "AWS has removed it: it was last seen on 28 January 2024" in page
    names = [each["name"] for each in client.get("/policies.json?gone=yes").json()["results"]]
    assert "Gone" in names or client.get("/policies.json?gone=yes").json()["count"] > len(names)
    listed = client.get("/policies.json").json()["count"]
    assert client.get("/policies.json?gone=yes").json()["count"] == listed + 1
    assert client.get("/changes.json?policy=Gone").json()["count"] == 1


def test_a_policy_that_comes_back_is_there_again(file: Path) -> None:
    load_history()
    again = source_policy(
        source_version("v2", "s3:*"), name="Gone", arn=GIVEN[1].arn, day="2024-02-01"
    )
    import_policies([again])
    assert Policy.objects.get(name="Gone").last_seen_on is None
    assert "Gone" in {each.name for each in compile_catalogue().granting("s3:GetObject")}
    assert find_drift() == []


def stopping_at(number: int) -> Callable[..., None]:
    """Something that is called often, and ends everything at one of the calls."""
    calls = iter(range(number + 1))

    def called(*_: object) -> None:
        if next(calls) == number:
            raise KeyboardInterrupt

    return called


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("inside", [False, True])
def test_ended_anywhere_it_goes_on_and_comes_to_the_same(
    file: Path, monkeypatch: pytest.MonkeyPatch, part: int, inside: bool
) -> None:
    stop = stopping_at(part)
    with monkeypatch.context() as patched:
        if inside:
            write = Chunk._write

            def written(chunk: Chunk) -> None:
                write(chunk)
                stop()

            patched.setattr(Chunk, "_write", written)
        with pytest.raises(KeyboardInterrupt):
            load_history(None if inside else stop)
    done = part if inside else part + 1
    assert CatalogState.current().history_done == done
    assert PolicyVersion.objects.filter(source="packages").values("policy").distinct().count() == (
        done
    )
    assert CatalogState.current().is_importing == (done > 0 and done < 4)
    told: list[HistoryState] = []
    load_history(told.append)
    assert [each.done for each in told] == list(range(done + 1, 5))
    assert not CatalogState.current().is_importing
    stopped = everything()
    Policy.objects.filter(name__in=[each.name for each in GIVEN]).delete()
    CatalogState.objects.update(history_digest="")
    load_history()
    assert everything() == stopped


def test_where_another_process_was_quicker_it_looks_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_out = history._worked_out
    others = iter([True])

    def meanwhile(policies: Any, documents: Any) -> Any:
        if next(others, False):
            load_history()
        return work_out(policies, documents)

    monkeypatch.setattr(history, "_worked_out", meanwhile)
    assert load_history().created == []
    assert CatalogState.current().history_done == 4


def test_the_catalogue_is_compiled_again_only_if_what_is_in_force_changed(file: Path) -> None:
    load_history()
    PolicyVersion.objects.filter(source="packages", is_default=False).delete()
    CatalogState.objects.update(history_digest="")
    before = CatalogState.current()
    load_history()
    after = CatalogState.current()
    assert after.generation == before.generation
    assert after.prose_generation > before.prose_generation


def test_loaded_again_nothing_is_new(file: Path) -> None:
    load_history()
    before = everything()
    assert load_history().outcomes == {}
    CatalogState.objects.update(history_digest="")
    assert load_history().updated == []
    assert everything() == before


def test_by_another_reference_it_is_derived_again_behind(file: Path) -> None:
    load_history()
    before = everything()
    PolicyVersion.objects.filter(policy__name="Bounded").update(action_count=1)
    ChangelogEntry.objects.filter(policy__name="Bounded").update(access="none", title="Old")
    assert begin_history().is_complete
    by = {**CatalogState.current().fixture_digests, history.HISTORY: "an older one"}
    CatalogState.objects.update(fixture_digests=by)
    assert begin_history() == HistoryState(0, 4)
    load_history()
    assert everything() == before
    assert begin_history().is_complete
    assert find_drift() == []


def test_a_better_date_takes_the_place_of_bounds(file: Path) -> None:
    load_history()
    dated = source_version("v2", "s3:*", created="2024-01-05", default=False)
    import_policies([source_policy(dated, name="Bounded", arn=GIVEN[0].arn)])
    found = PolicyVersion.objects.get(policy__name="Bounded", version_id="v2")
    assert (found.date_known, found.not_before) == ("day", None)
    entry = ChangelogEntry.objects.get(title="Bounded v1 to v2: wider")
    assert (str(entry.date), entry.not_before) == ("2024-01-05", None)


def test_a_file_that_is_not_whole_is_named(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])
    for load in (load_history, begin_history):
        with pytest.raises(BrokenFixtureError, match="not a whole history"):
            load()
    with pytest.raises(CommandError, match="not a whole history"):
        call_command("load_history")


def test_how_far_it_has_come_is_told(file: Path, client: Client) -> None:
    assert client.get("/readyz").json()["history"] == "complete"
    begin_history()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["history"]) == (200, {"done": 0, "of": 4})
    assert client.get("/readyz?complete").status_code == 503
    told = "0 of 4 policies have all their known versions"
    assert told in markup_of(client.get("/changes/removals/"))
    call_command("reindex", "--check", stdout=(out := StringIO()))
    assert "still being loaded: 0 of 4 policies" in out.getvalue()
    load_history()
    assert client.get("/readyz?complete").status_code == 200
    assert "have all their known versions" not in markup_of(client.get("/changes/"))
