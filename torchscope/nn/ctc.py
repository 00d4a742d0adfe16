"""Connectionist temporal classification: texts that are aligned with longer sequences (tf.nn.ctc_loss)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import as_tensor, check_rank, either, of_dtype
from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.ops.sparse.tensor import SparseTensor, check_ordered, readable
from torchscope.nn.ctc_operation import losses as operation

_INPUTS = (torch.float32, torch.float64)


def ctc_loss(
    labels: Any,
    inputs: Any = None,
    sequence_length: Any = None,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
    time_major: bool = True,
    logits: Any = None,
) -> Tensor:
    """How unlikely sparse labels are, whose blank is the last class (tf.nn.ctc_loss).

    >>> labels = SparseTensor([[0, 0], [0, 1]], torch.tensor([0, 1], dtype=torch.int32), [1, 2])
    >>> ctc_loss(labels, torch.zeros(2, 1, 3), [2])
    tensor([2.1972])

    Args:
        labels: a SparseTensor of int32, (N, L), in the order of rows.
        inputs: logits, (T, N, C).
        sequence_length: how many steps of each sequence count, (N,).
        preprocess_collapse_repeated: whether equal labels that follow one another are one.
        ctc_merge_repeated: only True.
        ignore_longer_outputs_than_inputs: whether a text that is longer than its sequence has a loss of
            0, rather than being refused.
        time_major: whether the logits are (T, N, C) rather than (N, T, C).
        logits: another name of `inputs`.

    Returns:
        The losses, (N,); infinite where equal neighbours leave no time for a blank between them.

    Raises:
        TypeError: the labels are not sparse, or not of int32, or the logits are no floats.
        ValueError: a rank does not fit.
        InvalidArgumentError: on the CPU, a label is none of the classes or the blank, a text is empty
            or too long, or a sequence ends after the last step.
        NotImplementedError: ctc_merge_repeated=False.
    """
    if not isinstance(labels, SparseTensor):
        raise TypeError(
            f"Expected argument `labels` to be a SparseTensor. Received labels={labels} of type: "
            f"{type(labels).__name__}. tf.nn.ctc_loss_v2 takes dense ones."
        )
    scores = either("inputs", inputs, "logits", logits)
    how = preprocess_collapse_repeated, ctc_merge_repeated, ignore_longer_outputs_than_inputs
    return _of_sparse(labels, scores, sequence_length, *how, time_major)[0]


def loss_and_gradient(
    labels: SparseTensor,
    inputs: Tensor,
    sequence_length: Any,
    preprocess_collapse_repeated: bool,
    ctc_merge_repeated: bool,
    ignore_longer_outputs_than_inputs: bool,
) -> tuple[Tensor, Tensor]:
    """The losses of `ctc_loss`, and how each depends on its logits, (T, N, C): both outputs of TF1's operation."""
    how = preprocess_collapse_repeated, ctc_merge_repeated, ignore_longer_outputs_than_inputs
    return _of_sparse(labels, inputs, sequence_length, *how, True, differentiated=True)


def _of_sparse(
    labels: SparseTensor,
    logits: Any,
    sequence_length: Any,
    collapse: bool,
    merge: bool,
    ignore: bool,
    time_major: bool,
    *,
    differentiated: bool = False,
) -> tuple[Tensor, Tensor]:
    if not merge:
        raise NotImplementedError(
            "ctc_loss has no ctc_merge_repeated=False: PyTorch's loss merges what is repeated. Leave it "
            "out."
        )
    of_dtype(labels.values, "labels_values", (torch.int32,))
    scores = by_time(logits, time_major)
    lengths = as_tensor(sequence_length, scores).to(torch.int64)
    check_ordered(labels.indices)
    targets, sizes = _texts(labels, scores.shape[1], collapse)
    blank = scores.shape[2] - 1
    if readable(sizes) and readable(lengths):
        _check_labels(labels.values, blank)
        _check_lengths(sizes, lengths, scores.shape[0], ignore)
    found, gradient = _losses(scores, targets, sizes, lengths, blank, differentiated=differentiated)
    if ignore:
        found = torch.where(sizes > lengths, 0, found)
        if differentiated:
            gradient = torch.where((sizes > lengths)[:, None], 0, gradient)
    return found, gradient


def by_time(logits: Any, time_major: bool) -> Tensor:
    """The logits as floats, (T, N, C).

    Raises:
        ValueError: the rank is not 3.
        TypeError: they are no floats.
    """
    scores = as_tensor(logits)
    if scores.dtype not in (torch.float16, torch.bfloat16):
        of_dtype(scores, "inputs", _INPUTS)
    check_rank("the logits", scores, 3)
    return scores if time_major else scores.transpose(0, 1)


def _texts(labels: SparseTensor, count: int, collapse: bool) -> tuple[Tensor, Tensor]:
    """The labels row by row, (N, L), and how many each row has."""
    rows, values = labels.indices[:, 0], labels.values.to(torch.int64)
    if collapse:
        # What is kept of a row moves to its begin; the others are put behind it.
        same = (rows[1:] == rows[:-1]) & (values[1:] == values[:-1])
        kept = torch.cat([same.new_ones(min(1, len(rows))), ~same])
    else:
        kept = torch.ones_like(rows, dtype=torch.bool)
    ones = kept.to(torch.int64)
    sizes = rows.new_zeros(count).index_add(0, rows, ones)
    begins = sizes.cumsum(0) - sizes
    place = ones.cumsum(0) - 1 - begins[rows]
    width = labels.sizes[1]
    # A column more, for those that are left out.
    targets = values.new_zeros(count, width + 1)
    targets = targets.index_put((rows, torch.where(kept, place, width)), values)
    return targets[:, :width], sizes


def _check_labels(values: Tensor, blank: int) -> None:
    if not len(values):
        return
    if values.min() < 0:
        raise InvalidArgumentError(
            None, None, f"All labels must be nonnegative integers: {values.tolist()}"
        )
    if values.max() >= blank:
        raise InvalidArgumentError(
            None,
            None,
            "Saw a non-null label (index >= num_classes - 1) following a null label: labels are below "
            f"{blank}, which is the blank, and one of them is {int(values.max())}. Give the logits one "
            "class more than there are labels.",
        )


def _check_lengths(sizes: Tensor, lengths: Tensor, steps: int, ignored: bool) -> None:
    check_ends(lengths, steps)
    if not sizes.all():
        which = int((sizes == 0).nonzero()[0])
        raise InvalidArgumentError(
            None, None, f"Labels length is zero in batch {which}: each text has a label."
        )
    longer = sizes > lengths
    if longer.any() and not ignored:
        which = int(longer.nonzero()[0])
        raise InvalidArgumentError(
            None,
            None,
            f"Not enough time for target transition sequence (required: {int(sizes[which])}, available: "
            f"{int(lengths[which])}) in batch {which}. Leave it out of the batch, or give "
            "ignore_longer_outputs_than_inputs=True for a loss of 0.",
        )


def check_ends(lengths: Tensor, steps: int) -> None:
    """Refuses, on the CPU, sequences that are longer than the batch."""
    if readable(lengths) and (lengths > steps).any():
        which = int((lengths > steps).nonzero()[0])
        raise InvalidArgumentError(
            None, None, f"sequence_length({which}) <= {steps}: it is {int(lengths[which])}."
        )


def _losses(
    scores: Tensor,
    targets: Tensor,
    sizes: Tensor,
    lengths: Tensor,
    blank: int,
    *,
    differentiated: bool = False,
) -> tuple[Tensor, Tensor]:
    """The losses in the dtype of the logits, and their gradients; half precisions are computed in float32.

    Gradients are there where they are asked for, or may be needed.
    """
    wide = scores.float() if scores.dtype.itemsize < 4 else scores
    needed = differentiated or (wide.requires_grad and torch.is_grad_enabled())
    found, gradient = operation(wide, targets, sizes, lengths, blank, needed)
    return found.to(scores.dtype), gradient.detach().to(scores.dtype)


def ctc_loss_v2(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: int | None = None,
    name: str | None = None,
) -> Tensor:
    """How unlikely labels are, sparse ones or dense (tf.nn.ctc_loss_v2).

    >>> ctc_loss_v2([[1, 2]], torch.zeros(2, 1, 3), [2], [2])
    tensor([2.1972])

    Args:
        labels: integers, (N, L), or a SparseTensor of them.
        logits: (T, N, C), or (N, T, C).
        label_length: how many labels of each row count, (N,); of dense labels only.
        logit_length: how many steps of each sequence count, (N,).
        logits_time_major: whether the logits are (T, N, C).
        unique: accepted for TF1 code; it has no effect.
        blank_index: the class that is the blank, maybe counted from the end; 0 for dense labels by
            default. Sparse ones want it.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The losses, (N,); infinite where a text does not fit into its sequence, or has a label that is no
        class. TensorFlow gives some number there.

    Raises:
        ValueError: there is no blank index, or a rank does not fit.
        InvalidArgumentError: as `ctc_loss`, for sparse labels.
        TypeError: as `ctc_loss`.
    """
    scores = by_time(logits, logits_time_major)
    classes = scores.shape[2]
    if isinstance(labels, SparseTensor):
        if blank_index is None:
            raise ValueError(
                "Argument `blank_index` must be provided when labels is a SparseTensor. It is -1 where "
                "the blank is the last class, as for tf.nn.ctc_loss."
            )
        blank = blank_index % classes
        moved = torch.cat(
            [scores[..., :blank], scores[..., blank + 1 :], scores[..., blank : blank + 1]], -1
        )
        values = labels.values
        lower = labels.with_values(torch.where(values < blank, values, values - 1))
        return ctc_loss(lower, moved, logit_length)
    lengths = as_tensor(logit_length, scores).to(torch.int64)
    targets = as_tensor(labels, scores, torch.int64).to(torch.int64)
    check_rank("labels", targets, 2)
    sizes = as_tensor(label_length, scores).to(torch.int64)
    check_ends(lengths, scores.shape[0])
    return _losses(scores, targets, sizes, lengths, (blank_index or 0) % classes)[0]


def collapse_repeated(
    labels: Any, seq_length: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Labels of which equal ones that follow one another are one (tf.nn.collapse_repeated).

    >>> collapse_repeated([[1, 1, 2, 2], [3, 3, 0, 0]], [4, 2])
    (tensor([[1, 2],
            [3, 0]], dtype=torch.int32), tensor([2, 1], dtype=torch.int32))

    Args:
        labels: integers, (N, L).
        seq_length: how many of each row count, (N,).
        name: accepted for TF1 code; it has no effect.

    Returns:
        The labels, with zeros behind them, and how many each row has.

    Raises:
        ValueError: the labels are of another rank.
    """
    given = as_tensor(labels)
    check_rank("labels", given, 2)
    sizes = as_tensor(seq_length, given)
    columns = torch.arange(given.shape[1], device=given.device)
    kept = torch.nn.functional.pad(given[:, 1:] != given[:, :-1], (1, 0), value=True)
    kept = kept & (columns < sizes[:, None])
    count = kept.sum(1)
    found = given.new_zeros(len(given), int(count.max()) if len(given) else 0)
    rows, _ = kept.nonzero(as_tuple=True)
    found = found.index_put((rows, kept.cumsum(1)[kept] - 1), given[kept])
    return found, count.to(sizes.dtype)


def ctc_greedy_decoder(
    inputs: Any,
    sequence_length: Any,
    merge_repeated: bool = True,
    blank_index: int | None = None,
) -> tuple[list[SparseTensor], Tensor]:
    """The text of the likeliest class of each step (tf.nn.ctc_greedy_decoder).

    >>> logits = torch.tensor([[[5.0, 0.0, 0.0]], [[5.0, 0.0, 0.0]], [[0.0, 0.0, 5.0]]])
    >>> (text,), score = ctc_greedy_decoder(logits, [3])
    >>> text.values, score
    (tensor([0]), tensor([[-15.]]))

    Args:
        inputs: logits, (T, N, C).
        sequence_length: how many steps of each sequence count, (N,).
        merge_repeated: whether a class that is repeated, without a blank between, is one label.
        blank_index: the class that is the blank, maybe counted from the end; the last by default.

    Returns:
        A list of one SparseTensor of int64, (N, L), and (N, 1): minus the sum of the largest logits.

    Raises:
        ValueError: the rank is not 3.
        TypeError: the logits are no floats.
        InvalidArgumentError: on the CPU, a sequence ends after the last step.
    """
    scores = by_time(inputs, True)
    lengths = as_tensor(sequence_length, scores).to(torch.int64)
    check_ends(lengths, scores.shape[0])
    blank = (-1 if blank_index is None else blank_index) % scores.shape[2]
    largest, classes = scores.max(-1)
    steps = torch.arange(scores.shape[0], device=scores.device)[:, None] < lengths
    kept = steps & (classes != blank)
    if merge_repeated:
        same = F.pad(classes[1:] == classes[:-1], (0, 0, 1, 0))
        kept = kept & ~same
    kept, classes = kept.t(), classes.t()
    rows, _ = kept.nonzero(as_tuple=True)
    columns = kept.cumsum(1)[kept] - 1
    longest = int(columns.max()) + 1 if len(columns) else 0
    text = SparseTensor(torch.stack([rows, columns], 1), classes[kept], [len(kept), longest])
    return [text], -torch.where(steps, largest, 0).sum(0)[:, None]
