"""What is written for copies of the whole corpus is taken by tools, and says the same document.

Of each policy the copy of all of it, in its parts where it is over the quota, and a copy by choices
that a seed makes.
"""

from __future__ import annotations

import json
import random
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from policyhub.catalog.access.permissions import effective_permissions
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.reading.policy_kinds import MANAGED_QUOTA
from policyhub.workbench.building.added_conditions import ContradictingConditionError
from policyhub.workbench.building.copying import NothingLeftError
from policyhub.workbench.building.keeping import TooManyNamesError
from policyhub.workbench.building.template import PolicyTemplate
from policyhub.workbench.documents import characters
from policyhub.workbench.outputs.all_outputs import describe
from policyhub.workbench.outputs.cdk import as_cdk_python, as_cdk_typescript
from policyhub.workbench.outputs.cloudformation import as_cloudformation
from policyhub.workbench.outputs.command_line import as_cli
from policyhub.workbench.outputs.naming import policy_name
from policyhub.workbench.outputs.terraform import as_terraform
from tests.catalog.corpus import documents_by_name, parsed
from tests.workbench.outputs.test_real_tools import errors_of_cfn_lint, literal_in, value_of_hcl
from tests.workbench.templates import ACCOUNT, allow, copy_of_managed, policy

pytestmark = pytest.mark.one_database
SEED = 20261130
OF_EACH_KIND, FEW_PARTS = 3, 3
# Linting costs the same time for one resource as for many; a template has at most 1 MB.
MOST_LINTED, LONGEST_LINTED = 60, 400_000
CONDITION = {"operator": "StringEquals", "key": "aws:ResourceAccount", "values": [ACCOUNT]}


@dataclass(frozen=True)
class WrittenDocument:
    """A document that somebody takes along, with its name and description, and of which policy."""

    policy: str
    name: str
    description: str
    document: Any

    @property
    def kinds(self) -> set[str]:
        """Which of the kinds that tools could stumble over it is of."""
        statements = self.document["Statement"]
        found = {
            "with conditions": any("Condition" in each for each in statements),
            "with a Deny": any(each["Effect"] == "Deny" for each in statements),
            "with NotAction": any("NotAction" in each for each in statements),
            "with NotResource": any("NotResource" in each for each in statements),
            "a part of several": "-part-" in self.name,
        }
        return {kind for kind, holds in found.items() if holds}


def written(name: str) -> Iterator[WrittenDocument]:
    """What a policy's copies are taken along as."""
    for label, choices in (("", {}), ("-chosen", chosen_of(name))):
        copy = copy_by(name, choices)
        if copy is not None:
            called = policy_name(f"{name}{label}")
            yield WrittenDocument(name, called, describe(copy), copy.document)
            for number, part in enumerate(copy.parts, 1):
                called_part = f"{called[:110]}-part-{number}"
                yield WrittenDocument(name, called_part, describe(copy), part)


def chosen_of(name: str) -> dict[str, Any]:
    """Choices of several kinds out of what a policy has, the same each time."""
    document, drawn = parsed(documents_by_name()[name]), random.Random(f"{SEED} {name}")
    grants = effective_permissions(document).grants
    kept = drawn.sample(grants, min(3, len(grants)))
    positions = range(len(document.statements))
    kinds: dict[str, Any] = {
        "actions": [each.action.id for each in kept],
        "services": [each.action.service for each in kept],
        "levels": [each.action.level for each in kept],
        "statements": sorted(drawn.sample(positions, max(1, len(positions) // 2))),
        "conditions": [CONDITION],
        "account": ACCOUNT,
        "region": "eu-west-1",
        "minimise": True,
    }
    return {kind: kinds[kind] for kind in drawn.sample(sorted(kinds), drawn.randint(1, 4))}


def copy_by(name: str, choices: dict[str, Any]) -> PolicyTemplate | None:
    """The copy of a policy; None where nothing is left, as of one that only denies."""
    try:
        return copy_of_managed(name, **choices)
    except (ContradictingConditionError, NothingLeftError, TooManyNamesError):
        return None


def few_of_each_kind() -> list[WrittenDocument]:
    """Some documents of each kind, of policies that the seed puts in an order."""
    names = sorted(documents_by_name())
    random.Random(SEED).shuffle(names)
    found: list[WrittenDocument] = []
    counts: Counter[str] = Counter()
    for name in names:
        text = documents_by_name()[name]
        wanted = [
            kind for kind, mark in MARKS.items() if counts[kind] < OF_EACH_KIND and mark(text)
        ]
        if wanted:
            made = list(written(name))
            counts.update({kind for each in made for kind in each.kinds})
            found += made
    return found


MARKS: dict[str, Callable[[str], bool]] = {
    "with conditions": lambda text: '"Condition"' in text,
    "with a Deny": lambda text: '"Deny"' in text,
    "with NotAction": lambda text: '"NotAction"' in text,
    "with NotResource": lambda text: '"NotResource"' in text,
    # Of longer ones there are as many parts as of ten of these.
    "a part of several": lambda text: 1 < characters(json.loads(text)) / MANAGED_QUOTA < FEW_PARTS,
}


def everything() -> list[WrittenDocument]:
    return [each for name in sorted(documents_by_name()) for each in written(name)]


@pytest.fixture(
    scope="module", params=[few_of_each_kind, pytest.param(everything, marks=pytest.mark.endurance)]
)
def documents(request: pytest.FixtureRequest) -> list[WrittenDocument]:
    """What is tried: a few documents of each kind, or all of the corpus."""
    found: list[WrittenDocument] = request.param()
    return found


def test_every_kind_of_document_is_tried(documents: list[WrittenDocument]) -> None:
    counts = Counter(kind for each in documents for kind in each.kinds)
    print(f"{len(documents)} documents: {dict(counts)}")
    assert set(counts) == set(MARKS)
    assert min(counts.values()) >= OF_EACH_KIND
    assert len({each.name for each in documents}) == len(documents)


def in_batches(documents: Sequence[WrittenDocument]) -> Iterator[list[str]]:
    """Templates, so many as are linted together."""
    batch: list[str] = []
    for each in documents:
        text = as_cloudformation(each.document, each.name, each.description)
        if batch and (
            len(batch) == MOST_LINTED or sum(map(len, batch)) + len(text) > LONGEST_LINTED
        ):
            yield batch
            batch = []
        batch.append(text)
    yield batch


def as_one(templates: Sequence[str]) -> str:
    """One template with the resources of several, each as it is written."""
    head = templates[0].partition("Resources:\n")[0]
    resources = [each.partition("\nResources:\n")[2] for each in templates]
    numbered = [
        f"  Number{number}{text[text.index(':') :]}" for number, text in enumerate(resources)
    ]
    return f"{head}Resources:\n{''.join(numbered)}"


def errors_of(templates: Sequence[str]) -> list[tuple[int, str]]:
    """What cfn-lint calls an error, each with the number of the template that it is in."""
    return [
        (int(each.path[1].removeprefix("Number")), each.message)
        for each in errors_of_cfn_lint(as_one(templates))
    ]


def resources_in(document: Any) -> set[str]:
    """Every resource that a document names."""
    named = [
        each
        for statement in document["Statement"]
        for each in (statement.get("Resource", []), statement.get("NotResource", []))
    ]
    return {one for each in named for one in ([each] if isinstance(each, str) else each)}


@cache
def arn_formats() -> list[re.Pattern[str]]:
    """The ARN formats of the reference, each placeholder of which can be anything."""
    reference = get_reference()
    return [
        re.compile(re.sub(r"\\\$\\\{[^}]*\\\}", ".*", re.escape(one)))
        for service in reference.services
        for each in reference.resource_types(service)
        for one in each.formats
    ]


def is_by_formats(each: WrittenDocument) -> bool:
    """Whether all that a document has of its own follows ARN formats of the reference.

    Some lack the account, which cfn-lint wants; moto refuses a Region in every ARN of S3, also
    where the format has one.
    """
    original = json.loads(documents_by_name()[each.policy])
    statements = original["Statement"]
    listed = {"Statement": [statements] if isinstance(statements, dict) else statements}
    own = resources_in(each.document) - resources_in(listed)
    return bool(own) and all(any(one.fullmatch(arn) for one in arn_formats()) for arn in own)


def names_an_arn_of_aws(message: str, each: WrittenDocument) -> bool:
    """Whether a refusal is about an ARN that AWS wrote itself, but for the account chosen in it."""
    text = documents_by_name()[each.policy]
    arns = [one.rstrip(".") for one in re.findall(r"arn:[^\s']+", message)][:1]
    return any(f'"{arn}"' in text or f'"{arn.replace(ACCOUNT, "*")}"' in text for arn in arns)


def test_cfn_lint_finds_no_error_in_any_template_but_those_of_the_original(
    documents: list[WrittenDocument],
) -> None:
    linted = 0
    ours: list[tuple[str, str]] = []
    theirs: list[tuple[str, str]] = []
    for batch in in_batches(documents):
        for number, message in errors_of(batch):
            each = documents[linted + number]
            is_theirs = names_an_arn_of_aws(message, each) or is_by_formats(each)
            found = theirs if is_theirs else ours
            found.append((each.name, message))
        linted += len(batch)
    print(f"{linted} templates; {len(theirs)} with what AWS wrote itself: {theirs}")
    assert linted == len(documents)
    assert not ours


def test_an_error_in_one_of_many_templates_is_found_where_it_is() -> None:
    good = policy(allow("s3:*"))
    bad = policy({"Effect": "Allow", "Action": "s3:*"})
    texts = [as_cloudformation(each, f"a{n}", "b") for n, each in enumerate((good, bad, good))]
    assert {number for number, _ in errors_of(texts)} == {1}


def test_every_language_says_the_document(documents: list[WrittenDocument]) -> None:
    for each in documents:
        given = each.document, each.name, each.description
        (resource,) = yaml.load(as_cloudformation(*given), yaml.CSafeLoader)["Resources"].values()
        assert resource["Properties"]["PolicyDocument"] == each.document, each.name
        terraform = as_terraform(*given).partition("jsonencode(")[2].rpartition(")")[0]
        assert value_of_hcl(terraform) == each.document, each.name
        python = literal_in(as_cdk_python(*given), "iam.PolicyDocument.from_json")
        assert python == each.document, each.name
        typescript = as_cdk_typescript(*given).partition("fromJson(")[2].rpartition("),\n    });")
        assert json.loads(typescript[0]) == each.document, each.name


def created(each: WrittenDocument, iam: Any) -> Any:
    """The document that IAM keeps of what the command line says; the message of a refusal."""
    words = shlex.split(as_cli(each.document, each.name, each.description))
    assert words[:3] == ["aws", "iam", "create-policy"]
    given = dict(zip(words[3::2], words[4::2], strict=True))
    assert set(given) == {"--policy-name", "--description", "--policy-document"}
    try:
        answer = iam.create_policy(
            PolicyName=given["--policy-name"],
            Description=given["--description"],
            PolicyDocument=given["--policy-document"],
        )
    except iam.exceptions.MalformedPolicyDocumentException as error:
        return str(error)
    found = iam.get_policy_version(PolicyArn=answer["Policy"]["Arn"], VersionId="v1")
    return found["PolicyVersion"]["Document"]


def test_iam_creates_what_the_command_line_says_but_what_it_refuses_of_the_original(
    documents: list[WrittenDocument], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    fitting = [each for each in documents if characters(each.document) <= MANAGED_QUOTA]
    ours: list[tuple[str, Any]] = []
    theirs: list[tuple[str, Any]] = []
    with mock_aws():
        iam = boto3.client("iam", region_name="us-east-1")
        for number, each in enumerate(fitting):
            kept = created(each, iam)
            if kept == each.document:
                continue
            original = json.loads(documents_by_name()[each.policy])
            of_aws = created(WrittenDocument(each.policy, f"o{number}", "b", original), iam)
            is_theirs = of_aws == kept or (
                isinstance(kept, str) and (names_an_arn_of_aws(kept, each) or is_by_formats(each))
            )
            (theirs if is_theirs else ours).append((each.name, kept))
    print(f"{len(fitting)} policies; {len(theirs)} with what AWS wrote itself: {theirs}")
    assert not ours
    assert len(fitting) > len(documents) // 2
    assert len(theirs) < len(fitting) // 20
