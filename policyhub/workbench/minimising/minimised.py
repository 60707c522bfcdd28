"""A document in fewer characters that says the same, with the proof.

What another part says anyway is removed, statements that differ in one element only become one,
and lists of one value become that value. Each step is proved when it is taken: by the wording, or
by the comparison of policies; what is not proved is not done. So the result always is equivalent.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from policyhub.catalog.facts.services import ReferenceFacts, get_service_facts
from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.language.elements import PolicyDocument, Usage
from policyhub.judge.lint.subject import RuleHit, path_of
from policyhub.judge.reporting.editing import fixed
from policyhub.workbench.documents import (
    characters,
    read_document,
    statements_of,
    with_statements,
)
from policyhub.workbench.minimising.joining import join, joinable_pairs
from policyhub.workbench.minimising.redundant import IdleStatement, RedundantParts
from policyhub.workbench.minimising.same_saying import says_the_same
from policyhub.workbench.minimising.wildcards import OpenPattern, shortened_by_wildcards

Json = Any
StepKind = Literal["removed", "joined", "shortened"]
_NOTHING_TO_DO = (
    "nothing in it is said twice, and no two statements differ in their actions or resources only"
)
# Of a document while its wording is compared with that of another.
_CHARACTERS_A_STEP = 10
_ONLY_LISTS = "only lists of one value became that value"


@dataclass(frozen=True)
class MinimisingStep:
    """What was done, in a sentence without a full stop, and where.

    Statements and places count in the document as the steps before have left it.
    """

    kind: StepKind
    message: str
    path: str = ""


@dataclass(frozen=True)
class MinimisedPolicy:
    """A document and the smaller one, which is proved to say the same.

    `open_to` are the patterns that also match what AWS adds later: for these the proof is about
    the actions that are known today. `doubts` say what might have been removed besides. `before`
    and `after` are characters without white space.
    """

    original: Json
    document: Json
    steps: Sequence[MinimisingStep] = ()
    open_to: Sequence[OpenPattern] = ()
    doubts: Sequence[str] = ()

    def steps_to_dict(self) -> list[dict[str, str]]:
        """The steps as JSON has them."""
        return [
            {"kind": each.kind, "path": each.path, "message": each.message} for each in self.steps
        ]

    @property
    def before(self) -> int:
        """The size of the original."""
        return characters(self.original)

    @property
    def after(self) -> int:
        """The size of the result."""
        return characters(self.document)

    @property
    def verdict(self) -> str:
        """How both compare: `equivalent`, or `equivalent-today` where patterns are open."""
        return "equivalent-today" if self.open_to else "equivalent"

    @property
    def why_no_step(self) -> str:
        """Why nothing was removed or joined; "" where something was."""
        if self.steps:
            return ""
        return _ONLY_LISTS if self.after < self.before else _NOTHING_TO_DO


def minimised(
    text: str,
    usage: Usage = Usage.IDENTITY,
    *,
    wildcards: bool = False,
    budget: Budget = NO_LIMIT,
) -> MinimisedPolicy:
    """The document in fewer characters. Raises `UnusableDocumentError`.

    With `wildcards` lists of actions become patterns that match exactly these today. Once the
    budget is spent, what has been done until then is the result.
    """
    policy, original = read_document(text, usage)
    facts = get_service_facts()
    made = _Making(original, policy, usage, facts, budget)
    made.make_smaller()
    found: Sequence[OpenPattern] = ()
    if wildcards:
        made.document, found = shortened_by_wildcards(made.document, facts.reference)
        made.steps += [MinimisingStep("shortened", each.message, each.path) for each in found]
    return MinimisedPolicy(original, made.document, made.steps, found, made.doubts)


@dataclass
class _Making:
    """A document while it is made smaller."""

    document: Json
    policy: PolicyDocument
    usage: Usage
    facts: ReferenceFacts
    budget: Budget
    steps: list[MinimisingStep] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def make_smaller(self) -> None:
        """Remove and join in turn: what is joined may make more redundant."""
        self._become(with_statements(self.document, statements_of(self.document)))
        done = -1
        try:
            while done < len(self.steps):
                done = len(self.steps)
                self._remove_parts()
                self._join_statements()
                self._remove_statements()
        except SpentError as error:
            self.doubts.append(f"whether more can go: {error}")

    def _remove_parts(self) -> None:
        self._remove(self._parts().within_lists())
        self._remove(self._parts().repeated())
        while (hit := next(self._parts().of_other_statements(), None)) and self._remove([hit]):
            pass

    def _parts(self) -> RedundantParts:
        return RedundantParts(self.policy, self.document, self.usage, self.facts)

    def _remove(self, hits: Sequence[RuleHit]) -> bool:
        """Carry out fixes, those of the last places first; whether that made it smaller."""
        if not hits:
            return False
        document = self.document
        for hit in reversed(hits):
            document = fixed(document, hit.fix)  # type: ignore[arg-type]
        steps = [MinimisingStep("removed", each.message, path_of(each.parts)) for each in hits]
        return self._take(document, steps)

    def _take(self, document: Json, steps: Sequence[MinimisingStep]) -> bool:
        """Go on with a document that is seen to say the same."""
        compact = with_statements(document, statements_of(document))
        text = json.dumps(compact)
        self.budget.spend(len(text) // _CHARACTERS_A_STEP + 1)
        policy, _ = read_document(text, self.usage)
        if not says_the_same(self.policy, policy):
            return False
        self.document, self.policy = compact, policy
        self.steps += steps
        return True

    def _become(self, document: Json) -> None:
        self.document = document
        self.policy, _ = read_document(json.dumps(document), self.usage)

    def _join_statements(self) -> None:
        """Join until no two statements differ in one element only."""
        while (pair := next(joinable_pairs(statements_of(self.document)), None)) is not None:
            statements = statements_of(self.document)
            join(statements, pair)
            path = f"Statement[{pair.first}].{pair.element}"
            step = MinimisingStep("joined", pair.message, path)
            if not self._take(with_statements(self.document, statements), [step]):
                return

    def _remove_statements(self) -> None:
        """Remove statements that others make needless, each proved by itself."""
        while len(self.policy.statements) > 1:
            doubts: list[str] = []
            idle = next(self._parts().statements(self.budget, doubts), None)
            if idle is None:
                self.doubts = doubts
                return
            self._remove_statement(idle)

    def _remove_statement(self, idle: IdleStatement) -> None:
        statements = statements_of(self.document)
        del statements[idle.position]
        self._become(with_statements(self.document, statements))
        path = f"Statement[{idle.position}]"
        self.steps.append(MinimisingStep("removed", idle.message, path))
