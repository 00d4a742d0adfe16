"""How TF1's source spells what a type of node computes: a table, and what has no line in it is called by its type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import torch

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import Operation
from torchscope.port.graph_source.expressions import (
    Attribute,
    Binary,
    Call,
    Code,
    Index,
    Literal,
    Ref,
    Row,
    Slice,
    Unary,
)

OWN = "node"
"""What the written source calls for a type of node that has no spelling."""


class Constant(NamedTuple):
    """A constant of the graph.

    Args:
        name: its node.
        value: a number or text, or nested lists of these; None where it is too large for a literal.
        dtype: its dtype, or TensorFlow's name of it.
        filled: of one that is the same number everywhere, that number and the shape.
    """

    name: str
    value: Any
    dtype: Any
    filled: tuple[float, tuple[int, ...]] | None = None

    @property
    def scalar(self) -> bool:
        """Whether it is a single number or text."""
        return self.value is not None and not isinstance(self.value, list)


class Given(NamedTuple):
    """A node that is to be spelled.

    Args:
        op: its type.
        name: its name.
        inputs: expressions and constants.
        attributes: its attributes.
        source: gives the node by which a value was computed, if it is one of this graph's.
    """

    op: str
    name: str
    inputs: tuple[Any, ...]
    attributes: Mapping[str, Any]
    source: Callable[[Any], Given | None]

    def argument(self, place: int) -> Any:
        """An input as it is given to a function."""
        return argument(self.inputs[place])

    def operand(self, place: int) -> Any:
        """An input as it is added to, multiplied with, or compared."""
        return operand(self.inputs[place])

    def known(self, place: int) -> Any:
        """The value of an input that is a constant; None of all others."""
        found = self.inputs[place]
        return found.value if isinstance(found, Constant) else None

    def sizes(self, place: int) -> Any:
        """An input that is a shape: the list that was packed, where it was."""
        packed = self.source(self.inputs[place])
        if packed is not None and packed.op == "Pack" and not packed.attributes.get("axis"):
            return Row(tuple(map(operand, packed.inputs)))
        return self.argument(place)


Spelling = Callable[[Given], Any]
_DIRECT = {torch.float32, torch.int32, torch.bool}


def argument(value: Any) -> Any:
    """A constant as an argument of a function; what is none stays."""
    if not isinstance(value, Constant):
        return value
    if value.filled is not None:
        return _filled(value, Literal)
    if value.value is None:
        return Call("tf.constant", (Index(Code("CONSTANTS"), (Literal(value.name, "name"),)),))
    texts = not isinstance(value.dtype, torch.dtype)
    direct = texts or (value.dtype in _DIRECT if value.scalar else value.dtype is torch.int32)
    return row(value.value) if direct else _constant(value)


def _filled(value: Constant, size: Callable[[int], Any]) -> Any:
    """A constant that is the same number everywhere."""
    assert value.filled is not None
    number, shape = value.filled
    dtype = () if value.dtype is torch.float32 else (("dtype", Literal(value.dtype, "dtype")),)
    sizes = Row(tuple(map(size, shape)))
    if number in {0, 1}:
        return Call("tf.ones" if number else "tf.zeros", (sizes,), dtype)
    return Call("tf.fill", (sizes, _constant(value._replace(value=number, filled=None))))


def operand(value: Any) -> Any:
    """A constant beside an operator."""
    if isinstance(value, Constant) and value.filled is not None:
        return argument(value)
    if isinstance(value, Constant) and value.scalar and isinstance(value.dtype, torch.dtype):
        return row(value.value)
    return (
        argument(value)
        if not isinstance(value, Constant) or value.value is None
        else _constant(value)
    )


def _constant(value: Constant) -> Any:
    # An empty list and float32 are what a list of numbers is taken for.
    told = value.dtype is torch.float32 and value.value != []
    dtype = (
        () if told or not isinstance(value.dtype, torch.dtype) else (Literal(value.dtype, "dtype"),)
    )
    return Call("tf.constant", (row(value.value), *dtype))


def row(value: Any, hint: str = "value") -> Any:
    """Nested lists as an expression, in which each number may become an argument.

    >>> row([1, 2], "stride").items[0]
    Literal(value=1, hint='stride', otherwise=None)
    """
    if isinstance(value, list | tuple):
        return Row(tuple(row(each, hint) for each in value))
    return Literal(value, hint)


def spell(given: Given, operation: Operation | None) -> tuple[Any, bool]:
    """The source of a node, and whether TF1 has a spelling for it."""
    spelling = SPELLINGS.get(given.op)
    found = spelling(given) if spelling is not None else None
    if found is None and operation is not None and not operation.attributes:
        name = _public().get(id(operation.function))
        if name is not None:
            found = Call(name, tuple(map(argument, given.inputs)))
    if found is not None:
        return found, True
    attributes = operation.attributes if operation is not None else ()
    keywords = tuple(
        (name, row(given.attributes[name], name)) for name in attributes if name in given.attributes
    )
    inputs = tuple(map(argument, given.inputs))
    return Call(OWN, (Code(f'"{given.op}"'), *inputs), keywords), False


@cache
def _public() -> dict[int, str]:
    """The names under which TF1 has functions, by their ids."""
    found: dict[int, str] = {}
    for room, prefix in (
        (tf, "tf"),
        (tf.nn, "tf.nn"),
        (tf.math, "tf.math"),
        (tf.linalg, "tf.linalg"),
        (tf.image, "tf.image"),
        (tf.signal, "tf.signal"),
    ):
        names = sorted(getattr(room, "__all__", dir(room)))
        # The plainest of several: abs and not math.abs, subtract and not sub.
        for name in sorted(names, key=lambda each: (each in _OLD, each)):
            function = getattr(room, name, None)
            if callable(function) and not name.startswith("_"):
                found.setdefault(id(function), f"{prefix}.{name}")
    return found


_OLD = {"sub", "mul", "neg", "inv", "select", "floor_div", "pack", "unpack"}


_PLAIN = {
    "Maximum": "tf.maximum",
    "Minimum": "tf.minimum",
    "Pow": "tf.pow",
    "Div": "tf.div",
    "TruncateDiv": "tf.truncatediv",
    "TruncateMod": "tf.truncatemod",
    "Mod": "tf.truncatemod",
    "SquaredDifference": "tf.squared_difference",
    "DivNoNan": "tf.div_no_nan",
    "LogicalAnd": "tf.logical_and",
    "LogicalOr": "tf.logical_or",
    "LogicalNot": "tf.logical_not",
    "Abs": "tf.abs",
    "Sign": "tf.sign",
    "Square": "tf.square",
    "Sqrt": "tf.sqrt",
    "Rsqrt": "tf.rsqrt",
    "Reciprocal": "tf.reciprocal",
    "Inv": "tf.reciprocal",
    "Exp": "tf.exp",
    "Expm1": "tf.expm1",
    "Log": "tf.log",
    "Log1p": "tf.log1p",
    "Sin": "tf.sin",
    "Cos": "tf.cos",
    "Tan": "tf.tan",
    "Tanh": "tf.tanh",
    "Sigmoid": "tf.sigmoid",
    "Erf": "tf.erf",
    "Floor": "tf.floor",
    "Ceil": "tf.ceil",
    "Round": "tf.round",
    "IsFinite": "tf.is_finite",
    "IsNan": "tf.is_nan",
    "IsInf": "tf.is_inf",
    "Rank": "tf.rank",
    "Slice": "tf.slice",
    "ReverseV2": "tf.reverse",
    "ZerosLike": "tf.zeros_like",
    "OnesLike": "tf.ones_like",
    "StopGradient": "tf.stop_gradient",
    "PreventGradient": "tf.stop_gradient",
    "Relu": "tf.nn.relu",
    "Relu6": "tf.nn.relu6",
    "Elu": "tf.nn.elu",
    "Selu": "tf.nn.selu",
    "Softplus": "tf.nn.softplus",
    "Softsign": "tf.nn.softsign",
    "Softmax": "tf.nn.softmax",
    "LogSoftmax": "tf.nn.log_softmax",
}


def plain(function: str, *keywords: str, **defaults: Any) -> Spelling:
    """A function of all inputs, with attributes as keywords.

    Args:
        function: its name.
        *keywords: attributes that are always said; "a=b" says the attribute b as the keyword a.
        **defaults: attributes that are said where they have another value than this.
    """

    def spelled(given: Given) -> Any:
        said = []
        for each in (*keywords, *defaults):
            keyword, _, attribute = each.partition("=")
            attribute = attribute or keyword
            value = given.attributes.get(attribute, defaults.get(attribute))
            if value is None or (attribute in defaults and value == defaults[attribute]):
                continue
            said.append((keyword, row(value, _HINTS.get(attribute, attribute))))
        return Call(function, tuple(map(argument, given.inputs)), tuple(said))

    return spelled


_HINTS = {"strides": "stride", "ksize": "size", "dilations": "rate"}


def _binary(operator: str, function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        if all(isinstance(each, Constant) for each in given.inputs):
            return Call(function, tuple(map(argument, given.inputs)))
        return Binary(operator, given.operand(0), given.operand(1))

    return spelled


def _convolution(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        attributes = dict(given.attributes)
        if attributes.get("padding") == "EXPLICIT":
            explicit = attributes["explicit_paddings"]
            attributes["padding"] = [
                list(p) for p in zip(explicit[::2], explicit[1::2], strict=True)
            ]
        usual = {"data_format": "NHWC", "dilations": [1, 1, 1, 1]}
        if given.op == "Conv3D":
            usual = {"data_format": "NDHWC", "dilations": [1, 1, 1, 1, 1]}
        spelled = plain(function, "strides", "padding", **usual)
        call = spelled(given._replace(attributes=attributes))
        named = dict(call.keywords)
        first = (named.pop("strides"), named.pop("padding"))
        return Call(function, (*call.arguments, *first), tuple(named.items()))

    return spelled


def _transposed(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        said = given.attributes
        other = said.get("data_format", "NHWC") not in {"NHWC", "NDHWC"}
        if other or said.get("padding") == "EXPLICIT" or set(said.get("dilations", ())) - {1}:
            return None
        strides = row(said["strides"], "stride")
        shape = given.sizes(0)
        arguments = (given.argument(2), given.argument(1), shape, strides)
        return Call(function, (*arguments, Literal(said["padding"], "padding")))

    return spelled


def _pool(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        said = given.attributes
        if said.get("padding") == "EXPLICIT":
            return None
        rows = (row(said["ksize"], "size"), row(said["strides"], "stride"))
        other = said.get("data_format", "NHWC")
        keywords = (
            () if other in {"NHWC", "NDHWC"} else (("data_format", Literal(other, "data_format")),)
        )
        return Call(
            function, (given.argument(0), *rows, Literal(said["padding"], "padding")), keywords
        )

    return spelled


def _batch_norm(given: Given) -> Any:
    said = given.attributes
    training = said.get("is_training", True)
    factor = said.get("exponential_avg_factor", 1.0)
    taken = 3 if training and factor == 1 else 5
    keywords = [("epsilon", Literal(rounded(said.get("epsilon", 0.0001)), "epsilon"))]
    if said.get("data_format", "NHWC") != "NHWC":
        keywords.append(("data_format", Literal(said["data_format"], "data_format")))
    keywords.append(("is_training", Literal(training, "is_training")))
    if training and factor != 1:
        keywords.append(("exponential_avg_factor", Literal(rounded(factor), "factor")))
    first = given.inputs[0]
    last = said.get("data_format", "NHWC") == "NHWC" and isinstance(first, Ref)
    channel = Index(Attribute(first, "shape"), (Literal(-1),)) if last else None

    def taken_one(place: int) -> Any:
        """An input; of a scale that was left out, ones, as many as there are channels."""
        value = given.inputs[place]
        if isinstance(value, Constant) and value.filled is not None:
            return _filled(value, lambda size: Literal(size, "units", channel))
        return given.argument(place)

    return Call(
        "tf.nn.fused_batch_norm", tuple(taken_one(place) for place in range(taken)), tuple(keywords)
    )


def _shape(given: Given) -> Any:
    kind = given.attributes.get("out_type", torch.int32)
    other = () if kind is torch.int32 else (("out_type", Literal(kind, "out_type")),)
    return Call("tf.shape", (given.argument(0),), other)


def _strided_slice(given: Given) -> Any:
    """As Python writes it, where it is known from where to where."""
    said = given.attributes
    bounds = [given.known(place) for place in (1, 2, 3)]
    begin, end, strides = bounds
    first = given.inputs[0]
    numbers = isinstance(first, Constant) and first.dtype is torch.int32
    at = given.source(given.inputs[1])
    if at is not None and at.op == "Pack" and len(at.inputs) == 1 and not numbers:
        masks = [said.get(f"{each}_mask", 0) for each in ("ellipsis", "new_axis", "shrink_axis")]
        return Index(given.argument(0), (operand(at.inputs[0]),)) if masks == [0, 0, 1] else None
    if begin is None or end is None or strides is None or numbers:
        return None
    items: list[Any] = []
    for place, step in enumerate(strides):
        bit = 1 << place
        if said.get("ellipsis_mask", 0) & bit:
            items.append(Code("..."))
        elif said.get("new_axis_mask", 0) & bit:
            items.append(Code("tf.newaxis"))
        elif said.get("shrink_axis_mask", 0) & bit:
            items.append(Literal(begin[place], "index"))
        elif step < 0:
            return None
        else:
            items.append(
                Slice(
                    None
                    if said.get("begin_mask", 0) & bit or begin[place] == 0
                    else Literal(begin[place], "start"),
                    None if said.get("end_mask", 0) & bit else Literal(end[place], "stop"),
                    None if step == 1 else Literal(step, "step"),
                )
            )
    while len(items) > 1 and items[-1] == Slice():
        items.pop()
    shape = given.source(first)
    if shape is not None and shape.op == "Shape" and len(items) == 1:
        of = shape.inputs[0]
        floating = getattr(shape.attributes.get("T"), "is_floating_point", False)
        if isinstance(items[0], Literal) and isinstance(of, Ref) and floating:
            return Index(Attribute(of, "shape"), (items[0],))
    return Index(given.argument(0), tuple(items))


def _strided_slice_call(given: Given) -> Any:
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    return _strided_slice(given) or Call(
        "tf.strided_slice",
        tuple(map(argument, given.inputs)),
        tuple((m, Literal(given.attributes[m], m)) for m in masks if given.attributes.get(m)),
    )


def _reduction(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        axes = given.inputs[1]
        if isinstance(axes, Constant) and isinstance(axes.value, list) and len(axes.value) == 1:
            axes = Literal(axes.value[0], "axis")
        keep = (
            (("keepdims", Literal(True, "keepdims")),) if given.attributes.get("keep_dims") else ()
        )
        return Call(function, (given.argument(0), argument(axes)), keep)

    return spelled


def _matmul(given: Given) -> Any:
    said = given.attributes
    first = said.get("transpose_a") or said.get("adj_x")
    second = said.get("transpose_b") or said.get("adj_y")
    keywords = [
        (k, Literal(True, k)) for k, on in (("transpose_a", first), ("transpose_b", second)) if on
    ]
    return Call("tf.matmul", (given.argument(0), given.argument(1)), tuple(keywords))


def _concat(given: Given) -> Any:
    *values, axis = given.inputs
    if given.op == "Concat":
        axis, *values = given.inputs
    return Call("tf.concat", (Row(tuple(map(argument, values))), argument(axis)))


def _with_axis(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        axis = given.attributes.get("axis", 0)
        more = (("axis", Literal(axis, "axis")),) if axis else ()
        return Call(function, (Row(tuple(map(argument, given.inputs))),), more)

    return spelled


def _split(given: Given) -> Any:
    axis, value = given.inputs
    number = Literal(given.attributes["num_split"], "number")
    return Call("tf.split", (argument(value), number), (("axis", argument(axis)),))


def _split_sizes(given: Given) -> Any:
    value, sizes, axis = map(argument, given.inputs)
    number = (("num", Literal(given.attributes["num_split"], "number")),)
    told = () if given.known(1) is not None else number
    return Call("tf.split", (value, sizes), (("axis", axis), *told))


def _gather(given: Given) -> Any:
    said = []
    if len(given.inputs) == 3 and given.known(2) != 0:
        said.append(("axis", given.argument(2)))
    if given.attributes.get("batch_dims"):
        said.append(("batch_dims", Literal(given.attributes["batch_dims"], "batch_dims")))
    return Call("tf.gather", (given.argument(0), given.argument(1)), tuple(said))


def _one_hot(given: Given) -> Any:
    values = (
        ()
        if given.known(2) == 1 and given.known(3) == 0
        else (given.argument(2), given.argument(3))
    )
    axis = given.attributes.get("axis", -1)
    said: tuple[Any, ...] = () if axis == -1 else (("axis", Literal(axis, "axis")),)
    constant = given.inputs[2]
    if not values and isinstance(constant, Constant) and constant.dtype is not torch.float32:
        said = (*said, ("dtype", Literal(constant.dtype, "dtype")))
    return Call("tf.one_hot", (given.argument(0), given.argument(1), *values), said)


def _shaped(function: str, place: int) -> Spelling:
    def spelled(given: Given) -> Any:
        inputs = list(map(argument, given.inputs))
        inputs[place] = given.sizes(place)
        return Call(function, tuple(inputs))

    return spelled


def _random(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        kind = given.attributes.get("dtype", torch.float32)
        said = () if kind is torch.float32 else (("dtype", Literal(kind, "dtype")),)
        return Call(function, (given.sizes(0),), said)

    return spelled


def _range(given: Given) -> Any:
    start, _, delta = (given.known(place) for place in range(3))
    first = () if start == 0 and delta == 1 else (given.argument(0),)
    last = () if delta == 1 else (given.argument(2),)
    kind = given.attributes.get("Tidx", torch.int32)
    said = () if kind is torch.int32 else (("dtype", Literal(kind, "dtype")),)
    return Call("tf.range", (*first, given.argument(1), *last), said)


def _squeeze(given: Given) -> Any:
    axes = given.attributes.get("squeeze_dims") or given.attributes.get("axis")
    return Call("tf.squeeze", (given.argument(0), *((row(axes, "axis"),) if axes else ())))


def _expand(given: Given) -> Any:
    return Call("tf.expand_dims", (given.argument(0), given.argument(1)))


def rounded(value: float) -> float:
    """A float as short as float32 tells it.

    >>> rounded(0.0010000000474974513)
    0.001
    """
    import numpy as np  # noqa: PLC0415

    return float(str(np.float32(value)))


def _named(name: str, pattern: str) -> bool:
    """Whether TF1 has named a node so: in the scope that a function of its opens."""
    return re.search(rf"(^|/){pattern}(_\d+)?/", name) is not None


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


SPELLINGS: dict[str, Spelling] = {
    **{op: plain(function) for op, function in _PLAIN.items()},
    "TensorArrayV3": _array,
    "TensorArrayWriteV3": lambda g: Call(".write", tuple(g.argument(at) for at in (3, 1, 2))),
    "TensorArrayReadV3": lambda g: Call(".read", (g.argument(2), g.argument(1))),
    "TensorArraySizeV3": lambda g: Call(".size", (g.argument(1),)),
    "TensorArrayGatherV3": _array_gather,
    "TensorArrayScatterV3": _array_scatter,
    "Add": _binary("+", "tf.add"),
    "AddV2": _binary("+", "tf.add"),
    "Sub": _binary("-", "tf.subtract"),
    "Mul": _binary("*", "tf.multiply"),
    "RealDiv": _binary("/", "tf.realdiv"),
    "FloorDiv": _binary("//", "tf.floordiv"),
    "FloorMod": _binary("%", "tf.floormod"),
    "Less": _binary("<", "tf.less"),
    "LessEqual": _binary("<=", "tf.less_equal"),
    "Greater": _binary(">", "tf.greater"),
    "GreaterEqual": _binary(">=", "tf.greater_equal"),
    "Equal": plain("tf.equal", incompatible_shape_error=True),
    "NotEqual": plain("tf.not_equal", incompatible_shape_error=True),
    "Neg": lambda given: Unary("-", given.operand(0)),
    "Einsum": lambda g: Call(
        "tf.einsum", (Literal(g.attributes["equation"], "equation"), *map(argument, g.inputs))
    ),
    "AddN": lambda given: Call("tf.add_n", (Row(tuple(map(argument, given.inputs))),)),
    "Cast": lambda g: Call("tf.cast", (g.argument(0), Literal(g.attributes["DstT"], "dtype"))),
    "ClipByValue": plain("tf.clip_by_value"),
    "MatMul": _matmul,
    "BatchMatMul": _matmul,
    "BatchMatMulV2": _matmul,
    "BatchMatMulV3": _matmul,
    "Conv2D": _convolution("tf.nn.conv2d"),
    "DepthwiseConv2dNative": _convolution("tf.nn.depthwise_conv2d_native"),
    "MaxPool": _pool("tf.nn.max_pool"),
    "AvgPool": _pool("tf.nn.avg_pool"),
    "BiasAdd": plain("tf.nn.bias_add", data_format="NHWC"),
    "BiasAddV1": plain("tf.nn.bias_add"),
    "LeakyRelu": plain("tf.nn.leaky_relu", "alpha"),
    "LRN": plain("tf.nn.lrn", depth_radius=5, bias=1.0, alpha=1.0, beta=0.5),
    "FusedBatchNorm": _batch_norm,
    "FusedBatchNormV2": _batch_norm,
    "FusedBatchNormV3": _batch_norm,
    "Shape": _shape,
    "Size": plain("tf.size", out_type=torch.int32),
    "StridedSlice": _strided_slice_call,
    "Pack": _with_axis("tf.stack"),
    "Unpack": plain("tf.unstack", "num", axis=0),
    "ConcatV2": _concat,
    "Concat": _concat,
    "Split": _split,
    "SplitV": _split_sizes,
    "Reshape": _shaped("tf.reshape", 1),
    "Tile": _shaped("tf.tile", 1),
    "Fill": _shaped("tf.fill", 0),
    "BroadcastTo": _shaped("tf.broadcast_to", 1),
    "RandomUniform": _random("tf.random_uniform"),
    "RandomStandardNormal": _random("tf.random_normal"),
    "TruncatedNormal": _random("tf.truncated_normal"),
    "Transpose": plain("tf.transpose"),
    "Squeeze": _squeeze,
    "ExpandDims": _expand,
    "Gather": _gather,
    "GatherV2": _gather,
    "ResourceGather": _gather,
    "GatherNd": plain("tf.gather_nd"),
    "ResourceGatherNd": plain("tf.gather_nd"),
    "Pad": plain("tf.pad"),
    "PadV2": lambda g: Call(
        "tf.pad", (g.argument(0), g.argument(1)), (("constant_values", g.argument(2)),)
    ),
    "MirrorPad": plain("tf.pad", "mode"),
    "OneHot": _one_hot,
    "Range": _range,
    "ReverseSequence": plain("tf.reverse_sequence", "seq_axis=seq_dim", "batch_axis=batch_dim"),
    "ResizeBilinear": plain(
        "tf.image.resize_bilinear", align_corners=False, half_pixel_centers=False
    ),
    "ResizeNearestNeighbor": plain(
        "tf.image.resize_nearest_neighbor", align_corners=False, half_pixel_centers=False
    ),
    "DepthToSpace": plain("tf.depth_to_space", "block_size", data_format="NHWC"),
    "SpaceToDepth": plain("tf.space_to_depth", "block_size", data_format="NHWC"),
    "Where": plain("tf.where"),
    "LinSpace": plain("tf.linspace"),
    "Conv3D": _convolution("tf.nn.conv3d"),
    "Conv2DBackpropInput": _transposed("tf.nn.conv2d_transpose"),
    "Conv3DBackpropInputV2": _transposed("tf.nn.conv3d_transpose"),
    "MaxPool3D": _pool("tf.nn.max_pool3d"),
    "AvgPool3D": _pool("tf.nn.avg_pool3d"),
    "TopKV2": plain("tf.nn.top_k", sorted=True),
    "Select": plain("tf.where"),
    "SelectV2": plain("tf.where_v2"),
    "ArgMax": plain("tf.argmax", output_type=torch.int64),
    "ArgMin": plain("tf.argmin", output_type=torch.int64),
    "Cumsum": plain("tf.cumsum", exclusive=False, reverse=False),
    "Cumprod": plain("tf.cumprod", exclusive=False, reverse=False),
    "L2Loss": plain("tf.nn.l2_loss"),
    "Assign": plain("tf.assign"),
    "AssignAdd": plain("tf.assign_add"),
    "AssignSub": plain("tf.assign_sub"),
    "AssignVariableOp": plain("tf.assign"),
    "AssignAddVariableOp": plain("tf.assign_add"),
    "AssignSubVariableOp": plain("tf.assign_sub"),
    **{
        op: _reduction(f"tf.{function}")
        for op, function in {
            "Sum": "reduce_sum",
            "Mean": "reduce_mean",
            "Prod": "reduce_prod",
            "Max": "reduce_max",
            "Min": "reduce_min",
            "All": "reduce_all",
            "Any": "reduce_any",
        }.items()
    },
}
"""The spelling of each type of node; of those that are not here, TF1's functions are taken that compute them."""


def _entropy(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        inputs = (("labels", given.argument(1)), ("logits", given.argument(0)))
        return Call(function, (), inputs)

    return spelled


FIRST: dict[str, Spelling] = {
    "SparseSoftmaxCrossEntropyWithLogits": _entropy(
        "tf.nn.sparse_softmax_cross_entropy_with_logits"
    ),
    "SoftmaxCrossEntropyWithLogits": _entropy("tf.nn.softmax_cross_entropy_with_logits_v2"),
    # Its handle and its flow are one object.
    "TensorArrayV3": _array,
}
"""The same for types that give several values, which TF1's functions give as one, or of which they give the first."""
