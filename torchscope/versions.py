"""Where releases of PyTorch differ in what they are asked for.

Each entry says what "PyTorch before" a release does: it can go when that release is the floor.
"""

from __future__ import annotations

from typing import Any

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
