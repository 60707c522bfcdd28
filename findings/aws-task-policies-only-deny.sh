#!/usr/bin/env bash
# A session of an account's root user, which sts:AssumeRoot gives, is limited by one of AWS's five
# task policies (path /root-task/). None has an Allow statement: they deny everything but their
# task. Read as a session policy usually is, which must allow too, each would leave the session
# nothing to do. They also name the caller as `arn:aws:iam::*:root`, not by the session's ARN.
# Seen in the data of moto 5.2.5: the five names, each with `Deny` alone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/find.py" <<'PYTHON'
import json

from moto.iam.aws_managed_policies import aws_managed_policies_data

effects = {
    name: {each["Effect"] for each in policy["Document"]["Statement"]}
    for name, policy in json.loads(aws_managed_policies_data).items()
    if policy.get("Path") == "/root-task/"
}
for name, found in effects.items():
    print(name, *found)
assert len(effects) == 5
assert all(found == {"Deny"} for found in effects.values())
PYTHON
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check moto==5.2.5
"$work/venv/bin/python" "$work/find.py"
