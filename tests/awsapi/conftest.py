"""A started server, and the clients that users have: boto3 and the AWS CLI, as they come."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.catalog.stub_iam import CREDENTIALS
from tests.servers import Server

AwsCli = Callable[..., Any]


def client_of(url: str) -> Any:
    """An IAM client of boto3 for an endpoint."""
    return boto3.client(
        "iam",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


@pytest.fixture(scope="session")
def iam(server: Server) -> Iterator[Any]:
    """boto3's client of the started server."""
    client = client_of(f"{server.url}/aws/")
    yield client
    client.close()


@pytest.fixture(scope="session")
def cli(server: Server) -> AwsCli:
    """Runs `aws iam ARGUMENTS` against the started server; the answer is its JSON."""
    program = Path(sys.executable).with_name("aws")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**kept, **CREDENTIALS, "AWS_DEFAULT_REGION": "us-east-1"}

    def run(*arguments: str, path: str = "/aws/", fails: bool = False) -> Any:
        endpoint = ("--endpoint-url", f"{server.url}{path}")
        done = subprocess.run(
            [str(program), "iam", *arguments, "--output", "json", *endpoint],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert bool(done.returncode) == fails, done.stderr
        return done.stderr if fails else json.loads(done.stdout)

    return run
