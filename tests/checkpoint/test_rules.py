"""Plain torch modules that are filled from TF1's variables give TensorFlow's outputs."""

import numpy as np
import pytest
import torch
from torch import nn
from trained import numbers, outputs_and_variables

from tests.tensorflow1 import import_slim, tf
from torchscope.checkpoint import (
    CheckpointError,
    as_is,
    dense_after_flatten,
    lstm,
    restore_module,
)

CLOSE = {"rtol": 1e-5, "atol": 1e-5}


def channels_first(array):
    return torch.from_numpy(np.moveaxis(array, -1, 1).copy())


def same(ours, theirs):
    """Whether an output with channels first agrees with one that has them last."""
    np.testing.assert_allclose(
        np.moveaxis(ours.detach().numpy(), 1, -1), theirs, **CLOSE, strict=True
    )


IMAGE = numbers(2, 6, 7, 4)


@pytest.mark.parametrize(
    ("layer", "module", "images"),
    [
        (lambda x: tf.layers.conv1d(x, 5, 3, name="c"), nn.Conv1d(4, 5, 3), numbers(2, 7, 4)),
        (lambda x: tf.layers.conv2d(x, 4, (3, 3), name="c"), nn.Conv2d(4, 4, 3), IMAGE),
        (lambda x: tf.layers.conv2d(x, 5, (3, 2), 2, name="c"), nn.Conv2d(4, 5, (3, 2), 2), IMAGE),
        (
            lambda x: tf.layers.conv2d(x, 5, 3, dilation_rate=2, use_bias=False, name="c"),
            nn.Conv2d(4, 5, 3, dilation=2, bias=False),
            IMAGE,
        ),
        (
            lambda x: tf.layers.conv3d(x, 5, (2, 3, 1), name="c"),
            nn.Conv3d(4, 5, (2, 3, 1)),
            numbers(1, 4, 5, 3, 4),
        ),
        (
            lambda x: tf.layers.conv2d_transpose(x, 5, (3, 2), 2, name="c"),
            nn.ConvTranspose2d(4, 5, (3, 2), 2),
            IMAGE,
        ),
        (
            lambda x: tf.layers.conv2d_transpose(x, 4, 3, name="c"),
            nn.ConvTranspose2d(4, 4, 3),
            IMAGE,
        ),
        (
            lambda x: tf.layers.conv3d_transpose(x, 3, (2, 3, 1), name="c"),
            nn.ConvTranspose3d(4, 3, (2, 3, 1)),
            numbers(1, 4, 5, 3, 4),
        ),
    ],
)
def test_a_convolution_gives_tensorflows_output(layer, module, images):
    expected, saved = outputs_and_variables(layer, images)
    restore_module(module, saved, "c")
    same(module(channels_first(images)), expected)


@pytest.mark.parametrize("multiplier", [1, 3])
def test_a_depthwise_convolution_gives_tensorflows_output(multiplier):
    def layer(x):
        with tf.variable_scope("d"):
            kernel = tf.get_variable("depthwise_weights", [3, 2, 4, multiplier])
            return tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "VALID")

    expected, saved = outputs_and_variables(layer, IMAGE)
    module = nn.Conv2d(4, 4 * multiplier, (3, 2), groups=4, bias=False)
    restore_module(module, saved, "d")
    same(module(channels_first(IMAGE)), expected)


def test_a_grouped_convolution_gives_tensorflows_output():
    def layer(x):
        kernel = tf.get_variable("c/kernel", [3, 3, 2, 6])
        # On the CPU TensorFlow convolves group by group only where it is written so.
        halves = zip(tf.split(x, 2, 3), tf.split(kernel, 2, 3), strict=True)
        return tf.concat([tf.nn.conv2d(a, k, 1, "VALID") for a, k in halves], 3)

    expected, saved = outputs_and_variables(layer, IMAGE)
    module = nn.Conv2d(4, 6, 3, groups=2, bias=False)
    restore_module(module, saved, "c")
    same(module(channels_first(IMAGE)), expected)


def test_a_separable_convolution_fills_two_convolutions():
    expected, saved = outputs_and_variables(
        lambda x: tf.layers.separable_conv2d(x, 5, 3, depth_multiplier=2, name="s"), IMAGE
    )
    module = nn.Sequential(nn.Conv2d(4, 8, 3, groups=4, bias=False), nn.Conv2d(8, 5, 1))
    restore_module(module, saved, {"0": "s", "1": "s"})
    same(module(channels_first(IMAGE)), expected)


def test_a_square_dense_layer_is_transposed():
    x = numbers(3, 4)
    expected, saved = outputs_and_variables(lambda x: tf.layers.dense(x, 4, name="fc"), x)
    module = nn.Linear(4, 4)
    restore_module(module, saved, "fc")
    np.testing.assert_allclose(module(torch.from_numpy(x)).detach(), expected, **CLOSE)


def test_a_dense_layer_behind_a_flattened_image_has_its_columns_put_in_order():
    expected, saved = outputs_and_variables(
        lambda x: tf.layers.dense(tf.layers.flatten(x), 5, name="fc"), IMAGE
    )
    module = nn.Sequential(nn.Flatten(), nn.Linear(6 * 7 * 4, 5))
    restore_module(module, saved, {"1": "fc"}, rules={"1": dense_after_flatten(4, 6, 7)})
    np.testing.assert_allclose(module(channels_first(IMAGE)).detach(), expected, **CLOSE)


@pytest.mark.parametrize("parts", [{}, {"scale": False}, {"center": False}])
def test_batch_normalisation_gives_tensorflows_output(parts):
    expected, saved = outputs_and_variables(
        lambda x: tf.layers.batch_normalization(x, name="bn", **parts), IMAGE
    )
    module = nn.BatchNorm2d(4, eps=1e-3).eval()
    # A scale of its own, from earlier, must go.
    nn.init.normal_(module.weight)
    nn.init.normal_(module.bias)
    restore_module(module, saved, "bn")
    same(module(channels_first(IMAGE)), expected)


def test_layer_normalisation_gives_tensorflows_output():
    def layer(x):
        with tf.variable_scope("LayerNorm"):
            gamma, beta = tf.get_variable("gamma", [4]), tf.get_variable("beta", [4])
            mean, variance = tf.nn.moments(x, [-1], keep_dims=True)
            return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-12)

    x = numbers(3, 4)
    expected, saved = outputs_and_variables(layer, x)
    module = nn.LayerNorm(4, eps=1e-12)
    restore_module(module, saved, "LayerNorm")
    np.testing.assert_allclose(module(torch.from_numpy(x)).detach(), expected, **CLOSE)


@pytest.mark.parametrize("name", ["words", "words/embeddings"])
def test_a_table_of_embeddings_is_found_by_its_own_name_or_by_its_scope(name):
    ids = np.array([[0, 3], [2, 1]], dtype=np.int32)
    expected, saved = outputs_and_variables(
        lambda ids: tf.nn.embedding_lookup(tf.get_variable(name, [4, 3]), ids), ids
    )
    module = nn.Embedding(4, 3)
    restore_module(module, saved, "words")
    np.testing.assert_array_equal(module(torch.from_numpy(ids)).detach(), expected)


def test_slims_network_fills_a_sequence_of_modules():
    slim = import_slim()

    def network(x):
        with slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm, padding="VALID"):
            hidden = slim.conv2d(x, 5, [3, 3], scope="block/conv1")
        return slim.conv2d(hidden, 3, [1, 1], activation_fn=None, scope="logits")

    def evaluated(x):
        with slim.arg_scope([slim.batch_norm], is_training=False):
            return network(x)

    expected, saved = outputs_and_variables(evaluated, IMAGE)
    module = nn.Sequential(
        nn.Conv2d(4, 5, 3, bias=False), nn.BatchNorm2d(5, eps=1e-3), nn.ReLU(), nn.Conv2d(5, 3, 1)
    ).eval()
    scopes = {"0": "block/conv1", "1": "block/conv1/BatchNorm", "3": "logits"}
    assert not restore_module(module, saved, scopes).unexpected
    same(module(channels_first(IMAGE)), expected)


def test_a_convolution_of_1x1_can_become_a_linear_layer():
    expected, saved = outputs_and_variables(
        lambda x: tf.layers.conv2d(x, 3, 1, name="logits"), IMAGE[:, :1, :1]
    )
    module = nn.Linear(4, 3)
    restore_module(module, saved, "logits")
    ours = module(torch.from_numpy(IMAGE[:, 0, 0]))
    np.testing.assert_allclose(ours.detach(), expected[:, 0, 0], **CLOSE)


# Recurrent networks

SEQUENCE = numbers(2, 5, 3)


def last_of(output):
    return output.detach().numpy()


def unrolled(cell):
    return lambda x: tf.nn.dynamic_rnn(cell(), x, dtype=tf.float32)[0]


@pytest.mark.parametrize(
    ("cell", "forget_bias"),
    [
        (lambda: tf.nn.rnn_cell.BasicLSTMCell(4), 1.0),
        (lambda: tf.nn.rnn_cell.LSTMCell(4), 1.0),
        (lambda: tf.nn.rnn_cell.BasicLSTMCell(4, forget_bias=0.3), 0.3),
    ],
)
def test_an_lstm_gives_tensorflows_output(cell, forget_bias):
    expected, saved = outputs_and_variables(unrolled(cell), SEQUENCE)
    module = nn.LSTM(3, 4, batch_first=True)
    restore_module(module, saved, "", rules={nn.LSTM: lstm(forget_bias)})
    np.testing.assert_allclose(last_of(module(torch.from_numpy(SEQUENCE))[0]), expected, **CLOSE)


def test_an_lstm_cell_gives_tensorflows_output_step_by_step():
    expected, saved = outputs_and_variables(unrolled(lambda: tf.nn.rnn_cell.LSTMCell(4)), SEQUENCE)
    module = nn.LSTMCell(3, 4)
    restore_module(module, saved, "rnn/lstm_cell")
    state = None
    for step, x in enumerate(torch.from_numpy(SEQUENCE).unbind(1)):
        state = module(x, state)
        np.testing.assert_allclose(last_of(state[0]), expected[:, step], **CLOSE)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_an_lstm_with_a_projection_gives_tensorflows_output():
    expected, saved = outputs_and_variables(
        unrolled(lambda: tf.nn.rnn_cell.LSTMCell(4, num_proj=2)), SEQUENCE
    )
    module = nn.LSTM(3, 4, batch_first=True, proj_size=2)
    restore_module(module, saved, "rnn")
    np.testing.assert_allclose(last_of(module(torch.from_numpy(SEQUENCE))[0]), expected, **CLOSE)


def test_layers_of_an_lstm_are_told_apart_by_their_cells():
    stack = lambda: tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(4) for _ in range(3)])
    expected, saved = outputs_and_variables(unrolled(stack), SEQUENCE)
    module = nn.LSTM(3, 4, num_layers=3, batch_first=True)
    restore_module(module, saved, "rnn")
    np.testing.assert_allclose(last_of(module(torch.from_numpy(SEQUENCE))[0]), expected, **CLOSE)


def test_a_bidirectional_lstm_gives_tensorflows_output():
    def both(x):
        fw, bw = tf.nn.rnn_cell.LSTMCell(4), tf.nn.rnn_cell.LSTMCell(4)
        return tf.concat(tf.nn.bidirectional_dynamic_rnn(fw, bw, x, dtype=tf.float32)[0], 2)

    expected, saved = outputs_and_variables(both, SEQUENCE)
    module = nn.LSTM(3, 4, batch_first=True, bidirectional=True)
    restore_module(module, saved, "bidirectional_rnn")
    np.testing.assert_allclose(last_of(module(torch.from_numpy(SEQUENCE))[0]), expected, **CLOSE)


def test_a_plain_recurrent_network_gives_tensorflows_output():
    expected, saved = outputs_and_variables(
        unrolled(lambda: tf.nn.rnn_cell.BasicRNNCell(4)), SEQUENCE
    )
    module = nn.RNN(3, 4, batch_first=True)
    restore_module(module, saved)
    np.testing.assert_allclose(last_of(module(torch.from_numpy(SEQUENCE))[0]), expected, **CLOSE)


@pytest.mark.parametrize(
    ("kind", "options", "module"),
    [
        # TF1's Keras has a hard sigmoid by default, which torch has not.
        ("LSTM", {"recurrent_activation": "sigmoid"}, nn.LSTM),
        ("GRU", {"recurrent_activation": "sigmoid", "reset_after": True}, nn.GRU),
        ("SimpleRNN", {}, nn.RNN),
    ],
)
def test_a_recurrent_layer_of_keras_gives_tensorflows_output(kind, options, module):
    layer = getattr(tf.keras.layers, kind)(4, return_sequences=True, name="r", **options)
    expected, saved = outputs_and_variables(layer, SEQUENCE)
    module = module(3, 4, batch_first=True)
    restore_module(module, saved, "r")
    np.testing.assert_allclose(last_of(module(torch.from_numpy(SEQUENCE))[0]), expected, **CLOSE)


def test_a_gru_of_keras_without_reset_after_is_refused():
    layer = tf.keras.layers.GRU(4, name="r")
    _, saved = outputs_and_variables(layer, SEQUENCE)
    with pytest.raises(CheckpointError, match="applies the reset gate to the state before"):
        restore_module(nn.GRU(3, 4), saved, "r")


def cudnn_compatible_gru(x, units=4):
    """tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell, which went with tf.contrib, in its formulas."""
    state = tf.zeros([x.shape[0], units])
    outputs = []
    with tf.variable_scope("rnn/cudnn_compatible_gru_cell", reuse=tf.AUTO_REUSE):
        for step in tf.unstack(x, axis=1):
            both = tf.concat([step, state], 1)
            r, u = tf.split(tf.sigmoid(linear(both, 2 * units, "gates")), 2, 1)
            of_input = linear(step, units, "candidate/input_projection")
            of_state = linear(state, units, "candidate/hidden_projection")
            state = (1 - u) * tf.tanh(of_input + r * of_state) + u * state
            outputs.append(state)
    return tf.stack(outputs, 1)


def linear(x, units, name):
    kernel = tf.get_variable(f"{name}/kernel", [x.shape[1], units])
    return x @ kernel + tf.get_variable(f"{name}/bias", [units])


def test_a_gru_that_cudnn_can_compute_gives_tensorflows_output():
    expected, saved = outputs_and_variables(cudnn_compatible_gru, SEQUENCE)
    module = nn.GRU(3, 4, batch_first=True)
    restore_module(module, saved, "rnn")
    np.testing.assert_allclose(last_of(module(torch.from_numpy(SEQUENCE))[0]), expected, **CLOSE)


def test_tf1s_gru_cell_is_refused_since_no_weights_make_torchs_agree_with_it():
    expected, saved = outputs_and_variables(unrolled(lambda: tf.nn.rnn_cell.GRUCell(4)), SEQUENCE)
    module = nn.GRU(3, 4, batch_first=True)
    with pytest.raises(CheckpointError, match="applies the reset gate to the state before"):
        restore_module(module, saved)
    # What a conversion by shapes would do: the gates and the candidate in torch's order.
    gates, candidate = (saved[f"rnn/gru_cell/{part}/kernel"].T for part in ("gates", "candidate"))
    both = torch.from_numpy(np.concatenate([gates, candidate]))
    biases = [saved[f"rnn/gru_cell/{part}/bias"] for part in ("gates", "candidate")]
    with torch.no_grad():
        module.weight_ih_l0.copy_(both[:, :3])
        module.weight_hh_l0.copy_(both[:, 3:])
        module.bias_ih_l0.copy_(torch.from_numpy(np.concatenate(biases)))
        module.bias_hh_l0.zero_()
    ours = last_of(module(torch.from_numpy(SEQUENCE))[0])
    # The first step has a state of zeros, on which the two agree. The others show the difference.
    np.testing.assert_allclose(ours[:, 0], expected[:, 0], **CLOSE)
    assert np.abs(ours - expected)[:, 1:].max() > 1e-2


def test_an_lstm_with_peepholes_is_refused():
    _, saved = outputs_and_variables(
        unrolled(lambda: tf.nn.rnn_cell.LSTMCell(4, use_peepholes=True)), SEQUENCE
    )
    with pytest.raises(CheckpointError, match="peepholes"):
        restore_module(nn.LSTM(3, 4), saved)


def test_cells_that_could_be_several_layers_are_refused_with_their_names():
    _, saved = outputs_and_variables(unrolled(lambda: tf.nn.rnn_cell.LSTMCell(4)), SEQUENCE)
    other = {f"other/{name}": value for name, value in saved.items()}
    with pytest.raises(CheckpointError, match="1 cells were looked for") as caught:
        restore_module(nn.LSTM(3, 4), {**saved, **other})
    assert "rnn/lstm_cell, other/rnn/lstm_cell" in str(caught.value)


# What does not fit


def small():
    return nn.Sequential(nn.Conv2d(3, 8, 5), nn.BatchNorm2d(8), nn.Linear(4, 2))


SCOPES = {"0": "conv", "1": "bn", "2": "fc"}


def saved_small():
    return {
        "conv/kernel": torch.randn(5, 5, 3, 8),
        "conv/bias": torch.randn(8),
        **{f"bn/{n}": torch.rand(8) for n in ("gamma", "beta", "moving_mean", "moving_variance")},
        "fc/kernel": torch.randn(4, 2),
        "fc/bias": torch.randn(2),
    }


def state(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def unchanged(module, before):
    return all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


def test_all_that_does_not_fit_is_listed_and_nothing_is_written():
    saved, module = saved_small(), small()
    saved["conv/kernel"] = torch.randn(5, 5, 8, 3)
    saved["bn/gamma"] = torch.ones(8, dtype=torch.float64)
    del saved["fc/bias"]
    before = state(module)
    with pytest.raises(CheckpointError, match=r"3 cannot be filled") as caught:
        restore_module(module, saved, SCOPES)
    text = str(caught.value)
    assert "0.weight: the module has shape (8, 3, 5, 5), the checkpoint gives (3, 8, 5, 5)" in text
    assert "1.weight: the module has dtype float32, the checkpoint float64" in text
    assert "2.bias: the checkpoint has nothing for it (Linear at scope 'fc')" in text
    assert unchanged(module, before)


def test_a_bias_that_the_module_has_no_place_for_is_not_dropped_in_silence():
    with pytest.raises(
        CheckpointError, match="bias: the checkpoint has it, and the module has not"
    ):
        restore_module(nn.Linear(4, 2, bias=False), saved_small(), "fc")


def test_a_loose_restore_fills_what_fits_and_names_the_rest():
    saved, module = saved_small(), small()
    del saved["fc/kernel"]
    before = state(module)
    result = restore_module(module, saved, SCOPES, strict=False)
    assert result.missing == ("2.weight", "2.bias")
    assert torch.equal(module[0].bias, saved["conv/bias"])
    assert torch.equal(module[2].bias, before["2.bias"])


def test_what_a_scope_is_none_for_stays():
    saved, module = saved_small(), small()
    before = state(module)
    restore_module(module, saved, {**SCOPES, "2": None})
    assert torch.equal(module[2].weight, before["2.weight"])
    assert torch.equal(module[0].bias, saved["conv/bias"])


def test_submodules_follow_the_scope_of_what_they_are_in():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.ModuleDict({"fc": nn.Linear(2, 2), "own": nn.Linear(2, 2)})

    net = Net()
    saved = {
        "a/b/fc/kernel": torch.randn(2, 2),
        "a/b/fc/bias": torch.randn(2),
        "c/kernel": torch.randn(2, 2),
        "c/bias": torch.randn(2),
    }
    restore_module(net, saved, {"encoder": "a/b", "encoder.own": "c"})
    assert torch.equal(net.encoder["fc"].bias, saved["a/b/fc/bias"])
    assert torch.equal(net.encoder["own"].weight, saved["c/kernel"].T)


def test_without_scopes_a_path_with_dots_is_the_scope_with_slashes():
    net = nn.ModuleDict({"a": nn.ModuleDict({"b": nn.Linear(2, 3)})})
    saved = {"a/b/weights": torch.randn(2, 3), "a/b/biases": torch.randn(3)}
    restore_module(net, saved)
    assert torch.equal(net["a"]["b"].weight, saved["a/b/weights"].T)


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = nn.Parameter(torch.zeros(2, 2))


def test_a_module_without_a_rule_is_refused_until_it_gets_one():
    saved = {"gate/mix": torch.randn(2, 2)}
    with pytest.raises(CheckpointError, match="there is no rule for Gate"):
        restore_module(Gate(), saved, "gate")
    plain, turned = Gate(), Gate()
    restore_module(plain, saved, "gate", rules={Gate: as_is})
    restore_module(turned, saved, "gate", rules={"": lambda m, s: {"mix": s.one("mix").T}})
    assert torch.equal(plain.mix, saved["gate/mix"])
    assert torch.equal(turned.mix, saved["gate/mix"].T)


def test_a_path_that_is_not_in_the_module_is_refused():
    with pytest.raises(ValueError, match=r"has no submodule 'fc1'"):
        restore_module(nn.Sequential(nn.Linear(2, 2)), {}, {"fc1": "fc"})


def test_a_tensor_that_two_submodules_share_is_filled_by_either():
    net = nn.ModuleDict({"embedding": nn.Embedding(5, 3), "decoder": nn.Linear(3, 5, bias=False)})
    net["decoder"].weight = net["embedding"].weight
    saved = {"words": torch.randn(5, 3)}
    restore_module(net, saved, {"embedding": "words"})
    assert torch.equal(net["decoder"].weight, saved["words"])


def test_parameters_stay_what_they_are_with_their_layout():
    module = nn.Conv2d(3, 8, 5).to(memory_format=torch.channels_last).requires_grad_(False)
    weight, stride = module.weight, module.weight.stride()
    restore_module(module, saved_small(), "conv")
    assert module.weight is weight and weight.stride() == stride and not weight.requires_grad


def test_names_may_be_renamed_and_moving_averages_taken():
    saved = saved_small()
    averages = {f"{name}/ExponentialMovingAverage": value + 1 for name, value in saved.items()}
    training = {f"train/{name}": value for name, value in {**saved, **averages}.items()}
    module = small()
    restore_module(module, training, SCOPES, rename=[("^train/", "")], moving_averages=True)
    assert torch.equal(module[2].bias, saved["fc/bias"] + 1)


def test_another_dtype_is_converted_on_request():
    saved = {name: value.double() for name, value in saved_small().items()}
    module = small()
    restore_module(module, saved, SCOPES, convert_dtypes=True)
    assert torch.equal(module[2].bias, saved["fc/bias"].float())
