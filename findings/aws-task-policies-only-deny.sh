#!/usr/bin/env bash
# A session of an account's root user, which sts:AssumeRoot gives, is limited by one of AWS's five
# task policies (path /root-task/). None has an Allow statement: they deny everything but their
# task. Read as a session policy usually is, which must allow too, each would leave the session
# nothing to do. They also name the caller as `arn:aws:iam::*:root`, not by the session's ARN.
# Seen: the five names, each with `Deny` alone.
set -euo pipefail
python3 - "$(dirname "$0")/../fixtures/corpus.jsonl" <<'PYTHON'
import json
import sys

effects = {}
with open(sys.argv[1], encoding="utf-8") as corpus:
    for line in corpus:
        policy = json.loads(line)
        if policy.get("Path") == "/root-task/":
            document = policy["PolicyVersionList"][-1]["Document"]
            effects[policy["PolicyName"]] = {each["Effect"] for each in document["Statement"]}
for name, found in effects.items():
    print(name, *found)
assert len(effects) == 5
assert all(found == {"Deny"} for found in effects.values())
PYTHON
