"""Scopes that run: call_in_scope and in_scope."""

import copy
import pickle

import pytest
import torch
from nets import Scoped
from torch import nn
from torch._dynamo.testing import CompileCounter

import torchscope as ts


def block(x, scale=1.0):
    with ts.variable_scope("dense"):
        x = x @ ts.get_variable("w", [3, 3])
    return torch.tanh(x + ts.get_variable("b", [3])) * scale


def plainly(name_or_scope, fn, *args, **kwargs):
    with ts.variable_scope(name_or_scope):
        return fn(*args, **kwargs)


def model(x, call=ts.call_in_scope):
    """Blocks in a row, one of them shared, and one inside another."""
    for i in range(2):
        x = call(f"h{i}", block, x)
    with ts.variable_scope("h0", reuse=True) as scope:
        pass
    x = call(scope, block, x, scale=2.0)
    x = call("outer", lambda x: call("inner", block, x), x)
    with ts.variable_scope("deep"):
        x = call("a/b", block, x)
    ts.add_to_collection("names", ts.Variable(0.0, name="v").name)
    for _ in range(2):
        with ts.variable_scope(None, "layer") as layer:
            ts.add_to_collection("names", layer.name)
    return x


def with_calls(x):
    return model(x)


def test_names_keys_and_numbers_are_those_of_variable_scope_in_every_pass():
    x, nets = torch.randn(2, 3), []
    for call in (ts.call_in_scope, plainly):
        torch.manual_seed(0)
        nets.append(ts.ScopedModule(lambda x, call=call: model(x, call)))
        nets[-1](x)
    run, opened = nets
    assert list(run.state_dict()) == list(opened.state_dict())
    assert list(run.registry.variables) == list(opened.registry.variables)
    for _ in range(3):
        assert torch.equal(run(x), opened(x))
        names = [net.registry.get_collection("names") for net in nets]
        assert names[0] == names[1] == ["v:0", "layer", "layer_1"]


def test_hooks_see_a_block_run_with_its_own_arguments():
    net, x, seen = ts.ScopedModule(with_calls), torch.randn(2, 3), []
    ts.build(net, x)
    net.h0.register_forward_pre_hook(lambda module, args: seen.append(("before", len(args))))
    net.h0.register_forward_hook(lambda module, args, out: seen.append(("after", out.shape)))
    net.outer.inner.register_forward_hook(lambda module, args, out: seen.append("inner"))
    out = net(x)
    assert seen == [("before", 1), ("after", (2, 3)), ("before", 1), ("after", (2, 3)), "inner"]
    net.outer.register_full_backward_hook(lambda module, gi, go: seen.append("back"))
    net(x).sum().backward()
    assert seen[-1] == "back"
    net.outer.register_forward_hook(lambda module, args, out: torch.zeros_like(out))
    assert not torch.equal(net(x), out)


def test_the_scopes_of_a_first_pass_run_as_well():
    """A hook on every module sees each block, though its module was made a moment before."""
    net, names = ts.ScopedModule(with_calls), []

    def note(module, args, out):
        names.extend(n for n, m in net.named_modules() if m is module)

    with nn.modules.module.register_module_forward_hook(note):
        net(torch.randn(2, 3))
    assert names == ["h0", "h1", "h0", "outer.inner", "outer", "deep.a.b", ""]


def test_what_a_scope_can_be_told_is_told_by_a_scope_that_is_not_open_yet():
    def shared(x):
        x = ts.call_in_scope(ts.variable_scope("s", initializer=ts.ones_initializer()), block, x)
        return ts.call_in_scope(ts.variable_scope("s", reuse=True), block, x)

    net = ts.ScopedModule(shared)
    net(torch.ones(1, 3))
    assert list(net.state_dict()) == ["s.b", "s.dense.w"]
    assert net.s.b.tolist() == [1.0] * 3
    for _ in range(2):
        net(torch.ones(1, 3))


def test_a_decorated_function_takes_default_names_anew_in_every_pass():
    seen = []

    @ts.in_scope(None, default_name="layer", dtype=torch.float64)
    def layer(x, *, again=False):
        """A layer."""
        seen.append(ts.get_variable_scope().name)
        return x * ts.get_variable("w", [1])

    net = ts.ScopedModule(lambda x: layer(layer(x), again=True))
    for _ in range(2):
        net(torch.ones(1, dtype=torch.float64))
    assert seen == ["layer", "layer_1"] * 2
    assert net.layer_1.w.dtype == torch.float64
    assert (layer.__name__, layer.__doc__) == ("layer", "A layer.")


def test_copies_and_pickles_run_their_own_blocks():
    net, x = ts.ScopedModule(with_calls), torch.randn(2, 3)
    expected, calls = net(x), []
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        twin.h0.register_forward_hook(lambda module, args, out: calls.append(module))
        assert torch.equal(twin(x), expected)
        assert calls[-2:] == [twin.h0] * 2
    net(x)
    assert len(calls) == 4


def test_functional_call_reaches_the_blocks():
    net, x = ts.ScopedModule(with_calls), torch.randn(2, 3)
    net(x)
    zeros = {key: torch.zeros_like(p) for key, p in net.named_parameters()}
    assert torch.func.functional_call(net, zeros, (x,)).eq(0).all()
    grads = torch.func.grad(lambda p: torch.func.functional_call(net, p, (x,)).sum())(
        dict(net.named_parameters())
    )
    net(x).sum().backward()
    torch.testing.assert_close(grads["h0.dense.w"], net.h0.dense.w.grad)


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_blocks_compile_whole_with_their_hooks(backend):
    torch._dynamo.reset()
    net, x = ts.ScopedModule(with_calls), torch.randn(2, 3)
    net(x)
    net.h0.register_forward_hook(lambda module, args, out: out * 2)
    net.h1.register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    expected = net(x)
    expected.sum().backward()
    grads = [p.grad.clone() for p in net.parameters() if p.grad is not None]
    net.zero_grad()
    compiled = torch.compile(net, fullgraph=True, backend=backend)
    for _ in range(2):
        net.zero_grad()
        out = compiled(x)
        torch.testing.assert_close(out, expected)
        out.sum().backward()
    for p, grad in zip((p for p in net.parameters() if p.grad is not None), grads, strict=True):
        torch.testing.assert_close(p.grad, grad)


def test_blocks_are_compiled_once():
    torch._dynamo.reset()
    net, count = ts.ScopedModule(with_calls), CompileCounter()
    x = torch.randn(2, 3)
    expected = net(x)
    compiled = torch.compile(net, fullgraph=True, backend=count)
    for _ in range(3):
        torch.testing.assert_close(compiled(x), expected)
    assert count.frame_count == 1


def test_a_compiled_first_pass_makes_the_modules_of_scopes():
    torch._dynamo.reset()
    net = ts.ScopedModule(lambda x: ts.call_in_scope("h0", torch.sin, x))
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    assert torch.equal(compiled(torch.ones(1)), torch.sin(torch.ones(1)))
    assert isinstance(net.h0, torch.nn.Module)


def test_the_default_registry_has_scopes_that_run():
    x = torch.ones(1, 3)
    ts.call_in_scope("h0", block, x)
    assert [v.name for v in ts.global_variables()] == ["h0/dense/w:0", "h0/b:0"]
    with pytest.raises(ValueError, match="Variable h0/dense/w already exists"):
        ts.call_in_scope("h0", block, x)


def test_the_users_own_module_is_not_called_as_a_scope():
    net = Scoped(lambda x: ts.call_in_scope("own", block, x))
    with pytest.raises(ValueError, match="scope own is the module's own Linear"):
        net(torch.ones(1, 3))
    assert ts.get_variable_scope().name == ""


def test_the_root_is_not_called_as_a_scope():
    with pytest.raises(ValueError, match="The root scope has no module of its own"):
        ts.call_in_scope("", block, torch.ones(1, 3))
    net = ts.ScopedModule(lambda x: ts.call_in_scope(ts.get_variable_scope(), block, x))
    with pytest.raises(ValueError, match="it is the ScopedModule that is running"):
        net(torch.ones(1, 3))


def test_a_scope_that_is_called_by_itself_says_what_runs_it():
    net = ts.build(ts.ScopedModule(with_calls), torch.ones(2, 3))
    with pytest.raises(TypeError, match=r"ts\.call_in_scope"):
        net.h0(torch.ones(2, 3))
    with pytest.raises(TypeError, match="takes a scope, a function and its arguments"):
        ts.call_in_scope("h0", torch.ones(2, 3))


def test_an_error_in_a_block_leaves_the_scopes_as_they_were():
    def fails(x):
        raise KeyError("inside")

    with ts.variable_scope("a"):
        with pytest.raises(KeyError, match="inside"):
            ts.call_in_scope("b", fails, 1)
        assert ts.get_variable_scope().name == "a"


def test_detaching_takes_the_scopes_away():
    net = Scoped(lambda x: ts.call_in_scope("h0", torch.sin, x))
    net(torch.ones(1))
    assert "h0" in dict(net.named_modules())
    net.scopes.detach()
    assert "h0" not in dict(net.named_modules())
