"""Decoders in torchscope's passes: what a graph cannot ask, what chance does, and what has state."""

import copy

import numpy as np
import pytest
import torch
from torch._dynamo.testing import CompileCounter

import torchscope as ts
import torchscope.tf1 as tf
from torchscope._core.values.structures import flatten

s2s = ts.seq2seq
BATCH, TIME, DEPTH, UNITS, CLASSES = 3, 5, 4, 6, 7
X = torch.tensor(np.random.default_rng(6).normal(size=(BATCH, TIME, DEPTH)).astype("float32"))
LENGTHS = [4, 2, 3]


def decode(helper, **options):
    cell, layer = ts.rnn.GRUCell(UNITS), ts.layers.Dense(CLASSES)
    decoder = s2s.BasicDecoder(cell, helper, cell.zero_state(BATCH, torch.float32), layer)
    return s2s.dynamic_decode(decoder, **options)


def drawn(function, *inputs, seed=0):
    """A net after a first pass, with weights that are large enough to decide something."""
    net = ts.ScopedModule(function)
    net(*inputs)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for variable in net.registry.variables.values():
            variable.normal_(generator=generator)
    return net


def compiled(net):
    return torch.compile(net, fullgraph=True, backend="eager")


def assert_same(one, other):
    for a, b in zip(flatten(one), flatten(other), strict=True):
        torch.testing.assert_close(a, b)


def test_lengths_may_be_a_tensor_also_in_a_graph():
    net = drawn(
        lambda x, lengths: decode(s2s.TrainingHelper(x, lengths), impute_finished=True),
        *(X, torch.tensor(LENGTHS)),
    )
    expected = ts.ScopedModule(
        lambda x: decode(s2s.TrainingHelper(x, LENGTHS), impute_finished=True)
    )
    expected(X)
    expected.load_state_dict(net.state_dict())
    outputs, state, lengths = net(X, torch.tensor(LENGTHS))
    assert_same((outputs, state, lengths), expected(X))
    # A graph takes all steps, those that nobody asked for with zeros.
    more, last, same = compiled(net)(X, torch.tensor(LENGTHS))
    assert more.rnn_output.shape[1] == TIME
    assert not more.rnn_output[:, 4:].any() and not more.sample_id[:, 4:].any()
    cut = s2s.BasicDecoderOutput(more.rnn_output[:, :4], more.sample_id[:, :4])
    assert_same((cut, last, same), (outputs, state, lengths))


def writing(**options):
    def write(starts):
        table = ts.get_variable("table", [CLASSES, DEPTH])
        return decode(s2s.GreedyEmbeddingHelper(table, starts, 0), **options)

    return write


STARTS = torch.tensor([1, 2, 3])


# Of weights with which sequences end at different steps.
SEED = 33


def test_a_graph_writes_up_to_the_maximum_with_zeros_after_the_end():
    net = drawn(writing(maximum_iterations=10), STARTS, seed=SEED)
    outputs, state, lengths = net(STARTS)
    steps = outputs.sample_id.shape[1]
    # So that there is something to leave out.
    assert steps == int(lengths.max()) < 10
    more, last, same = compiled(net)(STARTS)
    assert more.rnn_output.shape[1] == 10
    assert not more.rnn_output[:, steps:].any()
    cut = s2s.BasicDecoderOutput(more.rnn_output[:, :steps], more.sample_id[:, :steps])
    assert_same((cut, last, same), (outputs, state, lengths))


def test_a_graph_searches_beams_up_to_the_maximum_with_end_tokens_after_the_end():
    def search(starts):
        table = ts.get_variable("table", [CLASSES, DEPTH])
        memory = s2s.tile_batch(X, 2)
        cell = s2s.AttentionWrapper(
            ts.rnn.GRUCell(UNITS), s2s.LuongAttention(UNITS, memory), alignment_history=True
        )
        state = cell.zero_state(BATCH * 2, torch.float32)
        layer = ts.layers.Dense(CLASSES)
        decoder = s2s.BeamSearchDecoder(cell, table, starts, 0, state, 2, layer)
        return s2s.dynamic_decode(decoder, maximum_iterations=6)

    net = drawn(search, STARTS, seed=SEED)
    with torch.no_grad():
        net.registry.variables["decoder/dense/bias"][0] += 3.0
    outputs, state, lengths = net(STARTS)
    steps = outputs.predicted_ids.shape[1]
    assert steps < 6
    more, last, same = compiled(net)(STARTS)
    assert more.predicted_ids.shape[1] == 6
    assert not more.predicted_ids[:, steps:].any()
    assert_same(more.predicted_ids[:, :steps], outputs.predicted_ids)
    assert_same(same, lengths)
    history = last.cell_state.alignment_history
    assert not history[steps:].any()
    assert_same(history[:steps], state.cell_state.alignment_history)
    assert_same(last.cell_state.cell_state, state.cell_state.cell_state)


def test_an_array_of_ones_own_has_no_more_in_a_graph_than_where_steps_end():
    class Countdown(s2s.Decoder):
        batch_size, output_size, output_dtype = 2, (), torch.int32

        def __init__(self, start):
            self.start = start

        def initialize(self, name=None):
            grows = tf.TensorArray(tf.int64, 1, dynamic_size=True).write(0, self.start)
            fixed = tf.TensorArray(tf.int64, 6, element_shape=[2])
            return self.start == 0, self.start, (grows, fixed)

        def step(self, time, inputs, state, name=None):
            grows, fixed = state
            state = grows.write(time + 1, inputs + 7), fixed.write(5 - time, inputs + 8)
            return inputs, state, inputs - 1, inputs <= 1

    def count(start):
        outputs, arrays, _ = s2s.dynamic_decode(Countdown(start), maximum_iterations=5)
        return outputs, *(each.stack() for each in arrays)

    net, start = ts.ScopedModule(count), torch.tensor([3, 1])
    outputs, grows, fixed = net(start)
    more, longer, same = compiled(net)(start)
    assert (outputs.shape, more.shape) == ((2, 3), (2, 5))
    assert (len(grows), len(longer)) == (4, 6)
    assert_same((longer[:4], same), (grows, fixed))
    assert not longer[4:].any()


def test_a_net_that_writes_until_it_ends_can_be_built_and_not_recorded():
    net = ts.ScopedModule(writing())
    ts.build(net, STARTS)
    names = list(net.registry.variables)
    assert names == list(drawn(writing(maximum_iterations=2), STARTS).registry.variables)
    with pytest.raises(Exception, match="dynamic_decode decides by a tensor"):
        compiled(net)(STARTS)


def test_a_helper_that_ends_otherwise_is_asked():
    class Shorter(s2s.TrainingHelper):
        def next_inputs(self, time, outputs, state, name=None, **unused):
            finished, inputs, state = super().next_inputs(time, outputs, state)
            return finished | (torch.ones(BATCH) * time >= 1), inputs, state

    assert decode(Shorter(X, LENGTHS))[2].tolist() == [2, 2, 2]


def test_a_decoder_that_ends_otherwise_is_asked():
    class Once(s2s.BasicDecoder):
        def step(self, *args, **kwargs):
            outputs, state, inputs, finished = super().step(*args, **kwargs)
            return outputs, state, inputs, torch.ones_like(finished)

    cell = ts.rnn.GRUCell(UNITS)
    decoder = Once(cell, s2s.TrainingHelper(X, LENGTHS), cell.zero_state(BATCH, torch.float32))
    assert s2s.dynamic_decode(decoder)[2].tolist() == [1, 1, 1]


def test_sizes_and_dtypes_of_outputs_are_known_before():
    cell = ts.rnn.LSTMCell(UNITS)
    state = cell.zero_state(BATCH, torch.float32)
    plain = s2s.BasicDecoder(cell, s2s.TrainingHelper(X, LENGTHS), state)
    assert (plain.output_size.rnn_output, plain.batch_size) == (UNITS, BATCH)
    layered = s2s.BasicDecoder(cell, plain._helper, state, ts.layers.Dense(CLASSES))
    assert layered.output_size.rnn_output == [CLASSES]
    assert layered.output_dtype == s2s.BasicDecoderOutput(torch.float32, torch.int32)


@pytest.mark.parametrize(("temperature", "share"), [(None, 0.731), (0.5, 0.881), (1e6, 0.5)])
def test_samples_are_drawn_by_their_logits(temperature, share):
    helper = s2s.SampleEmbeddingHelper(torch.eye(3), [0], 2, temperature, seed=3)
    logits = torch.tensor([1.0, 0.0, -torch.inf]).expand(4000, 3)
    ids = helper.sample(0, logits, None)
    assert ids.dtype == torch.int32
    assert ids.max() == 1
    assert abs((ids == 0).float().mean() - share) < 0.03
    assert not torch.equal(ids, helper.sample(1, logits, None))


def test_a_share_of_the_inputs_is_sampled():
    x = torch.zeros(4000, 2, 3)
    lengths = torch.full((4000,), 2)
    outputs = torch.tensor([0.0, 1.0, 0.0]).expand(4000, 3)
    helper = s2s.ScheduledOutputTrainingHelper(x, lengths, 0.25, seed=1)
    ids = helper.sample(0, outputs, None)
    _, inputs, _ = helper.next_inputs(0, outputs, None, ids)
    assert torch.equal(inputs[:, 1], ids.float())
    assert abs(ids.float().mean() - 0.25) < 0.03
    helper = s2s.ScheduledEmbeddingTrainingHelper(x, lengths, torch.eye(3), 0.25, scheduling_seed=1)
    ids = helper.sample(0, outputs * 100.0, None)
    assert ids.unique().tolist() == [-1, 1]
    assert abs((ids > -1).float().mean() - 0.25) < 0.03


def test_noise_of_monotonic_attention_is_drawn_at_each_step():
    attend = s2s.LuongMonotonicAttention(3, torch.ones(500, 4, 5), sigmoid_noise=2.0)
    query, state = torch.zeros(500, 3), attend.initial_state(500, torch.float32)
    first, again = attend(query, state)[0], attend(query, state)[0]
    assert not torch.equal(first, again)
    # The chance to stop at the first step is that of a normal number through a sigmoid.
    assert abs(first[:, 0].mean() - 0.5) < 0.06
    assert abs(first[:, 0].std() - torch.sigmoid(2.0 * torch.randn(20000)).std()) < 0.05


def test_a_state_is_cloned_with_its_shapes():
    attend = s2s.LuongAttention(UNITS, torch.ones(2, 4, 5))
    cell = s2s.AttentionWrapper(ts.rnn.LSTMCell(UNITS), attend, alignment_history=True)
    state = cell.zero_state(2, torch.float32)
    encoded = ts.rnn.LSTMStateTuple(torch.ones(2, UNITS), torch.ones(2, UNITS))
    cloned = state.clone(cell_state=encoded)
    assert cloned.cell_state is encoded and cloned.attention is state.attention
    assert type(cloned) is s2s.AttentionWrapperState
    assert state.alignment_history.stack().shape == (0, 2, 4)
    assert flatten(copy.copy(state)) == flatten(state)


def test_gradients_reach_what_a_decoder_was_given():
    x = X.clone().requires_grad_()
    net = ts.ScopedModule(lambda x: decode(s2s.TrainingHelper(x, LENGTHS), impute_finished=True))
    net(x)[0].rnn_output.sum().backward()
    reached = x.grad.abs().sum(2) > 0
    assert reached.tolist() == [[time < length for time in range(TIME)] for length in LENGTHS]


def test_one_graph_is_for_all_batches():
    def write(x, memory):
        mechanism = s2s.LuongAttention(UNITS, memory)
        cell = ts.rnn.LSTMCell(UNITS)
        cell = s2s.AttentionWrapper(cell, mechanism, alignment_history=True)
        state = cell.zero_state(x.shape[0], torch.float32)
        decoder = s2s.BasicDecoder(cell, s2s.InferenceHelper(*samples, x[:, 0], ends), state)
        outputs, state, _ = s2s.dynamic_decode(decoder, maximum_iterations=2)
        return outputs.rnn_output, state.alignment_history.stack()

    samples = (lambda outputs: outputs[:, :DEPTH], [DEPTH], torch.float32)
    ends = lambda ids: ids[:, 0] > 9.0
    net = ts.ScopedModule(write)
    net(X, torch.ones(BATCH, 4, UNITS))
    counter = CompileCounter()
    one = torch.compile(net, fullgraph=True, backend=counter, dynamic=True)
    for batch in (4, 5, 6):
        given = torch.randn(batch, TIME, DEPTH), torch.randn(batch, 4, UNITS)
        torch.testing.assert_close(one(*given), net(*given))
    # The first batch may have one of its own.
    assert counter.frame_count <= 2
