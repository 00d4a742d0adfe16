"""A graph as the message that TensorBoard draws."""

from __future__ import annotations

from typing import Any

from torchscope._core.summaries.protocol import message, module_of_extra
from torchscope._core.summaries.tensors import dtype_number, shape_message


def graph_message(graph: Any) -> Any:
    """A GraphDef message.

    Args:
        graph: what `ts.graph` gave; or such a message.

    Raises:
        TypeError: it is something else.
    """
    made = message("GraphDef", "FileWriter.add_graph")()
    if not hasattr(graph, "_operations"):
        if not (hasattr(graph, "SerializeToString") and hasattr(graph, "node")):
            raise TypeError(
                "The passed graph must be an instance of `Graph` or the deprecated `GraphDef`. This is a "
                f"{type(graph).__name__}: a net and a pass keep no graph of what they compute. Write "
                "writer.add_graph(ts.graph(net, *inputs)), or leave the graph out."
            )
        made.MergeFromString(graph.SerializeToString())
        return made
    values = module_of_extra("tensorboard.compat.proto.attr_value_pb2", "FileWriter.add_graph")
    for each in graph._operations():
        node = made.node.add(name=each.name, op=each.type, input=each.reads)
        if each.shape is not None:
            node.attr["dtype"].type = dtype_number(each.dtype)
            node.attr["_output_shapes"].CopyFrom(
                values.AttrValue(list=values.AttrValue.ListValue(shape=[shape_message(each.shape)]))
            )
    return made
