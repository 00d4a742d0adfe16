"""What load_state_dict brings to a net that has not asked for it yet.

A net that never ran has no variables, and a strict load must not fail for that. What arrives is
put into the tree under its key, as a plain parameter or buffer, and becomes a variable when a pass
asks for it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from torchscope._core.names.state_dict_keys import (
    GOT_MARK,
    MADE_MARK,
    OF_SCOPE_MARK,
    name_of,
    path_of,
)
from torchscope._core.store import tree
from torchscope._core.store.places import REGISTRY
from torchscope._core.store.records import Kind
from torchscope._core.store.variable_store import VariableStore


def receive(
    store: VariableStore, state_dict: dict[str, Any], prefix: str, *, take_in: bool
) -> None:
    """Prepares a tree for a state_dict, and renames its keys to those that the tree has now.

    Args:
        store: the variables of the tree.
        state_dict: what is being loaded; its keys may be changed.
        prefix: what the keys of this tree begin with.
        take_in: whether unknown tensors are put into the tree.
    """
    present = store.keys()
    given = [key.removeprefix(prefix) for key in state_dict if key.startswith(prefix)]
    strange = [key for key in given if key not in present]
    if take_in:
        for key in strange:
            value = state_dict[prefix + key]
            if isinstance(value, Tensor) and _may_be_variable(store, key):
                _take_in(store, key, value)
        present = store.keys()
    by_name = {(name_of(key), _kind_mark(key)): key for key in present}
    for key in given:
        if key not in present:
            name = name_of(key)
            here = by_name.get((name, _kind_mark(key))) or by_name.get((name, GOT_MARK))
            if here is not None and prefix + here not in state_dict:
                state_dict[prefix + here] = state_dict.pop(prefix + key)


def _kind_mark(key: str) -> str:
    """The mark of a key that tells of what kind its variable is; without it get_variable made it."""
    return next((mark for mark in (MADE_MARK, OF_SCOPE_MARK) if key.endswith(mark)), GOT_MARK)


def _may_be_variable(store: VariableStore, key: str) -> bool:
    """Whether a strange key can only be a variable that no pass has asked for yet."""
    *path, attribute = key.split(".")
    module, name = store.module, name_of(key)
    if attribute == "_extra_state" or store.find(Kind.GOT, name) is not None:
        return False
    for part in path:
        child = module._modules.get(part)
        if child is None:
            break
        if child.__dict__.get(REGISTRY) is not None:
            return False
        module = child
    own_loading = type(module)._load_from_state_dict is nn.Module._load_from_state_dict
    return own_loading or module is store.module


def _take_in(store: VariableStore, key: str, value: Tensor) -> None:
    name, mark = name_of(key), _kind_mark(key)
    if mark == GOT_MARK:
        # The mark may be one that the variable needs no more, or not yet.
        place = store.place_for(Kind.GOT, name)
    else:
        path, leaf = path_of(name)
        plain, place = tree.leaf_places(*tree.make_scope(store.module, path), leaf, mark)
        store.make_way(plain)
        store.marked = True
    tensor = torch.empty_like(value, device=store.anchor.device)
    differentiable = tensor.is_floating_point() or tensor.is_complex()
    if differentiable:
        tensor = nn.Parameter(tensor)
    tree.put(place, tensor, parameter=differentiable, persistent=True)
    store.preloaded[place.key] = None
