"""What is typed into the search box, understood: words, phrases, operators, and what to leave out.

`ecs "run task" service:iam -effect:deny` looks for what contains `ecs` and `run task`, reaches IAM
and denies nothing. Text in quotes is matched exactly, and a minus excludes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from policyhub.http import MOST_WORDS, ParameterProblem

OPERATORS = (
    "service",
    "action",
    "condition",
    "level",
    "kind",
    "resource",
    "effect",
    "risk",
    "lint",
    "changed",
)
EXAMPLES = {
    "service": "service:ecs",
    "action": "action:iam:PassRole",
    "condition": "condition:iam:PassedToService",
    "level": "level:permissions-management",
    "kind": "kind:service-role",
    "resource": "resource:*",
    "effect": "effect:deny",
    "risk": "risk:free-passrole",
    "lint": "lint:security-warning",
    "changed": "changed:>2026-01-01",
}
_TERM = re.compile(
    rf'(?P<minus>-?)(?:(?P<operator>{"|".join(OPERATORS)}):)?(?:"(?P<quoted>[^"]*)(?P<end>"?)|(?P<bare>\S*))',
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a query; without an operator it is text to look for, in lower case.

    What was quoted is looked for as it is: it is never taken for a typing error.
    """

    text: str
    operator: str = ""
    is_excluded: bool = False
    is_quoted: bool = False

    def __str__(self) -> str:
        needs_quotes = self.is_quoted or re.search(r"\s", self.text)
        text = f'"{self.text}"' if needs_quotes else self.text
        operator = f"{self.operator}:" if self.operator else ""
        return f"{'-' if self.is_excluded else ''}{operator}{text}"


@dataclass(frozen=True, slots=True)
class Query:
    """A query's terms, in the order they were typed; all must be true."""

    terms: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))

    @property
    def words(self) -> list[str]:
        """The texts that must be in what is found."""
        return [term.text for term in self.terms if not term.operator and not term.is_excluded]

    def has(self, term: Term) -> bool:
        """Whether a term is among these, whatever its case."""
        return str(term).lower() in (str(each).lower() for each in self.terms)

    def toggled(self, term: Term) -> Query:
        """This query with a term, or without it if it is there."""
        if not self.has(term):
            return Query((*self.terms, term))
        return Query(tuple(t for t in self.terms if str(t).lower() != str(term).lower()))


def parse_query(text: str) -> tuple[Query, list[ParameterProblem]]:
    """Read a query; what makes no sense becomes a problem, and the rest is looked for."""
    terms: list[Term] = []
    problems: list[ParameterProblem] = []
    for found in _TERM.finditer(text):
        if not found[0]:
            continue
        term, problem = _term(found)
        if problem:
            problems.append(_problem(problem))
        if term and term not in terms:
            terms.append(term)
    if len(terms) > MOST_WORDS:
        message = f"there are {len(terms)} search words: give at most {MOST_WORDS}"
        problems.append(ParameterProblem("too-many-words", "q", message))
    return Query(tuple(terms[:MOST_WORDS])), problems


def _problem(message: str) -> ParameterProblem:
    return ParameterProblem("bad-query", "q", message)


def _term(found: re.Match[str]) -> tuple[Term | None, str]:
    operator = (found["operator"] or "").lower()
    text = found["bare"] if found["quoted"] is None else found["quoted"]
    problem = ""
    if found["quoted"] is not None and not found["end"]:
        problem = f'the quote before `{text[:40]}` is not closed: add a closing `"`'
    if not text.strip():
        if operator:
            return None, f"`{operator}:` needs a value, such as `{EXAMPLES[operator]}`"
        if found["minus"]:
            return None, "a minus needs a word after it that is to be excluded, such as `-deny`"
        return None, problem or "there is nothing between the quotes: write words between them"
    text = text if operator else text.lower()
    return Term(text, operator, bool(found["minus"]), found["quoted"] is not None), problem
