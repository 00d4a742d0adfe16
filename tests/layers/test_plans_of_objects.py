"""Layers as objects that are built by a plan of one like them: nothing else than the time tells them apart."""

import copy
import pickle
import threading

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts

# A program asks for variables in later passes, too.
pytestmark = pytest.mark.filterwarnings("ignore:Variable .* is new:UserWarning")

INPUTS = {
    "x": torch.linspace(-1, 1, 2 * 6 * 6 * 4).reshape(2, 6, 6, 4),
    "fewer channels": torch.linspace(-1, 1, 2 * 6 * 6 * 2).reshape(2, 6, 6, 2),
    "one more": torch.linspace(-1, 1, 3 * 6 * 6 * 4).reshape(3, 6, 6, 4),
    "double": torch.linspace(-1, 1, 2 * 6 * 6 * 4, dtype=torch.float64).reshape(2, 6, 6, 4),
    "small": torch.ones(2, 1, 1, 4),
    "integers": torch.ones(2, 6, 6, 4, dtype=torch.int32),
    "an array": torch.ones(2, 6, 6, 4).numpy(),
}
L2 = ts.l2_regularizer(0.5)


def broken(_):
    raise ValueError("This cannot be.")


class Mine(ts.layers.Dense):
    """A subclass may ask for more."""

    def build(self, input_shape):
        """Makes a variable beside."""
        self.more = self.add_weight(self.scope_name.replace("/", "_"), [2])
        super().build(input_shape)


KINDS = {
    "dense": (ts.layers.Dense, {"units": [4, 3], "kernel_regularizer": [None, L2]}),
    "mine": (Mine, {"units": [4]}),
    "conv2d": (
        lambda **how: ts.layers.Conv2D(4, **how),
        {"kernel_size": [1, 2, [2, 2]], "use_bias": [True, False], "padding": ["same", "valid"]},
    ),
    "conv2d_transpose": (lambda **how: ts.layers.Conv2DTranspose(2, 2, **how), {"strides": [1, 2]}),
    "separable": (
        lambda **how: ts.layers.SeparableConv2D(4, 2, **how),
        {"depth_multiplier": [1, 2], "depthwise_regularizer": [None, L2]},
    ),
    "batch_normalization": (
        ts.layers.BatchNormalization,
        {
            "axis": [-1, 1],
            "momentum": [0.9, 1, True],
            "scale": [True, False],
            "renorm": [False, True],
        },
    ),
}
SCOPES = {
    "none": {},
    "regularized": {"regularizer": ts.l2_regularizer(0.25)},
    "gotten": {"custom_getter": lambda getter, *args, **kwargs: getter(*args, **kwargs)},
    "cut": {"partitioner": ts.fixed_size_partitioner(1)},
    "reusing": {"reuse": ts.AUTO_REUSE},
}
CHANGES = {
    "trainable": [True, False],
    "activation": [None, ts.nn.relu, broken],
    "activity_regularizer": [None, L2],
    "bias_initializer": [ts.ones_initializer()],
    "use_bias": [True, False],
    "epsilon": [0.5],
    "mine": [1, torch.ones(2)],
    "input_spec": [None],
}


@st.composite
def made(draw):
    """How a layer is made: its kind, and its arguments."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    how = {key: draw(st.sampled_from(values)) for key, values in KINDS[kind][1].items()}
    name = draw(st.sampled_from([None, None, "a", "b"]))
    return kind, {**how, "name": name, "_reuse": draw(st.sampled_from([None, None, ts.AUTO_REUSE]))}


@st.composite
def calls(draw):
    """A call: of which layer, what is changed of it before, its input, the scope around, further arguments.

    Two layers are kept, and others are made anew: of two kinds both.
    """
    which = draw(st.sampled_from(["kept", "kept", "new"])), draw(st.integers(0, 1))
    change = draw(st.sampled_from([None] * 9 + sorted(CHANGES)))
    value = None if change is None else draw(st.sampled_from(CHANGES[change]))
    given = draw(st.sampled_from(["x"] * 9 + sorted(INPUTS)))
    scope = draw(st.sampled_from(["none"] * 9 + sorted(SCOPES))), draw(st.sampled_from("sst"))
    how = draw(st.sampled_from([{}, {}, {"scope": "own"}, {"training": True}]))
    again = draw(st.sampled_from([None] * 9 + [copy.deepcopy, pickled]))
    return which, (change, value), given, scope, how, again


@st.composite
def programs(draw):
    """What several passes do: much of it again and again."""
    some = draw(st.lists(calls(), min_size=2, max_size=5))
    one = st.lists(st.sampled_from(range(len(some))), min_size=1, max_size=5)
    return [[some[n] for n in draw(one)] for _ in range(draw(st.integers(2, 4)))]


def pickled(layer):
    return pickle.loads(pickle.dumps(layer))


def make(kind, how):
    return KINDS[kind][0](**how)


def names_of(variables):
    return [each.name for each in variables]


def run(_, kinds, layers, program, seen, between):
    """What a pass gives and leaves for each call of a program."""
    for (which, number), (change, value), which_input, (scope, name), how, again in program:
        layer = layers[number] if which == "kept" else make(*kinds[number])
        y = None
        try:
            if again is not None:
                layer = again(layer)
            if change is not None:
                setattr(layer, change, value)
            trains = isinstance(layer, ts.layers.BatchNormalization)
            further = {key: each for key, each in how.items() if trains or key != "training"}
            with ts.variable_scope(name, **SCOPES[scope]):
                y = layer(INPUTS[which_input], **further)
        except (ValueError, TypeError, RuntimeError) as error:
            seen.append((type(error), str(error)))
        seen.append(y if y is None else y.detach().clone())
        seen.extend(told(layer))
        between()
    seen.append(names_of(ts.global_variables()))
    seen.append(names_of(ts.trainable_variables()))
    seen.append([loss.item() for loss in ts.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES)])
    seen.append(len(ts.get_collection(ts.GraphKeys.UPDATE_OPS)))
    seen.append(ts.layers.Dense(1).name)
    for default in ("dense", "conv2d", "batch_normalization"):
        with ts.variable_scope(None, default_name=default) as opened:
            seen.append(opened.original_name_scope)
    return torch.ones(())


def told(layer):
    """What a layer tells of itself in its pass."""
    yield layer.name, layer.built, layer.dtype, layer.input_spec, len(layer.updates)
    yield layer.scope_name if layer.built else layer._scope_so_far
    yield names_of(layer.weights)
    yield names_of(layer.trainable_weights)
    yield names_of(layer.non_trainable_weights)
    yield [loss.item() for loss in layer.losses]
    # What computes is among its weights.
    yield [
        key
        for key, value in sorted(vars(layer).items())
        if any(value is each for each in layer.weights)
    ]


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        if isinstance(a, torch.Tensor):
            torch.testing.assert_close(a, b, rtol=0, atol=0)
        else:
            assert a == b


@settings(max_examples=200)
@given(
    kinds=st.tuples(made(), made()),
    passes=programs(),
    collect=st.booleans(),
)
def test_passes_with_plans_are_as_those_without(kinds, passes, collect):
    nets = [ts.ScopedModule(run, collect_updates=collect) for _ in range(2)]
    layers = []
    for _ in nets:
        ts.reset_default_registry()
        layers.append([make(*kind) for kind in kinds])
    clear = nets[1].registry.store.plans.clear
    for program in passes:
        seen = []
        for net, between, mine in zip(nets, (lambda: None, clear), layers, strict=True):
            torch.manual_seed(0)
            seen.append([])
            net(INPUTS["x"], kinds, mine, program, seen[-1], between)
        assert_same(*seen)


def plans_of(net):
    return [plan for plans in net.registry.store.plans.values() for plan in plans]


X = INPUTS["x"]


def test_layers_like_each_other_have_one_plan_whether_kept_or_made_anew():
    kept = [ts.layers.Dense(4, kernel_initializer=ts.ones_initializer()) for _ in range(3)]

    def model(x):
        for layer in [*kept, ts.layers.Dense(4, kernel_initializer=ts.ones_initializer())]:
            x = layer(x)
        return [layer.scope_name for layer in kept]

    net = ts.ScopedModule(model)
    assert net(X) == net(X) == ["dense", "dense_1", "dense_2"]
    assert len(plans_of(net)) == 1
    assert len(net.registry.variables) == 8


def test_a_setting_that_was_changed_between_passes_is_seen():
    layer = ts.layers.Dense(4, kernel_regularizer=L2)

    def model(x):
        layer(x)
        return names_of(layer.trainable_weights), len(layer.losses)

    net = ts.ScopedModule(model)
    assert net(X) == net(X) == (["dense/kernel:0", "dense/bias:0"], 1)
    layer.trainable = False
    assert net(X) == net(X) == ([], 1)
    layer.kernel_regularizer, layer.trainable, layer.use_bias = None, True, False
    assert net(X) == net(X) == (["dense/kernel:0"], 0)
    layer.units = 3
    with pytest.raises(
        ValueError, match=r"Trying to share variable dense/kernel, but specified shape \(4, 3\)"
    ):
        net(X)


def test_an_activation_that_is_made_anew_needs_no_other_plan():
    net = ts.ScopedModule(lambda x, f: ts.layers.Dense(4, lambda y: f * y, use_bias=False)(x))
    one, two = (net(X, factor) for factor in (1.0, 2.0))
    torch.testing.assert_close(two, 2 * one)
    assert len(plans_of(net)) == 1


def test_what_somebody_else_builds_has_no_plan():
    built = []

    def build(shape):
        built.append(shape)
        ts.layers.Dense.build(layer, shape)

    layer, mine = ts.layers.Dense(4), Mine(4)
    layer.build = build
    net = ts.ScopedModule(lambda x: mine(layer(x)))
    net(X)
    net(X)
    assert plans_of(net) == []
    assert len(built) == 2


def test_a_layer_of_two_nets_has_the_variables_of_each():
    layer = ts.layers.Dense(4)
    nets = [ts.ScopedModule(lambda x: (layer(x), layer.kernel)) for _ in range(2)]
    for _ in range(2):
        for net in nets:
            assert net(X)[1] is net.dense.kernel
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 4"):
        nets[0](INPUTS["fewer channels"])


def test_a_plan_keeps_no_variable():
    layer = ts.layers.BatchNormalization()
    net = ts.ScopedModule(layer)
    net(X)
    (plan,) = plans_of(net)
    assert not any(isinstance(each, torch.Tensor) for each in plan.state.values())
    assert all(request.variable is None for _, request in plan.requests)


def test_threads_may_build_one_layer_at_once():
    layer, seen = ts.layers.Dense(4), []

    def model(x):
        layer(x)
        return [v.name for v in layer.weights], layer.trainable_weights

    def work():
        net = ts.ScopedModule(model)
        seen.extend(net(X)[0] == ["dense/kernel:0", "dense/bias:0"] for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert seen == [True] * 200


def test_a_layer_that_was_built_for_other_inputs_refuses_them_though_there_is_a_plan():
    layer, fewer = ts.layers.Dense(4), INPUTS["fewer channels"]
    net = ts.ScopedModule(lambda x: (ts.layers.Dense(4, name="other")(fewer), layer(x)))
    net(X)
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 4"):
        net(fewer)
