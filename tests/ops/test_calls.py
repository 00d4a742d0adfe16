"""Every public operation: TensorFlow's numbers; compiled, without values, under autocast, on CUDA."""

import inspect

import numpy as np
import pytest
import torch
from torch._dynamo.testing import CompileCounter
from torch.utils._pytree import tree_leaves

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import as_list, as_torch, assert_alike, assert_close
from tests.ops import CALLS
from tests.tensorflow1 import evaluate
from torchscope.ops.arguments import as_tensor
from torchscope.ops.sizes import Sizes


def ids(call):
    return f"{call.names[0]}-{CALLS.index(call)}"


each_call = pytest.mark.parametrize("call", CALLS, ids=ids)
each_recorded = pytest.mark.parametrize("call", [c for c in CALLS if not c.unrecorded], ids=ids)


def public_operations():
    """All names that torchscope.tf1 has of torchscope.ops, with those of its modules."""
    found, seen = set(), set()

    def look(prefix, module):
        seen.add(module)
        for name, value in vars(module).items():
            if name.startswith("_"):
                continue
            if inspect.ismodule(value):
                if value.__name__.startswith("torchscope.tf1") and value not in seen:
                    look(f"{prefix}{name}.", value)
            elif inspect.isclass(value) and issubclass(value, Exception):
                continue
            elif getattr(value, "__module__", "").startswith("torchscope.ops") and callable(value):
                found.add(prefix + name)

    look("", ours)
    return found


def test_each_public_operation_is_in_the_list():
    assert public_operations() <= {name for call in CALLS for name in call.names}


def test_each_name_in_the_list_is_there():
    for call in CALLS:
        for name in call.names:
            found = ours
            for part in name.split("."):
                found = getattr(found, part)


def outcome(call, tensors):
    """Our tensors."""
    given = call.function(ours, *tensors)
    given = [given] if isinstance(given, Sizes) else as_list(given)
    return [as_tensor(each) for each in tree_leaves(given, lambda part: isinstance(part, Sizes))]


@each_call
def test_it_gives_what_tensorflow_gives(call):
    if not call.drawn:
        assert_alike(
            lambda tf, *tensors: as_list(call.function(tf, *tensors)),
            lambda *tensors: outcome(call, tensors),
            call.arrays,
            call.tolerance,
            gradients=call.gradients,
        )
        return
    expected = evaluate(
        lambda tf: as_list(call.function(tf, *[tf.constant(each) for each in call.arrays]))
    )
    for mine, its in zip(outcome(call, map(as_torch, call.arrays)), expected, strict=True):
        assert (str(mine.dtype), tuple(mine.shape)) == (f"torch.{its.dtype}", its.shape)


@pytest.mark.parametrize("call", [c for c in CALLS if not c.tensors_only], ids=ids)
@pytest.mark.parametrize("form", [np.asarray, lambda array: np.asarray(array).tolist()])
def test_it_takes_arrays_and_lists(call, form):
    given = [form(array) for array in call.arrays]
    try:
        expected = evaluate(lambda tf: as_list(call.function(tf, *given)))
    except (TypeError, ValueError) as error:
        with pytest.raises(type(error)) as ours_:
            outcome(call, given)
        assert str(ours_.value)
        return
    for mine, its in zip(outcome(call, given), expected, strict=True):
        if call.drawn:
            assert (str(mine.dtype), tuple(mine.shape)) == (f"torch.{its.dtype}", its.shape)
        else:
            assert_close(mine, its, call.tolerance)


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
