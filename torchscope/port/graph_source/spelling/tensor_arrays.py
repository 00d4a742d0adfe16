"""Arrays of tensors, which TF1's loops write and read."""

from __future__ import annotations

import re
from typing import Any

from torchscope.port.graph_source.constants import row
from torchscope.port.graph_source.expressions import Call, Literal
from torchscope.port.graph_source.spelling.given import Given, Spelling


def _array(given: Given) -> Any:
    said = given.attributes
    keywords = []
    if said.get("dynamic_size"):
        keywords.append(("dynamic_size", Literal(True, "dynamic_size")))
    if not said.get("clear_after_read", True):
        keywords.append(("clear_after_read", Literal(False, "clear_after_read")))
    if said.get("element_shape") is not None:
        keywords.append(("element_shape", row(said["element_shape"], "size")))
    dtype = Literal(said["dtype"], "dtype")
    return Call("tf.TensorArray", (dtype, given.argument(0)), tuple(keywords))


def _array_gather(given: Given) -> Any:
    indices = given.source(given.inputs[1])
    if indices is not None and indices.op == "Range" and _named(given.name, "TensorArrayStack"):
        return Call(".stack", (given.argument(2),))
    return Call(".gather", (given.argument(2), given.argument(1)))


def _array_scatter(given: Given) -> Any:
    indices = given.source(given.inputs[1])
    if indices is not None and indices.op == "Range" and _named(given.name, "TensorArrayUnstack"):
        return Call(".unstack", (given.argument(3), given.argument(2)))
    return Call(".scatter", (given.argument(3), given.argument(1), given.argument(2)))


def _named(name: str, pattern: str) -> bool:
    """Whether TF1 has named a node so: in the scope that a function of its opens."""
    return re.search(rf"(^|/){pattern}(_\d+)?/", name) is not None


SPELLINGS: dict[str, Spelling] = {
    "TensorArrayV3": _array,
    "TensorArrayWriteV3": lambda g: Call(".write", tuple(g.argument(at) for at in (3, 1, 2))),
    "TensorArrayReadV3": lambda g: Call(".read", (g.argument(2), g.argument(1))),
    "TensorArraySizeV3": lambda g: Call(".size", (g.argument(1),)),
    "TensorArrayGatherV3": _array_gather,
    "TensorArrayScatterV3": _array_scatter,
}

FIRST: dict[str, Spelling] = {
    # Its handle and its flow are one object.
    "TensorArrayV3": _array,
}
