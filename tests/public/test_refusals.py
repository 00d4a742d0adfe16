"""A layer that refuses what it is asked leaves nothing, and says where it was; TensorFlow's type.

Each layer meets inputs and arguments that are bad in each way that there is. What TensorFlow raises
is asked there; what it finds when the graph runs is a ValueError here.
"""

import inspect
import threading
import warnings

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.slim
import torchscope.tf1
from tests.slim.kit import OURS, THEIRS
from tests.tensorflow1 import tf

pytestmark = pytest.mark.filterwarnings("ignore")

SHAPES = {2: (2, 4), 3: (2, 6, 4), 4: (2, 6, 6, 4), 5: (2, 5, 6, 6, 4)}


def layer(name, rank, **arguments):
    """A layer by its path, the rank of its input, and what it is given beside it."""
    return pytest.param((name, rank, arguments), id=name)


CONVOLUTION = {"filters": 3, "kernel_size": 3}
OF_SLIM = {"num_outputs": 3, "kernel_size": 3}
POOLING = {"pool_size": 2, "strides": 2}
LAYERS = [
    layer("layers.dense", 2, units=3),
    *(layer(f"layers.conv{n}d", n + 2, **CONVOLUTION) for n in (1, 2, 3)),
    *(layer(f"layers.conv{n}d_transpose", n + 2, **CONVOLUTION) for n in (2, 3)),
    *(layer(f"layers.separable_conv{n}d", n + 2, **CONVOLUTION) for n in (1, 2)),
    *(layer(f"layers.max_pooling{n}d", n + 2, **POOLING) for n in (1, 2, 3)),
    *(layer(f"layers.average_pooling{n}d", n + 2, **POOLING) for n in (1, 2, 3)),
    layer("layers.batch_normalization", 4),
    layer("layers.dropout", 4, training=True),
    layer("layers.flatten", 4),
    *(layer(f"slim.conv{n}d", n + 2, **OF_SLIM) for n in (1, 2, 3)),
    *(layer(f"slim.conv{n}d_transpose", n + 2, **OF_SLIM) for n in (2, 3)),
    layer("slim.separable_conv2d", 4, depth_multiplier=1, **OF_SLIM),
    layer("slim.conv2d_in_plane", 4, kernel_size=3),
    layer("slim.fully_connected", 2, num_outputs=3),
    layer("slim.batch_norm", 4),
    layer("slim.layer_norm", 4),
    layer("slim.instance_norm", 4),
    layer("slim.group_norm", 4, groups=2),
    layer("slim.unit_norm", 4, dim=3),
    layer("slim.bias_add", 4),
    layer("slim.dropout", 4),
    layer("slim.maxout", 4, num_units=2),
    layer("slim.spatial_softmax", 4),
    layer("slim.max_pool2d", 4, kernel_size=2),
    layer("slim.avg_pool2d", 4, kernel_size=2),
    *(layer(f"cell.{n}", 2) for n in ("BasicRNNCell", "BasicLSTMCell", "LSTMCell", "GRUCell")),
]

# Where ours is another type on purpose: text is no tensor, and what is no tensor is told so.
OTHER_TYPES = {"text", "object", "dict", "none"}
# Accidents of Python's, where ours is a ValueError that says what is wrong.
ACCIDENTS = (IndexError, ZeroDivisionError, AttributeError)
# What TensorFlow has no operation for, or does not look at; see docs/layers.md.
COMPUTED = {"integers", "bools", "complex", "doubles", "halves"}


def inputs_of(rank, zeros):
    """Inputs by what is wrong with them."""
    shape = SHAPES[rank]
    return {
        "one axis more": lambda: zeros((*shape, 2), "float32"),
        "one axis less": lambda: zeros(shape[:-1], "float32"),
        "a number": lambda: zeros((), "float32"),
        "none": lambda: None,
        "text": lambda: "text",
        "object": object,
        "dict": lambda: {"a": 1},
        "integers": lambda: zeros(shape, "int32"),
        "bools": lambda: zeros(shape, "bool"),
        "complex": lambda: zeros(shape, "complex64"),
        "doubles": lambda: zeros(shape, "float64"),
        "halves": lambda: zeros(shape, "float16"),
    }


# What may be wrong with an argument, by its name.
BAD = {
    "units": [-1, "a", None],
    "filters": [-1, 0, None],
    "num_outputs": [-1, None],
    "kernel_size": [0, -1, [3, 3, 3, 3], "a", None],
    "pool_size": ["a", [2, 2, 2, 2], 7],
    "strides": [0, -1, "a", [1, 1, 1, 1], None],
    "stride": [0, -1, "a", [1, 1, 1, 1]],
    "padding": ["FULL", ""],
    "data_format": ["NHWX"],
    "dilation_rate": [0, -1, [1, 1, 1, 1], "a"],
    "rate": [0, -1, "a"],
    "activation": ["gelo", 3],
    "activation_fn": ["gelo", 3],
    "normalizer_fn": [3],
    "kernel_initializer": ["zerus"],
    "weights_initializer": ["zerus"],
    "bias_initializer": ["zerus", 3],
    "biases_initializer": [3],
    "kernel_regularizer": [3, "l3"],
    "weights_regularizer": [3],
    "outputs_collections": [3],
    "name": [3, "a b"],
    "scope": [3, "a b"],
    "reuse": [3],
    "axis": [9, -9, "a"],
    "groups": [0, 3],
    "begin_norm_axis": [9, -9],
    "keep_prob": [0, -1, 1.5],
    "num_units": [-1, 3],
    "dim": [9],
}


def zeros_of_tensorflow(shape, dtype):
    return tf.zeros(shape, getattr(tf, dtype))


def zeros_of_torch(shape, dtype):
    return torch.zeros(shape, dtype=getattr(torch, dtype))


def function_of(kit, name):
    """The function of a layer, in TensorFlow or in ours; of a cell, one of its steps."""
    module, _, function = name.partition(".")
    if module == "cell":

        def step(inputs, num_units=3, **arguments):
            cell = getattr(kit.tf.nn.rnn_cell, function)
            state = cell(3).zero_state(2, kit.tf.float32)
            return cell(num_units, **arguments)(inputs, state)

        return step
    return getattr(kit.slim if module == "slim" else getattr(kit.tf, module), function)


def parameters_of(name):
    """The names of a layer's arguments."""
    module, _, function = name.partition(".")
    if module == "cell":
        return inspect.signature(getattr(ts.rnn, function)).parameters
    found = getattr(
        getattr(torchscope.tf1, module, ts.slim) if module != "slim" else ts.slim, function
    )
    return inspect.signature(inspect.unwrap(found)).parameters


def refused_by_tensorflow(call):
    """What TensorFlow raises when the graph is built, a ValueError for when it runs, or None."""
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with tf.variable_scope("outer"):
                output = call()
        except tf.errors.OpError:
            return ValueError
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is compared
            return type(error)
        try:
            session.run(tf.global_variables_initializer())
            session.run(output)
        except Exception:  # noqa: BLE001 - that it fails is what is asked
            return ValueError
    return None


def everything():
    """All that a refused layer must leave as it was."""
    registry = ts.get_default_registry()
    keys = ["losses", *(v for k, v in vars(ts.GraphKeys).items() if k.isupper())]
    return (
        list(registry.variables),
        list(registry.module.state_dict()),
        [name for name, _ in registry.module.named_modules()],
        {key: list(map(id, ts.get_collection(key))) for key in keys},
        ts.get_variable_scope().name,
    )


def refusal_of(call):
    """What ours raises, having checked that it left nothing; None where it computes."""
    ts.reset_default_registry()
    with ts.variable_scope("before"):
        ts.get_variable("w", [2], regularizer=ts.l2_regularizer(0.5))
    before = everything()
    try:
        with ts.variable_scope("outer"):
            call()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is compared
        # Losses are computed when they are asked for: their number is what counts.
        after = everything()
        assert after[:3] == before[:3]
        assert after[4] == before[4]
        assert {k: len(v) for k, v in after[3].items()} == {k: len(v) for k, v in before[3].items()}
        return error
    return None


@pytest.mark.parametrize("asked", LAYERS)
def test_a_bad_input_is_refused_as_in_tensorflow_with_its_scope_and_leaves_nothing(asked):
    name, rank, arguments = asked
    theirs = inputs_of(rank, zeros_of_tensorflow)
    for kind, make in inputs_of(rank, zeros_of_torch).items():
        error = refusal_of(lambda: function_of(OURS, name)(make(), **arguments))  # noqa: B023
        wanted = refused_by_tensorflow(
            lambda: function_of(THEIRS, name)(theirs[kind](), **arguments)  # noqa: B023
        )
        if error is None:
            assert wanted is None or kind in COMPUTED, kind
        elif wanted is None:
            assert kind in COMPUTED, (kind, error)
            assert isinstance(error, TypeError | ValueError)
        elif kind in OTHER_TYPES:
            assert isinstance(error, TypeError | ValueError | AttributeError), (kind, error)
        else:
            alike = isinstance(error, (wanted, ValueError) if wanted in ACCIDENTS else wanted)
            assert alike or kind in COMPUTED, (kind, error, wanted)
        if error is not None and kind not in OTHER_TYPES and name != "slim.group_norm":
            assert "outer" in str(error), (kind, error)


@pytest.mark.parametrize("asked", LAYERS)
def test_a_bad_argument_is_refused_as_in_tensorflow_and_leaves_nothing(asked):
    name, rank, arguments = asked
    known = parameters_of(name)
    for argument, value in [(a, v) for a, values in BAD.items() for v in values if a in known]:
        given = {**arguments, argument: value}
        x = zeros_of_torch(SHAPES[rank], "float32")
        error = refusal_of(lambda: function_of(OURS, name)(x, **given))  # noqa: B023
        wanted = refused_by_tensorflow(
            lambda: function_of(THEIRS, name)(
                zeros_of_tensorflow(SHAPES[rank], "float32"),
                **given,  # noqa: B023
            )
        )
        assert (error is None) == (wanted is None), (argument, value, error, wanted)
        if error is not None:
            alike = isinstance(error, (wanted, ValueError) if wanted in ACCIDENTS else wanted)
            assert alike, (argument, value, error, wanted)


class Failing(ts.layers.Layer):
    """Makes two variables, and a third by a layer inside; and fails where it is told to."""

    def build(self, input_shape):
        ts.add_to_collection("mine", self.add_weight("a", [2], regularizer=ts.l2_regularizer(0.5)))
        self.add_weight("b", [2], initializer="ones", trainable=False)
        super().build(input_shape)

    def call(self, inputs, fails=False):
        outputs = ts.layers.dense(inputs, 2, name="inner")
        if fails:
            raise ValueError("It was told to")
        return outputs


def test_after_a_refusal_the_same_name_can_be_asked_for_again():
    live = ts.get_collection_ref(ts.GraphKeys.TRAINABLE_VARIABLES)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"It was told to\. The layer's scope is 'f', its"):
            Failing(name="f", _scope="f")(torch.ones(2, 2), fails=True)
        assert everything()[:3] == ([], [], [""])
        assert live == []
        assert ts.get_collection("mine") == []
        assert ts.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES) == []
    Failing(name="f", _scope="f")(torch.ones(2, 2))
    registry = ts.get_default_registry()
    assert list(registry.variables) == ["f/a", "f/b", "f/inner/kernel", "f/inner/bias"]
    assert ts.get_collection_ref(ts.GraphKeys.TRAINABLE_VARIABLES) is live
    assert [v.name for v in live] == ["f/a:0", "f/inner/kernel:0", "f/inner/bias:0"]
    assert [v.name for v in ts.get_collection("mine")] == ["f/a:0"]
    assert len(ts.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES)) == 1


def test_a_layer_object_can_be_called_again_after_a_refusal():
    f = Failing(name="f")
    with pytest.raises(ValueError, match="told"):
        f(torch.ones(2, 2), fails=True)
    assert (f.built, f.weights) == (False, [])
    f(torch.ones(2, 2))
    assert [v.name for v in f.weights] == ["f/a:0", "f/b:0"]
    with pytest.raises(ValueError, match="told"):
        f(torch.ones(2, 2), fails=True)
    assert f.built
    assert len(f.weights) == 2


def test_a_refusal_in_a_later_pass_takes_nothing_of_an_earlier_one():
    net = ts.ScopedModule(lambda x, fails: Failing(name="f", _scope="f")(x, fails=fails))
    net(torch.ones(2, 2), fails=False)
    before = {key: id(value) for key, value in net.state_dict(keep_vars=True).items()}
    with pytest.raises(ValueError, match="told"):
        net(torch.ones(2, 2), fails=True)
    net(torch.ones(2, 2), fails=False)
    assert {key: id(value) for key, value in net.state_dict(keep_vars=True).items()} == before


def test_within_a_later_pass_a_refused_request_can_be_made_again():
    net = ts.ScopedModule(lambda x, fails=False: Failing(name="f", _scope="f")(x, fails=fails))
    net(torch.ones(2, 2))
    with net.registry.activate():
        with pytest.raises(ValueError, match="told"):
            Failing(name="f", _scope="f")(torch.ones(2, 2), fails=True)
        Failing(name="f", _scope="f")(torch.ones(2, 2))
    assert list(net.registry.variables) == ["f/a", "f/b", "f/inner/kernel", "f/inner/bias"]


def test_what_was_loaded_survives_a_refusal():
    made = ts.ScopedModule(lambda x, fails=False: Failing(name="f", _scope="f")(x, fails=fails))
    made(torch.ones(2, 2))
    net = ts.ScopedModule(lambda x, fails: Failing(name="f", _scope="f")(x, fails=fails))
    net.load_state_dict(made.state_dict())
    with pytest.raises(ValueError, match="told"):
        net(torch.ones(2, 2), fails=True)
    assert net.registry.variables == {}
    net(torch.ones(2, 2), fails=False)
    for name, variable in made.registry.variables.items():
        assert torch.equal(net.registry.variables[name], variable)


def test_a_refusal_takes_nothing_that_another_thread_made_meanwhile():
    class Waiting(ts.layers.Layer):
        def build(self, input_shape):
            self.add_weight("a", [2])
            other = threading.Thread(target=lambda: ts.get_variable("theirs", [2]))
            other.start()
            other.join()
            raise ValueError("Too late.")

    with ts.get_default_registry().activate(), pytest.raises(ValueError, match="Too late"):
        Waiting(name="f")(torch.ones(2))
    assert list(ts.get_default_registry().variables) == ["theirs"]


def test_a_partitioned_variable_is_taken_back_whole():
    with (
        ts.variable_scope("p", partitioner=ts.fixed_size_partitioner(2)),
        pytest.raises(ValueError, match="Unknown initializer: 'zerus'"),
    ):
        ts.layers.dense(torch.ones(2, 4), 3, name="d", bias_initializer="zerus")
    assert everything()[:3] == ([], [], [""])
    with ts.variable_scope("p", partitioner=ts.fixed_size_partitioner(2)):
        ts.layers.dense(torch.ones(2, 4), 3, name="d")
    assert next(iter(ts.get_default_registry().variables)) == "p/d/kernel/part_0"


def test_an_error_of_another_kind_is_passed_on_as_it_is():
    class Odd(ts.layers.Layer):
        def build(self, input_shape):
            self.add_weight("a", [2])
            raise KeyError("key", 3)

    with pytest.raises(KeyError) as caught:
        Odd(name="f")(torch.ones(2))
    assert caught.value.args == ("key", 3)
    assert everything()[:3] == ([], [], [""])


def test_a_regularizer_that_is_no_function_is_refused_when_the_variable_is_made():
    for shape in ([2], [3, 2]):
        with pytest.raises(TypeError, match=r"'int' object is not callable.*regularizer of w"):
            ts.get_variable("w", shape, regularizer=3)
    assert everything()[:3] == ([], [], [""])


INITIALIZERS = [
    "zeros",
    "ones",
    "constant",
    "normal",
    "uniform",
    "random_normal",
    "random_uniform",
    "truncated_normal",
    "identity",
    "variance_scaling",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "orthogonal",
]


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_layer_knows_initializers_by_tensorflows_names(name):
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = tf.layers.Dense(60, kernel_initializer=name, use_bias=False)
        theirs(tf.zeros([2, 200]))
        session.run(tf.global_variables_initializer())
        expected = session.run(theirs.kernel)
    ours = ts.layers.Dense(60, kernel_initializer=name, use_bias=False)
    ours(torch.zeros(2, 200))
    found = ours.kernel.detach().numpy()
    for statistic in (np.mean, np.std, lambda x: np.sqrt(np.mean(np.abs(x)))):
        assert statistic(found) == pytest.approx(statistic(expected), rel=0.05, abs=5e-3)


@pytest.mark.parametrize("name", ["l1", "l2", "l1_l2"])
def test_a_layer_knows_regularizers_by_tensorflows_names(name):
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tf.layers.dense(tf.zeros([2, 4]), 3, kernel_initializer="ones", kernel_regularizer=name)
        session.run(tf.global_variables_initializer())
        expected = session.run(tf.losses.get_regularization_loss())
    ts.layers.dense(torch.zeros(2, 4), 3, kernel_initializer="ones", kernel_regularizer=name)
    found = ts.losses.get_regularization_loss().item()
    assert found == pytest.approx(expected, rel=1e-6)
