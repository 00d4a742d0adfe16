"""Making a variable: the ordinary one is made at once, and is what the general way would make."""

from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nets import Scoped

import torchscope as ts
from torchscope._core.store.tree import ScopeModule


def passes_on(next_creator, **kwargs):
    return next_creator(**kwargs)


REQUESTS = {
    "by default": {"shape": [3, 4]},
    "a scalar": {"shape": []},
    "a tuple": {"shape": (2,)},
    "nothing in it": {"shape": [0, 3]},
    "float64": {"shape": [3], "dtype": torch.float64},
    "an initializer's class": {"shape": [3], "initializer": ts.ones_initializer},
    "uniform": {"shape": [50], "initializer": ts.random_uniform_initializer(-1, 2)},
    "truncated": {"shape": [50], "initializer": ts.truncated_normal_initializer(stddev=0.1)},
    "seeded": {"shape": [5], "initializer": ts.random_normal_initializer(seed=3)},
    "a list of numbers": {"shape": [3], "initializer": ts.constant_initializer([1, 2, 3])},
    "orthogonal": {"shape": [4, 3], "initializer": ts.orthogonal_initializer()},
    "regularized": {"shape": [3], "regularizer": ts.l2_regularizer(0.1)},
    "constrained": {"shape": [3], "constraint": torch.relu},
}


def made(request, *, seen):
    """A net that asks twice, and what is known of its variables; `seen` by a creator or not."""

    def ask():
        for name in ("first", "second"):
            with ts.variable_scope("s", reuse=ts.AUTO_REUSE):
                if seen:
                    with ts.variable_creator_scope(passes_on):
                        ts.get_variable(name, **request)
                else:
                    ts.get_variable(name, **request)
        return [ts.Variable(0.0, name="s/first").name, ts.get_collection("trainable_variables")]

    torch.manual_seed(7)
    net = Scoped(ask)
    return net, net()


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_a_variable_is_the_same_whether_or_not_a_creator_looks_on(request_):
    (net, seen), (other, expected) = made(request_, seen=False), made(request_, seen=True)
    assert seen[0] == expected[0]
    assert [v.name for v in seen[1]] == [v.name for v in expected[1]]
    assert list(net.state_dict()) == list(other.state_dict())
    for name, variable in net.scopes.variables.items():
        twin = other.scopes.variables[name]
        assert type(variable) is type(twin)
        assert torch.equal(variable, twin)
        for field in fields(variable._ts_record):
            if field.name not in ("initial", "made_at"):
                assert getattr(variable._ts_record, field.name) == getattr(
                    twin._ts_record, field.name
                )
    torch.manual_seed(9)
    net.scopes.initialize_()
    torch.manual_seed(9)
    other.scopes.initialize_()
    assert all(map(torch.equal, net.parameters(), other.parameters()))


NAMES = st.sampled_from(
    ["a", "b", "A", "a_1", "a/b", "a/b/c", "b/a", "forward", "v1.5", "_a", "a//b", "a b", ""]
)


@given(st.lists(st.tuples(NAMES, st.sampled_from(list(REQUESTS.values()))), max_size=6))
def test_make_at_once_makes_what_make_variable_makes(asked):
    """`creation.make_at_once`, and `creation.make_variable`, to which a creator sends every request."""

    def refusal(name, request):
        try:
            ts.get_variable(name, **request)
        except ValueError as error:
            return str(error).partition(" Originally defined at")[0]

    def ask(seen):
        with ts.variable_creator_scope(passes_on) if seen else nullcontext():
            return [refusal(*each) for each in asked], ts.Variable(0.0, name="a").name

    def net(seen):
        torch.manual_seed(7)
        made = Scoped(lambda: ask(seen))
        return made, made()

    (at_once, given_then), (in_steps, expected) = net(seen=False), net(seen=True)
    assert given_then == expected
    assert list(at_once.state_dict()) == list(in_steps.state_dict())
    assert list(at_once.scopes.variables) == list(in_steps.scopes.variables)
    for name, variable in at_once.scopes.variables.items():
        twin = in_steps.scopes.variables[name]
        assert type(variable) is type(twin)
        assert torch.equal(variable, twin)
        for field in fields(variable._ts_record):
            if field.name not in ("initial", "made_at"):
                mine, its = (getattr(v._ts_record, field.name) for v in (variable, twin))
                assert mine == its, field.name


def test_where_a_variable_was_made_is_the_line_that_asked_for_it():
    net = Scoped(lambda: ts.get_variable("a", [1]))
    net()
    net.fn = lambda: ts.get_variable("a", [2])
    with pytest.raises(ValueError, match=rf"first made at .*{__name__}\.py:\d+"):
        net()


def test_a_name_that_means_something_on_a_scope_is_marked():
    names = [name for name in sorted({*dir(ScopeModule), *dir(type), "training", "w"}) if name]
    net = Scoped(lambda: [ts.get_variable(f"s/{name}", [1]) for name in names])
    net()
    taken = {name for name in names if hasattr(ScopeModule, name) or hasattr(net.s, name)}
    taken -= {name for name in net.s._parameters if ":" not in name}
    assert {"forward", "mro", "training", "__doc__"} <= taken
    assert "w" not in taken
    assert [key for key in net.state_dict() if key.startswith("s.")] == [
        f"s.{name}{':0' * (name in taken)}" for name in names
    ]


BESIDE_TORCH = str(Path(torch.__file__).parent) + "vision/models.py"


@pytest.mark.parametrize(
    ("file", "module", "is_told"),
    [
        (BESIDE_TORCH, "torchvision.models", True),
        (f"{Path(ts.__file__).parent}_models/nets.py", "torchscope_models.nets", True),
        ("<string>", "somebody", True),
        ("<string>", "torch.fx", False),
        (str(Path(torch.__file__).parent / "nn/x.py"), "torch.nn.x", False),
    ],
)
def test_a_variable_tells_who_asked_for_it_and_not_what_lies_between(file, module, is_told):
    space = {"__name__": module, "ts": ts}
    exec(compile("def ask():\n    return ts.get_variable('w', [2])", file, "exec"), space)
    net = ts.ScopedModule(space["ask"])
    net()
    made_at = net.registry.store.all_records()[0].made_at
    assert (made_at == f"{file}:2") is is_told
    assert is_told or made_at.startswith(f"{__file__}:")


def test_a_variable_in_pieces_is_seen_by_those_who_ask_for_it_whole():
    def model(*, pieces):
        with ts.variable_scope("m", partitioner=pieces):
            return ts.get_variable("w", [4])

    def both():
        model(pieces=ts.fixed_size_partitioner(2))
        model(pieces=None)

    with pytest.raises(ValueError, match="but a partitioned version of the variable was found"):
        ts.ScopedModule(both)()


def test_a_variable_that_takes_its_scopes_name_is_seen_by_those_who_ask_for_that_name():
    def model():
        with ts.variable_scope("m"):
            ts.get_variable("", [1])
        return ts.get_variable("m", [1])

    net = ts.ScopedModule(model)
    assert net().name == "m_1:0"
    assert list(net.state_dict()) == ["m:2", "m:0"]
