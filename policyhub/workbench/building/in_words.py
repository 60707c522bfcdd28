"""A template as text for a terminal, and as Markdown for a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from policyhub.iam.language.lists import first_few
from policyhub.workbench.building.template import PolicyTemplate
from policyhub.workbench.building.trust import WHY

_SHOWN = 8


def as_text(template: PolicyTemplate) -> str:
    """The document, and before it on lines that begin with `#` what is to be known of it."""
    told = "".join(f"# {each}\n" for each in sentences(template))
    return f"{told}{template.text}\n"


def as_markdown(template: PolicyTemplate) -> str:
    """The same as a list and a block."""
    told = "".join(f"- {each}\n" for each in sentences(template))
    return f"## Part of {template.source.name}\n\n{told}\n```json\n{template.text}\n```\n"


def sentences(template: PolicyTemplate) -> Iterator[str]:
    """What is to be known of a copy, one sentence each without a full stop."""
    yield f"the copy {template.containment.sentence}"
    yield from _sizes(template)
    yield f"actions kept: {len(template.granted.grants):,}; {_left_out_in_words(template)}"
    for statement in template.statements:
        if statement.message:
            sid = f" ({statement.sid})" if statement.sid else ""
            place = f"statement {statement.position + 1}{sid}"
            yield f"{place} {statement.outcome}: {statement.message}"
    for need in template.needs:
        whose = "left out" if need.was_allowed else "not in the original either"
        yield f"{need.action} also needs {need.needs}, {whose}"
    yield from _required_in_words(template)
    yield from _judged(template)
    for proposal in template.proposals:
        condition = proposal.condition
        values = ", ".join(condition.values) or "..."
        named = f"{condition.operator} {condition.key} = {values}"
        yield f"proposed condition on {_few(condition.actions)}: {named}: {proposal.why}"
    for trust in template.trust:
        yield f"proposed trust policy for {trust.service}: {json.dumps(trust.document)}: {WHY}"


def _sizes(template: PolicyTemplate) -> Iterator[str]:
    over = [each for each in template.quotas if not each.fits]
    yield f"{template.size:,} characters without white space" + (
        f", over the quota of: {', '.join(f'{each.owner} {each.limit:,}' for each in over)}"
        if over
        else ", within every quota"
    )


def _left_out_in_words(template: PolicyTemplate) -> str:
    left_out = template.left_out
    return f"left out: {len(left_out):,}" + (f" ({_few(left_out)})" if left_out else "")


def _required_in_words(template: PolicyTemplate) -> Iterator[str]:
    required = template.required
    passed = sum(each.passed for each in required)
    if required:
        yield f"required requests decided as expected: {passed:,} of {len(required):,}"
    for each in required:
        if not each.passed:
            said = f"request {each.id} ({each.request.get('action')})"
            yield f"{said}: {each.decision or 'unusable'}: {each.why}".removesuffix(": ")


def _judged(template: PolicyTemplate) -> Iterator[str]:
    findings, risks = template.lint, template.risks
    yield f"lint findings before and after: {len(findings[0])}, {len(findings[1])}"
    for each in findings[1]:
        yield f"{each.type}: {each.message}"
    yield f"risks before and after: {len(risks[0])}, {len(risks[1])}"
    for risk in risks[1]:
        yield f"risk, {risk.answer}: {risk.title}"


def _few(names: Sequence[str]) -> str:
    return first_few(names, _SHOWN)
