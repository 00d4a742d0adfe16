"""What optimizers keep, saved and restored with the variables that it is kept of."""

import signal
import subprocess
import sys
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from optim.made import ALL, make

import torchscope as ts
from torchscope import optim, tf1
from torchscope.checkpoint import (
    InScope,
    Saver,
    init_from_checkpoint,
    load_checkpoint,
    restore,
)
from torchscope.checkpoint.errors import CheckpointError

MADE = {
    **{algorithm.__name__: partial(make, algorithm) for algorithm in ALL},
    "capturable Adam": lambda of: optim.Adam(of, 0.1, capturable=True),
    "RMSProp": lambda of: optim.RMSProp(of, 0.1),
    "centered": lambda of: optim.RMSProp(of, 0.1, centered=True),
}


def net_of(*names, scope="", shape=(2,), dtype=torch.float32):
    def model():
        with ts.variable_scope(scope):
            return [ts.get_variable(name, shape, dtype=dtype) for name in names]

    return ts.build(ts.ScopedModule(model))


def trained(net, make=MADE["Adam"], steps=3):
    """An optimizer that has moved all variables of a net."""
    optimizer = make(net.parameters())
    step(net, optimizer, steps)
    return optimizer


def step(net, optimizer, steps=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        for parameter in net.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=generator).to(parameter.dtype)
        optimizer.step()


def state_of(net, optimizer):
    """What an optimizer keeps, by the names of variables, and once."""
    numbers = optimizer.numbers(optimizer.param_groups[0])
    return (
        {
            name: {slot: value.clone() for slot, value in optimizer.state.get(v, {}).items()}
            for name, v in net.registry.variables.items()
        },
        [{name: float(group[name]) for name in numbers} for group in optimizer.param_groups],
    )


def assert_equal(one, other):
    torch.testing.assert_close(one, other, rtol=0, atol=0)


def save(net, folder, optimizer):
    return Saver().save(net, folder / "model.ckpt", optimizer=optimizer)


# There and back


@given(
    made=st.sampled_from(sorted(MADE)),
    steps=st.integers(0, 3),
    moves=st.lists(st.booleans(), min_size=3, max_size=3),
    groups=st.booleans(),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    scopes=st.sampled_from([{}, {"scope": "train"}, {"scope": "", "name_scope": "a/b"}]),
)
def test_any_state_comes_back_as_it_was(
    tmp_path_factory, made, steps, moves, groups, dtype, scopes
):
    def optimizer_of(net):
        first, *others = net.parameters()
        of = [{"params": [first]}, {"params": others, "lr": 0.5}] if groups else [first, *others]
        return MADE[made](of)

    net = net_of("a", "b", "c", dtype=dtype)
    optimizer = optimizer_of(net)
    for parameter, moving in zip(net.parameters(), moves, strict=True):
        # In each group one moves, so that the groups count alike.
        if moving or parameter is not net.registry.variables["b"]:
            parameter.grad = torch.full_like(parameter, 0.5)
    for _ in range(steps):
        optimizer.step()
    path = save(net, tmp_path_factory.mktemp("any"), InScope(optimizer, **scopes))
    again = net_of("a", "b", "c", dtype=dtype)
    other = optimizer_of(again)
    step(again, other)
    restore(again, path, optimizer=other)
    for parameter, group in ((p, g) for g in optimizer.param_groups for p in g["params"]):
        if not optimizer.state.get(parameter):
            optimizer.state[parameter] = optimizer.first_state(parameter, group)
    assert_equal(state_of(again, other), state_of(net, optimizer))
    assert_equal(list(again.parameters()), list(net.parameters()))


def test_a_parameter_that_has_not_moved_yet_has_slots_and_one_that_is_frozen_has_none(tmp_path):
    net = net_of("moved", "waits", "frozen")
    variables = net.registry.variables
    variables["frozen"].requires_grad_(False)
    optimizer = optim.RMSProp(net.parameters(), 0.1)
    variables["moved"].grad = torch.ones(2)
    optimizer.step()
    saved = load_checkpoint(save(net, tmp_path, optimizer))
    assert list(saved) == [
        *("frozen", "moved", "moved/RMSProp", "moved/RMSProp_1"),
        *("waits", "waits/RMSProp", "waits/RMSProp_1"),
    ]
    assert saved["waits/RMSProp"].tolist() == [1, 1]
    assert saved["waits/RMSProp_1"].tolist() == [0, 0]
    assert not optimizer.state.get(variables["waits"])


def test_a_group_that_has_not_moved_yet_has_the_count_of_the_others(tmp_path):
    net = net_of("frozen", "head")
    variables = net.registry.variables
    variables["frozen"].requires_grad_(False)
    groups = [{"params": [variables[name]]} for name in ("frozen", "head")]
    optimizer = optim.Adam(groups)
    for _ in range(3):
        variables["head"].grad = torch.ones(2)
        optimizer.step()
    power = optimizer.param_groups[1]["beta1_power"]
    path = save(net, tmp_path, optimizer)
    assert load_checkpoint(path)["beta1_power"].item() == power
    restore(net, path, optimizer=optimizer)
    assert [group["beta1_power"] for group in optimizer.param_groups] == [power, power]


def test_a_module_of_ones_own_has_slots_beside_its_parameters(tmp_path):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scopes = ts.ScopedParameterRegistry(self)
            self.linear = torch.nn.Linear(2, 1)

        def forward(self, x):
            return self.linear(x) * ts.get_variable("scale", initializer=1.0)

    def built():
        return ts.build(Net(), torch.ones(1, 2))

    net, again = built(), built()
    optimizer = trained(net, MADE["Momentum"])
    path = save(net, tmp_path, optimizer)
    assert load_checkpoint(path).shapes["linear/weight/Momentum"] == (1, 2)
    other = optim.Momentum(again.parameters(), 0.1, 0.9)
    restore(again, path, optimizer=other)
    for one, two in zip(again.parameters(), net.parameters(), strict=True):
        assert_equal(other.state[one], optimizer.state[two])


def test_a_killed_process_goes_on_from_where_it_saved(tmp_path):
    program = f"""
import os, signal, sys
sys.path.insert(0, {str(__file__.rpartition("/tests/")[0])!r} + "/tests")
import torch
from pathlib import Path
from checkpoint.test_optimizer_states import *
torch.manual_seed(1)
net = net_of("a", "b")
optimizer = trained(net, steps=4)
save(net, Path(sys.argv[1]), optimizer)
step(net, optimizer, 5, seed=7)
os.kill(os.getpid(), signal.SIGKILL)
"""
    result = subprocess.run([sys.executable, "-c", program, tmp_path], check=False)
    assert result.returncode == -signal.SIGKILL
    torch.manual_seed(1)
    whole = net_of("a", "b")
    step(whole, trained(whole, steps=4), 6, seed=3)
    net = net_of("a", "b")
    optimizer = MADE["Adam"](net.parameters())
    restore(net, tmp_path, optimizer=optimizer)
    step(net, optimizer, 6, seed=3)
    assert_equal(list(net.parameters()), list(whole.parameters()))


# Some of it, under other names


def test_slots_go_with_variables_that_are_renamed(tmp_path):
    old, new = net_of("w", "b", scope="old"), net_of("w", "b", scope="new")
    optimizer = trained(old)
    path = save(old, tmp_path, optimizer)
    renames = [
        [("^old/", "new/")],
        {"old/w": "new/w", "old/b": "new/b"}.get,
        lambda name: {"old/w": "new/w", "old/b": "new/b"}.get(name, name),
    ]
    for rename in [renames[0], renames[2]]:
        other = MADE["Adam"](new.parameters())
        result = restore(new, path, rename=rename, optimizer=other)
        assert result.matched["new/w/Adam"] == "old/w/Adam"
        expected, numbers = state_of(old, optimizer)
        expected = {name.replace("old", "new"): of for name, of in expected.items()}
        assert_equal(state_of(new, other), (expected, numbers))
    with pytest.warns(UserWarning, match="has no slots for 2 of .* new/w, new/b"):
        restore(new, path, rename=renames[1], optimizer=MADE["Adam"](new.parameters()))


def test_names_that_are_swapped_swap_slots(tmp_path):
    net = net_of("a", "b")
    optimizer = trained(net)
    path = save(net, tmp_path, optimizer)
    expected, numbers = state_of(net, optimizer)
    swapped = {"a": "b", "b": "a"}
    restore(net, path, rename=lambda name: swapped.get(name, name), optimizer=optimizer)
    assert_equal(state_of(net, optimizer), ({"a": expected["b"], "b": expected["a"]}, numbers))


def test_an_assignment_map_moves_slots(tmp_path):
    old, new = net_of("w", "b", scope="old"), net_of("w", "b", scope="new")
    optimizer = trained(old)
    path = save(old, tmp_path, optimizer)
    other = MADE["Adam"](new.parameters())
    init_from_checkpoint(path, {"old/w": "new/w"}, new, optimizer=other)
    (first, _), (second, _) = state_of(old, optimizer), state_of(new, other)
    assert_equal(second, {"new/w": first["old/w"], "new/b": {}})
    with pytest.raises(CheckpointError, match=r"new/w/RMSProp has other slots"):
        init_from_checkpoint(
            path, {"old/": "new/"}, new, optimizer=MADE["RMSProp"](new.parameters())
        )


def test_only_some_variables_have_their_slots_restored(tmp_path):
    net = net_of("a", "b")
    optimizer = trained(net)
    path = save(net, tmp_path, optimizer)
    at_first = state_of(net, optimizer)[0]
    step(net, optimizer, 2, seed=5)
    later = state_of(net, optimizer)[0]
    restore(net, path, only="a", optimizer=optimizer)
    assert_equal(state_of(net, optimizer)[0], {"a": at_first["a"], "b": later["b"]})


def test_a_var_list_names_slots_and_takes_its_own_alone(tmp_path):
    net = net_of("a", "b")
    optimizer = trained(net, MADE["Momentum"])
    saver = Saver({"other": net.registry.variables["a"]})
    path = saver.save(net, tmp_path / "m", optimizer=optimizer)
    assert list(load_checkpoint(path)) == ["other", "other/Momentum"]
    before = state_of(net, optimizer)[0]
    step(net, optimizer, 2, seed=5)
    later = state_of(net, optimizer)[0]
    saver.restore(net, path, optimizer=optimizer)
    assert_equal(state_of(net, optimizer)[0], {"a": before["a"], "b": later["b"]})


def test_slots_are_reshaped_with_their_variables(tmp_path):
    net, flat = net_of("w", shape=(2, 3)), net_of("w", shape=(6,))
    optimizer = trained(net)
    path = save(net, tmp_path, optimizer)
    other = MADE["Adam"](flat.parameters())
    Saver(reshape=True).restore(flat, path, optimizer=other)
    (expected, _), (found, _) = state_of(net, optimizer), state_of(flat, other)
    assert_equal(found["w"], {slot: value.flatten() for slot, value in expected["w"].items()})


def test_averages_are_taken_for_variables_and_slots_are_the_variables_own():
    net = net_of("w")
    optimizer = MADE["Momentum"](net.parameters())
    saved = {
        "w": torch.zeros(2),
        "w/ExponentialMovingAverage": torch.ones(2),
        "w/Momentum": torch.full((2,), 3.0),
    }
    restore(net, saved, moving_averages=True, optimizer=optimizer)
    assert net.registry.variables["w"].tolist() == [1, 1]
    assert state_of(net, optimizer)[0]["w"]["momentum"].tolist() == [3, 3]


def test_values_of_other_dtypes_are_converted_where_that_is_said(tmp_path):
    net = net_of("w", dtype=torch.float64)
    optimizer = trained(net_of("w"))
    saved = {name: torch.ones(2) for name in ("w", "w/Adam", "w/Adam_1")}
    saved |= {"beta1_power": torch.tensor(0.5), "beta2_power": torch.tensor(0.75)}
    optimizer = MADE["Adam"](net.parameters())
    with pytest.raises(CheckpointError, match=r"w/Adam has another dtype: float64 here, float32"):
        restore(net, saved, optimizer=optimizer)
    restore(net, saved, optimizer=optimizer, convert_dtypes=True)
    assert state_of(net, optimizer)[0]["w"]["m"].dtype == torch.float64


# What does not fit


def test_a_checkpoint_without_slots_lets_an_optimizer_begin_afresh(tmp_path):
    net = net_of("a", "b")
    path = Saver().save(net, tmp_path / "m")
    optimizer = trained(net)
    with pytest.warns(UserWarning, match="has no slots for 2 of .* begin afresh: a, b"):
        result = restore(net, path, optimizer=optimizer)
    assert result.afresh == ("a", "b")
    assert "2 afresh" in repr(result)
    assert_equal(state_of(net, optimizer), state_of(net, MADE["Adam"](net.parameters())))
    with pytest.warns(UserWarning, match="begin afresh: a, b"):
        Saver().restore(net, path, optimizer=optimizer)


def test_a_variable_without_slots_begins_afresh_and_is_named(tmp_path):
    old, net = net_of("a"), net_of("a", "b")
    path = save(old, tmp_path, trained(old))
    optimizer = trained(net)
    with pytest.warns(UserWarning, match="has no slots for 1 of .* begin afresh: b"):
        result = restore(net, path, strict=False, optimizer=optimizer)
    assert result.afresh == ("b",)
    state, numbers = state_of(net, optimizer)
    assert state["b"] == {}
    assert numbers[0]["beta1_power"] == load_checkpoint(path)["beta1_power"].item()


REFUSED = {
    "another optimizer": (
        "Momentum",
        r"w/Momentum has other slots: Momentum here, w/Adam, w/Adam_1 saved",
    ),
    "another name": ("RMSProp", r"w/RMSProp has other slots: RMSProp and RMSProp_1 here, w/Adam"),
}


@pytest.mark.parametrize(("made", "message"), REFUSED.values(), ids=REFUSED)
def test_slots_of_another_optimizer_are_refused_and_nothing_is_written(tmp_path, made, message):
    net = net_of("w")
    path = save(net, tmp_path, trained(net))
    optimizer = trained(net, MADE[made])
    before, weights = state_of(net, optimizer), [p.clone() for p in net.parameters()]
    for read in (restore, Saver().restore):
        with pytest.raises(CheckpointError, match=message):
            read(net, path, optimizer=optimizer)
        assert_equal(state_of(net, optimizer), before)
        assert_equal(list(net.parameters()), weights)
    with pytest.warns(UserWarning, match="begin afresh: w"):
        restore(net, path, optimizer=optimizer, strict=False)
    assert state_of(net, optimizer)[0] == {"w": {}}


@pytest.mark.parametrize(("saved", "asked"), [("centered", "RMSProp"), ("RMSProp", "centered")])
def test_as_many_slots_as_the_optimizer_has_are_to_be_there(tmp_path, saved, asked):
    net = net_of("w")
    path = save(net, tmp_path, trained(net, MADE[saved]))
    with pytest.raises(CheckpointError, match="w/RMSProp has other slots: "):
        restore(net, path, optimizer=MADE[asked](net.parameters()))


@pytest.mark.parametrize(
    ("slot", "value", "message"),
    [
        ("w/Adam_1", torch.zeros(3), r"w/Adam_1 has another shape: \(2,\) here, \(3,\) is saved"),
        ("w/Adam", torch.zeros(2).double(), r"w/Adam has another dtype: float32 here, float64"),
        ("beta2_power", torch.zeros(2), r"beta2_power has another shape: \(\) here, \(2,\) is"),
        ("beta2_power", None, r"Key beta2_power not found in checkpoint"),
        ("w/Adam", None, r"w/Adam has other slots: Adam and Adam_1 here, w/Adam_1 saved"),
    ],
)
def test_a_slot_that_does_not_fit_is_refused_and_nothing_is_written(tmp_path, slot, value, message):
    net = net_of("w")
    optimizer = trained(net)
    saved = dict(load_checkpoint(save(net, tmp_path, optimizer)))
    saved = {name: torch.zeros_like(each) for name, each in saved.items()}
    del saved[slot]
    if value is not None:
        saved[slot] = value
    before, weights = state_of(net, optimizer), [p.clone() for p in net.parameters()]
    with pytest.raises(CheckpointError, match=message):
        restore(net, saved, optimizer=optimizer)
    assert_equal(state_of(net, optimizer), before)
    assert_equal(list(net.parameters()), weights)


def test_a_variable_within_another_ones_name_keeps_its_slots():
    net = net_of("w", "a/w")
    names = ["w", "a/w", "a/w/Momentum"]
    saved = {name: torch.full((2,), float(i)) for i, name in enumerate(names)}
    optimizer = MADE["Momentum"](net.parameters())
    with pytest.warns(UserWarning, match="begin afresh: w"):
        restore(net, saved, optimizer=optimizer)
    assert state_of(net, optimizer)[0]["a/w"]["momentum"].tolist() == [2, 2]


def test_an_optimizer_beside_one_of_the_model_function_has_the_next_names(tmp_path):
    def model(x):
        w = ts.get_variable("w", [2])
        loss = (w * x).sum()
        return loss, tf1.train.MomentumOptimizer(0.1, 0.9).minimize(loss)

    net = ts.build(ts.ScopedModule(model), torch.ones(2))
    optimizer = optim.Momentum([net.registry.variables["w"]], 0.1, 0.9)
    net.registry.variables["w"].grad = torch.ones(2)
    optimizer.step()
    path = save(net, tmp_path, optimizer)
    assert load_checkpoint(path)["w/Momentum"].tolist() == [0, 0]
    assert load_checkpoint(path)["w/Momentum_1"].tolist() == [1, 1]
    again = optim.Momentum([net.registry.variables["w"]], 0.1, 0.9)
    restore(net, path, optimizer=again)
    assert again.state[net.registry.variables["w"]]["momentum"].tolist() == [1, 1]
