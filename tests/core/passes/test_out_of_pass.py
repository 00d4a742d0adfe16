"""Requests that come when or where no pass is: in backward, in other threads, after interrupts."""

import threading

import pytest
import torch

import torchscope as ts


def scale(x):
    return x * ts.get_variable("w", [1])


# Backward


def test_a_request_in_a_backward_hook_is_refused_and_the_net_goes_on():
    def model(x):
        y = scale(x)
        y.register_hook(lambda grad: grad * ts.get_variable("late", [1]))
        return y

    net = ts.ScopedModule(model)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="during backward"):
            net(torch.ones(1)).backward()
    assert list(net.state_dict()) == ["w"]
    assert list(ts.get_default_registry().variables) == []


def test_a_backward_hook_may_use_what_the_forward_asked_for():
    def model(x):
        w, y = ts.get_variable("w", [1]), x * 2
        y.register_hook(lambda grad: grad * w.detach())
        return y

    x = torch.ones(1, requires_grad=True)
    net = ts.ScopedModule(model)
    net(x).backward()
    assert torch.equal(x.grad, 2 * net.w)


# Threads


def in_a_thread(work):
    """The error that `work` gets in a thread of its own, or None."""
    errors = [None]

    def run():
        try:
            work()
        except RuntimeError as error:
            errors[0] = error

    thread = threading.Thread(target=run, name="helper")
    thread.start()
    thread.join()
    return errors[0]


def test_a_thread_that_a_forward_starts_is_told_that_it_is_in_no_pass():
    found = []

    def model(x):
        found.append(in_a_thread(lambda: ts.get_variable("late", [1])))
        return scale(x)

    net = ts.ScopedModule(model)
    for _ in range(2):
        net(torch.ones(1))
    for error in found:
        message = str(error)
        assert "Variable late was asked for in the thread 'helper', which is in no pass" in message
        assert "in the forward of ScopedModule" in message
        assert "ask for the variables before it starts, and hand them to it" in message
    assert list(ts.get_default_registry().variables) == []
    assert list(net.state_dict()) == ["w"]


def test_a_thread_may_use_what_the_forward_asked_for_and_begin_passes_of_its_own():
    inner = ts.ScopedModule(scale)

    def model(x):
        w, results = ts.get_variable("w", [1]), []

        def work():
            results.append(inner(x) * w)
            with ts.get_default_registry().activate():
                ts.get_variable("mine", [1])

        assert in_a_thread(work) is None
        return results[0]

    net = ts.ScopedModule(model)
    assert torch.equal(net(torch.ones(1)), inner.w * net.w)
    assert list(ts.get_default_registry().variables) == ["mine"]


def test_a_thread_of_a_script_has_the_default_registry():
    assert in_a_thread(lambda: ts.get_variable("a", [1])) is None
    assert list(ts.get_default_registry().variables) == ["a"]


# Interrupts


def test_an_interrupt_ends_the_pass_and_those_around_it():
    def stop(x, fail):
        with ts.variable_scope("s"), ts.name_scope("n"):
            x = scale(x)
            if fail:
                raise KeyboardInterrupt("Ctrl-C")
        return x

    inner = ts.ScopedModule(stop)
    outer = ts.ScopedModule(lambda x, fail: scale(inner(x, fail)))
    for net in (inner, outer):
        net(torch.ones(1), fail=False)
        with pytest.raises(KeyboardInterrupt, match="Ctrl-C"):
            net(torch.ones(1), fail=True)
        assert ts.Variable(1.0, name="s/n/v").name == "s/n/v:0"
        ts.get_variable("top", [1])
        assert list(ts.get_default_registry().variables) == ["s/n/v", "top"]
        ts.reset_default_registry()
    assert list(inner.state_dict()) == ["s.w"]
    assert list(outer.state_dict()) == ["w"]


def test_an_interrupt_ends_an_activated_pass():
    net = ts.ScopedModule(scale)
    with pytest.raises(KeyboardInterrupt, match="Ctrl-C"), net.registry.activate():
        raise KeyboardInterrupt("Ctrl-C")
    ts.get_variable("top", [1])
    assert list(ts.get_default_registry().variables) == ["top"]


def test_a_net_inside_a_net_leaves_the_outer_pass_open():
    inner = ts.ScopedModule(scale)

    def model(x):
        with ts.variable_scope("around"):
            x = inner(scale(x))
            return x * ts.get_variable("v", [1]), ts.get_variable_scope().name

    net = ts.ScopedModule(model)
    for _ in range(2):
        assert net(torch.ones(1))[1] == "around"
    assert list(net.state_dict()) == ["around.w", "around.v"]


# The default registry


class MadeInInit(torch.nn.Module):
    """A module that asks in __init__, where no pass is."""

    def __init__(self, ask):
        super().__init__()
        self.w = ask()


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: ts.get_variable("w", [1]), "Variable w already exists, disallowed."),
        (
            lambda: ts.get_variable("w", [4], partitioner=ts.fixed_size_partitioner(2)).as_tensor(),
            "Partitioned variable with name w already exists.",
        ),
        (ts.create_global_step, '"global_step" already exists.'),
    ],
    ids=["get_variable", "in pieces", "the global step"],
)
def test_a_second_module_that_asks_in_init_is_told_whose_variable_it_met(ask, sentence):
    ask()
    with pytest.raises(ValueError, match="already exists") as caught:
        MadeInInit(ask)
    message = str(caught.value)
    assert message.startswith(sentence)
    assert "in the __init__ of MadeInInit, outside of every module's forward" in message
    for part in (
        "the default registry",
        "two nets that reuse it have one variable between them",
        "registry.activate()",
        "ts.ScopedModule(function)",
        "ts.reset_default_registry()",
    ):
        assert part in message


def test_a_cell_that_runs_twice_is_told_how_to_begin_afresh():
    def cell():
        return ts.get_variable("w", [1])

    first = cell()
    with pytest.raises(ValueError, match="already exists") as caught:
        cell()
    assert "It was asked for outside of every module's forward" in str(caught.value)
    ts.reset_default_registry()
    assert cell() is not first


@pytest.mark.parametrize("partitioner", [None, ts.fixed_size_partitioner(2)])
def test_reuse_of_what_the_default_registry_has_not_got_says_where_it_looked(partitioner):
    with (
        ts.variable_scope("", reuse=True),
        pytest.raises(ValueError, match=r"does not exist.*the default registry.*activate"),
    ):
        ts.get_variable("w", [4], partitioner=partitioner)


def test_the_remedies_for_init_give_each_net_its_own_variables():
    class Activated(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scopes = ts.ScopedParameterRegistry(self)
            with self.scopes.activate():
                ts.get_variable("w", [1])

        def forward(self):
            return ts.get_variable("w", [1])

    for make in (Activated, lambda: ts.ScopedModule(lambda: ts.get_variable("w", [1]))):
        one, other = make(), make()
        assert one() is one.w
        assert other() is other.w
        assert one.w is not other.w
    assert list(ts.get_default_registry().variables) == []


def test_within_a_pass_the_default_registry_is_not_spoken_of():
    def twice():
        ts.get_variable("w", [1])
        ts.get_variable("w", [1])

    with pytest.raises(ValueError, match="already exists") as caught:
        ts.ScopedModule(twice)()
    assert "default registry" not in str(caught.value)
