"""Git clones as tests give them: histories of policies, commit by commit."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

# No configuration of the machine's own takes part.
GIT = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "test",
    "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "test",
    "GIT_COMMITTER_EMAIL": "test@example.com",
}


class Clone:
    """A repository that grows commit by commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str, day: str = "2024-01-01") -> None:
        moment = f"{day}T12:00:00Z"
        dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
        subprocess.run(["git", "-C", self.folder, *arguments], check=True, env=GIT | dates)

    def commit(self, day: str, **files: str | None) -> None:
        """Write files, or remove those that are None, and commit."""
        for name, text in files.items():
            path = self.folder / "policies" / name.replace("__", "/")
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "a commit", day=day)


def answer(version: str, created: str, *actions: str, indent: int | None = None) -> str:
    """The output of `aws iam get-policy-version`."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    made: dict[str, Any] = {
        "PolicyVersion": {
            "VersionId": version,
            "CreateDate": created,
            "IsDefaultVersion": True,
            "Document": {"Version": "2012-10-17", "Statement": [statement]},
        }
    }
    return json.dumps(made, indent=indent)
