"""What a predicate says: Python decides by it what runs, so its value has to be known."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor

from torchscope._core.ops.arguments import as_tensor
from torchscope._core.pytorch import fakes
from torchscope._core.pytorch.fakes import needs_values
from torchscope._core.values.conversion import dtype_name


def truth(predicate: Any, operation: str, parameter: str, asked_by: str) -> bool | None:
    """Whether a predicate is true; None where it has no value, since nothing is computed.

    >>> truth(torch.tensor(True), "Switch", "pred", "tf.cond"), truth(False, "Switch", "pred", "tf.cond")
    (True, False)

    Args:
        predicate: a bool of Python's or numpy's, or a tensor of one.
        operation: TF1's operation, for messages.
        parameter: its parameter.
        asked_by: the function that asks, as users write it.

    Raises:
        TypeError: it is no bool.
        ValueError: it is several.
        RuntimeError: it is computed in a call that is recorded for a graph.
    """
    if isinstance(predicate, bool | torch.SymBool):
        # A size may be compared: the graph is for sizes of which it is so.
        return bool(predicate)
    value = predicate if isinstance(predicate, Tensor) else as_tensor(predicate)
    if value.dtype != torch.bool:
        raise TypeError(
            f"Input '{parameter}' of '{operation}' Op has type {dtype_name(value.dtype)} that does not "
            f"match expected type of bool. It is what {asked_by} decides by: compare it with something."
        )
    if value.ndim:
        raise ValueError(
            f"Shape must be rank 0 but is rank {value.ndim}: {asked_by} decides by one bool, and not "
            f"by several. tf.reduce_all or tf.reduce_any makes one of them."
        )
    found = number(value, asked_by)
    return None if found is None else bool(found)


def number(value: Tensor, asked_by: str) -> int | None:
    """The integer that a tensor is; None where it has none, since nothing is computed.

    >>> number(torch.tensor(3), "tf.switch_case")
    3

    Args:
        value: a tensor of one integer or bool.
        asked_by: the function that asks, as users write it.

    Raises:
        RuntimeError: it is computed in a call that is recorded for a graph.
    """
    if value.is_meta and not isinstance(value, FakeTensor):
        return None
    try:
        # A recording has symbols for numbers that it does not know.
        return bool(value) if value.dtype == torch.bool else int(value)
    except Exception as error:
        if not needs_values(error):
            raise
        if not fakes.are_recorded():
            return None
        raise RuntimeError(
            f"{asked_by} decides by a tensor, and a graph (ts.graph, torch.compile, torch.export) is "
            "made of shapes alone, before the tensor has a value. Hand the decision to the net as a "
            "bool or integer of Python's, as in net(x, is_training=True); or compute both sides and "
            "choose with tf.where; or call the net itself."
        ) from None
