#!/usr/bin/env bash
# AWS's own AmazonTimestreamInfluxDBServiceRolePolicy bounds kms:Decrypt by
# `arn:*:kms:*:${aws:PrincipalAccount}:key/*`. By the IAM User Guide ("IAM policy elements: Variables
# and tags") a variable works only after an ARN's fifth colon, so the account part is those very
# characters and the statement grants nothing, or the guide is wrong. It is the only such resource
# in the 1,582 managed policies of moto 5.2.5.
# Seen: `AmazonTimestreamInfluxDBServiceRolePolicy arn:*:kms:*:${aws:PrincipalAccount}:key/*`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/find.py" <<'PYTHON'
import json

from moto.iam.aws_managed_policies import aws_managed_policies_data

found = []
for name, policy in json.loads(aws_managed_policies_data).items():
    statements = policy["Document"]["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Resource", "NotResource"):
            resources = statement.get(element, [])
            for resource in [resources] if isinstance(resources, str) else resources:
                if "${" in ":".join(resource.split(":")[:5]):
                    found.append(f"{name} {resource}")
print("\n".join(found))
assert found == [
    "AmazonTimestreamInfluxDBServiceRolePolicy arn:*:kms:*:${aws:PrincipalAccount}:key/*"
]
PYTHON
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check moto==5.2.5
"$work/venv/bin/python" "$work/find.py"
