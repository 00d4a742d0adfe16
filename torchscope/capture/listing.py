"""A recorded graph as text: a line for each operation, under the names that TF1 would have given it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from torchscope import fakes, passes
from torchscope.conversion import dtype_name, shape_text
from torchscope.naming import name_of

# In the meta of a node: the name scope that was open.
_SCOPE = "torchscope_scope"
# TF1's types of operations, where they are not PyTorch's names with a capital letter.
_TYPES = {
    "add_": "AssignAdd",
    "addmm": "MatMul",
    "avg_pool2d": "AvgPool",
    "batch_norm": "FusedBatchNorm",
    "cat": "ConcatV2",
    "clone": "Identity",
    "constant_pad_nd": "Pad",
    "conv1d": "Conv1D",
    "conv2d": "Conv2D",
    "conv3d": "Conv3D",
    "conv_transpose2d": "Conv2DBackpropInput",
    "copy_": "Assign",
    "div": "RealDiv",
    "linear": "MatMul",
    "matmul": "MatMul",
    "max_pool2d": "MaxPool",
    "mm": "MatMul",
    "permute": "Transpose",
    "sub_": "AssignSub",
    "view": "Reshape",
}


class NotedScopes(TorchFunctionMode):
    """Notes of each operation that is recorded in which name scope it was asked for."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Runs an operation."""
        result = func(*args, **(kwargs or {}))
        graph, pass_ = fakes.recorded(), passes.active()
        if graph is not None:
            scope = "" if pass_ is None else pass_.name_scope
            for node in reversed(graph.nodes):
                if node.op == "placeholder" or _SCOPE in node.meta:
                    break
                node.meta[_SCOPE] = scope
        return result


def listing(graph: fx.Graph, read: list[tuple[int, str]]) -> str:
    """The operations of a graph, each with its name, type, dtype and shape, and what it reads.

    Args:
        graph: the graph.
        read: the tensors that its first placeholders are: the number of a root, and the key.
    """
    rows = [
        (each.name, each.type, *_what(each.tensor), ", ".join(each.reads))
        for each in operations(graph, read)
    ]
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    return "\n".join(
        "  ".join(
            [*(part.ljust(w) for part, w in zip(row, widths, strict=False)), row[-1]]
        ).rstrip()
        for row in rows
    )


def _what(tensor: Tensor | None) -> tuple[str, str]:
    return ("", "") if tensor is None else (dtype_name(tensor.dtype), shape_text(tensor.shape))


class Listed(NamedTuple):
    """An operation as TF1 would have named it.

    Attributes:
        name: its name, unique in the graph.
        type: TF1's type of it.
        tensor: a tensor without values, like what it gives; None where it gives none.
        reads: the names of what it reads.
    """

    name: str
    type: str
    tensor: Tensor | None
    reads: list[str]


def operations(graph: fx.Graph, read: list[tuple[int, str]]) -> Iterator[Listed]:
    """The operations of a graph, in their order; its arguments are those of `listing`."""
    names: dict[fx.Node, str] = {}
    taken: dict[str, int] = {}
    keys = iter(read)
    for node in graph.nodes:
        variable = next(keys, None) if node.op == "placeholder" else None
        kind = "VariableV2" if variable is not None else _type(node)
        if variable is not None:
            name = name_of(variable[1])
        else:
            scope = node.meta[_SCOPE] if _SCOPE in node.meta else _scope_of_what_it_reads(node)
            name = f"{scope}/{kind}" if scope else kind
            count = taken.get(name, 0)
            taken[name] = count + 1
            name = f"{name}_{count}" if count else name
        if node.op == "output" or node.target is torch._C._set_grad_enabled:
            continue
        names[node] = name
        reads = [names[each] for each in node.all_input_nodes if each in names]
        tensor = next((t for t in tree_leaves(node.meta.get("val")) if isinstance(t, Tensor)), None)
        yield Listed(name, kind, tensor, reads)


def _type(node: fx.Node) -> str:
    if node.op != "call_function":
        return {"placeholder": "Placeholder", "get_attr": "Const"}.get(node.op, "NoOp")
    schema = getattr(node.target, "_schema", None)
    name = schema.name.partition("::")[2] if schema else getattr(node.target, "__name__", "")
    if name in _TYPES:
        return _TYPES[name]
    return "".join(part.capitalize() for part in name.split("_") if part) or "NoOp"


def _scope_of_what_it_reads(node: fx.Node) -> str:
    """The scope of an operation that nobody asked for: the passes over a graph add some."""
    for each in node.all_input_nodes:
        if each.op != "placeholder":
            scope: str = each.meta.get(_SCOPE, "")
            return scope
    return ""
