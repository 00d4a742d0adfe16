"""Names, unique names, and the mapping between names and state_dict keys."""

import copy
import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import torchscope as ts
from torchscope._core.names.state_dict_keys import attribute_of, component_of, key_of, name_of
from torchscope._core.names.unique_names import unique_name
from torchscope._core.names.valid_names import check_name
from torchscope.checkpoint import Saver, load_checkpoint, restore

first = st.sampled_from("abAZ09.")
# PyTorch's own use of what it has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")

rest = st.text("abAZ09._\\>-", max_size=4)
awkward = st.sampled_from(
    ["a", "b", "forward", "train", "type", "training", "_parameters", "register_buffer", "a.b", "."]
)
component = st.one_of(awkward, st.builds(str.__add__, first, rest))
deeper = st.one_of(component, st.text("abAZ09._\\>-", max_size=3))
leaf = st.one_of(component, st.builds(str.__add__, st.sampled_from("_->\\"), rest))
full_names = st.one_of(
    component.filter(lambda c: not c.startswith("_")),
    st.builds(
        lambda head, middle, last: "/".join([head, *middle, last]),
        component.filter(lambda c: not c.startswith("_")),
        st.lists(deeper, max_size=2),
        leaf,
    ),
)


@given(full_names)
def test_the_name_of_a_names_key_is_the_name(name):
    assert name_of(key_of(name)) == name


@given(st.text("ab.\\>-_", max_size=5))
def test_a_component_comes_back_from_its_attribute(text):
    assert component_of(attribute_of(text)) == text
    assert "." not in attribute_of(text)


@given(full_names, full_names)
def test_different_names_have_different_keys(one, other):
    assert (key_of(one) == key_of(other)) == (one == other)


def keys_of(names):
    """The keys that variables of these names get, made in this order."""
    net = ts.ScopedModule(lambda: [ts.get_variable(name, [1]) for name in names])
    net()
    registry = net.registry
    keys = {}
    for name, variable in zip(names, net(), strict=True):
        key = registry.key_of(registry.name_of(variable))
        module, _, attribute = key.rpartition(".")
        assert getattr(net.get_submodule(module), attribute) is variable
        assert name_of(key) == name
        keys[name] = key
    assert set(keys.values()) == set(net.state_dict())
    assert len(net.state_dict()) == len(names)
    return keys


@settings(max_examples=150)
@given(st.lists(full_names, min_size=1, max_size=7, unique=True), st.randoms(use_true_random=False))
def test_the_order_of_creation_changes_no_key(names, rng: random.Random):
    shuffled = list(names)
    rng.shuffle(shuffled)
    assert keys_of(names) == keys_of(shuffled)


@pytest.mark.parametrize("order", [("a", "a/b"), ("a/b", "a")])
def test_a_variable_beside_a_scope_of_its_name_has_a_key_of_its_own(order):
    assert keys_of(order) == {"a": "a", "a/b": "a:.b"}


def test_a_scope_named_like_a_method_of_modules_is_marked():
    assert keys_of(["forward/train", "type"]) == {
        "forward/train": "forward:.train:0",
        "type": "type:0",
    }


@pytest.mark.parametrize("reverse", [False, True])
def test_a_variable_of_each_function_under_one_name(reverse):
    def model():
        # TF1 names the second one a_1, and get_variable finds its own by the name that was asked.
        asks = [lambda: ts.get_variable("a", [1]), lambda: ts.Variable([1.0, 2.0], name="a")]
        return [ask() for ask in (reversed(asks) if reverse else asks)]

    net = ts.ScopedModule(model)
    assert [v.name for v in net()] == ["a:0", "a_1:0"]
    assert [v.name for v in net()] == ["a:0", "a_1:0"]
    assert set(net.state_dict()) == ({"a:0", "a:1"} if reverse else {"a", "a_1"})


def test_the_keys_of_the_modules_own_names_do_not_move():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Parameter(torch.zeros(1))
            self.plain = 3
            self.scopes = ts.ScopedParameterRegistry(self)

        def forward(self):
            return (
                ts.get_variable("a/b", [1]),
                ts.get_variable("plain", [1]),
                ts.get_variable("plain/x", [1]),
            )

    net = Net()
    net()
    assert list(net.state_dict()) == ["a", "plain:0", "a:.b", "plain:.x"]
    assert net.scopes.name_of("a:.b") == "a/b"


@pytest.mark.parametrize("name", ["a b", "_a", "", "ä", "a:0", "/a", "-a"])
def test_what_tf1_does_not_allow_at_the_root_is_refused(name):
    with pytest.raises(ValueError, match="is not a valid root scope name"):
        check_name(name, at_root=True)


@pytest.mark.parametrize("name", ["_a", "", "-a", "/a", "\\"])
def test_inside_a_scope_more_is_allowed(name):
    check_name(name, at_root=False)
    with pytest.raises(ValueError, match="is not a valid scope name"):
        check_name(name + " ", at_root=False)


def test_a_name_must_be_a_string():
    with pytest.raises(TypeError, match="expected string or bytes-like object, got 'int'"):
        check_name(3, at_root=True)


def test_a_peek_takes_no_name():
    used = {"a": 1}
    assert unique_name("a", used, mark=False) == "a_1"
    assert used == {"a": 1}


@given(st.lists(st.sampled_from(["a", "A", "a_1", "a_2", "b", "a_1_1"]), max_size=12))
def test_unique_names_are_unique_whatever_their_case(names):
    used = {}
    given_out = [unique_name(name, used).lower() for name in names]
    assert len(set(given_out)) == len(names)


def slots(*scopes):
    """A variable of the name of each scope."""
    made = []
    for scope in scopes:
        with ts.variable_scope(scope):
            made.append(ts.get_variable("", [2]))
    return made


def test_a_variable_of_the_scopes_own_name_lives_in_it_and_is_loaded_copied_and_compiled():
    def model(x, scopes=("m", "m/w/EMA", "q")):
        with ts.variable_scope("m"):
            ts.get_variable("w/EMA/x", [1])
        ts.get_variable("m//x/y", [1])
        return x + sum(slots(*scopes))

    def another(x):
        return model(x, scopes=("q", "m/w/EMA", "m"))

    net, x = ts.ScopedModule(model), torch.ones(2)
    expected = net(x)
    keys = ["m", "m:.:.x.y", "m:.w.EMA", "m:.w.EMA:.x", "q"]
    assert sorted(net.state_dict()) == keys
    assert net.registry.key_of("m/w/EMA") == "m:.w.EMA"
    assert net.registry.name_of("m:.w.EMA") == "m/w/EMA"
    fresh = ts.ScopedModule(another)
    fresh.load_state_dict(net.state_dict())
    torch.testing.assert_close(copy.deepcopy(fresh)(x), expected)
    torch.testing.assert_close(fresh(x), expected)
    assert sorted(fresh.state_dict()) == keys
    torch.testing.assert_close(copy.deepcopy(fresh)(x), expected)
    torch._dynamo.reset()
    assert torch.equal(torch.compile(net, fullgraph=True, backend="eager")(x), expected)


def with_slots(*names):
    """A model of variables of these names, each with a slot if that is asked for."""

    def model(x, slotted=True):
        for name in names:
            x = x + ts.get_variable(name, [2])
        return x + sum(slots(*(f"{name}/Adam" for name in names))) if slotted else x

    return model


def test_a_slot_leaves_its_variable_its_key():
    model, x = with_slots("conv/w", "b"), torch.ones(2)
    net, plain = ts.ScopedModule(model), ts.ScopedModule(model)
    net(x)
    plain(x, slotted=False)
    assert list(plain.state_dict()) == ["b", "conv.w"]
    assert list(net.state_dict()) == ["b", "conv.w", "conv.w:.Adam", "b:.Adam"]
    told = net.load_state_dict(plain.state_dict(), strict=False)
    assert (set(told[0]), told[1]) == ({"conv.w:.Adam", "b:.Adam"}, [])
    assert torch.equal(net.conv.w, plain.conv.w)
    told = plain.load_state_dict(net.state_dict(), strict=False)
    assert (told[0], set(told[1])) == ([], {"conv.w:.Adam", "b:.Adam"})


def test_a_slot_that_comes_later_leaves_an_optimizer_its_variables():
    net, x = ts.ScopedModule(with_slots("w")), torch.ones(2)
    net(x, slotted=False)
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    with pytest.warns(UserWarning, match="Variable w/Adam/ is new"):
        net(x).sum().backward()
    optimizer.step()
    assert optimizer.param_groups[0]["params"] == [net.w]


def test_a_scope_that_came_first_makes_way_with_all_that_is_in_it():
    def model(x):
        slot = slots("a/b")
        with ts.variable_scope("a"):
            first = ts.get_variable("b", [2])
            with ts.variable_scope("a"):
                second = ts.get_variable("c", [2])
        with ts.variable_scope("a", reuse=True):
            x = x * ts.get_variable("b", [2])
        own.append((first, second, *slot, ts.get_variable("a", [2])))
        with ts.variable_scope("a", reuse=True):
            return x * ts.get_variable("b", [2])

    own = []
    net, x = ts.ScopedModule(model), torch.ones(2)
    assert torch.equal(net(x), net(x))
    assert all(one is other for one, other in zip(*own, strict=True))
    state = net.state_dict()
    assert sorted(state) == ["a", "a:.a.c", "a:.b:0", "a:.b:2"]
    for seed in range(5):
        fresh, keys = ts.ScopedModule(model), list(state)
        random.Random(seed).shuffle(keys)
        fresh.load_state_dict({key: state[key] for key in keys})
        assert sorted(fresh.state_dict()) == sorted(state)
        assert torch.equal(fresh(x), net(x))
        assert {k: v.tolist() for k, v in fresh.state_dict().items()} == {
            k: v.tolist() for k, v in state.items()
        }


requests = st.tuples(
    st.sampled_from(["get_variable", "Variable", "slot"]),
    st.sampled_from(["a", "a/b", "a/b/c", "a/a", "b", "b/c.d", "forward", "forward/a"]),
)


def asked_for(how, name, value):
    """The variable that was asked for, in a list; an empty one where its name is taken."""
    try:
        if how == "slot":
            return slots(name)
        if how == "Variable":
            return [ts.Variable([value] * 2, name=name)]
        return [ts.get_variable(name, [2])]
    except ValueError:
        return []


@settings(max_examples=100)
@given(st.lists(requests, min_size=2, max_size=7), st.randoms(use_true_random=False))
def test_what_is_loaded_in_any_order_has_the_keys_that_were_saved(asked, rng: random.Random):
    def model():
        made = [asked_for(*each, float(number)) for number, each in enumerate(asked)]
        return [(variable.op.name, variable.tolist()) for found in made for variable in found]

    net, fresh = ts.ScopedModule(model), ts.ScopedModule(model)
    expected, state = net(), net.state_dict()
    keys = list(state)
    rng.shuffle(keys)
    fresh.load_state_dict({key: state[key] for key in keys})
    assert fresh() == net() == expected
    assert sorted(fresh.state_dict()) == sorted(keys)


def test_a_checkpoint_has_it_under_the_scopes_name(tmp_path):
    def model(x):
        return x + sum(slots("m", "m/w/EMA"))

    net, fresh, x = ts.ScopedModule(model), ts.ScopedModule(model), torch.ones(2)
    expected = net(x)
    path = Saver().save(net, str(tmp_path / "model"))
    assert sorted(load_checkpoint(path).shapes) == ["m", "m/w/EMA"]
    restore(fresh, path)
    assert torch.equal(fresh(x), expected)
