"""A document as its pages read it: each statement in words, made once a document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

from policyhub.catalog.access.kept_documents import kept_policy
from policyhub.iam.language import wording
from policyhub.iam.language.patterns import WildcardPattern, compile_pattern, fold
from policyhub.iam.language.resources import on_all_resources
from policyhub.iam.language.wording import Segment, Words
from policyhub.iam.reading.document import PolicyDocument, Statement

# Longer lists are shown as their number and their first few: the document has all of them.
MOST_ACTIONS_IN_A_SENTENCE = 12
MOST_RESOURCES_IN_A_CELL = 4
FIRST_RESOURCES = 3
# A condition is shown in full up to this many characters; only a few are longer.
LONGEST_CONDITION_IN_A_CELL = 420


_COMMA = Segment("text", ", ")


class StatementReading:
    """A statement with what pages say of it; `number` counts from 1."""

    def __init__(self, statement: Statement, language: str) -> None:
        self.statement = statement
        self.number = statement.position + 1
        self.language = language

    @property
    def name(self) -> str:
        """What to call it in running text."""
        return f"statement {self.number}"

    @property
    def slug(self) -> str:
        """Its effect, as CSS classes have it."""
        return self.statement.effect.lower()

    @property
    def is_bounded(self) -> bool:
        """Whether a condition or a narrower resource than all limits it."""
        return bool(self.statement.conditions) or not self.is_about_every_resource

    @property
    def is_about_every_resource(self) -> bool:
        """Whether one of its resources is every resource."""
        return on_all_resources(self.statement)

    @cached_property
    def resources(self) -> Words:
        """Every resource it is about."""
        return wording.resources_in_words(self.statement, self.language)

    @cached_property
    def conditions(self) -> Words:
        """Its full condition; no words if it has none."""
        return wording.conditions_in_words(self.statement.conditions, self.language)

    @cached_property
    def resources_in_a_cell(self) -> Words:
        """Its resources, or their number and the first few of a long list."""
        resources = self.statement.resources
        if len(resources) <= MOST_RESOURCES_IN_A_CELL:
            return self.resources
        first = [(_COMMA, Segment("resource", each)) for each in resources[:FIRST_RESOURCES]]
        listed = [segment for pair in first for segment in pair][1:]
        opening = f"{len(resources)} resources: "
        if self.statement.not_resource:
            opening = f"every resource except {len(resources)}: "
        rest = f" and {len(resources) - FIRST_RESOURCES} more, listed in {self.name}"
        return (Segment("text", opening), *listed, Segment("text", rest))

    @cached_property
    def conditions_in_a_cell(self) -> Words:
        """Its condition; a very long one is cut, and says where it goes on."""
        return shortened(self.conditions, LONGEST_CONDITION_IN_A_CELL, self.name)

    @cached_property
    def sentence(self) -> Words:
        """What it does, in one sentence; of very many actions only their number."""
        if len(self.statement.actions) <= MOST_ACTIONS_IN_A_SENTENCE:
            return wording.statement_in_words(self.statement, self.language)
        return (
            Segment("text", f"{self._verb} {self._counted_actions} on "),
            *self.resources_in_a_cell,
            *((Segment("text", " when "), *self.conditions) if self.conditions else ()),
        )

    @property
    def full_sentence(self) -> Words:
        """What it does, with nothing left out."""
        return wording.statement_in_words(self.statement, self.language)

    @property
    def _verb(self) -> str:
        return "Allows" if self.statement.effect == "Allow" else "Denies"

    @property
    def _counted_actions(self) -> str:
        count = len(self.statement.actions)
        if self.statement.not_action:
            return f"every action except those that match {count} patterns"
        services = {action.partition(":")[0].lower() for action in self.statement.actions}
        of = "of one service" if len(services) == 1 else f"of {len(services)} services"
        return f"{count} action patterns {of}"

    @cached_property
    def _literal_patterns(self) -> dict[str, str]:
        return {
            pattern.lower(): pattern
            for pattern in self.statement.actions
            if "*" not in pattern and "?" not in pattern
        }

    @cached_property
    def _wildcard_patterns(self) -> list[WildcardPattern]:
        return [
            compile_pattern(pattern, ignore_case=True)
            for pattern in self.statement.actions
            if "*" in pattern or "?" in pattern
        ]

    def patterns_for(self, action: str) -> tuple[str, ...]:
        """The patterns of its Action or NotAction that match `action`, as written."""
        literal = self._literal_patterns.get(action.lower())
        about = self._wildcards_about(fold(action).partition(":")[0])
        wildcards = (each.text for each in about if each.matches(action))
        return (*((literal,) if literal else ()), *wildcards)

    def _wildcards_about(self, service: str) -> Sequence[WildcardPattern]:
        """The patterns with wildcards that can match an action of a service, found once."""
        known = self._about_service.get(service)
        if known is None:
            known = tuple(
                each
                for each in self._wildcard_patterns
                if f"{service}:".startswith(each.literal_prefix.partition(":")[0])
            )
            self._about_service[service] = known
        return known

    @cached_property
    def _about_service(self) -> dict[str, Sequence[WildcardPattern]]:
        return {}


class DocumentReading:
    """A document's statements, each with its words."""

    def __init__(self, policy: PolicyDocument) -> None:
        self.policy = policy
        self.statements = tuple(
            StatementReading(statement, policy.version) for statement in policy.statements
        )

    def of(self, statements: Iterable[Statement]) -> tuple[StatementReading, ...]:
        """The readings of these statements of the document."""
        return tuple(self.statements[statement.position] for statement in statements)


@lru_cache(maxsize=96)
def read_kept_document(document: str) -> DocumentReading:
    """Return the reading of a document that the catalogue keeps. Raises as `kept_policy`."""
    return DocumentReading(kept_policy(document))


def shortened(words: Words, longest: int, where: str) -> Words:
    """Cut words at the end of a segment if they are too long for a cell."""
    length = 0
    for position, segment in enumerate(words):
        length += len(segment.text)
        if length > longest and position + 1 < len(words):
            return (*words[: position + 1], Segment("text", f" … (in full in {where})"))
    return words
