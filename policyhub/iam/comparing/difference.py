"""What one policy allows and another doesn't: a request for each reason, found and tried.

First the differences are sought, by any name of an action that the documents distinguish; then,
for what differs alone, requests that AWS can be asked, by the names that AWS knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from policyhub.iam.budget import Budget, SpentError
from policyhub.iam.comparing.compared_policy import ComparedPolicy, service_of_pattern
from policyhub.iam.comparing.contexts import ANY_CONTEXT, Contexts
from policyhub.iam.comparing.perhaps_asked import is_perhaps_asked, perhaps_asked_in_words
from policyhub.iam.comparing.proof import Witness
from policyhub.iam.comparing.resource_values import resource_demand
from policyhub.iam.comparing.witness_search import Cause, Doubts, Group, WitnessSearch
from policyhub.iam.deciding.service_facts import ServiceFacts

ANY_ACTION = "*"


@dataclass
class Difference:
    """What one side allows and the other doesn't.

    `doubts` are about requests at all, `doubts_of_asked` about those that AWS can be asked.
    """

    side: ComparedPolicy
    against: ComparedPolicy
    budget: Budget
    contexts: Contexts = ANY_CONTEXT
    facts: ServiceFacts | None = None
    doubts: Doubts = field(default_factory=dict)
    doubts_of_asked: Doubts = field(default_factory=dict)
    is_cut_short: bool = False
    _found: dict[object, tuple[Cause, Witness]] = field(default_factory=dict)
    _shown: set[Cause] = field(default_factory=set)
    _asked: dict[object, Witness] = field(default_factory=dict)
    _open: dict[object, tuple[Cause, Witness]] = field(default_factory=dict)
    _settled: set[Cause] = field(default_factory=set)
    _denying: set[int] = field(default_factory=set)
    _denying_asked: set[int] = field(default_factory=set)
    _vain_groups: set[Group] = field(default_factory=set)
    _looked_at: set[str] = field(default_factory=set)
    _in_vain: dict[Cause, str] = field(default_factory=dict)

    @cached_property
    def _search(self) -> WitnessSearch:
        return WitnessSearch(self.side, self.against, self.budget, self.contexts, self.facts)

    @property
    def is_empty(self) -> bool:
        """Whether for certain nothing is allowed by this side alone."""
        return not self._found and not self.doubts

    @property
    def is_shown(self) -> bool:
        """Whether a request proves that something is allowed by this side alone."""
        return bool(self._found)

    @property
    def is_empty_of_asked(self) -> bool:
        """Whether for certain nothing that AWS can be asked is allowed by this side alone."""
        if self.facts is None:
            return self.is_empty
        found = self._asked or self._open
        return self.is_empty or not (found or self.doubts or self.doubts_of_asked)

    @property
    def is_shown_of_asked(self) -> bool:
        """Whether a request that AWS can be asked proves the difference."""
        return bool(self._found if self.facts is None else self._asked)

    @property
    def all_doubts(self) -> Doubts:
        """What could not be decided, of either kind."""
        found = self.doubts | self.doubts_of_asked
        if self.facts is None or self._asked:
            return found
        actions = (witness.action for _, witness in self._open.values())
        return found | {perhaps_asked_in_words(each, self.facts): None for each in actions}

    @property
    def named(self) -> list[tuple[str, str]]:
        """The pattern of each difference that was found, and the action that shows it."""
        return [(reason.pattern, witness.action) for reason, witness in self._found.values()]

    @property
    def witnesses(self) -> tuple[Witness, ...]:
        """One request for each reason, which is what the other side lacks or denies.

        Those that AWS can be asked come first, then those of which that is not known; where the
        facts are left aside all count as asked.
        """
        if self.facts is None:
            return tuple(witness for _, witness in self._found.values())
        not_known = dict(self._unproved(self._open))
        told = {reason for reason, _ in not_known.values()}
        others = [
            self._never_asked(reason, witness)
            for key, (reason, witness) in self._unproved(self._found)
            if key not in not_known and reason not in told
        ]
        asked = sorted(self._asked.values(), key=partial(_by_pattern, facts=self.facts))
        return (*asked, *(each for _, each in not_known.values()), *others)

    def _unproved(
        self, found: Mapping[object, tuple[Cause, Witness]]
    ) -> Iterator[tuple[object, tuple[Cause, Witness]]]:
        """Of what was found that of which no request is known that AWS can be asked."""
        for key, (reason, witness) in found.items():
            if key not in self._asked and reason not in self._settled:
                yield key, (reason, witness)

    def seek(self, cells: Sequence[str]) -> Iterator[None]:
        """Look for witnesses, one group of actions a turn, until the budget is spent."""
        for number, action in enumerate(cells):
            try:
                for reason in self._search.reasons(action):
                    self._seek(action, reason)
            except SpentError as error:
                told = f"{error}: {number:,} of {len(cells):,} groups of actions were decided"
                self.doubts[told] = None
                self.is_cut_short = True
                return
            yield

    def _seek(self, action: str, reason: Cause) -> None:
        if reason in self._shown or self._is_told(reason, self._denying):
            return
        witness = self._asked_at_once(action, reason)
        if witness is None:
            witness = self._search.witness(action, reason, self.doubts)
        if witness is not None:
            self._shown.add(reason)
            self._denying.update(witness.denied_by)
            # The other side's Denies, where these make the difference; else what it lacks.
            self._found.setdefault(witness.denied_by or reason, (reason, witness))

    def _asked_at_once(self, action: str, reason: Cause) -> Witness | None:
        """A witness that AWS can be asked, where the action has a known name already.

        What can't be decided is no doubt yet: another name may prove it.
        """
        if self.facts is None:
            return None
        for known in self.facts.actions_matching(action):
            demand = resource_demand(known, self.facts)
            witness = self._search.witness(known, reason, {}, demand)
            if witness is not None:
                self._note_asked(reason, witness)
                return witness
        return None

    def _note_asked(self, reason: Cause, witness: Witness) -> None:
        self._settled.add(reason)
        self._denying_asked.update(witness.denied_by)
        self._asked.setdefault(witness.denied_by or reason, witness)

    def _is_told(self, reason: Cause, denying: set[int]) -> bool:
        """Whether all that a reason could show is shown: what the other side's Denies take away."""
        denies = self._search.denied_alone(reason)
        return bool(denies) and denying.issuperset(denies)

    def seek_asked(self, names: Mapping[str, Iterable[str]]) -> None:
        """Look for witnesses that AWS can be asked, by actions that it may know.

        These are given by a pattern that matches them, and of each as many are looked at as it
        takes to prove what is known to differ.
        """
        facts = self.facts
        if facts is None or not self._found:
            return
        try:
            shown: dict[str, set[Cause]] = {ANY_ACTION: set(self._shown)}
            by_exception = {each for each in self._shown if not each.pattern}
            for each in self._shown:
                shown.setdefault(each.pattern.lower(), set()).add(each)
            for pattern, actions in names.items():
                self._seek_matching(shown.get(pattern, set()) | by_exception, actions, facts)
        except SpentError as error:
            self.doubts_of_asked[f"{error}: not every action that differs was looked at"] = None
            self.is_cut_short = True

    def _seek_matching(
        self, shown: set[Cause], actions: Iterable[str], facts: ServiceFacts
    ) -> None:
        """Seek until what was shown to differ by a pattern is proved, at least one of it."""
        wanted, is_open = set(shown), False
        for action in actions:
            if action in self._looked_at:
                continue
            self._looked_at.add(action)
            self._search.budget.spend()
            group = self._search.group(action)
            about, others, _ = group
            if self._search.is_alike(about, others):
                continue
            if group in self._vain_groups:
                is_open = True
                continue
            reasons = list(self._search.reasons(action))
            for reason in reasons:
                if self._is_told(reason, self._denying_asked):
                    self._settled.add(reason)
                elif reason not in self._settled:
                    self._seek_asked(action, reason, facts)
                    wanted.add(reason)
            if reasons and all(self._search.is_nothing(action, each) for each in reasons):
                self._vain_groups.add(group)
            if wanted and not is_open and wanted <= self._settled:
                return

    def _seek_asked(self, action: str, reason: Cause, facts: ServiceFacts) -> None:
        demand = resource_demand(action, facts)
        if demand is False:
            self._in_vain.setdefault(reason, action)
            return
        witness = self._search.witness(action, reason, self.doubts_of_asked, demand)
        if witness is None:
            self._in_vain.setdefault(reason, action)
            self._keep_if_perhaps_asked(action, reason, facts)
            return
        self._note_asked(reason, witness)

    def _keep_if_perhaps_asked(self, action: str, reason: Cause, facts: ServiceFacts) -> None:
        if not is_perhaps_asked(action, facts):
            return
        witness = self._search.witness(action, reason, self.doubts_of_asked)
        if witness is not None:
            key = witness.denied_by or reason
            self._open.setdefault(key, (reason, replace(witness, is_asked=None)))

    def _never_asked(self, reason: Cause, witness: Witness) -> Witness:
        """A witness by a known name if there is one; with it no request that AWS can be asked."""
        name = self._in_vain.get(reason)
        if name is not None:
            witness = self._search.witness(name, reason, {}) or witness
        return replace(witness, is_asked=False)

    def of_action(self, action: str) -> bool | None:
        """Whether this side allows an action where the other doesn't; None where undecided.

        Requests that AWS can't be asked don't count. Raises `SpentError` once the budget is spent.
        """
        facts, doubts = self.facts, Doubts()
        reasons = list(self._search.reasons(action))
        demand = True if facts is None else resource_demand(action, facts)
        if any(self._search.witness(action, each, doubts, demand) for each in reasons):
            return True
        if facts is not None and is_perhaps_asked(action, facts):
            is_open = any(self._search.witness(action, each, doubts) for each in reasons)
            return None if doubts or is_open else False
        return None if doubts else False


def _by_pattern(witness: Witness, facts: ServiceFacts) -> tuple[bool, str, str]:
    """By service and pattern; after all others those of names that the reference lacks."""
    pattern = witness.pattern.lower()
    return facts.types(witness.action) is None, service_of_pattern(pattern), pattern
