"""The constants of a graph: tensors that move with the net, and numbers that no device has to hold."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import torch
from torch import Tensor, nn

from torchscope._core.ops import known
from torchscope._core.ops.sizes import Sizes
from torchscope.graphs.definitions import Definition, Node
from torchscope.graphs.needed import Key

# A vector of so many integers is most likely a shape, axes or sizes.
_SIZES = 32
_INTEGERS = {torch.int32, torch.int64}


class Constants(nn.Module):
    """What the constants of a graph hold.

    Args:
        definition: the graph.
        left_out: those that are variables.
    """

    def __init__(self, definition: Definition, left_out: Container[str] = ()) -> None:
        super().__init__()
        self._known: dict[Key, Any] = {}
        self._buffer_of: dict[Key, str] = {}
        # What few integers hold, such as paddings: nobody has to ask a device.
        self._numbers: dict[Key, Any] = {}
        for name, node in definition.nodes.items():
            if node.stored is not None and name not in left_out:
                self.keep(Key("", name), loaded(node))
        for function in definition.functions.values():
            for name, node in function.nodes.items():
                if node.stored is not None:
                    self.keep(Key(function.name, name), loaded(node))

    def __contains__(self, key: Key) -> bool:
        return key in self._known or key in self._buffer_of

    def keep(self, key: Key, value: Any) -> None:
        """Keeps a value under a key."""
        if isinstance(value, Tensor):
            name = f"c{len(self._buffer_of)}"
            self.register_buffer(name, value, persistent=False)
            self._buffer_of[key] = name
            if value.dtype in _INTEGERS and value.numel() <= known.MOST:
                self._numbers[key] = value.tolist()
        else:
            self._known[key] = value

    def value(self, key: Key) -> Any:
        """A constant: a tensor; a number or `Sizes`, where it is small and of integers; or an array of texts."""
        name = self._buffer_of.get(key)
        if name is None:
            return self._known[key]
        numbers = self._numbers.get(key)
        tensor = getattr(self, name)
        return tensor if numbers is None else known.note(tensor, numbers)

    def number(self, node: str) -> float | None:
        """The number that a constant of the graph itself holds, by its node; None for what holds none."""
        key = Key("", node)
        if key not in self:
            return None
        value = self.value(key)
        single = isinstance(value, int | float) or (
            isinstance(value, Tensor) and value.numel() == 1
        )
        return float(value) if single else None


def loaded(node: Node) -> Any:
    """The value of a constant."""
    assert node.stored is not None
    kind = node.stored.kind
    value = node.stored.load()
    if not isinstance(value, Tensor):
        return value
    if not kind.shape and value.dtype in {torch.int32, torch.bool}:
        return value.item()
    if len(kind.shape) == 1 and kind.shape[0] <= _SIZES and value.dtype in _INTEGERS:
        return Sizes(value.tolist(), value.dtype)
    return value
