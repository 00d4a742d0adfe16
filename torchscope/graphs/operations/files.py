"""What reads a checkpoint: a SavedModel's graph restores its own variables."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

import torchscope.tf1 as tf
from torchscope.checkpoint import load_checkpoint
from torchscope.graphs.errors import GraphError
from torchscope.graphs.operations.table import op


@op("RestoreV2", outputs=("tensors*",), stateful=True)
def _restore(
    prefix: Any, tensor_names: Any, shape_and_slices: Any, *, dtypes: list[Any]
) -> list[Any]:
    (path,) = _texts(prefix)
    checkpoint = load_checkpoint(path)
    found = []
    for name, said, dtype in zip(
        _texts(tensor_names), _texts(shape_and_slices), dtypes, strict=True
    ):
        if name not in checkpoint:
            raise GraphError(f"Key {name} not found in checkpoint.", path)
        value: Any = checkpoint[name]
        if said:
            value = value[_part(said)]
        found.append(tf.cast(value, dtype) if isinstance(dtype, torch.dtype) else value)
    return found


def _texts(value: Any) -> list[str]:
    """The texts that an array of them, or a single one, holds."""
    return [
        each.decode() if isinstance(each, bytes) else str(each)
        for each in np.asarray(value, object).reshape(-1).tolist()
    ]


def _part(said: str) -> tuple[slice, ...]:
    """The part of a variable that a text tells: its whole shape, then where each dimension begins and how long it is.

    >>> _part("4 3 0,2:-")
    (slice(0, 2, None), slice(None, None, None))
    """
    parts = []
    for each in said.rpartition(" ")[2].split(":"):
        if each == "-":
            parts.append(slice(None))
        else:
            start, length = map(int, each.split(","))
            parts.append(slice(start, start + length))
    return tuple(parts)
