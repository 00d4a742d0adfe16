"""Every public layer, cell and runner: saved, loaded, copied, compiled, built, and on a CUDA device."""

import copy
import inspect
import pickle

import pytest
import torch
from torch._dynamo.testing import CompileCounter
from torch._dynamo.utils import counters
from torch.utils._pytree import tree_leaves

import torchscope as ts
from tests.goldens import GOLDENS, NOT_LAYERS, PACKAGES

# torch.compile's own use of what PyTorch has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")


def ids(golden):
    return "-".join([golden.names[0], *map(str, golden.shape)])


each_golden = pytest.mark.parametrize("golden", GOLDENS, ids=ids)


def test_each_public_layer_is_in_the_list():
    public = {
        f"{package}.{name}": value
        for package, module in PACKAGES.items()
        for name, value in vars(module).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    layers = {n for n, value in public.items() if value.__module__ not in NOT_LAYERS}
    assert sorted({name for golden in GOLDENS for name in golden.names}) == sorted(layers)
    assert set(NOT_LAYERS) <= {value.__module__ for value in public.values()}


def an_input(golden, seed=1):
    return torch.randn(golden.shape, generator=torch.Generator().manual_seed(seed))


def outputs(net, x):
    """What a net gives, with the same numbers drawn each time."""
    torch.manual_seed(0)
    return tree_leaves(net(x))


def assert_same_values(net, twin):
    mine, its = net.state_dict(), twin.state_dict()
    assert list(mine) == list(its)
    for key, value in mine.items():
        torch.testing.assert_close(value, its[key], msg=lambda text, key=key: f"{key}: {text}")


def assert_same(net, twin, x):
    """Both give the same, twice, and have the same afterwards."""
    for _ in range(2):
        for mine, its in zip(outputs(net, x), outputs(twin, x), strict=True):
            torch.testing.assert_close(mine, its)
    assert_same_values(net, twin)


@each_golden
def test_a_state_dict_makes_another_net_the_same(golden):
    net, twin, x = golden.net(), golden.net(), an_input(golden)
    net(x), twin(x)
    twin.load_state_dict(net.state_dict())
    assert_same(net, twin, x)


@each_golden
def test_a_state_dict_can_be_loaded_before_the_first_pass(golden):
    net, twin, x = golden.net(), golden.net(), an_input(golden)
    net(x)
    twin.load_state_dict(net.state_dict())
    assert_same(net, twin, x)
    for kind in ("named_parameters", "named_buffers"):
        mine, its = (dict(getattr(each, kind)()) for each in (net, twin))
        assert set(mine) == set(its)


@each_golden
@pytest.mark.parametrize(
    "again",
    [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))],
    ids=["deepcopy", "pickle"],
)
def test_a_copy_gives_the_same_and_shares_nothing(golden, again):
    net, x = golden.net(), an_input(golden)
    net(x)
    twin = again(net)
    assert_same(net, twin, x)
    pointers = [{t.data_ptr() for t in each.state_dict().values()} for each in (net, twin)]
    assert not pointers[0] & pointers[1]


@each_golden
def test_it_is_built_without_computing(golden):
    net, built, x = golden.net(), golden.net(), an_input(golden)
    net(x)
    ts.build(built, torch.empty(golden.shape))
    described = [
        [(key, value.shape, value.dtype) for key, value in each.state_dict().items()]
        for each in (net, built)
    ]
    assert described[0] == described[1]
    assert list(net.scopes.variables) == list(built.scopes.variables)
    built.load_state_dict(net.state_dict())
    assert_same(net, built, x)


@each_golden
@pytest.mark.unmeasured
def test_it_is_compiled_whole_and_once(golden):
    torch._dynamo.reset()
    counters.clear()
    net, x = golden.net(), an_input(golden)
    net(x)
    twin = copy.deepcopy(net)
    count = CompileCounter()
    compiled = torch.compile(net, fullgraph=True, backend=count)
    for step in range(2):
        for mine, its in zip(outputs(compiled, x + step), outputs(twin, x + step), strict=True):
            torch.testing.assert_close(mine, its)
            if mine.requires_grad:
                mine.sum().backward(retain_graph=True)
                its.sum().backward(retain_graph=True)
    assert (count.frame_count, dict(counters["graph_break"])) == (1, {})
    assert_same_values(net, twin)
    for mine, its in zip(net.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, its.grad)


@each_golden
def test_it_stays_on_the_device_of_its_net(golden):
    net = golden.net().to("meta")
    for _ in range(2):
        assert all(output.is_meta for output in outputs(net, an_input(golden).to("meta")))
    assert all(value.is_meta for value in net.state_dict().values())


@each_golden
@pytest.mark.cuda
def test_it_gives_the_same_on_cuda(golden):
    net, x = golden.net(), an_input(golden)
    net(x)
    there = copy.deepcopy(net).cuda()
    for mine, its in zip(outputs(net, x), outputs(there, x.cuda()), strict=True):
        assert its.is_cuda
        assert mine.shape == its.shape
        if not golden.drawn:
            torch.testing.assert_close(mine, its.cpu(), rtol=1e-3, atol=1e-3)
    for key, value in there.state_dict().items():
        assert value.is_cuda
        torch.testing.assert_close(value.cpu(), net.state_dict()[key], rtol=1e-3, atol=1e-3)
    ts.build(golden.net().cuda(), torch.empty(golden.shape, device="cuda"))
