"""The same call in TensorFlow and in torchscope: outputs, dtypes and gradients side by side."""

import numpy as np
import torch
from tensorflow1 import evaluate, tf

TOLERANCES = {"float16": 2e-3, "bfloat16": 2e-2, "float32": 1e-5, "float64": 1e-10}


def assert_close(actual, expected, tolerance=None, scale=0.0):
    """Equal up to `tolerance`, relative to the largest number or to what was computed with.

    NaN and infinities must be in place.
    """
    expected = np.asarray(expected)
    assert str(actual.dtype) == f"torch.{expected.dtype.name}"
    assert tuple(actual.shape) == expected.shape
    tolerance = TOLERANCES.get(expected.dtype.name, 0.0) if tolerance is None else tolerance
    if expected.dtype.name in {"bfloat16", "float16"}:
        actual, expected = actual.float(), expected.astype("float32")
    finite = np.abs(expected[np.isfinite(expected)]) if expected.dtype.kind in "fc" else 0.0
    largest = np.max(finite, initial=scale)
    np.testing.assert_allclose(
        actual.detach().numpy(), expected, rtol=tolerance, atol=tolerance * largest
    )


def as_array(values, dtype):
    """A numpy array of any of TensorFlow's dtypes."""
    return np.asarray(values).astype(tf.as_dtype(dtype).as_numpy_dtype)


def as_torch(array):
    """A tensor of a numpy array, of bfloat16 as well."""
    if array.dtype.name == "bfloat16":
        return torch.tensor(array.astype("float32")).to(torch.bfloat16)
    return torch.tensor(array)


def is_floating(array):
    """Whether a gradient can be asked for."""
    return array.dtype.kind == "f" or array.dtype.name == "bfloat16"


def assert_alike(theirs, ours, arrays, tolerance=None, *, gradients=True):
    """`theirs(tf, *tensors)` and `ours(*tensors)` have the same output, dtype and gradients.

    The output is weighed before it is differentiated. Where TensorFlow has no gradient, ours must
    be none as well, or zero.
    """
    arrays = [np.asarray(array) for array in arrays]
    which = [number for number, array in enumerate(arrays) if gradients and is_floating(array)]
    none = []

    def build(tf):
        leaves = [tf.constant(array) for array in arrays]
        output = theirs(tf, *leaves)
        if not which:
            return output, output, []
        shape = output.shape.as_list()
        weights = np.random.default_rng(len(shape)).uniform(0.5, 1.5, shape)
        weights = tf.constant(as_array(weights, output.dtype.name))
        found = tf.gradients(output, [leaves[number] for number in which], weights)
        none.extend(gradient is None for gradient in found)
        return output, weights, [gradient for gradient in found if gradient is not None]

    expected, weights, expected_gradients = evaluate(build)
    leaves = [as_torch(array) for array in arrays]
    for number in which:
        leaves[number].requires_grad_()
    output = ours(*leaves)
    assert_close(output, expected, tolerance)
    if not which or not output.requires_grad:
        assert all(none)
        return
    actual = torch.autograd.grad(
        output, [leaves[number] for number in which], as_torch(weights), allow_unused=True
    )
    rest = iter(expected_gradients)
    for gradient, has_none in zip(actual, none, strict=True):
        if has_none:
            assert gradient is None or not gradient.any()
        else:
            assert gradient is not None
            assert_close(gradient, next(rest), tolerance)
