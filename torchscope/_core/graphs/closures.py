"""What the Python of a net can reach of modules: those in its tree, and those that its functions name.

A model function may close over another net, or find it among the globals of its file. Its tensors
are read where they are on every call, as the net's own are.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import CellType, FunctionType, MethodType
from typing import Any

from torch import nn


def reachable(net: nn.Module) -> list[nn.Module]:
    """The net, and the roots of the other modules that the functions in its tree name."""
    roots, known = [net], set(net.modules())
    for module in net.modules():
        for value in _named_by(module.__dict__.get("_ts_fn")):
            if isinstance(value, nn.Module) and value not in known:
                roots.append(value)
                known.update(value.modules())
    return roots


def _named_by(function: Any) -> Iterator[Any]:
    """What the body of a function can read by a name of its own."""
    if isinstance(function, MethodType):
        yield function.__self__
        yield from getattr(function.__self__, "__dict__", {}).values()
        function = function.__func__
    if isinstance(function, FunctionType):
        yield from closed_over(function)
        yield from function.__defaults__ or ()
        yield from (function.__kwdefaults__ or {}).values()
        for name in function.__code__.co_names:
            yield function.__globals__.get(name)


def closed_over(function: FunctionType) -> list[Any]:
    """What a function closes over, in order; None for what is not set yet."""
    return [_content(cell) for cell in function.__closure__ or ()]


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        # It is not set yet.
        return None
