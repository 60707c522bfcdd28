"""What each layer says once it is known which values the open keys can have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from policyhub.iam.budget import SpentError
from policyhub.iam.comparing.condition_patterns import UndecidedError
from policyhub.iam.comparing.solver import Solver, simplified
from policyhub.iam.deciding.formula import Truth, negation
from policyhub.iam.explaining.layers import LayerOutlook, LayerState, layer_state


def settled_layers(layers: Iterable[LayerOutlook], solver: Solver) -> tuple[LayerOutlook, ...]:
    """The layers, of which none depends on keys that make no difference to it.

    A condition that no value meets never holds, and one that all meet always does. Where the
    search for such values is cut short, a layer stays as it is.
    """
    return tuple(
        _settled(each, solver) if each.state is LayerState.DEPENDS else each for each in layers
    )


def _settled(layer: LayerOutlook, solver: Solver) -> LayerOutlook:
    about = tuple(replace(each, matches=_truth(each.matches, solver)) for each in layer.about)
    allows, denies = _truth(layer.allows, solver), _truth(layer.denies, solver)
    state = layer_state(allows, denies, unreadable=False)
    blocks = layer.blocks and state is not LayerState.ALLOWS
    return replace(layer, about=about, allows=allows, denies=denies, state=state, blocks=blocks)


def _truth(truth: Truth, solver: Solver) -> Truth:
    """The truth, or whether it holds where that is the same for all values."""
    if isinstance(truth, bool):
        return truth
    try:
        if next(solver.models([truth]), None) is None:
            return False
        if next(solver.models([negation(truth)]), None) is None:
            return True
        return simplified(truth, solver)
    except (UndecidedError, SpentError):
        return truth
