"""Decoders and their helpers: variables, outputs, samples, lengths, states and gradients are contrib's."""

import numpy as np
import pytest

from tests.seq2seq.alike import assert_alike

BATCH, TIME, DEPTH, UNITS, CLASSES = 3, 5, 4, 6, 7
DRAW = np.random.default_rng(1)
X = DRAW.normal(size=(BATCH, TIME, DEPTH)).astype("float32")
LENGTHS = np.array([4, 2, 3], "int32")
STARTS = np.array([1, 2, 3], "int32")


def decode(tf, s2s, helper, *, cell=None, layer=True, batch=BATCH, **options):
    cell = cell or tf.nn.rnn_cell.BasicRNNCell(UNITS)
    output_layer = tf.layers.Dense(CLASSES, name="projection") if layer else None
    state = cell.zero_state(batch, tf.float32)
    decoder = s2s.BasicDecoder(cell, helper, state, output_layer)
    return s2s.dynamic_decode(decoder, **options)


def training(lengths=None, **options):
    def program(tf, contrib, x, given=None):
        helper = contrib.seq2seq.TrainingHelper(x, given if lengths is None else lengths)
        return decode(tf, contrib.seq2seq, helper, **options)

    return program


def training_of_lstms(tf, contrib, x):
    s2s = contrib.seq2seq
    helper = s2s.TrainingHelper(tf.transpose(x, [1, 0, 2]), [4, 2, 3], time_major=True)
    cells = [tf.nn.rnn_cell.LSTMCell(UNITS), tf.nn.rnn_cell.BasicLSTMCell(UNITS)]
    return decode(tf, s2s, helper, cell=tf.nn.rnn_cell.MultiRNNCell(cells), scope="mine")


def embedded(tf):
    return tf.get_variable("embedding", [CLASSES, DEPTH])


def greedy(**options):
    def program(tf, contrib, starts):
        helper = contrib.seq2seq.GreedyEmbeddingHelper(embedded(tf), starts, 0)
        return decode(tf, contrib.seq2seq, helper, **options)

    return program


def trained_then_greedy(tf, contrib, x, starts):
    s2s = contrib.seq2seq
    table = embedded(tf)
    with tf.variable_scope("model"):
        cell, layer = tf.nn.rnn_cell.GRUCell(UNITS), tf.layers.Dense(CLASSES, use_bias=False)
        state = cell.zero_state(BATCH, tf.float32)
        helper = s2s.TrainingHelper(x, [4, 2, 3])
        trained = s2s.dynamic_decode(s2s.BasicDecoder(cell, helper, state, layer))
        helper = s2s.GreedyEmbeddingHelper(
            lambda ids: tf.nn.embedding_lookup(table, ids), starts, 0
        )
        with tf.variable_scope(tf.get_variable_scope(), reuse=True):
            decoder = s2s.BasicDecoder(cell, helper, state, layer)
            written = s2s.dynamic_decode(decoder, maximum_iterations=4)
    return trained, written


def built_twice_under_reuse(tf, contrib, x):
    def build(reuse):
        with tf.variable_scope("model", reuse=reuse):
            helper = contrib.seq2seq.TrainingHelper(x, [4, 2, 3])
            return decode(tf, contrib.seq2seq, helper)

    return build(None), build(True)


def custom(tf, contrib, x):
    s2s = contrib.seq2seq
    inner = s2s.TrainingHelper(x, [4, 2, 3])
    helper = s2s.CustomHelper(
        inner.initialize,
        lambda time, outputs, state: tf.stack(
            [tf.argmin(outputs, -1, output_type=tf.int32)] * 2, 1
        ),
        lambda time, outputs, state, sample_ids: (
            *inner.next_inputs(time=time, outputs=outputs, state=state)[:2],
            state * 0.5,
        ),
        sample_ids_shape=[2],
    )
    return decode(tf, s2s, helper, maximum_iterations=5), tf.cast(helper.batch_size, tf.float32)


def inference(tf, contrib, x):
    s2s = contrib.seq2seq
    helper = s2s.InferenceHelper(
        sample_fn=tf.tanh,
        sample_shape=[CLASSES],
        sample_dtype=tf.float32,
        start_inputs=x[:, 0],
        end_fn=lambda ids: tf.reduce_sum(ids, -1) > 1.0,
        next_inputs_fn=lambda ids: ids[:, :DEPTH] * 2.0,
    )
    return decode(tf, s2s, helper, maximum_iterations=5)


def inference_of_samples(tf, contrib, x):
    s2s = contrib.seq2seq
    size = [DEPTH]
    helper = s2s.InferenceHelper(
        lambda outputs: outputs[:, :DEPTH], size, tf.float32, x[:, 0], lambda ids: ids[:, 0] > 9.0
    )
    return decode(tf, s2s, helper, maximum_iterations=4, layer=False)


def scheduled_embedding(share):
    def program(tf, contrib, x):
        s2s = contrib.seq2seq
        # Class 2 is so likely that all draws are the same.
        helper = s2s.ScheduledEmbeddingTrainingHelper(x, [4, 2, 3], embedded(tf), share)
        cell, layer = tf.nn.rnn_cell.BasicRNNCell(UNITS), tf.layers.Dense(CLASSES)
        steep = tf.one_hot([2], CLASSES) * 40.0

        class Steep(type(layer)):
            def call(self, inputs):
                return super().call(inputs) + steep

        state = cell.zero_state(BATCH, tf.float32)
        decoder = s2s.BasicDecoder(cell, helper, state, Steep(CLASSES, name="steep"))
        return s2s.dynamic_decode(decoder)

    return program


def scheduled_outputs(share, *, function=False, auxiliary=False):
    def program(tf, contrib, x):
        s2s = contrib.seq2seq
        helper = s2s.ScheduledOutputTrainingHelper(
            x,
            [4, 2, 3],
            share,
            next_inputs_fn=(lambda outputs: outputs[:, :DEPTH] * 2.0) if function else None,
            auxiliary_inputs=x[:, :, :2] if auxiliary else None,
        )
        cell = tf.nn.rnn_cell.BasicRNNCell(UNITS if function else DEPTH)
        return decode(tf, s2s, helper, cell=cell, layer=False)

    return program


def nothing_to_do(**options):
    def program(tf, contrib, x):
        lengths = [4, 2, 3] if options else [0, 0, 0]
        helper = contrib.seq2seq.TrainingHelper(x, lengths)
        return decode(tf, contrib.seq2seq, helper, **options)

    return program


PROGRAMS = {
    "lengths of Python's": (training([4, 2, 3]), X),
    "an array of lengths": (training(LENGTHS), X),
    "imputed": (training([4, 0, 3], impute_finished=True), X),
    "time major": (training([4, 2, 3], output_time_major=True), X),
    "stopped before": (training([4, 2, 3], maximum_iterations=2), X),
    "without a layer": (training([4, 2, 3], layer=False), X),
    "a stack of LSTMs, time major": (training_of_lstms, X),
    "greedy, imputed": (greedy(maximum_iterations=4, impute_finished=True), STARTS),
    "trained, then greedy": (trained_then_greedy, X, STARTS),
    "built twice under reuse": (built_twice_under_reuse, X),
    "functions of one's own": (custom, X),
    "inference": (inference, X),
    "inference of samples": (inference_of_samples, X),
    "always an embedded sample": (scheduled_embedding(1.0), X),
    "always an output": (scheduled_outputs(1.0), X),
    "always an output, and more": (scheduled_outputs(1.0, auxiliary=True), X),
    "what is made of an output, and more": (
        scheduled_outputs(1.0, function=True, auxiliary=True),
        X,
    ),
    "no steps": (nothing_to_do(), X),
    "no steps allowed": (nothing_to_do(maximum_iterations=0), X),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_decoders_are_those_of_contrib(name):
    program, *inputs = PROGRAMS[name]
    assert_alike(program, *inputs, compiled=False)
