"""Which services of the matrix are open, how many rows each shows, and what opens, closes, goes on.

An address says it by service, `open=ec2:100,ecs`: of the first one a hundred rows, of the second
as many as are shown at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from policyhub.compare.matrix import Cell, ComparedAction, ServiceRows

# Up to this many rows the whole matrix is shown; beyond, the services that were opened.
ROWS_SHOWN_WHOLE = 300
# Of a service that was opened: one has been asked for in the time and size of a small answer.
ROWS_AT_ONCE = 50

# A service or its rows from one on, by which htmx asks for them alone: an element's id.
_PART = re.compile(r"service-([a-z0-9-]+?)(?:\.(\d{1,5}))?", re.ASCII)
_OPEN = re.compile(r"([a-z0-9-]+)(?::(\d{1,5}))?", re.ASCII)

# By service prefix how many rows are shown.
Opened = Mapping[str, int]
# The address of the same page with other services open, and the form's action; one is "".
AddressOf = Callable[[str], tuple[str, str]]


def read_opened(text: str) -> Opened:
    """What is open by an address; what is no service is left out, and no rows are the usual ones.

    >>> read_opened("ec2:100,ecs,?,s3:0")
    {'ec2': 100, 'ecs': 50, 's3': 50}
    """
    found = filter(None, map(_OPEN.fullmatch, text.split(",")))
    return {each[1]: int(each[2] or 0) or ROWS_AT_ONCE for each in found}


def write_opened(opened: Opened) -> str:
    """The same as an address has it.

    >>> write_opened({"ecs": 50, "ec2": 100})
    'ec2:100,ecs'
    """
    return ",".join(
        prefix if count == ROWS_AT_ONCE else f"{prefix}:{count}"
        for prefix, count in sorted(opened.items())
    )


def part_asked_for(element: str) -> tuple[str, int] | None:
    """The service whose part of the matrix an element is, and how many rows are before it.

    >>> part_asked_for("service-ec2"), part_asked_for("service-ec2.50"), part_asked_for("main")
    (('ec2', 0), ('ec2', 50), None)
    """
    found = _PART.fullmatch(element)
    return (found[1], int(found[2] or 0)) if found else None


@dataclass(frozen=True)
class OpenedService:
    """A service of the matrix as it is shown; `rows` are none where it is closed.

    `labels` are those of the sides, which name their cells where these have no column.
    `url` or `action` opens or closes it, `more_url` or `more_action` shows its next rows: an
    address, or where that would be too long what the form asks. `after` counts the rows shown up
    to the last one, `left` those that are not.
    """

    service: ServiceRows
    labels: Sequence[str]
    is_open: bool
    rows: Sequence[ComparedAction] = ()
    after: int = 0
    url: str = ""
    action: str = ""
    more_url: str = ""
    more_action: str = ""

    @property
    def heat(self) -> Iterator[tuple[str, int, int]]:
        """Of each side its label, and its count of actions with the step of heat."""
        for label, (count, heat) in zip(self.labels, self.service.heat, strict=True):
            yield label, count, heat

    @property
    def marked_rows(self) -> Iterator[tuple[str, ComparedAction, Iterable[tuple[str, Cell]]]]:
        """The rows with their named cells, each that begins a part with the id that leads there."""
        for place, row in enumerate(self.rows, self.after - len(self.rows)):
            begins = place > 0 and place % ROWS_AT_ONCE == 0
            marked = f"service-{self.service.prefix}.{place}" if begins else ""
            yield marked, row, zip(self.labels, row.cells, strict=True)

    @property
    def left(self) -> int:
        """How many rows are not shown, of a service that is open."""
        return len(self.service.rows) - self.after if self.is_open else 0

    @property
    def next_rows(self) -> int:
        """How many rows are shown next."""
        return min(self.left, ROWS_AT_ONCE)


def matrix_as_opened(
    services: Sequence[ServiceRows], labels: Sequence[str], opened: Opened, address_of: AddressOf
) -> list[OpenedService]:
    """All services of a matrix; one that is short is open as a whole."""
    if sum(len(each.rows) for each in services) <= ROWS_SHOWN_WHOLE:
        return [OpenedService(each, labels, True, each.rows, len(each.rows)) for each in services]
    return [service_as_opened(each, labels, opened, address_of) for each in services]


def service_as_opened(
    service: ServiceRows,
    labels: Sequence[str],
    opened: Opened,
    address_of: AddressOf,
    before: int = 0,
) -> OpenedService:
    """A service of a long matrix, with its rows after so many that are there already."""
    others = {prefix: count for prefix, count in opened.items() if prefix != service.prefix}
    if service.prefix not in opened:
        address = address_of(write_opened({**others, service.prefix: ROWS_AT_ONCE}))
        return OpenedService(service, labels, False, (), 0, *address)
    after = min(opened[service.prefix], len(service.rows))
    more = {**others, service.prefix: after + ROWS_AT_ONCE}
    return OpenedService(
        service,
        labels,
        True,
        service.rows[before:after],
        after,
        *address_of(write_opened(others)),
        *address_of(write_opened(more)),
    )
