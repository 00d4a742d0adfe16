"""What a compiled call checks of the modules that its Python could look at: their modes and attributes.

The compiler does not see the Python that was recorded, so it would not notice that an attribute which
decided something is another one now. These expressions are true as the modules stand; the compiler
traces them, and guards what they read as it guards what a forward reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import torch
from torch import nn

from torchscope.catalogue import REGISTRY

_CONSTANTS = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device)
_OF_ALL_MODULES = frozenset(nn.Module().__dict__) - {"training"}
# Longer lists are taken for data, which no Python branches on.
_LONGEST = 64


def checks_of(
    module: nn.Module, name: str, left: Collection[str], names: dict[str, Any]
) -> Iterator[str]:
    """Expressions that are true of a module as it is.

    Args:
        module: the module.
        name: how the expressions call it.
        left: the attributes that the call itself sets.
        names: what the expressions name; it grows.
    """
    yield from _of_attributes(module.__dict__, name, {*_OF_ALL_MODULES, *left}, names, depth=1)
    for key, parameter in module._parameters.items():
        if parameter is None and key.isidentifier():
            yield f"{name}.{key} is None"
    for hooks in ("_forward_pre_hooks", "_forward_hooks"):
        yield f"len({name}.{hooks}) == {len(module.__dict__[hooks])}"
    if REGISTRY not in module.__dict__ and module._modules:
        # A scope's modules come when its variables do, and nobody looks at them.
        yield f"len({name}._modules) == {len(module._modules)}"


def _of_attributes(
    attributes: dict[str, Any], name: str, left: Collection[str], names: dict[str, Any], depth: int
) -> Iterator[str]:
    for key, value in attributes.items():
        if key in left or not key.isidentifier() or _is_ours(value, attributes):
            continue
        read = f"{name}.{key}"
        if _is_constant(value):
            if value is None or isinstance(value, bool):
                yield f"{read} is {value}"
            else:
                known = f"known_{len(names)}"
                names[known] = value
                yield f"{read} == {known}"
        elif isinstance(value, FunctionType | BuiltinFunctionType | type):
            # To ask anything of it has it guarded.
            yield f"callable({read})"
        elif isinstance(value, MethodType):
            inner = getattr(value.__self__, "__dict__", {})
            yield from _of_attributes(inner, f"{read}.__self__", (), names, depth - 1)
        elif depth > 0 and not isinstance(value, nn.Module) and hasattr(value, "__dict__"):
            yield from _of_attributes(value.__dict__, read, (), names, depth - 1)


def _is_ours(value: Any, attributes: dict[str, Any]) -> bool:
    """Whether a value is the registry of the module that has it, or an entry."""
    registry = attributes.get(REGISTRY)
    return registry is not None and registry in (value, getattr(value, "registry", None))


def _is_constant(value: Any) -> bool:
    if isinstance(value, float):
        return value == value  # noqa: PLR0124
    if isinstance(value, list | tuple):
        return len(value) <= _LONGEST and all(map(_is_constant, value))
    if type(value) is dict:
        return _is_constant([*value.keys(), *value.values()])
    return type(value) in _CONSTANTS or isinstance(value, Enum)
