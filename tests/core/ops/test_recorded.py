"""Every public operation compiled, without values, under autocast, and on CUDA."""

import numpy as np
import pytest
import torch
from torch._dynamo.testing import CompileCounter

import torchscope as ts
from tests.arrays import as_torch
from tests.core.ops.call import outcome
from tests.core.ops.calls import CALLS


def ids(call):
    return f"{call.names[0]}-{CALLS.index(call)}"


each_call = pytest.mark.parametrize("call", CALLS, ids=ids)
each_recorded = pytest.mark.parametrize("call", [c for c in CALLS if not c.unrecorded], ids=ids)


def tensors_of(call):
    return [as_torch(np.asarray(array)) for array in call.arrays]


@each_recorded
@pytest.mark.unmeasured
def test_it_is_compiled_whole(call):
    torch._dynamo.reset()
    net, tensors = ts.ScopedModule(lambda *tensors: outcome(call, tensors)), tensors_of(call)
    count = CompileCounter()
    torch.manual_seed(0)
    mine = torch.compile(net, fullgraph=True, backend=count)(*tensors)
    torch.manual_seed(0)
    for one, other in zip(mine, net(*tensors), strict=True):
        assert one.dtype == other.dtype
        torch.testing.assert_close(one, other, equal_nan=True)
    assert count.frame_count <= 1


@each_recorded
def test_it_stays_on_the_device_of_its_net(call):
    net = ts.ScopedModule(lambda *tensors: outcome(call, tensors)).to("meta")
    given = net(*[tensor.to("meta") for tensor in tensors_of(call)])
    plain = ts.ScopedModule(lambda *tensors: outcome(call, tensors))(*tensors_of(call))
    for mine, its in zip(given, plain, strict=True):
        assert mine.is_meta
        assert (mine.dtype, mine.shape) == (its.dtype, its.shape)


@each_call
def test_it_runs_under_autocast(call):
    net, tensors = ts.ScopedModule(lambda *tensors: outcome(call, tensors)), tensors_of(call)
    plain = net(*tensors)
    with torch.autocast("cpu", torch.bfloat16):
        given = net(*tensors)
    for mine, its in zip(given, plain, strict=True):
        assert mine.shape == its.shape
        assert mine.dtype == its.dtype or {mine.dtype, its.dtype} <= {torch.bfloat16, torch.float32}


@pytest.mark.cuda
@each_call
def test_it_gives_the_same_on_cuda(call):
    net = ts.ScopedModule(lambda *tensors: outcome(call, tensors))
    expected = net(*tensors_of(call))
    net = net.cuda()
    for mine, its in zip(net(*[t.cuda() for t in tensors_of(call)]), expected, strict=True):
        assert mine.is_cuda
        assert (mine.dtype, mine.shape) == (its.dtype, its.shape)
        if not call.drawn:
            torch.testing.assert_close(mine.cpu(), its, rtol=1e-4, atol=1e-4, equal_nan=True)
