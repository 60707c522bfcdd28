"""What the packages of the registries say of the outputs: compiled, synthesized, read, typed.

Each is installed into a temporary folder. Terraform's own provider is on none of these registries:
the bindings that are generated of its schema take its place.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policyhub.workbench.outputs.cdk import as_cdk_python, as_cdk_typescript
from policyhub.workbench.outputs.terraform import as_terraform
from tests.workbench.outputs.test_real_tools import (
    DESCRIPTION,
    NAME,
    each_document,
    is_the_same,
    value_of_hcl,
)

NODE = shutil.which("node") and shutil.which("npm")
pytestmark = [
    pytest.mark.endurance,
    pytest.mark.one_database,
    pytest.mark.skipif(not NODE, reason="node and npm are not installed"),
]
PACKAGES = ("aws-cdk-lib@2", "constructs@10", "typescript@5", "@types/node@20")
COMPILE = ("--strict", "--skipLibCheck", "--target", "es2022", "--module", "commonjs",
           "--moduleResolution", "node")  # fmt: skip
PROVIDER = "@cdktf/provider-aws"
POLICY_SCHEMA = "package/lib/iam-policy/index.d.ts"

APP = """
import { App } from "aws-cdk-lib";
import * as made from "./stack";

const [NarrowedStack] = Object.values(made);
const app = new App({ outdir: "out" });
new NarrowedStack(app, "Narrowed");
console.log(JSON.stringify(app.synth().getStackByName("Narrowed").template));
"""
SYNTHESIZE = """
import json, sys
from aws_cdk import App
sys.path.insert(0, sys.argv[1])
import stack
made = next(each for name, each in vars(stack).items() if name.endswith("NarrowedStack"))
app = App(outdir=sys.argv[1] + "/out")
made(app, "Narrowed")
print(json.dumps(app.synth().get_stack_by_name("Narrowed").template))
"""
READ_HCL = "import hcl2, json, sys; print(json.dumps(hcl2.load(open(sys.argv[1]))))"


def ran(*words: str, folder: Path) -> str:
    """What a program prints that ends well."""
    found = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert found.returncode == 0, f"{found.stdout}\n{found.stderr}"
    return found.stdout


def with_package(package: str, program: str, *words: str, folder: Path) -> Any:
    """What a program in Python prints that has a package of PyPI, read as JSON."""
    printed = ran("uv", "run", "--no-project", "--with", package, "python", "-c", program, *words,
                  folder=folder)  # fmt: skip
    return json.loads(printed)


@pytest.fixture(scope="module")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the CDK and the compiler of TypeScript."""
    folder = tmp_path_factory.mktemp("cdk")
    ran("npm", "install", "--no-audit", "--no-fund", *PACKAGES, folder=folder)
    (folder / "app.ts").write_text(APP)
    return folder


def is_the_policy(template: Any, document: Any) -> bool:
    """Whether a synthesized template has the policy alone, under its name."""
    (resource,) = [each for each in template["Resources"].values()
                   if each["Type"] != "AWS::CDK::Metadata"]  # fmt: skip
    properties = resource["Properties"]
    assert resource["Type"] == "AWS::IAM::ManagedPolicy"
    assert (properties["ManagedPolicyName"], properties["Description"]) == (NAME, DESCRIPTION)
    return is_the_same(properties["PolicyDocument"], document)


@each_document
def test_typescript_is_compiled_strictly_and_synthesizes_the_policy(
    document: Any, node_folder: Path
) -> None:
    (node_folder / "stack.ts").write_text(as_cdk_typescript(document, NAME, DESCRIPTION))
    ran("node", "node_modules/typescript/bin/tsc", *COMPILE, "app.ts", folder=node_folder)
    assert is_the_policy(json.loads(ran("node", "app.js", folder=node_folder)), document)


@each_document
def test_python_synthesizes_the_policy(document: Any, tmp_path: Path) -> None:
    (tmp_path / "stack.py").write_text(as_cdk_python(document, NAME, DESCRIPTION))
    template = with_package("aws-cdk-lib", SYNTHESIZE, str(tmp_path), folder=tmp_path)
    assert is_the_policy(template, document)


@pytest.fixture(scope="module")
def policy_schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bool, str]]:
    """The attributes of `aws_iam_policy`: whether each is needed, and its type."""
    folder = tmp_path_factory.mktemp("provider")
    packed = ran("npm", "pack", "--silent", PROVIDER, folder=folder).strip()
    with tarfile.open(folder / packed) as package:
        bindings = package.extractfile(POLICY_SCHEMA)
        assert bindings is not None
        text = bindings.read().decode()
    assert 'tfResourceType = "aws_iam_policy"' in text
    config = text.partition("export interface IamPolicyConfig")[2].partition("\n}\n")[0]
    return dict(attributes(config))


def attributes(interface: str) -> Iterator[tuple[str, tuple[bool, str]]]:
    """The members of an interface, by the names that Terraform has for them."""
    for name, optional, type_ in re.findall(r"readonly (\w+)(\??): (\w+)", interface):
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        yield snake, (not optional, type_)


@each_document
def test_a_reader_of_hcl_finds_the_attributes_of_the_providers_schema(
    document: Any, policy_schema: dict[str, tuple[bool, str]], tmp_path: Path
) -> None:
    (tmp_path / "main.tf").write_text(as_terraform(document, NAME, DESCRIPTION))
    read = with_package("python-hcl2", READ_HCL, str(tmp_path / "main.tf"), folder=tmp_path)
    ((kind, resources),) = read["resource"][0].items()
    assert kind.strip('"') == "aws_iam_policy"
    ((_, written),) = resources.items()
    given = {name: value for name, value in written.items() if not name.startswith("__")}
    needed = {name for name, (is_needed, _) in policy_schema.items() if is_needed}
    assert needed <= given.keys() <= policy_schema.keys()
    assert {policy_schema[name][1] for name in given} == {"string"}
    assert all(isinstance(value, str) for value in given.values())
    inside = given["policy"].partition("jsonencode(")[2].rpartition(")")[0]
    assert value_of_hcl(inside) == document
