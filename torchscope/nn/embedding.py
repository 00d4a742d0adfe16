"""Rows of a table by number, also where the table is in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, of_dtype
from torchscope._core.ops.picking import take
from torchscope._core.values.conversion import dtype_name, shape_text
from torchscope._core.values.partitioners import PartitionedVariable

_STRATEGIES = ("mod", "div")


def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: Any = None,
) -> Tensor:
    """The rows of a table that `ids` name (tf.nn.embedding_lookup).

    >>> table = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    >>> embedding_lookup(table, [[2, 0]])
    tensor([[[4., 5.],
             [0., 1.]]])
    >>> embedding_lookup([table[:2], table[2:]], [2, 0], partition_strategy="div")
    tensor([[4., 5.],
            [0., 1.]])

    Args:
        params: a table (V, ...), a list of its pieces, or a variable in pieces. No copy of the
            whole is made of pieces.
        ids: integers in [0, V), of any shape.
        partition_strategy: how pieces share the rows. With 'mod' row i is in piece i % n; with
            'div' each piece has neighbouring rows, as those that a partitioner cuts.
        name: accepted for TF1 code; it has no effect.
        validate_indices: accepted for TF1 code; it has no effect.
        max_norm: rows with a larger L2 norm are scaled down to it.

    Returns:
        The rows, (*ids.shape, ...).

    Raises:
        ValueError: there is no table, the strategy is unknown, the pieces do not fit together, or,
            on the CPU, an id is out of range.
        TypeError: the ids are no integers, or the pieces have different dtypes.
    """
    if params is None:
        raise ValueError("params must be specified: a table of rows, or a list of its pieces.")
    if isinstance(params, list | tuple) and not params:
        raise ValueError("Length of params is currently 0. Need at least one param.")
    pieces = list(params) if isinstance(params, PartitionedVariable | list | tuple) else [params]
    pieces = [as_tensor(piece) for piece in pieces]
    ids = as_tensor(ids, beside=pieces[0])
    ids = of_dtype(ids, "indices", (torch.int16, torch.int32, torch.int64))
    if len(pieces) == 1:
        rows = _rows(pieces[0], ids)
    else:
        _check_fit(pieces)
        rows = _rows_of_pieces(pieces, ids, partition_strategy)
    return rows if max_norm is None else _clipped(rows, ids.ndim, max_norm)


def _rows(table: Tensor, ids: Tensor, own: Tensor | None = None) -> Tensor:
    """The rows of one tensor; `own` tells which of them are used."""
    if table.ndim == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0: a table has rows, (V, ...).")
    return take(table, ids, own=own)


def _check_fit(pieces: Sequence[Tensor]) -> None:
    """Refuses pieces whose rows are not alike."""
    if len({piece.dtype for piece in pieces}) > 1:
        raise TypeError(
            "Tensors in list passed to 'data' of 'ParallelDynamicStitch' Op have types "
            f"[{', '.join(dtype_name(piece.dtype) for piece in pieces)}] that don't all match. "
            "All pieces of a table must have one dtype."
        )
    first = pieces[0].shape[1:]
    for piece in pieces:
        if piece.shape[1:] != first:
            shapes = ", ".join(shape_text(each.shape) for each in pieces)
            raise ValueError(
                f"The pieces of a table must have rows of one shape, but they are: {shapes}."
            )


def _rows_of_pieces(pieces: Sequence[Tensor], ids: Tensor, strategy: str) -> Tensor:
    """Asks every piece for every id, row 0 where the id is not its own, and takes what is."""
    if strategy not in _STRATEGIES:
        raise ValueError(
            f"Unrecognized partition strategy: {strategy}.Must be one of either `mod` or `div`."
        )
    count = len(pieces)
    ids = ids.to(torch.int64)
    if strategy == "mod":
        owner, row = ids % count, ids // count
    else:
        # The first `extra` pieces have one row more, as a partitioner cuts them.
        each, extra = divmod(sum(len(piece) for piece in pieces), count)
        if each == 0:
            raise ValueError(
                f"There are {count} pieces, but only {extra} rows to share: with 'div' each piece "
                "has one at least."
            )
        owner = torch.maximum(ids // (each + 1), (ids - extra) // each)
        row = torch.where(owner < extra, ids % (each + 1), (ids - extra) % each)
        # What no piece has is asked of the nearest one, which refuses it.
        row = torch.where((ids < 0) | (owner >= count), ids, row)
        owner = owner.clamp(0, count - 1)
    found = None
    for number, piece in enumerate(pieces):
        own = owner == number
        if not len(piece) and (own.is_meta or not own.any()):
            # It has no row 0, and is asked for none.
            rows = piece.new_zeros((*ids.shape, *piece.shape[1:]))
        else:
            rows = _rows(piece, torch.where(own, row, 0), own)
        if found is None:
            found = rows
        else:
            found = torch.where(own.reshape((*own.shape, *(1,) * (piece.ndim - 1))), rows, found)
    assert found is not None
    return found


def _clipped(rows: Tensor, first: int, max_norm: Any) -> Tensor:
    """Rows scaled down to a norm, whose gradients TF1 takes into account."""
    axes = tuple(range(first, rows.ndim))
    squares = rows.square()
    if axes:
        squares = squares.sum(axes, keepdim=True)
    # The root has no gradient at 0.
    norm = torch.where(squares > 0, torch.where(squares > 0, squares, 1).sqrt(), squares)
    limit = torch.as_tensor(max_norm, dtype=rows.dtype, device=rows.device).clamp(min=0)
    return rows * limit / torch.maximum(norm, limit)
