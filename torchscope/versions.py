"""Where releases of PyTorch differ in what is asked of them; each entry says when it can go."""

from __future__ import annotations

from typing import Any

from torch import nn


def parameter_groups(module: nn.Module) -> list[Any]:
    """What fully_shard has made of the parameters that a module manages.

    PyTorch 2.11 has one group at most. With 2.12 as the floor this is the list itself.
    """
    state: Any = module._get_fsdp_state()  # type: ignore[operator]
    if not hasattr(state, "_fsdp_param_groups"):
        return [] if state._fsdp_param_group is None else [state._fsdp_param_group]
    groups: list[Any] = state._fsdp_param_groups
    return groups
