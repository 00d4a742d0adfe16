"""What a compiled call checks of the modules that its Python could look at: their modes and attributes.

The compiler does not see the Python that was recorded, so it would not notice that an attribute which
decided something is another one now. These expressions are true as the modules stand; the compiler
traces them, and guards what they read as it guards what a forward reads.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator
from enum import Enum
from types import BuiltinFunctionType, FunctionType
from typing import Any

import torch
from torch import nn

from torchscope._core.graphs.module_state import Place
from torchscope._core.store.places import REGISTRY

_CONSTANTS = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device)
_OF_ALL_MODULES = frozenset(nn.Module().__dict__) - {"training"}
_HOOKS = ("._forward_pre_hooks", "._forward_hooks")
# Longer lists are taken for data, which no Python branches on.
_LONGEST = 64


def checks_of(
    place: Place,
    there: Any,
    module: nn.Module,
    name: str,
    left: Collection[Any],
    names: dict[str, Any],
) -> Iterator[str]:
    """Expressions that are true of what is in a place now.

    Args:
        place: the place.
        there: the dict or list that is there.
        module: the module that it is of.
        name: how the expressions call the module.
        left: the keys there that the call itself sets.
        names: what the expressions name; it grows.
    """
    read = f"{name}{place.inside}"
    if not place.items:
        yield from _of_attributes(there, read, left, names)
    elif place.inside in _HOOKS or (
        place.inside == "._modules" and REGISTRY not in module.__dict__
    ):
        # A scope's modules come when its variables do, and nobody looks at them.
        yield f"len({read}) == {len(there)}"
    if not place.inside:
        for key, parameter in module._parameters.items():
            if parameter is None and key.isidentifier():
                yield f"{read}.{key} is None"


def _of_attributes(
    attributes: dict[str, Any], name: str, left: Collection[Any], names: dict[str, Any]
) -> Iterator[str]:
    for key, value in attributes.items():
        if key in left or key in _OF_ALL_MODULES or not key.isidentifier():
            continue
        read = f"{name}.{key}"
        if value is None or isinstance(value, bool):
            yield f"{read} is {value}"
        elif _is_constant(value):
            known = f"known_{len(names)}"
            # Of a list, what is in it now.
            names[known] = copy.deepcopy(value)
            yield f"{read} == {known}"
        elif isinstance(value, FunctionType | BuiltinFunctionType | type):
            # To ask anything of it has it guarded.
            yield f"callable({read})"


def _is_constant(value: Any) -> bool:
    if isinstance(value, float):
        return value == value  # noqa: PLR0124
    if isinstance(value, list | tuple):
        return len(value) <= _LONGEST and all(map(_is_constant, value))
    if type(value) is dict:
        return _is_constant([*value.keys(), *value.values()])
    return type(value) in _CONSTANTS or isinstance(value, Enum)
