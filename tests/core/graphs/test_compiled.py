"""torch.compile of nets: what the compiler is handed is never stale, and leaves what the net leaves."""

from collections import OrderedDict, defaultdict
from functools import partial
from typing import NamedTuple

import pytest
import torch
from torch import nn
from torch._dynamo.testing import CompileCounter
from torch._inductor.compile_fx import compile_fx

import torchscope as ts
import torchscope.rnn
from tests.core.graphs.test_graph import CHANGES, Branching, Net, an_image, assert_alike
from torchscope import slim
from torchscope._core.pytorch import versions

# PyTorch's own use of what it has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")


@pytest.fixture(autouse=True)
def _fresh_dynamo():
    torch._dynamo.reset()


def compiled(net, **how):
    return torch.compile(net, fullgraph=True, backend="eager", **how)


def scaled(x, *, by=1.0):
    return x * by * ts.get_variable("w", [3], initializer=ts.ones_initializer())


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_compiled_net_that_was_changed_is_never_stale(change):
    # A net that is compiled by hand has the hooks that it had, unless the compiler is told otherwise.
    with torch._dynamo.config.patch(skip_nnmodule_hook_guards=False):
        net = ts.build(Net(), an_image())
        run = torch.compile(net, backend="eager")
        run(an_image())
        change(net)
        x = an_image().to(next(net.parameters()).dtype)
        assert_alike(net, run, x)
        assert_alike(net, run, x)


class Model:
    """As TF1 wrote them: no module, and with attributes that hold what it has built."""

    def __init__(self):
        self.rate = 2.0
        self.ends = {}
        self.logits = None

    def build(self, x):
        self.ends["first"] = scaled(x)
        self.logits = self.ends["first"] * self.rate
        return self.logits


def as_it_is(net, *args):
    return net


@pytest.mark.parametrize("way", [as_it_is, ts.graph, lambda net, x: compiled(net)])
def test_tensors_that_a_call_leaves_in_attributes_are_left(way):
    model = Model()
    run = way(ts.ScopedModule(model.build), torch.ones(3))
    for x in torch.ones(3), torch.zeros(3), torch.ones(3):
        assert torch.equal(run(x), 2 * x)
        assert torch.equal(model.logits, 2 * x)
        assert torch.equal(model.ends["first"], x)
    model.rate = 3.0
    assert torch.equal(run(torch.ones(3)), torch.full((3,), 3.0))


def test_what_compiled_code_has_just_set_is_seen():
    net = ts.build(Net(), an_image())

    @torch.compile(backend="eager")
    def in_eval(x):
        net.eval()
        y = net(x)
        net.train()
        return y

    expected = net.eval()(an_image())
    net.train()
    torch.testing.assert_close(in_eval(an_image()), expected)
    assert net.training

    @torch.compile(backend="eager")
    def with_more(x):
        net.sizes.append(2)
        net.settings.rate = 3.0
        return net(x)

    net.eval()
    given = with_more(an_image())
    torch.testing.assert_close(given, net(an_image()))
    assert len(net.sizes) == 2


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)
        self.count = 0

    def forward(self, x):
        self.count += 1
        return scaled(x) * self.count


class BranchingNet(Branching):
    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, x):
        return super().forward(scaled(x))


@pytest.mark.parametrize(
    ("make", "what"),
    [(Counting, "changes count"), (BranchingNet, "needs the values of tensors")],
)
def test_what_is_no_graph_runs_uncompiled_and_a_full_graph_says_why(make, what):
    with pytest.raises(torch._dynamo.exc.Unsupported, match=what):
        compiled(make())(torch.ones(3))
    net, twin = make(), make()
    run = torch.compile(net, backend="eager")
    for x in torch.ones(3), -torch.ones(3), torch.ones(3):
        assert torch.equal(run(x), twin(x))


def test_a_forward_that_enters_autocast():
    def model(x):
        with torch.autocast("cpu", torch.bfloat16):
            return ts.layers.dense(x, 2, name="fc")

    net, x = ts.ScopedModule(model), torch.ones(4, 3)
    expected = net(x)
    run = torch.compile(net, backend="eager", fullgraph=versions.traces_autocast())
    assert torch.equal(run(x), expected)


def recurrent(x, run):
    def layer(x):
        return ts.rnn.dynamic_rnn(ts.rnn.BasicLSTMCell(4), x, dtype=torch.float32)[0]

    return run(layer, x)


# The compiler takes PyTorch's own kernel apart, and in training fails over it.
@pytest.mark.unmeasured
@pytest.mark.parametrize("run", [lambda layer, x: layer(x), ts.recompute], ids=["plain", "again"])
def test_an_lstm_is_one_operation_to_the_compiler(run):
    net, x = ts.ScopedModule(partial(recurrent, run=run)), torch.randn(2, 30, 3)
    net(x).sum().backward()
    expected = [p.grad.clone() for p in net.parameters()]
    net.zero_grad()
    operations = []

    def backend(module, inputs):
        operations.extend(n.target for m in module.modules() for n in m.graph.nodes)
        return compile_fx(module, inputs)

    given = torch.compile(net, fullgraph=True, backend=backend)(x)
    given.sum().backward()
    assert torch.ops.torchscope.lstm.default in operations
    torch.testing.assert_close(given, net(x))
    torch.testing.assert_close([p.grad for p in net.parameters()], expected)


def test_where_tensors_are_made_is_what_the_caller_says():
    net = ts.ScopedModule(lambda x: (scaled(x), torch.zeros(2)))
    run = compiled(net)
    x = torch.ones(3)
    assert run(x)[1].device.type == "cpu"
    with torch.device("meta"):
        assert run(x)[1].device.type == "meta"
    assert run(x)[1].device.type == "cpu"


def test_nets_and_modules_that_a_function_closes_over():
    inner, linear = ts.ScopedModule(scaled), nn.Linear(3, 3)
    net = ts.ScopedModule(lambda x: inner(linear(x)) * ts.get_variable("v", [3]))
    x = torch.ones(3)
    for run in compiled(net), ts.graph(net, x):
        torch.testing.assert_close(run(x), net(x))
        linear.weight = nn.Parameter(torch.full((3, 3), 2.0))
        inner.load_state_dict({"w": torch.full((3,), 3.0)}, assign=True)
        torch.testing.assert_close(run(x), net(x))
        linear.weight = nn.Parameter(torch.zeros(3, 3))


class Pair(NamedTuple):
    first: torch.Tensor
    second: torch.Tensor


RESULTS = {
    "a tuple": lambda y: (y, [y + 1, {"a": y + 2, 3: None}], 4),
    "an ordered dict": lambda y: OrderedDict(b=y, a=y + 1),
    "a dict with a default": lambda y: defaultdict(list, a=[y]),
    "a named tuple": lambda y: Pair(y, y + 1),
    "its input": lambda y: (y, ts.get_variable("v", [3])),
    "a size": lambda y: (y.shape, y.shape[0]),
    "of max": lambda y: torch.max(y, 0),
}


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_results_in_any_structure(result):
    def model(x):
        ts.add_to_collection("seen", {"x": x, "n": 1})
        return result(scaled(x)), x

    net = ts.ScopedModule(model)
    run, x = compiled(net), torch.ones(2, 3)
    for _ in range(2):
        given, expected = run(x), net(x)
        torch.testing.assert_close(given, expected)
        assert type(given[0]) is type(expected[0])
        assert given[1] is x
    run(x)
    (seen,) = net.registry.get_collection("seen")
    assert (seen["x"] is x, seen["n"]) == (True, 1)


def test_what_may_hide_tensors_is_not_returned_from_a_graph():
    class Holder:
        def __init__(self, y):
            self.y = y

    net = ts.ScopedModule(lambda x: Holder(scaled(x)))
    with pytest.raises(TypeError, match=r"returns a .*Holder.*Return those, or register"):
        ts.graph(net, torch.ones(3))
    assert torch.equal(torch.compile(net, backend="eager")(torch.ones(3)).y, torch.ones(3))


def test_a_loop_over_a_size_is_unrolled_for_each():
    def steps(x):
        total = 0
        for number in range(x.shape[0]):
            total = total + scaled(x[number], by=number)
        return total

    def shared(x):
        with ts.variable_scope("", reuse=ts.AUTO_REUSE):
            return steps(x)

    net, count = ts.ScopedModule(shared), CompileCounter()
    run = torch.compile(net, fullgraph=True, backend=count)
    for length in (2, 4, 3, 2, 4):
        x = torch.randn(length, 3)
        torch.testing.assert_close(run(x), net(x))
    assert count.frame_count == 3


def test_numbers_that_change_from_call_to_call():
    net, count = ts.ScopedModule(lambda x, n: scaled(x) * n), CompileCounter()
    run = torch.compile(net, fullgraph=True, backend=count)
    for n in range(12):
        torch.testing.assert_close(run(torch.ones(3), n), net(torch.ones(3), n))
    assert count.frame_count <= 4


def test_a_net_in_several_places_of_a_module_that_is_compiled():
    class Siamese(nn.Module):
        def __init__(self):
            super().__init__()
            self.tower = ts.ScopedModule(lambda x: slim.fully_connected(x, 2))
            self.head = nn.Linear(2, 1)

        def forward(self, a, b):
            first, second = self.tower(a), self.tower(x=b)
            return self.head(first - second) + self.tower(a + b).sum()

    net, count = Siamese(), CompileCounter()
    run = torch.compile(net, fullgraph=True, backend=count)
    for size in (2, 3, 4, 5):
        a, b = torch.randn(size, 3), torch.randn(size, 3)
        torch.testing.assert_close(run(a, b), net(a, b))
    # Once, and once for any size.
    assert count.frame_count == 2
    run(a, b).sum().backward()
    assert all(p.grad is not None for p in net.parameters())


def test_functional_call_of_a_compiled_function():
    net = ts.ScopedModule(scaled)
    net(torch.ones(3))

    @torch.compile(fullgraph=True, backend="eager")
    def run(values, x):
        return torch.func.functional_call(net, values, (x,))

    for value in (2.0, 3.0):
        values = {"w": torch.full((3,), value)}
        assert torch.equal(run(values, torch.ones(3)), values["w"])


def test_arguments_that_a_scope_around_the_call_gives():
    net = ts.ScopedModule(lambda x: slim.fully_connected(x, 3))
    x = torch.randn(2, 4)
    net(x)
    graph = ts.graph(net, x)
    for scale in (0.1, 0.2, 0.1):
        scope = slim.arg_scope(
            [slim.fully_connected], activation_fn=lambda y, scale=scale: y * scale
        )
        with scope:
            torch.testing.assert_close(graph(x), net(x))
    torch.testing.assert_close(graph(x), net(x))

    @torch.compile(backend="eager")
    def opened(x):
        with slim.arg_scope([slim.fully_connected], activation_fn=None):
            return net(x)

    with slim.arg_scope([slim.fully_connected], activation_fn=None):
        expected = net(x)
    torch.testing.assert_close(opened(x), expected)
