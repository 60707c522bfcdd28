"""Documents compiled and measured: once for each text, however many simulations share it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

from policyhub.iam.deciding.applied_policies import AppliedPolicy
from policyhub.iam.deciding.known_statements import WriteJson, compiled_if_faultless
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.document import parse_policy
from policyhub.iam.reading.policy_sizes import is_within_quota, size_problem
from policyhub.iam.reading.problems import Problem

# A document, None with an error, and its problems.
Compiled = tuple[CompiledPolicy | None, tuple[Problem, ...]]

_CACHED_DOCUMENTS = 256
_LONGEST_CACHED_DOCUMENT = 64 * 1024


def applied_policy(name: str, text: str, usage: Usage, place: str = "") -> AppliedPolicy:
    """Compile a document, once for equal texts; one with errors applies without statements.

    Long texts are compiled each time: what a process keeps is bounded.
    """
    compile_text = _compiled if len(text) <= _LONGEST_CACHED_DOCUMENT else _compiled.__wrapped__
    return AppliedPolicy(name, *compile_text(text, usage), place)


class Documents:
    """The documents of simulations that are read together, however long they are.

    With `write` they are compiled statement by statement where nothing is to be said of them.
    """

    def __init__(self, write: WriteJson | None = None) -> None:
        self._write = write
        self._long: dict[tuple[str, Usage], Compiled] = {}
        self._too_long: dict[tuple[str, Usage, str, bool], Problem | None] = {}

    def given(
        self, name: str, document: dict[str, Any], usage: Usage, service: str, place: str
    ) -> AppliedPolicy:
        """The document of a simulation, given as an object, as it applies at a place."""
        faultless = self._faultless(document, usage, service)
        if faultless is not None:
            return AppliedPolicy(name, faultless, (), place)
        return self.applied_and_measured(
            name, json.dumps(document), usage, service, place, is_as_written=False
        )

    def _faultless(
        self, document: dict[str, Any], usage: Usage, service: str
    ) -> CompiledPolicy | None:
        """The document where there is nothing to say of it; else None, as far as that is seen."""
        if self._write is None:
            return None
        try:
            text = self._write(document)
            if len(text) > _LONGEST_CACHED_DOCUMENT or not is_within_quota(text, usage, service):
                return None
            return compiled_if_faultless(document, text, usage, self._write)
        except (ValueError, RecursionError):
            return None

    def applied_and_measured(
        self,
        name: str,
        text: str,
        usage: Usage,
        service: str,
        place: str,
        *,
        is_as_written: bool = True,
    ) -> AppliedPolicy:
        """The document as it applies at a place, with what is to say of its length."""
        applied = self.applied(name, text, usage, place)
        too_long = self.size_problem(text, usage, service, is_as_written)
        if too_long is None:
            return applied
        return replace(applied, problems=(too_long, *applied.problems))

    def applied(self, name: str, text: str, usage: Usage, place: str) -> AppliedPolicy:
        """The document as it applies at a place."""
        if len(text) <= _LONGEST_CACHED_DOCUMENT:
            return applied_policy(name, text, usage, place)
        if (text, usage) not in self._long:
            self._long[text, usage] = _compiled.__wrapped__(text, usage)
        return AppliedPolicy(name, *self._long[text, usage], place)

    def size_problem(
        self, text: str, usage: Usage, service: str, is_as_written: bool
    ) -> Problem | None:
        """What to say of the document's length, as `policy_sizes.size_problem` does."""
        asked = (text, usage, service, is_as_written)
        if asked not in self._too_long:
            self._too_long[asked] = size_problem(*asked)
        return self._too_long[asked]


@lru_cache(maxsize=_CACHED_DOCUMENTS)
def _compiled(text: str, usage: Usage) -> Compiled:
    parsed = parse_policy(text, usage)
    return (CompiledPolicy(parsed.policy) if parsed.policy else None), parsed.problems
