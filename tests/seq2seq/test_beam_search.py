"""Beam search: sequences, scores, lengths and states are contrib's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.seq2seq.alike import assert_alike

BATCH, BEAMS, MEMORY, UNITS, DEPTH, CLASSES = 2, 3, 5, 6, 4, 7
DRAW = np.random.default_rng(3)
STARTS = np.array([1, 1], "int32")
ENCODED = DRAW.normal(size=(BATCH, MEMORY, UNITS)).astype("float32")
# The class with which some of them end, and some do not.
END = 4


def beam(*, steps=4, cell_of=None, decoding=(), reuse_table=True, **options):
    """A program that searches, from a memory; `cell_of` gives the cell and its first state."""

    def beam_program(tf, contrib, memory, starts):
        s2s = contrib.seq2seq
        cell, state = (cell_of or plain)(tf, s2s, s2s.tile_batch(memory, BEAMS))
        table = tf.get_variable("embedding", [CLASSES, DEPTH])
        decoder = s2s.BeamSearchDecoder(
            cell,
            table if reuse_table else lambda ids: tf.nn.embedding_lookup(table, ids) * 2.0,
            starts,
            END,
            state,
            BEAMS,
            tf.layers.Dense(CLASSES, name="projection"),
            **options,
        )
        found = s2s.dynamic_decode(decoder, maximum_iterations=steps, **dict(decoding))
        assert decoder.batch_size is not None and decoder.tracks_own_finished
        return found

    return beam_program


def plain(tf, s2s, memory):
    return tf.nn.rnn_cell.BasicRNNCell(UNITS), memory[:, 0]


def stacked(tf, s2s, memory):
    cells = [tf.nn.rnn_cell.LSTMCell(UNITS), tf.nn.rnn_cell.GRUCell(UNITS)]
    cell = tf.nn.rnn_cell.MultiRNNCell(cells)
    return cell, cell.zero_state(BATCH * BEAMS, tf.float32)


def attending(*, many=False, **options):
    def cell_of(tf, s2s, memory):
        lengths = s2s.tile_batch(tf.constant([5, 3]), BEAMS)
        mechanism = s2s.LuongAttention(UNITS, memory, lengths)
        if many:
            mechanism = [mechanism, s2s.BahdanauAttention(UNITS, memory)]
        cell = s2s.AttentionWrapper(tf.nn.rnn_cell.LSTMCell(UNITS), mechanism, **options)
        return cell, cell.zero_state(BATCH * BEAMS, tf.float32)

    return cell_of


PROGRAMS = {
    "until all have ended": beam(steps=30, decoding={"output_time_major": True}),
    "a function that embeds": beam(reuse_table=False, length_penalty_weight=0.8),
    "a stack": beam(cell_of=stacked),
    "attention that is remembered": beam(
        cell_of=attending(attention_layer_size=4, alignment_history=True)
    ),
    "a penalty for what is not covered": beam(
        steps=6,
        cell_of=attending(many=True),
        coverage_penalty_weight=0.02,
        length_penalty_weight=0.1,
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_beam_search_is_that_of_contrib(name):
    # Large weights have it choose clearly, and end now and then.
    # TensorFlow puts what is remembered in order only where it does not know the batch before.
    inputs = ENCODED, STARTS
    assert_alike(PROGRAMS[name], *inputs, compiled=False, scale=1.5, known=False)


def trees(tf, contrib, steps, parents, lengths, noted):
    s2s = contrib.seq2seq
    return (
        s2s.gather_tree(steps, parents, tf.reduce_max(lengths, 1), END),
        s2s.gather_tree_from_array(noted, parents, lengths),
        s2s.tile_batch([noted[:, :, 0, 0], lengths], 3),
    )


@given(st.integers(1, 5), st.integers(1, 3), st.integers(1, 4), st.integers(0, 10**6))
@settings(max_examples=6, deadline=None)
def test_sequences_are_read_as_contrib_reads_them(steps, batch, beams, seed):
    draw = np.random.default_rng(seed)
    shape = (steps, batch, beams)
    classes = draw.integers(2, 6, shape).astype("int32")
    parents = draw.integers(0, beams, shape).astype("int32")
    lengths = draw.integers(0, steps + 1, (batch, beams)).astype("int32")
    noted = draw.normal(size=(*shape, 2)).astype("float32")
    assert_alike(trees, classes, parents, lengths, noted, compiled=False)


@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 10**6))
def test_beams_that_never_change_places_are_read_as_they_are(steps, beams, seed):
    draw = torch.Generator().manual_seed(seed)
    classes = torch.randint(1, 9, (steps, 2, beams), generator=draw, dtype=torch.int32)
    own = torch.arange(beams).expand(steps, 2, beams)
    lengths = torch.full((2,), steps)
    assert torch.equal(ts.seq2seq.gather_tree(classes, own, lengths, 0), classes)
    everything = torch.full((2, beams), steps)
    assert torch.equal(ts.seq2seq.gather_tree_from_array(classes, own, everything), classes)
