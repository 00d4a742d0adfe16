"""Cells that run over all steps as one operation compute what they compute step by step."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from torchscope._core.values.structures import flatten, pack
from torchscope.nn import basic_rnn, gru, layer_norm_lstm, lstm_variants

CELLS = {
    "BasicRNNCell": lambda: ts.rnn.BasicRNNCell(4),
    "GRUCell": lambda: ts.rnn.GRUCell(4),
    "GRUBlockCell": lambda: ts.rnn.GRUBlockCell(4),
    "BasicLSTMCell": lambda: ts.rnn.BasicLSTMCell(4),
    "one tensor": lambda: ts.rnn.BasicLSTMCell(4, state_is_tuple=False),
    "peepholes": lambda: ts.rnn.LSTMCell(4, use_peepholes=True, forget_bias=0.5),
    "projection": lambda: ts.rnn.LSTMCell(4, num_proj=2, proj_clip=0.2, num_proj_shards=2),
    "clip": lambda: ts.rnn.LSTMCell(4, cell_clip=0.3),
    "all": lambda: ts.rnn.LSTMCell(4, use_peepholes=True, cell_clip=0.3, num_proj=3),
    "LSTMBlockCell": lambda: ts.rnn.LSTMBlockCell(4, cell_clip=0.3, use_peephole=True),
    "LayerNormBasicLSTMCell": lambda: ts.rnn.LayerNormBasicLSTMCell(4),
    "CudnnCompatibleGRUCell": lambda: ts.rnn.CudnnCompatibleGRUCell(4),
    "CudnnCompatibleLSTMCell": lambda: ts.rnn.CudnnCompatibleLSTMCell(4),
    "a stack": lambda: ts.rnn.MultiRNNCell(
        [ts.rnn.ResidualWrapper(ts.rnn.GRUCell(3)), ts.rnn.LSTMCell(4, num_proj=2)]
    ),
}
OPERATIONS = ["GRUCell", "GRUBlockCell", "peepholes", "projection", "clip", "all", "LSTMBlockCell"]
OPERATIONS += ["LayerNormBasicLSTMCell", "BasicRNNCell"]


def net_of(name, lengths=None, at_once=True):
    """A net of one cell, which runs at once or step by step."""

    def model(x, *state):
        cell = CELLS[name]()
        first = cell.zero_state(x.shape[0], x.dtype)
        if state:
            leaves = zip(flatten(first), state, strict=False)
            given = [zeros + each[:, : zeros.shape[1]] for zeros, each in leaves]
            first = pack(first, given)
        if at_once:
            outputs, last = ts.rnn.dynamic_rnn(cell, x, lengths, first)
        else:
            steps, last = ts.rnn.static_rnn(cell, list(x.unbind(1)), first, sequence_length=lengths)
            outputs = torch.stack(steps, 1)
        return outputs, *flatten(last)

    return ts.ScopedModule(model)


def answer(net, given, weights):
    results = net(*given)
    for parameter, weight in zip(net.parameters(), weights, strict=False):
        parameter.data.copy_(weight)
    results = net(*given)
    loss = sum((each.sin() * (n + 1)).sum() for n, each in enumerate(results))
    of = [*net.parameters(), *given]
    gradients = torch.autograd.grad(loss, of, materialize_grads=True, allow_unused=True)
    return [*results, *gradients], list(net.parameters())


@pytest.mark.parametrize("name", CELLS)
@settings(max_examples=8, deadline=None)
@given(
    steps=st.integers(1, 6),
    batch=st.integers(1, 3),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    cut=st.booleans(),
    seed=st.integers(0, 99),
)
def test_all_steps_at_once_give_the_numbers_of_one_after_the_other(
    name, steps, batch, dtype, cut, seed
):
    draw = torch.Generator().manual_seed(seed)
    lengths = torch.randint(0, steps + 1, (batch,), generator=draw) if cut else None
    shapes = (batch, steps, 3), *[(batch, 8)] * 3
    tensors = [torch.randn(s, generator=draw).to(dtype).requires_grad_() for s in shapes]
    loop = net_of(name, lengths, at_once=False)
    loop(*tensors)
    weights = [torch.randn(p.shape, generator=draw) * 0.5 for p in loop.parameters()]
    expected, ours = answer(loop, tensors, weights)
    found, _ = answer(net_of(name, lengths), tensors, ours)
    close = (
        {"rtol": 1e-10, "atol": 1e-11} if dtype is torch.float64 else {"rtol": 1e-4, "atol": 1e-5}
    )
    for mine, its in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, its, **close)


def operands(name, dtype=torch.float64):
    shapes = {
        "basic": ((3, 2, 5), (2, 4), (9, 4), (4,)),
        "gru": ((3, 2, 5), (2, 4), (9, 8), (8,), (9, 4), (4,)),
        "lstm": ((3, 2, 5), (2, 4), (2, 3), (8, 16), (16,), (3, 4), (4, 3)),
        "normalized": ((3, 2, 5), (2, 4), (2, 4), (9, 16), (5, 4), (5, 4)),
    }[name]
    return [torch.randn(s, dtype=dtype).requires_grad_() for s in shapes]


@pytest.mark.parametrize("bare", [False, True])
def test_they_are_operations_as_pytorch_wants_them(bare):
    torch.library.opcheck(basic_rnn.over_time, operands("basic"))
    torch.library.opcheck(gru.over_time, operands("gru"))
    *given, peepholes, projection = operands("lstm")
    if bare:
        given[2], given[3] = operands("lstm")[1], torch.randn(9, 16, dtype=torch.float64)
        options = None, None, 1.0, 0.5, None, True
    else:
        options = peepholes, projection, 1.0, None, None, False
    torch.library.opcheck(lstm_variants.over_time, (*given, *options))


@pytest.mark.parametrize("dropped", [False, True])
def test_the_normalized_one_does_what_its_loop_does(dropped):
    given = operands("normalized")
    masks = torch.rand(3, 2, 4, dtype=torch.float64) if dropped else None
    torch.library.opcheck(layer_norm_lstm.over_time, (*given, masks, 1.0, 1e-12))
    answers = []
    for run in (layer_norm_lstm.over_time, layer_norm_lstm.step_by_step):
        results = run(*given, masks, 1.0, 1e-12)[:2]
        loss = sum((n + 1) * each.sin().sum() for n, each in enumerate(results))
        answers.append([*results, *torch.autograd.grad(loss, given)])
    torch.testing.assert_close(*answers, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("name", ["basic", "gru", "lstm", "normalized"])
def test_their_gradients_have_gradients(name):
    def run(*given):
        if name == "basic":
            return basic_rnn.over_time(*given)
        if name == "gru":
            return gru.over_time(*given)[0]
        if name == "normalized":
            return layer_norm_lstm.over_time(*given, None, 1.0, 1e-12)[:2]
        return lstm_variants.over_time(*given, 1.0, None, None, False)[:2]

    given = operands(name)
    assert torch.autograd.gradcheck(run, given)
    assert torch.autograd.gradgradcheck(run, given)


@pytest.mark.parametrize("wanted", range(6))
def test_a_gradient_may_be_wanted_of_one_thing_alone(wanted):
    given = [each.detach() for each in operands("gru")]
    given[wanted].requires_grad_()
    (mine,) = torch.autograd.grad(gru.over_time(*given)[0].sum(), given[wanted])
    (its,) = torch.autograd.grad(gru.step_by_step(*given)[0].sum(), given[wanted])
    torch.testing.assert_close(mine, its)


@pytest.mark.parametrize("name", OPERATIONS)
def test_torch_func_and_autocast_take_the_loop(name):
    net, x = net_of(name, [3, 1]), torch.randn(2, 3, 3)
    expected = net(x)
    weights = dict(net.named_parameters())
    sum(each.sum() for each in expected).backward()

    def loss(weights):
        return sum(each.sum() for each in torch.func.functional_call(net, weights, (x,)))

    gradients = torch.func.grad(loss)(weights)
    for key, weight in weights.items():
        torch.testing.assert_close(gradients[key], weight.grad)
    tangents = {key: torch.ones_like(weight) for key, weight in weights.items()}
    _, forward = torch.func.jvp(loss, (weights,), (tangents,))
    torch.testing.assert_close(forward, sum(weight.grad.sum() for weight in weights.values()))
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x, torch.ones_like(x))
        assert torch.autograd.forward_ad.unpack_dual(net(dual)[0]).tangent.any()
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(net(x)[0].float(), expected[0], rtol=0.05, atol=0.05)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_graph_has_one_operation_however_many_steps_there_are(name):
    x = torch.randn(2, 30, 3)
    net = net_of(name, [30, 7])
    expected = net(x)
    graph = ts.graph(net, x)
    for mine, its in zip(graph(x), expected, strict=True):
        torch.testing.assert_close(mine, its)
    counts = []

    def backend(module, inputs):
        counts.append(sum(len(m.graph.nodes) for m in module.modules() if hasattr(m, "graph")))
        return module

    torch._dynamo.reset()
    for mine, its in zip(
        torch.compile(net, fullgraph=True, backend=backend)(x), expected, strict=True
    ):
        torch.testing.assert_close(mine, its)
    assert sum(counts) < 60


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_behind_an_end_changes_nothing(name):
    net, x = net_of(name, [2, 4]), torch.randn(2, 4, 3)
    expected = net(x)
    x[0, 2:] = float("nan")
    for mine, its in zip(net(x), expected, strict=True):
        assert torch.equal(mine, its)


@pytest.mark.cuda
@pytest.mark.parametrize("name", CELLS)
def test_on_cuda_they_give_the_numbers_of_the_cpu(name):
    x = torch.randn(2, 5, 3, dtype=torch.float64, requires_grad=True)
    net = net_of(name, [5, 2])
    expected, _ = answer(net, [x], [])
    found, _ = answer(net.cuda(), [x.detach().cuda().requires_grad_()], [])
    for mine, its in zip(found, expected, strict=True):
        torch.testing.assert_close(mine.cpu(), its, rtol=1e-9, atol=1e-10)
