"""Tests that pin a copy: lines for `manage.py simulate --jsonl`, each with what it expects.

They have one request for each part of the copy and one for each part of the original that the
copy leaves out, found by the comparison of policies, besides the requests that are required.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from policyhub.iam.comparing.comparison import excess
from policyhub.iam.language.elements import PolicyDocument
from policyhub.workbench.building.template import PolicyTemplate

Json = Any
# Of each kind; a policy of AWS has hundreds of parts.
MOST_LINES = 200
_NOTHING = PolicyDocument("2012-10-17", "", ())


def as_scenarios(template: PolicyTemplate) -> str:
    """The lines; each passes today."""
    lines = [
        *_lines_of_required(template),
        *_lines_of_kept(template),
        *_lines_of_left_out(template),
    ]
    return "".join(
        f"{json.dumps({**each, 'identityPolicies': [template.document]}, ensure_ascii=False)}\n"
        for each in lines
    )


def _lines_of_required(template: PolicyTemplate) -> Iterator[dict[str, Json]]:
    for each in template.required:
        if each.decision:
            yield {"id": f"required: {each.id}", **_request(each.request), "expect": each.expect}


def _request(given: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in given.items() if key not in ("id", "expect")}


def _lines_of_kept(template: PolicyTemplate) -> Iterator[dict[str, Json]]:
    found = excess(template.policy, _NOTHING, template.facts, template.budget).witnesses
    for each in found[:MOST_LINES]:
        yield _line("allowed", each.to_dict(), template)


def _lines_of_left_out(template: PolicyTemplate) -> Iterator[dict[str, Json]]:
    found = excess(
        template.source.policy, template.policy, template.facts, template.budget
    ).witnesses
    for each in found[:MOST_LINES]:
        yield _line("denied", each.to_dict(), template)


def _line(expect: str, request: Mapping[str, Json], template: PolicyTemplate) -> dict[str, Json]:
    known = template.facts.reference.action(request["action"])
    action = known.id if known else request["action"]
    return {"id": f"{expect}: {action}", **request, "action": action, "expect": expect}
