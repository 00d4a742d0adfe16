"""The values of tf.summary.text and tf.summary.tensor_summary: tensors as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchscope._core.summaries.protocol import message, module_of_extra
from torchscope._core.values.conversion import dtype_name

# TensorFlow's names of dtypes that it does not write as they are.
_NAMES = {"float16": "HALF", "float32": "FLOAT", "float64": "DOUBLE"}


class Metadata(NamedTuple):
    """How a tensor is to be shown.

    Attributes:
        plugin: the part of TensorBoard that shows it, such as 'text'.
        display_name: the name that is shown.
        description: what is shown beside it.
        serialized: a SummaryMetadata message with what else is known.
    """

    plugin: str | None = None
    display_name: str | None = None
    description: str | None = None
    serialized: bytes = b""

    def message(self) -> Any:
        """A SummaryMetadata message."""
        made = message("SummaryMetadata").FromString(self.serialized)
        if self.plugin is not None:
            made.plugin_data.plugin_name = self.plugin
        if self.display_name is not None:
            made.display_name = self.display_name
        if self.description is not None:
            made.summary_description = self.description
        return made


def text_values(
    name: str, tag: str, shape: tuple[int, ...], texts: tuple[bytes, ...], metadata: Metadata
) -> list[Any]:
    """Texts.

    Args:
        name: the name of the operation.
        tag: under which they are shown.
        shape: their shape.
        texts: the texts, in a row.
        metadata: how they are to be shown.
    """
    made = _value(tag, metadata)
    made.tensor.dtype = dtype_number("string")
    made.tensor.tensor_shape.CopyFrom(shape_message(shape))
    made.tensor.string_val.extend(texts)
    return [made]


def tensor_values(name: str, tag: str, tensor: Tensor, metadata: Metadata) -> list[Any]:
    """A tensor of numbers.

    Args:
        name: the name of the operation.
        tag: under which it is shown.
        tensor: the numbers.
        metadata: how they are to be shown.
    """
    made = _value(tag, metadata)
    made.tensor.dtype = dtype_number(dtype_name(tensor.dtype))
    made.tensor.tensor_shape.CopyFrom(shape_message(tensor.shape))
    content = tensor.cpu().contiguous().reshape(-1).view(torch.uint8)
    made.tensor.tensor_content = content.numpy().tobytes()
    return [made]


def _value(tag: str, metadata: Metadata) -> Any:
    return message("Summary").Value(tag=tag, metadata=metadata.message())


def dtype_number(name: str) -> int:
    """The number by which TensorFlow's messages know a dtype."""
    types = module_of_extra("tensorboard.compat.proto.types_pb2", "tf.summary")
    number: int = types.DataType.Value(f"DT_{_NAMES.get(name, name.upper())}")
    return number


def shape_message(shape: Iterable[int | None]) -> Any:
    """A shape as TensorFlow's messages have it; a size that may be any is None."""
    shapes = module_of_extra("tensorboard.compat.proto.tensor_shape_pb2", "tf.summary")
    shape_of = shapes.TensorShapeProto
    return shape_of(dim=[shape_of.Dim(size=-1 if size is None else int(size)) for size in shape])
