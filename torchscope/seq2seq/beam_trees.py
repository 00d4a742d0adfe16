"""The tree of a beam search: which words lead to which, read from its leaves back to its root."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, check_rank
from torchscope._core.values.structures import map_structure


def gather_tree(
    step_ids: Any,
    parent_ids: Any,
    max_sequence_lengths: Any,
    end_token: Any,
    name: str | None = None,
) -> Tensor:
    """The sequences that end in each beam (tf.contrib.seq2seq.gather_tree).

    >>> steps = torch.tensor([[[1, 2]], [[3, 4]]])
    >>> gather_tree(steps, torch.tensor([[[0, 0]], [[1, 0]]]), [2], 9)[:, 0].tolist()
    [[2, 1], [3, 4]]

    Args:
        step_ids: the class of each beam at each step, (T, B, W), of integers.
        parent_ids: the beam that it came from, (T, B, W).
        max_sequence_lengths: how many steps count, (B,).
        end_token: what stands after these, and after the first of its kind in a sequence.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (T, B, W).

    Raises:
        ValueError: a rank is another.
        RuntimeError: (on the CPU) there is no such beam.
    """
    steps = as_tensor(step_ids)
    parents = as_tensor(parent_ids, steps)
    lengths = as_tensor(max_sequence_lengths, steps)
    for what, tensor, rank in (
        ("step_ids of gather_tree", steps, 3),
        ("parent_ids of gather_tree", parents, 3),
        ("max_sequence_lengths of gather_tree", lengths, 1),
    ):
        check_rank(what, tensor, rank)
    end = as_tensor(end_token, steps).to(steps.dtype)
    beam = torch.arange(steps.shape[2], device=steps.device).expand(steps.shape[1:])
    written: list[Tensor] = []
    for time in reversed(range(steps.shape[0])):
        counts = (time < lengths).unsqueeze(1)
        written.append(torch.where(counts, steps[time].gather(1, beam), end))
        beam = torch.where(counts, parents[time].to(torch.int64).gather(1, beam), beam)
    if not written:
        return steps.clone()
    found = torch.stack(written[::-1])
    ends = (found == end).to(torch.int32)
    # Whether there was an end before.
    return torch.where(ends.cumsum(0) - ends > 0, end, found)


def gather_tree_from_array(t: Any, parent_ids: Any, sequence_length: Any) -> Tensor:
    """What was noted at each step, for the sequences that end in each beam.

    TF1 has it as tf.contrib.seq2seq.gather_tree_from_array.

    >>> noted = torch.tensor([[[1.0, 2.0]], [[3.0, 4.0]]])
    >>> parents = torch.tensor([[[0, 0]], [[1, 0]]])
    >>> gather_tree_from_array(noted, parents, torch.tensor([[2, 2]]))[:, 0].tolist()
    [[2.0, 1.0], [3.0, 4.0]]

    Args:
        t: what was noted, (T, B, W, ...) or (T, B * W, ...).
        parent_ids: the beam that each came from, (T, B, W).
        sequence_length: how many steps count, (B, W).

    Returns:
        The shape of `t`.
    """
    noted = as_tensor(t)
    parents = as_tensor(parent_ids, noted)
    lengths = as_tensor(sequence_length, noted)
    steps, batch, beams = parents.shape
    own = torch.arange(beams, dtype=torch.int32, device=noted.device).expand(parents.shape)
    sources = gather_tree(own, parents, lengths.amax(1), beams + 1)
    counts = torch.arange(steps, device=noted.device).reshape(-1, 1, 1) < lengths
    sources = torch.where(counts, sources, own).to(torch.int64)
    flat = noted.reshape(steps, batch, beams, -1)
    return flat.gather(2, sources.unsqueeze(3).expand(flat.shape)).reshape(noted.shape)


# Any: a structure of tensors, as the argument is.
def tile_batch(t: Any, multiplier: Any, name: str | None = None) -> Any:
    """Each example several times, one after the other (tf.contrib.seq2seq.tile_batch).

    >>> tile_batch(torch.tensor([1, 2]), 3)
    tensor([1, 1, 1, 2, 2, 2])

    Args:
        t: (B, ...), or a structure of such.
        multiplier: how many times, an integer: the width of the beam.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (B * multiplier, ...).

    Raises:
        ValueError: a tensor is one number, and has no batch.
    """

    def tiled(leaf: Any) -> Tensor:
        tensor = as_tensor(leaf)
        if not tensor.ndim:
            raise ValueError(
                "t must have statically known rank. A tensor in it is one number, which has no batch: "
                "tile the state of the encoder, and make that of an AttentionWrapper afterwards."
            )
        shape = tensor.shape
        wide = tensor.unsqueeze(1).expand(shape[0], int(multiplier), *shape[1:])
        return wide.reshape(shape[0] * int(multiplier), *shape[1:])

    return map_structure(tiled, t)
