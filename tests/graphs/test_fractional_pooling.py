"""Pooling by windows of random sizes: what the windows give, and which windows there may be."""

import numpy as np
import pytest
import torch

from tests.tensorflow1 import evaluate
from torchscope.graphs.operations.fractional_pooling import largest, means
from torchscope.graphs.operations.table import TABLE

X = np.random.RandomState(10).randn(2, 13, 11, 3).astype(np.float32)
RATIO = [1.0, 1.6, 2.3, 1.0]


@pytest.mark.parametrize("overlapping", [False, True])
@pytest.mark.parametrize("pseudo_random", [False, True])
@pytest.mark.parametrize(
    ("kind", "pooled"), [("FractionalMaxPool", largest), ("FractionalAvgPool", means)]
)
def test_the_same_windows_give_the_same_as_in_tensorflow(kind, pooled, pseudo_random, overlapping):
    expected, rows, columns = evaluate(
        lambda tf: list(
            getattr(tf.raw_ops, kind)(
                value=X,
                pooling_ratio=RATIO,
                pseudo_random=pseudo_random,
                overlapping=overlapping,
            )
        )
    )
    found = pooled(*map(torch.from_numpy, (X, rows, columns)), overlapping)
    np.testing.assert_allclose(found.numpy(), expected, 1e-5, 1e-5)


@pytest.mark.parametrize("pseudo_random", [False, True])
def test_windows_that_are_drawn_cover_the_images_and_are_about_as_long_as_each_other(
    pseudo_random,
):
    x = torch.from_numpy(X)
    lengths = set()
    for _ in range(20):
        found, rows, columns = TABLE["FractionalMaxPool"].function(
            x, pooling_ratio=RATIO, pseudo_random=pseudo_random
        )
        assert found.shape == (2, 8, 4, 3)
        assert (rows[0], rows[-1], columns[0], columns[-1]) == (0, 13, 0, 11)
        lengths |= {*rows.diff().tolist()}
        assert torch.equal(found, largest(x, rows, columns, False))
    assert lengths == {1, 2}


def test_the_gradient_of_the_windows_is_that_of_autograd():
    x = torch.from_numpy(X).requires_grad_()
    for kind, given in (("FractionalMaxPool", lambda y: (x, y)), ("FractionalAvgPool", None)):
        y, rows, columns = TABLE[kind].function(x, pooling_ratio=RATIO, overlapping=True)
        slope = torch.randn_like(y)
        first = given(y) if given else (tuple(x.shape),)
        found = TABLE[f"{kind}Grad"].function(*first, slope, rows, columns, overlapping=True)
        torch.testing.assert_close(found, torch.autograd.grad(y, x, slope)[0])
