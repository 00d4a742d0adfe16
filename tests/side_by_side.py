"""Outputs and gradients of a function of ours beside those that TensorFlow has."""

import numpy as np
import torch
from tensorflow1 import tf

# Relative to the largest number of what is compared.
TOLERANCES = {"float32": 1e-5, "float64": 1e-10}


def assert_close(actual, expected, tolerance, least=0.0):
    """Equal up to `tolerance`, relative to the largest number or `least`; of one shape and dtype."""
    expected = np.asarray(expected)
    actual = actual.detach().numpy()
    assert (actual.shape, actual.dtype) == (expected.shape, expected.dtype)
    finite = expected[np.isfinite(expected)]
    largest = np.abs(finite).max(initial=least)
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * largest)


def numbers(seed, *shapes):
    """Normally distributed numbers of each shape."""
    generator = np.random.default_rng(seed)
    return [generator.normal(size=shape) for shape in shapes]


def assert_same(theirs, ours, leaves, *, dtypes=TOLERANCES, gradients=True, tolerances=None):
    """Our outputs and gradients are TensorFlow's, in each dtype.

    `theirs` gets `leaves` as tensors of TensorFlow. `ours`, a function or several that are to give
    the same, gets them as tensors of PyTorch. Each gives a tensor or several.
    """
    tolerances = tolerances or TOLERANCES
    fetches = {}
    with tf.Graph().as_default(), tf.Session() as session:
        for dtype in dtypes:
            inputs = [tf.constant(leaf.astype(dtype)) for leaf in leaves]
            outputs = as_list(theirs(*inputs))
            weights = [numbers(9, each.shape.as_list())[0].astype(dtype) for each in outputs]
            loss = sum(tf.reduce_sum(a * b) for a, b in zip(outputs, weights, strict=True))
            wanted = tf.gradients(loss, inputs) if gradients else []
            fetches[dtype] = outputs, [tf.zeros([]) if g is None else g for g in wanted]
        expected = session.run(fetches)
    for dtype in dtypes:
        for function in as_list(ours):
            inputs = [torch.tensor(leaf.astype(dtype), requires_grad=True) for leaf in leaves]
            outputs = as_list(function(*inputs))
            for actual, output in zip(outputs, expected[dtype][0], strict=True):
                assert_close(actual, output, tolerances[dtype])
            if not gradients:
                continue
            loss = sum(
                (a * torch.tensor(numbers(9, a.shape)[0].astype(dtype))).sum() for a in outputs
            )
            found = torch.autograd.grad(loss, inputs, allow_unused=True)
            for actual, gradient in zip(found, expected[dtype][1], strict=True):
                if actual is None:
                    assert not np.any(gradient)
                else:
                    # Sums of numbers near 1, of which nothing but rounding may be left.
                    assert_close(actual, gradient, tolerances[dtype], least=1.0)


def as_list(value):
    """A list of one or several."""
    return list(value) if isinstance(value, list | tuple) else [value]


def second(tensor):
    """A tensor with its channels moved from last to second."""
    return tensor.movedim(-1, 1)


def last(tensor):
    """A tensor with its channels moved from second to last."""
    return tensor.movedim(1, -1)
