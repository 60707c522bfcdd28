"""Which services of the matrix are shown and open, how many rows each shows, and what goes on.

An address says it by service, `open=ec2:100,ecs`: of the first one a hundred rows, of the second
as many as are shown at once; and `services=125`: so many services, the weightiest first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from policyhub.compare.matrix import Cell, ComparedAction, ServiceRows

# Up to this many cells the whole matrix is shown; beyond, the services that were opened.
CELLS_SHOWN_WHOLE = 600
# Of a service that was opened: one has been asked for in the time and size of a small answer.
ROWS_AT_ONCE = 50

# Of a matrix with more services the weightiest are shown, and then so many at once.
SERVICES_SHOWN = 25
SERVICES_AT_ONCE = 100

# A service or its rows from one on, by which htmx asks for them alone: an element's id.
_PART = re.compile(r"service-([a-z0-9-]+?)(?:\.(\d{1,5}))?", re.ASCII)
_NEXT_SERVICES = re.compile(r"services\.(\d{1,5})", re.ASCII)
_COUNT = re.compile(r"\d{1,5}", re.ASCII)
_OPEN = re.compile(r"([a-z0-9-]+)(?::(\d{1,5}))?", re.ASCII)

# By service prefix how many rows are shown.
Opened = Mapping[str, int]
# The address of the same page with other services open, and the form's action; one is "".
AddressOf = Callable[[str], tuple[str, str]]
# The same with so many services shown.
NextAddress = Callable[[int], tuple[str, str]]


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


def services_asked_for(element: str) -> int | None:
    """After how many services an element has the next ones; None for another element.

    >>> services_asked_for("services.25"), services_asked_for("service-ec2")
    (25, None)
    """
    found = _NEXT_SERVICES.fullmatch(element)
    return int(found[1]) if found else None


def read_services_shown(text: str) -> int:
    """How many services an address asks for, at least as many as are shown anyway."""
    return max(SERVICES_SHOWN, int(text)) if _COUNT.fullmatch(text) else SERVICES_SHOWN


def weightiest_first(
    services: Sequence[ServiceRows], with_risks: Container[str]
) -> Sequence[ServiceRows]:
    """The services in the order in which they are shown: of few, by name.

    Of more, those of which a risk differs come first, then those with most actions that differ.
    """
    if len(services) <= SERVICES_SHOWN:
        return services

    def weight(service: ServiceRows) -> tuple[bool, int, str]:
        differing = sum(row.differs for row in service.rows)
        return service.prefix not in with_risks, -differing, service.prefix

    return sorted(services, key=weight)


@dataclass(frozen=True)
class ShownServices:
    """The services of a matrix that are shown; `left` counts those that are not.

    `after` counts the shown ones by their order, `url` or `action` shows the next.
    """

    services: Sequence[OpenedService]
    is_by_weight: bool = False
    after: int = 0
    left: int = 0
    url: str = ""
    action: str = ""

    @property
    def next_services(self) -> int:
        """How many services are shown next."""
        return min(self.left, SERVICES_AT_ONCE)


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
    services: Sequence[ServiceRows],
    labels: Sequence[str],
    opened: Opened,
    address_of: AddressOf,
    with_risks: Container[str] = (),
) -> list[OpenedService]:
    """All services of a matrix, the weightiest first; one that is short is open as a whole."""
    if sum(len(each.rows) for each in services) * len(labels) <= CELLS_SHOWN_WHOLE:
        return [OpenedService(each, labels, True, each.rows, len(each.rows)) for each in services]
    ordered = weightiest_first(services, with_risks)
    return [service_as_opened(each, labels, opened, address_of) for each in ordered]


def shown_of(
    matrix: Sequence[OpenedService], count: int, before: int, address_of: NextAddress
) -> ShownServices:
    """The first services of a matrix, without those that are on the page already.

    Services that were opened are on it wherever they are.
    """
    is_open = [each for each in matrix[count:] if each.is_open]
    left = len(matrix[count:]) - len(is_open)
    part = [*matrix[before:count]]
    part = [each for each in part if not each.is_open] if before else [*part, *is_open]
    address = address_of(count + SERVICES_AT_ONCE) if left else ("", "")
    return ShownServices(part, len(matrix) > SERVICES_SHOWN, count, left, *address)


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
