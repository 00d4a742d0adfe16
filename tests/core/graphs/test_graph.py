"""ts.graph: built once, and never stale."""

import copy
import io
import pickle
from enum import Enum
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

import torchscope as ts
from torchscope import slim


def model(x, scale=1.0):
    x = slim.conv2d(x, 4, [3, 3], normalizer_fn=slim.batch_norm, scope="conv")
    ts.add_to_collection("seen", x)
    return scale * ts.layers.dense(x.mean((1, 2)), 3, name="fc")


class Kind(Enum):
    PLAIN = 1
    NEGATIVE = 2


class Net(nn.Module):
    """Scopes, and modules of its own beside them."""

    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)
        self.own = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))
        self.shift = torch.ones(3)
        self.kind = Kind.PLAIN
        self.settings = SimpleNamespace(rate=1.0)
        self.sizes = [1]

    def forward(self, x, scale=1.0):
        y = self.own(model(x, scale))
        y = y + self.shift.to(y.dtype)
        y = y * self.settings.rate + len(self.sizes)
        return y if self.kind is Kind.PLAIN else -y


def an_image(seed=0, batch=2):
    return torch.randn(batch, 6, 5, 3, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def net():
    return ts.build(Net(), an_image())


def run(net, *args, **kwargs):
    torch.manual_seed(0)
    return net(*args, **kwargs)


def assert_alike(net, graph, *args, **kwargs):
    """The graph gives and leaves what the net does, gradients too."""
    state = copy.deepcopy(net.state_dict())
    results = []
    for each in net, graph:
        net.load_state_dict(state)
        net.zero_grad()
        result = run(each, *args, **kwargs)
        if result.requires_grad:
            result.square().sum().backward()
        gradients = [p.grad for p in net.parameters()]
        results.append((result, gradients, copy.deepcopy(net.state_dict())))
    torch.testing.assert_close(results[1], results[0], rtol=0, atol=0)


def test_a_graph_is_called_as_its_net_is(net):
    graph = ts.graph(net, an_image())
    for seed, batch in enumerate((2, 2, 3, 4, 7, 3)):
        assert_alike(net, graph, an_image(seed, batch))
    assert_alike(net, graph, x=an_image(), scale=2.0)
    assert_alike(net, graph, an_image(), scale=torch.tensor(3.0))
    with torch.no_grad():
        assert_alike(net, graph, an_image())
    with pytest.raises(TypeError, match="unexpected keyword argument 'scales'"):
        graph(an_image(), scales=2.0)


def test_a_graph_has_what_its_net_has(net):
    graph = ts.graph(net, an_image())
    assert list(graph.state_dict()) == list(net.state_dict())
    assert [id(p) for p in graph.parameters()] == [id(p) for p in net.parameters()]
    graph.eval()
    assert not net.training
    assert not any(module.training for module in net.modules())
    assert_alike(net, graph, an_image())
    net.train()
    assert graph.training
    assert_alike(net, graph, an_image())
    other = Net()
    other(an_image())
    graph.load_state_dict(other.state_dict())
    net.eval(), other.eval()
    torch.testing.assert_close(graph(an_image()), other(an_image()), rtol=0, atol=0)


def test_collections_hold_what_a_call_of_the_net_puts_there(net):
    graph = ts.graph(net, an_image()).eval()
    assert net.scopes.get_collection("seen") == []
    graph(an_image())
    (given,) = net.scopes.get_collection("seen")
    net(an_image())
    (expected,) = net.scopes.get_collection("seen")
    torch.testing.assert_close(given, expected, rtol=0, atol=0)
    assert given.requires_grad


def replace_a_parameter(net):
    net.own[0].weight = nn.Parameter(torch.ones(3, 3))


def assign_a_state(net):
    state = {key: torch.full_like(value, 0.5) for key, value in net.state_dict().items()}
    net.load_state_dict(state, assign=True)


def parametrize_a_weight(net):
    parametrize.register_parametrization(net.own[0], "weight", nn.Tanh())


def hook(net):
    net.own[0].register_forward_hook(lambda module, args, output: output * 2)


CHANGES = {
    "a parameter's values": lambda net: net.own[0].weight.data.fill_(0.5),
    "a parameter": replace_a_parameter,
    "a variable's memory": lambda net: setattr(net.fc.kernel, "data", torch.ones(4, 3)),
    "a variable": lambda net: net.fc.register_parameter("kernel", nn.Parameter(torch.ones(4, 3))),
    "a variable's shape": lambda net: net.fc.register_parameter(
        "bias", nn.Parameter(torch.ones(1))
    ),
    "a buffer": lambda net: net.own[1].register_buffer("running_mean", torch.ones(3)),
    "a state": assign_a_state,
    "its dtype": lambda net: net.double(),
    "what is trained": lambda net: net.own[0].requires_grad_(requires_grad=False),
    "a module": lambda net: net.own.__setitem__(0, nn.Linear(3, 3, bias=False)),
    "a module that is added": lambda net: net.own.append(nn.ReLU()),
    "a module that is taken out": lambda net: net.own.__delitem__(2),
    "a number of a module": lambda net: setattr(net.own[2], "p", 0.1),
    "the mode of a module": lambda net: net.own[1].eval(),
    "a bias that goes": lambda net: net.own[0].register_parameter("bias", None),
    "a tensor that is an attribute": lambda net: setattr(net, "shift", torch.zeros(3)),
    "a member of an enumeration": lambda net: setattr(net, "kind", Kind.NEGATIVE),
    "a list": lambda net: net.sizes.append(2),
    "an attribute of an object": lambda net: setattr(net.settings, "rate", 2.0),
    "a hook": hook,
    "a parametrization": parametrize_a_weight,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_net_that_was_changed_is_never_stale(net, change):
    graph = ts.graph(net, an_image())
    graph(an_image())
    change(net)
    x = an_image().to(next(net.parameters()).dtype)
    assert_alike(net, graph, x)
    assert_alike(net, graph, x)


class MakingAnew(nn.Module):
    """Its calls leave lists and objects that are as those before."""

    def __init__(self):
        super().__init__()
        self.rates = [2.0]
        self.seen = SimpleNamespace(spec=None)

    def forward(self, x):
        self.rates = list(self.rates)
        self.seen.spec = ts.layers.InputSpec(ndim=x.dim(), axes={-1: 3})
        return x * self.rates[0]


def test_what_a_call_makes_anew_as_it_was_is_no_change():
    net = MakingAnew()
    net(torch.ones(2, 3))
    graph = ts.graph(net, torch.ones(2, 3))
    first = graph._latest
    # The list that the net leaves is the one that counts from here on.
    net(torch.ones(2, 3))
    assert_alike(net, graph, torch.ones(2, 3))
    assert graph._latest is first
    net.rates[0] = 3.0
    assert graph(torch.ones(2, 3)).tolist() == [[3.0] * 3] * 2
    assert graph._latest is not first


def test_functional_call_gives_the_graph_its_tensors(net):
    graph = ts.graph(net, an_image())
    others = {key: torch.full_like(p, 0.3) for key, p in net.named_parameters()}
    expected = torch.func.functional_call(net.eval(), others, an_image())
    torch.testing.assert_close(torch.func.functional_call(graph, others, an_image()), expected)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g)), "save"])
def test_a_copy_is_a_graph_of_a_net_of_its_own(net, again):
    graph = ts.graph(net, an_image())
    if again == "save":
        file = io.BytesIO()
        torch.save(graph, file)
        twin = torch.load(io.BytesIO(file.getvalue()), weights_only=False)
    else:
        twin = again(graph)
    torch.testing.assert_close(run(twin, an_image()), run(graph, an_image()), rtol=0, atol=0)
    before = net.own[0].weight.clone()
    with torch.no_grad():
        twin.own[0].weight.fill_(0.0)
    assert torch.equal(net.own[0].weight, before)
    assert_alike(twin.net, twin, an_image())


def test_an_assignment_leaves_what_was_read():
    def clipped(x):
        w = ts.get_variable("w", [3], initializer=ts.ones_initializer)
        count = ts.get_variable("count", [], trainable=False, initializer=ts.zeros_initializer)
        y = (x * w).square() * (1 + count)
        count.assign_add(1.0)
        w.assign(w * 0.5)
        return y + w

    net = ts.ScopedModule(clipped)
    graph = ts.graph(net, torch.ones(2, 3))
    for _ in range(2):
        assert_alike(net, graph, torch.randn(2, 3))


def test_autocast_is_decided_when_it_runs(net):
    graph = ts.graph(net.eval(), an_image())
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(graph(an_image()), net(an_image()), rtol=0, atol=0)
        assert graph(an_image()).dtype is torch.bfloat16
    assert_alike(net, graph, an_image())


def test_a_graph_compiles_as_its_net_does(net):
    graph = ts.graph(net.eval(), an_image())
    compiled = torch.compile(graph, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(an_image()), net(an_image()))


def test_there_is_no_change_of_layout_between_layers():
    def stack(x):
        for number in range(4):
            shortcut = x
            x = slim.conv2d(x, 4, [3, 3], normalizer_fn=slim.batch_norm, scope=f"conv{number}")
            x = torch.relu(x + shortcut) if number else x
        return slim.max_pool2d(x, [2, 2])

    graph = ts.graph(ts.ScopedModule(stack), an_image())
    (captured,) = next(iter(graph._exact.values()))
    called = [node.target for node in captured.module.graph.nodes if node.op == "call_function"]
    # The input's, each kernel's, and the output's.
    assert called.count(torch.permute) == 1 + 4 + 1


# PyTorch notes that what the pass has collected is a side effect.
@pytest.mark.filterwarnings("ignore:While compiling")
@pytest.mark.parametrize("strict", [True, False])
def test_a_graph_is_exported(net, strict):
    graph = ts.graph(net.eval(), an_image())
    exported = torch.export.export(graph, (an_image(),), strict=strict).module()
    torch.testing.assert_close(exported(an_image(1)), net(an_image(1)))


def test_a_graph_is_printed_under_tf1s_names(net):
    graph = ts.graph(net.eval(), an_image())
    lines = str(graph).splitlines()
    rows = {line.split()[0]: line.split(maxsplit=3)[1:] for line in lines}
    assert rows["conv/weights"] == ["VariableV2", "float32", "(3, 3, 3, 4)"]
    assert rows["conv/Conv2D"][0] == "Conv2D"
    assert rows["conv/BatchNorm/FusedBatchNorm"][0] == "FusedBatchNorm"
    assert rows["Mean"][2].startswith("(2, 4)")
    assert rows["fc/MatMul"][2].startswith("(2, 3)")
    # A variable and a constant have nothing that they read; an operation says it.
    assert rows["conv/Conv2D"][2].endswith("conv/weights") or "Transpose" in rows["conv/Conv2D"][2]
    assert len(rows) == len(lines)
    assert str(ts.Graph(net)) == repr(ts.Graph(net))


def test_what_is_no_graph_is_refused():
    with pytest.raises(TypeError, match=r"ts\.graph takes a module.*ts\.ScopedModule\(function\)"):
        ts.graph(model, an_image())

    def branches(x):
        return x * ts.get_variable("w", []) if x.sum() > 0 else x

    with pytest.raises(RuntimeError, match=r"needs the values of tensors.*torch\.where"):
        ts.graph(ts.ScopedModule(branches), an_image())
    with pytest.raises(RuntimeError, match=r"needs the values of tensors.*torch\.where"):
        ts.graph(Branching(), an_image())
    with pytest.raises(RuntimeError, match=r"forward of this Counting changes count\. .* Return"):
        ts.graph(Counting(), an_image())


class Branching(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


class Counting(nn.Module):
    count = 0

    def __init__(self):
        super().__init__()
        self.count = 0

    def forward(self, x):
        self.count += 1
        return x * self.count
