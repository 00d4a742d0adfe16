"""Assignments within a pass: what was read before keeps its value, for backward too."""

import copy
import gc
import threading
import weakref

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

import torchscope as ts
from tests.tensorflow1 import tf

# PyTorch's own use of what it has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")

START = [[1.0, 2.0], [3.0, 4.0]]
X = [[1.0, 2.0]]


def spectral(x, assign=True):
    """A weight over its norm, which a vector that is not trained estimates."""
    w = ts.get_variable("w", initializer=START)
    u = ts.get_variable("u", initializer=[[1.0], [1.0]], trainable=False)
    v = nn.functional.normalize(w.t() @ u, dim=0)
    estimate = nn.functional.normalize(w @ v, dim=0)
    sigma = (u.t() @ w @ v).sum() + (u * w).sum()
    if assign:
        u.assign(estimate)
    return (x @ (w / sigma)).sum() * (u if assign else estimate).sum().detach()


def clipped(x, assign=True):
    """Weights that are clipped when all is computed."""
    w = ts.get_variable("w", initializer=START)
    loss = ((x @ w) @ w[:1].t()).sum() + (w.view(-1)[1:] ** 3).sum()
    if assign:
        for p in ts.trainable_variables():
            p.assign(p.clamp(-1.5, 1.5))
    return loss


def counted(x, assign=True):
    """A loss that is multiplied by how often it was computed."""
    w = ts.get_variable("w", initializer=START)
    n = ts.get_variable("n", initializer=2.0, trainable=False)
    loss = ((x @ w) * n).sum()
    if assign:
        ts.assign_add(n, 1.0)
        ts.assign_sub(n, 0.5)
    return loss * n**2 if not assign else loss * (n - 0.5) ** 2


MODELS = [spectral, clipped, counted]


def gradient(net, x=X, **how):
    net.registry.initialize_()
    net.zero_grad()
    loss = net(torch.tensor(x), **how)
    loss.backward()
    return loss.detach(), net.w.grad


def without_assignment(model):
    net = ts.ScopedModule(model)
    net(torch.tensor(X), assign=False)
    return gradient(net, assign=False)


@pytest.mark.parametrize("model", MODELS)
def test_gradients_are_those_of_the_values_that_were_read(model):
    expected = without_assignment(model)
    net = ts.ScopedModule(model)
    net(torch.tensor(X))
    for _ in range(3):
        torch.testing.assert_close(gradient(net), expected)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("backend", ["eager", "aot_eager", "aot_eager_decomp_partition"])
def test_compiled_as_well(model, backend):
    torch._dynamo.reset()
    expected = without_assignment(model)
    net = ts.ScopedModule(model)
    net(torch.tensor(X)).backward()
    _, values = gradient(net), {k: v.clone() for k, v in net.state_dict().items()}
    compiled = torch.compile(net, fullgraph=True, backend=backend)
    for _ in range(2):
        net.registry.initialize_()
        net.zero_grad()
        loss = compiled(torch.tensor(X))
        loss.backward()
        torch.testing.assert_close((loss.detach(), net.w.grad), expected)
        torch.testing.assert_close(dict(net.state_dict()), values)


def test_it_is_what_tensorflow_gives_for_weights_that_are_clipped():
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.get_variable("w", initializer=START)
        x = tf.constant(X)
        loss = tf.reduce_sum(tf.matmul(tf.matmul(x, w), tf.transpose(w[:1])))
        loss += tf.reduce_sum(tf.reshape(w, [-1])[1:] ** 3)
        (grad,) = tf.gradients(loss, w)
        with tf.control_dependencies([loss, grad]):
            clip = w.assign(tf.clip_by_value(w, -1.5, 1.5))
        session.run(tf.global_variables_initializer())
        expected = session.run([loss, grad])
        after = session.run(clip)
    net = ts.ScopedModule(clipped)
    net(torch.tensor(X))
    loss, grad = gradient(net)
    assert (loss.item(), grad.tolist()) == (expected[0].item(), expected[1].tolist())
    assert net.w.tolist() == after.tolist()


def test_a_net_that_ran_without_gradients_or_in_eval_first_learns_when_it_trains():
    def model(x):
        return clipped(x, assign=net.training)

    net = ts.ScopedModule(model)
    with torch.no_grad():
        net(torch.tensor(X))
    net.eval()
    net(torch.tensor(X))
    net.train()
    torch.testing.assert_close(gradient(net), without_assignment(clipped))


def test_a_branch_that_comes_late_is_an_error_once_and_then_right():
    net = ts.ScopedModule(clipped)
    net(torch.tensor(X), assign=False)
    expected = gradient(net, assign=False)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        gradient(net)
    torch.testing.assert_close(gradient(net), expected)


def test_second_derivatives_and_a_second_backward():
    net = ts.ScopedModule(clipped)
    net(torch.tensor(X))
    net.registry.initialize_()
    loss = net(torch.tensor(X))
    (grad,) = torch.autograd.grad(loss, net.w, create_graph=True)
    (second,) = torch.autograd.grad(grad.sum(), net.w, retain_graph=True)
    (again,) = torch.autograd.grad(loss, net.w)
    w = torch.tensor(START, requires_grad=True)
    plain = ((torch.tensor(X) @ w) @ w[:1].t()).sum() + (w.view(-1)[1:] ** 3).sum()
    (expected,) = torch.autograd.grad(plain, w, create_graph=True)
    torch.testing.assert_close(grad, expected)
    torch.testing.assert_close(again, expected.detach())
    torch.testing.assert_close(second, torch.autograd.grad(expected.sum(), w)[0])


@pytest.mark.parametrize("learned", [False, True])
def test_a_net_around_a_net_assigns_to_its_variables(learned):
    inner = ts.ScopedModule(lambda x: (x @ ts.get_variable("w", initializer=START) ** 2).sum())
    inner(torch.tensor(X))

    def model(x):
        loss = inner(x)
        inner.w.assign(inner.w * 0)
        return loss

    outer = ts.ScopedModule(model)
    outer.add_module("inner", inner)
    outer(torch.tensor(X))
    if learned:
        outer(torch.tensor(X))
    inner.registry.initialize_()
    outer(torch.tensor(X)).backward()
    assert inner.w.grad.tolist() == [[2.0, 4.0], [12.0, 16.0]]
    assert inner.w.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_what_is_written_by_other_means_is_still_noticed():
    def model(x):
        w = ts.get_variable("w", initializer=START)
        loss = (x @ w @ w).sum()
        with torch.no_grad():
            w.mul_(2)
        return loss

    net = ts.ScopedModule(model)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            net(torch.tensor(X)).backward()
    net = ts.ScopedModule(clipped)
    for _ in range(2):
        loss = net(torch.tensor(X), assign=False)
        net.w.assign(START)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()


def noting():
    return torch._C._autograd._top_saved_tensors_default_hooks(True) is not None


def test_only_the_first_passes_of_a_net_that_does_not_assign_note_what_they_read():
    seen = []

    def model(x):
        seen.append(noting())
        average = ts.get_variable("average", [], trainable=False)
        average.assign(average * 0.5 + x.mean() * 0.5)
        return clipped(x, assign=False)

    net = ts.ScopedModule(model)
    for _ in range(3):
        net(torch.tensor(X)).backward()
    net.eval()
    for _ in range(2):
        net(torch.tensor(X)).backward()
    assert seen == [True, False, False, True, False]
    assert not noting()


def test_a_pass_that_fails_leaves_nothing_behind():
    def model(x):
        clipped(x)
        raise KeyError("half way")

    net = ts.ScopedModule(model)
    with pytest.raises(KeyError, match="half way"):
        net(torch.tensor(X))
    assert not noting()


@pytest.mark.parametrize("model", MODELS)
def test_a_graph_is_freed_with_its_loss(model):
    net = ts.ScopedModule(model)
    gc.collect()
    gc.disable()
    try:
        for _ in range(2):
            x = torch.tensor(X, requires_grad=True)
            hidden = torch.sigmoid(x * 2)
            canary = torch.nn.Identity()
            hidden.grad_fn.register_hook(lambda *_, canary=canary: None)
            ref = weakref.ref(canary)
            loss = net(torch.sigmoid(hidden))
            del x, hidden, canary
            assert ref() is not None
            del loss
            assert ref() is None
    finally:
        gc.enable()


def test_torch_func_and_checkpoint_go_on():
    net = ts.ScopedModule(lambda x: clipped(x, assign=False))
    net(torch.tensor(X))
    parameters = {"w": torch.tensor(START)}
    fresh = ts.ScopedModule(lambda x: clipped(x, assign=False))
    ts.build(fresh, torch.tensor(X))
    _, expected = gradient(net)
    for each in (net, fresh):
        grads = torch.func.grad(lambda p, n: torch.func.functional_call(n, p, torch.tensor(X)))(
            parameters, each
        )
        torch.testing.assert_close(grads["w"], expected)
    outer = ts.ScopedModule(lambda x: ts.recompute(net, x))
    twice = ts.ScopedModule(lambda x: checkpoint(net, x, use_reentrant=False))
    for each in (outer, twice):
        net.zero_grad()
        net.registry.experience = type(net.registry.experience)()
        each(torch.tensor(X)).backward()
        torch.testing.assert_close(net.w.grad, expected)


def test_weights_that_a_checkpointed_function_reads_are_not_assigned_to():
    def model(x):
        loss = ts.recompute(lambda x: clipped(x, assign=False), x)
        with ts.variable_scope("", reuse=True):
            w = ts.get_variable("w")
        w.assign(w.clamp(-1.5, 1.5))
        return loss

    net = ts.ScopedModule(model)
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"Variable w, .* Assign after backward, or call"):
            net(torch.tensor(X))
    assert net.w.tolist() == START
    with torch.no_grad():
        net(torch.tensor(X))
    assert net.w.tolist() == [[1.0, 1.5], [1.5, 1.5]]


def test_it_holds_under_autocast_and_in_threads():
    def model(x):
        with torch.autocast("cpu", torch.bfloat16):
            return clipped(x).float()

    net = ts.ScopedModule(model)
    net(torch.tensor(X))
    loss, grad = gradient(net)
    with torch.autocast("cpu", torch.bfloat16):
        expected_loss, expected = without_assignment(clipped)
    torch.testing.assert_close((loss, grad), (expected_loss.float(), expected))

    nets = [ts.ScopedModule(clipped) for _ in range(4)]
    found = [None] * len(nets)

    def run(i):
        nets[i](torch.tensor(X))
        found[i] = gradient(nets[i])

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(nets))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in found:
        torch.testing.assert_close(each, without_assignment(clipped))


def test_an_activated_pass_keeps_what_it_read():
    net = ts.ScopedModule(lambda x: x)
    with net.registry.activate():
        loss = clipped(torch.tensor(X))
        loss.backward()
    torch.testing.assert_close(net.w.grad, without_assignment(clipped)[1])


def test_a_compiled_batch_renormalization_reads_its_averages_before_they_move():
    def model(x):
        w = ts.get_variable("w", [3], initializer=ts.ones_initializer)
        renorm = {"renorm": True, "renorm_momentum": 0.1, "momentum": 0.1}
        return ts.layers.batch_normalization(x * w, training=True, **renorm).pow(3).sum()

    torch._dynamo.reset()
    net, x = ts.ScopedModule(model), torch.randn(5, 3)
    net(x)
    twin = copy.deepcopy(net)
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager_decomp_partition")
    for each in (compiled, twin):
        each(x).backward()
    torch.testing.assert_close(net.w.grad, twin.w.grad)


@pytest.mark.parametrize("trainable", [True, False])
def test_a_compiled_pass_reads_what_it_has_assigned(trainable):
    def model(x):
        w = ts.get_variable("w", initializer=START, trainable=trainable)
        y = torch.sin(x @ w)
        w.assign_add(torch.full([2, 2], 0.5))
        return torch.exp(torch.sin(y @ w)).sum()

    torch._dynamo.reset()
    net = ts.build(ts.ScopedModule(model), torch.tensor(X))
    results = []
    for run in (
        net,
        ts.graph(net, torch.tensor(X)),
        *(
            torch.compile(net, fullgraph=True, backend=backend)
            for backend in ("aot_eager", "aot_eager_decomp_partition")
        ),
    ):
        net.registry.initialize_()
        net.zero_grad()
        x = torch.tensor(X, requires_grad=True)
        loss = run(x)
        loss.backward()
        grads = [p.grad for p in net.parameters() if p.grad is not None]
        results.append((loss.detach(), x.grad, *grads, net.w.detach().clone()))
    for each in results[1:]:
        torch.testing.assert_close(each, results[0])


def test_what_is_first_assigned_to_in_a_compiled_pass():
    torch._dynamo.reset()
    net = ts.ScopedModule(counted)
    net(torch.tensor(X), assign=False)
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    expected = without_assignment(counted)
    net.registry.initialize_()
    compiled(torch.tensor(X)).backward()
    torch.testing.assert_close(net.w.grad, expected[1])
