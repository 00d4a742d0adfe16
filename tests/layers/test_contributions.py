"""What layers add to losses and updates, and what else they are asked: as tf.layers.Layer answers."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1
from tests.layers.beside import OF_OLD
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

pytestmark = OF_OLD
X = np.arange(6, dtype="float32").reshape(2, 3)


def adding(api):
    """A layer that adds losses of all kinds, and updates."""

    class Adding(api.layers.Layer):
        def build(self, input_shape):
            self.kernel = self.add_weight(
                "kernel",
                [3],
                regularizer=lambda v: api.reduce_sum(v) * 7.0,
                initializer=api.ones_initializer(),
            )
            self.count = self.add_weight(
                "count", [], initializer=api.zeros_initializer(), trainable=False
            )
            super().build(input_shape)

        def call(self, inputs):
            outputs = inputs * self.kernel
            self.add_loss(api.reduce_sum(outputs), inputs=inputs)
            self.add_loss([api.reduce_sum(outputs) * 2.0, 0.5, None])
            self.add_loss(lambda: api.reduce_sum(self.kernel) * 11.0)
            self.add_update(api.no_op("first"))
            self.add_update([lambda: api.group(api.no_op(), name="second")])
            return outputs

    return Adding


def losses_of(api, x):
    layer = adding(api)(activity_regularizer=lambda y: api.reduce_sum(y) * 3.0)
    before = (len(layer.losses), len(layer.updates))
    layer(x)
    found = [layer.losses, layer.get_losses_for(x), layer.get_losses_for(None)]
    layer(x)
    keys = api.GraphKeys
    held = api.get_collection(keys.REGULARIZATION_LOSSES)
    again = adding(api)(name="adding", _reuse=True)
    again(x)
    return (
        [*found, layer.losses, held, again.losses],
        [
            before,
            [update.name for update in layer.updates],
            [update.name for update in api.get_collection(keys.UPDATE_OPS)],
            layer.count_params(),
        ],
    )


def test_losses_and_updates_are_those_of_tensorflow():
    seen = []

    def build(api):
        losses, said = losses_of(api, api.constant(X))
        seen.append(said)
        return losses

    expected = evaluate(build)
    net = ts.ScopedModule(lambda x: seen.append(losses_of(torchscope.tf1, x)))
    for _ in range(2):
        net(torch.tensor(X))
        losses, said = seen.pop()
        assert said == seen[0]
        *ours, held, again = losses
        *theirs, its_held, its_again = expected
        for mine, its in zip([*ours, again], [*theirs, its_again], strict=True):
            np.testing.assert_allclose([loss.item() for loss in mine], its, rtol=1e-6)
        # A variable's own loss comes with the variable: in the order of claims.
        np.testing.assert_allclose(
            sorted(loss.item() for loss in held), sorted(its_held), rtol=1e-6
        )


def test_a_layer_that_is_not_trainable_has_no_updates():
    for api in (tf, torchscope.tf1):
        with api.Graph().as_default():
            layer = adding(api)(trainable=False)
            layer(api.constant(X))
            assert layer.updates == []
            assert api.get_collection(api.GraphKeys.UPDATE_OPS) == []


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("trainable", [False, True])
def test_batch_normalization_has_as_many_updates(training, trainable):
    for api in (tf, torchscope.tf1):
        with api.Graph().as_default():
            layer = api.layers.BatchNormalization(trainable=trainable)
            layer(api.constant(X), training=training)
            layer(api.constant(X), training=training)
            assert len(layer.updates) == 4 * training * trainable
            with api.control_dependencies(layer.updates):
                pass


def test_updates_run_once_and_when_they_are_run():
    def model(x):
        class Counting(ts.layers.Layer):
            def call(self, inputs):
                self.add_update(torchscope.tf1.Operation("count", lambda: count.assign_add(1.0)))
                return inputs

        count = ts.get_variable("count", [], initializer=ts.initializers.Zeros(), trainable=False)
        counting = Counting()
        outputs = counting(counting(x))
        seen.append(count.item())
        with torchscope.tf1.control_dependencies(ts.get_collection(ts.GraphKeys.UPDATE_OPS)):
            seen.append(count.item())
        return outputs

    seen = []
    net = ts.ScopedModule(model)
    net(torch.ones(1))
    net(torch.ones(1))
    assert seen == [0.0, 2.0, 2.0, 4.0]


def test_a_loss_that_was_added_has_its_gradient_and_compiles():
    class Sparse(ts.layers.Layer):
        def call(self, inputs):
            self.add_loss(inputs.abs().sum(), inputs)
            return inputs * 2

    def model(x):
        layer = Sparse()
        outputs = layer(ts.layers.dense(x, 4, name="d"))
        return outputs, sum(layer.losses)

    net = ts.ScopedModule(model)
    x = torch.tensor(X)
    outputs, loss = net(x)
    assert torch.autograd.grad(loss, net.registry.trainable_variables()[0])[0].any()
    compiled = torch.compile(net, backend="eager", fullgraph=True)
    for mine, its in zip(compiled(x), (outputs, loss), strict=True):
        torch.testing.assert_close(mine, its)


def test_a_failed_first_call_leaves_no_loss_of_a_variable():
    class Failing(ts.layers.Layer):
        fails = True

        def build(self, input_shape):
            self.add_weight("w", [2], regularizer=torch.sum, initializer=ts.initializers.Ones())

        def call(self, inputs):
            if self.fails:
                raise KeyError("no")
            return inputs

    with torchscope.tf1.Graph().as_default():
        layer = Failing()
        with pytest.raises(KeyError, match="no"):
            layer(torch.ones(2))
        layer.fails = False
        layer(torch.ones(2))
        assert [loss.item() for loss in layer.losses] == [2.0]


def test_what_nothing_tells_is_refused():
    with torchscope.tf1.Graph().as_default():
        layer = adding(torchscope.tf1)()
        layer(torch.tensor(X))
        with pytest.raises(ValueError, match="very tensors that the layer was called with"):
            layer.get_losses_for(torch.tensor(X))
        with pytest.raises(TypeError, match="Can not convert a int into a Tensor or Operation"):
            layer.add_update(3, inputs=None)


def test_weights_go_out_and_in():
    with torchscope.tf1.Graph().as_default():
        layer = ts.layers.Dense(2)
        layer(torch.tensor(X))
        kernel, bias = layer.get_weights()
        assert (kernel.shape, bias.shape) == ((3, 2), (2,))
        layer.set_weights([kernel * 0 + 3, torch.ones(2)])
        assert layer.get_weights()[0].tolist() == [[3.0, 3.0]] * 3
        assert layer.bias.tolist() == [1.0, 1.0]
        kernel[:] = 5
        assert layer.kernel[0, 0] == 3


CASES = {
    "count before build": lambda api: api.layers.Dense(3).count_params(),
    "too few weights": lambda api: _built(api).set_weights([]),
    "a weight of another shape": lambda api: _built(api).set_weights([np.ones(2), np.ones(2)]),
    "the shape of a layer": lambda api: api.layers.Dense(3).compute_output_shape([2, None]),
}


def _built(api):
    layer = api.layers.Dense(2)
    layer(api.ones([1, 3]))
    return layer


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_refused_as_tensorflow_refuses_it(case):
    def ours():
        with torchscope.tf1.Graph().as_default():
            return CASES[case](torchscope.tf1)

    assert_refused_alike(lambda: CASES[case](tf), ours)


def test_settings_make_another_layer():
    class Scaled(ts.layers.Layer):
        def __init__(self, factor, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def get_config(self):
            return {**super().get_config(), "factor": self.factor}

    made = Scaled.from_config(Scaled(3, name="s", trainable=False).get_config())
    assert (made.factor, made.name, made.trainable) == (3, "s", False)
    for api in (tf, torchscope.tf1):
        layer = api.layers.Layer(name="n", dtype="float64")
        assert layer.get_config() == {"name": "n", "trainable": True, "dtype": "float64"}
        with pytest.raises(NotImplementedError, match="must override `get_config`"):
            type("Mine", (api.layers.Layer,), {"__init__": _takes_more})(1).get_config()


def _takes_more(self, more, **kwargs):
    super(type(self), self).__init__(**kwargs)


SIZES = st.one_of(st.none(), st.integers(5, 12))
WINDOWS = st.integers(1, 4)
PADDINGS = st.sampled_from(["valid", "same"])


@st.composite
def layers(draw):
    """The name of a layer, its arguments, and the shape of an input."""
    spatial = draw(st.integers(1, 3))
    first = draw(st.booleans())
    kind = draw(st.sampled_from(["Conv", "ConvT", "SeparableConv", "MaxPooling", "AveragePooling"]))
    batch, sizes = draw(SIZES), [draw(SIZES) for _ in range(spatial)]
    shape = (batch, 3, *sizes) if first else (batch, *sizes, 3)
    how = {
        "padding": draw(PADDINGS),
        "strides": draw(WINDOWS),
        "data_format": "channels_first" if first else "channels_last",
    }
    window = draw(WINDOWS)
    if kind == "ConvT":
        spatial = max(spatial, 2)
        shape = shape if len(shape) == spatial + 2 else (*shape, 7)
        return f"Conv{spatial}DTranspose", (4, window), how, shape
    if kind == "SeparableConv":
        spatial = min(spatial, 2)
        shape = shape[: spatial + 2]
    if kind.endswith("Conv"):
        if how["strides"] == 1:
            how["dilation_rate"] = draw(st.integers(1, 2))
        return f"{kind}{spatial}D", (4, window), how, shape
    return f"{kind}{spatial}D", (window,), how, shape


@settings(max_examples=60)
@given(layers())
def test_shapes_of_outputs_are_those_of_tensorflow(drawn):
    kind, args, how, shape = drawn
    expected = getattr(tf.layers, kind)(*args, **how).compute_output_shape(shape)
    mine = getattr(ts.layers, kind)(*args, **how).compute_output_shape(shape)
    assert mine.as_list() == expected.as_list()


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda api: api.layers.Dense(5), (None, 7)),
        (lambda api: api.layers.Dense(5), [2, 4, 7]),
        (lambda api: api.layers.Flatten(), (None, 3, 4)),
        (lambda api: api.layers.Flatten(), (2, None, 4)),
        (lambda api: api.layers.Flatten(), (5,)),
        (lambda api: api.layers.Dropout(), (None, 3)),
        (lambda api: api.layers.BatchNormalization(), (None, 3)),
    ],
)
def test_other_shapes_are_those_of_tensorflow(make, shape):
    expected = tf.TensorShape(make(tf).compute_output_shape(shape)).as_list()
    mine = make(torchscope.tf1).compute_output_shape(shape)
    assert torchscope.tf1.TensorShape(mine).as_list() == expected


def test_a_layer_of_ones_own_says_no_shape():
    with pytest.raises(
        NotImplementedError, match="has no `compute_output_shape`: write the method"
    ):
        ts.layers.Layer().compute_output_shape([2, 3])
