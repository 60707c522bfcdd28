"""The program `aws` itself takes the command lines, with its own check of the parameters.

As a process, against moto's server, it takes more than a second each time: so it runs over a sample
of the corpus. A document of each kind is given to the same program without a process of its own.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from awscli.clidriver import create_clidriver  # type: ignore[import-untyped]
from moto import mock_aws

from policyhub.iam.reading.policy_kinds import MANAGED_QUOTA
from policyhub.workbench.documents import characters
from policyhub.workbench.outputs.command_line import as_cli
from tests.catalog.corpus import documents_by_name
from tests.servers import moto
from tests.workbench.outputs.test_corpus_outputs import (
    MARKS,
    SEED,
    WrittenDocument,
    is_by_formats,
    names_an_arn_of_aws,
    written,
)
from tests.workbench.outputs.test_real_tools import KEYS, ODD, words_of
from tests.workbench.templates import allow, policy

pytestmark = pytest.mark.one_database
POLICIES, OF_EACH_KIND, AT_ONCE = 60, 6, 2
REFUSAL = re.compile(r"\(MalformedPolicyDocument\) when calling the CreatePolicy operation: (.*)")
# What a shell, or the program itself, could take for something else.
QUOTED = {
    "quotes": allow("s3:GetObject", 'arn:aws:s3:::b/it\'s "so"/*'),
    "words of a shell": allow("s3:GetObject", "arn:aws:s3:::b/$(id)/`id`/${x}/\\n;&|<>#!"),
    "a file's address": allow("s3:GetObject", "arn:aws:s3:::b/file://etc/passwd"),
    "a long one": allow("s3:GetObject", [f"arn:aws:s3:::bucket-{n:04}/*" for n in range(200)]),
}


@dataclass(frozen=True)
class Printed:
    """What the program says: the ARN of the policy that is there now, or why there is none."""

    arn: str
    refusal: str


def read_output(code: int, out: str, err: str) -> Printed:
    """Read what it printed; anything but an ARN or a refusal by IAM is a failure."""
    found = REFUSAL.search(err)
    if found:
        return Printed("", found[1])
    assert code == 0, err
    return Printed(json.loads(out)["Policy"]["Arn"], "")


def own_documents() -> Iterator[WrittenDocument]:
    for number, (kind, statement) in enumerate(QUOTED.items()):
        yield WrittenDocument("", f"own-{number}", f"A policy with '{kind}'", policy(statement))
    yield WrittenDocument("", "own-odd", 'Copy of "parts"', ODD)


def sample(policies: int, of_each_kind: int) -> list[WrittenDocument]:
    """The copies of so many policies, and of more until there are enough of each kind."""
    names = sorted(documents_by_name())
    random.Random(f"{SEED} aws").shuffle(names)
    found: list[WrittenDocument] = []
    counts: Counter[str] = Counter()
    for place, name in enumerate(names):
        text = documents_by_name()[name]
        lacks = any(counts[kind] < of_each_kind and mark(text) for kind, mark in MARKS.items())
        if place < policies or lacks:
            made = [each for each in written(name) if characters(each.document) <= MANAGED_QUOTA]
            counts.update(kind for each in made for kind in each.kinds)
            found += made
    return found


def is_of_aws(refusal: str, each: WrittenDocument) -> bool:
    """Whether what is refused is an ARN that AWS wrote itself, or by a format of its reference."""
    return bool(each.policy) and (names_an_arn_of_aws(refusal, each) or is_by_formats(each))


def require_kept(
    printed: list[tuple[WrittenDocument, Printed]], iam: Any, most_refused: float
) -> None:
    """Each document is kept as it is, but for what is refused of AWS's own."""
    refused = [(each.name, one.refusal) for each, one in printed if one.refusal]
    print(f"{len(printed)} commands; {len(refused)} refused: {refused}")
    for each, one in printed:
        if one.refusal:
            assert is_of_aws(one.refusal, each), (each.name, one.refusal)
            continue
        assert one.arn.endswith(f":policy/{each.name}")
        kept = iam.get_policy_version(PolicyArn=one.arn, VersionId="v1")["PolicyVersion"]
        assert kept["Document"] == each.document, each.name
        described = iam.get_policy(PolicyArn=one.arn)["Policy"]["Description"]
        assert described == each.description
    assert len(refused) <= most_refused * len(printed)


def test_the_program_creates_a_policy_of_each_kind_of_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key, value in KEYS.items():
        monkeypatch.setenv(key, value)
    driver, printed = create_clidriver(), []
    with mock_aws():
        for each in [*own_documents(), *sample(0, 1)]:
            line = as_cli(each.document, each.name, each.description)
            code = driver.main(words_of(line))
            printed.append((each, read_output(code, *capsys.readouterr())))
        iam = boto3.client("iam", region_name="us-east-1")
        require_kept(printed, iam, most_refused=0)
    assert {kind for each, _ in printed for kind in each.kinds} == set(MARKS)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("aws iam create-policy --policy-name a", "--policy-document"),
        ("aws iam create-policy --policy-document '{}' --policy-name ''", "Invalid length"),
        ("aws iam create-policy --policy-name a --policy-document '{}' --names b", "--names"),
    ],
)
def test_the_program_refuses_what_it_does_not_know(
    line: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for key, value in KEYS.items():
        monkeypatch.setenv(key, value)
    with mock_aws():
        try:
            code = create_clidriver().main(words_of(line))
        except SystemExit as ended:
            code = ended.code
    assert code
    assert said in capsys.readouterr().err


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """moto's server without AWS's own policies."""
    names = tmp_path_factory.mktemp("moto") / "names.json"
    names.write_text("[]")
    with moto(names) as url:
        yield url


@pytest.fixture(scope="module")
def run(server: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Printed]:
    """Runs a line in a shell, as somebody who pastes it, with the program `aws` on the path."""
    home = tmp_path_factory.mktemp("home")
    folder = Path(sys.executable).parent
    assert (folder / "aws").exists()
    environment = {**KEYS, "PATH": f"{folder}{os.pathsep}/usr/bin:/bin", "HOME": str(home),
                   "AWS_ENDPOINT_URL_IAM": server, "LC_ALL": "C.UTF-8"}  # fmt: skip

    def ran(line: str) -> Printed:
        done = subprocess.run(["sh", "-c", line], env=environment, text=True,
                              capture_output=True, check=False, cwd=home)  # fmt: skip
        return read_output(done.returncode, done.stdout, done.stderr)

    return ran


@pytest.mark.endurance
def test_the_program_as_a_process_creates_the_policies_of_a_sample(
    run: Callable[[str], Printed], server: str
) -> None:
    documents = [*own_documents(), *sample(POLICIES, OF_EACH_KIND)]
    counts = Counter(kind for each in documents for kind in each.kinds)
    print(dict(counts))
    assert set(counts) == set(MARKS)
    assert min(counts.values()) >= OF_EACH_KIND
    lines = [as_cli(each.document, each.name, each.description) for each in documents]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        printed = list(zip(documents, threads.map(run, lines), strict=True))
    iam = boto3.client("iam", region_name="us-east-1", endpoint_url=server,
                       aws_access_key_id="a", aws_secret_access_key="b")  # fmt: skip
    require_kept(printed, iam, most_refused=0.1)
