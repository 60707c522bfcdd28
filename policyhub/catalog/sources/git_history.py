"""A git clone in which each policy is a file: all versions in its history.

Every commit that touched a file gives the document as it was then; the same document written
differently, or put back, is one version. `git` itself reads the history.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from policyhub.catalog.sources.items import (
    Item,
    Origin,
    Rejection,
    Skipped,
    SourcePolicy,
    SourceVersion,
)
from policyhub.catalog.sources.text import begins_like_json, read_text
from policyhub.iam.language.lists import first_few
from policyhub.iam.reading.document import digest

NameOf = Callable[[Path], tuple[str, str]]

_COMMIT = "commit "
_LARGEST = 2 * 1024 * 1024
_NAMED_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class _Revision:
    """A file as one commit left it."""

    path: str
    blob: str
    commit: str
    day: date


class _GitError(Exception):
    """What git said when it could not do what was asked."""


def is_git_clone(folder: Path) -> bool:
    """Whether a folder is the top of a git clone, or a bare one."""
    inner = folder / ".git"
    # In a worktree `.git` is a file that names the place.
    return inner.is_file() or any(
        (each / "HEAD").is_file() and (each / "objects").is_dir() for each in (inner, folder)
    )


def read_git_history(clone: Path, name_of: NameOf) -> Iterator[Item]:
    """Yield each policy of the history with all its versions, and what can't be read.

    `name_of` gives the policy that a file is named after, and its version if the path tells it.
    """
    if shutil.which("git") is None:
        yield Rejection(str(clone), "a git clone, but git is not installed: install it")
        return
    try:
        revisions = list(_revisions(clone))
        yield from _policies(clone, revisions, name_of)
    except _GitError as error:
        yield Rejection(str(clone), f"its history can't be read: {error}")


def _policies(clone: Path, revisions: list[_Revision], name_of: NameOf) -> Iterator[Item]:
    by_name: dict[str, list[_Revision]] = {}
    for revision in revisions:
        if not any(part.startswith(".") for part in Path(revision.path).parts):
            by_name.setdefault(name_of(Path(revision.path))[0], []).append(revision)
    others: list[str] = []
    with _Blobs(clone) as blobs:
        for name, of_policy in by_name.items():
            gathered = _Gathered(clone, name, name_of)
            for revision in of_policy:
                yield from gathered.take(revision, blobs)
            if gathered.policy is not None:
                yield gathered.policy
            elif not gathered.was_json:
                others.append(of_policy[-1].path)
    if others:
        named = first_few(sorted(others), _NAMED_AT_MOST)
        yield Skipped(str(clone), f"never JSON by content: {named}")


class _Gathered:
    """One policy's versions, gathered from commit to commit."""

    def __init__(self, clone: Path, name: str, name_of: NameOf) -> None:
        self.clone, self.name, self.name_of = clone, name, name_of
        self.policy: SourcePolicy | None = None
        self.was_json = False
        self._seen: set[tuple[str, str]] = set()
        self._told_of_several = False

    def take(self, revision: _Revision, blobs: _Blobs) -> Iterator[Item]:
        """Add what a revision contains; yield what is wrong with it."""
        version_id = self.name_of(Path(revision.path))[1]
        if (revision.blob, version_id) in self._seen:
            return
        self._seen.add((revision.blob, version_id))
        place = f"{self.clone}@{revision.commit[:10]}:{revision.path}"
        data = blobs.read(revision.blob)
        if not data.strip():
            yield Skipped(place, "an empty file: nothing to read at that commit")
            return
        if not begins_like_json(data):
            return
        self.was_json = True
        origin = Origin(place, self.name, revision.day, version_id=version_id)
        items = list(read_text(data, origin))
        policies = [each for each in items if isinstance(each, SourcePolicy)]
        yield from (each for each in items if not isinstance(each, SourcePolicy))
        if len(policies) == 1:
            self._add(policies[0])
        elif policies and not self._told_of_several:
            self._told_of_several = True
            yield Rejection(place, _several([each.name for each in policies]))

    def _add(self, newer: SourcePolicy) -> None:
        """Join a policy's newer state to what is known: the last version is the default."""
        if not newer.arn:
            # A file here is named after its policy alone, also where that ends like a version.
            newer = replace(newer, name=self.name)
        known = self.policy
        old = known.versions if known else ()
        told = [replace(each, is_default=False) for each in old]
        fresh = [replace(each, is_default=False) for each in newer.versions]
        versions = {_identity(each): each for each in (*told, *fresh)}
        last = _identity(_latest(list(versions.values())) if _is_numbered(fresh) else fresh[-1])
        versions[last] = replace(versions.pop(last), is_default=True)
        self.policy = replace(
            newer,
            arn=newer.arn or (known.arn if known else ""),
            path=newer.path if newer.arn or known is None else known.path,
            created_at=newer.created_at or (known.created_at if known else None),
            versions=tuple(versions.values()),
        )


def _several(names: list[str]) -> str:
    return (
        f"{len(names):,} policies in one file ({first_few(names, _NAMED_AT_MOST)}): a history is "
        "read of files with one policy each; import the file by itself for what it contains now"
    )


def _is_numbered(versions: list[SourceVersion]) -> bool:
    """Whether paths alone tell which version is which: then no commit tells the latest."""
    return all(each.version_id and each.created_at is None for each in versions)


def _latest(versions: list[SourceVersion]) -> SourceVersion:
    """The version of the highest number."""
    return max(versions, key=lambda each: int(each.version_id[1:] or 0))


def _identity(version: SourceVersion) -> tuple[object, ...]:
    """What makes a version another one; of the same one the latest spelling is kept.

    A document that can't be parsed is known by its text: the import says what is wrong with it.
    """
    try:
        content = digest(version.document)
    except ValueError:
        content = version.document
    return version.version_id, version.created_at, content


def _revisions(clone: Path) -> Iterator[_Revision]:
    """Every file that a commit added or changed, the oldest commit first."""
    text = _git(
        clone, "-c", "core.quotepath=off", "log", "--reverse", "--first-parent", "-m", "--raw",
        "--no-abbrev", "--no-renames", f"--format={_COMMIT}%H %cs", "HEAD",
    )  # fmt: skip
    commit, day = "", date.min
    for line in text.splitlines():
        if line.startswith(_COMMIT):
            commit, written = line.removeprefix(_COMMIT).split()
            day = date.fromisoformat(written)
        elif line.startswith(":"):
            fields, _, path = line.partition("\t")
            _, mode, _, blob, status = fields.split()
            if status[0] in "AMT" and mode.startswith("100"):
                yield _Revision(path, blob, commit, day)


def _git(clone: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - git by its name, with arguments of our own
        ["git", "-C", str(clone), *arguments],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise _GitError(" ".join(done.stderr.decode("utf-8", "replace").split())[:300])
    return done.stdout.decode("utf-8", "replace")


class _Blobs:
    """Contents of files by their ids, read through one process."""

    def __init__(self, clone: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - git by its name
            ["git", "-C", str(clone), "cat-file", "--batch"],  # noqa: S607
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> _Blobs:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait()

    def read(self, blob: str) -> bytes:
        """The content, or nothing of what is too large to be a policy."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise _GitError("git does not answer")
        stdin.write(f"{blob}\n".encode())
        stdin.flush()
        size = stdout.readline().split()[-1]
        if not size.isdigit():
            raise _GitError(f"the object {blob} is missing")
        content = stdout.read(int(size))
        stdout.read(1)
        return content if len(content) <= _LARGEST else b"too large"
