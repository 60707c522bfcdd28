"""A document as a stack of the AWS CDK, in Python and in TypeScript.

Source: AWS CDK API Reference, `PolicyDocument.fromJson`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from policyhub.workbench.outputs.naming import pascal_case

Json = Any
_INDENT = "    "

_PYTHON = """\
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct


class {identifier}Stack(Stack):
    def __init__(self, scope: Construct, construct_id: str, **kwargs) -> None:
        super().__init__(scope, construct_id, **kwargs)
        iam.ManagedPolicy(
            self,
            "{identifier}",
            managed_policy_name={name},
            description={description},
            document=iam.PolicyDocument.from_json({document}),
        )
"""
_TYPESCRIPT = """\
import {{ Stack, StackProps, aws_iam as iam }} from "aws-cdk-lib";
import {{ Construct }} from "constructs";

export class {identifier}Stack extends Stack {{
  constructor(scope: Construct, id: string, props?: StackProps) {{
    super(scope, id, props);
    new iam.ManagedPolicy(this, "{identifier}", {{
      managedPolicyName: {name},
      description: {description},
      document: iam.PolicyDocument.fromJson({document}),
    }});
  }}
}}
"""


def as_cdk_python(document: Mapping[str, Json], name: str, description: str) -> str:
    """The document as a stack in Python."""
    return _PYTHON.format(
        identifier=pascal_case(name),
        name=_python(name, 0),
        description=_python(description, 0),
        document=_python(document, 3),
    )


def as_cdk_typescript(document: Mapping[str, Json], name: str, description: str) -> str:
    """The document as a stack in TypeScript."""
    written = json.dumps(document, indent=2, ensure_ascii=False)
    return _TYPESCRIPT.format(
        identifier=pascal_case(name),
        name=json.dumps(name, ensure_ascii=False),
        description=json.dumps(description, ensure_ascii=False),
        document=written.replace("\n", "\n" + " " * 6),
    )


def _python(value: Json, depth: int) -> str:
    """A JSON value as an expression of Python, a line for each part."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    inside, outside = _INDENT * (depth + 1), _INDENT * depth
    if isinstance(value, Mapping):
        members = (
            f"{inside}{_python(key, 0)}: {_python(each, depth + 1)},\n"
            for key, each in value.items()
        )
        return f"{{\n{''.join(members)}{outside}}}"
    if isinstance(value, list):
        items = (f"{inside}{_python(each, depth + 1)},\n" for each in value)
        return f"[\n{''.join(items)}{outside}]"
    return repr(value)
