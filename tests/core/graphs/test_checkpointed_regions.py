"""ts.recompute inside of what is recorded: the numbers of a plain call, and less memory."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import CheckpointPolicy, create_selective_checkpoint_contexts

import torchscope as ts
from torchscope._core.pytorch.versions import traces_autocast

recompute = ts.recompute


def plainly(fn, *args, **kwargs):
    return fn(*args)


def dense(x):
    w = ts.get_variable("w", [x.shape[-1], 16])
    return torch.tanh(x @ w + ts.get_variable("b", [16]))


def block(x):
    """Dropout, a loss, and several activations."""
    with ts.variable_scope(None, default_name="block"):
        x = nn.functional.dropout(dense(x), 0.5)
        ts.add_to_collection("losses", x.square().mean())
        return torch.sin(torch.exp(torch.cos(x)))


def normalized(x):
    """Averages that move, and a count: as convolutions on (N, H, W, C) have them."""
    with ts.variable_scope(None, default_name="normalized"):
        count = ts.get_variable("count", [], initializer=ts.zeros_initializer(), trainable=False)
        x = ts.layers.conv2d(x, 4, 3, padding="same", use_bias=False)
        x = ts.layers.batch_normalization(x, training=True)
        count.assign_add(1.0)
        return torch.sin(torch.relu(x))


def blocks(x, run):
    for _ in range(3):
        x = run(block, x)
    return x.sum() + sum(ts.get_collection("losses"))


def images(x, run):
    x = x[:, :4].reshape(-1, 2, 2, 1)
    for _ in range(3):
        x = run(normalized, x)
    return x.sum()


def nested(x, run):
    def inner(x):
        y = run(block, run(block, x))
        return torch.sin(run(normalized, y.reshape(-1, 4, 4, 1)))

    with ts.variable_scope("outer"):
        return torch.exp(run(inner, torch.sin(x))).sum()


def structures(x, run):
    """What is given in structures, an input and numbers among it."""

    def fn(x):
        y = torch.exp(torch.sin(dense(x)))
        return {"a": (y, [torch.exp(torch.sin(y)), x]), "n": 3, "none": None}, y.shape[0]

    given, size = run(fn, x)
    y, (z, x) = given["a"]
    return (y.sum() + z.sum() + x.sum()) * given["n"] / size


def unused(x, run):
    """A result that nobody reads. Random numbers go on after its own."""
    run(lambda x: nn.functional.dropout(dense(x), 0.5), x)
    return nn.functional.dropout(x, 0.5).sum()


def assigned(x, run):
    """A variable that is read, assigned to and read again inside, and assigned to afterwards."""
    v = ts.get_variable("v", [16], initializer=ts.ones_initializer())

    def fn(x):
        y = torch.sin(x * v)
        v.assign_add(torch.full([16], 0.1))
        return torch.exp(torch.cos(y * v)) * torch.sin(y)

    y = run(fn, x)
    v.assign(v * 2.0)
    return y.sum()


def renormalized(x, run):
    """Averages that are read before they move: uncompiled, a layer refuses that."""

    def fn(x):
        with ts.variable_scope(None, default_name="renormalized"):
            return torch.sin(
                ts.layers.batch_normalization(torch.exp(x), training=True, renorm=True)
            )

    return run(fn, run(fn, x)).sum()


def written_to(x, run):
    """What a region was given, and what it gives, are written to afterwards; it writes to its own."""

    def fn(h):
        y = torch.exp(torch.sin(h * 2)) * 2
        y += torch.cos(h * 3)
        return torch.exp(y) * 2

    h = x * 2
    y = run(fn, h)
    h += 1
    y += h
    return torch.sin(y).sum()


def written_inside(x, run):
    """A region writes to what was there before it, by a view."""
    h = torch.exp(x) * 2

    def fn(x):
        h[:, 0].add_(x[:, 0])
        with torch.no_grad():
            h[:, 1].add_(x[:, 1])
        return torch.exp(torch.sin(x * 3))

    return (run(fn, x) * h).sum()


def a_view_of_what_was_given(x, run):
    """It is written to afterwards."""
    h = x * 2
    y, view = run(lambda h: (torch.exp(torch.cos(h * 2)), h[:, 1]), h)
    view += 3.0
    return (y * h).sum()


def a_view_is_read(x, run):
    """What it is a view of is written to afterwards."""
    h = x * 2
    view = h[:, 1]
    y = run(lambda x: torch.exp(torch.cos(view * 3)), x)
    h += 1
    return y.sum() + h.sum()


def results_of_one_memory(x, run):
    """One is read by another region, and the other is written to afterwards."""

    def fn(x):
        y = torch.exp(torch.cos(x)) * 2
        return y, y[:, 0]

    y, first = run(fn, x)
    z = run(lambda first: torch.exp(torch.cos(first * 3)), first)
    y += 1
    return y.sum() + z.sum()


def without_gradients(x, run):
    """Gradients that are off for a part; and that a function leaves off."""

    def fn(x):
        with torch.no_grad():
            scale = torch.exp(x).mean()
        return torch.exp(torch.cos(dense(x))) * scale

    def left(x):
        ts.get_variable("n", initializer=0.0, trainable=False).assign_add(1.0)
        torch.set_grad_enabled(False)
        return x * 2

    y = run(fn, x).sum()
    scale = (run(left, x) + x).sum()
    torch.set_grad_enabled(True)
    return y * scale


def in_autocast(x, run):
    """Autocast inside, and around."""

    def fn(x):
        with torch.autocast("cpu", torch.bfloat16):
            y = x @ ts.get_variable("a", [16, 16])
        return torch.exp(torch.sin(y.float()))

    y = run(fn, x)
    with torch.autocast("cpu", torch.bfloat16):
        y = run(lambda y: torch.sin(torch.exp(y @ ts.get_variable("c", [16, 16]))), y)
    return y.float().sum()


def constants(x, run):
    """Numbers that a region makes a tensor of."""
    fn = lambda x: torch.exp(torch.sin(x * torch.tensor([1.0, 2.0] * 8)))
    return run(fn, run(fn, x)).sum()


asked = []


def policy(ctx, op, *args, **kwargs):
    asked.append(op)
    keep = op is torch.ops.aten.mm.default
    return CheckpointPolicy.MUST_SAVE if keep else CheckpointPolicy.PREFER_RECOMPUTE


class Contexts:
    """No function, but it can be called."""

    def __call__(self):
        return create_selective_checkpoint_contexts(policy)


def selective(x, run):
    contexts = Contexts()
    for _ in range(2):
        x = run(block, x, context_fn=contexts)
    return x.sum()


# How much of what a plain call keeps a graph keeps at the most, where something can be saved.
MODELS = {
    blocks: 0.3,
    images: 0.5,
    nested: 0.3,
    structures: None,
    unused: None,
    assigned: 0.6,
    renormalized: 0.8,
    written_to: 0.8,
    written_inside: None,
    a_view_of_what_was_given: None,
    a_view_is_read: None,
    results_of_one_memory: None,
    without_gradients: None,
    in_autocast: 0.8,
    constants: 0.8,
    selective: 0.3,
}
AN_INPUT = torch.randn(6, 16, generator=torch.Generator().manual_seed(1))
MANY = torch.randn(512, 16, generator=torch.Generator().manual_seed(2)).requires_grad_()


def nets(model):
    """A net with regions and one without, with the same values."""
    made = []
    for run in (recompute, plainly):
        torch.manual_seed(0)
        made.append(ts.build(ts.ScopedModule(partial(model, run=run)), AN_INPUT))
    return made


def step(net, run, x=AN_INPUT):
    """The loss and all gradients of a step, and what the step has left."""
    net.zero_grad()
    torch.manual_seed(7)
    x = x.clone().requires_grad_()
    loss = run(x)
    loss.backward()
    grads = {name: p.grad for name, p in net.named_parameters()}
    left = {name: value.clone() for name, value in net.state_dict().items()}
    return loss.detach(), x.grad, grads, left, torch.rand(1)


def saved_bytes(fn):
    """The size of all that autograd keeps for backward while `fn` runs."""
    sizes, kept = {}, []

    def pack(tensor):
        sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        kept.append(tensor)
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        fn()
    return sum(sizes.values())


@pytest.mark.parametrize("model", MODELS)
def test_a_graph_computes_again_what_a_plain_call_computes(model):
    net, plain = nets(model)
    graph = ts.graph(net, AN_INPUT)
    for _ in range(2):
        torch.testing.assert_close(step(net, graph), step(plain, plain))
    losses = [each.registry.get_collection("losses") for each in (net, plain)]
    torch.testing.assert_close(*losses)


# Since 2.14 PyTorch says of a selective checkpoint that these hooks do not see what it keeps.
@pytest.mark.filterwarnings("ignore:A saved_tensors_hooks context:FutureWarning")
@pytest.mark.parametrize("model", [model for model in MODELS if MODELS[model]])
def test_a_graph_keeps_less(model):
    run, plain = (ts.graph(net, MANY) for net in nets(model))
    assert saved_bytes(lambda: run(MANY)) < MODELS[model] * saved_bytes(lambda: plain(MANY))


def test_what_nobody_reads_compiles():
    torch._dynamo.reset()
    run = torch.compile(nets(unused)[0], fullgraph=True, backend="aot_eager")
    assert run(MANY).shape == ()


# The compiler leaves out what nobody reads, with the numbers that it would draw.
@pytest.mark.parametrize(
    "model", [m for m in MODELS if m is not unused and (m is not in_autocast or traces_autocast())]
)
def test_compiled_it_computes_again_what_a_plain_call_computes(model):
    torch._dynamo.reset()
    net, plain = nets(model)
    run = torch.compile(net, fullgraph=True, backend="aot_eager")
    for _ in range(2):
        torch.testing.assert_close(step(net, run), step(plain, plain))


# The compiler itself computes some of it again, or keeps what a policy says.
@pytest.mark.parametrize("model", [blocks, images, nested])
def test_compiled_it_keeps_less(model):
    torch._dynamo.reset()
    runs = [torch.compile(net, fullgraph=True, backend="aot_eager") for net in nets(model)]
    run, plain = (saved_bytes(lambda run=run: run(MANY)) for run in runs)
    assert run < 0.5 * plain


def with_nothing_drawn(x, run):
    def fn(x):
        with ts.variable_scope(None, default_name="deep"):
            for n in range(3):
                with ts.variable_scope(f"layer{n}"):
                    x = torch.sin(dense(x))
            return x

    return run(fn, run(fn, x)).sum()


# Inductor takes its time.
@pytest.mark.unmeasured
@pytest.mark.parametrize("model", [with_nothing_drawn, images])
def test_inductor_computes_again_what_a_plain_call_computes_and_keeps_less(model):
    torch._dynamo.reset()
    net, plain = nets(model)
    run, other = (torch.compile(each, fullgraph=True, dynamic=True) for each in (net, plain))
    for _ in range(2):
        torch.testing.assert_close(step(net, run)[:4], step(plain, plain)[:4], rtol=1e-4, atol=1e-4)
    other(MANY)
    assert saved_bytes(lambda: run(MANY)) < 0.8 * saved_bytes(lambda: other(MANY))


@pytest.mark.parametrize("compiled", [False, True])
def test_a_policy_is_asked_what_to_keep(compiled):
    torch._dynamo.reset()
    asked.clear()
    net, _ = nets(selective)
    if compiled:
        run = torch.compile(net, fullgraph=True, backend="aot_eager")
    else:
        run = ts.graph(net, AN_INPUT)
    assert not asked
    step(net, run)
    assert torch.ops.aten.mm.default in asked


@pytest.mark.parametrize("model", [blocks, images])
def test_sizes_may_vary(model):
    net, plain = nets(model)
    graph = ts.graph(net, AN_INPUT)
    for size in (4, 8, 10):
        x = torch.randn(size, 16)
        torch.testing.assert_close(step(net, graph, x), step(plain, plain, x))


@pytest.mark.parametrize("preserve", [True, False])
def test_the_second_run_draws_the_numbers_of_the_first_unless_told_otherwise(preserve):
    fn = lambda x: torch.exp(nn.functional.dropout(torch.exp(x), 0.5))
    run = lambda x: ts.recompute(fn, x, preserve_rng_state=preserve).sum()
    loss = ts.graph(ts.ScopedModule(run), MANY)(MANY)
    drawn = torch.get_rng_state()
    loss.backward()
    assert torch.equal(torch.get_rng_state(), drawn) is preserve


def test_without_gradients_nothing_is_marked():
    net, plain = nets(blocks)
    with torch.no_grad():
        graph = ts.graph(net, AN_INPUT)
        torch.manual_seed(7)
        result = graph(AN_INPUT)
        torch.manual_seed(7)
        assert torch.equal(result, plain(AN_INPUT))


def test_what_is_exported_is_operations_of_pytorch_alone():
    net = ts.build(ts.ScopedModule(partial(images, run=recompute)), AN_INPUT)
    exported = torch.export.export(net, (AN_INPUT,), strict=False)
    calls = [node for node in exported.graph.nodes if node.op == "call_function"]
    assert len(calls) > 10
    assert all("torchscope" not in node.target.__module__ for node in calls)


def test_a_function_that_fails_says_so():
    def fails(x):
        ts.get_variable("w", [1])
        raise KeyError("half way")

    with pytest.raises(KeyError, match="half way"):
        ts.graph(ts.ScopedModule(lambda x: ts.recompute(fails, x)), AN_INPUT)


def test_a_function_that_fails_may_be_replaced_by_another():
    def fails(x):
        raise KeyError("half way")

    def fn(x):
        try:
            return ts.recompute(fails, x)
        except KeyError:
            return torch.sin(x)

    graph = ts.graph(ts.ScopedModule(fn), AN_INPUT)
    assert torch.equal(graph(AN_INPUT), torch.sin(AN_INPUT))


def test_hooks_for_what_is_kept_are_given_tensors_with_values():
    kept = []

    def pack(tensor):
        kept.append(tensor.sum().item())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        graph = ts.graph(ts.ScopedModule(lambda x: torch.sin(x * 2)), MANY)
        assert not kept
        graph(MANY)
    assert len(kept) == 1
