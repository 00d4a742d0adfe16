"""What load_state_dict brings to a net that has not asked for it yet.

A net that never ran has no variables, and a strict load must not fail for that. What arrives is
put into the tree under its key, as a plain parameter or buffer, and becomes a variable when a pass
asks for it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from torchscope import tree
from torchscope.catalogue import MARKS, REGISTRY, Catalogue
from torchscope.naming import MADE_MARK, name_of
from torchscope.records import Kind


def receive(
    catalogue: Catalogue, state_dict: dict[str, Any], prefix: str, *, take_in: bool
) -> None:
    """Prepares a tree for a state_dict, and renames its keys to those that the tree has now.

    Args:
        catalogue: the variables of the tree.
        state_dict: what is being loaded; its keys may be changed.
        prefix: what the keys of this tree begin with.
        take_in: whether unknown tensors are put into the tree.
    """
    present = catalogue.keys()
    given = [key.removeprefix(prefix) for key in state_dict if key.startswith(prefix)]
    strange = [key for key in given if key not in present]
    if take_in:
        for key in strange:
            value = state_dict[prefix + key]
            if isinstance(value, Tensor) and _may_be_variable(catalogue, key):
                _take_in(catalogue, key, value)
        present = catalogue.keys()
    by_name = {(name_of(key), key.endswith(MADE_MARK)): key for key in present}
    for key in given:
        if key not in present:
            name = name_of(key)
            here = by_name.get((name, key.endswith(MADE_MARK))) or by_name.get((name, False))
            if here is not None and prefix + here not in state_dict:
                state_dict[prefix + here] = state_dict.pop(prefix + key)


def _may_be_variable(catalogue: Catalogue, key: str) -> bool:
    """Whether a strange key can only be a variable that no pass has asked for yet."""
    *path, attribute = key.split(".")
    module, name = catalogue.module, name_of(key)
    if attribute == "_extra_state" or catalogue.find(Kind.GOT, name) is not None:
        return False
    for part in path:
        child = module._modules.get(part)
        if child is None:
            break
        if child.__dict__.get(REGISTRY) is not None:
            return False
        module = child
    own_loading = type(module)._load_from_state_dict is nn.Module._load_from_state_dict
    return own_loading or module is catalogue.module


def _take_in(catalogue: Catalogue, key: str, value: Tensor) -> None:
    *path, leaf = name_of(key).split("/")
    kind = Kind.MADE if key.endswith(MADE_MARK) else Kind.GOT
    module, at = tree.make_scope(catalogue.module, path, catalogue.make_way)
    plain, marked = tree.leaf_places(module, at, leaf, MARKS[kind])
    taken = tree.is_taken(module, plain.attribute) or plain.attribute in module._modules
    is_marked = key.endswith(MARKS[kind])
    place = marked if is_marked or taken or plain.store() is not None else plain
    tensor = torch.empty_like(value, device=catalogue.anchor.device)
    differentiable = tensor.is_floating_point() or tensor.is_complex()
    if differentiable:
        tensor = nn.Parameter(tensor)
    tree.put(place, tensor, parameter=differentiable, persistent=True)
    catalogue.arrived[place.key] = None
