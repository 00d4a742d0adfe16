"""What decoders refuse: as contrib does, and what to do then."""

import warnings

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.tf1 as our_tf
from tests.tensorflow1 import assert_refused_alike, tf
from tests.tensorflow1_contrib import import_contrib

X = np.ones((2, 3, 4), "float32")
MEMORY = np.ones((2, 5, 6), "float32")


def both(program):
    """A program in either, without what TensorFlow says of its cells."""

    def theirs():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program(tf, import_contrib().seq2seq, tf.constant(X), tf.constant(MEMORY))

    def ours():
        net = ts.ScopedModule(lambda x, memory: program(our_tf, ts.seq2seq, x, memory))
        net(torch.tensor(X), torch.tensor(MEMORY))

    return theirs, ours


def gru(tf):
    return tf.nn.rnn_cell.GRUCell(6)


def greedy(tf, s2s):
    return s2s.GreedyEmbeddingHelper(tf.ones([7, 4]), [1, 1], 0)


def decoder(tf, s2s, x, cell=None):
    cell = cell or gru(tf)
    return s2s.BasicDecoder(cell, s2s.TrainingHelper(x, [3, 2]), cell.zero_state(2, tf.float32))


def attending(tf, s2s, memory, mechanism=None, **options):
    mechanism = s2s.LuongAttention(6, memory) if mechanism is None else mechanism
    return s2s.AttentionWrapper(gru(tf), mechanism, **options)


def beams(tf, s2s, start=(1, 1), end=0, state=None, **options):
    cell = gru(tf)
    state = cell.zero_state(6, tf.float32) if state is None else state
    return s2s.BeamSearchDecoder(cell, tf.ones([7, 4]), start, end, state, 3, **options)


REFUSED = {
    "no decoder": lambda tf, s2s, x, memory: s2s.dynamic_decode(3),
    "many maxima": lambda tf, s2s, x, memory: s2s.dynamic_decode(
        decoder(tf, s2s, x), maximum_iterations=[3, 4]
    ),
    "no cell": lambda tf, s2s, x, memory: s2s.BasicDecoder(3, greedy(tf, s2s), x),
    "no helper": lambda tf, s2s, x, memory: s2s.BasicDecoder(gru(tf), 3, x),
    "no layer": lambda tf, s2s, x, memory: s2s.BasicDecoder(gru(tf), greedy(tf, s2s), x, 3),
    "one length": lambda tf, s2s, x, memory: s2s.TrainingHelper(x, 3),
    "a matrix of shares": lambda tf, s2s, x, memory: s2s.ScheduledOutputTrainingHelper(
        x, [3, 2], [[0.5]]
    ),
    "one start": lambda tf, s2s, x, memory: s2s.GreedyEmbeddingHelper(tf.ones([7, 4]), 1, 0),
    "many ends": lambda tf, s2s, x, memory: s2s.GreedyEmbeddingHelper(tf.ones([7, 4]), [1], [0]),
    "several outputs": lambda tf, s2s, x, memory: greedy(tf, s2s).sample(0, (x, x), None),
    "a batch asked for too early": lambda tf, s2s, x, memory: (
        s2s.CustomHelper(None, None, None).batch_size
    ),
    "a query layer that is none": lambda tf, s2s, x, memory: s2s._BaseAttentionMechanism(
        3, memory, tf.nn.softmax
    ),
    "a memory layer that is none": lambda tf, s2s, x, memory: s2s._BaseAttentionMechanism(
        None, memory, tf.nn.softmax, memory_layer=3
    ),
    "a query of another depth": lambda tf, s2s, x, memory: s2s.LuongAttention(6, memory)(
        tf.ones([2, 3]), None
    ),
    "no mechanism": lambda tf, s2s, x, memory: attending(tf, s2s, memory, 3),
    "no mechanism among several": lambda tf, s2s, x, memory: attending(tf, s2s, memory, [3]),
    "a function that is none": lambda tf, s2s, x, memory: attending(
        tf, s2s, memory, cell_input_fn=3
    ),
    "a layer and a size": lambda tf, s2s, x, memory: attending(
        tf, s2s, memory, attention_layer=tf.layers.Dense(3), attention_layer_size=3
    ),
    "too many sizes": lambda tf, s2s, x, memory: attending(
        tf, s2s, memory, attention_layer_size=[3, 4]
    ),
    "too many layers": lambda tf, s2s, x, memory: attending(
        tf, s2s, memory, attention_layer=[tf.layers.Dense(3), tf.layers.Dense(3)]
    ),
    "the cell's own state": lambda tf, s2s, x, memory: attending(tf, s2s, memory)(
        x[:, 0], memory[:, 0]
    ),
    "lengths and a mask": lambda tf, s2s, x, memory: s2s._prepare_memory(memory, [1, 2], [[True]]),
    "no such mode": lambda tf, s2s, x, memory: s2s.monotonic_attention(
        memory[:, 0], memory[:, 1], "soft"
    ),
    "a number that is tiled": lambda tf, s2s, x, memory: s2s.tile_batch(3, 2),
    "no vector of starts": lambda tf, s2s, x, memory: beams(tf, s2s, start=1),
    "no number as an end": lambda tf, s2s, x, memory: beams(tf, s2s, end=[0]),
    "no layer for beams": lambda tf, s2s, x, memory: beams(tf, s2s, output_layer=3),
    "logits of rank 2": lambda tf, s2s, x, memory: s2s.sequence_loss(x[0], x[0], x[0]),
    "targets of rank 3": lambda tf, s2s, x, memory: s2s.sequence_loss(x, x, x),
    "weights of rank 3": lambda tf, s2s, x, memory: s2s.sequence_loss(x, x[0], x),
    "a mean and a sum over time": lambda tf, s2s, x, memory: s2s.sequence_loss(
        x, x[0], x[0], sum_over_timesteps=True
    ),
    "a mean and a sum over the batch": lambda tf, s2s, x, memory: s2s.sequence_loss(
        x, x[0], x[0], sum_over_batch=True
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_contrib_refuses_is_refused_as_it_does(name):
    if name.startswith(("a query layer", "a memory layer", "lengths and")):
        ours = our_tf.contrib.seq2seq
        program = REFUSED[name]
        theirs = both(program)[0]
        assert_refused_alike(
            theirs, lambda: program(our_tf, ours, torch.tensor(X), torch.tensor(MEMORY))
        )
    else:
        assert_refused_alike(*both(REFUSED[name]))


OURS = {
    "a length beyond the inputs": (
        lambda: ts.seq2seq.dynamic_decode(
            decoder(our_tf, ts.seq2seq, torch.tensor(X[:, :2])),
        ),
        "Tried to read from index 2 but array size is: 2",
    ),
    "no step of the memory": (
        lambda: ts.seq2seq.LuongAttention(6, MEMORY, [5, 0]),
        "All values in memory_sequence_length must be greater than zero.",
    ),
    "another batch": (
        lambda: attending(our_tf, ts.seq2seq, MEMORY).zero_state(3, torch.float32),
        "When calling zero_state of AttentionWrapper attention_wrapper: Non-matching batch sizes",
    ),
    "another batch of a state": (
        lambda: attending(our_tf, ts.seq2seq, MEMORY, initial_cell_state=torch.ones(3, 6)),
        "When constructing AttentionWrapper attention_wrapper: Non-matching batch sizes",
    ),
    "another batch of inputs": (
        lambda: attending(our_tf, ts.seq2seq, MEMORY)(
            torch.ones(3, 4),
            attending(our_tf, ts.seq2seq, np.ones((3, 5, 6), "float32")).zero_state(
                3, torch.float32
            ),
        ),
        "When applying AttentionWrapper attention_wrapper: Non-matching batch sizes",
    ),
    "a state that was not tiled": (
        lambda: beams(our_tf, ts.seq2seq, state=torch.ones(2, 6)),
        "Perhaps you forgot to create a zero_state with batch_size=encoder_batch_size [*] beam_width",
    ),
    "a penalty without attention": (
        lambda: beams(our_tf, ts.seq2seq, coverage_penalty_weight=0.1).initialize(),
        "coverage_penalty_weight must be 0.0 if no cell is attentional.",
    ),
    "another shape in a clone": (
        lambda: (
            attending(our_tf, ts.seq2seq, MEMORY)
            .zero_state(2, torch.float32)
            .clone(cell_state=torch.ones(2, 7))
        ),
        "Shapes [(]2, 6[)] and [(]2, 7[)] are incompatible",
    ),
}


@pytest.mark.parametrize("name", OURS)
def test_what_does_not_fit_is_refused(name):
    call, says = OURS[name]
    with pytest.raises((ValueError, our_tf.errors.InvalidArgumentError), match=says):
        call()


class Growing(ts.seq2seq.Decoder):
    """One whose state is another at the next step."""

    def __init__(self, next_state):
        self.next_state = next_state

    def initialize(self, name=None):
        return torch.tensor([False]), torch.ones(1, 2), torch.ones(1, 2)

    def step(self, time, inputs, state, name=None):
        return inputs, self.next_state, inputs, torch.tensor([False])


@pytest.mark.parametrize(
    ("state", "kind", "says"),
    [
        (
            torch.ones(1, 3),
            ValueError,
            "enters the loop with shape [(]1, 2[)], but has shape [(]1, 3",
        ),
        (torch.ones(1, 2, dtype=torch.int32), TypeError, "enters a turn with dtype float32"),
        ((torch.ones(1, 2),), ValueError, "don't have the same nested structure"),
    ],
)
def test_a_state_that_changes_its_kind_is_refused(state, kind, says):
    with pytest.raises(kind, match=says):
        ts.seq2seq.dynamic_decode(Growing(state))


def test_beams_that_have_ended_cannot_keep_their_state():
    """They change places: TensorFlow refuses it, too."""
    state = ts.rnn.GRUCell(6).zero_state(6, torch.float32)
    layer = ts.layers.Dense(7)
    with pytest.raises(ValueError, match=r"[sS]hape"):
        ts.seq2seq.dynamic_decode(
            beams(our_tf, ts.seq2seq, state=state, output_layer=layer),
            impute_finished=True,
            maximum_iterations=2,
        )
