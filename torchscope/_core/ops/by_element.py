"""How operations by element take their arguments: one tensor, or two that are broadcast to one shape."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

from torchscope._core.operations import tensor_names
from torchscope._core.ops import known
from torchscope._core.ops.arguments import (
    as_tensor,
    check_broadcast,
    check_same_dtype,
    of_dtype,
    operands,
    wanted,
)
from torchscope._core.ops.sizes import Sizes
from torchscope._core.values.conversion import dtype_name, shape_text

P = ParamSpec("P")
R = TypeVar("R")
Whole = Callable[[Any, Any], Any]
Dtypes = Sequence[torch.dtype]

# What sizes and indices are made of.
_WHOLE = (torch.int32, torch.int64)
_INT32 = range(-(2**31), 2**31)


def of_one(allowed: Dtypes) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates what is computed of one tensor, the first argument; others are left as they are.

    >>> @of_one((torch.float32,))
    ... def halved(x, name=None):
    ...     return x / 2
    >>> halved([1.0, 2.0])
    tensor([0.5000, 1.0000])

    Args:
        allowed: the dtypes that the operation has in TF1, in the order of its message.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        compute: Any = function
        names = _names(compute)

        @functools.wraps(function)
        def operation(*given: Any, **named: Any) -> Any:
            if named or len(given) != 1:
                given = _placed(function.__name__, names, given, named)
                if given[1:] and given[1] is not None and names[1] == "name":
                    return tensor_names.named(operation(given[0]), given[1])
                given = given[:1]
            (x,) = given
            if not isinstance(x, Tensor) or x.dtype not in allowed:
                x = of_dtype(wanted(names[0], x), names[0], allowed)
            return compute(x)

        return operation

    return decorate


def of_two(
    title: str,
    allowed: Dtypes,
    *,
    whole: Whole | None = None,
    numbers: bool = False,
    refuse: Callable[..., None] = check_same_dtype,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates what is computed of two tensors of one dtype, which PyTorch broadcasts.

    >>> @of_two("Apart", (torch.float32,))
    ... def apart(x, y, name=None):
    ...     return (x - y).abs()
    >>> apart([[1.0], [2.0]], [1.0, 5.0])
    tensor([[0., 4.],
            [1., 3.]])

    Args:
        title: what TF1 calls it in its messages.
        allowed: the dtypes that it has in TF1, in the order of its message.
        whole: the same of Python's integers, where integers that are known stay so.
        numbers: whether PyTorch takes a Python number for one of the two. No tensor has then to be
            made of it, which on a GPU is a copy.
        refuse: refuses two tensors of different dtypes.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        compute: Any = function
        names = _names(compute)
        first, second = names[:2]
        unnoted = frozenset(each for each in allowed if whole is None or each not in _WHOLE)

        def computed(x: Any, y: Any) -> Any:
            try:
                result = compute(x, y)
            except RuntimeError as error:
                if isinstance(x, Tensor) and isinstance(y, Tensor):
                    # The check names the later one first, and TF1 the earlier.
                    check_broadcast((second, y), (first, x))
                if "ZeroDivisionError" in str(error):
                    raise ZeroDivisionError("Integer division by zero") from None
                raise
            if whole is not None and result.dtype in _WHOLE:
                _note(result, whole, x, y)
            return result

        @functools.wraps(function)
        def operation(*given: Any, **named: Any) -> Any:
            if named or len(given) != 2:
                given = _placed(function.__name__, names, given, named)
                if given[2:] and given[2] is not None and names[2] == "name":
                    return tensor_names.named(operation(*given[:2]), given[2])
                given = given[:2]
            x, y = given
            if isinstance(x, Tensor):
                dtype = x.dtype
                if isinstance(y, Tensor):
                    if y.dtype is dtype:
                        if dtype in unnoted:
                            try:
                                return compute(x, y)
                            except RuntimeError:
                                # What is wrong is asked for below.
                                pass
                        elif dtype in allowed:
                            return computed(x, y)
                elif numbers and dtype in allowed and _goes_beside(y, dtype):
                    return computed(x, y)
            elif numbers and isinstance(y, Tensor) and _alike(x, y.dtype) and y.dtype in allowed:
                return computed(x, y)
            if whole is not None:
                found = _of_integers(whole, x, y)
                if found is not None:
                    return found
            x = of_dtype(as_tensor(wanted(first, x), y), first, allowed)
            _, y = operands(title, **{first: x, second: y})
            refuse(title, first, x, second, y)
            return computed(x, y)

        return operation

    return decorate


def of_bools(title: str, **given: Any) -> list[Tensor]:
    """The tensors of bools that the arguments of one operation are, by their names.

    >>> of_bools("LogicalOr", x=[True], y=False)
    [tensor([True]), tensor(False)]

    Raises:
        TypeError: they are of something else.
    """
    beside = next((value for value in given.values() if isinstance(value, Tensor)), None)
    found = []
    for name, value in given.items():
        try:
            tensor = as_tensor(wanted(name, value), beside, torch.bool)
        except TypeError as error:
            raise TypeError(
                f"Expected bool passed to parameter '{name}' of op '{title}', got {value!r} of type "
                f"'{type(value).__name__}' instead. Error: {error}"
            ) from None
        if tensor.dtype != torch.bool:
            raise TypeError(
                f"Input '{name}' of '{title}' Op has type {dtype_name(tensor.dtype)} that does not "
                f"match expected type of bool. It has shape {shape_text(tensor.shape)}; compare it "
                "with something, or tf.cast(x, tf.bool)."
            )
        found.append(tensor)
    return found


def _names(function: Any) -> tuple[str, ...]:
    """The names of a function's arguments. To ask `inspect` for them would slow the import down."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount]  # type: ignore[no-any-return]


def _placed(
    function: str, names: tuple[str, ...], given: tuple[Any, ...], named: dict[str, Any]
) -> tuple[Any, ...]:
    """The arguments in the order of the names; the last, `name`, may be missing."""
    for name in named:
        if name not in names[len(given) :]:
            what = "multiple values for" if name in names else "an unexpected keyword"
            raise TypeError(f"{function}() got {what} argument '{name}'")
    if len(given) > len(names):
        raise TypeError(
            f"{function}() takes {len(names)} positional arguments but {len(given)} were given"
        )
    needed = names[:-1] if names[-1] == "name" else names
    missing = [name for name in needed[len(given) :] if name not in named]
    if missing:
        raise TypeError(f"{function}() missing required arguments: {', '.join(missing)}")
    return (*given, *(named[name] for name in names[len(given) :] if name in named))


def _goes_beside(number: Any, dtype: torch.dtype) -> bool:
    """Whether PyTorch reads a number beside a tensor as TF1 does, which makes one of that dtype."""
    kind = type(number)
    if dtype.is_floating_point:
        return kind is float or kind is int
    if kind is not int or dtype == torch.bool or dtype.is_complex:
        return False
    limits = torch.iinfo(dtype)
    return bool(limits.min <= number <= limits.max)


def _alike(number: Any, dtype: torch.dtype) -> bool:
    """Whether the tensor that TF1 makes of a number before another is of the other's dtype."""
    if dtype == torch.float32:
        return type(number) is float
    return dtype == torch.int32 and type(number) is int and number in _INT32


def _of_integers(whole: Whole, x: Any, y: Any) -> Any:
    """What comes of integers that stay Python's, or sizes; None where a tensor has to be made."""
    if isinstance(x, Sizes | int | torch.SymInt) and isinstance(y, Sizes | int | torch.SymInt):
        if isinstance(x, Sizes):
            return x._with(y, whole, swapped=False)
        if isinstance(y, Sizes):
            return y._with(x, whole, swapped=True)
        if isinstance(x, bool) or isinstance(y, bool):
            return None
        found = whole(x, y)
        # TF1's int32 wraps around, as tensors do.
        return found if isinstance(found, torch.SymInt) or found in _INT32 else None
    if isinstance(x, Sizes) and isinstance(y, list | tuple) and known.of(y) is not None:
        return x._with(y, whole, swapped=False)
    if isinstance(y, Sizes) and isinstance(x, list | tuple) and known.of(x) is not None:
        return y._with(x, whole, swapped=True)
    return None


def _note(result: Tensor, whole: Whole, x: Any, y: Any) -> None:
    """Notes what integers a result holds, where those that it was made of are known."""
    a = known.of(x)
    b = None if a is None else known.of(y)
    if b is None:
        return
    if isinstance(a, list) or isinstance(b, list):
        left, right = (each if isinstance(each, list) else [each] for each in (a, b))
        if result.ndim != 1 or any(isinstance(each, list) for each in [*left, *right]):
            return
        length = result.numel()
        left, right = (each * length if len(each) == 1 else each for each in (left, right))
        numbers: Any = [whole(*pair) for pair in zip(left, right, strict=False)]
    else:
        numbers = whole(a, b)
    limits = torch.iinfo(result.dtype)
    for each in numbers if isinstance(numbers, list) else [numbers]:
        if not isinstance(each, torch.SymInt) and not limits.min <= each <= limits.max:
            return
    known.note(result, numbers)
