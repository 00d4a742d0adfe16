"""The values of variables that are there already: their first ones again, and what constraints allow."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from torchscope._core.operations.devices import on_device_of
from torchscope._core.pytorch import sharding
from torchscope._core.store.variable_store import VariableStore


def give_first_values(store: VariableStore, variables: Iterable[Tensor | str] | None) -> None:
    """Gives variables their first values again, in the order in which they were made.

    Args:
        store: the variables of a tree.
        variables: some of them, or their names; None for all.

    Raises:
        RuntimeError: a first value was computed on the meta device, and so is none.
    """
    wanted = None
    if variables is not None:
        names = (v if isinstance(v, str) else store.name_of(v) for v in variables)
        wanted = {store.key_of(name) for name in names}
    sharding.reshard(store.module)
    with torch.no_grad():
        for record in store.records:
            if record.initial is not None and (wanted is None or record.key in wanted):
                variable = store.variable_of(record)
                with on_device_of(variable):
                    value = store.first_value(record)
                if value.is_meta and not variable.is_meta:
                    raise RuntimeError(
                        f"The first value of variable {record.name}, made at {record.made_at}, "
                        "was computed on the meta device, where tensors have no values. Ask "
                        "for it with an initializer, or give ts.Variable a function that "
                        "makes the value (lambda: torch.zeros(3))."
                    )
                store.set_value(record, sharding.part_of(value, variable))


def apply_constraints(store: VariableStore) -> None:
    """Puts each variable that has a constraint back into what it allows."""
    sharding.reshard(store.module)
    with torch.no_grad():
        for record in store.records:
            if record.constraint is not None:
                store.set_value(record, record.constraint(store.variable_of(record)))
