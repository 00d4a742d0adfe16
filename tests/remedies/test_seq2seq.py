"""What an error advises works: in the decoders of sequences."""

import pytest
import torch

import torchscope as ts
import torchscope.tf1 as tf
from remedies import follow, tried

CASES = []
remedy = tried(CASES)
s2s, legacy = ts.seq2seq, ts.seq2seq.legacy
X, MEMORY = torch.ones(2, 3, 4), torch.ones(2, 5, 6)
STEPS = [torch.tensor([1, 2])] * 3


@pytest.mark.parametrize(("kind", "says", "function"), CASES)
def test_what_is_advised_works(kind, says, function):
    follow(kind, says, function)


def greedy():
    return s2s.GreedyEmbeddingHelper(torch.ones(7, 4), [1, 1], 0)


def attending():
    return s2s.AttentionWrapper(ts.rnn.GRUCell(6), s2s.LuongAttention(6, MEMORY))


@remedy(NotImplementedError, "has no `compute_output_shape`: write the method")
def a_layer_of_an_unknown_size():
    class Doubled(ts.layers.Layer):
        def call(self, inputs):
            return torch.cat([inputs, inputs], -1)

    class Known(Doubled):
        def compute_output_shape(self, input_shape):
            return [*input_shape[:-1], 2 * input_shape[-1]]

    mechanism = s2s.LuongAttention(6, MEMORY)
    cell = ts.rnn.GRUCell(6)
    yield lambda: s2s.AttentionWrapper(cell, mechanism, attention_layer=Doubled())
    # As many as the cell's outputs and the memory, twice.
    assert s2s.AttentionWrapper(cell, mechanism, attention_layer=Known()).output_size == 24


@remedy(ValueError, "use a non-attention decoder", "rnn_decoder has none.")
def a_decoder_without_heads():
    cell, steps = ts.rnn.GRUCell(6), [torch.ones(2, 6)] * 3
    start = cell.zero_state(2, torch.float32)
    yield lambda: legacy.attention_decoder(steps, start, MEMORY, cell, num_heads=0)
    assert len(legacy.rnn_decoder(steps, start, cell)[0]) == 3


@remedy(ValueError, ": give weights and biases for ")
def a_projection_to_other_classes():
    def model(classes):
        projection = torch.ones(6, classes), torch.ones(classes)
        cell = ts.rnn.GRUCell(6)
        with ts.variable_scope("", reuse=ts.AUTO_REUSE):
            return legacy.embedding_rnn_seq2seq(STEPS, STEPS, cell, 7, 7, 4, projection)

    yield lambda: model(8)
    assert len(model(7)[0]) == 3


@remedy(
    TypeError,
    "Begin with cell.zero_state(batch_size, dtype)",
    "put the state of an encoder into it by .clone(cell_state=...).",
)
def the_state_of_an_encoder():
    encoded, cell = torch.ones(2, 6), attending()
    yield lambda: cell(X[:, 0], encoded)
    state = cell.zero_state(2, torch.float32).clone(cell_state=encoded)
    assert cell(X[:, 0], state)[0].shape == (2, 6)


@remedy(ValueError, "make the zero_state for as many sequences.")
def a_state_of_a_beam():
    encoded = s2s.tile_batch(torch.ones(2, 6), 3)
    yield lambda: attending().zero_state(2, torch.float32).clone(cell_state=encoded)
    mechanism = s2s.LuongAttention(6, s2s.tile_batch(MEMORY, 3))
    state = s2s.AttentionWrapper(ts.rnn.GRUCell(6), mechanism).zero_state(6, torch.float32)
    assert state.clone(cell_state=encoded).cell_state is encoded


def searched(cell, weight):
    start = cell.zero_state(6, torch.float32)
    layer = ts.layers.Dense(7)
    decoder = s2s.BeamSearchDecoder(
        *(cell, torch.ones(7, 4), [1, 1], 0, start, 3, layer), coverage_penalty_weight=weight
    )
    return s2s.dynamic_decode(decoder, maximum_iterations=2)[0].predicted_ids


def tiled():
    mechanism = s2s.LuongAttention(6, s2s.tile_batch(MEMORY, 3))
    return s2s.AttentionWrapper(ts.rnn.GRUCell(6), mechanism)


@remedy(ValueError, "Give one number for all sequences.")
def a_penalty_for_each():
    yield lambda: searched(tiled(), torch.tensor([0.1, 0.2]))
    assert searched(tiled(), torch.tensor(0.1)).shape == (2, 2, 3)


@remedy(ValueError, "Make the cell an AttentionWrapper.")
def a_penalty_without_attention():
    yield lambda: searched(ts.rnn.GRUCell(6), 0.1)
    assert searched(tiled(), 0.1).shape == (2, 2, 3)


@remedy(ValueError, "give one for each sequence, tf.fill([batch_size], token).")
def one_token_to_start_with():
    yield lambda: s2s.GreedyEmbeddingHelper(torch.ones(7, 4), 1, 0)
    starts = tf.fill([2], 1)
    assert s2s.GreedyEmbeddingHelper(torch.ones(7, 4), starts, 0).batch_size == 2


@remedy(TypeError, "give the BasicDecoder an output_layer, or write a Helper of your own.")
def a_cell_with_two_outputs():
    class Two(ts.rnn.RNNCell):
        state_size, output_size = 6, (6, 6)

        def call(self, inputs, state):
            return (state, state), state

    class First(ts.layers.Layer):
        def call(self, inputs):
            return inputs[0]

    class OfTheFirst(s2s.GreedyEmbeddingHelper):
        def sample(self, time, outputs, state, name=None):
            return super().sample(time, outputs[0], state)

    def write(layer=None, helper=None):
        start = Two().zero_state(2, torch.float32)
        decoder = s2s.BasicDecoder(Two(), helper or greedy(), start, layer)
        return s2s.dynamic_decode(decoder, maximum_iterations=2)

    yield write
    assert write(First())[0].rnn_output.shape == (2, 1, 6)
    helper = OfTheFirst(torch.ones(7, 4), [1, 1], 0)
    assert write(helper=helper)[0].rnn_output[0].shape == (2, 1, 6)


@remedy(ValueError, "Give one length for each sequence.")
def one_length():
    yield lambda: s2s.TrainingHelper(X, 3)
    assert s2s.TrainingHelper(X, [3, 2]).batch_size == 2


@remedy(ValueError, "Give one share for all sequences.")
def a_share_for_each_step():
    yield lambda: s2s.ScheduledOutputTrainingHelper(X, [3, 2], torch.ones(2, 3))
    helper = s2s.ScheduledOutputTrainingHelper(X, [3, 2], 1.0)
    assert helper.sample(0, X[:, 0], None).tolist() == [1, 1]


@remedy(ValueError, "Say average_across_")
def a_loss_that_is_summed():
    given = torch.zeros(2, 3, 4), torch.zeros(2, 3, dtype=torch.int32), torch.ones(2, 3)
    yield lambda: s2s.sequence_loss(*given, sum_over_timesteps=True)
    loss = s2s.sequence_loss(*given, average_across_timesteps=False, sum_over_timesteps=True)
    assert loss.shape == (3,)
