"""Tensors kept within limits: their elements, or their norms.

Of slices, and of PyTorch's sparse gradients, it is the values that are clipped, as in TF1: several for one row
are not added first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, overload

import torch
from torch import Tensor

from torchscope._core.ops.arguments import Axes, as_tensor, axes_of, of_dtype, wanted
from torchscope._core.ops.arithmetic import maximum, minimum, multiply, refuse_as_truediv
from torchscope._core.ops.indexed_slices import IndexedSlices
from torchscope._core.values.conversion import chooses_dtypes, dtype_name, shape_text

_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_ROOTED = (
    *(torch.bfloat16, torch.float16, torch.float32, torch.float64),
    *(torch.complex64, torch.complex128),
)


def _opened(t: Any) -> tuple[Any, Callable[[Tensor], Any]]:
    """What is to be clipped of an argument, and what makes its like of what was clipped."""
    if isinstance(t, IndexedSlices):
        return t.values, lambda clipped: IndexedSlices(clipped, t.indices, t.dense_shape)
    if isinstance(t, Tensor) and t.layout == torch.sparse_coo:
        return t._values(), lambda clipped: torch.sparse_coo_tensor(
            t._indices(),
            clipped,
            t.shape,
            check_invariants=False,
            is_coalesced=t.is_coalesced(),
        )
    return t, lambda clipped: clipped


@overload
def clip_by_value(
    t: IndexedSlices, clip_value_min: Any, clip_value_max: Any, name: str | None = None
) -> IndexedSlices: ...


@overload
def clip_by_value(
    t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None
) -> Tensor: ...


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """A tensor with no element below one limit or above another (tf.clip_by_value).

    A gradient goes through where nothing was clipped, and to the limits elsewhere.

    >>> clip_by_value([-5.0, 0.5, 7.0], 0.0, 1.0)
    tensor([0.0000, 0.5000, 1.0000])

    Args:
        t: a tensor of real numbers, or what makes one; slices or a sparse tensor, which stay so.
        clip_value_min: a number or a tensor of the same dtype, whose shape can be broadcast to that
            of `t`.
        clip_value_max: another. Where it is the smaller one, the result is `clip_value_min`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are of bools or complex numbers.
        ValueError: the shapes do not fit, or something is None.
    """
    if (
        isinstance(t, Tensor)
        and t.layout == torch.strided
        and t.is_floating_point()
        and type(clip_value_min) in (int, float)
        and type(clip_value_max) in (int, float)
        and clip_value_min <= clip_value_max
    ):
        return t.clamp(clip_value_min, clip_value_max)
    t, closed = _opened(wanted("t", t))
    tensor = as_tensor(t)
    clipped = tensor
    for limited, limit in ((minimum, clip_value_max), (maximum, clip_value_min)):
        clipped = limited(clipped, limit)
        _check_shape(tensor, clipped)
    return closed(clipped)


def _check_shape(tensor: Tensor, clipped: Tensor) -> None:
    """Limits are not to make a tensor larger."""
    if clipped.shape != tensor.shape:
        raise ValueError(
            f"Shapes {shape_text(tensor.shape)} and {shape_text(clipped.shape)} are incompatible: "
            "what a tensor is clipped by has to be broadcast to the shape of the tensor, which stays."
        )


@overload
def clip_by_norm(
    t: IndexedSlices, clip_norm: Any, axes: Axes = None, name: str | None = None
) -> IndexedSlices: ...


@overload
def clip_by_norm(t: Any, clip_norm: Any, axes: Axes = None, name: str | None = None) -> Tensor: ...


def clip_by_norm(t: Any, clip_norm: Any, axes: Axes = None, name: str | None = None) -> Any:
    """A tensor scaled down to a norm, if its own is larger (tf.clip_by_norm).

    >>> clip_by_norm([3.0, 4.0], 1.0)
    tensor([0.6000, 0.8000])

    Args:
        t: a tensor of floats, or what makes one; slices or a sparse tensor, which stay so.
        clip_norm: the largest norm, a number or a tensor. Less than 0 is 0.
        axes: the axes of which each norm is; all by default.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: they are no floats.
        ValueError: the shapes do not fit, there is no such axis, or the norm is None.
    """
    t, closed = _opened(wanted("t", t))
    tensor = of_dtype(t, "x", _ROOTED)
    total = multiply(tensor, tensor).sum(axes_of(axes, tensor.ndim), keepdim=True)
    some = total > 0
    # The root has no finite gradient at 0.
    norm = torch.where(some, torch.where(some, total, 1.0).sqrt(), total)
    limit = maximum(as_tensor(wanted("x", clip_norm), tensor, tensor.dtype), 0).to(tensor.dtype)
    scaled = multiply(tensor, limit)
    _check_shape(tensor, scaled)
    clipped = scaled / maximum(norm, limit)
    _check_shape(tensor, clipped)
    return closed(clipped)


def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Tensor:
    """A tensor scaled down to a norm for each of its elements (tf.clip_by_average_norm).

    >>> clip_by_average_norm([3.0, 4.0], 0.5)
    tensor([0.6000, 0.8000])

    Args:
        t: a tensor of floats, or what makes one. Slices and a sparse tensor are made dense.
        clip_norm: the largest norm, divided by the number of elements.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are not of floats.
        ValueError: the shapes do not fit, or something is None.
    """
    if t is None:
        raise ValueError("None values not supported.")
    if isinstance(t, IndexedSlices) or (isinstance(t, Tensor) and t.layout == torch.sparse_coo):
        t = t.to_dense()
    tensor = of_dtype(t, "x", _ROOTED)
    limit = as_tensor(wanted("y", clip_norm), tensor, tensor.dtype)
    inverse = tensor.square().sum().rsqrt() * tensor.numel()
    return multiply(multiply(tensor, limit), minimum(inverse, 1 / limit))


def global_norm(t_list: Any, name: str | None = None) -> Tensor:
    """The norm of several tensors together (tf.global_norm).

    >>> global_norm([torch.tensor([3.0]), None, torch.tensor([[4.0]])])
    tensor(5.)

    Args:
        t_list: tensors of one floating dtype, slices or sparse tensors; None is passed by.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The norm; 0 in float32 where there are no tensors.

    Raises:
        TypeError: they are in no sequence, or their dtypes differ or are not floating.
    """
    tensors = [each for each in _listed(t_list) if each is not None]
    if not tensors:
        return as_tensor(0.0)
    tensors = [of_dtype(_opened(each)[0], "t", _FLOATS) for each in tensors]
    first = tensors[0]
    if any(each.dtype != first.dtype for each in tensors) and not chooses_dtypes(first.device):
        names = ", ".join(dtype_name(each.dtype) for each in tensors)
        raise TypeError(
            f"Tensors in list passed to 'values' of 'Pack' Op have types [{names}] that don't all "
            "match. Convert them to one dtype."
        )
    halves = [each.square().sum() / 2 for each in tensors]
    return (functools.reduce(torch.add, halves) * 2).sqrt()  # type: ignore[no-any-return]


def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Tensor]:
    """Several tensors scaled down to a norm, if that of all together is larger (tf.clip_by_global_norm).

    >>> clip_by_global_norm([torch.tensor([3.0, 4.0]), None], 1.0)
    ([tensor([0.6000, 0.8000]), None], tensor(5.))

    Args:
        t_list: tensors of floats, slices or sparse tensors, which stay so; None stays None.
        clip_norm: the largest norm of all together.
        use_norm: their norm, if it is known; `global_norm` otherwise, which wants one dtype.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The list of the scaled tensors, NaN where the norm is not finite; and the norm before.

    Raises:
        TypeError: the tensors are in no sequence, or the dtypes differ or are not floating.
        ValueError: the largest norm is None.
    """
    tensors = _listed(t_list)
    norm = global_norm(tensors) if use_norm is None else as_tensor(use_norm)
    if clip_norm is None:
        raise ValueError("None values not supported.")
    limit = as_tensor(clip_norm, norm, norm.dtype)
    refuse_as_truediv("RealDiv", "x", norm, "y", limit)
    scale = limit * minimum(1 / norm, 1 / limit)
    # NaN or infinite gradients are to be seen, not to be scaled to something.
    scale = scale + (norm - norm)
    return [None if each is None else _scaled(each, scale) for each in tensors], norm


def _scaled(t: Any, scale: Tensor) -> Any:
    t, closed = _opened(t)
    tensor = as_tensor(t)
    return closed(multiply(tensor, scale.to(tensor.dtype)))


def _listed(t_list: Any) -> list[Any]:
    if isinstance(t_list, Sequence) and not isinstance(t_list, str):
        return list(t_list)
    raise TypeError(
        f"`t_list` should be a sequence of tensors. Received a {type(t_list).__name__}."
    )
