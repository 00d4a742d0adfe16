"""tf.debugging: what is true of tensors."""

from torchscope._core.ops.asserting import (
    Assert,
    assert_equal,
    assert_greater,
    assert_greater_equal,
    assert_integer,
    assert_less,
    assert_less_equal,
    assert_near,
    assert_negative,
    assert_non_negative,
    assert_non_positive,
    assert_none_equal,
    assert_positive,
    assert_proper_iterable,
    assert_rank,
    assert_rank_at_least,
    assert_rank_in,
    assert_scalar,
    assert_type,
    check_numerics,
)
from torchscope._core.ops.asserting import verify_tensor_all_finite as assert_all_finite
from torchscope._core.ops.comparing import (
    is_non_decreasing,
    is_numeric_tensor,
    is_strictly_increasing,
)
from torchscope._core.ops.elementwise import is_finite, is_inf, is_nan
from torchscope._core.ops.shape_assertions import assert_same_float_dtype, assert_shapes

__all__ = [
    "Assert",
    "assert_all_finite",
    "assert_equal",
    "assert_greater",
    "assert_greater_equal",
    "assert_integer",
    "assert_less",
    "assert_less_equal",
    "assert_near",
    "assert_negative",
    "assert_non_negative",
    "assert_non_positive",
    "assert_none_equal",
    "assert_positive",
    "assert_proper_iterable",
    "assert_rank",
    "assert_rank_at_least",
    "assert_rank_in",
    "assert_same_float_dtype",
    "assert_scalar",
    "assert_shapes",
    "assert_type",
    "check_numerics",
    "is_finite",
    "is_inf",
    "is_nan",
    "is_non_decreasing",
    "is_numeric_tensor",
    "is_strictly_increasing",
]


def __dir__() -> list[str]:
    return __all__
