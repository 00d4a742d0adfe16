"""What the layers of tf.layers take: kernel sizes, paddings, formats and activations, in its words."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from torchscope import initializers, nn
from torchscope._core.requests.variable_scope import get_variable_scope
from torchscope._core.values.conversion import chooses_dtypes
from torchscope._core.values.regularizers import l1_l2_regularizer, l1_regularizer, l2_regularizer
from torchscope.nn.layouts import FORMATS

Activation = Callable[..., Any] | str | None

# Under these names TF1's layers know initializers; three of them with numbers of their own.
_INITIALIZERS: dict[str, Callable[[], Any]] = {
    "zeros": initializers.Zeros,
    "ones": initializers.Ones,
    "constant": initializers.Constant,
    "normal": partial(initializers.RandomNormal, 0.0, 0.05),
    "uniform": partial(initializers.RandomUniform, -0.05, 0.05),
    "random_normal": partial(initializers.RandomNormal, 0.0, 0.05),
    "random_uniform": partial(initializers.RandomUniform, -0.05, 0.05),
    "truncated_normal": partial(initializers.TruncatedNormal, 0.0, 0.05),
    "variance_scaling": initializers.VarianceScaling,
    "glorot_normal": initializers.GlorotNormal,
    "glorot_uniform": initializers.GlorotUniform,
    "he_normal": initializers.HeNormal,
    "he_uniform": initializers.HeUniform,
    "lecun_normal": initializers.LecunNormal,
    "lecun_uniform": initializers.LecunUniform,
    "orthogonal": initializers.Orthogonal,
    "identity": initializers.Identity,
}
# The L2 norm counts whole there, not half.
_REGULARIZERS: dict[str, Callable[[], Any]] = {
    "l1": partial(l1_regularizer, 0.01),
    "l2": partial(l2_regularizer, 0.02),
    "l1_l2": partial(l1_l2_regularizer, 0.01, 0.02),
}


def refused(message: str) -> ValueError:
    """The error for an argument of a layer, which is in no scope of its own yet."""
    scope = get_variable_scope().name
    end = "" if message.endswith(".") else "."
    return ValueError(
        f"{message}{end} The layer was to be in the scope '{scope}'." if scope else message
    )


def numbers(name: str, value: Any, count: int, *, least: int = 1) -> tuple[int, ...]:
    """As many integers as there are spatial axes, of one or of a sequence.

    >>> numbers("strides", 2, 3), numbers("kernel_size", [3, 5], 2)
    ((2, 2, 2), (3, 5))

    Raises:
        ValueError: there are more or fewer, or one is no integer or too small.
    """
    if type(value) is int and value >= least:
        return (value,) * count
    given = [value] * count if isinstance(value, int) else value
    wrong = f"The `{name}` argument must be a tuple of {count} integers. Received: {value}"
    try:
        found = tuple(int(number) for number in given)
    except (TypeError, ValueError):
        raise refused(wrong) from None
    if len(found) != count:
        raise refused(wrong)
    small = {number for number in found if number < least}
    if small:
        raise refused(
            f"{wrong} including {small} that does not satisfy the requirement "
            f"`{'>' if least else '>='} 0`."
        )
    return found


def padding_of(value: str) -> str:
    """A padding as functions of `nn` take it; 'CAUSAL' pads before only.

    >>> padding_of("same")
    'SAME'

    Raises:
        ValueError: there is no such padding.
    """
    padding = value.upper() if isinstance(value, str) else value
    if padding not in {"VALID", "SAME", "CAUSAL"}:
        raise refused(
            'The `padding` argument must be a list/tuple or one of "valid", "same" (or "causal", '
            f"only for `Conv1D). Received: {value}"
        )
    return padding


def is_channels_first(data_format: str | None) -> bool:
    """Whether the channels come before the spatial axes; they are last where no format is given.

    Raises:
        ValueError: the format is neither 'channels_first' nor 'channels_last'.
    """
    if data_format is None:
        return False
    if str(data_format).lower() not in {"channels_first", "channels_last"}:
        raise refused(
            'The `data_format` argument must be one of "channels_first", "channels_last". '
            f"Received: {data_format}"
        )
    return data_format.lower() == "channels_first"


def format_of(data_format: str | None, spatial: int) -> str:
    """The format's name in `nn`.

    >>> format_of("channels_first", 2)
    'NCHW'
    """
    return FORMATS[spatial][is_channels_first(data_format)]


def activation_of(value: Activation) -> Callable[..., Tensor] | None:
    """The function meant by a function, by its name in `nn`, or by None or 'linear'.

    Raises:
        ValueError: `nn` has no such function.
        TypeError: it is neither a function nor a name.
    """
    if value is None or callable(value) or value == "linear":
        return value if callable(value) else None
    if not isinstance(value, str):
        raise TypeError(
            f"Could not interpret activation function identifier: {value!r}. Give a function, or "
            "the name of one in torchscope.nn."
        )
    function = getattr(nn, value, None)
    if not callable(function):
        raise refused(
            f"Unknown activation function: '{value}'. Give a function, or the name of one in "
            "torchscope.nn."
        )
    return function  # type: ignore[no-any-return]


def initializer_of(value: Any) -> Any:
    """The initializer meant by a name in TF1's words, such as 'he_normal'; all else as it is.

    >>> initializer_of("random_normal")
    RandomNormal(mean=0.0, stddev=0.05, seed=None, dtype=torch.float32)

    Raises:
        ValueError: none has that name.
    """
    if not isinstance(value, str):
        return value
    if value not in _INITIALIZERS:
        raise ValueError(
            f"Unknown initializer: '{value}'. Give an initializer, or one of these names: "
            f"{', '.join(_INITIALIZERS)}."
        )
    return _INITIALIZERS[value]()


def regularizer_of(value: Any) -> Any:
    """The regularizer meant by 'l1', 'l2' or 'l1_l2', with TF1's 0.01; a function as it is.

    Raises:
        ValueError: it is no function, and none of these.
    """
    if isinstance(value, str):
        if value not in _REGULARIZERS:
            raise ValueError(
                f"Unknown regularizer: '{value}'. Give a function such as l2_regularizer(1e-4), or "
                f"one of these names: {', '.join(_REGULARIZERS)}."
            )
        return _REGULARIZERS[value]()
    if value is not None and not callable(value):
        raise ValueError(
            f"Could not interpret regularizer identifier: {value!r}. Give a function from a "
            "variable to its loss, such as l2_regularizer(1e-4)."
        )
    return value


def dtype_for(value: Any) -> torch.dtype:
    """The dtype of the variables for a first input: autocast lowers what is computed, not them."""
    dtype: torch.dtype = value.dtype
    if dtype.itemsize < 4 and dtype.is_floating_point and chooses_dtypes(value.device):
        return torch.float32
    return dtype
