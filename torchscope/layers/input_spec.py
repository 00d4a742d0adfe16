"""What a layer expects of its inputs, and the refusal of what is otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from torchscope._core.values.conversion import as_dtype, dtype_name
from torchscope._core.values.structures import flatten


@dataclass(frozen=True)
class InputSpec:
    """What a layer expects of an input (tf.layers.InputSpec).

    >>> InputSpec(min_ndim=2, axes={-1: 3}).complaint((5, 4))
    'expected axis -1 of input shape to have value 3, but received input with shape (5, 4)'

    Args:
        dtype: the dtype.
        shape: the dimensions; None is any.
        ndim: the rank.
        max_ndim: the largest rank.
        min_ndim: the smallest rank.
        axes: the lengths of some axes; None is any.
    """

    dtype: Any = None
    shape: Sequence[int | None] | None = None
    ndim: int | None = None
    max_ndim: int | None = None
    min_ndim: int | None = None
    axes: Mapping[int, int | None] | None = None

    def complaint(self, shape: Sequence[int], dtype: Any = None) -> str:
        """What is wrong with an input, in TF1's words; '' where nothing is."""
        rank, wrong = len(shape), ""
        if self.ndim is not None and rank != self.ndim:
            wrong = f"ndim={self.ndim}"
        elif self.max_ndim is not None and rank > self.max_ndim:
            wrong = f"max_ndim={self.max_ndim}"
        elif self.min_ndim is not None and rank < self.min_ndim:
            wrong = f"min_ndim={self.min_ndim}"
        if wrong:
            return f"expected {wrong}, found ndim={rank}. Full shape received: {tuple(shape)}"
        if self.dtype is not None and dtype is not None and dtype != as_dtype(self.dtype):
            expected, found = dtype_name(as_dtype(self.dtype)), dtype_name(dtype)
            return f"expected dtype={expected}, found dtype=<dtype: '{found}'>"
        for axis, length in (self.axes or {}).items():
            if length is not None and shape[axis] != length:
                return (
                    f"expected axis {axis} of input shape to have value {length}, but received "
                    f"input with shape {tuple(shape)}"
                )
        if self.shape is not None and any(
            a is not None and a != b for a, b in zip(self.shape, shape, strict=False)
        ):
            return f"expected shape={tuple(self.shape)}, found shape={tuple(shape)}"
        return ""


def check(specs: Any, inputs: Any, layer: str, scope: str) -> None:
    """Refuses inputs that a layer does not expect.

    Args:
        specs: an `InputSpec`, a structure of them, or None where anything goes.
        inputs: a tensor or a structure of tensors.
        layer: the layer's name.
        scope: the full name of its scope, or '' while it has none.

    Raises:
        ValueError: there are more or fewer inputs, or one of another rank, dtype or shape.
        TypeError: one is no tensor.
    """
    if specs is None or (
        type(specs) is InputSpec
        and isinstance(inputs, Tensor)
        and not specs.complaint(inputs.shape, inputs.dtype)
    ):
        return
    specs, inputs = flatten(specs), flatten(inputs)
    where = f" The layer's scope is '{scope}'." if scope else ""
    for each in inputs:
        if not hasattr(each, "shape"):
            raise TypeError(
                f"Inputs to a layer should be tensors. Got '{each}' (of type {type(each)}) as "
                f"input for layer '{layer}'.{where}"
            )
    if len(inputs) != len(specs):
        raise ValueError(
            f'Layer "{layer}" expects {len(specs)} input(s), but it received {len(inputs)} input '
            f"tensors.{where}"
        )
    for number, (each, spec) in enumerate(zip(inputs, specs, strict=True)):
        wrong = "" if spec is None else spec.complaint(each.shape, each.dtype)
        if wrong:
            raise ValueError(
                f'Input {number} of layer "{layer}" is incompatible with the layer: {wrong}.{where}'
            )
