"""Placeholders: the arguments of a pass, by the names that they take in it.

A function that makes its own placeholders is called without arguments; what it is to compute on is
fed to its pass. TF1 fed a session's run; here it is the call of the net that is fed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.operations.name_scopes import open_name_scope
from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor, wanted
from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.ops.sizes import Sizes, tensor_of
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.feeds import Feeds
from torchscope._core.passes.one_pass import Pass
from torchscope._core.values import errors
from torchscope._core.values.conversion import (
    as_dtype,
    as_shape,
    convert_to_tensor,
    dtype_name,
    shape_text,
)
from torchscope._core.values.structures import flatten

# Dtypes as TF1's runtime names them in its messages.
_RUNTIME_NAMES = {torch.float16: "half", torch.float32: "float", torch.float64: "double"}

Shape = tuple[int | None, ...] | None


@contextmanager
def feeding(feeds: Mapping[str, Any] | None = None, *in_order: Any) -> Iterator[None]:
    """Feeds the placeholders that are made inside, as Session.run's feed_dict did.

    A `ScopedModule` does so with what it is called with. This is for a module of your own:

    >>> import torch, torchscope as ts, torchscope.tf1 as tf
    >>> class Net(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.scopes = ts.ScopedParameterRegistry(self)
    ...     def forward(self, feeds):
    ...         with ts.feeding(feeds):
    ...             return tf.placeholder(tf.float32, [None], "x") * 2
    >>> Net()({"x": torch.ones(2)})
    tensor([2., 2.])

    Args:
        feeds: values by the names of placeholders, with or without ':0'.
        *in_order: values of the others, in the order in which they are made.

    Raises:
        TypeError: on leaving: no placeholder took some of them. Or `feeds` is no dictionary of names.
        ValueError: one placeholder is fed twice.
    """
    pass_ = passes.current()
    outer = pass_.feeds
    pass_.feeds = inner = Feeds(feeds, in_order)
    try:
        yield
        inner.check_all_taken()
    finally:
        pass_.feeds = outer


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """An argument of the pass: the tensor that was fed under its name (tf.placeholder).

    >>> import torch, torchscope as ts, torchscope.tf1 as tf
    >>> def build():
    ...     x = tf.placeholder(tf.float32, [None, 3], name="x")
    ...     return x @ tf.get_variable("w", [3, 2])
    >>> net = ts.ScopedModule(build)
    >>> net(torch.ones(4, 3)).shape, net(feeds={"x": torch.ones(5, 3)}).shape
    (torch.Size([4, 2]), torch.Size([5, 2]))

    Tensors are given as they are. Numbers, lists and numpy arrays are converted to `dtype`, as
    TF1's sessions did.

    Args:
        dtype: its dtype.
        shape: its shape, in which None is any size; by default any shape.
        name: its name, 'Placeholder' by default. Name scopes count, and a name that is in use is
            made unique.

    Raises:
        InvalidArgumentError: nothing is fed.
        TypeError: a tensor of another dtype is fed, or a number that `dtype` cannot hold.
        ValueError: what is fed has another shape; or the name is invalid.
    """
    dtype, shape = as_dtype(dtype), _as_shape(shape)
    pass_ = passes.current()
    taken = _take_name(pass_, name or "Placeholder")
    value = None if pass_.feeds is None else pass_.feeds.take(taken)
    if value is None:
        raise _missing(pass_, taken, dtype, shape)
    return _fed(value, taken, dtype, shape)


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """An argument of the pass, or `input` where none is fed (tf.placeholder_with_default).

    >>> import torch, torchscope as ts, torchscope.tf1 as tf
    >>> net = ts.ScopedModule(lambda: tf.placeholder_with_default(1.0, [], name="rate") * 2)
    >>> net(), net(feeds={"rate": 3.0})
    (tensor(2.), tensor(6.))

    Args:
        input: a tensor, or what can be made one. What is fed has to be of its dtype.
        shape: a shape, in which None is any size; None for any shape.
        name: as in `placeholder`; 'PlaceholderWithDefault' by default.

    Raises:
        TypeError: as `placeholder` does.
        ValueError: as `placeholder` does; or `input` has another shape.
    """
    default = as_tensor(wanted("input", input))
    shape = _as_shape(shape)
    if shape is not None:
        _check_default(default, shape)
    pass_ = passes.current()
    taken = _take_name(pass_, name or "PlaceholderWithDefault")
    value = None if pass_.feeds is None else pass_.feeds.take(taken)
    return default if value is None else _fed(value, taken, default.dtype, shape)


def _as_shape(shape: Any) -> Shape:
    if shape is None:
        return None
    try:
        return as_shape(shape)
    except (TypeError, ValueError) as error:
        raise type(error)(f"Error converting shape to a TensorShape: {error}") from None


def _take_name(pass_: Pass, name: str) -> str:
    """The name that something takes in the pass, as a name scope of that name would."""
    before = pass_.where
    taken = open_name_scope(pass_, name)
    pass_.where = before
    return taken


def _missing(pass_: Pass, name: str, dtype: torch.dtype, shape: Shape) -> Exception:
    sizes = "" if not shape else ",".join("?" if size is None else str(size) for size in shape)
    message = (
        f"You must feed a value for placeholder tensor '{name}' with dtype "
        f"{_RUNTIME_NAMES.get(dtype, dtype_name(dtype))}{f' and shape [{sizes}]' if sizes else ''}. "
    )
    if pass_.feeds is not None:
        fed = [other for other in pass_.feeds.by_name if other not in pass_.feeds.made]
        found = f"Fed, and not asked for so far: {', '.join(fed) or 'nothing'}."
        return InvalidArgumentError(
            None,
            None,
            f"{message}{found}{errors.nearest(name, fed)} A pass computes all that its function builds, "
            "what it does not return too: feed zeros for labels that nobody has, or build without what "
            "needs them.",
        )
    where = "outside of every pass" if passes.active() is None else "in a pass that is not fed"
    return InvalidArgumentError(
        None,
        None,
        f"{message}It is made {where}. A placeholder is an argument of a pass: let a function without "
        "arguments make it and return what is wanted, net = ts.ScopedModule(function), and call "
        f"net(feeds={{'{name}': value}}). In a forward of your own open `with ts.feeding(feeds):`.",
    )


def _fed(value: Any, name: str, dtype: torch.dtype, shape: Shape) -> Tensor:
    """The tensor that was fed, or that is made of what was fed."""
    if not isinstance(value, Tensor):
        value = _converted(value, dtype)
    elif value.dtype is not dtype:
        raise TypeError(
            f"Type of feed value for {name}, a tensor of {dtype_name(value.dtype)}, is not compatible "
            f"with Tensor type {dtype_name(dtype)}. Convert it first, value.to({dtype}): only numbers, "
            "lists and arrays are converted."
        )
    if shape is not None and not _fits(value.shape, shape):
        raise ValueError(
            f"Cannot feed value of shape {shape_text(value.shape)} for Tensor {name}:0, which has "
            f"shape {shape_text(shape)}. In the shape of the placeholder ? is any size."
        )
    tensor: Tensor = value
    return tensor


def _fits(found: Sequence[int], shape: tuple[int | None, ...]) -> bool:
    if len(found) != len(shape):
        return False
    return all(size is None or size == mine for size, mine in zip(shape, found, strict=True))


def _check_default(default: Tensor, shape: tuple[int | None, ...]) -> None:
    if default.ndim != len(shape):
        raise ValueError(
            f"Shapes must be equal rank, but are {default.ndim} and {len(shape)}: the default has "
            f"shape {shape_text(default.shape)}, and the placeholder {shape_text(shape)}."
        )
    for axis, (size, mine) in enumerate(zip(shape, default.shape, strict=True)):
        if size is not None and size != mine:
            raise ValueError(
                f"Dimension {axis} in both shapes must be equal, but are {mine} and {size}. Shapes "
                f"are {shape_text(default.shape)} and {shape_text(shape)}."
            )


def _converted(value: Any, dtype: torch.dtype) -> Tensor:
    """A tensor of numbers, lists, an array or sizes, where `dtype` can hold them."""
    device = device_of_the_net()
    if isinstance(value, torch.SymInt):
        return tensor_of(value, dtype, device)
    if isinstance(value, Sizes) or _holds_tensors(value):
        return as_tensor(value, dtype=dtype)
    import numpy as np  # noqa: PLC0415 - who feeds tensors alone need not have it

    array = np.asarray(value)
    made = convert_to_tensor(array, dtype, device=device)
    whole = not (dtype.is_floating_point or dtype.is_complex)
    # Of an array the truth is meant, of a number the number.
    if whole and array.dtype.kind in "iuf" and (dtype != torch.bool or isinstance(value, int)):
        with np.errstate(invalid="ignore"):
            held = array.astype(dtype_name(dtype))
        if (held != array).any():
            raise TypeError(
                f"Type of feed value {value} with type {type(value)} is not compatible with Tensor type "
                f"{dtype_name(dtype)}, which cannot hold it. Try explicitly setting the type of the feed "
                "tensor to a larger type (e.g. int64)."
            )
    # Others may want the number as a size.
    return known.note(made, value) if type(value) is int and whole else made


def _holds_tensors(value: Any) -> bool:
    return any(isinstance(each, Tensor | torch.SymInt) for each in flatten(value))
