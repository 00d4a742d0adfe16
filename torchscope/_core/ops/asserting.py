"""Assertions: they are made at once, where TF1 made them when an operation that waited for them ran.

What Python knows (ranks, shapes, dtypes) is looked at always. Values are looked at where there are any,
which waits for their device: while a net is built, recorded or compiled there are none, and they are taken
to be right. What is given is an operation, for code that waits for it: it has nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor

from torchscope._core.operations.operation import Operation
from torchscope._core.ops.arguments import (
    FLOATS,
    as_tensor,
    check_broadcast,
    check_same_dtype,
    of_dtype,
)
from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.ops.texts import text_of
from torchscope._core.ops.truth import truth
from torchscope._core.pytorch import fakes
from torchscope._core.values.conversion import as_dtype, chooses_dtypes, dtype_name, shape_text

_SHOWN = 3


def Assert(  # noqa: N802 - TF1's name
    condition: Any, data: Any, summarize: int | None = None, name: str | None = None
) -> Operation:
    """Refuses values, unless a condition holds (tf.Assert).

    >>> x = torch.tensor(-1.0)
    >>> Assert(x > 0, ["x is", x])
    Traceback (most recent call last):
    torchscope.tf1.errors.InvalidArgumentError: assertion failed: [x is] [-1]

    Args:
        condition: a bool, or a tensor of bools, all of which are to hold.
        data: a list of what to show.
        summarize: how many numbers of each to show; 3 by default, -1 for all.
        name: the operation's name; 'Assert' by default. The pass makes it unique.

    Raises:
        InvalidArgumentError: it does not hold.
        TypeError: the condition is no bool, or `data` no list.
    """
    if not isinstance(data, list | tuple):
        raise TypeError("values must be a sequence. `data` is a list of what to show.")
    holds = _holds(condition)
    if holds is False:
        shown = " ".join(f"[{text_of(each, summarize or _SHOWN)}]" for each in data)
        raise InvalidArgumentError(None, None, f"assertion failed: {shown}")
    return Operation.named(name, "Assert", None, "Assert")


def _holds(condition: Any) -> bool | None:
    """Whether all of a condition holds; None where that is not known."""
    value = condition if isinstance(condition, Tensor) else as_tensor(condition)
    if value.dtype == torch.bool and (
        value.is_meta or isinstance(value, FakeTensor) or fakes.are_used()
    ):
        return None
    return truth(
        value.all() if value.dtype == torch.bool else value, "Assert", "condition", "Assert"
    )


def _fail(problem: str, message: str | None, **values: Any) -> InvalidArgumentError:
    shown = " ".join(f"{key} = [{text_of(value, _SHOWN)}]" for key, value in values.items())
    return InvalidArgumentError(None, None, f"{_before(message)}{problem}: {shown}")


def _before(message: str | None) -> str:
    return f"{message}  " if message else ""


Comparison = Callable[[Tensor, Tensor], Tensor]


def _binary(name: str, sign: str, operation: str, compare: Comparison) -> Callable[..., Operation]:
    """An assertion about two tensors, element by element."""

    def check(
        x: Any,
        y: Any,
        data: Any = None,
        summarize: int | None = None,
        message: str | None = None,
        name: str | None = None,
    ) -> Operation:
        beside = next((each for each in (x, y) if isinstance(each, Tensor)), None)
        one = as_tensor(x, beside)
        other = as_tensor(y, beside)
        check_same_dtype(operation, "x", one, "y", other)
        check_broadcast(("x", one), ("y", other))
        if _holds(compare(one, other)) is False:
            raise _fail(f"Condition x {sign} y did not hold element-wise", message, x=one, y=other)
        return Operation.named(name, default, None, "Assert")

    default = name
    result: Callable[..., Operation] = _named(
        check,
        name,
        f"Refuses x and y, unless x {sign} y holds for all elements (tf.{name}).",
        f">>> {name}({_EXAMPLES[sign][0]}, {_EXAMPLES[sign][1]}).name\n    '{name}'",
        "x: a tensor, or what makes one.\n        y: another, of the same dtype.",
    )
    return result


_EXAMPLES = {
    "==": ([1, 2], [1, 2]),
    "!=": ([1, 2], [2, 1]),
    "<": ([1, 2], 3),
    "<=": ([1, 2], 2),
    ">": ([1, 2], 0),
    ">=": ([1, 2], 1),
    "x > 0": ([1, 2],),
    "x < 0": ([-1, -2],),
    "x >= 0": ([0, 2],),
    "x <= 0": ([0, -2],),
}


def _unary(
    name: str, condition: str, compare: Callable[[Tensor], Tensor]
) -> Callable[..., Operation]:
    """An assertion about one tensor."""

    def check(
        x: Any,
        data: Any = None,
        summarize: int | None = None,
        message: str | None = None,
        name: str | None = None,
    ) -> Operation:
        value = as_tensor(x)
        if _holds(compare(value)) is False:
            raise _fail(f"Condition {condition} did not hold element-wise", message, x=value)
        return Operation.named(name, default, None, "Assert")

    default = name
    result: Callable[..., Operation] = _named(
        check,
        name,
        f"Refuses x, unless {condition} holds for all elements (tf.{name}).",
        f">>> {name}({_EXAMPLES[condition][0]}).name\n    '{name}'",
        "x: a tensor, or what makes one.",
    )
    return result


def _named(check: Any, name: str, says: str, example: str, arguments: str) -> Any:
    check.__name__ = check.__qualname__ = name
    check.__doc__ = f"""{says}

    {example}

    Args:
        {arguments}
        data: accepted for TF1 code; it has no effect.
        summarize: accepted for TF1 code; it has no effect.
        message: what the message is to begin with.
        name: the operation's name. The pass makes it unique.

    Raises:
        InvalidArgumentError: it does not hold.
    """
    return check


assert_equal: Callable[..., Operation] = _binary("assert_equal", "==", "Equal", torch.eq)
assert_none_equal: Callable[..., Operation] = _binary(
    "assert_none_equal", "!=", "NotEqual", torch.ne
)
assert_less: Callable[..., Operation] = _binary("assert_less", "<", "Less", torch.lt)
assert_less_equal: Callable[..., Operation] = _binary(
    "assert_less_equal", "<=", "LessEqual", torch.le
)
assert_greater: Callable[..., Operation] = _binary("assert_greater", ">", "Greater", torch.gt)
assert_greater_equal: Callable[..., Operation] = _binary(
    "assert_greater_equal", ">=", "GreaterEqual", torch.ge
)
assert_positive: Callable[..., Operation] = _unary("assert_positive", "x > 0", lambda x: x > 0)
assert_negative: Callable[..., Operation] = _unary("assert_negative", "x < 0", lambda x: x < 0)
assert_non_negative: Callable[..., Operation] = _unary(
    "assert_non_negative", "x >= 0", lambda x: x >= 0
)
assert_non_positive: Callable[..., Operation] = _unary(
    "assert_non_positive", "x <= 0", lambda x: x <= 0
)


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Refuses x and y where they are not close (tf.assert_near).

    >>> assert_near(torch.tensor(1.0), 1.0 + 1e-7).name
    'assert_near'

    Args:
        x: a tensor of floating dtype, or what makes one.
        y: another, of the same dtype.
        rtol: how far they may be apart relative to y; ten times the dtype's epsilon by default.
        atol: how far they may be apart beside; the same by default.
        data: accepted for TF1 code; it has no effect.
        summarize: accepted for TF1 code; it has no effect.
        message: what the message is to begin with.
        name: the operation's name. The pass makes it unique.

    Raises:
        InvalidArgumentError: they are not close.
    """
    one = as_tensor(x)
    other = as_tensor(y, one, one.dtype)
    check_same_dtype("Sub", "x", one, "y", other)
    check_broadcast(("x", one), ("y", other))
    least = 10 * torch.finfo(one.dtype).eps
    allowed = (least if atol is None else atol) + (least if rtol is None else rtol) * other.abs()
    if _holds((one - other).abs() < allowed) is False:
        raise _fail("x and y not equal to tolerance", message, x=one, y=other)
    return Operation.named(name, "assert_near", None, "Assert")


def _checked_rank(
    x: Any,
    fits: Callable[[int], bool],
    said: str,
    message: str | None,
    name: str | None,
    default: str,
) -> Operation:
    shape = as_tensor(x).shape
    if not fits(len(shape)):
        raise ValueError(
            f"{_before(message)}Tensor must have rank {said}.  Received rank {len(shape)}, shape "
            f"{shape_text(shape)}"
        )
    return Operation.named(name, default, None)


def assert_rank(
    x: Any,
    rank: int,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Refuses a tensor of another rank (tf.assert_rank).

    >>> assert_rank(torch.ones(2, 3), 2).name
    'assert_rank'

    Args:
        x: a tensor, or what makes one.
        rank: the rank.
        data: accepted for TF1 code; it has no effect.
        summarize: accepted for TF1 code; it has no effect.
        message: what the message is to begin with.
        name: the operation's name. The pass makes it unique.

    Raises:
        ValueError: the rank is another.
    """
    return _checked_rank(x, lambda own: own == rank, str(rank), message, name, "assert_rank")


def assert_rank_at_least(
    x: Any,
    rank: int,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Refuses a tensor of a lower rank (tf.assert_rank_at_least).

    >>> assert_rank_at_least(torch.ones(2, 3), 1).name
    'assert_rank_at_least'

    Args:
        x: a tensor, or what makes one.
        rank: the lowest rank.
        data: accepted for TF1 code; it has no effect.
        summarize: accepted for TF1 code; it has no effect.
        message: what the message is to begin with.
        name: the operation's name. The pass makes it unique.

    Raises:
        ValueError: the rank is lower.
    """
    said = f"at least {rank}"
    return _checked_rank(x, lambda own: own >= rank, said, message, name, "assert_rank_at_least")


def assert_rank_in(
    x: Any,
    ranks: Iterable[int],
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Refuses a tensor of none of these ranks (tf.assert_rank_in).

    >>> assert_rank_in(torch.ones(2, 3), [1, 2]).name
    'assert_rank_in'

    Args:
        x: a tensor, or what makes one.
        ranks: the ranks.
        data: accepted for TF1 code; it has no effect.
        summarize: accepted for TF1 code; it has no effect.
        message: what the message is to begin with.
        name: the operation's name. The pass makes it unique.

    Raises:
        ValueError: the rank is another.
    """
    allowed = tuple(ranks)
    return _checked_rank(
        x, lambda own: own in allowed, f"in {allowed}", message, name, "assert_rank_in"
    )


def assert_scalar(tensor: Any, name: str | None = None, message: str | None = None) -> Tensor:
    """Refuses what is not one number, and gives what is (tf.assert_scalar).

    >>> assert_scalar(torch.tensor(1.0))
    tensor(1.)

    Args:
        tensor: a tensor, or what makes one.
        name: accepted for TF1 code; it has no effect.
        message: what the message is to begin with.

    Raises:
        ValueError: it is not.
    """
    value = as_tensor(tensor)
    if value.ndim:
        raise ValueError(
            f"{_before(message)}Expected scalar shape, saw shape: {shape_text(value.shape)}."
        )
    return value


def assert_type(
    tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None
) -> Operation:
    """Refuses a tensor of another dtype (tf.assert_type).

    >>> assert_type(torch.ones(2), torch.float32).name
    'assert_type'

    Args:
        tensor: a tensor, or what makes one.
        tf_type: the dtype.
        message: what the message is to begin with.
        name: the operation's name. The pass makes it unique.

    Raises:
        TypeError: the dtype is another, and not because of autocast.
    """
    value, dtype = as_tensor(tensor), as_dtype(tf_type)
    if value.dtype != dtype and not chooses_dtypes(value.device):
        raise TypeError(
            f"{_before(message)}Tensor must be of type tf.{dtype_name(dtype)}; got "
            f"tf.{dtype_name(value.dtype)}"
        )
    return Operation.named(name, "assert_type", None)


def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> Operation:
    """Refuses a tensor that holds no integers (tf.assert_integer).

    >>> assert_integer(torch.tensor(1)).name
    'assert_integer'

    Args:
        x: a tensor, or what makes one.
        message: what the message is to begin with.
        name: the operation's name. The pass makes it unique.

    Raises:
        TypeError: it holds others.
    """
    dtype = as_tensor(x).dtype
    if dtype.is_floating_point or dtype.is_complex or dtype == torch.bool:
        raise TypeError(
            f'{_before(message)}Expected "x" to be integer type.  Found: a tensor of dtype '
            f"<dtype: '{dtype_name(dtype)}'>"
        )
    return Operation.named(name, "assert_integer", None)


def assert_proper_iterable(values: Any) -> None:
    """Refuses what is not several things: a tensor, an array or a string too (tf.assert_proper_iterable).

    >>> assert_proper_iterable([torch.ones(2)])

    Args:
        values: a list, most likely.

    Raises:
        TypeError: it is not.
    """
    if isinstance(values, Tensor | str | bytes) or hasattr(values, "__array__"):
        raise TypeError(
            f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}'
        )
    if not isinstance(values, Iterable):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


def check_numerics(tensor: Any, message: str, name: str | None = None) -> Tensor:
    """Refuses a tensor that holds a NaN or an infinity, and gives any other (tf.check_numerics).

    >>> check_numerics(torch.tensor([1.0, float("nan")]), "loss")
    Traceback (most recent call last):
    torchscope.tf1.errors.InvalidArgumentError: loss : Tensor had NaN values

    Args:
        tensor: a tensor of floating dtype, or what makes one.
        message: what the message is to begin with.
        name: accepted for TF1 code; it has no effect.

    Raises:
        InvalidArgumentError: it does.
        TypeError: it is of another dtype.
    """
    value = of_dtype(tensor, "tensor", FLOATS)
    if _holds(value.isfinite()) is False:
        problems = [
            text for text, bad in (("Inf", value.isinf()), ("NaN", value.isnan())) if bad.any()
        ]
        raise InvalidArgumentError(
            None, None, f"{message} : Tensor had {' and '.join(problems)} values"
        )
    return value


def verify_tensor_all_finite(
    t: Any = None,
    msg: str | None = None,
    name: str | None = None,
    x: Any = None,
    message: Any = None,
) -> Tensor:
    """`check_numerics` under another name (tf.verify_tensor_all_finite).

    >>> verify_tensor_all_finite(torch.ones(2), "loss")
    tensor([1., 1.])

    Args:
        t: the tensor.
        msg: what the message is to begin with.
        name: accepted for TF1 code; it has no effect.
        x: another name of `t`.
        message: another name of `msg`.

    Raises:
        InvalidArgumentError: it holds a NaN or an infinity.
        TypeError: it is of another dtype.
    """
    return check_numerics(x if t is None else t, message if msg is None else msg)


def add_check_numerics_ops() -> Operation:
    """Refused: there is no list of all operations (tf.add_check_numerics_ops).

    >>> add_check_numerics_ops()
    Traceback (most recent call last):
    NotImplementedError: tf.add_check_numerics_ops looks at every operation of a graph, ...

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError(
        "tf.add_check_numerics_ops looks at every operation of a graph, and here none is kept. "
        "torch.autograd.set_detect_anomaly(True) looks at gradients; tf.check_numerics at one tensor."
    )
