"""tf.test: Python's unittest, with TF1's comparisons of arrays."""

from __future__ import annotations

import atexit
import functools
import random
import shutil
import tempfile
import unittest
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from torchscope._core.modules.registry import reset_default_registry
from torchscope._core.ops.errors import OpError
from torchscope._core.ops.sizes import Sizes as _Sizes
from torchscope._core.values.structures import children, is_nested
from torchscope.tf1.missing import missing as _missing
from torchscope.tf1.sessions import Session

__all__ = [
    "TestCase",
    "get_temp_dir",
    "gpu_device_name",
    "is_built_with_cuda",
    "is_gpu_available",
    "main",
    "mock",
]

_SEED = 87654321


def main(argv: list[str] | None = None) -> None:
    """Runs the tests of the program (tf.test.main)."""
    unittest.main(argv=argv)


@functools.cache
def get_temp_dir() -> str:
    """A directory for the tests of this process, which goes when it ends (tf.test.get_temp_dir)."""
    made = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def is_built_with_cuda() -> bool:
    """Whether this PyTorch can use CUDA (tf.test.is_built_with_cuda)."""
    return torch.version.cuda is not None


def is_gpu_available(
    cuda_only: bool = False, min_cuda_compute_capability: tuple[int, int] | None = None
) -> bool:
    """Whether there is a GPU (tf.test.is_gpu_available).

    Args:
        cuda_only: accepted for TF1 code; it has no effect.
        min_cuda_compute_capability: what the GPU has to be capable of at least.
    """
    if not torch.cuda.is_available():
        return False
    least = min_cuda_compute_capability or (0, 0)
    return any(
        torch.cuda.get_device_capability(device) >= tuple(least)
        for device in range(torch.cuda.device_count())
    )


def gpu_device_name() -> str:
    """TF1's name of the first GPU, or '' (tf.test.gpu_device_name)."""
    return "/device:GPU:0" if torch.cuda.is_available() else ""


def _array(value: Any) -> Any:
    """The numpy array that a value stands for."""
    if isinstance(value, _Sizes):
        value = value.as_tensor()
    if is_nested(value):
        return np.asarray([_array(each) for each in children(value)])
    if not isinstance(value, Tensor):
        return np.asarray(value)
    value = value.detach().cpu()
    return (value.float() if value.dtype == torch.bfloat16 else value).numpy()


class TestCase(unittest.TestCase):
    """A test case that compares arrays, tensors and numbers (tf.test.TestCase).

    Each test begins with a fresh default registry, and with the same random numbers.

    >>> TestCase().assertAllClose(torch.ones(2).sum(), 2.0)
    """

    def setUp(self) -> None:
        """Makes ready for a test."""
        super().setUp()
        reset_default_registry()
        random.seed(_SEED)
        np.random.seed(_SEED)  # noqa: NPY002 - it is what the tests of TF1 draw from
        torch.manual_seed(_SEED)

    def get_temp_dir(self) -> str:
        """A directory for the tests of this process."""
        return get_temp_dir()

    # Any: arrays, in a structure like the one that is given.
    def evaluate(self, tensors: Any) -> Any:
        """The arrays of tensors, in the structure that they are in."""
        return tree_map(_array, tensors)

    def session(self, *args: Any, **kwargs: Any) -> Session:
        """Refused, with what to write."""
        return Session()

    cached_session = session

    def test_session(self, *args: Any, **kwargs: Any) -> Session:
        """Refused, with what to write; it is no test, in spite of its name."""
        if self._testMethodName == "test_session":
            self.skipTest("Not a test.")
        return self.session()

    def assertAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """The shapes are the same, and each element."""
        np.testing.assert_array_equal(_array(a), _array(b), msg or "", strict=False)
        self._assert_same_shape(a, b, msg)

    def assertNotAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Some element differs."""
        with self.assertRaises(AssertionError, msg=msg or "all elements are equal"):
            self.assertAllEqual(a, b)

    def assertAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None
    ) -> None:
        """The shapes are the same, and each element is near the other.

        Dicts, and lists of arrays of several shapes, are compared element by element.
        """
        if isinstance(a, dict):
            self.assertEqual(set(a), set(b), msg)
        elif not (is_nested(a) and len({_array(each).shape for each in a}) > 1):
            self._assert_same_shape(a, b, msg)
            np.testing.assert_allclose(_array(a), _array(b), rtol, atol, err_msg=msg or "")
            return
        for one, other in zip(children(a), children(b), strict=True):
            self.assertAllClose(one, other, rtol, atol, msg)

    def assertAllCloseAccordingToType(
        self,
        a: Any,
        b: Any,
        rtol: float = 1e-6,
        atol: float = 1e-6,
        float_rtol: float = 1e-6,
        float_atol: float = 1e-6,
        half_rtol: float = 1e-3,
        half_atol: float = 1e-3,
        bfloat16_rtol: float = 1e-2,
        bfloat16_atol: float = 1e-2,
        msg: str | None = None,
    ) -> None:
        """As assertAllClose, with as much as the less exact of the two dtypes can tell."""
        dtypes = {str(getattr(each, "dtype", "")).removeprefix("torch.") for each in (a, b)}
        for dtype, of_dtype in (
            ("float32", (float_rtol, float_atol)),
            ("float16", (half_rtol, half_atol)),
            ("bfloat16", (bfloat16_rtol, bfloat16_atol)),
        ):
            if dtype in dtypes:
                rtol, atol = max(rtol, of_dtype[0]), max(atol, of_dtype[1])
        self.assertAllClose(a, b, rtol, atol, msg)

    def assertNotAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None
    ) -> None:
        """Some element is not near the other."""
        with self.assertRaises(AssertionError, msg=msg or "all elements are near"):
            self.assertAllClose(a, b, rtol, atol)

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:
        """Each element is greater than a number."""
        self._assert_all(_array(a) > comparison_target, a, f"not > {comparison_target}")

    def assertAllGreaterEqual(self, a: Any, comparison_target: Any) -> None:
        """Each element is a number or greater."""
        self._assert_all(_array(a) >= comparison_target, a, f"not >= {comparison_target}")

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:
        """Each element is less than a number."""
        self._assert_all(_array(a) < comparison_target, a, f"not < {comparison_target}")

    def assertAllLessEqual(self, a: Any, comparison_target: Any) -> None:
        """Each element is a number or less."""
        self._assert_all(_array(a) <= comparison_target, a, f"not <= {comparison_target}")

    def assertAllInRange(
        self,
        target: Any,
        lower_bound: Any,
        upper_bound: Any,
        open_lower_bound: bool = False,
        open_upper_bound: bool = False,
    ) -> None:
        """Each element is between two numbers; an open bound is none of them."""
        array = _array(target)
        above = array > lower_bound if open_lower_bound else array >= lower_bound
        below = array < upper_bound if open_upper_bound else array <= upper_bound
        self._assert_all(above & below, target, f"not in {lower_bound} to {upper_bound}")

    def assertAllInSet(self, target: Any, expected_set: Any) -> None:
        """Each element is one of some."""
        found = np.isin(_array(target), list(expected_set))
        self._assert_all(found, target, f"not in {expected_set}")

    def assertNear(self, f1: float, f2: float, err: float, msg: str | None = None) -> None:
        """Two numbers differ by no more than `err`."""
        self.assertTrue(f1 == f2 or abs(f1 - f2) <= err, msg or f"{f1} != {f2} +/- {err}")

    def assertArrayNear(
        self, farray1: Any, farray2: Any, err: float, msg: str | None = None
    ) -> None:
        """Two lists of numbers are of one length, and differ by no more than `err` in each."""
        self.assertEqual(len(farray1), len(farray2), msg)
        for one, other in zip(farray1, farray2, strict=True):
            self.assertNear(float(one), float(other), err, msg)

    def assertNDArrayNear(
        self, ndarray1: Any, ndarray2: Any, err: float, msg: str | None = None
    ) -> None:
        """Two arrays are no further apart than `err`, by the norm of their difference."""
        self._assert_same_shape(ndarray1, ndarray2, msg)
        apart = np.linalg.norm(_array(ndarray1) - _array(ndarray2))
        self.assertLess(apart, err, msg)

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """A value is of a dtype."""
        found = str(getattr(target, "dtype", None) or np.asarray(target).dtype)
        wanted = expected_dtype if isinstance(expected_dtype, str) else _name_of(expected_dtype)
        self.assertEqual(found.removeprefix("torch."), wanted)

    def assertShapeEqual(self, input_a: Any, input_b: Any, msg: str | None = None) -> None:
        """Two values have one shape."""
        self._assert_same_shape(input_a, input_b, msg)

    def assertLen(self, container: Any, expected_len: int, msg: str | None = None) -> None:
        """There are so many."""
        self.assertEqual(len(container), expected_len, msg)

    def assertEmpty(self, container: Any, msg: str | None = None) -> None:
        """There is nothing in it."""
        self.assertEqual(len(container), 0, msg)

    def assertNotEmpty(self, container: Any, msg: str | None = None) -> None:
        """There is something in it."""
        self.assertGreater(len(container), 0, msg)

    def assertItemsEqual(self, expected_seq: Any, actual_seq: Any, msg: str | None = None) -> None:
        """Two lists have the same items, in any order."""
        self.assertCountEqual(expected_seq, actual_seq, msg)

    def assertStartsWith(self, actual: str, expected_start: str, msg: str | None = None) -> None:
        """A text begins with another."""
        self.assertTrue(
            actual.startswith(expected_start), msg or f"{actual!r}: not {expected_start!r}"
        )

    def assertEndsWith(self, actual: str, expected_end: str, msg: str | None = None) -> None:
        """A text ends with another."""
        self.assertTrue(actual.endswith(expected_end), msg or f"{actual!r}: not {expected_end!r}")

    def assertBetween(self, value: Any, minv: Any, maxv: Any, msg: str | None = None) -> None:
        """A number is no less than one and no greater than another."""
        self.assertTrue(minv <= value <= maxv, msg or f"{value} is not in {minv} to {maxv}")

    @contextmanager
    def assertRaisesWithPredicateMatch(
        self, exception_type: Any, expected_err_re_or_predicate: Any
    ) -> Iterator[None]:
        """The block raises, what a regular expression finds in the text or a function says yes to."""
        with self.assertRaises(exception_type) as caught:
            yield
        said = expected_err_re_or_predicate
        if callable(said):
            self.assertTrue(said(caught.exception), str(caught.exception))
        else:
            self.assertRegex(str(caught.exception), said)

    def assertRaisesOpError(self, expected_err_re_or_predicate: Any) -> AbstractContextManager[Any]:
        """The block raises an error of tf.errors."""
        return self.assertRaisesWithPredicateMatch(OpError, expected_err_re_or_predicate)

    def _assert_same_shape(self, a: Any, b: Any, msg: str | None) -> None:
        self.assertEqual(_array(a).shape, _array(b).shape, msg)

    def _assert_all(self, holds: Any, values: Any, what: str) -> None:
        wrong = _array(values)[~np.asarray(holds)]
        self.assertEqual(wrong.size, 0, f"{wrong.size} elements are {what}: {wrong[:10]}")


def _name_of(dtype: Any) -> str:
    """A dtype's name, of a torch or numpy dtype or a type."""
    if isinstance(dtype, torch.dtype):
        return str(dtype).removeprefix("torch.")
    return str(np.dtype(dtype))


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
