"""A report in Markdown, for a repository, a ticket or a page of a wiki."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyhub.iam.language.wording import Words
from policyhub.judge.reporting.formats.markdown import (
    code_in_markdown,
    message_in_markdown,
    text_in_markdown,
)
from policyhub.judge.risks.changes import RiskChange
from policyhub.judge.risks.proving import ProvedRequest
from policyhub.judge.risks.risk import Risk
from policyhub.workbench.reports.changes import ChangesSince
from policyhub.workbench.reports.pairing import SubjectPair
from policyhub.workbench.reports.part import DocumentReport, StatementOnRecord, sources_of
from policyhub.workbench.reports.review import ReviewReport, data_of_the_report

SIGNED_BY = ("Name", "Role", "Date", "Decision")
# Of longer lists of actions the JSON has the rest.
_MOST_ACTIONS = 40


def review_in_markdown(review: ReviewReport, site: str = "") -> str:
    """The report; `site` is what comes before the path in its address."""
    lines = [f"# Report on {text_in_markdown(review.title)}", ""]
    lines += [*_record(review, site), ""]
    if len(review.parts) > 1:
        lines += [*_summary(review.parts), ""]
    if review.pair:
        lines += ["## The comparison", "", *_pair(review.pair), ""]
    if review.together:
        lines += ["## Only together", "", *_risks(review.together), ""]
    for part in review.parts:
        lines += _part(part)
    lines += ["## Notes", "", "", "## Sign-off", ""]
    lines += ["| | |", "|---|---|", *(f"| {each} | |" for each in SIGNED_BY), ""]
    for part in review.parts:
        lines += [f"## Document of {text_in_markdown(part.subject.name)}", ""]
        lines += _fenced(part.subject.indented)
    return "\n".join(lines).rstrip("\n") + "\n"


def _record(review: ReviewReport, site: str) -> Iterator[str]:
    yield f"- Date: {review.day.isoformat()}"
    if review.path:
        yield f"- Address: {site}{review.path}"
    data = data_of_the_report()
    yield f"- Data: policies as of {data['policiesAsOf']}, reference {data['reference']}"
    yield f"- SHA-256 of what was judged: `{review.digest}`"
    yield f"- The same report again: {code_in_markdown(review.command)}"


def _summary(parts: Sequence[DocumentReport]) -> Iterator[str]:
    yield "| Document | What it amounts to | Free risks | Bounded |"
    yield "|---|---|---:|---:|"
    for part in parts:
        name, group = part.subject.name, part.verdict.group.title
        counts = f"{part.verdict.free:,} | {part.verdict.bounded:,}"
        yield f"| {text_in_markdown(name)} | {text_in_markdown(group)} | {counts} |"


def _part(part: DocumentReport) -> Iterator[str]:
    subject = part.subject
    yield f"## {text_in_markdown(subject.name)}"
    yield ""
    yield f"**{text_in_markdown(part.sentence)}** {text_in_markdown(part.verdict.group.title)}."
    yield ""
    yield from _source(part)
    yield from _section("Risks", list(_risks(part.risks)), "No known risk.")
    ruled_out = [
        f"- {text_in_markdown(each.title)}: {_words(each.ruled_out_by[0].clause)}"
        for each in part.ruled_out
    ]
    yield from _section("Ruled out", ruled_out, "Nothing that can be named.")
    levels = ", ".join(
        f"{each.granted:,} {each.level} ({each.free:,} freely)" for each in part.levels
    )
    allows = [f"Actions: {levels}.", ""] if levels else []
    allows += [_statement(each) for each in part.allows]
    yield from _section("What it allows, with every bound", allows, "Nothing is allowed.")
    denies = [_statement(each) for each in part.denies]
    yield from _section("What it denies", denies, "Nothing is denied.")
    lint = [
        f"- {each.type}, {text_in_markdown(rule.title)}: {message_in_markdown(each.message)}"
        for each, rule in part.lint
    ]
    yield from _section("Linting", lint, "Nothing found.")
    yield from _section("Checks of the documentation", *_checks(part))
    yield from _section("Changes since the last review", *_changes(part.changes))


def _section(title: str, lines: Sequence[str], nothing: str) -> Iterator[str]:
    yield f"### {title}"
    yield ""
    yield from lines or [nothing]
    yield ""


def _source(part: DocumentReport) -> Iterator[str]:
    source = sources_of(part.subject)
    if part.subject.version is None:
        return
    made = part.subject.version.day_in_words
    read = part.subject.version.data_day
    yield f"- Version {part.subject.version_in_words}, made {made}"
    yield f"- Source: {part.subject.version.get_source_display()} {read}"
    if source["documentationUrl"]:
        yield f"- Documentation: {source['documentationUrl']}"
    yield ""


def _risks(risks: Sequence[Risk]) -> Iterator[str]:
    for number, each in enumerate(risks, 1):
        statements = ", ".join(str(position + 1) for position in each.statements)
        yield (
            f"{number}. **{text_in_markdown(each.title)}** ({each.answer}), "
            f"by statement {statements}"
        )
        yield from (f"   - {_words(bound.words)}" for bound in each.limits)
        yield from (f"   - proof: {_request(request)}" for request in each.requests)


def _request(request: ProvedRequest) -> str:
    on = f" on {code_in_markdown(request.resource)}" if request.resource != "*" else ""
    context = "".join(
        f", {code_in_markdown(key)} is {code_in_markdown(str(value))}"
        for key, value in sorted(request.context.items())
    )
    return f"{code_in_markdown(request.action)}{on}{context} is allowed"


def _statement(each: StatementOnRecord) -> str:
    sid = f" {code_in_markdown(each.statement.sid)}" if each.statement.sid else ""
    return f"- Statement {each.number}{sid}: {_words(each.words)}"


def _checks(part: DocumentReport) -> tuple[list[str], str]:
    if part.checks is None:
        return [], "No documentation of it is stored here."
    found = [
        f"- {each.severity}, {text_in_markdown(title)}: {message_in_markdown(each.message)}"
        for each, title in part.checks
    ]
    return found, "The documentation and the document agree."


def _changes(changes: ChangesSince | None) -> tuple[list[str], str]:
    if changes is None:
        return [], "No older version is known."
    reason = text_in_markdown(changes.review.reason)
    lines = [f"Since {text_in_markdown(changes.base)}, {reason}: {_sentence(changes)}.", ""]
    if changes.review.doubt:
        lines += [f"{text_in_markdown(changes.review.doubt)}.", ""]
    lines += [
        f"- {each.name}, {each.version.day_in_words}: access {each.access_in_words.lower()}"
        for each in changes.versions
    ]
    if changes.pair and not changes.is_nothing:
        lines += _differences(changes.pair)
    lines += [f"- {each.date}: {text_in_markdown(each.title)}" for each in changes.documented]
    return lines, ""


def _sentence(changes: ChangesSince) -> str:
    return text_in_markdown(changes.sentence)


def _pair(pair: SubjectPair) -> Iterator[str]:
    yield f"{text_in_markdown(pair.sentence)}."
    yield ""
    yield from _differences(pair)


def _differences(pair: SubjectPair) -> Iterator[str]:
    for title, clauses in (("newly allowed", pair.gained), ("no longer allowed", pair.lost)):
        yield from (f"- {title}: {_words(each)}" for each in clauses)
    for title, names in (("gained", pair.actions_gained), ("lost", pair.actions_lost)):
        if names:
            more = f" and {len(names) - _MOST_ACTIONS:,} more" if len(names) > _MOST_ACTIONS else ""
            named = ", ".join(map(code_in_markdown, names[:_MOST_ACTIONS]))
            yield f"- {len(names):,} actions {title}: {named}{more}"
    yield from map(_risk_change, pair.risks)


def _risk_change(change: RiskChange) -> str:
    what = "risk gained" if change.is_gain else "risk lost"
    was, now = change.before or "none", change.after or "none"
    return f"- {what}: {text_in_markdown(change.risk.title)} (was {was}, is {now})"


def _words(words: Words) -> str:
    """Plain English: what is the document's own as code."""
    return "".join(
        text_in_markdown(each.text) if each.kind == "text" else code_in_markdown(each.text)
        for each in words
    )


def _fenced(text: str) -> Iterator[str]:
    yield "```json"
    yield text
    yield "```"
    yield ""
