"""Optimizers that were made before the variables: noticed at their first step, and nothing else is."""

import copy
import gc
import pickle
import weakref

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize
from torch.optim.optimizer import (
    _global_optimizer_pre_hooks,
    register_optimizer_step_pre_hook,
)

import torchscope as ts

X = torch.ones(2, 3)


class Beside(nn.Module):
    """An nn.Linear beside scopes."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, x):
        with ts.variable_scope("head"):
            w = ts.get_variable("w", [3, 2], initializer=ts.ones_initializer)
            ts.get_variable("unused", [1])
            return self.fc(x) @ w + ts.get_variable("b", [2], initializer=ts.ones_initializer)


def _detached(getter, *args, **kwargs):
    return getter(*args, **kwargs).detach()


def scoped():
    return ts.ScopedModule(model)


def model(x):
    return x @ ts.get_variable("w", [3, 2], initializer=ts.ones_initializer)


def step(net, *optimizers):
    net(X).sum().backward()
    for optimizer in optimizers:
        optimizer.step()


def warned(match=r"does not hold 2 variables of Beside that have gradients: head/w, head/b\."):
    return pytest.warns(UserWarning, match=match)


@pytest.fixture(autouse=True)
def hooks():
    """Gives the hooks on all steps that this test has left so far; nets of other tests may live on."""
    gc.collect()
    of_others = dict(_global_optimizer_pre_hooks)
    _global_optimizer_pre_hooks.clear()

    def left():
        return set(_global_optimizer_pre_hooks)

    yield left
    gc.collect()
    remaining = left()
    _global_optimizer_pre_hooks.update(of_others)
    assert not remaining


def test_an_optimizer_that_was_made_before_the_variables_is_warned_of_at_its_first_step(hooks):
    net = Beside()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net(X).sum().backward()
    with warned() as caught:
        optimizer.step()
    assert net.scopes.variables["head/w"].tolist() == [[1.0, 1.0]] * 3
    assert caught[0].filename == __file__
    # Once, and later steps are not looked at.
    optimizer.step()
    step(net, optimizer)
    assert not hooks()


def test_groups_without_parameters_are_noticed():
    net = scoped()
    optimizer = torch.optim.AdamW([{"params": []}, {"params": [], "weight_decay": 0.0}])
    with warned(r"This AdamW does not hold a variable of ScopedModule that has a gradient: w\."):
        step(net, optimizer)
    step(net, optimizer)


def test_an_optimizer_of_a_module_around_the_net_is_noticed():
    net = nn.Sequential(nn.Linear(3, 3), scoped())
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with warned("a variable of ScopedModule that has a gradient: w"):
        step(net, optimizer)


def test_the_first_of_the_remedies_trains_all():
    for net in (ts.build(Beside(), X), ts.ScopedModule(model, example_inputs=(X,))):
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        before = copy.deepcopy(dict(net.named_parameters()))
        step(net, optimizer)
        after = dict(net.named_parameters())
        trained = [name for name in before if not torch.equal(before[name], after[name])]
        assert trained == [name for name in before if "unused" not in name]


def test_the_second_of_the_remedies_trains_all():
    net = Beside()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with warned():
        step(net, optimizer)
    names = ("head/w", "head/b")
    optimizer.add_param_group({"params": [net.scopes.variables[name] for name in names]})
    step(net, optimizer)
    assert not torch.equal(net.scopes.variables["head/w"], torch.ones(3, 2))


@pytest.mark.parametrize(
    "first", [lambda net: ts.build(net, X), lambda net: net(X)], ids=["built", "ran"]
)
@pytest.mark.parametrize(
    "subset",
    [
        lambda net: net.fc.parameters(),
        lambda net: [net.fc.bias],
        lambda net: [net.scopes.variables["head/b"]],
        lambda net: net.parameters(),
    ],
    ids=["the module's own", "one of them", "one variable", "all"],
)
def test_what_was_made_after_the_variables_may_hold_what_it_likes(first, subset):
    net = Beside()
    first(net)
    optimizer = torch.optim.SGD(subset(net), lr=0.1)
    for _ in range(2):
        step(net, optimizer)


def test_two_optimizers_that_share_a_net_are_right_in_either_order():
    class Gan(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 3)
            self.scopes = ts.ScopedParameterRegistry(self)

        def forward(self, x):
            with ts.variable_scope("generator"):
                z = self.fc(x) @ ts.get_variable("w", [3, 3])
            with ts.variable_scope("discriminator"):
                return z @ ts.get_variable("w", [3, 1])

    for early in (False, True):
        net = Gan()
        optimizers = [torch.optim.SGD(net.fc.parameters(), lr=0.1)] if early else []
        net(X).sum().backward()
        optimizers += [
            torch.optim.SGD(net.scopes.trainable_variables(scope), lr=0.1)
            for scope in ("generator", "discriminator")
        ]
        for optimizer in optimizers:
            optimizer.step()
        step(net, *optimizers)


def test_an_optimizer_of_another_net_is_none_of_its_business():
    other = nn.Linear(3, 3)
    optimizer = torch.optim.SGD(other.parameters(), lr=0.1)
    net = scoped()
    net(X).sum().backward()
    optimizer.step()
    step(other, optimizer)


def test_variables_that_are_not_trained_are_not_missed():
    def frozen(x):
        with ts.variable_scope("", custom_getter=_detached):
            w = ts.get_variable("w", [3, 2])
        return (x + ts.get_variable("v", [1], trainable=False)) @ w

    net = nn.Sequential(nn.Linear(3, 3), ts.ScopedModule(frozen))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    step(net, optimizer)
    step(net, optimizer)


def test_what_is_parametrized_or_taken_out_of_the_tree_is_passed_over():
    net = Beside()
    net(X).sum().backward()
    optimizer = torch.optim.SGD(net.fc.parameters(), lr=0.1)
    parametrize.register_parametrization(net.head, "w", nn.Identity())
    del net.head.b
    optimizer.step()


def test_a_net_that_calls_itself_is_looked_at():
    class Tree(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 3)
            self.scopes = ts.ScopedParameterRegistry(self)

        def forward(self, x, depth=2):
            x = self(x, depth - 1) if depth else x
            return self.fc(x) * ts.get_variable(f"w{depth}", [3])

    net = Tree()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with warned("3 variables of Tree that have gradients: w0, w1, w2"):
        step(net, optimizer)
    step(net, optimizer)


def test_a_net_that_was_loaded_first_has_an_optimizer_that_holds_all():
    net = scoped()
    net.load_state_dict({"w": torch.zeros(3, 2)})
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    step(net, optimizer)
    assert net.w.abs().sum() > 0


def test_it_keeps_nothing_alive(hooks):
    net, optimizer = Beside(), None
    net(X).sum().backward()
    optimizer = torch.optim.SGD(net.scopes.trainable_variables(), lr=0.1)
    optimizer.step()
    assert len(hooks()) == 1
    refs = [weakref.ref(net), weakref.ref(net.scopes), weakref.ref(optimizer)]
    gc.disable()
    try:
        del net
        assert not hooks()
        assert refs[0]() is None
        del optimizer
    finally:
        gc.enable()
    gc.collect()
    assert [ref() for ref in refs] == [None] * 3


def test_a_net_whose_first_pass_is_being_looked_at_is_copied_and_pickled():
    net = scoped()
    net(X)
    assert torch.equal(copy.deepcopy(net)(X), net(X))
    assert torch.equal(pickle.loads(pickle.dumps(net))(X), net(X))


def test_a_step_may_be_compiled_while_steps_are_looked_at(hooks):
    net = scoped()
    net(X).sum().backward()
    assert hooks()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    torch.compile(optimizer.step, backend="eager")()
    assert not torch.equal(net.w, torch.ones(3, 2))


def test_evaluation_leaves_nothing_to_look_at(hooks):
    net = scoped()
    with torch.no_grad():
        net(X)
    assert not hooks()


@pytest.mark.parametrize(
    "inputs", [(X,), [X], {"x": X}, X], ids=["tuple", "list", "dict", "tensor"]
)
def test_example_inputs_make_a_net_whole(inputs):
    torch.manual_seed(0)
    net = ts.ScopedModule(model, "scope", example_inputs=inputs)
    assert list(net.state_dict()) == ["scope.w"]
    assert net.registry.get_collection("losses") == []
    with pytest.warns(UserWarning, match="is new: an earlier pass of forward was complete"):
        ts.ScopedModule(lambda x, n: ts.get_variable(n, [1]), example_inputs=(X, "a"))(X, "b")
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        ts.ScopedModule(model, example_inputs=())


def test_a_net_may_be_collected_while_an_optimizer_steps():
    nets = [Beside()]
    nets[0](X).sum().backward()
    lonely = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([lonely], lr=1.0)
    lonely.grad = torch.ones(1)
    assert len(_global_optimizer_pre_hooks) == 1

    def collect(*_):
        nets.clear()
        gc.collect()

    first = register_optimizer_step_pre_hook(collect)
    last = register_optimizer_step_pre_hook(collect)
    _global_optimizer_pre_hooks.move_to_end(first.id, last=False)
    try:
        optimizer.step()
    finally:
        first.remove()
        last.remove()
    assert lonely.item() == 0
    assert_what_stayed_goes_with_the_next_first_pass()


def test_a_net_may_be_collected_while_a_step_is_compiled():
    torch.compiler.reset()
    nets = [Beside()]
    nets[0](X).sum().backward()
    lonely = nn.Parameter(torch.ones(1))
    optimizer = ts.optim.GradientDescent([lonely], lr=1.0)
    lonely.grad = torch.ones(1)

    def collect(graph, _):
        nets.clear()
        gc.collect()
        return graph.forward

    torch.compile(optimizer.step, backend=collect, fullgraph=True)()
    assert not nets
    assert lonely.item() == 0
    assert_what_stayed_goes_with_the_next_first_pass()


def assert_what_stayed_goes_with_the_next_first_pass():
    assert len(_global_optimizer_pre_hooks) == 1
    net = Beside()
    net(X)
    assert len(_global_optimizer_pre_hooks) == 1
    del net
    gc.collect()
    assert not _global_optimizer_pre_hooks
