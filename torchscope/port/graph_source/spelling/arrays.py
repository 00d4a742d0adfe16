"""Shapes and slices, what puts tensors together and takes them apart, and tensors that are filled, counted or drawn."""

from __future__ import annotations

from typing import Any

import torch

from torchscope.port.graph_source.constants import Constant, argument, operand, row
from torchscope.port.graph_source.expressions import (
    Attribute,
    Call,
    Code,
    Index,
    Literal,
    Ref,
    Row,
    Slice,
)
from torchscope.port.graph_source.spelling.given import Given, Spelling, plain


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


def _stitched(given: Given) -> Any:
    inputs = tuple(map(argument, given.inputs))
    half = len(inputs) // 2
    return Call("tf.dynamic_stitch", (Row(inputs[:half]), Row(inputs[half:])))


def _upper_bound(given: Given) -> Any:
    call = plain("tf.searchsorted", out_type=torch.int32)(given)
    return call._replace(keywords=(("side", Literal("right", "side")), *call.keywords))


def _of_segments(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        data, indices, ids, *number = map(argument, given.inputs)
        said = tuple(("num_segments", each) for each in number)
        return Call(function, (data, indices, ids), said)

    return spelled


def _gather(given: Given) -> Any:
    said = []
    if len(given.inputs) == 3 and given.known(2) != 0:
        said.append(("axis", given.argument(2)))
    if given.attributes.get("batch_dims"):
        said.append(("batch_dims", Literal(given.attributes["batch_dims"], "batch_dims")))
    return Call("tf.gather", (given.argument(0), given.argument(1)), tuple(said))


def _one_hot(given: Given) -> Any:
    usual = given.known(2) == 1 and given.known(3) == 0 and given.known(2) is not True
    values = () if usual else (given.argument(2), given.argument(3))
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


SPELLINGS: dict[str, Spelling] = {
    "Shape": _shape,
    "Size": plain("tf.size", out_type=torch.int32),
    "Rank": plain("tf.rank"),
    "Reshape": _shaped("tf.reshape", 1),
    "Squeeze": _squeeze,
    "ExpandDims": _expand,
    "Transpose": plain("tf.transpose"),
    "ReverseV2": plain("tf.reverse"),
    "ReverseSequence": plain("tf.reverse_sequence", "seq_axis=seq_dim", "batch_axis=batch_dim"),
    "DepthToSpace": plain("tf.depth_to_space", "block_size", data_format="NHWC"),
    "SpaceToDepth": plain("tf.space_to_depth", "block_size", data_format="NHWC"),
    "StridedSlice": _strided_slice_call,
    "Slice": plain("tf.slice"),
    "Pack": _with_axis("tf.stack"),
    "Unpack": plain("tf.unstack", "num", axis=0),
    "ConcatV2": _concat,
    "Concat": _concat,
    "Split": _split,
    "SplitV": _split_sizes,
    "Tile": _shaped("tf.tile", 1),
    "BroadcastTo": _shaped("tf.broadcast_to", 1),
    "BatchToSpace": plain("tf.batch_to_space", "block_size"),
    "SpaceToBatch": plain("tf.space_to_batch", "block_size"),
    "ConjugateTranspose": lambda g: Call(
        "tf.transpose", tuple(map(argument, g.inputs)), (("conjugate", Literal(True, "conjugate")),)
    ),
    "Bitcast": plain("tf.bitcast", "type"),
    "EnsureShape": plain("tf.ensure_shape", "shape"),
    "CheckNumerics": plain("tf.check_numerics", "message"),
    "Pad": plain("tf.pad"),
    "PadV2": lambda g: Call(
        "tf.pad", (g.argument(0), g.argument(1)), (("constant_values", g.argument(2)),)
    ),
    "MirrorPad": plain("tf.pad", "mode"),
    "Gather": _gather,
    "GatherV2": _gather,
    "ResourceGather": _gather,
    "GatherNd": plain("tf.gather_nd"),
    "ResourceGatherNd": plain("tf.gather_nd"),
    "ScatterNd": plain("tf.scatter_nd"),
    "TensorScatterAdd": plain("tf.tensor_scatter_add"),
    "TensorScatterSub": plain("tf.tensor_scatter_sub"),
    "TensorScatterUpdate": plain("tf.tensor_scatter_update"),
    "DynamicPartition": plain("tf.dynamic_partition", "num_partitions"),
    "DynamicStitch": _stitched,
    "InvertPermutation": plain("tf.invert_permutation"),
    "Unique": plain("tf.unique", out_idx=torch.int32),
    "UniqueWithCounts": plain("tf.unique_with_counts", out_idx=torch.int32),
    "LowerBound": plain("tf.searchsorted", out_type=torch.int32),
    "UpperBound": _upper_bound,
    "HistogramFixedWidth": plain("tf.histogram_fixed_width", dtype=torch.int32),
    "SparseToDense": plain("tf.sparse_to_dense", validate_indices=True),
    **{
        f"SparseSegment{op}{number}": _of_segments(f"tf.sparse_segment_{function}")
        for op, function in (("Sum", "sum"), ("Mean", "mean"), ("SqrtN", "sqrt_n"))
        for number in ("", "WithNumSegments")
    },
    "InTopK": plain("tf.nn.in_top_k", "k"),
    "InTopKV2": plain("tf.nn.in_top_k"),
    "TopK": plain("tf.nn.top_k", "k", sorted=True),
    "TopKV2": plain("tf.nn.top_k", sorted=True, index_type=torch.int32),
    "ListDiff": plain("tf.setdiff1d", "index_dtype=out_idx"),
    "Where": plain("tf.where"),
    "Select": plain("tf.where"),
    "SelectV2": plain("tf.where_v2"),
    "OneHot": _one_hot,
    "Fill": _shaped("tf.fill", 0),
    "ZerosLike": plain("tf.zeros_like"),
    "OnesLike": plain("tf.ones_like"),
    "Range": _range,
    "LinSpace": plain("tf.linspace"),
    "RandomUniform": _random("tf.random_uniform"),
    "RandomStandardNormal": _random("tf.random_normal"),
    "TruncatedNormal": _random("tf.truncated_normal"),
    "RandomShuffle": plain("tf.random_shuffle"),
    "Multinomial": plain("tf.multinomial", output_dtype=torch.int64),
    "IdentityN": lambda g: Call("tf.identity_n", (Row(tuple(map(argument, g.inputs))),)),
    "StopGradient": plain("tf.stop_gradient"),
    "PreventGradient": plain("tf.stop_gradient"),
}
