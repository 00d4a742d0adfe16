"""Blocks of space that become channels or batches, and back."""

from __future__ import annotations

from typing import Any

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op

op("SpaceToBatchND")(tf.space_to_batch_nd)
op("BatchToSpaceND")(tf.batch_to_space_nd)


@op("SpaceToDepth")
def _space_to_depth(input: Any, *, block_size: int, data_format: str = "NHWC") -> Any:
    return tf.space_to_depth(input, block_size, data_format=data_format)


@op("DepthToSpace")
def _depth_to_space(input: Any, *, block_size: int, data_format: str = "NHWC") -> Any:
    return tf.depth_to_space(input, block_size, data_format=data_format)


@op("SpaceToBatch")
def _space_to_batch(input: Any, paddings: Any, *, block_size: int) -> Any:
    return tf.space_to_batch(input, paddings, block_size)


@op("BatchToSpace")
def _batch_to_space(input: Any, crops: Any, *, block_size: int) -> Any:
    return tf.batch_to_space(input, crops, block_size)
