"""Functions of Python's and numpy's in the middle of a model function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.pytorch import fakes
from torchscope._core.pytorch.compiler import uncompiled
from torchscope._core.values.conversion import as_dtype, convert_to_tensor, dtype_name
from torchscope._core.values.structures import flatten, is_nested, pack


@overload
def py_func(
    func: Callable[..., Any],
    inp: Any,
    Tout: list[Any],
    stateful: bool = True,
    name: str | None = None,
) -> list[Tensor]: ...


@overload
def py_func(
    func: Callable[..., Any],
    inp: Any,
    Tout: tuple[Any, ...],
    stateful: bool = True,
    name: str | None = None,
) -> tuple[Tensor, ...]: ...


@overload
def py_func(
    func: Callable[..., Any], inp: Any, Tout: Any, stateful: bool = True, name: str | None = None
) -> Tensor: ...


@uncompiled
def py_func(
    func: Callable[..., Any],
    inp: Any,
    Tout: Any,
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """What a function of numpy arrays gives, as tensors (tf.py_func).

    >>> py_func(lambda a: a[::-1], [torch.tensor([1.0, 2.0])], torch.float32)
    tensor([2., 1.])

    No gradient flows through it. It waits for the device, and takes no part in a graph.

    Args:
        func: gets an array for each tensor, and gives one or several.
        inp: the tensors.
        Tout: the dtype of what it gives, or a list of them; [] where it gives nothing.
        stateful: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Returns:
        A tensor, or a list of them where `Tout` is one, on the device of the net.

    Raises:
        ValueError: `func` cannot be called.
        InvalidArgumentError: it gives another number of arrays, or other dtypes.
        RuntimeError: nothing is computed here: the net is built or recorded, or on the meta device.
    """
    if not callable(func):
        raise ValueError(
            f"Expected func to be callable. Received func={func!r} of type {type(func)}."
        )
    tensors = [as_tensor(each) for each in (inp if isinstance(inp, list | tuple) else [inp])]
    _check_values(tensors, "tf.py_func")
    given = func(*[each.detach().as_subclass(Tensor).cpu().numpy() for each in tensors])
    dtypes = [as_dtype(each) for each in flatten(Tout)]
    several = is_nested(Tout)
    parts = [] if given is None else list(given) if isinstance(given, list | tuple) else [given]
    if given is not None and not several and isinstance(given, list | tuple):
        parts = [given]
    if len(parts) != len(dtypes) and not (given is None and not dtypes):
        raise InvalidArgumentError(
            None,
            None,
            f"pyfunc returns {len(parts)} values, but expects to see {len(dtypes)} values.",
        )
    made = [_made(number, *each) for number, each in enumerate(zip(parts, dtypes, strict=True))]
    return pack(Tout, made) if several else made[0]


@overload
def numpy_function(
    func: Callable[..., Any],
    inp: Any,
    Tout: list[Any],
    stateful: bool = True,
    name: str | None = None,
) -> list[Tensor]: ...


@overload
def numpy_function(
    func: Callable[..., Any],
    inp: Any,
    Tout: tuple[Any, ...],
    stateful: bool = True,
    name: str | None = None,
) -> tuple[Tensor, ...]: ...


@overload
def numpy_function(
    func: Callable[..., Any], inp: Any, Tout: Any, stateful: bool = True, name: str | None = None
) -> Tensor: ...


def numpy_function(
    func: Callable[..., Any],
    inp: Any,
    Tout: Any,
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """`py_func` under a later name (tf.numpy_function).

    >>> numpy_function(lambda a: a + a, [[1.0, 2.0]], torch.float32)
    tensor([2., 4.])

    Args:
        func: as in `py_func`.
        inp: as in `py_func`.
        Tout: as in `py_func`.
        stateful: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.
    """
    return py_func(func, inp, Tout, stateful, name)


@overload
def py_function(
    func: Callable[..., Any], inp: Any, Tout: list[Any], name: str | None = None
) -> list[Tensor]: ...


@overload
def py_function(
    func: Callable[..., Any], inp: Any, Tout: tuple[Any, ...], name: str | None = None
) -> tuple[Tensor, ...]: ...


@overload
def py_function(
    func: Callable[..., Any], inp: Any, Tout: Any, name: str | None = None
) -> Tensor: ...


def py_function(
    func: Callable[..., Any],
    inp: Any,
    Tout: Any,
    name: str | None = None,
) -> Any:
    """What a function of tensors gives, which are all known here (tf.py_function).

    >>> py_function(lambda a: a * 2, [torch.tensor([1.0, 2.0])], torch.float32)
    tensor([2., 4.])

    Args:
        func: gets the tensors, and gives one or several: gradients flow through it.
        inp: the tensors.
        Tout: the dtype of what it gives, or a list of them; what is given is converted.
        name: accepted for TF1 code; it has no effect.

    Raises:
        InvalidArgumentError: it gives another number of tensors.
    """
    tensors = [as_tensor(each) for each in (inp if isinstance(inp, list | tuple) else [inp])]
    given = func(*tensors)
    dtypes = [as_dtype(each) for each in flatten(Tout)]
    parts = [] if given is None else list(given) if isinstance(given, list | tuple) else [given]
    if len(parts) != len(dtypes):
        raise InvalidArgumentError(
            None,
            None,
            f"The function returned {len(parts)} values, but expects to see {len(dtypes)} values.",
        )
    made = [
        as_tensor(part, dtype=dtype).to(dtype) for part, dtype in zip(parts, dtypes, strict=True)
    ]
    return pack(Tout, made) if is_nested(Tout) else made[0]


def _check_values(tensors: list[Tensor], what: str) -> None:
    """Refuses to hand on what has no values."""
    if fakes.are_used() or any(each.is_meta or isinstance(each, FakeTensor) for each in tensors):
        raise RuntimeError(
            f"{what} calls a function of arrays, and nothing is computed here: the net is built "
            "(ts.build), recorded (ts.graph, torch.compile) or on the meta device, or this is what a "
            "condition does not take. Call the net itself; to compile it, write the function with "
            "operations on tensors."
        )


def _made(number: int, value: Any, dtype: torch.dtype) -> Tensor:
    """What the function gave, which has to be of the dtype that was said."""
    own = getattr(value, "dtype", None)
    if own is None:
        # numpy makes int64 and float64 of Python's numbers.
        value = torch.as_tensor(value)
        own = torch.float64 if value.is_floating_point() else value.dtype
    if as_dtype(own) != dtype:
        raise InvalidArgumentError(
            None,
            None,
            f"{number}-th value returned by pyfunc is {dtype_name(as_dtype(own))}, but expects "
            f"{dtype_name(dtype)}. Convert it, as in array.astype({dtype_name(dtype)!r}).",
        )
    return convert_to_tensor(value, dtype, device=device_of_the_net())
