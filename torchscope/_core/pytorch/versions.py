"""Where releases of PyTorch differ in what they are asked for.

Each entry says what "PyTorch before" a release does: it can go when that release is the floor.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def parameter_groups(module: nn.Module) -> list[Any]:
    """What fully_shard has made of the parameters that a module manages.

    PyTorch before 2.12 has one group at most; from then on there is a list of them.
    """
    state: Any = module._get_fsdp_state()  # type: ignore[operator]
    if not hasattr(state, "_fsdp_param_groups"):
        return [] if state._fsdp_param_group is None else [state._fsdp_param_group]
    groups: list[Any] = state._fsdp_param_groups
    return groups


def traces_autocast() -> bool:
    """Whether torch.compile traces what enters and leaves autocast by PyTorch's own functions.

    PyTorch before 2.13 fails over it.
    """
    major, minor, *_ = torch.__version__.split(".")
    return (int(major), int(minor)) >= (2, 13)


def save_past_hooks(context: Any) -> None:
    """Has what a selective checkpoint saves go past the hooks for saved tensors, as it always did.

    Left alone it goes past them with a warning, since a pass may have hooks of its own (`saved_tensors.py`).
    PyTorch before 2.14 leaves no choice.

    Args:
        context: the first that create_selective_checkpoint_contexts gives, or any other.
    """
    if getattr(context, "respect_saved_tensors_hooks", False) is None:
        context.respect_saved_tensors_hooks = False
