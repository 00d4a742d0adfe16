"""On which device new tensors are made: that of the net that runs."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

from torchscope._core import current


def device_of_the_net() -> torch.device | None:
    """Where the pass that this thread is in makes its variables; None where it is in none.

    >>> device_of_the_net() is None
    True
    """
    pass_ = current.active()
    return None if pass_ is None else pass_.store.anchor.device


def on_device_of_the_net() -> Any:
    """Has new tensors made there."""
    pass_ = current.active()
    return nullcontext() if pass_ is None else on_device_of(pass_.store.anchor)


def on_device_of(tensor: Tensor) -> Any:
    """Has new tensors made on the device of another; free where that is the CPU already."""
    # Any default device but the CPU is set by a mode for torch's functions.
    there = tensor.is_cpu and not torch._C._len_torch_function_stack()
    return nullcontext() if there else tensor.device
