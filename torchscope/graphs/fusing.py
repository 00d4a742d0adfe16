"""What follows each other in a lowered graph, and is one kernel of PyTorch's: a convolution, and the bias that is added."""

from __future__ import annotations

from typing import Any

from torch import fx

from torchscope.graphs.operations.convolutions import conv2d, conv2d_and_bias
from torchscope.graphs.operations.neural import bias_add

_FORMAT = "NHWC"


def fuse_biases(module: fx.GraphModule) -> None:
    """Has convolutions add the bias that follows them, where nobody else takes what they give.

    Args:
        module: the graph; those of its branches and loops are changed as well.
    """
    for each in module.graph.find_nodes(op="call_function", target=bias_add):
        convolution, bias = each.args
        if _is_alone(convolution) and _format(convolution) == _format(each):
            images, kernel = convolution.args
            each.target = conv2d_and_bias
            each.args = (images, kernel, bias)
            each.kwargs = convolution.kwargs
            # Most that can go wrong is the convolution's to tell.
            each.meta["name"] = convolution.meta["name"]
            module.graph.erase_node(convolution)
    module.recompile()
    for inner in module.children():
        if isinstance(inner, fx.GraphModule):
            fuse_biases(inner)


def _is_alone(node: Any) -> bool:
    return isinstance(node, fx.Node) and node.target is conv2d and len(node.users) == 1


def _format(node: fx.Node) -> Any:
    return node.kwargs.get("data_format", _FORMAT)
