"""The module tree as the store: where in it a variable of a given name lives.

Scopes are modules and variables are their parameters and buffers, under the attribute names that
`torchscope._core.names.state_dict_keys` gives. This file finds those places and changes them; which variable is which,
and what the user owns, is the variable store's to know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, cast

from torch import Tensor, nn
from torch.nn.utils import parametrize

from torchscope._core.names.state_dict_keys import SCOPE_MARK, VARIABLE_MARKS, attribute_of


class ScopeModule(nn.Module):
    """A variable scope in a module tree: it holds variables and scopes.

    It computes only what `ts.call_in_scope` hands it, so that hooks see it run.
    """

    # Any: what the function gives.
    def forward(self, *args: Any, _ts_fn: Callable[..., Any] | None = None, **kwargs: Any) -> Any:
        """Runs a function; hooks see the function's own arguments."""
        if _ts_fn is None:
            raise TypeError(
                "This module is a variable scope, and has no function of its own. Inside a forward, "
                "ts.call_in_scope(name, function, *args) runs a function as the forward of a scope."
            )
        return _ts_fn(*args, **kwargs)


# What nn.Module keeps parameters in, and what it keeps buffers in.
Tensors = dict[str, nn.Parameter | None] | dict[str, Tensor | None]


class Computed:
    """Stands for the dict that holds a tensor where torch.nn.utils.parametrize computes it."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def get(self, attribute: str) -> Tensor | None:
        """The tensor, computed anew from its originals; None where it is parametrized no more."""
        if not parametrize.is_parametrized(self.module, attribute):
            return None
        tensor: Tensor = getattr(self.module, attribute)
        return tensor


class Place(NamedTuple):
    """An attribute of a module, and the state_dict key that it gives."""

    module: nn.Module
    attribute: str
    key: str

    def tensors(self) -> Tensors | None:
        """The parameter or buffer dict that has a tensor here, or None."""
        module, attribute = self.module, self.attribute
        if module._parameters.get(attribute) is not None:
            return module._parameters
        return module._buffers if module._buffers.get(attribute) is not None else None

    def computed(self) -> Computed | None:
        """What computes the tensor here, if it is parametrized."""
        parametrized = parametrize.is_parametrized(self.module, self.attribute)
        return Computed(self.module) if parametrized else None


def walk(module: nn.Module, attributes: list[str]) -> nn.Module | None:
    """The module at the end of a path of attributes, or None where one is missing."""
    for attribute in attributes:
        child = module._modules.get(attribute)
        if child is None:
            return None
        module = child
    return module


def is_taken(module: nn.Module, attribute: str) -> bool:
    """Whether `attribute` means something on `module` that is no tensor and no child of it."""
    return (
        attribute in module.__dict__
        or hasattr(type(module), attribute)
        or module._parameters.get(attribute, ...) is None
        or module._buffers.get(attribute, ...) is None
    )


def _join(prefix: str, attribute: str) -> str:
    return f"{prefix}.{attribute}" if prefix else attribute


def find_scope(root: nn.Module, components: list[str]) -> tuple[nn.Module, str] | None:
    """The module of a scope and its key, or None where there is no such module."""
    module, key = root, ""
    for component in components:
        found = _child_of(module, component)
        if found is None:
            return None
        module, key = found[0], _join(key, found[1])
    return module, key


def _child_of(module: nn.Module, component: str) -> tuple[nn.Module, str] | None:
    """The module of the scope `component` inside another, and its attribute."""
    attribute = attribute_of(component)
    children = module._modules
    child = children.get(attribute)
    if child is None:
        attribute += SCOPE_MARK
        child = children.get(attribute)
    return None if child is None else (child, attribute)


def make_scope(root: nn.Module, components: list[str]) -> tuple[nn.Module, str]:
    """The module of a scope and its key; makes what is missing of it.

    Args:
        root: where the path starts.
        components: the scope's name, split at its slashes.
    """
    module, key = root, ""
    for component in components:
        found = _child_of(module, component)
        if found is not None:
            module, key = found[0], _join(key, found[1])
            continue
        attribute = attribute_of(component)
        if is_taken(module, attribute) or _names_variable(module, attribute):
            attribute += SCOPE_MARK
        child = ScopeModule()
        if not module.training:
            child.training = False
        module._modules[attribute] = child
        module, key = child, _join(key, attribute)
    return module, key


def _names_variable(module: nn.Module, attribute: str) -> bool:
    """Whether a module has a variable under an attribute, marked or not."""
    stores: tuple[Tensors, ...] = (module._parameters, module._buffers)
    for tensors in stores:
        if attribute in tensors:
            return True
        for mark in VARIABLE_MARKS if tensors else ():
            if attribute + mark in tensors:
                return True
    return False


def move_scope(place: Place) -> str | None:
    """Marks the scope at a place, and returns its key then; None where no scope of ours is there."""
    module, old, key = place
    if not isinstance(module._modules.get(old), ScopeModule):
        return None
    children = [
        (old + SCOPE_MARK if name == old else name, m) for name, m in module._modules.items()
    ]
    module._modules.clear()
    module._modules.update(children)
    return key + SCOPE_MARK


def leaf_places(module: nn.Module, prefix: str, component: str, mark: str) -> tuple[Place, Place]:
    """Where a variable of this name can be: under its plain attribute, and under its marked one."""
    plain = attribute_of(component)
    marked = plain + mark
    return Place(module, plain, _join(prefix, plain)), Place(module, marked, _join(prefix, marked))


def holds(module: nn.Module, component: str) -> bool:
    """Whether a module has a parameter or a buffer under the plain attribute of a name."""
    attribute = attribute_of(component)
    return attribute in module._parameters or attribute in module._buffers


# What means something on a scope: to ask its class by a name that it has not takes several times as long.
_MEANT = (ScopeModule.__dict__, nn.Module.__dict__, object.__dict__, type.__dict__)


def free_place(module: nn.Module, prefix: str, component: str) -> Place | None:
    """The plain place of a variable of this name, unless its attribute means anything already."""
    attribute = component if component and "." not in component else attribute_of(component)
    inside = module.__dict__
    if (
        attribute in inside["_parameters"]
        or attribute in inside["_buffers"]
        or attribute in inside["_modules"]
        or attribute in inside
    ):
        return None
    if type(module) is ScopeModule:
        of_scope, of_module, of_object, of_class = _MEANT
        if (
            attribute in of_module
            or attribute in of_scope
            or attribute in of_object
            or attribute in of_class
        ):
            return None
    elif hasattr(type(module), attribute):
        return None
    key = f"{prefix}.{attribute}" if prefix else attribute
    # As a NamedTuple's own __new__ does, in half the time.
    return tuple.__new__(Place, (module, attribute, key))


def rename(place: Place, attribute: str) -> Place:
    """Moves a tensor to another attribute of its module, where it keeps its rank in the order."""
    module, old, key = place
    stores: list[Any] = [module._parameters, module._buffers]
    for tensors in stores:
        if old in tensors:
            entries = [
                (attribute if name == old else name, value) for name, value in tensors.items()
            ]
            tensors.clear()
            tensors.update(entries)
    if old in module._non_persistent_buffers_set:
        module._non_persistent_buffers_set.discard(old)
        module._non_persistent_buffers_set.add(attribute)
    return Place(module, attribute, key[: len(key) - len(old)] + attribute)


def put(place: Place, tensor: Tensor, *, parameter: bool, persistent: bool) -> Tensors:
    """Registers a tensor at a place, and returns the dict that it now lives in."""
    module, attribute, _ = place
    parameters, buffers = module._parameters, module._buffers
    parameters.pop(attribute, None)
    buffers.pop(attribute, None)
    module._non_persistent_buffers_set.discard(attribute)
    if parameter:
        parameters[attribute] = cast("nn.Parameter", tensor)
        return parameters
    buffers[attribute] = tensor
    if not persistent:
        module._non_persistent_buffers_set.add(attribute)
    return buffers


def prune(module: nn.Module) -> None:
    """Drops the scopes that hold nothing any more."""
    for name, child in list(module._modules.items()):
        if child is not None:
            prune(child)
            _drop_if_empty(module, name)


def prune_path(module: nn.Module, path: list[str]) -> None:
    """Drops the scopes on a path that hold nothing any more."""
    if path and (child := module._modules.get(path[0])) is not None:
        prune_path(child, path[1:])
        _drop_if_empty(module, path[0])


def _drop_if_empty(module: nn.Module, name: str) -> None:
    child = module._modules[name]
    if isinstance(child, ScopeModule) and not (
        child._modules or child._parameters or child._buffers
    ):
        del module._modules[name]
