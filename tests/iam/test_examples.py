"""The examples in the docstrings of the functions that are hardest to understand."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

# By module: a function or method whose docstring says what it promises, and shows one case of it.
WITH_AN_EXAMPLE = {
    "language.patterns": "covers",
    "deciding.formula": "all_of",
    "deciding.evaluation": "evaluate",
    "explaining.residual": "residual",
    "explaining.changes": "smallest_changes",
    "comparing.automaton": "find_text",
    "comparing.action_cells": "action_cells",
    "comparing.assignments": "can_hold",
    "comparing.solver": "Solver.models",
    "comparing.comparison": "compare",
}


@pytest.mark.parametrize(("module", "name"), WITH_AN_EXAMPLE.items())
def test_the_example_answers_as_it_says(module: str, name: str) -> None:
    found = doctest.DocTestFinder().find(import_module(f"policyhub.iam.{module}"))
    examples = {each.name.removeprefix(f"policyhub.iam.{module}."): each for each in found}
    assert examples[name].examples
    result = doctest.DocTestRunner(verbose=False).run(examples[name])
    assert result.failed == 0
