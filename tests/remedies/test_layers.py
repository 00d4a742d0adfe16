"""What an error advises works: in the layers, the cells, slim and the functions of nn."""

import numpy as np
import pytest
import torch
from torch._dynamo.exc import Unsupported

import torchscope as ts
from remedies import follow, tried
from torchscope import rnn, slim, tf1
from torchscope._core.ops.errors import InvalidArgumentError

CASES = []
remedy = tried(CASES)
X = torch.ones(1, 3)
INTEGERS = torch.ones(1, 3, dtype=torch.int32)


@pytest.mark.parametrize(("kind", "says", "function"), CASES)
def test_what_is_advised_works(kind, says, function):
    follow(kind, says, function)


# Layers and functions


@remedy(TypeError, "Convert it, with .float() for example.")
def a_dense_layer_of_integers():
    yield lambda: ts.layers.dense(INTEGERS, 2)
    assert ts.layers.dense(INTEGERS.float(), 2).shape == (1, 2)


@remedy(TypeError, "Convert it, with .float() for example.")
def a_convolution_of_integers():
    image = torch.ones(1, 4, 4, 3, dtype=torch.int32)
    yield lambda: ts.layers.conv2d(image, 2, 3)
    assert ts.layers.conv2d(image.float(), 2, 3).shape == (1, 2, 2, 2)


@remedy(TypeError, "Convert it, with .float() for example.")
def a_batch_normalization_of_integers():
    yield lambda: ts.layers.batch_normalization(INTEGERS)
    assert ts.layers.batch_normalization(INTEGERS.float()).shape == (1, 3)


@remedy(ValueError, "Unknown activation function: 'rely'", "or the name of one in torchscope.nn")
def an_unknown_activation():
    yield lambda: ts.layers.dense(X, 2, activation="rely")
    assert torch.equal(
        ts.layers.dense(X, 2, activation="relu", name="d"),
        ts.layers.dense(X, 2, activation=ts.nn.relu, name="d", reuse=True),
    )


@remedy(ValueError, "Give an initializer, or one of these names: ")
def an_unknown_initializer():
    yield lambda: ts.layers.dense(X, 2, kernel_initializer="zeroes")
    for given in ("zeros", ts.zeros_initializer()):
        assert not ts.layers.dense(X, 2, kernel_initializer=given).any()


@remedy(ValueError, "Give a function such as l2_regularizer(1e-4), or one of these names: ")
def an_unknown_regularizer():
    yield lambda: ts.layers.dense(X, 2, kernel_regularizer="l3")
    for given in ("l2", ts.l2_regularizer(1e-4)):
        ts.layers.dense(X, 2, kernel_regularizer=given)
    assert len(ts.losses.get_regularization_losses()) == 2


@remedy(ValueError, "Give pool_size, where windows are not to overlap.")
def a_pool_without_strides():
    image = torch.ones(1, 4, 4, 1)
    yield lambda: ts.layers.max_pooling2d(image, 2, None)
    assert ts.layers.max_pooling2d(image, 2, 2).shape == (1, 2, 2, 1)


@remedy(ValueError, "Give one number, or as many dimensions.")
def weights_of_another_rank():
    losses = torch.ones(2, 3)
    yield lambda: ts.losses.compute_weighted_loss(losses, torch.ones(2))
    for weights in (2.0, torch.full((2, 1), 2.0)):
        assert ts.losses.compute_weighted_loss(losses, weights) == 2


@remedy(ValueError, "Give keep_prob or rate.")
def dropout_without_a_rate():
    yield lambda: ts.nn.dropout(X)
    assert torch.equal(ts.nn.dropout(X, keep_prob=1.0), ts.nn.dropout(X, rate=0.0))


@remedy(ValueError, "padding` must be a list")
def explicit_padding_by_its_name():
    image, kernel = torch.ones(1, 4, 4, 1), torch.ones(3, 3, 1, 1)
    yield lambda: ts.nn.conv2d(image, kernel, 1, "EXPLICIT")
    padding = [[0, 0], [1, 1], [1, 1], [0, 0]]
    assert ts.nn.conv2d(image, kernel, 1, padding).shape == (1, 4, 4, 1)


# Cells and slim


@remedy(ValueError, "Begin with cell.zero_state(batch_size, dtype), or build the tuple from")
def a_state_of_another_structure():
    cell = rnn.BasicLSTMCell(2)
    yield lambda: cell(X, (torch.zeros(1, 2),))
    cell(X, cell.zero_state(1, torch.float32))
    cell(X, rnn.LSTMStateTuple(torch.zeros(1, 2), torch.zeros(1, 2)))


@remedy(ValueError, "Convert it: inputs.to(torch.float32).")
def a_cell_of_integers():
    cell = rnn.BasicLSTMCell(2)
    state = cell.zero_state(1, torch.float32)
    yield lambda: cell(INTEGERS, state)
    assert cell(INTEGERS.to(torch.float32), state)[0].shape == (1, 2)


@remedy(ValueError, "Unknown activation function: 'tan'", "Or give the function itself.")
def an_unknown_activation_of_a_cell():
    yield lambda: rnn.BasicRNNCell(2, activation="tan")(X, torch.zeros(1, 2))
    for activation in ("tanh", torch.tanh):
        rnn.BasicRNNCell(2, activation=activation)(X, torch.zeros(1, 2))


@remedy(ValueError, "Give one length for each row.")
def lengths_of_another_batch():
    x = torch.ones(2, 4, 3)
    yield lambda: rnn.dynamic_rnn(rnn.BasicRNNCell(2), x, torch.tensor([1, 2, 3]), dtype=x.dtype)
    rnn.dynamic_rnn(rnn.BasicRNNCell(2), x, torch.tensor([1, 2]), dtype=x.dtype)


@remedy(ValueError, "give it as many units as it has inputs, or a residual_fn")
def a_residual_of_another_width():
    zero = torch.zeros(1, 2)
    yield lambda: rnn.ResidualWrapper(rnn.BasicRNNCell(2))(X, zero)
    rnn.ResidualWrapper(rnn.BasicRNNCell(3))(X, torch.zeros(1, 3))
    rnn.ResidualWrapper(rnn.BasicRNNCell(2), lambda i, o: i[:, :2] + o)(X, zero)


@remedy(ValueError, "Open a second arg_scope([function, ...], ...) inside for them.")
def an_arg_scope_again_with_more():
    with slim.arg_scope([slim.fully_connected], num_outputs=2) as scope:
        pass

    def again(**more):
        with slim.arg_scope(scope, **more):
            pass

    yield lambda: again(activation_fn=None)
    with slim.arg_scope(scope), slim.arg_scope([slim.fully_connected], activation_fn=None):
        assert slim.fully_connected(X).shape == (1, 2)


@remedy(ValueError, "Give a list, or put variables into the collection GraphKeys.WEIGHTS.")
def regularizing_nothing():
    l2 = slim.l2_regularizer(0.5)
    yield lambda: slim.apply_regularization(l2)
    w = ts.get_variable("w", [2], collections=[ts.GraphKeys.WEIGHTS])
    assert slim.apply_regularization(l2, [w]) == slim.apply_regularization(l2)


@remedy(TypeError, "is not a list or a tuple. It is ", "write ['w'].")
def scopes_that_are_no_list():
    w = ts.get_variable("w", [1])
    yield lambda: slim.get_variables_to_restore(include="w")
    assert slim.get_variables_to_restore(include=["w"]) == [w]


@remedy(TypeError, "Convert the losses to one dtype before they are added.")
def losses_of_two_dtypes():
    losses = [torch.ones(()), torch.ones((), dtype=torch.float64)]

    def total(losses):
        for loss in losses:
            ts.losses.add_loss(loss)
        return ts.losses.get_total_loss()

    yield ts.ScopedModule(lambda: total(losses))
    assert ts.ScopedModule(lambda: total([loss.float() for loss in losses]))() == 2


@remedy(TypeError, "; convert it first: `", "`features.to(torch.float64)`")
def a_function_of_integers():
    features = INTEGERS
    yield lambda: ts.nn.elu(features)
    assert ts.nn.elu(features.to(torch.float64)).dtype == torch.float64


@remedy(TypeError, "convert one of them")
def operands_of_two_dtypes():
    x, kernel = torch.ones(1, 4, 4, 1), torch.ones(3, 3, 1, 1, dtype=torch.float64)
    yield lambda: ts.nn.conv2d(x, kernel, 1, "SAME")
    ts.nn.conv2d(x.double(), kernel, 1, "SAME")
    ts.nn.conv2d(x, kernel.float(), 1, "SAME")


@remedy(ValueError, "in a HighwayWrapper: give it as many units as it has inputs")
def a_highway_past_another_number_of_units():
    yield lambda: rnn.HighwayWrapper(rnn.BasicRNNCell(2))(X, torch.zeros(1, 2))
    rnn.HighwayWrapper(rnn.BasicRNNCell(3, name="fits"))(X, torch.zeros(1, 3))


@remedy(ValueError, "windows, and each has c and m of", "Give an initial_state")
def windows_without_a_state_for_each():
    steps = X[None].expand(1, 2, 3)

    def run(state):
        cell = rnn.TimeFreqLSTMCell(2, feature_size=2)
        with ts.variable_scope("m", reuse=ts.AUTO_REUSE):
            return rnn.dynamic_rnn(cell, steps, initial_state=state, dtype=torch.float32)[0]

    yield lambda: run(None)
    assert run(torch.zeros(1, 8)).shape == (1, 2, 4)


@remedy(TypeError, "give dynamic_rnn the dtype of its inputs, or convert one of them")
def a_state_of_another_dtype():
    x = torch.ones(1, 4, 3)

    def run(x, dtype):
        return rnn.dynamic_rnn(rnn.BasicRNNCell(2), x, dtype=dtype)[0]

    yield lambda: run(x, torch.float64)
    assert run(x, x.dtype).dtype == torch.float32
    ts.reset_default_registry()
    assert run(x.double(), torch.float64).dtype == torch.float64


@remedy(TypeError, "Give a number, nested lists of numbers, a numpy array or a tensor")
def a_value_that_is_none():
    yield lambda: ts.get_variable("v", initializer=[object()])
    for number, value in enumerate((1.0, [[1.0]], np.ones(1), torch.ones(1))):
        assert ts.get_variable(f"v{number}", initializer=value).sum() == 1


@remedy(
    NotImplementedError, "Split the batch and call the layer on each part, or adjust its output."
)
def virtual_batches():
    x = torch.randn(4, 3)

    def normalized(x, **keywords):
        return ts.layers.batch_normalization(x, training=True, name="n", **keywords)

    yield lambda: normalized(x, virtual_batch_size=2)
    first = normalized(x[:2])
    second = normalized(x[2:], reuse=True)
    torch.testing.assert_close(torch.cat([first, second]).mean(0), torch.zeros(3))


@remedy(NotImplementedError, "Call it outside of the function that is computed again, or leave out")
def renormalization_that_is_computed_again():
    def normalized(x, **keywords):
        return ts.layers.batch_normalization(x, training=True, **keywords)

    x = torch.randn(4, 3, requires_grad=True)

    def again(**keywords):
        return ts.ScopedModule(lambda x: ts.recompute(lambda x: normalized(x, **keywords), x))(x)

    yield lambda: again(renorm=True)
    again().sum().backward()
    net = ts.ScopedModule(lambda x: normalized(ts.recompute(torch.tanh, x), renorm=True))
    net(x).sum().backward()


@remedy(ValueError, "Give a function from a variable to its loss, such as l2_regularizer(1e-4).")
def a_regularizer_that_is_a_number():
    yield lambda: ts.layers.dense(X, 2, kernel_regularizer=1e-4)
    ts.layers.dense(X, 2, kernel_regularizer=ts.l2_regularizer(1e-4))
    assert len(ts.losses.get_regularization_losses()) == 1


@remedy(
    TypeError, "Could not interpret activation function identifier: ", "Give a function, or one of"
)
def an_activation_of_a_cell_that_is_a_number():
    yield lambda: rnn.BasicRNNCell(2, activation=3)(X, torch.zeros(1, 2))
    rnn.BasicRNNCell(2, activation="relu")(X, torch.zeros(1, 2))


@remedy(ValueError, "`logits` cannot be a scalar.", "give (..., classes).")
def logits_without_classes():
    def entropy(logits):
        return ts.nn.sparse_softmax_cross_entropy_with_logits(labels=0, logits=logits)

    yield lambda: entropy(torch.tensor(1.0))
    assert entropy(torch.zeros(2)) > 0


@remedy(ValueError, "only for non-trainable variables.", "Leave one of them out.")
def a_trained_weight_that_replicas_write():
    on_read = ts.VariableSynchronization.ON_READ

    def weight(**how):
        layer = ts.layers.Layer()
        layer.build = lambda shape: layer.add_weight("w", [2], **how)
        return layer

    yield lambda: weight(trainable=True, synchronization=on_read).build(None)
    weight(trainable=True).build(None)
    weight(synchronization=on_read).build(None)


@remedy(Unsupported, "Give them as integers.")
def moments_over_axes_of_a_compiled_graph():
    def moments(x, axes):
        return ts.nn.moments(x, axes)

    compiled = torch.compile(moments, backend="eager", fullgraph=True)
    yield lambda: compiled(X, torch.tensor([0]))
    compiled(X, [0])


@remedy(TypeError, "don't have the same nested structure", "Begin with cell.zero_state(")
def a_first_state_of_another_structure():
    cell = rnn.BasicLSTMCell(2)
    yield lambda: rnn.dynamic_rnn(cell, X[None], initial_state=[torch.zeros(1, 2)] * 2)
    rnn.dynamic_rnn(cell, X[None], initial_state=cell.zero_state(1, torch.float32))


@remedy(ValueError, "Ask with the very tensors that the layer was called with.")
def losses_for_a_copy_of_the_input():
    layer = ts.layers.Layer(activity_regularizer=torch.sum)
    layer(X)
    yield lambda: layer.get_losses_for(X.clone())
    assert layer.get_losses_for(X) == layer.losses


@remedy(
    NotImplementedError, "has no `compute_output_shape`: write the method, or look at the shape"
)
def a_layer_that_does_not_know_its_shape():
    class Doubled(ts.layers.Layer):
        def call(self, inputs):
            return inputs * 2

    yield lambda: Doubled().compute_output_shape([2, 3])
    Doubled.compute_output_shape = lambda self, shape: shape
    assert Doubled().compute_output_shape([2, 3]) == [2, 3]


@remedy(ValueError, "not compatible with provided weight shape ()", "give arrays.")
def weights_that_are_numbers():
    layer = ts.layers.BatchNormalization(center=False)
    layer(X)
    yield lambda: layer.set_weights([1.0, 0.0, 1.0])
    layer.set_weights([np.ones(X.shape[-1], "float32")] * 3)


@remedy(ValueError, "Give one, or as many as there are layers.")
def functions_for_fewer_layers_than_there_are():
    yield lambda: slim.rev_block(X, X, [torch.sin, torch.cos], torch.tanh, num_layers=3)
    slim.rev_block(X, X, [torch.sin, torch.cos], torch.tanh, num_layers=2)


@remedy(TypeError, "ids are expected to be dense Tensor", "Leave out sparse_lookup=False.")
def sparse_ids_that_are_looked_up_densely():
    ids = tf1.SparseTensor([[0, 0]], [1], [1, 1])
    yield lambda: tf1.contrib.layers.bow_encoder(ids, 3, 2, sparse_lookup=False)
    assert tf1.contrib.layers.bow_encoder(ids, 3, 2, scope="texts").shape == (1, 2)


TEXT = tf1.SparseTensor([[0, 0], [0, 1]], torch.tensor([0, 1], dtype=torch.int32), [1, 2])


@remedy(
    InvalidArgumentError, "Saw a non-null label", "Give the logits one class more than there are"
)
def labels_that_leave_no_blank():
    yield lambda: ts.nn.ctc_loss(TEXT, torch.zeros(3, 1, 2), [3])
    assert ts.nn.ctc_loss(TEXT, torch.zeros(3, 1, 3), [3]) > 0


@remedy(
    InvalidArgumentError, "Not enough time for target transition sequence", "Leave it out of the"
)
def a_text_that_is_longer_than_its_sequence():
    yield lambda: ts.nn.ctc_loss(TEXT, torch.zeros(3, 1, 3), [1])
    how = {"ignore_longer_outputs_than_inputs": True}
    assert ts.nn.ctc_loss(TEXT, torch.zeros(3, 1, 3), [1], **how) == 0


@remedy(NotImplementedError, "PyTorch's loss merges what is repeated. Leave it out.")
def labels_that_are_not_merged():
    yield lambda: ts.nn.ctc_loss(TEXT, torch.zeros(3, 1, 3), [3], ctc_merge_repeated=False)
    assert ts.nn.ctc_loss(TEXT, torch.zeros(3, 1, 3), [3]) > 0


@remedy(NotImplementedError, "has no shards.", "Leave num_shards and shard out")
def candidates_in_shards():
    def drawn(**how):
        return ts.nn.fixed_unigram_candidate_sampler([[1]], 1, 2, True, 2, unigrams=[1, 2], **how)

    yield lambda: drawn(num_shards=2)
    assert sorted(drawn().sampled_candidates.tolist()) == [0, 1]
