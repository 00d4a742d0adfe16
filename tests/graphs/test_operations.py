"""Each type of node gives what it gives in TensorFlow, as do the nodes of its gradients."""

import importlib
from pathlib import Path

import pytest

from tests.graphs.kit import Case, check

CASES: list[Case] = [
    case
    for path in sorted(Path(__file__).parent.glob("cases_*.py"))
    for case in importlib.import_module(f"tests.graphs.{path.stem}").CASES
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_node_gives_what_it_gives_in_tensorflow(case):
    check(case, fed=False)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.fed and not case.constant], ids=str
)
def test_a_node_whose_arguments_are_fed_gives_the_same(case):
    check(case, fed=True)
