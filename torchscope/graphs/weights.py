"""The weights of a frozen graph: which of its constants were variables once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import torch

from torchscope.graphs.definitions import Definition, Node
from torchscope.graphs.structure import VARIABLES

# The inputs that are weights where they are constants, by type of node.
_INPUTS = {
    **dict.fromkeys(
        [
            "Conv2D",
            "Conv3D",
            "DepthwiseConv2dNative",
            "Conv2DBackpropInput",
            "Conv3DBackpropInputV2",
            "Conv",
            "Dilation2D",
            "BiasAdd",
            "BiasAddV1",
        ],
        (1,),
    ),
    **dict.fromkeys(["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"], (1, 2, 3, 4)),
    **dict.fromkeys(["BatchNormWithGlobalNormalization"], (1, 2, 3, 4)),
    **dict.fromkeys(["Gather", "GatherV2", "ResourceGather"], (0,)),
    **dict.fromkeys(
        [
            "MatMul",
            "BatchMatMul",
            "BatchMatMulV2",
            "BatchMatMulV3",
            "Add",
            "AddV2",
            "Sub",
            "Mul",
            "RealDiv",
            "Maximum",
        ],
        (0, 1),
    ),
    # What they are fused with has weights of its own, behind theirs.
    **dict.fromkeys(
        ["_FusedConv2D", "_FusedConv3D", "_FusedDepthwiseConv2dNative"], (1, 2, 3, 4, 5)
    ),
    "_FusedMatMul": (0, 1, 2),
    "_FusedBatchNormEx": (1, 2, 3, 4),
    "FusedPadConv2D": (2,),
    "FusedResizeAndPadConv2D": (3,),
    "Einsum": (0, 1),
    "LSTMBlockCell": (3, 4, 5, 6, 7),
    "BlockLSTM": (4, 5, 6, 7, 8),
    "BlockLSTMV2": (4, 5, 6, 7, 8),
    "GRUBlockCell": (2, 3, 4, 5),
}
# What passes a weight on as it is.
_SAME = frozenset(["Identity", "Enter", "Switch", "StopGradient", "Cast", "Reshape", "ExpandDims"])


def weights(definition: Definition) -> list[str]:
    """The constants of a graph without variables that were variables once, in the file's order.

    They are of a floating dtype, of one dimension at least, and are multiplied, convolved or added with, looked up in,
    or normalized by.
    """
    if any(node.op in VARIABLES for node in definition.nodes.values()):
        return []
    found = set()
    for node in definition.nodes.values():
        for place in _INPUTS.get(node.op, ()):
            if place < len(node.inputs):
                constant = _constant(definition, node.inputs[place].node)
                if constant is not None:
                    found.add(constant.name)
    return [name for name in definition.nodes if name in found]


def trained(names: list[str], trainable: bool | str) -> Iterator[tuple[str, bool]]:
    """The names, each with whether it is to be trained: all but averages, or where a regular expression is found."""
    for name in names:
        if isinstance(trainable, str):
            yield name, re.search(trainable, name) is not None
        else:
            yield name, trainable and not is_average(name)


def is_average(name: str) -> bool:
    """Whether a variable is one that batch norms keep, and nobody trains."""
    return name.rpartition("/")[2] in {"moving_mean", "moving_variance"}


def _constant(definition: Definition, name: str) -> Node | None:
    """The constant that a node passes on, if it is one, and of numbers that can be trained."""
    for _ in range(8):
        node = definition.nodes[name]
        if node.stored is not None:
            kind = node.stored.kind
            floating = isinstance(kind.dtype, torch.dtype) and kind.dtype.is_floating_point
            return node if floating and kind.shape.numel() > 1 else None
        if node.op not in _SAME or not node.inputs:
            return None
        name = node.inputs[0].node
    return None
