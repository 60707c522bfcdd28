"""The fixtures in the database: the page's words, the corpus's facts, and curators' edits kept."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from policyhub.catalog.importing.fixtures import BrokenFixtureError, FixtureResult, load_fixtures
from policyhub.catalog.models import (
    CatalogState,
    ChangelogEntry,
    DocumentedPolicy,
    PermissionDescription,
    Policy,
    PolicyVersion,
)
from tests.catalog.given_sources import detail

pytestmark = pytest.mark.django_db

VOLUMES = "AmazonECSInfrastructureRolePolicyForVolumes"
DEPLOY = "AWSCodeDeployRoleForECS"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def page() -> dict[str, Any]:
    text = (settings.FIXTURES_DIR / "ecs.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@pytest.fixture
def corpus_lines() -> list[str]:
    lines = (settings.FIXTURES_DIR / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    return [lines[0].replace("1582", "2"), *(line for line in lines if f'"{DEPLOY}' in line)][:3]


@pytest.fixture
def later_page() -> dict[str, Any]:
    text = (settings.FIXTURES_DIR / "ecs-2026.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: dict[str, Any], corpus: list[str]
) -> list[FixtureResult]:
    """Load other fixtures than the product's own."""
    shutil.copy(settings.FIXTURES_DIR / "ecs-2026.json", tmp_path)
    (tmp_path / "ecs.json").write_text(json.dumps(page), encoding="utf-8")
    (tmp_path / "corpus.jsonl").write_text("\n".join([*corpus, ""]), encoding="utf-8")
    monkeypatch.setattr(settings, "FIXTURES_DIR", tmp_path)
    return load_fixtures()


@pytest.fixture
def reload(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    page: dict[str, Any],
    corpus_lines: list[str],
) -> Callable[[], list[FixtureResult]]:
    """Load the page as the test has changed it, and a corpus of two policies."""
    return lambda: load(tmp_path, monkeypatch, page, corpus_lines)


def policy_of(page: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in page["policies"] if each["name"] == name)
    return found


def test_all_fixtures_are_in_and_loading_again_does_nothing() -> None:
    generation = CatalogState.current().generation
    assert [result.loaded for result in load_fixtures()] == [False, False, False]
    assert CatalogState.current().generation == generation
    assert Policy.objects.count() == 1582
    assert PolicyVersion.objects.in_force().count() == 1582


def test_the_ten_policies_of_the_page_have_its_prose(page: dict[str, Any]) -> None:
    assert len(page["policies"]) == 10
    for given in page["policies"]:
        policy = Policy.objects.get(name=given["name"])
        assert (policy.summary, policy.considerations) == (
            given["summary"],
            given["considerations"],
        )
        assert policy.trusted_services == given["trustedServices"]
        assert policy.documentation_url == given["documentationUrl"]
        assert policy.documented_attachable is given["documentedAttachable"]
        assert [(each.pattern, each.text) for each in policy.descriptions.all()] == [
            (each["pattern"], each["text"]) for each in given["permissionDescriptions"]
        ]


def test_the_documents_of_the_page_stand_beside_todays(page: dict[str, Any]) -> None:
    for given in page["policies"]:
        for version in given["versions"]:
            rows = PolicyVersion.objects.filter(policy__name=given["name"])
            row = rows.get(version_id=version["versionId"])
            assert json.loads(row.document) == version["document"]
            assert list(json.loads(row.document)) == list(version["document"])
            assert row.source == PolicyVersion.Source.DOCUMENTATION
            assert Policy.objects.get(name=given["name"]).described_version == row
    full_access = PolicyVersion.objects.filter(policy__name="AmazonECS_FullAccess")
    defaults = {row.version_id: row.is_default for row in full_access}
    assert defaults == {"v20": False, "v22": True}


def test_the_entries_of_both_states_of_the_page_are_in(
    page: dict[str, Any], later_page: dict[str, Any]
) -> None:
    entries = ChangelogEntry.objects.filter(source=ChangelogEntry.Source.DOCUMENTATION)
    found = {
        (str(each.date), each.title, each.policy.name if each.policy else None, each.version_id)
        for each in entries
    }
    told = [*page["changelog"], *later_page["changelog"]]
    assert found == {
        (each["date"], each["title"], each["policy"], each.get("version", "")) for each in told
    }
    assert (len(page["changelog"]), entries.count()) == (7, len(told))


def test_what_the_page_said_in_2026_is_beside_what_it_said_in_2024(
    later_page: dict[str, Any],
) -> None:
    full_access = Policy.objects.get(name="AmazonECS_FullAccess")
    later = full_access.documented.get()
    assert (str(later.as_of), later.version_id) == ("2026-02-24", "v21")
    assert full_access.summary != later.summary
    names = {each["name"] for each in later_page["policies"]}
    assert {each.policy.name for each in DocumentedPolicy.objects.all()} == names


def test_a_changed_page_brings_its_new_words(
    page: dict[str, Any], reload: Callable[[], list[FixtureResult]]
) -> None:
    given = policy_of(page, VOLUMES)
    given["summary"], given["permissionDescriptions"] = "New.", given["permissionDescriptions"][:1]
    page["changelog"][0]["title"] = "Newly told"
    page_result, *_ = reload()
    assert (page_result.loaded, str(page_result)) == (True, "ecs.json: 10 policies")
    policy = Policy.objects.get(name=VOLUMES)
    assert (policy.summary, policy.descriptions.count()) == ("New.", 1)
    assert ChangelogEntry.objects.filter(title="Newly told").count() == 1
    assert ChangelogEntry.objects.filter(source="documentation").count() == 28


def test_what_a_curator_edited_is_left_alone(
    page: dict[str, Any], reload: Callable[[], list[FixtureResult]]
) -> None:
    policy, entry = Policy.objects.get(name=VOLUMES), ChangelogEntry.objects.order_by("pk")[0]
    key = entry.key
    now = timezone.now()
    Policy.objects.filter(pk=policy.pk).update(considerations="Ours.", curated_at=now)
    policy.descriptions.all().delete()
    PermissionDescription.objects.create(policy=policy, pattern="ec2", text="Ours.")
    ChangelogEntry.objects.filter(pk=entry.pk).update(description="Ours.", curated_at=now)
    for given in page["policies"]:
        given["considerations"] = "The page's."
    for told in page["changelog"]:
        told["description"] = "The page's."
    reload()
    policy.refresh_from_db()
    assert policy.considerations == "Ours."
    assert [each.text for each in policy.descriptions.all()] == ["Ours."]
    assert ChangelogEntry.objects.get(key=key).description == "Ours."
    assert ChangelogEntry.objects.filter(description="The page's.").count() == 6
    assert Policy.objects.filter(considerations="The page's.").count() == 9


def test_a_page_that_is_loaded_late_displaces_no_default(
    page: dict[str, Any], reload: Callable[[], list[FixtureResult]]
) -> None:
    before = set(PolicyVersion.objects.in_force().values_list("policy__name", "version_id"))
    updated = Policy.objects.get(name="AmazonECS_FullAccess").updated_at
    page["policies"][0]["summary"] = "New."
    reload()
    after = set(PolicyVersion.objects.in_force().values_list("policy__name", "version_id"))
    assert after == before
    assert Policy.objects.get(name="AmazonECS_FullAccess").updated_at == updated


def test_a_policy_without_a_document_gets_it_from_the_corpus(
    page: dict[str, Any], reload: Callable[[], list[FixtureResult]]
) -> None:
    Policy.objects.filter(name=DEPLOY).delete()
    page["page"]["note"] = "Changed, so that it is loaded."
    reload()
    policy = Policy.objects.get(name=DEPLOY)
    assert policy.summary == policy_of(page, DEPLOY)["summary"]
    assert policy.versions.get().is_default


def drop(*keys: str) -> Change:
    """A change that leaves out what is under the keys in the first policy."""
    return lambda page: [policy_of(page, VOLUMES).pop(key) for key in keys]


BROKEN_PAGES: dict[str, Change] = {
    "a policy without a name": drop("name"),
    "a policy without descriptions": drop("permissionDescriptions"),
    "no policies": lambda page: page.pop("policies"),
    "a date that is none": lambda page: page["page"].update(asOf="yesterday"),
    "a version's date that is none": lambda page: policy_of(page, VOLUMES)["versions"][0].update(
        createdAt="soon"
    ),
    "a document that is no policy": lambda page: policy_of(page, VOLUMES)["versions"][0].update(
        document={"Statement": []}
    ),
    "a described version that is not there": lambda page: policy_of(page, VOLUMES).update(
        describesVersion="v99"
    ),
    "a description without words": lambda page: policy_of(page, VOLUMES)["permissionDescriptions"][
        0
    ].update(text=""),
    "an address that is none": lambda page: policy_of(page, VOLUMES).update(
        documentationUrl="nowhere"
    ),
    "an entry about an unknown policy": lambda page: page["changelog"][0].update(policy="Nobody"),
    "an entry with too long a title": lambda page: page["changelog"][0].update(title="x" * 301),
    "an entry without a date": lambda page: page["changelog"][0].pop("date"),
}


@pytest.mark.parametrize("change", BROKEN_PAGES.values(), ids=BROKEN_PAGES)
def test_a_broken_page_is_told_and_changes_nothing(
    change: Change, page: dict[str, Any], reload: Callable[[], list[FixtureResult]]
) -> None:
    before = list(Policy.objects.order_by("pk").values())
    policy_of(page, "AmazonECS_FullAccess")["summary"] = "New."
    change(page)
    with pytest.raises(BrokenFixtureError, match=r"^ecs\.json "):
        reload()
    assert list(Policy.objects.order_by("pk").values()) == before


BROKEN_CORPORA: dict[str, Callable[[list[str]], list[str]]] = {
    "a line cut short": lambda lines: [*lines[:2], lines[2][:-30]],
    "a line missing": lambda lines: lines[:2],
    "a document that is no policy": lambda lines: [
        *lines[:2],
        lines[2].replace('"Effect"', '"effect"'),
    ],
}


@pytest.mark.parametrize("change", BROKEN_CORPORA.values(), ids=BROKEN_CORPORA)
def test_a_broken_corpus_is_told_and_the_page_is_not_taken_either(
    change: Callable[[list[str]], list[str]],
    page: dict[str, Any],
    corpus_lines: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page["policies"][0]["summary"] = "New."
    digests = CatalogState.current().fixture_digests
    with pytest.raises(BrokenFixtureError, match=r"^corpus\.jsonl has 1 rejected: corpus\.jsonl "):
        load(tmp_path, monkeypatch, page, change(corpus_lines))
    assert not Policy.objects.filter(summary="New.").exists()
    assert CatalogState.current().fixture_digests == digests


def test_a_policy_of_another_arn_is_left_out_and_does_not_stop_the_rest(
    page: dict[str, Any], corpus_lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = json.loads(corpus_lines[1])["PolicyName"]
    Policy.objects.filter(name=name).update(arn=f"arn:aws:iam::aws:policy/elsewhere/{name}")
    _, corpus, _ = load(tmp_path, monkeypatch, page, corpus_lines)
    assert str(corpus) == "corpus.jsonl: 1 policies, 1 left out"
    assert "names are unique" in corpus.report.rejected[0].reason


def test_a_name_that_an_organisation_uses_comes_in_beside_it(
    page: dict[str, Any], corpus_lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = json.loads(corpus_lines[1])["PolicyName"]
    Policy.objects.filter(name=name).update(arn=detail(name)["Arn"], kind="customer-managed")
    _, corpus, _ = load(tmp_path, monkeypatch, page, corpus_lines)
    assert str(corpus) == "corpus.jsonl: 2 policies"
    assert set(Policy.objects.filter(name=name).values_list("key", flat=True)) == {
        name, detail(name)["Arn"]
    }  # fmt: skip


def test_a_missing_fixture_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "FIXTURES_DIR", tmp_path)
    with pytest.raises(CommandError) as raised:
        call_command("load_fixtures", stdout=io.StringIO())
    assert str(raised.value) == f"{tmp_path / 'ecs.json'} can't be read: No such file or directory"


def test_the_command_says_what_it_did() -> None:
    out = io.StringIO()
    call_command("load_fixtures", stdout=out)
    names = ("ecs.json", "corpus.jsonl", "ecs-2026.json")
    assert out.getvalue() == "".join(f"{name}: already loaded\n" for name in names)
