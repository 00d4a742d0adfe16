"""A linear map of several inputs side by side, by variables that are asked for by name (_linear)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import get_variable_scope, variable_scope
from torchscope._core.values.conversion import convert_to_tensor, shape_text
from torchscope._core.values.partitioners import PartitionedVariable
from torchscope._core.values.structures import is_nested
from torchscope.initializers import Constant
from torchscope.layers.arguments import dtype_for

_ZEROS = Constant(0.0)


class Affine:
    """A kernel and a bias, or none, of the current variable scope: 'kernel' and 'bias'.

    Args:
        depth: how many numbers go in.
        output_size: how many come out.
        dtype: the variables' dtype.
        bias: whether there is one.
        bias_initializer: its initializer; zeros by default.
        kernel_initializer: the kernel's; the scope's by default.
    """

    def __init__(
        self,
        depth: int,
        output_size: int,
        dtype: torch.dtype,
        bias: bool = True,
        bias_initializer: Any = None,
        kernel_initializer: Any = None,
    ) -> None:
        scope = get_variable_scope()
        with variable_scope(scope) as outer:
            self.kernel: Any = _whole(
                get_variable("kernel", [depth, output_size], dtype, initializer=kernel_initializer)
            )
            self.bias: Any = None
            if bias:
                with variable_scope(outer) as inner:
                    # A bias is not cut, whatever the scope says.
                    inner.set_partitioner(None)
                    given = _ZEROS if bias_initializer is None else bias_initializer
                    self.bias = _whole(
                        get_variable("bias", [output_size], dtype, initializer=given)
                    )

    def __call__(self, *inputs: Tensor) -> Tensor:
        """What they give: (..., D), side by side along the last axis."""
        joined = inputs[0] if len(inputs) == 1 else torch.cat(inputs, -1)
        result: Tensor = joined @ self.kernel
        return result if self.bias is None else result + self.bias


class Linear:
    """`linear`, whose variables are made once (core_rnn_cell._Linear of TF1).

    >>> import torch, torchscope as ts
    >>> x = torch.ones(2, 3)
    >>> map_ = Linear([x, x], 4, True)
    >>> map_([x, x]).shape, [v.name for v in ts.global_variables()]
    (torch.Size([2, 4]), ['kernel:0', 'bias:0'])

    Args:
        args: a tensor (B, D), or a list of such, as it will be called with.
        output_size: the number of columns of the result.
        build_bias: whether a bias is added.
        bias_initializer: its initializer; zeros by default.
        kernel_initializer: the kernel's initializer; the scope's by default.

    Raises:
        ValueError: there are none, or they are not of rank 2.
    """

    def __init__(
        self,
        args: Any,
        output_size: int,
        build_bias: bool,
        bias_initializer: Any = None,
        kernel_initializer: Any = None,
    ) -> None:
        tensors = _checked(args)
        self._map = Affine(
            sum(each.shape[1] for each in tensors),
            output_size,
            dtype_for(tensors[0]),
            build_bias,
            bias_initializer,
            kernel_initializer,
        )

    def __call__(self, args: Any) -> Tensor:
        """The result of a tensor (B, D), or of a list of such, side by side."""
        return self._map(*_checked(args))


def linear(
    args: Any,
    output_size: int,
    bias: bool,
    bias_initializer: Any = None,
    kernel_initializer: Any = None,
) -> Tensor:
    """``concat(args, 1) @ kernel + bias``, with variables of the current scope (TF1's _linear).

    >>> import torch, torchscope as ts
    >>> with ts.variable_scope("gates"):
    ...     y = linear([torch.ones(2, 3), torch.ones(2, 1)], 5, True)
    >>> y.shape, [v.name for v in ts.global_variables()]
    (torch.Size([2, 5]), ['gates/kernel:0', 'gates/bias:0'])

    Args:
        args: a tensor (B, D), or a list of such.
        output_size: the number of columns of the result.
        bias: whether a bias is added.
        bias_initializer: its initializer; zeros by default.
        kernel_initializer: the kernel's initializer; the scope's by default.

    Raises:
        ValueError: there are none, or they are not of rank 2.
    """
    return Linear(args, output_size, bias, bias_initializer, kernel_initializer)(args)


def _checked(args: Any) -> Sequence[Tensor]:
    if args is None or (is_nested(args) and not args):
        raise ValueError("`args` must be specified")
    tensors = [convert_to_tensor(each) for each in (args if is_nested(args) else [args])]
    shapes = [shape_text(each.shape) for each in tensors]
    if any(each.ndim != 2 for each in tensors):
        raise ValueError(f"linear is expecting 2D arguments: {', '.join(shapes)}")
    return tensors


def _whole(variable: Any) -> Any:
    return variable.as_tensor() if isinstance(variable, PartitionedVariable) else variable
