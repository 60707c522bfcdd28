"""A document as a template of CloudFormation.

Source: CloudFormation User Guide, "AWS::IAM::ManagedPolicy". Variables such as `${aws:username}`
stay as they are: only `Fn::Sub` would replace them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from policyhub.workbench.outputs.naming import pascal_case

_WIDEST = 4_096


def as_cloudformation(document: Mapping[str, Any], name: str, description: str) -> str:
    """The document as an `AWS::IAM::ManagedPolicy`, in YAML."""
    policy = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": name,
            "Description": description,
            # Written and read again, so that YAML has no anchors for parts that are shared.
            "PolicyDocument": json.loads(json.dumps(document)),
        },
    }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description,
        "Resources": {pascal_case(name): policy},
    }
    return str(yaml.safe_dump(template, sort_keys=False, allow_unicode=True, width=_WIDEST))
