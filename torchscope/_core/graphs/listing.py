"""A recorded graph as text: a line for each operation, under the names that TF1 would have given it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from torchscope._core.names.state_dict_keys import name_of
from torchscope._core.names.unique_names import unique_name
from torchscope._core.passes import one_pass as passes
from torchscope._core.pytorch import fakes
from torchscope._core.requests.may_make import running_modules
from torchscope._core.values.conversion import dtype_name, shape_text

# In the meta of an input that was fed by its placeholder's name: that name.
NAME = "torchscope_name"
# In the meta of a node: the name scope that was open.
_SCOPE = "torchscope_scope"
# And how many seconds it took, where that was measured.
SECONDS = "torchscope_seconds"
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
    """Notes of each operation that is recorded in which name scope it was asked for.

    Where none is open, as in modules of PyTorch's own, it is the path of the module whose forward asks.

    Args:
        roots: the modules whose paths count.
    """

    def __init__(self, roots: Iterable[nn.Module]) -> None:
        super().__init__()
        self._paths: dict[int, str] = {}
        for root in roots:
            for key, module in root.named_modules():
                self._paths.setdefault(id(module), name_of(key))

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Runs an operation."""
        result = func(*args, **(kwargs or {}))
        graph, pass_ = fakes.recorded(), passes.active()
        if graph is not None:
            scope = "" if pass_ is None else pass_.name_scope
            if not scope:
                running = running_modules(sys._getframe(1))
                scope = next(filter(None, (self._paths.get(id(each)) for each in running)), "")
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
        (each.name, each.type, *_what(each), ", ".join(each.reads))
        for each in operations(graph, read)
    ]
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    return "\n".join(
        "  ".join(
            [*(part.ljust(w) for part, w in zip(row, widths, strict=False)), row[-1]]
        ).rstrip()
        for row in rows
    )


def _what(each: Listed) -> tuple[str, str]:
    return ("", "") if each.shape is None else (each.dtype, shape_text(each.shape))


class Listed(NamedTuple):
    """An operation as TF1 would have named it.

    Attributes:
        name: its name, unique in the graph.
        type: TF1's type of it.
        dtype: the dtype of what it gives first; nothing where it gives none, or where that is not known.
        shapes: the shapes of all that it gives: None for a size that may be any, and for all of it where not even the
            rank is known.
        nbytes: the bytes of what it gives first; None where they are not known.
        reads: the names of what it reads.
        places: of each of those, which of its values is read.
        seconds: how long it took; None where that was not measured.
        variable: whether it is a variable.
    """

    name: str
    type: str
    dtype: str
    shapes: list[list[int | None] | None]
    nbytes: int | None
    reads: list[str]
    places: list[int]
    seconds: float | None = None
    variable: bool = False

    @property
    def shape(self) -> list[int | None] | None:
        """The shape of what it gives first; None where it gives nothing, or where that is not known."""
        return self.shapes[0] if self.shapes else None


def operations(graph: fx.Graph, read: list[tuple[int, str]]) -> Iterator[Listed]:
    """The operations of a graph, in their order; its arguments are those of `listing`."""
    names: dict[fx.Node, str] = {}
    taken: dict[str, int] = {}
    scopes: dict[fx.Node, str] = {}
    keys = iter(read)
    for node in graph.nodes:
        variable = next(keys, None) if node.op == "placeholder" else None
        kind = "VariableV2" if variable is not None else _type(node)
        if variable is not None or NAME in node.meta:
            name = node.meta[NAME] if variable is None else name_of(variable[1])
            scopes[node] = name.rpartition("/")[0]
        else:
            # Nobody asked for it where it has no scope: the passes over a graph add some.
            first = next((scopes[each] for each in node.all_input_nodes if each in scopes), "")
            scopes[node] = node.meta.get(_SCOPE, first)
            name = f"{scopes[node]}/{kind}" if scopes[node] else kind
        name = unique_name(name, taken)
        if node.op == "output" or node.target is torch._C._set_grad_enabled:
            continue
        names[node] = name
        reads = [names[each] for each in node.all_input_nodes if each in names]
        tensor = next((t for t in tree_leaves(node.meta.get("val")) if isinstance(t, Tensor)), None)
        yield Listed(
            name,
            kind,
            *_of_tensor(tensor),
            reads,
            [0] * len(reads),
            node.meta.get(SECONDS),
            variable is not None,
        )


def _of_tensor(
    tensor: Tensor | None,
) -> tuple[str, list[list[int | None] | None], int | None]:
    """The dtype, the shape and the bytes of a tensor without values."""
    if tensor is None:
        return "", [], None
    # To ask a symbol for its number would bind the recording to it.
    shape: list[int | None] = [
        None if isinstance(size, torch.SymInt) else size for size in tensor.shape
    ]
    size = None if None in shape else tensor.numel() * tensor.element_size()
    return dtype_name(tensor.dtype), [shape], size


def _type(node: fx.Node) -> str:
    if node.op != "call_function":
        return {"placeholder": "Placeholder", "get_attr": "Const"}.get(node.op, "NoOp")
    schema = getattr(node.target, "_schema", None)
    name = schema.name.partition("::")[2] if schema else getattr(node.target, "__name__", "")
    if name in _TYPES:
        return _TYPES[name]
    return "".join(part.capitalize() for part in name.split("_") if part) or "NoOp"
