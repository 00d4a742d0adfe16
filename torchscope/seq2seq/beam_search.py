"""Beam search: of each sequence the likeliest few beginnings go on."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.tensor_array import TensorArray
from torchscope._core.values.conversion import shape_text
from torchscope._core.values.static_shapes import TensorShape
from torchscope._core.values.structures import check_same_structure, flatten, map_structure
from torchscope.nn.ranking import top_k
from torchscope.rnn.wrappers import assert_like_rnncell
from torchscope.seq2seq.attention_wrapper import AttentionWrapperState
from torchscope.seq2seq.basic_decoder import checked_layer, size_of_outputs
from torchscope.seq2seq.beam_trees import gather_tree, gather_tree_from_array
from torchscope.seq2seq.decoding import Decoder
from torchscope.seq2seq.inference import embedding_function, start_and_end


class BeamSearchDecoderState(NamedTuple):
    """The state of a `BeamSearchDecoder` (tf.contrib.seq2seq.BeamSearchDecoderState).

    - `cell_state`: the cell's, (B, W, ...);
    - `log_probs`: the logarithm of the chance of each beam, (B, W);
    - `finished`: whether it has ended, (B, W);
    - `lengths`: how many steps it has, (B, W), of int64;
    - `accumulated_attention_probs`: how much it attended to each step of the memory; or ().
    """

    cell_state: Any
    log_probs: Any
    finished: Any
    lengths: Any
    accumulated_attention_probs: Any


class BeamSearchDecoderOutput(NamedTuple):
    """What a step gives (tf.contrib.seq2seq.BeamSearchDecoderOutput): three times (B, W).

    - `scores`: by which the beams were chosen;
    - `predicted_ids`: their last classes;
    - `parent_ids`: which beams they came from.
    """

    scores: Any
    predicted_ids: Any
    parent_ids: Any


class FinalBeamSearchDecoderOutput(NamedTuple):
    """What all steps give (tf.contrib.seq2seq.FinalBeamSearchDecoderOutput).

    - `predicted_ids`: the sequences, (B, T, W), the best first;
    - `beam_search_decoder_output`: what each step gave.
    """

    predicted_ids: Any
    beam_search_decoder_output: BeamSearchDecoderOutput


class BeamSearchDecoder(Decoder):
    """Decodes by beam search (tf.contrib.seq2seq.BeamSearchDecoder).

    >>> import torch, torchscope as ts
    >>> cell, layer = ts.rnn.GRUCell(6), ts.layers.Dense(4)
    >>> start = cell.zero_state(2 * 3, torch.float32)
    >>> decoder = BeamSearchDecoder(cell, torch.eye(4), [1, 1], 0, start, 3, layer)
    >>> outputs, state, lengths = ts.seq2seq.dynamic_decode(decoder, maximum_iterations=5)
    >>> outputs.predicted_ids.shape[::2], lengths.shape
    (torch.Size([2, 3]), torch.Size([2, 3]))

    A cell with attention is made of what `tile_batch` gives: each memory once for each beam.

    Args:
        cell: the cell.
        embedding: a table (V, D), or a function that embeds classes, (B, W).
        start_tokens: the first classes, (B,).
        end_token: the class that ends a sequence.
        initial_state: the cell's state at first, of B * W sequences.
        beam_width: how many beams a sequence has, W.
        output_layer: a layer for the cell's outputs.
        length_penalty_weight: how much longer sequences are preferred.
        coverage_penalty_weight: how much those are that attended to all of the memory.
        reorder_tensor_arrays: whether the alignments of all steps are put in the order of the
            sequences at the end: then they are one tensor, (T, B * W, M).

    Raises:
        TypeError: `cell` is no cell, or `output_layer` no Layer.
        ValueError: `start_tokens` is no vector, `end_token` no number, the state is of other than B * W
            sequences, or there is a coverage penalty, and no attention.
    """

    def __init__(
        self,
        cell: Any,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        initial_state: Any,
        beam_width: int,
        output_layer: Any = None,
        length_penalty_weight: Any = 0.0,
        coverage_penalty_weight: Any = 0.0,
        reorder_tensor_arrays: bool = True,
    ) -> None:
        assert_like_rnncell("cell", cell)
        self._cell = cell
        self._output_layer = checked_layer(output_layer)
        self._reorder_tensor_arrays = reorder_tensor_arrays
        self._beam_width = int(beam_width)
        self._length_penalty_weight = length_penalty_weight
        self._coverage_penalty_weight = coverage_penalty_weight
        self._embedding_fn = embedding_function(embedding)
        starts, self._end_token = start_and_end(start_tokens, end_token)
        self._batch_size = starts.shape[0]
        check_same_structure(initial_state, cell.state_size)
        self._initial_cell_state = map_structure(self._split, initial_state, cell.state_size)
        self._start_tokens = starts.unsqueeze(1).repeat(1, self._beam_width)
        self._start_inputs = self._embedding_fn(self._start_tokens)
        # At first all beams are alike, so one of them goes on.
        first = torch.arange(self._beam_width, device=starts.device) == 0
        self._finished = ~first.expand(self._batch_size, self._beam_width)

    @property
    # Any: an integer, or the symbol of a recording.
    def batch_size(self) -> Any:
        """How many sequences are asked for."""
        return self._batch_size

    @property
    def tracks_own_finished(self) -> bool:
        """That it does: beams change places."""
        return True

    @property
    def output_size(self) -> BeamSearchDecoderOutput:
        """The sizes of what a step gives."""
        return BeamSearchDecoderOutput(*[TensorShape([self._beam_width])] * 3)

    @property
    def output_dtype(self) -> BeamSearchDecoderOutput:
        """The dtypes of what a step gives."""
        dtype = flatten(self._initial_cell_state)[0].dtype
        sizes = size_of_outputs(self._cell, self._output_layer)
        return BeamSearchDecoderOutput(
            map_structure(lambda _: dtype, sizes), torch.int32, torch.int32
        )

    def initialize(self, name: str | None = None) -> tuple[Tensor, Any, BeamSearchDecoderState]:
        """What there is before the first step."""
        dtype = flatten(self._initial_cell_state)[0].dtype
        nothing = torch.zeros(self._finished.shape, dtype=dtype, device=self._finished.device)
        attended = self._attended(self._initial_cell_state)
        state = BeamSearchDecoderState(
            cell_state=self._initial_cell_state,
            log_probs=nothing.masked_fill(self._finished, -torch.inf),
            finished=self._finished,
            lengths=torch.zeros_like(nothing, dtype=torch.int64),
            accumulated_attention_probs=() if attended is None else attended,
        )
        return self._finished, self._start_inputs, state

    def _split(self, leaf: Any, size: Any = None) -> Any:
        """(B * W, ...) as (B, W, ...)."""
        if isinstance(leaf, TensorArray):
            return leaf
        leaf = as_tensor(leaf)
        if not leaf.ndim:
            return leaf
        batch, beams = self._batch_size, self._beam_width
        if leaf.shape[0] != batch * beams:
            raise ValueError(
                "Unexpected behavior when reshaping between beam width and batch size.  The reshaped "
                f"tensor has shape: {shape_text(leaf.shape)}.  We expected it to have shape "
                f"(batch_size, beam_width, depth) == ({batch}, {beams}, ...).  Perhaps you forgot to "
                "create a zero_state with batch_size=encoder_batch_size * beam_width?"
            )
        return leaf.reshape(batch, beams, *leaf.shape[1:])

    def _merged(self, leaf: Any) -> Any:
        """(B, W, ...) as (B * W, ...)."""
        if isinstance(leaf, TensorArray) or leaf.ndim < 2:
            return leaf
        return leaf.reshape(self._batch_size * self._beam_width, *leaf.shape[2:])

    def step(
        self, time: Any, inputs: Any, state: Any, name: str | None = None
    ) -> tuple[BeamSearchDecoderOutput, BeamSearchDecoderState, Any, Tensor]:
        """Runs the cell for all beams, and chooses those that go on."""
        with name_scope(name, "BeamSearchDecoderStep"):
            outputs, cell_state = self._cell(
                map_structure(self._merged, inputs), map_structure(self._merged, state.cell_state)
            )
            logits = map_structure(self._split, outputs)
            cell_state = map_structure(self._split, cell_state)
            if self._output_layer is not None:
                logits = self._output_layer(logits)
            output, next_state = self._choose(logits, cell_state, state)
            ended = next_state.finished.all()
            next_inputs = map_structure(
                lambda start, new: torch.where(ended, start, new),
                self._start_inputs,
                self._embedding_fn(output.predicted_ids),
            )
        return output, next_state, next_inputs, next_state.finished

    def _choose(
        self, logits: Tensor, cell_state: Any, state: BeamSearchDecoderState
    ) -> tuple[BeamSearchDecoderOutput, BeamSearchDecoderState]:
        """The likeliest beams of all that each beam can become."""
        finished, classes = state.finished, logits.shape[-1]
        chances = state.log_probs.unsqueeze(2) + self._log_probs(logits, finished)
        ends = torch.arange(classes, device=logits.device) == self._end_token
        lengths = state.lengths.unsqueeze(2) + (~ends & ~finished.unsqueeze(2)).to(torch.int64)
        attended = self._attended(cell_state)
        if attended is not None:
            goes_on = (~finished).to(torch.float32).unsqueeze(2)
            attended = state.accumulated_attention_probs + attended * goes_on
        scores = self._scores(chances, lengths, finished, attended)
        best, places = top_k(scores.flatten(1), self._beam_width)
        parents = torch.div(places, classes, rounding_mode="floor")
        words = places % classes
        came_from = parents.to(torch.int64)
        ended = finished.gather(1, came_from)
        next_state = BeamSearchDecoderState(
            cell_state=map_structure(lambda leaf: _of_beams(leaf, came_from), cell_state),
            log_probs=chances.flatten(1).gather(1, places.to(torch.int64)),
            lengths=state.lengths.gather(1, came_from) + (~ended).to(torch.int64),
            finished=ended | (words == self._end_token),
            accumulated_attention_probs=() if attended is None else _of_beams(attended, came_from),
        )
        return BeamSearchDecoderOutput(best, words, parents), next_state

    def _log_probs(self, logits: Tensor, finished: Tensor) -> Tensor:
        """The logarithms of the chances of the classes; of what has ended it is sure that it does."""
        ends = torch.arange(logits.shape[-1], device=logits.device) == self._end_token
        sure = torch.where(ends, 0.0, torch.finfo(logits.dtype).min).to(logits.dtype)
        return torch.where(finished.unsqueeze(2), sure, F.log_softmax(logits, -1))

    def _scores(
        self, chances: Tensor, lengths: Tensor, finished: Tensor, attended: Tensor | None
    ) -> Tensor:
        """By what beams are chosen: chances, for their lengths and for what they attended to."""
        scores = chances
        weight = self._length_penalty_weight
        if isinstance(weight, Tensor) or weight != 0:
            weight = as_tensor(weight, chances)
            penalty = (5.0 + lengths.to(torch.float32)) ** weight / 6.0**weight
            scores = chances / penalty.to(chances.dtype)
        if attended is None:
            return scores
        weight = as_tensor(self._coverage_penalty_weight, chances)
        if weight.ndim:
            raise ValueError(
                f"coverage_penalty_weight should be a scalar, but saw shape: {shape_text(weight.shape)}. "
                "Give one number for all sequences."
            )
        covered = attended.masked_fill(attended == 0, 1.0).clamp(max=1.0)
        penalty = covered.log().sum(2) * finished.to(torch.float32)
        return scores + (penalty * weight).unsqueeze(2)

    def _attended(self, cell_state: Any) -> Tensor | None:
        """How much was attended to at a step, on the average of all cells; None without a penalty for it."""
        weight = self._coverage_penalty_weight
        if not isinstance(weight, Tensor) and weight == 0.0:
            return None
        states = [cell_state] if isinstance(cell_state, AttentionWrapperState) else cell_state
        found = [
            _mean_of(state.alignments)
            for state in (states if isinstance(states, list | tuple) else ())
            if isinstance(state, AttentionWrapperState)
        ]
        if not found:
            raise ValueError(
                "coverage_penalty_weight must be 0.0 if no cell is attentional. Make the cell an "
                "AttentionWrapper."
            )
        mean: Tensor = _mean_of(tuple(found) if len(found) > 1 else found[0])
        return mean

    def finalize(
        self, outputs: Any, final_state: Any, sequence_lengths: Tensor
    ) -> tuple[FinalBeamSearchDecoderOutput, BeamSearchDecoderState]:
        """Reads the sequences from their ends back to where they began."""
        predicted = gather_tree(
            outputs.predicted_ids,
            outputs.parent_ids,
            final_state.lengths.amax(1).to(torch.int32),
            self._end_token,
        )
        if self._reorder_tensor_arrays:
            cell_state = map_structure(
                lambda leaf: self._sorted(leaf, outputs.parent_ids, final_state.lengths),
                final_state.cell_state,
            )
            final_state = final_state._replace(cell_state=cell_state)
        return FinalBeamSearchDecoderOutput(predicted, outputs), final_state

    def _sorted(self, leaf: Any, parent_ids: Tensor, lengths: Tensor) -> Any:
        """What was noted at all steps, in the order of the sequences; all else as it is."""
        if not isinstance(leaf, TensorArray):
            return leaf
        shape = leaf.element_shape
        batch, beams = self._batch_size, self._beam_width
        if not shape.ndims or not (
            shape[:1].is_compatible_with([batch * beams])
            or shape[:2].is_compatible_with([batch, beams])
        ):
            warnings.warn(
                "TensorArray reordering expects elements to be reshapable to "
                f"{shape_text((batch, beams, None))} which is incompatible with the current shape "
                f"{shape}. Consider setting reorder_tensor_arrays to False to "
                "disable TensorArray reordering during the beam search.",
                stacklevel=2,
            )
            return leaf
        return gather_tree_from_array(leaf.stack(), parent_ids, lengths)


def _mean_of(parts: Any) -> Any:
    return torch.stack(parts, -1).mean(-1) if isinstance(parts, tuple) else parts


def _of_beams(leaf: Any, beams: Tensor) -> Any:
    """A state, (B, W, ...), of the beams that these came from, (B, W)."""
    if isinstance(leaf, TensorArray) or leaf.ndim < 2:
        return leaf
    wide = beams.reshape(*beams.shape, *(1,) * (leaf.ndim - 2))
    return leaf.gather(1, wide.expand(leaf.shape))
