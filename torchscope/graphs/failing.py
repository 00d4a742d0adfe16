"""Which node of a graph failed, told by the traceback of what torch.fx made of it."""

from __future__ import annotations

import linecache
from types import TracebackType

from torch import fx

from torchscope.graphs.errors import GraphError
from torchscope.tf1.errors import OpError

# What a graph that makes no sense leads to; it may be of dtypes that PyTorch has no kernel for. An assertion of the graph's
# own, and memory that is not there, are not.
_SENSELESS = (
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
)


def failed_node(error: Exception) -> str | None:
    """The name of the node that could not be computed; None for an error that speaks for itself."""
    senseless = isinstance(error, _SENSELESS) or type(error) is RuntimeError
    if not senseless or isinstance(error, OpError | GraphError):
        return None
    found = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_locals.get("self")
        if isinstance(module, fx.GraphModule):
            # The innermost counts: that of a branch or a loop.
            line = linecache.getline(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
            found = _named(module, line.partition("=")[0].partition(":")[0].strip()) or found
        trace = trace.tb_next
    return found


def _named(module: fx.GraphModule, variable: str) -> str | None:
    for node in module.graph.nodes:
        if node.name == variable:
            name: str | None = node.meta.get("name")
            return name
    return None
