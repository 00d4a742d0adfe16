"""The variables of a graph: which nodes they are, what collections say of them, and what their first values are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from google.protobuf.message import DecodeError
from torch import Tensor

import torchscope as ts
from torchscope.checkpoint import Checkpoint
from torchscope.checkpoint.formats import protos
from torchscope.graphs.definitions import Definition, Output
from torchscope.graphs.structure import VARIABLES

_ASSIGNS = frozenset(["Assign", "AssignVariableOp"])


class Described(NamedTuple):
    """What is known of a variable.

    Args:
        node: its node.
        name: its name in a checkpoint; of a piece, that of the whole.
        shape: its shape, as far as it is known; None if not even the rank is.
        dtype: its dtype.
        trainable: whether an optimizer is to train it.
        collections: the keys of the collections that it is in.
        initial: the tensor that is its first value.
        piece: of a piece, where it lies in the whole: a slice for each dimension.
        whole: of a piece, the shape of the whole.
    """

    node: str
    name: str
    shape: list[int | None] | None
    dtype: torch.dtype
    trainable: bool
    collections: tuple[str, ...]
    initial: Output | None
    piece: tuple[slice, ...] | None
    whole: tuple[int, ...] = ()

    def saved(self, checkpoint: Checkpoint) -> Tensor | None:
        """Its value in a checkpoint, if it has one there."""
        if self.name not in checkpoint:
            return None
        value: Any = checkpoint[self.name]
        found: Tensor = value if self.piece is None else value[self.piece].clone()
        return found


def describe(
    definition: Definition,
    collections: Mapping[str, Sequence[bytes]],
    trained: Mapping[str, bool] | None = None,
) -> list[Described]:
    """The variables of a graph, in the file's order. Those of texts and tables are left out.

    Args:
        definition: the graph.
        collections: the collections of a MetaGraphDef that hold messages.
        trained: whether variables are trained, by their names, where no collection tells.
    """
    messages: dict[str, Any] = {}
    member: dict[str, list[str]] = {}
    for key, values in collections.items():
        for message in _messages(values):
            node = message.variable_name.partition(":")[0]
            messages.setdefault(node, message)
            member.setdefault(node, []).append(key)
    first = _first_assigned(definition)
    told = ts.GraphKeys.TRAINABLE_VARIABLES in collections or bool(messages)
    found = []
    for node in definition.nodes.values():
        dtype = node.attributes.get("dtype")
        if node.op not in VARIABLES or not isinstance(dtype, torch.dtype):
            continue
        message = messages.get(node.name)
        keys = tuple(member.get(node.name, ()))
        trainable = ts.GraphKeys.TRAINABLE_VARIABLES in keys
        if not told:
            name = node.attributes.get("shared_name") or node.name
            trainable = (trained or {}).get(name, dtype.is_floating_point)
        initial = first.get(node.name)
        if message is not None:
            assign = definition.nodes.get(message.initializer_name.partition(":")[0])
            if assign is not None and assign.op in _ASSIGNS and len(assign.inputs) == 2:
                initial = assign.inputs[1]
        name, piece, whole = node.name, None, ()
        if message is not None and message.save_slice_info_def.full_name:
            info = message.save_slice_info_def
            name, whole = info.full_name, tuple(info.full_shape)
            piece = tuple(
                slice(at, at + size)
                for at, size in zip(info.var_offset, info.var_shape, strict=False)
            )
        found.append(
            Described(
                node.name,
                name,
                node.attributes.get("shape"),
                dtype,
                trainable,
                keys,
                initial,
                piece,
                whole,
            )
        )
    return found


def _messages(values: Sequence[bytes]) -> Iterator[Any]:
    for value in values:
        try:
            message = protos.VariableDef.FromString(value)
        except DecodeError:
            continue
        if message.variable_name and message.initializer_name:
            yield message


def _first_assigned(definition: Definition) -> dict[str, Output]:
    """What is assigned to each variable first, by the variable's node."""
    found: dict[str, Output] = {}
    for node in definition.nodes.values():
        if node.op in _ASSIGNS and len(node.inputs) == 2:
            found.setdefault(node.inputs[0].node, node.inputs[1])
    return found
