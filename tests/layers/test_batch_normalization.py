"""`layers.batch_normalization` beside tf.layers: training, inference, and averages that are buffers."""

import copy
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.comparing import assert_close, numbers
from tests.layers.beside import OF_OLD, Beside, nothing_made
from tests.tensorflow1 import evaluate, first_sentence, refusal, tf

pytestmark = OF_OLD
AVERAGES = ["moving_mean", "moving_variance"]
RENORM = {"rmin": 0.5, "rmax": 1.5, "dmax": 0.3}


def steps(*shape, dtype="float32", count=3):
    """Batches of training, each about another mean."""
    batches = [numbers(*shape, seed=n) * (1 + n) + n for n in range(count)]
    return [batch.astype(dtype) for batch in batches]


CASES = [
    ((6, 4), {}),
    ((6, 4), {"momentum": 0.9, "epsilon": 1e-5}),
    ((5, 3, 4), {"axis": 1}),
    ((5, 3, 4), {"axis": -2, "scale": False}),
    ((4, 5, 3, 2), {}),
    ((4, 5, 3, 2), {"fused": False}),
    ((4, 5, 3, 2), {"fused": True, "momentum": 0.5}),
    ((4, 5, 3, 2), {"center": False}),
    ((4, 5, 3, 2), {"scale": False}),
    ((4, 5, 3, 2), {"center": False, "scale": False}),
    ((4, 5, 3, 2), {"center": False, "scale": False, "fused": False}),
    ((4, 5, 3, 2), {"axis": 2}),
    ((4, 5, 3, 2), {"axis": [1, 3]}),
    ((4, 5, 3, 2), {"axis": (1, -1), "center": False}),
    ((2, 3, 2, 3, 2), {}),
    ((2, 3, 2, 3, 2), {"axis": 3}),
    ((2, 3, 2, 3, 2), {"fused": False}),
    ((6, 4), {"renorm": True}),
    ((6, 4), {"renorm": True, "renorm_clipping": RENORM, "renorm_momentum": 0.7}),
    ((4, 5, 3, 2), {"renorm": True, "renorm_clipping": {"rmax": 1.1}, "scale": False}),
    ((4, 5, 3, 2), {"renorm": True, "center": False, "axis": 1, "epsilon": 0.1}),
    ((4, 5, 3, 2), {"renorm": True, "center": False, "scale": False}),
    ((4, 5, 3, 2), {"renorm": True, "axis": [1, 3]}),
    ((6, 4), {"renorm": True, "epsilon": 4.0}),
    ((4,), {"axis": 0}),
]


@pytest.mark.parametrize(("shape", "keywords"), CASES)
@pytest.mark.parametrize("training", [True, False])
def test_outputs_gradients_and_averages_are_tensorflows_step_by_step(shape, keywords, training):
    def model(api, x):
        return api.layers.batch_normalization(x, training=training, **keywords)

    Beside(model).compare(*steps(*shape))


# TensorFlow has no renorm of float64, and rounds the momentum to float32 in it.
@pytest.mark.parametrize(("shape", "keywords"), [case for case in CASES if "renorm" not in case[1]])
@pytest.mark.parametrize("training", [True, False])
def test_they_are_tensorflows_in_double_precision(shape, keywords, training):
    def model(api, x):
        return api.layers.batch_normalization(
            x, **{**keywords, "momentum": 0.75}, training=training
        )

    Beside(model).compare(*steps(*shape, dtype="float64"))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("shape", "keywords"),
    [
        ((6, 4), {}),
        ((3, 4, 4, 2), {}),
        ((3, 4, 4, 2), {"fused": False}),
        ((6, 4), {"renorm": True}),
    ],
)
def test_half_precision_is_normalized_by_statistics_of_single(shape, keywords, training):
    def model(api, x):
        return api.layers.batch_normalization(x, training=training, **keywords)

    net = Beside(model).compare(*steps(*shape, dtype="float16"), tolerance=4e-3)
    assert {v.dtype for v in net.registry.variables.values()} == {torch.float32}


@pytest.mark.parametrize("fused", [True, False])
def test_channels_may_be_second(fused):
    def model(api, x, data_format="channels_last"):
        axis = 1 if data_format == "channels_first" else -1
        x = api.layers.batch_normalization(x, axis=axis, training=True, fused=fused)
        return api.layers.batch_normalization(x, axis=axis, training=True, fused=fused, scale=False)

    Beside(model, first=True).compare(*steps(3, 4, 4, 2))


@pytest.mark.parametrize("fused", [True, False])
def test_one_value_for_each_channel_gives_what_tensorflow_gives(fused):
    def model(api, x):
        return api.layers.batch_normalization(x, training=True, fused=fused)

    Beside(model).compare(*steps(1, 1, 1, 3))


@settings(max_examples=15)
@given(
    shape=st.lists(st.integers(1, 4), min_size=2, max_size=5),
    data=st.data(),
    momentum=st.floats(0.0, 1.0),
    training=st.booleans(),
    fused=st.sampled_from([None, True, False]),
)
def test_any_shape_and_axis_gives_tensorflows_numbers(shape, data, momentum, training, fused):
    axis = data.draw(st.integers(0, len(shape) - 1)) - data.draw(st.sampled_from([0, len(shape)]))
    epsilon = 0.1  # a variance of a few numbers may be anything near zero

    def model(api, x):
        return api.layers.batch_normalization(
            x, axis, momentum, epsilon, training=training, fused=fused
        )

    Beside(model).compare(*steps(*shape, count=2))


def test_names_sharing_and_losses_are_tensorflows_on_every_pass():
    def model(api, x):
        l2 = ts.l2_regularizer(0.1) if api is not tf else tf.keras.regularizers.l2(0.05)
        norm, layer = api.layers.batch_normalization, api.layers.BatchNormalization(momentum=0.5)
        x = norm(x, training=True, gamma_regularizer=l2, beta_regularizer=l2)
        x = norm(x, training=True, trainable=False)
        with api.variable_scope("tower"):
            # In the graph it is undefined whether averages are read before they move.
            x = norm(x, name="bn")
            x = layer(x)
        with api.variable_scope("tower", reuse=True):
            x = norm(x, name="bn", training=False)
        return layer(api.layers.dense(x, 4))

    Beside(model).compare(*steps(5, 4))


def test_the_averages_of_one_layer_move_at_each_call():
    layer = ts.layers.BatchNormalization(momentum=0.5)
    for mean in (2.0, 6.0):
        layer(torch.full([3, 1], mean), training=True)
    assert layer.moving_mean.tolist() == [3.5]
    assert layer.moving_variance.tolist() == [0.25]
    assert ts.get_collection(ts.GraphKeys.UPDATE_OPS) == []


def test_training_may_be_a_tensor():
    layer = ts.layers.BatchNormalization()
    x = torch.randn(4, 2)
    assert not torch.equal(layer(x, training=torch.tensor(True)), layer(x))
    assert torch.equal(layer(x, training=torch.tensor(False)), layer(x))


def test_a_partitioner_cuts_what_is_trained_and_leaves_averages_whole_as_in_tensorflow():
    def model(api, x):
        with api.variable_scope("s", partitioner=api.fixed_size_partitioner(2)):
            fused = api.layers.batch_normalization(x, training=True)
            return fused, api.layers.batch_normalization(x, training=True, fused=False)

    net = Beside(model).compare(*steps(3, 2, 2, 4))
    assert "s/batch_normalization/gamma/part_1" in net.registry.variables
    assert "s/batch_normalization/moving_mean" in net.registry.variables


@pytest.mark.parametrize(
    ("shape", "dtype", "keywords"),
    [
        ((2, 3), "float32", {"axis": 2}),
        ((2, 3), "float32", {"axis": -3}),
        ((2, 3), "float32", {"axis": [1, 1]}),
        ((2, 3), "float32", {"axis": "last"}),
        ((2, 3), "int32", {}),
        ((2, 3), "bool", {}),
        ((2, 3), "float32", {"renorm": True, "renorm_clipping": {"max": 1.0}}),
    ],
)
def test_what_it_does_not_take_is_refused_as_in_tensorflow(shape, dtype, keywords):
    net = ts.ScopedModule(lambda x: ts.layers.batch_normalization(x, **keywords))
    theirs = refusal(
        lambda: tf.layers.batch_normalization(tf.cast(tf.zeros(shape), dtype), **keywords)
    )
    with nothing_made(net), pytest.raises(type(theirs)) as caught:
        net(torch.zeros(shape, dtype=getattr(torch, dtype)))
    if dtype == "float32":
        assert first_sentence(theirs)[:40] in str(caught.value)
    else:
        for part in (dtype, "(2, 3)", "'batch_normalization'", ".float()"):
            assert part in str(caught.value)


def test_a_refusal_of_an_axis_says_where_and_what():
    with ts.variable_scope("model"), pytest.raises(ValueError, match="Expected 0 <= axis") as c:
        ts.layers.batch_normalization(torch.zeros(2, 3), axis=4)
    for part in ("'model/batch_normalization'", "(2, 3)", "(4,)"):
        assert part in str(c.value)


def test_what_is_not_there_is_refused_with_what_to_do_instead():
    with pytest.raises(NotImplementedError, match="Split the batch"):
        ts.layers.BatchNormalization(virtual_batch_size=2)
    with pytest.raises(NotImplementedError, match="adjust its output"):
        ts.layers.BatchNormalization(adjustment=lambda shape: (1.0, 0.0))


# The averages are buffers


def model(x):
    x = ts.layers.batch_normalization(ts.layers.dense(x, 3), training=True, momentum=0.5)
    return ts.layers.batch_normalization(x, training=True, renorm=True, name="renorm")


KEYS = [
    *("dense.kernel", "dense.bias"),
    *(f"batch_normalization.{name}" for name in ("gamma", "beta", *AVERAGES)),
    *(f"renorm.{name}" for name in ("gamma", "beta", *AVERAGES)),
    *(f"renorm.{name}" for name in ("moving_stddev", "renorm_mean", "renorm_stddev")),
]


def trained():
    net = ts.ScopedModule(model)
    for array in steps(5, 4):
        net(torch.tensor(array))
    return net


def test_averages_are_buffers_that_are_saved():
    net = trained()
    assert set(net.state_dict()) == set(KEYS)
    buffers = {key: buffer for key, buffer in net.named_buffers() if key in net.state_dict()}
    assert set(buffers) == {key for key in KEYS if key.split(".")[1].startswith(("mov", "renorm"))}
    assert set(dict(net.named_parameters())) == set(KEYS) - set(buffers)
    assert not any(buffer.requires_grad for buffer in buffers.values())


@pytest.mark.parametrize(
    "again",
    [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))],
    ids=["deepcopy", "pickle"],
)
def test_a_copy_has_averages_of_its_own(again):
    net = trained()
    twin = again(net)
    x = torch.randn(5, 4)
    torch.testing.assert_close(twin(x), net(x))
    before = twin.registry.variables["batch_normalization/moving_mean"].clone()
    net(x + 1)
    twins = twin.registry.variables["batch_normalization/moving_mean"]
    assert torch.equal(twins, before)
    assert not torch.equal(net.registry.variables["batch_normalization/moving_mean"], before)


def test_averages_load_into_a_net_that_never_ran():
    net = trained()
    twin = ts.ScopedModule(model)
    twin.load_state_dict(net.state_dict())
    x = torch.randn(5, 4)
    torch.testing.assert_close(twin(x), net(x))
    for key, value in net.state_dict().items():
        torch.testing.assert_close(twin.state_dict()[key], value)
    assert set(dict(twin.named_buffers())) == set(dict(net.named_buffers()))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_a_net_that_was_converted_goes_on_in_its_dtype(dtype):
    net = trained()
    x = torch.randn(5, 4)
    expected = copy.deepcopy(net)(x)
    output = net.to(dtype)(x.to(dtype))
    assert output.dtype is dtype
    assert {value.dtype for value in net.state_dict().values()} == {dtype}
    tolerance = 1e-5 if dtype is torch.float64 else 0.1
    torch.testing.assert_close(output.float(), expected, rtol=tolerance, atol=tolerance)
    assert net(x.to(dtype)).dtype is dtype


def test_a_net_that_was_converted_before_it_ran_makes_its_averages_so():
    net = ts.ScopedModule(model).double()
    net(torch.randn(5, 4, dtype=torch.float64))
    assert {value.dtype for value in net.state_dict().values()} == {torch.float64}


def test_no_step_of_an_optimizer_and_no_graph_touches_averages():
    net = trained()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, weight_decay=0.5)
    net(torch.randn(5, 4)).square().sum().backward()
    before = {name: buffer.clone() for name, buffer in net.named_buffers()}
    optimizer.step()
    assert all(torch.equal(buffer, before[name]) for name, buffer in net.named_buffers())
    assert all(buffer.grad_fn is None for buffer in net.buffers())


def test_autocast_leaves_weights_and_averages_in_single():
    net = ts.ScopedModule(
        lambda x: ts.layers.dense(
            ts.layers.batch_normalization(ts.layers.conv2d(x, 4, 3), training=True), 2
        )
    )
    x = torch.randn(2, 5, 5, 3)
    for _ in range(2):
        with torch.autocast("cpu", torch.bfloat16):
            output = net(x)
        assert output.dtype is torch.bfloat16
    assert {value.dtype for value in net.state_dict().values()} == {torch.float32}
    output.float().sum().backward()
    assert {p.grad.dtype for p in net.parameters()} == {torch.float32}
    assert net(x).dtype is torch.float32


@pytest.mark.parametrize(
    ("shape", "fused"), [((4, 3), None), ((4, 2, 2, 3), True), ((1, 1, 1, 3), True)]
)
def test_a_checkpointed_block_moves_its_averages_once(shape, fused):
    def block(x):
        return ts.layers.batch_normalization(x, training=True, momentum=0.5, fused=fused)

    plain = ts.ScopedModule(block)
    again = ts.ScopedModule(lambda x: ts.recompute(block, x))
    x = torch.randn(*shape)
    for net in (plain, again):
        net(x).square().sum().backward()
    for name in (f"batch_normalization/{average}" for average in AVERAGES):
        assert_close(again.registry.variables[name], plain.registry.variables[name].numpy())
    for mine, its in zip(again.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, its.grad)


def test_a_checkpointed_batch_renormalization_is_refused_since_it_would_read_moved_averages():
    def block(x):
        return ts.layers.batch_normalization(x, training=True, renorm=True, name="norm")

    net = ts.ScopedModule(lambda x: ts.recompute(block, x))
    x = torch.randn(4, 3)
    with torch.no_grad():
        net(x)  # Nothing runs again here.
    before = {name: v.clone() for name, v in net.registry.variables.items()}
    with pytest.raises(
        NotImplementedError, match=r"inside ts\.recompute: it reads the averages"
    ) as refused:
        net(x)
    assert "The layer's scope is 'norm', its input has shape (4, 3)." in str(refused.value)
    for name, value in before.items():
        assert torch.equal(net.registry.variables[name], value)


def test_the_first_values_of_averages_are_those_given():
    def make(layers, api, x):
        return layers.BatchNormalization(
            renorm=True,
            moving_mean_initializer=api.ones_initializer(),
            moving_variance_initializer=api.constant_initializer(4.0),
            beta_initializer=api.constant_initializer(2.0),
            gamma_initializer=api.constant_initializer(3.0),
        )(x)

    def theirs(tf):
        make(tf.layers, tf, tf.zeros([2, 3]))
        return {v.op.name: v for v in tf.global_variables()}

    make(ts.layers, ts, torch.zeros(2, 3))
    expected = evaluate(theirs)
    assert {v.op.name: v.tolist() for v in ts.global_variables()} == {
        name: value.tolist() for name, value in expected.items()
    }
