"""Attention: variables, alignments, states and gradients are contrib's, also of what others derive from it."""

import numpy as np
import pytest

from tests.seq2seq.alike import assert_alike

BATCH, MEMORY, TIME, UNITS, DEPTH = 3, 5, 4, 6, 4
DRAW = np.random.default_rng(2)
X = DRAW.normal(size=(BATCH, TIME, DEPTH)).astype("float32")
ENCODED = DRAW.normal(size=(BATCH, MEMORY, 7)).astype("float32")
LENGTHS = [5, 2, 3]


def attended(tf, contrib, x, mechanism, *, cell=None, dtype=None, impute=False, **options):
    """What a decoder writes by a cell that attends."""
    s2s = contrib.seq2seq
    dtype = dtype or tf.float32
    cell = cell or tf.nn.rnn_cell.BasicRNNCell(UNITS)
    cell = s2s.AttentionWrapper(cell, mechanism, **options)
    helper = s2s.TrainingHelper(x, [4, 2, 3])
    state = cell.zero_state(BATCH, dtype)
    decoder = s2s.BasicDecoder(cell, helper, state)
    outputs, state, lengths = s2s.dynamic_decode(decoder, impute_finished=impute)
    history = state.alignment_history
    if options.get("alignment_history"):
        many = isinstance(history, tuple)
        history = [each.stack() for each in (history if many else [history])]
    return outputs, state._replace(alignment_history=()), history, lengths


def with_mechanism(kind, *, wrapping=(), **options):
    """A program with one mechanism of this kind."""

    def program(tf, contrib, x, memory):
        mechanism = getattr(contrib.seq2seq, kind)(UNITS, memory, **options)
        return attended(tf, contrib, x, mechanism, **dict(wrapping))

    return program


def of_two(tf, contrib, x, memory):
    s2s = contrib.seq2seq
    mechanisms = [s2s.BahdanauAttention(UNITS, memory), s2s.LuongAttention(UNITS, memory[:, :3])]
    sizes = [4, 5]
    options = {"attention_layer_size": sizes, "alignment_history": True}
    return attended(tf, contrib, x, mechanisms, **options)


def with_a_layer(tf, contrib, x, memory):
    mechanism = contrib.seq2seq.LuongAttention(UNITS, memory)
    layer = tf.layers.Dense(4, activation=tf.tanh, name="mine")
    return attended(tf, contrib, x, mechanism, attention_layer=layer, output_attention=False)


def with_functions(tf, contrib, x, memory):
    s2s = contrib.seq2seq
    mechanism = s2s.LuongAttention(
        UNITS,
        memory,
        custom_key_value_fn=lambda keys, values: (keys * 2.0, tf.tanh(values)),
        probability_fn=lambda score: tf.nn.softmax(score * 2.0),
    )
    return attended(
        tf,
        contrib,
        x,
        mechanism,
        cell_input_fn=lambda inputs, attention: tf.concat([attention, inputs, inputs], -1),
    )


def from_an_encoder(tf, contrib, x, memory):
    s2s = contrib.seq2seq
    cells = [tf.nn.rnn_cell.LSTMCell(UNITS) for _ in range(2)]
    encoder = tf.nn.rnn_cell.MultiRNNCell(cells)
    encoded, encoder_state = tf.nn.dynamic_rnn(encoder, memory, LENGTHS, dtype=tf.float32)
    mechanism = s2s.BahdanauAttention(UNITS, encoded, LENGTHS)
    cells = [tf.nn.rnn_cell.LSTMCell(UNITS) for _ in range(2)]
    cell = s2s.AttentionWrapper(tf.nn.rnn_cell.MultiRNNCell(cells), mechanism, UNITS)
    state = cell.zero_state(BATCH, tf.float32).clone(cell_state=encoder_state)
    helper = s2s.TrainingHelper(x, [4, 2, 3])
    return s2s.dynamic_decode(s2s.BasicDecoder(cell, helper, state), impute_finished=True)


def of_a_first_state(tf, contrib, x, memory):
    mechanism = contrib.seq2seq.LuongAttention(UNITS, memory)
    return attended(tf, contrib, x, mechanism, initial_cell_state=tf.tanh(memory[:, 0, :UNITS]))


def where_it_was(tf, contrib, x, memory):
    """Attention that looks at where it was before, as that of speech does."""
    s2s = contrib.seq2seq

    class Located(s2s.BahdanauAttention):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.located = tf.layers.Dense(UNITS, use_bias=False, name="located")

        def __call__(self, query, state):
            with tf.variable_scope(None, "located_attention", [query]):
                query = self.query_layer(query) if self.query_layer else query
                where = self.located(tf.expand_dims(state, 2))
                v = tf.get_variable("v", [self._num_units], dtype=tf.float32)
                score = tf.reduce_sum(v * tf.tanh(self.keys + query[:, None] + where), 2)
            alignments = self._probability_fn(score, state)
            return alignments, alignments + state

    mechanism = Located(UNITS, memory, LENGTHS)
    return attended(tf, contrib, x, mechanism, attention_layer_size=4)


def from_the_base(tf, contrib, x, memory):
    s2s = contrib.seq2seq

    class Plain(s2s._BaseAttentionMechanism):
        def __call__(self, query, state):
            score = s2s._luong_score(query, self.keys, None)
            return self._probability_fn(score, state), state * 0.5 + 1.0

    mechanism = Plain(
        None,
        memory,
        lambda score, state: s2s._maybe_mask_score(score, LENGTHS, None, 0.0) + state,
        memory_layer=tf.layers.Dense(UNITS, name="keys", dtype=tf.float32),
    )
    return attended(tf, contrib, x, mechanism), s2s._prepare_memory(memory, LENGTHS)


def trained_then_written(tf, contrib, x, memory):
    """A net that is trained, and writes under reuse, as a graph has both."""
    s2s = contrib.seq2seq
    table = tf.get_variable("embedding", [5, DEPTH])

    def decoded(helper, reuse):
        with tf.variable_scope("decode", reuse=reuse):
            mechanism = s2s.BahdanauAttention(UNITS, memory, LENGTHS, normalize=True)
            cell = tf.nn.rnn_cell.LSTMCell(UNITS)
            cell = s2s.AttentionWrapper(cell, mechanism, attention_layer_size=3)
            state = cell.zero_state(BATCH, tf.float32)
            layer = tf.layers.Dense(5, use_bias=False, name="projection")
            decoder = s2s.BasicDecoder(cell, helper, state, layer)
            return s2s.dynamic_decode(decoder, maximum_iterations=2)

    trained = decoded(s2s.TrainingHelper(x[:, :2], [2, 1, 2]), None)
    return trained, decoded(s2s.GreedyEmbeddingHelper(table, [1, 2, 3], 0), True)


def in_a_loop_of_a_network(tf, contrib, x, memory):
    """A cell that attends, run by dynamic_rnn."""
    mechanism = contrib.seq2seq.LuongAttention(UNITS, memory)
    cell = contrib.seq2seq.AttentionWrapper(tf.nn.rnn_cell.BasicRNNCell(UNITS), mechanism)
    return tf.nn.dynamic_rnn(cell, x, [4, 2, 3], dtype=tf.float32)


def of_numbers(tf, contrib, chances):
    s2s = contrib.seq2seq
    chances = tf.sigmoid(chances)
    before = tf.nn.softmax(chances * 3.0)
    modes = [s2s.monotonic_attention(chances, before, mode) for mode in ("recursive", "parallel")]
    hard = s2s.monotonic_attention(tf.round(chances), tf.one_hot([0, 2, 1], MEMORY), "hard")
    products = s2s.safe_cumprod(chances, axis=1, exclusive=True, reverse=True)
    return modes, hard, products, s2s.hardmax(chances)


REMEMBERED = {"alignment_history": True}
PROGRAMS = {
    "Bahdanau": with_mechanism("BahdanauAttention", wrapping=REMEMBERED),
    "Bahdanau, normalized": with_mechanism(
        "BahdanauAttention",
        normalize=True,
        memory_sequence_length=LENGTHS,
        wrapping={"impute": True, **REMEMBERED},
    ),
    "Luong, with another score for the rest": with_mechanism(
        "LuongAttention",
        memory_sequence_length=LENGTHS,
        scale=True,
        score_mask_value=-2.0,
        wrapping={"attention_layer_size": 4, "output_attention": False},
    ),
    "monotonic Bahdanau": with_mechanism(
        "BahdanauMonotonicAttention",
        normalize=True,
        memory_sequence_length=LENGTHS,
        score_bias_init=-0.5,
    ),
    "monotonic Luong, recursive": with_mechanism(
        "LuongMonotonicAttention", scale=True, mode="recursive"
    ),
    "monotonic Luong, hard": with_mechanism("LuongMonotonicAttention", mode="hard"),
    "two mechanisms": of_two,
    "a layer": with_a_layer,
    "functions": with_functions,
    "a state of an encoder": from_an_encoder,
    "a first state": of_a_first_state,
    "a subclass of Bahdanau's": where_it_was,
    "a subclass of the base": from_the_base,
    "trained, then written": trained_then_written,
    "dynamic_rnn": in_a_loop_of_a_network,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_attention_is_that_of_contrib(name):
    # Large weights magnify what the last digit is in float32.
    scale = 0.25 if name == "a subclass of the base" else 0.5
    assert_alike(PROGRAMS[name], X, ENCODED, compiled=name == "trained, then written", scale=scale)


def test_numbers_are_those_of_contrib():
    chances = DRAW.normal(size=(3, MEMORY)).astype("float32")
    assert_alike(of_numbers, chances, compiled=False)
