"""With which characters an automaton goes on from a state, so that nothing is tried twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class TellingCharacters:
    """The characters that lead from a state to different ones, of some that patterns distinguish.

    Those that none of the state's places takes lead to one state: the first stands for them.
    `taken` are the characters of each place, by its bit.
    """

    def __init__(self, characters: Sequence[str], always: str, taken: Mapping[int, str]) -> None:
        self._characters, self._always, self._taken = characters, always, taken
        self._order = {each: place for place, each in enumerate(characters)}
        self._places = sum(taken)
        self._known: dict[int, Sequence[str]] = {}

    def from_state(self, state: int) -> Sequence[str]:
        """Those to go on with, in their order."""
        places = state & self._places
        known = self._known.get(places)
        if known is None:
            known = self._known[places] = self._found(places)
        return known

    def _found(self, places: int) -> Sequence[str]:
        told = set(self._always)
        while places:
            lowest = places & -places
            told.update(self._taken[lowest])
            places ^= lowest
        found = [each for each in told if each in self._order]
        found += [next((each for each in self._characters if each not in told), "")]
        return sorted(filter(None, found), key=self._order.__getitem__)
