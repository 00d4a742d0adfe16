"""The methods of a variable that write into parts of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch import Tensor

from torchscope._core.ops import updating

if TYPE_CHECKING:
    from typing_extensions import Self

    from torchscope._core.store.records import Record


class RowUpdates:
    """The methods of a variable that write into parts of it.

    `scatter_add` is PyTorch's own method of tensors: write tf.scatter_add(v, indices, updates).
    """

    __slots__ = ()

    _ts_record: Record

    # Made below, and called as the functions of the same names are, without the variable.
    scatter_update: Callable[..., Self]
    scatter_sub: Callable[..., Self]
    scatter_mul: Callable[..., Self]
    scatter_div: Callable[..., Self]
    scatter_min: Callable[..., Self]
    scatter_max: Callable[..., Self]
    scatter_nd_update: Callable[..., Self]
    scatter_nd_add: Callable[..., Self]
    scatter_nd_sub: Callable[..., Self]


def _slices(delta: Any) -> tuple[Any, Any]:
    """Indices and values of tf.IndexedSlices, or of what has both."""
    if isinstance(delta, Tensor) or not (hasattr(delta, "indices") and hasattr(delta, "values")):
        raise TypeError(f"sparse_delta is not IndexedSlices: {delta}")
    return delta.indices, delta.values


def _of_rows(name: str) -> Callable[..., Any]:
    scatter: Callable[..., Tensor] = getattr(updating, name)

    def method(self: Any, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Tensor:
        return scatter(self, *_slices(sparse_delta))

    return method


def _of_places(name: str) -> Callable[..., Any]:
    scatter: Callable[..., Tensor] = getattr(updating, name)

    def method(self: Any, indices: Any, updates: Any, name: Any = None) -> Tensor:
        return scatter(self, indices, updates)

    return method


_METHODS = {
    **{
        f"scatter_{kind}": _of_rows(f"scatter_{kind}")
        for kind in ("update", "sub", "mul", "div", "min", "max")
    },
    **{f"scatter_nd_{kind}": _of_places(f"scatter_nd_{kind}") for kind in ("update", "add", "sub")},
}
for _name, _made in _METHODS.items():
    _made.__name__, _made.__qualname__ = _name, f"RowUpdates.{_name}"
    _made.__doc__ = f"tf.{_name} of this variable; returns it."
    setattr(RowUpdates, _name, _made)
