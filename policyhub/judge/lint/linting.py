"""What is wrong with a document, by all rules: ranked, each cause once, with its place."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from policyhub.catalog.facts.services import ReferenceFacts, get_service_facts
from policyhub.iam.language.elements import PolicyDocument, Usage
from policyhub.iam.language.variables import LANGUAGE_WITH_VARIABLES
from policyhub.iam.reading.document import ParsedPolicy, parse_policy, read_alone
from policyhub.iam.reading.grammar import VERSION_WHEN_ABSENT, VERSIONS
from policyhub.iam.reading.json_text import Node, Outline, Parts, format_path, line_and_column
from policyhub.iam.reading.policy_sizes import size_problem
from policyhub.judge.lint.codes import LINT, lint_codes
from policyhub.judge.lint.registry import PROVED_CODES, PROVED_RULES, RULES, Rule
from policyhub.judge.lint.rules_grammar import LEFT_TO_RULES, found_by_the_grammar
from policyhub.judge.lint.subject import LintedPolicy, RuleHit
from policyhub.judge.reporting.editing import UnusableFixError, fixed
from policyhub.judge.reporting.finding import Fix, ReportedFinding

# `Usage` by the names that the command takes.
KINDS: dict[str, Usage] = {
    each.value: each
    for each in (
        *(Usage.IDENTITY, Usage.BOUNDARY, Usage.SESSION, Usage.RESOURCE, Usage.TRUST),
        *(Usage.SERVICE_CONTROL, Usage.RESOURCE_CONTROL, Usage.ENDPOINT),
    )
}
# Of one code in one document so many findings are reported.
_MOST_ALIKE = 50
# So many fixes are tried in one document; further findings have none.
_MOST_FIXES = 40
# With so many statements a document is proved again after each fix.
_SHORT = 25


def findings_of(
    document: str | bytes,
    usage: Usage = Usage.IDENTITY,
    *,
    is_aws_managed: bool = False,
    proves: bool = True,
    facts: ReferenceFacts | None = None,
) -> tuple[ReportedFinding, ...]:
    """Everything that is wrong with a document of a kind, the most serious first; never raises.

    `is_aws_managed` says that AWS publishes it, so that what only its owner can change, such as
    its size, is left out. Without `proves` the rules that need the solver are left out.
    """
    return _Linting(document, usage, is_aws_managed, facts or get_service_facts()).findings(proves)


class _Linting:
    """The linting of one document."""

    def __init__(
        self,
        document: str | bytes,
        usage: Usage,
        is_aws_managed: bool,
        facts: ReferenceFacts,
    ) -> None:
        self.text = document if isinstance(document, str) else document.decode("utf-8", "replace")
        self.usage, self.is_aws_managed, self.facts = usage, is_aws_managed, facts
        self.parsed: ParsedPolicy = parse_policy(document, usage)
        self.value = _value(self.text) if self._is_json else None
        self._outline: Outline | None = None

    @property
    def _is_json(self) -> bool:
        """Whether the text is JSON; a rule has nothing to look at otherwise."""
        return not any(each.code in ("not-json", "empty-document") for each in self.parsed.problems)

    def findings(self, proves: bool) -> tuple[ReportedFinding, ...]:
        """What is found, the most serious first, in the order of the text."""
        found = self._found(proves)
        ranks = {type_: rank for rank, type_ in enumerate(LINT.types)}
        reported = [
            self._reported(each, fix) for each, fix in self._with_sound_fixes(found, proves)
        ]
        return tuple(sorted(reported, key=lambda each: (ranks[each.type], *_order(each))))

    def _found(self, proves: bool) -> list[RuleHit]:
        """What the grammar and the rules find, each once.

        Of a document with errors nothing is proved: they may change what it allows.
        """
        by_grammar = list(self._by_grammar())
        rules = [*RULES, *(PROVED_RULES if proves and self.parsed.policy else ())]
        return _each_once([*by_grammar, *self._by_rules(rules, by_grammar)])

    def _by_grammar(self) -> Iterator[RuleHit]:
        problems = [each for each in self.parsed.problems if each.code not in LEFT_TO_RULES]
        if not self.is_aws_managed:
            size = size_problem(self.text, self.usage)
            problems += [size] if size else []
        yield from found_by_the_grammar(problems, self.usage, self.value)

    def _by_rules(self, rules: Iterable[Rule], by_grammar: Sequence[RuleHit]) -> Iterator[RuleHit]:
        subject = self._subject(by_grammar)
        if subject is not None:
            for rule in rules:
                yield from rule(subject)

    def _subject(self, by_grammar: Sequence[RuleHit]) -> LintedPolicy | None:
        """The document as rules see it; None where no statement can be read.

        What its kind refuses, or breaks in one statement, leaves the rest to be looked at; what
        can be fixed is looked at as it will be.
        """
        value = self.value
        if not isinstance(value, dict):
            return None
        policy = self.parsed.policy
        if policy is None:
            value = _repaired(value, by_grammar)
            policy = parse_policy(json.dumps(value)).policy or sound_part(value)
        if policy is None:
            return None
        return LintedPolicy(policy, value, self.usage, self.facts, self.is_aws_managed)

    def _with_sound_fixes(
        self, found: list[RuleHit], proves: bool
    ) -> Iterator[tuple[RuleHit, Fix | None]]:
        """Each finding with its fix, if that makes the finding go away and adds none.

        In long documents only what needs no proof is looked for again, unless the finding itself
        needed one. Nobody can change AWS's own policies.
        """
        before = Counter(each.code for each in found)
        policy = self.parsed.policy
        proves = proves and policy is not None
        is_short = policy is not None and len(policy.statements) <= _SHORT
        checked = 0
        for each in found:
            fix = None if self.is_aws_managed or checked >= _MOST_FIXES else each.fix
            if fix is not None:
                checked += 1
                proves_again = proves and (is_short or each.code in PROVED_CODES)
                fix = fix if self._is_sound(fix, each.code, before, proves_again) else None
            yield each, fix

    def _is_sound(self, fix: Fix, code: str, before: Counter[str], proves: bool) -> bool:
        try:
            text = json.dumps(fixed(self.value, fix))
        except UnusableFixError:
            return False
        after = Counter(
            each.code
            for each in _Linting(text, self.usage, self.is_aws_managed, self.facts)._found(proves)
        )
        return after[code] < before[code] and after <= before

    def _reported(self, found: RuleHit, fix: Fix | None) -> ReportedFinding:
        note = lint_codes()[found.code]
        line, column = self._place(found)
        return ReportedFinding(
            code=found.code,
            type=found.type or note.type,
            message=found.message,
            path=format_path(found.parts),
            line=line,
            column=column,
            evidence=found.evidence,
            fix=fix,
            reference=note.reference,
        )

    def _place(self, found: RuleHit) -> tuple[int | None, int | None]:
        """Line and column; of what is not JSON the problem itself knows them."""
        if found.place is not None:
            return found.place
        if self.value is None:
            return None, None
        node = self._node(found.parts)
        if node is None:
            return None, None
        at = node.named_at if found.at_name and node.named_at is not None else node.start
        return line_and_column(self.text, at)

    def _node(self, parts: Parts) -> Node | None:
        """The element at a place, or the innermost on the way there that the text has."""
        if self._outline is None:
            self._outline = Outline(self.text).read_all()
        for length in range(len(parts), -1, -1):
            node = self._outline.find(parts[:length])
            if node is not None:
                return node
        return None


def sound_part(document: dict[str, Any]) -> PolicyDocument | None:
    """The statements that have no error, under their own positions; None without any."""
    given = document.get("Statement")
    if not isinstance(given, list):
        return None
    version = document.get("Version")
    if version not in VERSIONS:
        version = LANGUAGE_WITH_VARIABLES if "Version" in document else VERSION_WHEN_ABSENT
    read = ((at, read_alone(_document_with(version, each))) for at, each in enumerate(given))
    statements = tuple(
        replace(each, position=at) for at, policy in read if policy for each in policy.statements
    )
    return PolicyDocument(version, "", statements) if statements else None


def _document_with(version: str, statement: Any) -> str:
    return json.dumps({"Version": version, "Statement": [statement]})


def _repaired(value: dict[str, Any], by_grammar: Sequence[RuleHit]) -> dict[str, Any]:
    """A document with every fix of the grammar carried out that can be."""
    for each in by_grammar:
        if each.fix is not None:
            with suppress(UnusableFixError):
                value = fixed(value, each.fix)
    return value


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _each_once(found: Iterable[RuleHit]) -> list[RuleHit]:
    """The findings without repetitions, and of very many alike only the first."""
    kept: dict[object, RuleHit] = {}
    counts: dict[str, int] = {}
    for each in found:
        key = each.code, each.parts, each.message
        if key not in kept and counts.setdefault(each.code, 0) < _MOST_ALIKE:
            counts[each.code] += 1
            kept[key] = each
    return list(kept.values())


def _order(finding: ReportedFinding) -> tuple[int, int, str]:
    return finding.line or 0, finding.column or 0, finding.code
