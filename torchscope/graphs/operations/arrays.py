"""Shapes, and what puts tensors together, takes them apart and picks of them."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

import torchscope.tf1 as tf
from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor, numbers_of, shape_of
from torchscope._core.ops.sizes import Sizes, row_of, tensor_of
from torchscope.graphs import control
from torchscope.graphs.operations.table import op

op(
    "Identity",
    "RefIdentity",
    "Snapshot",
    "ReadVariableOp",
    "DeepCopy",
    "DebugGradientIdentity",
    "GuaranteeConst",
    "Copy",
    "CopyHost",
)(control.identity)
op("StopGradient", "PreventGradient")(tf.stop_gradient)
op("NoOp", outputs=(), stateful=True)(lambda *_: None)
op("Rank")(tf.rank)
op("Tile")(tf.tile)
op("ExpandDims")(tf.expand_dims)
op("Fill")(tf.fill)
op("BroadcastTo")(tf.broadcast_to)
op("ReverseV2")(tf.reverse)
op("ZerosLike")(tf.zeros_like)
op("OnesLike")(tf.ones_like)
op("Select")(tf.where)
op("SelectV2")(tf.where_v2)
op("Roll")(tf.roll)


@op("InvertPermutation")
def _invert_permutation(x: Any) -> Any:
    numbers = known.of(x)
    if numbers is None:
        return tf.invert_permutation(x)
    return Sizes(sorted(range(len(numbers)), key=numbers.__getitem__), _dtype(x))


@op("CheckNumerics", "CheckNumericsV2", stateful=True)
def _check_numerics(tensor: Any, *, message: str) -> Any:
    return tf.check_numerics(tensor, message)


@op("EnsureShape", stateful=True)
def _ensure_shape(input: Any, *, shape: Any) -> Any:
    return tf.ensure_shape(input, shape)


@op("IdentityN", outputs=("output*",))
def _identity_n(*inputs: Any) -> Any:
    return inputs


@op("Shape")
def _shape(input: Any, *, out_type: Any = torch.int32) -> Any:
    return tf.shape(input, out_type=out_type)


@op("ShapeN", outputs=("output*",))
def _shape_n(*inputs: Any, out_type: Any = torch.int32) -> Any:
    return [tf.shape(each, out_type=out_type) for each in inputs]


@op("Size")
def _size(input: Any, *, out_type: Any = torch.int32) -> Any:
    size = tf.size(input)
    if out_type == torch.int32 or isinstance(size, Tensor):
        return tf.cast(size, out_type)
    return tensor_of(size, out_type, device_of_the_net())


@op("Reshape")
def _reshape(tensor: Any, shape: Any) -> Any:
    made = tf.reshape(tensor, shape)
    numbers = known.of(tensor)
    if numbers is None or not isinstance(made, Tensor):
        return made
    # Paddings are made so, of sizes that are known.
    return known.note(made, _nested(_flat(numbers), list(made.shape)))


def _flat(numbers: Any) -> list[Any]:
    if not isinstance(numbers, list):
        return [numbers]
    return [each for row in numbers for each in _flat(row)]


def _nested(flat: list[Any], shape: list[int]) -> Any:
    if not shape:
        return flat[0]
    step = math.prod(shape[1:])
    return [_nested(flat[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


@op("Transpose")
def _transpose(x: Any, perm: Any) -> Any:
    made = tf.transpose(x, perm)
    numbers = known.of(x) if isinstance(x, Tensor) and x.ndim == 2 else None
    if numbers is None or numbers_of(perm, "perm") != [1, 0]:
        return made
    return known.note(made, [list(row) for row in zip(*numbers, strict=True)])


@op("ConjugateTranspose")
def _conjugate_transpose(x: Any, perm: Any) -> Any:
    return tf.transpose(x, perm, conjugate=True)


@op("Squeeze")
def _squeeze(input: Any, *, squeeze_dims: Any = ()) -> Any:
    return tf.squeeze(input, squeeze_dims or None)


@op("Pack")
def _pack(*values: Any, axis: int = 0) -> Any:
    return tf.stack(list(values), axis)


@op("Unpack", outputs=("output*",))
def _unpack(value: Any, *, num: int, axis: int = 0) -> Any:
    return tf.unstack(value, num, axis)


@op("ConcatV2")
def _concat_v2(*inputs: Any) -> Any:
    *values, axis = inputs
    return tf.concat(values, axis)


@op("Concat")
def _concat(axis: Any, *values: Any) -> Any:
    return tf.concat(list(values), axis)


@op("Split", outputs=("output*",))
def _split(axis: Any, value: Any, *, num_split: int) -> Any:
    return tf.split(value, num_split, axis)


@op("SplitV", outputs=("output*",))
def _split_v(value: Any, sizes: Any, axis: Any, *, num_split: int) -> Any:
    return tf.split(value, sizes, axis, num=num_split)


@op("Gather")
def _gather(params: Any, indices: Any) -> Any:
    return tf.gather(params, indices)


@op("GatherV2")
def _gather_v2(params: Any, indices: Any, axis: Any, *, batch_dims: int = 0) -> Any:
    if type(params) is Sizes and known.of(indices) == []:
        return params[:0]
    return tf.gather(params, indices, axis=axis, batch_dims=batch_dims)


@op("ResourceGather")
def _resource_gather(resource: Any, indices: Any, *, batch_dims: int = 0) -> Any:
    return tf.gather(resource, indices, batch_dims=batch_dims)


@op("GatherNd", "ResourceGatherNd")
def _gather_nd(params: Any, indices: Any) -> Any:
    return tf.gather_nd(params, indices)


@op("Pad")
def _pad(input: Any, paddings: Any) -> Any:
    return tf.pad(input, paddings)


@op("PadV2")
def _pad_v2(input: Any, paddings: Any, constant_values: Any) -> Any:
    return tf.pad(input, paddings, constant_values=constant_values)


@op("MirrorPad")
def _mirror_pad(input: Any, paddings: Any, *, mode: str) -> Any:
    return tf.pad(input, paddings, mode)


@op("MirrorPadGrad")
def _mirror_pad_grad(input: Any, paddings: Any, *, mode: str) -> Any:
    pairs = numbers_of(paddings, "paddings")
    sizes = [size - sum(pair) for size, pair in zip(input.shape, pairs, strict=True)]
    for axis, ((before, after), size) in enumerate(zip(pairs, sizes, strict=True)):
        edge = 1 if mode == "REFLECT" else 0
        left, core, right = input.split([before, size, after], axis)
        input = (
            core
            + _placed(left.flip(axis), axis, edge, size)
            + _placed(right.flip(axis), axis, size - edge - after, size)
        )
    return input


def _placed(part: Tensor, axis: int, start: int, size: int) -> Tensor:
    """A part of an axis of some size, with zeros before it and after it."""
    beside = (start, size - start - part.shape[axis])
    return functional.pad(part, (*(0, 0) * (part.ndim - 1 - axis), *beside))


@op("TileGrad")
def _tile_grad(input: Any, multiples: Any) -> Any:
    counts = shape_of(multiples)
    split = [
        number
        for size, count in zip(input.shape, counts, strict=True)
        for number in (count, size // count)
    ]
    return input.reshape(split).sum(list(range(0, 2 * len(counts), 2))) if counts else input


@op("OneHot")
def _one_hot(indices: Any, depth: Any, on_value: Any, off_value: Any, *, axis: int = -1) -> Any:
    return tf.one_hot(indices, depth, on_value, off_value, axis)


@op("Range")
def _range(start: Any, limit: Any, delta: Any, *, Tidx: Any = torch.int32) -> Any:  # noqa: N803
    return tf.range(start, limit, delta, dtype=Tidx)


@op("BroadcastArgs")
def _broadcast_args(s0: Any, s1: Any) -> Any:
    return Sizes(tf.broadcast_dynamic_shape(s0, s1), _dtype(s0))


@op("LinSpace")
def _lin_space(start: Any, stop: Any, num: Any) -> Any:
    return tf.linspace(start, stop, numbers_of(num, "num"))


@op("Empty")
def _empty(shape: Any, *, dtype: Any, init: bool = False) -> Any:
    """Zeros; TensorFlow leaves what was in memory, unless `init`."""
    return tf.zeros(shape, dtype)


@op("Bitcast")
def _bitcast(input: Any, *, type: Any) -> Any:
    return tf.bitcast(input, type)


@op("ParallelConcat")
def _parallel_concat(*values: Any) -> Any:
    return tf.concat(list(values), 0)


@op("ConcatOffset", outputs=("offset*",))
def _concat_offset(concat_dim: Any, *shape: Any) -> Any:
    axis = numbers_of(concat_dim, "concat_dim")
    offsets, before = [], 0
    for each in shape:
        sizes = shape_of(each)
        place = axis % len(sizes)
        offsets.append(
            Sizes([before if i == place else 0 for i in range(len(sizes))], _dtype(each))
        )
        before += sizes[place]
    return offsets


def _dtype(sizes: Any) -> Any:
    return getattr(sizes, "dtype", torch.int32)


@op("Reverse")
def _reverse(tensor: Any, dims: Any) -> Any:
    return tf.reverse(tensor, [axis for axis, turned in enumerate(dims.tolist()) if turned])


@op("ReverseSequence")
def _reverse_sequence(input: Any, seq_lengths: Any, *, seq_dim: int, batch_dim: int = 0) -> Any:
    return tf.reverse_sequence(input, seq_lengths, seq_dim, batch_dim)


@op("DataFormatDimMap")
def _data_format_dim_map(x: Any, *, src_format: str = "NHWC", dst_format: str = "NCHW") -> Any:
    places = [dst_format.index(axis) for axis in src_format]
    if type(x) is int:
        return places[x]
    row = row_of(x)
    if row is not None:
        return Sizes([places[axis] for axis in row], _dtype(x))
    # Those that count from the end pick from the end.
    given = as_tensor(x).long()
    table = torch.tensor(places, device=given.device)
    return table[given].to(x.dtype)


@op("DataFormatVecPermute")
def _data_format_vec_permute(x: Any, *, src_format: str = "NHWC", dst_format: str = "NCHW") -> Any:
    count = len(x)
    if count < len(src_format):
        # Sizes of space alone.
        src_format, dst_format = (
            "".join(axis for axis in text if axis in "DHW") for text in (src_format, dst_format)
        )
    order = [src_format.index(axis) for axis in dst_format]
    if isinstance(x, Tensor):
        return x[order]
    return Sizes([x[place] for place in order], _dtype(x))


@op("ToBool")
def _to_bool(input: Any) -> Any:
    given = as_tensor(input)
    return given != 0 if given.ndim == 0 else given.numel() > 0


@op("DeviceIndex")
def _device_index(*, device_names: list[str]) -> Any:
    """The way of a CPU, wherever the net is: that of another device may need its own kernels."""
    return device_names.index("CPU") if "CPU" in device_names else len(device_names)
