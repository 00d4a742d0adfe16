"""The same call in TensorFlow and in torchscope: outputs, dtypes and gradients side by side."""

import numpy as np
import torch

from tests.arrays import as_list, as_torch, is_floating, numbers, numbers_of  # noqa: F401 - kept together
from tests.tensorflow1 import evaluate, tf

TOLERANCES = {"float16": 2e-3, "bfloat16": 2e-2, "float32": 1e-5, "float64": 1e-10}
BOTH = {dtype: TOLERANCES[dtype] for dtype in ("float32", "float64")}


def assert_close(actual, expected, tolerance=None, least=0.0, name=""):
    """Of one shape and dtype, and equal up to `tolerance` times the largest number, or `least`.

    NaN and infinities must be in place.
    """
    expected = np.asarray(expected)
    assert str(actual.dtype) == f"torch.{expected.dtype.name}", name
    assert tuple(actual.shape) == expected.shape, name
    tolerance = TOLERANCES.get(expected.dtype.name, 0.0) if tolerance is None else tolerance
    if expected.dtype.name in {"bfloat16", "float16"}:
        actual, expected = actual.float(), expected.astype("float32")
    finite = np.abs(expected[np.isfinite(expected)]) if expected.dtype.kind in "fc" else 0.0
    largest = np.max(finite, initial=least)
    np.testing.assert_allclose(
        actual.detach().numpy(), expected, rtol=tolerance, atol=tolerance * largest, err_msg=name
    )


def weights_of(output):
    """By what an output, of either library, is weighed before it is differentiated."""
    shape = tuple(output.shape)
    drawn = np.random.default_rng(len(shape)).uniform(0.5, 1.5, shape)
    return as_array(drawn, dtype_text(output.dtype))


def dtype_text(dtype):
    """'float32', of either library's."""
    return (
        str(dtype).removeprefix("torch.")
        if isinstance(dtype, torch.dtype)
        else dtype.base_dtype.name
    )


def as_array(values, dtype):
    """A numpy array of any of TensorFlow's dtypes."""
    return np.asarray(values).astype(tf.as_dtype(dtype).as_numpy_dtype)


def assert_alike(theirs, ours, arrays, tolerance=None, *, gradients=True, least=0.0):
    """`theirs(tf, *tensors)` and `ours(*tensors)` have the same outputs, dtypes and gradients.

    Each gives a tensor or several; `ours` may be several functions that are to give the same. The
    outputs are weighed before they are differentiated. Where TensorFlow has no gradient, ours must
    be none as well, or zero.

    Args:
        theirs: see above.
        ours: see above.
        arrays: what both get.
        tolerance: as in `assert_close`; by default that of each dtype.
        gradients: whether to compare them.
        least: as in `assert_close`, for gradients: they may be sums of numbers of that size.
    """
    arrays = [np.asarray(array) for array in arrays]
    which = [number for number, array in enumerate(arrays) if gradients and is_floating(array)]
    none = []

    def build(tf):
        leaves = [tf.constant(array) for array in arrays]
        outputs = as_list(theirs(tf, *leaves))
        if not which:
            return outputs, []
        weights = [weights_of(output) for output in outputs]
        asked = [leaves[number] for number in which]
        found = tf.gradients(outputs, asked, list(map(tf.constant, weights)))
        none.extend(gradient is None for gradient in found)
        return outputs, [gradient for gradient in found if gradient is not None]

    expected, expected_gradients = evaluate(build)
    for function in as_list(ours):
        leaves = [as_torch(array) for array in arrays]
        for number in which:
            leaves[number].requires_grad_()
        outputs = as_list(function(*leaves))
        for output, wanted in zip(outputs, expected, strict=True):
            assert_close(output, wanted, tolerance)
        outputs = [output for output in outputs if output.requires_grad]
        if not which or not outputs:
            assert all(none)
            continue
        weights = [as_torch(weights_of(output)) for output in outputs]
        asked = [leaves[number] for number in which]
        found = torch.autograd.grad(outputs, asked, weights, allow_unused=True)
        rest = iter(expected_gradients)
        for gradient, has_none in zip(found, none, strict=True):
            wanted = 0.0 if has_none else next(rest)
            if gradient is None:
                assert not np.any(wanted)
            elif has_none:
                assert not gradient.any()
            else:
                assert_close(gradient, wanted, tolerance, least)


def assert_alike_in_each(theirs, ours, arrays, tolerances=BOTH, *, gradients=True):
    """The same, of `theirs(*tensors)`, in each dtype of which there is a tolerance."""
    for dtype, tolerance in tolerances.items():
        assert_alike(
            lambda _, *tensors: theirs(*tensors),
            ours,
            [array.astype(dtype) for array in arrays],
            tolerance,
            gradients=gradients,
            least=1.0,
        )


def second(tensor):
    """A tensor with its channels moved from last to second."""
    return tensor.movedim(-1, 1)


def last(tensor):
    """A tensor with its channels moved from second to last."""
    return tensor.movedim(1, -1)
