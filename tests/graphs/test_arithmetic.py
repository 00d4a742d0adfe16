"""What TensorFlow itself runs on no CPU, or only where its optimizer put it; and integers that stay known."""

import numpy as np
import pytest
import torch

from tests.graphs.kit import Case, build
from tests.tensorflow1 import evaluate
from torchscope import graphs
from torchscope._core.ops.sizes import Sizes
from torchscope.graphs.operations.table import TABLE

A = np.random.RandomState(0).randn(6, 2).astype(np.float32)
IDS = np.array([0, 0, 1, 3, 3, 3], np.int32)


def test_functions_that_the_optimizer_joined_run_one_after_the_other():
    x = torch.tensor([0.5, 1.0])
    found = TABLE["_UnaryOpsComposition"].function(x, op_names=["Exp", "Neg", "Tanh"])
    torch.testing.assert_close(found, x.exp().neg().tanh())


@pytest.mark.parametrize("kind", ["Sum", "Prod", "Max", "Min"])
def test_segments_whose_number_is_given_are_those_of_any_order(kind):
    found = TABLE[f"Segment{kind}V2"].function(torch.tensor(A), torch.tensor(IDS), 4)
    unsorted = f"unsorted_segment_{kind.lower()}"
    expected = evaluate(lambda tf: getattr(tf, unsorted)(A, IDS, 4))
    np.testing.assert_allclose(found.numpy(), expected, 1e-6)


@pytest.mark.parametrize(
    ("op", "given", "expected"),
    [
        ("Div", (7, 2), 3),
        ("Div", (Sizes([7, 8]), 2), Sizes([3, 4])),
        ("TruncateDiv", (7, 2), 3),
        ("Mod", (7, 2), 1),
        ("FloorDiv", (7, 2), 3),
        ("FloorMod", (Sizes([7, 8]), 3), Sizes([1, 2])),
        ("AddV2", (Sizes([7, 8]), 1), Sizes([8, 9])),
        ("AddN", (7, 2, 1), 10),
        ("Neg", (7,), -7),
        ("Neg", (Sizes([7, -8]),), Sizes([-7, 8])),
        ("Abs", (Sizes([7, -8]),), Sizes([7, 8])),
        ("Square", (3,), 9),
        ("Maximum", (7, 2), 7),
        ("Less", (7, 2), False),
        ("Equal", (7, 7), True),
        ("LogicalAnd", (True, False), False),
        ("LogicalOr", (True, False), True),
        ("LogicalNot", (True,), False),
        ("Sum", (Sizes([7, 2]), 0), 9),
        ("Prod", (Sizes([7, 2]), Sizes([0])), 14),
        ("Prod", (Sizes([]), Sizes([0])), 1),
        ("Max", (Sizes([7, 2]), Sizes([-1])), 7),
    ],
)
def test_integers_that_are_known_stay_known(op, given, expected):
    found = TABLE[op].function(*given)
    assert type(found) is type(expected)
    assert found == expected


def test_what_is_kept_of_the_axis_of_known_integers_is_known():
    assert TABLE["Prod"].function(Sizes([7, 2]), Sizes([0]), keep_dims=True) == Sizes([14])
    assert TABLE["Cast"].function(True, DstT=torch.int32) == 1


def test_a_quotient_of_negative_integers_is_rounded_towards_0():
    assert TABLE["Div"].function(-7, 2).tolist() == -3
    assert TABLE["Div"].function(Sizes([7, -7]), 2).tolist() == [3, -3]


@pytest.mark.parametrize(
    ("op", "inputs"),
    [
        ("Betainc", {"a": A, "b": A, "x": A}),
        ("Bincount", {"arr": IDS, "size": np.int32(4), "weights": A[:, 0]}),
        ("FresnelSin", {"x": A}),
        ("Igamma", {"a": A, "x": A}),
        ("MatrixBandPart", {"input": A, "num_lower": np.int64(-1), "num_upper": np.int64(0)}),
        ("UnsortedSegmentMax", {"data": A, "segment_ids": IDS, "num_segments": np.int32(4)}),
    ],
)
def test_what_computes_numbers_is_compiled_as_one_graph(op, inputs):
    inputs = {
        name: np.abs(each) % 1 if each.dtype == np.float32 else each
        for name, each in inputs.items()
    }
    built = build(Case(op, inputs, gradients=False), fed=False)
    net = graphs.import_graph_def(built.definition)
    feeds = {name: torch.from_numpy(each) for name, each in built.feeds.items()}
    compiled = torch.compile(net, backend="eager", fullgraph=True)
    found = compiled(feeds=feeds, fetches=built.outputs)
    np.testing.assert_allclose(found[0].numpy(), built.given[0], 1e-4, 1e-5)
