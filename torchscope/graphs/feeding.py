"""What is fed becomes a tensor, of the dtype and shape that the graph says."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope.graphs.definitions import Node, Output
from torchscope.graphs.errors import GraphError


def fed(value: Any, node: Node, output: Output, device: torch.device | None) -> Any:
    """A value for a tensor of the graph.

    Args:
        value: a tensor, an array, a number, or nested lists of numbers.
        node: the node whose tensor it stands for.
        output: which of its tensors.
        device: where to make a tensor of what is none.

    Raises:
        GraphError: it has another shape, or another kind of dtype, than the graph says.
    """
    dtype = node.attributes.get("dtype") if node.op.startswith("Placeholder") else None
    if not isinstance(value, Tensor):
        if dtype is not None and not isinstance(dtype, torch.dtype):
            return value
        value = tf.convert_to_tensor(value, dtype).to(device)
    elif isinstance(dtype, torch.dtype) and value.dtype != dtype:
        # A net that was converted computes in another floating dtype.
        converted = value.dtype.is_floating_point and dtype.is_floating_point
        if not converted:
            raise GraphError(
                f"The tensor '{output}' is of {_text(dtype)}, and what was fed is of {_text(value.dtype)}."
            )
    shape = node.attributes.get("shape")
    # A scalar's shape is what placeholders of no known shape have in old files.
    if node.op == "Placeholder" and shape:
        known = len(shape) == value.ndim and all(
            size is None or size == has for size, has in zip(shape, value.shape, strict=False)
        )
        if not known:
            said = ", ".join("?" if size is None else str(size) for size in shape)
            raise GraphError(
                f"Cannot feed value of shape {tuple(value.shape)} for Tensor '{output}', which has shape '({said})'."
            )
    return value


def _text(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
