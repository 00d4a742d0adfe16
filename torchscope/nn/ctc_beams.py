"""The likeliest texts of a sequence, found beam by beam (tf.nn.ctc_beam_search_decoder)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.ops.sparse.tensor import SparseTensor
from torchscope.nn.ctc import by_time, check_ends


class _Beams:
    """The texts that are followed: what they end with, and the logarithm of how likely each is.

    A text is a node of a tree: a label behind another text. Node 0 is the empty one.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.parents, self.labels = [-1], [-1]
        self._children: dict[tuple[int, int], int] = {}
        self.nodes = [0]
        # How likely a text is where the last step was a blank, and where it was its last label.
        self.blank = torch.zeros(1, dtype=torch.float64)
        self.label = torch.full((1,), -torch.inf, dtype=torch.float64)

    @property
    def total(self) -> Tensor:
        return torch.logaddexp(self.blank, self.label)

    def step(self, scores: Tensor) -> None:
        """Follows one step more; `scores` are the logarithms of the classes, the last the blank."""
        classes = len(scores) - 1
        last = torch.tensor([self.labels[node] for node in self.nodes])
        where = {node: number for number, node in enumerate(self.nodes)}
        parent = torch.tensor([where.get(self.parents[node], -1) for node in self.nodes])
        total = self.total
        # A label that is repeated is new only behind a blank.
        grown = torch.where(
            last[:, None] == torch.arange(classes), self.blank[:, None], total[:, None]
        )
        has = parent >= 0
        again = torch.where(last >= 0, self.label, -torch.inf)
        from_parent = grown[parent[has], last[has]]
        again = again.index_put((has.nonzero()[:, 0],), torch.logaddexp(again[has], from_parent))
        label = again + torch.where(last >= 0, scores[last], 0.0)
        blank = total + scores[-1]
        grown = grown + scores[:-1]
        # What is among the beams already has its share.
        grown = grown.index_put((parent[has], last[has]), torch.tensor(-torch.inf).double())
        everything = torch.cat([torch.logaddexp(blank, label), grown.flatten()])
        best = everything.topk(min(self.width, len(everything)))
        chosen = best.indices[best.values > -torch.inf]
        old = chosen[chosen < len(last)]
        new = chosen[chosen >= len(last)] - len(last)
        nodes = [self.nodes[number] for number in old.tolist()]
        nodes += [self._child(self.nodes[at // classes], at % classes) for at in new.tolist()]
        self.nodes = nodes
        self.blank = torch.cat([blank[old], torch.full((len(new),), -torch.inf).double()])
        self.label = torch.cat([label[old], grown.flatten()[new]])

    def _child(self, node: int, label: int) -> int:
        child = self._children.get((node, label))
        if child is None:
            child = self._children[node, label] = len(self.parents)
            self.parents.append(node)
            self.labels.append(label)
        return child

    def best(self, count: int, merged: bool) -> tuple[list[list[int]], Tensor]:
        """The likeliest texts, and the logarithms of how likely they are."""
        if len(self.nodes) < count:
            raise InvalidArgumentError(
                None,
                None,
                f"Less leaves in the beam search than requested. There are {len(self.nodes)} texts, and "
                f"top_paths is {count}.",
            )
        values, order = self.total.topk(count)
        return [self._text(self.nodes[number], merged) for number in order.tolist()], values

    def _text(self, node: int, merged: bool) -> list[int]:
        found: list[int] = []
        while node:
            label = self.labels[node]
            if not (merged and found and found[-1] == label):
                found.append(label)
            node = self.parents[node]
        return found[::-1]


def ctc_beam_search_decoder(
    inputs: Any,
    sequence_length: Any,
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
) -> tuple[list[SparseTensor], Tensor]:
    """The likeliest texts (tf.nn.ctc_beam_search_decoder). It runs on the CPU, step by step.

    >>> logits = torch.tensor([[[5.0, 0.0, 0.0]], [[5.0, 0.0, 0.0]], [[0.0, 0.0, 5.0]]])
    >>> (text,), score = ctc_beam_search_decoder(logits, [3])
    >>> text.values, score
    (tensor([0]), tensor([[-0.0201]]))

    Args:
        inputs: logits, (T, N, C); the last class is the blank.
        sequence_length: how many steps of each sequence count, (N,).
        beam_width: how many texts are followed.
        top_paths: how many are given, at most `beam_width`.
        merge_repeated: whether equal labels that follow one another in a text become one, also where a
            blank was between them.

    Returns:
        A list of `top_paths` SparseTensors of int64, (N, L), and (N, top_paths): the logarithms of how
        likely they are. No gradient flows.

    Raises:
        ValueError: the rank is not 3.
        TypeError: the logits are no floats.
        InvalidArgumentError: there are fewer texts than `top_paths`, or a sequence ends after the last
            step.
    """
    scores = by_time(inputs, True)
    lengths = as_tensor(sequence_length, scores).to(torch.int64).cpu()
    check_ends(lengths, scores.shape[0])
    likely = torch.log_softmax(scores.detach().cpu().double(), -1)
    found = []
    for number, length in enumerate(lengths.tolist()):
        beams = _Beams(beam_width)
        for step in likely[:length, number]:
            beams.step(step)
        found.append(beams.best(top_paths, merge_repeated))
    decoded = [_sparse([texts[path] for texts, _ in found]) for path in range(top_paths)]
    logarithms = torch.stack([values for _, values in found])
    return decoded, logarithms.to(scores.device, scores.dtype)


def _sparse(texts: list[list[int]]) -> SparseTensor:
    """Texts as one sparse tensor, (N, the longest)."""
    places = [[row, column] for row, text in enumerate(texts) for column in range(len(text))]
    values = [label for text in texts for label in text]
    return SparseTensor(
        torch.tensor(places, dtype=torch.int64).reshape(-1, 2),
        torch.tensor(values, dtype=torch.int64),
        [len(texts), max(map(len, texts), default=0)],
    )


def ctc_beam_search_decoder_v2(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[SparseTensor], Tensor]:
    """The same with merge_repeated=False (tf.nn.ctc_beam_search_decoder_v2).

    >>> ctc_beam_search_decoder_v2(torch.zeros(1, 1, 2), [1], top_paths=2)[1]
    tensor([[-0.6931, -0.6931]])

    Args:
        inputs: as there.
        sequence_length: as there.
        beam_width: as there.
        top_paths: as there.

    Raises:
        ValueError, TypeError, InvalidArgumentError: as there.
    """
    return ctc_beam_search_decoder(inputs, sequence_length, beam_width, top_paths, False)
