"""How a module tree stands, as far as the Python of a forward may look at it.

A graph holds what Python decided when it was recorded: which modules there are, in which mode each
of them is, what their attributes and hooks are. Where one of these is another object now, the graph
is not the net any more. Tensors are no part of it: a graph reads them anew on every call.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat
from operator import is_
from typing import Any

from torch import nn

from torchscope.tree import ScopeModule

_TENSORS = ("_parameters", "_buffers")
_HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")


class Standing:
    """A module tree as it stands now."""

    def __init__(self, net: nn.Module) -> None:
        self._named = sorted(_dicts(net), key=lambda named: not named[1])
        self._dicts = [each for _, each in self._named if each]
        # Most are of hooks that there are none of.
        self._empty = [each for _, each in self._named if not each]
        self._sizes = list(map(len, self._dicts))
        self._values = list(chain.from_iterable(map(_values, self._dicts)))
        # What is None among the parameters and buffers of the user's own modules.
        self._stores = [store for module in net.modules() for store in _stores(module)]
        self._missing = self._what_is_missing()

    def _what_is_missing(self) -> list[bool]:
        return list(map(is_, chain.from_iterable(map(_values, self._stores)), repeat(None)))

    def holds(self) -> bool:
        """Whether all is as it was."""
        # On every call of a graph, so by functions of C alone.
        return (
            not any(self._empty)
            and list(map(len, self._dicts)) == self._sizes
            and all(map(is_, chain.from_iterable(map(_values, self._dicts)), self._values))
            and self._what_is_missing() == self._missing
        )

    def changed(self) -> list[str]:
        """What is another object now, or came or went."""
        names, before = [], iter(self._values)
        sizes = self._sizes + [0] * len(self._empty)
        for (where, each), size in zip(self._named, sizes, strict=True):
            old = [next(before) for _ in range(size)]
            if len(each) != size:
                names.append(where or "the module itself")
            names += [
                f"{where}.{key}" if where else str(key)
                for (key, value), was in zip(each.items(), old, strict=False)
                if value is not was
            ]
        return names


_values = dict[Any, Any].values


def _dicts(net: nn.Module) -> Iterator[tuple[str, dict[Any, Any]]]:
    for name, module in net.named_modules():
        yield name, module._modules
        if type(module) is ScopeModule:
            # It has no attributes of its own, and its forward is what it is handed.
            for hooks in _HOOKS:
                yield f"{name}.{hooks}", module.__dict__[hooks]
        else:
            yield name, module.__dict__
            for key, value in module.__dict__.items():
                if isinstance(value, dict) and key not in _TENSORS and key != "_modules":
                    yield f"{name}.{key}", value


def _stores(module: nn.Module) -> list[dict[Any, Any]]:
    return [] if type(module) is ScopeModule else [module.__dict__[each] for each in _TENSORS]
