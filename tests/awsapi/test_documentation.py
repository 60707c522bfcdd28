"""The help's examples for boto3 and the AWS CLI, run as written against a started server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.catalog.stub_iam import CREDENTIALS
from tests.servers import ROOT, Server

PAGE = (ROOT / "policyhub/help/aws-endpoint.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"
DOCUMENT = '{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


def example(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert ADDRESS in found
    return str(found)


def test_the_example_for_boto3_is_answered(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**CREDENTIALS, "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    names: dict[str, Any] = {"boto3": boto3, "document": DOCUMENT}
    *first, last = example("python").replace(ADDRESS, server.url).splitlines()
    exec("\n".join([*first, f"answer = {last}"]), names)  # noqa: S102 - our own example
    names["iam"].close()
    (result,) = names["answer"]["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"


def test_the_example_for_the_aws_cli_is_answered(server: Server) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    programs = f"{Path(sys.executable).parent}:{kept.get('PATH', '')}"
    done = subprocess.run(
        ["bash", "-c", example("").replace(ADDRESS, server.url)],
        env={**kept, **CREDENTIALS, "AWS_DEFAULT_REGION": "us-east-1", "PATH": programs},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert any(
        each["PolicyName"] == "AmazonECS_FullAccess" for each in json.loads(done.stdout)["Policies"]
    )
