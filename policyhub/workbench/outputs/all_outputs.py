"""The outputs by name: a row each, with its title, the file that it is saved as, its language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from policyhub.workbench.building.template import PolicyTemplate
from policyhub.workbench.outputs.cdk import as_cdk_python, as_cdk_typescript
from policyhub.workbench.outputs.cloudformation import as_cloudformation
from policyhub.workbench.outputs.command_line import as_cli
from policyhub.workbench.outputs.naming import policy_name, snake_case
from policyhub.workbench.outputs.scenarios import as_scenarios
from policyhub.workbench.outputs.terraform import as_terraform

Writing = Callable[[PolicyTemplate, str], str]


@dataclass(frozen=True, slots=True)
class PolicyOutput:
    """A way to write a copy; `ending` is its file's."""

    name: str
    title: str
    ending: str
    write: Writing

    def file_name(self, policy: str) -> str:
        """What the file is called that is saved."""
        return f"{snake_case(policy)}{self.ending}"


def _with_name_and_description(write: Callable[..., str]) -> Writing:
    def written(template: PolicyTemplate, name: str) -> str:
        called = name or policy_name(template.source.name)
        return write(template.document, called, describe(template))

    return written


def describe(template: PolicyTemplate) -> str:
    """What the policy's description says, within what IAM takes."""
    return f"Copy of parts of {template.source.name.replace('@', ' ')}"[:1_000]


OUTPUTS: Mapping[str, PolicyOutput] = {
    each.name: each
    for each in (
        PolicyOutput("json", "JSON", ".json", lambda template, _: f"{template.text}\n"),
        PolicyOutput("cli", "AWS CLI", ".sh", _with_name_and_description(as_cli)),
        PolicyOutput("terraform", "Terraform", ".tf", _with_name_and_description(as_terraform)),
        PolicyOutput(
            "cloudformation",
            "CloudFormation",
            ".yaml",
            _with_name_and_description(as_cloudformation),
        ),
        PolicyOutput(
            "cdk-python", "CDK (Python)", "_stack.py", _with_name_and_description(as_cdk_python)
        ),
        PolicyOutput(
            "cdk-typescript",
            "CDK (TypeScript)",
            "-stack.ts",
            _with_name_and_description(as_cdk_typescript),
        ),
        PolicyOutput(
            "scenarios", "Scenario tests", ".jsonl", lambda template, _: as_scenarios(template)
        ),
    )
}
