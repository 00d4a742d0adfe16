"""Layers that are computed by a plan of an earlier call: nothing else than the time tells them apart."""

import contextlib
import gc
import pickle
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from torchscope import slim

# A program asks for variables in later passes, too.
pytestmark = pytest.mark.filterwarnings("ignore:Variable .* is new:UserWarning")

X = torch.linspace(-1, 1, 2 * 6 * 6 * 4).reshape(2, 6, 6, 4)


def plans_of(net):
    return [plan for plans in net.registry.store.plans.values() for plan in plans]


def twice(function, x=X):
    """A net of a function that has run in two passes."""
    net = ts.ScopedModule(function)
    net(x)
    net(x)
    return net


LAYERS = {
    "conv2d": (lambda x, **how: ts.layers.conv2d(x, 4, **how), {"kernel_size": [1, 2, [2, 2], 9]}),
    "dense": (ts.layers.dense, {"units": [4, 3]}),
    "batch_normalization": (
        ts.layers.batch_normalization,
        {"training": [True, False], "axis": [-1, 1, 9], "momentum": [0.9, 1, True]},
    ),
    "slim.conv2d": (
        lambda x, **how: slim.conv2d(x, 4, **how),
        {
            "kernel_size": [1, 3],
            "padding": ["SAME", "VALID", "OTHER"],
            "normalizer_fn": [slim.batch_norm, None],
            "weights_regularizer": [slim.l2_regularizer(0.5), None],
            "variables_collections": [["mine"], {"weights": ["others"]}, None],
        },
    ),
    "slim.fully_connected": (slim.fully_connected, {"num_outputs": [4, 3]}),
    "slim.batch_norm": (
        slim.batch_norm,
        {"is_training": [True, False], "scale": [True, False], "param_regularizers": [None, {}]},
    ),
}
SCOPES = {
    "none": {},
    "regularized": {"regularizer": ts.l2_regularizer(0.25)},
    "gotten": {"custom_getter": lambda getter, *args, **kwargs: getter(*args, **kwargs)},
    "cut": {"partitioner": ts.fixed_size_partitioner(1)},
    "reusing": {"reuse": ts.AUTO_REUSE},
    "initialized": {"initializer": ts.ones_initializer()},
}


@st.composite
def calls(draw):
    """A call of a layer: its name, its arguments, the scope around it, and its own."""
    layer = draw(st.sampled_from(sorted(LAYERS)))
    options = LAYERS[layer][1]
    arguments = {key: draw(st.sampled_from(values)) for key, values in options.items()}
    name = draw(st.sampled_from([None, "a", "b"]))
    reuse = draw(st.sampled_from([None, None, ts.AUTO_REUSE]))
    how = {"scope" if layer.startswith("slim") else "name": name, "reuse": reuse}
    scope = draw(st.sampled_from(sorted(SCOPES)))
    return layer, {**arguments, **how}, scope, draw(st.sampled_from(["s", "t"]))


def run(x, program, seen):
    """What a pass gives and leaves for each call of a program."""
    for layer, arguments, scope, name in program:
        y = None
        try:
            with ts.variable_scope(name, **SCOPES[scope]):
                y = LAYERS[layer][0](x, **arguments)
        except (ValueError, TypeError) as error:
            seen.append((type(error), str(error)))
        seen.append(y if y is None else y.detach().clone())
    seen.append([v.name for v in ts.global_variables()])
    seen.append([v.name for v in ts.trainable_variables()])
    for key in ("mine", "others", *slim_keys()):
        seen.append([each.name for each in ts.get_collection(key)])
    seen.append([loss.item() for loss in ts.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES)])
    seen.append(ts.layers.Dense(1).name)
    with ts.variable_scope(None, default_name="dense") as scope:
        seen.append(scope.original_name_scope)
    return x


def slim_keys():
    return (ts.GraphKeys.MODEL_VARIABLES, ts.GraphKeys.LOCAL_VARIABLES)


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        if isinstance(a, torch.Tensor):
            torch.testing.assert_close(a, b, rtol=0, atol=0)
        else:
            assert a == b


@settings(max_examples=150)
@given(passes=st.lists(st.lists(calls(), min_size=1, max_size=4), min_size=2, max_size=4))
def test_passes_by_plans_are_as_those_without(passes):
    nets = [ts.ScopedModule(run), ts.ScopedModule(run)]
    for program in passes:
        seen = []
        for net in nets:
            torch.manual_seed(0)
            seen.append([])
            net(X, program, seen[-1])
        assert_same(*seen)
        nets[1].registry.store.plans.clear()


def test_layers_that_are_given_the_same_have_one_plan():
    def model(x):
        for name in "ab":
            x = ts.layers.dense(x, 4, kernel_initializer=ts.ones_initializer(), name=name)
        return x

    net = twice(model, torch.ones(2, 4))
    assert len(plans_of(net)) == 1
    assert len(net.registry.variables) == 4


def test_what_was_given_may_change_afterwards():
    size = [1, 1]
    net = twice(lambda x: ts.layers.conv2d(x, 4, size, name="a", reuse=ts.AUTO_REUSE))
    assert plans_of(net)
    size[0] = 3
    with pytest.raises(ValueError, match="Trying to share variable a/kernel, but specified shape"):
        net(X)


def test_an_activation_may_be_another_in_each_call():
    factors = iter((1.0, 2.0, 3.0))
    net = ts.ScopedModule(
        lambda x, factor: ts.layers.dense(x, 4, lambda y: factor * y, name="a", use_bias=False)
    )
    one, two, three = (net(X, factor) for factor in factors)
    torch.testing.assert_close(two, 2 * one)
    torch.testing.assert_close(three, 3 * one)
    assert len(plans_of(net)) == 1


def test_what_functions_close_over_is_not_kept():
    alive = []

    def model(x):
        scale = x.sum() * torch.ones(2)
        alive.append(weakref.ref(scale))
        ts.layers.dense(x, 4, lambda y: y * scale.mean(), name="a")
        ts.layers.dense(x, 4, kernel_regularizer=lambda w: (w * scale.mean()).sum(), name="b")
        return x

    net = ts.ScopedModule(model)
    net(X)
    # The regularizer is one of the variable that it was given for.
    assert len(plans_of(net)) == 1
    net(X)
    gc.collect()
    assert alive[0]() is not None
    assert alive[1]() is None
    assert len(plans_of(net)) == 1


def test_what_a_layer_refuses_when_it_computes_leaves_nothing():
    def broken(_):
        raise ValueError("This cannot be.")

    wrong = [None, broken]

    def model(x):
        for activation in wrong:
            with contextlib.suppress(ValueError):
                ts.layers.dense(x, 4, activation, name="a", reuse=ts.AUTO_REUSE)
        seen.append([v.name for v in ts.trainable_variables()])
        return x

    seen = []
    net = ts.ScopedModule(model)
    net(X)
    wrong[:] = [broken]
    net(X)
    assert seen == [["a/kernel:0", "a/bias:0"], []]
    with pytest.raises(ValueError, match=r"This cannot be. The layer's scope is 'b'"):
        ts.ScopedModule(lambda x: ts.layers.dense(x, 4, broken, name="b"))(X)


def test_a_plan_is_of_the_regularizer_that_the_scope_hands_down():
    def model(x):
        how = {
            "kernel_regularizer": ts.l2_regularizer(1.0),
            "kernel_initializer": ts.ones_initializer(),
        }
        ts.layers.dense(x, 1, name="a", **how)
        with ts.variable_scope("s", regularizer=ts.l2_regularizer(2.0)):
            ts.layers.dense(x, 1, name="a", use_bias=False, **how)
            ts.layers.dense(x, 1, name="b", use_bias=False, **how)
        ts.layers.dense(x, 1, name="b", use_bias=False, **how)
        seen.append([loss.item() for loss in ts.losses.get_regularization_losses()])
        return x

    seen = []
    twice(model, torch.ones(1, 2))
    assert seen == [[1.0, 3.0, 3.0, 1.0]] * 2


def test_variables_that_a_plan_finds_join_its_collections():
    def model(x, scope, collections):
        slim.fully_connected(
            x, 1, scope=scope, reuse=ts.AUTO_REUSE, variables_collections=collections
        )
        return [v.name for v in ts.get_collection("mine")]

    net = ts.ScopedModule(model)
    x = torch.ones(1, 2)
    assert net(x, "a", None) == []
    assert net(x, "b", ["mine"]) == ["b/weights:0", "b/biases:0"]
    assert len(plans_of(net)) == 2
    assert net(x, "a", ["mine"]) == ["a/weights:0", "a/biases:0"]


@pytest.mark.parametrize("make", [torch.ones, np.ones])
def test_arrays_among_the_arguments_have_no_plan(make):
    net = twice(lambda x: ts.layers.batch_normalization(x, renorm_clipping={"rmax": make(2)}))
    assert plans_of(net) == []


def test_a_plan_is_of_the_dtype_that_autocast_leaves_to_variables():
    net = ts.ScopedModule(lambda x: ts.layers.dense(x, 4, name="a", reuse=ts.AUTO_REUSE))
    half = X.to(torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        assert net(half).dtype == torch.bfloat16
        net(half)
    assert {v.dtype for v in net.registry.variables.values()} == {torch.float32}
    with pytest.raises(ValueError, match="but specified dtype bfloat16 and found dtype float32"):
        net(half)


def test_plans_neither_keep_a_net_nor_are_saved_with_it():
    net = twice(lambda x: ts.layers.dense(x, 4, lambda y: y, name="a"))
    assert plans_of(net)
    gone = weakref.ref(net)
    del net
    gc.collect()
    assert gone() is None
    kept = twice(_dense)
    assert plans_of(kept)
    copy = pickle.loads(pickle.dumps(kept))
    assert plans_of(copy) == []
    torch.testing.assert_close(copy(X), kept(X))


def _dense(x):
    return ts.layers.dense(x, 4, name="a")


def test_plans_of_many_shapes_are_forgotten():
    net = ts.ScopedModule(lambda x: ts.layers.dense(x, 4, name="a", reuse=ts.AUTO_REUSE))
    for size in range(1, 1100):
        net(torch.ones(size, 4))
    assert len(net.registry.store.plans) <= 1000
    units = ts.ScopedModule(lambda x, n: ts.layers.dense(x, n, name=f"a{n}"))
    for number in range(1, 40):
        units(torch.ones(2, 4), number)
    assert len(plans_of(units)) == 16
