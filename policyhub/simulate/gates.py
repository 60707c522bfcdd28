"""The layers as gates that a request passes from left to right, and which of them stop it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from policyhub.iam.deciding.decision import Layer
from policyhub.iam.explaining.layers import LayerOutlook, LayerState
from policyhub.iam.language.wording import Words, say
from policyhub.simulate.answer_rows import LayerRow
from policyhub.simulate.policy_changes import PolicyChange

# In the order in which they are drawn; a gate that is not used has a sentence of its own.
_GATES = {
    Layer.SERVICE_CONTROL: ("SCP", "no service control policy is given"),
    Layer.RESOURCE_CONTROL: ("RCP", "no resource control policy is given"),
    Layer.ENDPOINT: ("Endpoint", ""),
    Layer.BOUNDARY: ("Boundary", "no permissions boundary is given"),
    Layer.SESSION: ("Session", "no session policy is given"),
    Layer.IDENTITY: ("Identity", "no identity policy is given"),
    Layer.RESOURCE: ("Resource policy", "no resource policy is given"),
}
_WORDS = {"open": "open", "shut": "shut", "depends": "depends", "silent": "not applied"}


@dataclass(frozen=True)
class Gate:
    """One layer, or one level of it; `row` is None where no policy of this kind is given.

    `is_reached` says that no gate before it stops the request.
    """

    title: str
    unused: str
    row: LayerRow | None
    is_reached: bool
    changes: Sequence[PolicyChange] = ()

    @property
    def slug(self) -> str:
        """The state as CSS classes have it: open, shut, depends, silent or unused."""
        if self.row is None:
            return "unused"
        can_open = self.row.outlook.state in (LayerState.DEPENDS, LayerState.UNDECIDED)
        return "depends" if can_open else self.row.slug

    @property
    def word(self) -> str:
        """The state in a word or two."""
        if self.row is None:
            return "not used"
        word = _WORDS[self.slug] if self.slug != "silent" else self.row.word
        return word if self.is_reached or self.slug != "open" else "open, not evaluated"

    @property
    def in_words(self) -> Words:
        """What the layer says to the request."""
        return self.row.in_words if self.row else say(self.unused)

    @property
    def passes(self) -> bool:
        """Whether the request gets to the next gate for sure."""
        return self.slug not in ("shut", "depends")


def gates(rows: Iterable[LayerRow], changes: Sequence[PolicyChange]) -> list[Gate]:
    """Every layer in its place, those too of which nothing is given, except endpoints'."""
    found: list[Gate] = []
    is_reached = True
    for title, unused, row in _placed(list(rows)):
        offered = [each for each in changes if row and each.layer is row.outlook]
        gate = Gate(title, unused, row, is_reached, offered)
        found.append(gate)
        is_reached &= gate.passes
    return found


def _placed(rows: Sequence[LayerRow]) -> Iterator[tuple[str, str, LayerRow | None]]:
    for layer, (title, unused) in _GATES.items():
        own = sorted(
            (row for row in rows if row.outlook.layer is layer), key=lambda row: row.outlook.level
        )
        for row in own:
            yield _title(title, row.outlook), unused, row
        if not own and unused:
            yield title, unused, None


def _title(title: str, outlook: LayerOutlook) -> str:
    several = outlook.levels > 1
    return f"{title} {outlook.level} of {outlook.levels}" if several else title
