"""The part of the matrix that is one service's, found out alone in the time of a request."""

from __future__ import annotations

from policyhub.compare.comparing import ComparedSides, PairOfSides
from policyhub.compare.matrix import (
    Change,
    ServiceRows,
    action_changes,
    by_service,
    compared_actions,
    prefix_of,
)


def rows_of_service(
    compared: ComparedSides, prefix: str, *, only_differences: bool
) -> list[ServiceRows]:
    """The rows of a service, as the whole matrix has them; none where there are none.

    No verdict is sought, and what became of actions is found out for those of the service, unless
    it is kept for all.
    """
    rows = compared_actions(
        [side.granted(compared.budget) for side in compared.sides],
        [side.policy.version for side in compared.sides],
        [_changes_of(pair, prefix) for pair in compared.against_first],
    )
    return list(
        by_service(
            row
            for row in rows
            if prefix_of(row.action) == prefix and (row.differs or not only_differences)
        )
    )


def _changes_of(pair: PairOfSides, prefix: str) -> dict[str, Change]:
    known = pair.kept_changes
    if known is not None:
        return known
    return action_changes(pair.left, pair.right, pair.budget, pair.contexts, prefix)
