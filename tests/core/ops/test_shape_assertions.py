"""Assertions of several tensors: TensorFlow and we take the same, and refuse the same."""

import numpy as np
import pytest
import torch

import torchscope.tf1 as ours
from tests.tensorflow1 import assert_refused_alike, tf

X = np.ones((2, 3), "float32")
V = np.ones(3, "float32")
S = np.float32(1)

TAKEN = [
    [(X, ("N", "C"))],
    [(X, (2, "C")), (V, ("C",))],
    [(X, "NC"), (V, "C"), (S, ())],
    [(X, (None, ".")), (V, None)],
    [(X, (..., "C")), (V, ("*", "C")), (V, ("...",))],
    [(np.ones(1, "float32"), ()), (S, (1,)), (S, ("A",))],
]


@pytest.mark.parametrize("shapes", TAKEN, ids=range(len(TAKEN)))
def test_what_fits_is_taken(shapes):
    with tf.Graph().as_default():
        tf.debugging.assert_shapes([(tf.constant(x), shape) for x, shape in shapes])
    assert ours.debugging.assert_shapes(shapes).name.startswith("assert_shapes")
    tensors = {torch.tensor(x): shape for x, shape in shapes}
    ours.debugging.assert_shapes(tensors)


REFUSED = [
    (
        [(X, ("N", "N"))],
        "Specified by tensor .* dimension 0.  Tensor .*dimension 1 must have size 2",
    ),
    ([(X, ("C", 3)), (V, ("C",))], "dimension 0 must have size 2"),
    (
        [(V, ())],
        "Specified explicitly.  Tensor .*dimension 0 must have size 1.  Received size 3, shape",
    ),
    ([(X, ())], r"must have rank in \(0, 1\)"),
    ([(X, ("2", 4))], "dimension 1 must have size 4"),
    ([(V, (..., "A", "B"))], "must have rank at least 2"),
    ([(X, ("*",))], "dimension -1 must have size 1"),
    ([(S, ("*", 3))], "dimension -1 must have size 3"),
    ([(X, 3)], "Specified shape must be an iterable"),
    ([(X, ("N", "*"))], "specified shape index 1.  Symbol `...` or `[*]` for a variable"),
]


@pytest.mark.parametrize(("shapes", "says"), REFUSED, ids=range(len(REFUSED)))
def test_what_does_not_fit_is_refused(shapes, says):
    with tf.Graph().as_default(), pytest.raises(ValueError, match=says):
        tf.debugging.assert_shapes([(tf.constant(x), shape) for x, shape in shapes])
    with pytest.raises(ValueError, match=f"^x is wrong.*{says}"):
        ours.debugging.assert_shapes(shapes, message="x is wrong")


def test_one_dtype_of_floats():
    same = ours.assert_same_float_dtype
    assert same is ours.debugging.assert_same_float_dtype
    assert same() == same([None]) == torch.float32
    assert same(dtype=ours.float64) == same([torch.ones(1).double()]) == torch.float64
    assert_refused_alike(
        lambda: tf.debugging.assert_same_float_dtype([tf.constant(1)]),
        lambda: same([ours.constant(1)]),
    )
    says = r", type=<dtype: 'float64'>, must be of the same type \(<dtype: 'float32'>\)"
    for library, check in ((tf, tf.debugging.assert_same_float_dtype), (ours, same)):
        with tf.Graph().as_default():
            tensors = [library.zeros([], dtype) for dtype in (library.float32, library.float64)]
            with pytest.raises(ValueError, match=says):
                check(tensors)
            with pytest.raises(ValueError, match="must be of the same type"):
                check(tensors[:1], library.float64)
