"""Variables in pieces: a request with a partitioner finds the pieces, or makes them."""

from __future__ import annotations

from typing import Any

import torch

from torchscope._core.names.valid_names import check_name
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import Pass
from torchscope._core.requests.request import Request
from torchscope._core.requests.reuse import get_single, has, may_be_shared
from torchscope._core.store.records import Kind
from torchscope._core.values import errors
from torchscope._core.values.conversion import as_shape, convert_to_tensor, dtype_name, shape_text
from torchscope._core.values.partitioners import (
    PartitionedVariable,
    PartitionInfo,
    partitions_of,
    pieces_of,
)


def get_partitioned(
    pass_: Pass, request: Request, whole: PartitionedVariable | None
) -> PartitionedVariable:
    """Finds a variable that is cut into pieces, or makes the pieces."""
    name, shape, dtype, initializer = request[:4]
    if has(pass_, name):
        raise ValueError(
            "A partitioner was provided, but an unpartitioned version of the variable was found: "
            f"{name}.  Perhaps a variable of the same name was already created without "
            "partitioning?"
        )
    if shape is None and isinstance(initializer, torch.Tensor):
        shape = as_shape(initializer.shape)
    partitions = None
    if request.partitioner is not None:
        partitions = partitions_of(request.partitioner, shape, dtype)
    if whole is not None:
        _check_whole(whole, request, shape, partitions)
        return whole
    assert shape is not None
    assert partitions is not None
    first = pass_.store.find(Kind.GOT, f"{name}/part_0")
    if request.reuse is True and (first is None or not may_be_shared(pass_, first)):
        raise ValueError(
            f"PartitionedVariable {name} does not exist, or was not created with "
            "tf.get_variable(). Did you mean to set reuse=False or reuse=tf.AUTO_REUSE in VarScope?"
            f"{_outside()}"
        )
    full = [dimension for dimension in shape if dimension is not None]
    # TF1 opens a name scope of this name around each piece.
    check_name(f"{name}/part_0/PartitionedInitializer", at_root=True)
    value = None
    if initializer is not None and not callable(initializer):
        value = _whole_value(name, initializer, dtype, full)
        dtype = value.dtype
    pieces = []
    for number, (offset, size) in enumerate(pieces_of(full, partitions)):
        part: Any = initializer
        if value is not None:
            part = value[tuple(slice(o, o + s) for o, s in zip(offset, size, strict=True))]
        piece = request._replace(
            name=f"{name}/part_{number}",
            shape=tuple(size) if value is None else None,
            dtype=dtype,
            initializer=part,
            partition=PartitionInfo(full, offset),
        )
        pieces.append(get_single(pass_, piece))
    whole = PartitionedVariable(name, full, dtype, pieces, partitions)
    pass_.partitioned[name] = whole
    return whole


def _outside() -> str:
    return errors.shared_by_all() if passes.active() is None else ""


def _whole_value(name: str, value: Any, dtype: torch.dtype, shape: list[int]) -> torch.Tensor:
    """The value that is cut into pieces; it may be larger than the variable, as in TF1."""
    tensor = convert_to_tensor(value, None if isinstance(value, torch.Tensor) else dtype)
    if tensor.ndim != len(shape):
        raise ValueError(
            f"Shape must be rank {len(shape)} but is rank {tensor.ndim}. {name} has shape "
            f"{shape_text(shape)}, and its initializer {shape_text(tensor.shape)}."
        )
    if any(size < wanted for size, wanted in zip(tensor.shape, shape, strict=True)):
        raise ValueError(
            f"The initializer of {name} has shape {shape_text(tensor.shape)}, which is less than "
            f"{shape_text(shape)}."
        )
    return tensor


def _check_whole(
    whole: PartitionedVariable,
    request: Request,
    shape: tuple[int | None, ...] | None,
    partitions: list[int] | None,
) -> None:
    """Refuses a request that disagrees with the variable in pieces that it found."""
    name = request.name
    if not request.reuse:
        raise ValueError(
            f"Partitioned variable with name {name} already exists. Did you mean to set reuse=True "
            f"or reuse=tf.AUTO_REUSE in VarScope?{_outside()}"
        )
    trying = f"Trying to reuse partitioned variable {name}, but specified"
    if shape is not None and shape != tuple(whole.shape):
        raise ValueError(
            f"{trying} shape {shape_text(shape)} and found shape {shape_text(whole.shape)}."
        )
    if request.dtype != whole.dtype:
        raise ValueError(
            f"{trying} dtype {dtype_name(request.dtype)} and found dtype {dtype_name(whole.dtype)}."
        )
    if partitions is not None and partitions != whole.partitions:
        raise ValueError(
            f"{trying} partitions {partitions} and found partitions {whole.partitions}."
        )
