"""ts.recompute: activations are computed again, in the pass that asked for the variables."""

import threading
from functools import partial

import pytest
import torch
from packaging.version import Version
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import CheckpointPolicy, create_selective_checkpoint_contexts
from torch.utils.checkpoint import checkpoint as torch_checkpoint

import torchscope as ts


def dense(x, width=16):
    w = ts.get_variable("w", [x.shape[-1], width], regularizer=ts.l2_regularizer(0.1))
    return torch.tanh(x @ w + ts.get_variable("b", [width]))


def block(x, scale=1.0):
    """Asks in every way: a default name, an unnamed variable, reuse, a template, a loss."""
    with ts.variable_scope(None, default_name="block"):
        x = nn.functional.dropout(dense(x), 0.5)
        for _ in range(2):
            with ts.variable_scope("shared", reuse=ts.AUTO_REUSE):
                x = dense(x)
        x = x * ts.Variable(torch.ones(16), name="gain")
        assert len(ts.get_collection("losses")) == len(ts.get_collection("seen"))
        ts.add_to_collection("losses", x.square().mean())
        ts.add_to_collection("seen", ts.get_variable_scope().name)
        return torch.sin(torch.exp(nn.functional.dropout(x, 0.5))) * scale


def plainly(fn, *args, **kwargs):
    return fn(*args, **kwargs)


def model(x, run=ts.recompute, blocks=3):
    with ts.variable_scope("net"):
        for _ in range(blocks):
            x = run(block, x, scale=0.5)
        with ts.variable_scope("block_1" if blocks > 1 else "block", reuse=True):
            x = run(dense, x)
        name = ts.Variable(0.0, name="after").name
        with ts.variable_scope(None, default_name="block") as scope:
            ts.add_to_collection("names", (name, scope.name))
    losses = sum(ts.get_collection("losses"))
    return x.sum() + losses + sum(ts.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES))


def with_checkpoints(x):
    return model(x)


def trained(net, x, run=None):
    """The loss and all gradients of one step, with the seed that all steps share."""
    net.zero_grad()
    torch.manual_seed(7)
    x = x.clone().requires_grad_()
    loss = (net if run is None else run)(x)
    loss.backward()
    return [loss.detach(), x.grad, *(p.grad for p in net.parameters() if p.grad is not None)]


def pair(blocks=3):
    """A net with checkpoints and one without, with the same values, and inputs for both."""
    x, nets = torch.randn(4, 16), []
    for fn in (partial(model, blocks=blocks), partial(model, run=plainly, blocks=blocks)):
        torch.manual_seed(0)
        nets.append(ts.build(ts.ScopedModule(fn), x))
    return (*nets, x)


def assert_same(a, b):
    for one, other in zip(a, b, strict=True):
        torch.testing.assert_close(one, other)


def test_gradients_and_names_are_those_without_it():
    net, plain, x = pair()
    assert list(net.state_dict()) == list(plain.state_dict())
    for _ in range(3):
        assert_same(trained(net, x), trained(plain, x))
    assert list(net.state_dict()) == list(plain.state_dict())


def test_the_first_pass_can_be_checkpointed():
    x, results = torch.randn(4, 16), []
    for fn in (with_checkpoints, lambda x: model(x, plainly)):
        torch.manual_seed(0)
        net = ts.ScopedModule(fn)
        torch.manual_seed(0)
        net(x).backward()
        results.append([p.grad for p in net.parameters() if p.grad is not None])
        assert len(results[-1]) == 15
    assert_same(*results)


def test_backward_leaves_collections_and_counts_as_forward_left_them():
    net, plain, x = pair()
    registry, keys = net.registry, ("losses", "seen", "names", ts.GraphKeys.GLOBAL_VARIABLES)
    loss = net(x)
    before = [registry.get_collection(key) for key in keys]
    summary = str(registry.summary())
    loss.backward()
    after = [registry.get_collection(key) for key in keys]
    assert all(
        a is b for x, y in zip(before, after, strict=True) for a, b in zip(x, y, strict=True)
    )
    assert before[2] == [("net/after:0", "net/block_3")]
    plain(x)
    assert str(registry.summary()) == summary == str(plain.registry.summary())


def saved_bytes(fn):
    """The size of all that autograd keeps for backward while `fn` runs."""
    sizes = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        kept.append(tensor)
        return tensor

    kept = []
    with saved_tensors_hooks(pack, lambda tensor: tensor):
        fn()
    return sum(sizes.values())


def test_less_is_kept_for_backward():
    net, plain, _ = pair()
    x = torch.randn(4096, 16)
    # Of each block its input, rather than a dozen tensors of that size.
    assert saved_bytes(lambda: net(x)) < 0.3 * saved_bytes(lambda: plain(x))


@pytest.mark.parametrize("first_pass", [True, False])
def test_checkpoints_nest(first_pass):
    def nested(run):
        def inner(x):
            return run(block, run(block, x))

        def outer(x):
            with ts.variable_scope("outer"):
                return run(inner, x)

        return lambda x: run(outer, x).sum()

    x, results = torch.randn(4, 16), []
    for run in (ts.recompute, plainly):
        torch.manual_seed(0)
        net = ts.ScopedModule(nested(run))
        if not first_pass:
            ts.build(net, x)
        results.append(trained(net, x))
        assert net.registry.get_collection("seen") == ["outer/block", "outer/block_1"]
    assert_same(*results)


@pytest.mark.parametrize("inside", [True, False])
def test_a_checkpoint_and_a_scope_that_runs_go_together(inside):
    def step(x, i, run):
        if inside:
            return ts.call_in_scope(f"h{i}", run, block, x)
        return run(ts.call_in_scope, f"h{i}", block, x)

    x, results, ran = torch.randn(4, 16), [], []
    for run in (ts.recompute, plainly):
        torch.manual_seed(0)
        fn = lambda x, run=run: step(step(x, 0, run), 1, run).sum()
        net = ts.build(ts.ScopedModule(fn), x)
        net.h1.register_forward_hook(lambda module, args, out: ran.append(module))
        results.append(trained(net, x))
    assert_same(*results)
    # A hook inside of the checkpoint belongs to what runs again.
    assert len(ran) == 2 or not inside


class Inner(nn.Module):
    """A module with a registry of its own."""

    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, x):
        ts.add_to_collection("seen", x * 1)
        return torch.sin(x * ts.get_variable("w", [16]))


@pytest.mark.parametrize("run", [ts.recompute, torch_checkpoint])
def test_a_module_with_a_registry_of_its_own_is_checkpointed_either_way(run):
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = Inner()
            self.scopes = ts.ScopedParameterRegistry(self)

        def forward(self, x):
            x = x * ts.get_variable("w", [16])
            return run(self.inner, x, use_reentrant=False).sum()

    net, x = Outer(), torch.randn(4, 16)
    for _ in range(2):
        loss = net(x)
        (seen,) = net.inner.scopes.get_collection("seen")
        loss.backward()
        assert net.inner.w.grad.abs().sum() > 0 and net.w.grad.abs().sum() > 0
        assert net.inner.scopes.get_collection("seen")[0] is seen
    assert sorted(net.state_dict()) == ["inner.w", "w"]


def test_backward_can_run_twice_in_any_order_and_in_another_thread():
    net, plain, x = pair()
    losses = {}
    for each in (net, plain):
        torch.manual_seed(7)
        losses[each] = [each(x), each(x)]
        second, first = reversed(losses[each])
        second.backward(retain_graph=True)
        second.backward()
        thread = threading.Thread(target=first.backward)
        thread.start()
        thread.join()
    assert_same(*([p.grad for p in each.parameters() if p.grad is not None] for each in losses))


def test_reuse_that_is_switched_on_afterwards_does_not_reach_the_second_run():
    def fn(x):
        with ts.variable_scope("a") as scope:
            x = ts.recompute(dense, x)
            scope.reuse_variables()
            return ts.recompute(dense, x).sum()

    net, x = ts.ScopedModule(fn), torch.randn(4, 16)
    trained(net, x)
    assert list(net.state_dict()) == ["a.w", "a.b"]


def test_getters_creators_templates_and_pieces_work_in_the_second_run():
    def cut(x):
        with ts.variable_scope("cut", partitioner=ts.fixed_size_partitioner(2)):
            return torch.sin(x @ ts.get_variable("w", [16, 16]).as_tensor())

    def fn(x, run):
        template = ts.make_template("template", dense)
        doubled = lambda getter, *args, **kwargs: getter(*args, **kwargs) * 2
        halved = lambda make, **kwargs: make(**kwargs) / 2
        with ts.variable_scope("got", custom_getter=doubled):
            x = run(dense, x)
        with ts.variable_creator_scope(halved), ts.variable_scope("halved"):
            x = run(dense, x)
        return run(cut, run(template, run(template, x))).sum()

    x, results = torch.randn(4, 16), []
    for run in (ts.recompute, plainly):
        torch.manual_seed(0)
        net = ts.ScopedModule(lambda x, run=run: fn(x, run))
        net(x)
        results.append(trained(net, x))
    assert_same(*results)


def test_the_default_registry_is_checkpointed():
    x = torch.randn(4, 16)
    with ts.variable_scope("a"):
        loss = ts.recompute(dense, x).sum()
    loss.backward()
    assert [v.name for v in ts.global_variables()] == ["a/w:0", "a/b:0"]
    assert all(v.grad is not None for v in ts.trainable_variables())


def test_selective_checkpointing_decides_what_is_kept():
    def policy(ctx, op, *args, **kwargs):
        keep = op is torch.ops.aten.mm.default
        return CheckpointPolicy.MUST_SAVE if keep else CheckpointPolicy.PREFER_RECOMPUTE

    _, plain, x = pair()
    contexts = lambda: create_selective_checkpoint_contexts(policy)
    run = lambda fn, *args, **kwargs: ts.recompute(fn, *args, context_fn=contexts, **kwargs)
    selective = ts.ScopedModule(lambda x: model(x, run))
    selective.load_state_dict(plain.state_dict())
    trained(selective, x)
    assert_same(trained(selective, x), trained(plain, x))


def test_without_gradients_it_is_a_plain_call():
    net, plain, x = pair()
    net.eval(), plain.eval()
    with torch.no_grad():
        torch.manual_seed(7)
        expected = plain(x)
        torch.manual_seed(7)
        assert torch.equal(net(x), expected)


# Inductor takes its time over each block, and over each new shape.
@pytest.mark.unmeasured
@pytest.mark.parametrize(("backend", "blocks"), [("aot_eager", 3), ("inductor", 1)])
def test_it_compiles_whole_and_keeps_less(backend, blocks):
    torch._dynamo.reset()
    net, plain, x = pair(blocks)
    # PyTorch 2.11 fails over a checkpoint of sizes that are symbols ("was invalid, but is output").
    dynamic = backend == "inductor" and Version(torch.__version__) >= Version("2.13")
    runs = [
        torch.compile(each, fullgraph=True, backend=backend, dynamic=dynamic)
        for each in (net, plain)
    ]
    # Inductor's own random numbers depend on how a graph is cut (PyTorch 2.14).
    with torch._inductor.config.patch(fallback_random=True):
        for _ in range(2):
            assert_same(trained(net, x, runs[0]), trained(plain, x, runs[1]))
    for key in ("seen", "names"):
        assert net.registry.get_collection(key) == plain.registry.get_collection(key)
    assert len(net.registry.get_collection("losses")) == blocks


@pytest.mark.unmeasured
@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_a_compiled_net_keeps_less(backend):
    torch._dynamo.reset()
    runs = [torch.compile(each, fullgraph=True, backend=backend) for each in pair(3)[:2]]
    big = torch.randn(4096, 16)
    assert saved_bytes(lambda: runs[0](big)) < 0.6 * saved_bytes(lambda: runs[1](big))


def test_a_function_that_asks_for_something_new_when_it_runs_again_is_told_so():
    runs = []

    def moody(x):
        runs.append(1)
        return torch.sin(x * ts.get_variable(f"w{len(runs)}", [1]))

    loss = ts.ScopedModule(lambda x: ts.recompute(moody, x))(torch.ones(1))
    with pytest.raises(
        RuntimeError, match=r"Variable w2 does not exist.*checkpointed function runs"
    ):
        loss.backward()


def scaled(x):
    with ts.variable_scope("s", reuse=ts.AUTO_REUSE):
        return torch.sin(x * ts.get_variable("w", [1]))


@pytest.mark.parametrize("at_top", [True, False])
def test_torchs_own_checkpoint_names_the_one_to_call(at_top):
    """Even where the default registry has a variable of that very name."""
    with ts.variable_scope("s"):
        other = ts.get_variable("w", [1])
    call = lambda x: torch_checkpoint(scaled, x, use_reentrant=False)
    loss = (call if at_top else ts.ScopedModule(call))(torch.ones(1, requires_grad=True))
    with pytest.raises(
        RuntimeError, match=r"during backward.*call ts\.recompute\(function, \*args"
    ):
        loss.backward()
    assert ts.global_variables() == [other] and other.grad is None
    assert ts.get_variable_scope().name == ""


def test_a_backward_hook_that_asks_for_a_variable_is_told_so():
    def fn(x):
        y = torch.sin(x * ts.get_variable("w", [1]))
        y.register_hook(lambda grad: grad * ts.get_variable("w", [1]))
        return y

    net = ts.ScopedModule(fn)
    loss = net(torch.ones(1))
    with pytest.raises(RuntimeError, match=r"A backward hook takes what it needs from forward"):
        loss.backward()


def test_a_registry_can_be_read_in_a_backward_hook():
    seen = []
    net = ts.ScopedModule(lambda x: torch.sin(x * ts.get_variable("w", [1])))
    loss = net(torch.ones(1))
    loss.register_hook(lambda grad: seen.extend(net.registry.trainable_variables()))
    loss.backward()
    assert seen == [net.w]


def test_what_is_no_function_and_what_is_reentrant_is_refused():
    with pytest.raises(TypeError, match=r"ts\.recompute takes a function"):
        ts.recompute(torch.ones(1))
    with pytest.raises(ValueError, match="no use_reentrant=True"):
        ts.recompute(dense, torch.ones(1, 16), use_reentrant=True)
