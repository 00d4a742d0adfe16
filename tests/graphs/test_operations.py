"""Each type of node gives what it gives in TensorFlow, as do the nodes of its gradients."""

import pytest

from tests.graphs.cases import CASES
from tests.graphs.kit import check


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_node_gives_what_it_gives_in_tensorflow(case):
    check(case, fed=False)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.fed and not case.constant], ids=str
)
def test_a_node_whose_arguments_are_fed_gives_the_same(case):
    check(case, fed=True)
