"""ts.graph on each device: the net's numbers, its memory in channels_last, and what it collects."""

import copy

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import torchscope as ts
from benchmarks.networks import example
from torchscope import slim

on_cuda = pytest.mark.parametrize("device", [pytest.param("cuda", marks=pytest.mark.cuda)])
on_each_device = pytest.mark.parametrize(
    "device", ["cpu", pytest.param("cuda", marks=pytest.mark.cuda)]
)

# The compiler's own use of what PyTorch has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")

LAYERS = 4
ADDED, LOSSES = "layers", ts.GraphKeys.REGULARIZATION_LOSSES


class Blocks(torch.nn.Module):
    """Residual convolutions of images (N, H, W, 3), and what they add to collections."""

    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, x):
        with slim.arg_scope(
            [slim.conv2d],
            normalizer_fn=slim.batch_norm,
            normalizer_params={"is_training": self.training},
            weights_regularizer=slim.l2_regularizer(0.1),
        ):
            x = slim.conv2d(x, 8, [3, 3], scope="conv0")
            for number in range(1, LAYERS):
                x = torch.relu(x + slim.conv2d(x, 8, [3, 3], scope=f"conv{number}"))
                ts.add_to_collection(ADDED, x)
            return slim.max_pool2d(x, [2, 2], scope="pool")


def images(device, seed=0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, 8, 8, 3, generator=generator).to(device, dtype)


@pytest.fixture
def net():
    return ts.build(Blocks(), images("cpu"))


def trained(net, call, x):
    """What a step of training gives and leaves: outputs, gradients, state."""
    net.zero_grad()
    outputs = call(x)
    losses = net.scopes.get_collection(LOSSES)
    assert len(losses) == LAYERS
    (outputs.square().sum() + sum(losses)).backward()
    gradients = {name: p.grad.clone() for name, p in net.named_parameters()}
    return outputs, gradients, copy.deepcopy(net.state_dict())


def assert_near(given, expected, tolerance):
    """Each tensor is another one, up to a part of its largest number: kernels round in their own ways."""
    for mine, its in zip(tree_leaves(given), tree_leaves(expected), strict=True):
        largest = its.abs().max().item()
        torch.testing.assert_close(mine, its, rtol=0, atol=tolerance * largest)


@on_each_device
@pytest.mark.parametrize("training", [False, True])
def test_it_gives_and_leaves_what_the_net_does(net, device, training):
    net.to(device).double().train(training)
    twin = copy.deepcopy(net)
    graph = ts.graph(net, images(device, dtype=torch.float64))
    for seed in range(3):
        x = images(device, seed, torch.float64)
        given, expected = trained(net, graph, x), trained(twin, twin, x)
        assert given[0].device.type == device
        torch.testing.assert_close(given, expected)


@on_each_device
@pytest.mark.parametrize("training", [False, True])
def test_under_autocast_it_is_in_bfloat16_and_its_variables_in_float32(net, device, training):
    net.to(device).train(training)
    twin, x = copy.deepcopy(net), images(device)
    graph = ts.graph(net, x)
    with torch.autocast(device, torch.bfloat16):
        given, expected = trained(net, graph, x), trained(twin, twin, x)
    assert given[0].dtype is expected[0].dtype is torch.bfloat16
    assert {gradient.dtype for gradient in given[1].values()} == {torch.float32}
    assert_near(given, expected, 0.05)
    # The next call is in float32 again.
    assert graph(x).dtype is torch.float32


class Operations(TorchDispatchMode):
    """Notes which operations run, and the images that convolutions are given."""

    def __init__(self):
        super().__init__()
        self.names, self.convolved = [], []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.append(function.overloadpacket.__name__)
        if "conv" in self.names[-1]:
            self.convolved.append(args[0])
        return function(*args, **kwargs or {})


@on_each_device
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_its_images_stay_in_channels_last_and_are_neither_permuted_nor_copied(net, device, dtype):
    net.to(device, dtype).eval()
    x = images(device, dtype=dtype)
    graph = ts.graph(net, x)
    with torch.no_grad():
        graph(x)
        with Operations() as operations:
            output = graph(x)
    assert len(operations.convolved) == LAYERS
    for each in (*operations.convolved, output.permute(0, 3, 1, 2)):
        assert each.is_contiguous(memory_format=torch.channels_last)
    # The images; each kernel, which TF1 has as (H, W, I, O); and what comes out: views. What is added
    # to a collection is a view of another one.
    assert operations.names.count("permute") == 1 + LAYERS + 1 + (LAYERS - 1)
    assert not {"clone", "copy_", "_to_copy", "contiguous"} & {*operations.names}


@on_each_device
def test_what_it_collects_is_there(net, device):
    net.to(device).eval()
    x = images(device)
    graph = ts.graph(net, x)
    graph(x)
    given = [net.scopes.get_collection(key) for key in (ADDED, LOSSES)]
    net(x)
    expected = [net.scopes.get_collection(key) for key in (ADDED, LOSSES)]
    assert list(map(len, given)) == [LAYERS - 1, LAYERS]
    assert {each.device.type for several in given for each in several} == {device}
    assert_near(given, expected, 1e-3)


@on_each_device
def test_it_draws_what_the_net_draws(device):
    net = ts.ScopedModule(lambda x: slim.dropout(slim.fully_connected(x, 100), 0.5)).to(device)
    x = torch.ones(2, 3, device=device)
    graph, results = ts.graph(net, x), []
    for each in (net, graph, graph):
        torch.manual_seed(0)
        results.append(each(x))
    assert torch.equal(results[0] == 0, results[1] == 0)
    assert torch.equal(results[1], results[2])
    assert not torch.equal(results[2], graph(x))


@on_cuda
def test_a_graph_that_is_moved_runs_where_it_is(net, device):
    net.eval()
    graph = ts.graph(net, images("cpu"))
    expected = graph(images("cpu"))
    graph.to(device)
    given = graph(images(device))
    assert given.device.type == device
    assert_near(given.cpu(), expected, 0.01)


@on_cuda
def test_it_can_be_captured_in_a_cuda_graph(net, device):
    net.to(device).eval()
    x = images(device)
    graph = ts.graph(net, x)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream), torch.no_grad():
        for _ in range(3):
            graph(x)
    torch.cuda.current_stream().wait_stream(stream)
    captured = torch.cuda.CUDAGraph()
    with torch.no_grad(), torch.cuda.graph(captured):
        output = graph(x)
    x.copy_(images(device, 1))
    captured.replay()
    assert_near(output, net(x), 0.01)


@on_cuda
@pytest.mark.parametrize("training", [False, True])
def test_the_compiler_gives_what_the_net_does(net, device, training):
    net.to(device).train(training)
    twin, x = copy.deepcopy(net), images(device)
    torch._dynamo.reset()
    compiled = torch.compile(net, fullgraph=True)
    given, expected = trained(net, compiled, x), trained(twin, twin, x)
    assert_near(given, expected, 0.01)


@on_cuda
def test_resnet_50_gives_the_same_on_either_device(device):
    net, x = ts.ScopedModule(example.resnet_v1_50), torch.randn(1, 64, 64, 3)
    net(x)
    net.double()
    expected = net(x.double())
    net.to(device)
    x = x.to(device).double()
    for call in net, ts.graph(net, x):
        torch.testing.assert_close(call(x).cpu(), expected)
