"""Decoders of lists of steps: variables, outputs, states and gradients are those of tf.contrib.legacy_seq2seq."""

import numpy as np
import pytest

from tests.seq2seq.alike import assert_alike

BATCH, STEPS, DEPTH, UNITS, SYMBOLS = 3, 4, 5, 6, 7
DRAW = np.random.default_rng(4)
X = DRAW.normal(size=(BATCH, STEPS, DEPTH)).astype("float32")
MEMORY = DRAW.normal(size=(BATCH, 5, UNITS)).astype("float32")
IDS = DRAW.integers(0, SYMBOLS, (BATCH, STEPS)).astype("int32")


def steps_of(tf, x):
    return tf.unstack(x, axis=1)


def plain(tf):
    return tf.nn.rnn_cell.BasicRNNCell(UNITS)


def lstms(tf):
    cells = [tf.nn.rnn_cell.BasicLSTMCell(UNITS), tf.nn.rnn_cell.BasicRNNCell(UNITS)]
    return tf.nn.rnn_cell.MultiRNNCell(cells)


def called(function, *arguments, **options):
    """A program that hands a function its steps, twice: to an encoder and to a decoder."""

    def program(tf, contrib, x):
        cell, *rest = arguments
        steps = steps_of(tf, x)
        given = {name: value(tf) if callable(value) else value for name, value in options.items()}
        return getattr(contrib.legacy_seq2seq, function)(steps, steps[1:], cell(tf), *rest, **given)

    return program


def decoded(function, *arguments, **options):
    """A program that hands a function steps, and a state."""

    def program(tf, contrib, x, memory):
        cell, *rest = arguments
        cell = cell(tf)
        start = cell.zero_state(BATCH, tf.float32)
        steps = steps_of(tf, x)
        states = [memory] if "attention" in function else []
        given = {name: value(tf) if callable(value) else value for name, value in options.items()}
        return getattr(contrib.legacy_seq2seq, function)(
            steps, start, *states, cell, *rest, **given
        )

    return program


def projection(tf):
    weights = tf.get_variable("proj_w", [UNITS, SYMBOLS])
    return weights, tf.get_variable("proj_b", [SYMBOLS])


def with_a_loop_function(tf, contrib, x):
    cell = tf.nn.rnn_cell.GRUCell(DEPTH)
    start = cell.zero_state(BATCH, tf.float32)
    feed = lambda previous, number: tf.tanh(previous) * float(number)
    return contrib.legacy_seq2seq.rnn_decoder(steps_of(tf, x), start, cell, feed, scope="mine")


def one_to_many(fed):
    def program(tf, contrib, ids):
        steps = steps_of(tf, ids)
        return contrib.legacy_seq2seq.one2many_rnn_seq2seq(
            steps,
            {"a": steps[:2], "b": [each % 5 for each in steps[1:]]},
            plain(tf),
            {"a": plain(tf), "b": plain(tf)},
            SYMBOLS,
            {"a": SYMBOLS, "b": 5},
            4,
            feed_previous=fed(tf) if callable(fed) else fed,
        )

    return program


def losses(tf, contrib, x, ids):
    legacy, logits = contrib.legacy_seq2seq, steps_of(tf, x)
    classes = steps_of(tf, ids % DEPTH)
    weights = [tf.constant([1.0, 0.5, 0.0])] * 2 + [tf.constant([0.0, 2.0, 0.0])] * 2
    squared = lambda labels, logits: tf.square(logits[:, 0])
    return [
        legacy.sequence_loss(logits, classes, weights),
        legacy.sequence_loss(logits, classes, weights, average_across_batch=False),
        legacy.sequence_loss_by_example(logits, classes, weights),
        legacy.sequence_loss_by_example(logits, classes, weights, average_across_timesteps=False),
        legacy.sequence_loss_by_example(logits, classes, weights, softmax_loss_function=squared),
    ]


def buckets(tf, contrib, ids):
    """Google's translator."""
    legacy, steps = contrib.legacy_seq2seq, steps_of(tf, ids)
    weights = [tf.constant([1.0, 0.5, 0.0])] * STEPS

    def seq2seq(inputs, outputs):
        return legacy.embedding_attention_seq2seq(
            inputs, outputs, lstms(tf), SYMBOLS, SYMBOLS, 4, feed_previous=False
        )

    arguments = steps, steps, steps, weights, [(2, 1), (3, 2)], seq2seq
    summed = legacy.model_with_buckets(*arguments)
    with tf.variable_scope(tf.get_variable_scope(), reuse=True):
        return summed, legacy.model_with_buckets(*arguments, per_example_loss=True)


def true(tf):
    return tf.constant(True)


def false(tf):
    return tf.constant(False)


PROGRAMS = {
    "basic": (called("basic_rnn_seq2seq", lstms), X),
    "tied": (called("tied_rnn_seq2seq", plain, scope="mine"), X),
    "a loop function": (with_a_loop_function, X),
    "embedded, fed back": (
        called("embedding_rnn_seq2seq", lstms, SYMBOLS, SYMBOLS, 4, feed_previous=True),
        IDS,
    ),
    "embedded, fed back by a tensor, with a projection": (
        called(
            *("embedding_rnn_seq2seq", plain, SYMBOLS, SYMBOLS, 4),
            output_projection=projection,
            feed_previous=true,
        ),
        IDS,
    ),
    "an embedded decoder that does not train its table": (
        decoded(
            *("embedding_rnn_decoder", plain, SYMBOLS, 4),
            output_projection=projection,
            feed_previous=True,
            update_embedding_for_previous=False,
        ),
        IDS,
        MEMORY,
    ),
    "embedded and tied": (
        called("embedding_tied_rnn_seq2seq", lstms, SYMBOLS, 4, feed_previous=false),
        IDS,
    ),
    "embedded and tied, fed back": (
        called("embedding_tied_rnn_seq2seq", plain, SYMBOLS, 4, 7, feed_previous=True),
        IDS,
    ),
    "one to many, by a tensor": (one_to_many(true), IDS),
    "attention": (decoded("attention_decoder", lstms, num_heads=2, output_size=4), X, MEMORY),
    "attention from the first state on": (
        decoded("attention_decoder", plain, initial_state_attention=True),
        X,
        MEMORY,
    ),
    "embedded attention": (
        decoded(
            *("embedding_attention_decoder", plain, SYMBOLS, 4),
            output_projection=projection,
            feed_previous=True,
        ),
        IDS,
        MEMORY,
    ),
    "embedded, with attention, fed back by a tensor": (
        called("embedding_attention_seq2seq", plain, SYMBOLS, SYMBOLS, 4, feed_previous=true),
        IDS,
    ),
    "losses": (losses, X, IDS),
    "buckets": (buckets, IDS),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_decoders_of_lists_are_those_of_contrib(name):
    program, *inputs = PROGRAMS[name]
    assert_alike(program, *inputs, compiled=False)
