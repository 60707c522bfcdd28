"""A document as a command of the AWS CLI, quoted for a POSIX shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any


def as_cli(document: Mapping[str, Any], name: str, description: str) -> str:
    """The command that creates the policy."""
    written = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    words = [
        *("aws", "iam", "create-policy", "--policy-name", name),
        *("--description", description, "--policy-document", written),
    ]
    return f"{shlex.join(words)}\n"
