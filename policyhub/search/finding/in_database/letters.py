"""In how many rows each word of one or two letters is: of these a scan of all texts finds most.

The counts are moved with the rows, in the same transaction.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from operator import add

from django.db import connection

from policyhub.search.models import LetterCount

LONGEST = 2
# Of how many lines and pieces the words are remembered, 0.3 KB each.
_KEPT = 50_000
# A word, what follows it, and the letter after that: together they have every two letters.
_PIECES = re.compile(r"(?=(\w+\W*\w?|\W+\w?))(?:\w+\W*|\W+)")
_TABLE = LetterCount._meta.db_table
_READING = {
    "sqlite": "SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(%s) WHERE true",
    "postgresql": "SELECT value ->> 0, value ->> 1, (value ->> 2)::integer "
    "FROM json_array_elements(%s::json)",
}


def is_short(word: str) -> bool:
    """Whether the rows with a word are counted."""
    return 0 < len(word) <= LONGEST and "\n" not in word


def rows_with(word: str) -> Mapping[str, int]:
    """How many rows of each group have a short word, by the groups' keys."""
    return dict(LetterCount.objects.filter(word=word).values_list("group", "count"))


class Letters:
    """Finds the short words of texts, each line once."""

    def __init__(self) -> None:
        self._bits: dict[str, int] = {}
        self._pieces: dict[str, int] = {}
        self._lines: dict[str, int] = {}

    def counted(self, texts: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
        """In how many of some texts each word is: (group, text) in, (word, group) out."""
        tallies: dict[str, _BitCounter] = {}
        for group, text in texts:
            tallies.setdefault(group, _BitCounter()).add(self._of_text(text))
        words = list(self._bits)
        return Counter(
            {
                (words[place], group): count
                for group, tally in tallies.items()
                for place, count in tally.counts().items()
            }
        )

    def _of_text(self, text: str) -> int:
        """The words of a text as bits."""
        found, known = 0, self._lines
        for line in text.split("\n"):
            bits = known.get(line)
            if bits is None:
                bits = self._of_line(line)
            found |= bits
        return found

    def _of_line(self, line: str) -> int:
        found, known = 0, self._pieces
        for piece in _PIECES.findall(line):
            bits = known.get(piece)
            if bits is None:
                bits = _keep(known, piece, self._of_piece(piece))
            found |= bits
        return _keep(self._lines, line, found)

    def _of_piece(self, piece: str) -> int:
        found, bits = 0, self._bits
        for word in {*piece, *map(add, piece, piece[1:])}:
            found |= bits.setdefault(word, 1 << len(bits))
        return found


def _keep(known: dict[str, int], text: str, bits: int) -> int:
    if len(known) >= _KEPT:
        known.clear()
    known[text] = bits
    return bits


class _BitCounter:
    """Counts bits: the first number has the ones of all counts, the second one the twos."""

    def __init__(self) -> None:
        self._digits: list[int] = []

    def add(self, bits: int) -> None:
        """Count one more of each bit."""
        for place, digit in enumerate(self._digits):
            self._digits[place] = digit ^ bits
            bits &= digit
            if not bits:
                return
        self._digits.append(bits)

    def counts(self) -> Counter[int]:
        """The counts by the places of the bits."""
        found: Counter[int] = Counter()
        for exponent, digit in enumerate(self._digits):
            for place, bit in enumerate(reversed(f"{digit:b}")):
                if bit == "1":
                    found[place] += 1 << exponent
        return found


def move_counts(counts: Mapping[tuple[str, str], int]) -> None:
    """Add to the counts of words, by word and group; less than nothing is taken away."""
    # In one order: of two writers each would wait for the other.
    rows = [[word, group, count] for (word, group), count in sorted(counts.items()) if count]
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO {_TABLE} (word, "group", count) {_READING[connection.vendor]} '
            f'ON CONFLICT (word, "group") DO UPDATE SET count = {_TABLE}.count + excluded.count',
            [json.dumps(rows)],
        )
