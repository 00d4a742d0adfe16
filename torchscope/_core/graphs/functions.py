"""The same operations by functions that Python calls faster.

A recorded graph calls overloads such as ``torch.ops.aten.conv2d.default``, which take a microsecond
or two to read their arguments. ``torch.conv2d`` is the same operation, and reads them in a third of that.
"""

from __future__ import annotations

from collections.abc import Callable
from types import BuiltinFunctionType
from typing import Any

import torch
from torch import fx


def call_directly(graph: fx.Graph) -> None:
    """Calls PyTorch's own functions where it has one for an operation of the graph."""
    for node in graph.nodes:
        if isinstance(node.target, torch._ops.OpOverload):
            function = _function_of(node.target)
            if function is not None:
                node.target = function


def as_function(graph: fx.Graph) -> Callable[..., Any]:
    """A graph as a Python function of None, and of what its placeholders stand for."""
    code = graph.python_code("self")
    names = dict(code.globals)
    exec(code.src, names)  # noqa: S102
    function: Callable[..., Any] = names["forward"]
    return function


def _function_of(overload: torch._ops.OpOverload) -> Any:
    namespace, _, name = overload._schema.name.partition("::")
    if namespace != "aten":
        return None
    for module in (torch, torch._C._nn):
        function = getattr(module, name, None)
        if isinstance(function, BuiltinFunctionType):
            return function
    return None
