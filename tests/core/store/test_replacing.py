"""What takes a variable's place: loading, moving, copies, other modules. The names stay."""

import copy
import io
import pickle

import pytest
import torch
from nets import Scoped, Siamese, every_kind, pairs
from torch import nn
from torch._dynamo.testing import CompileCounter

import torchscope as ts

KINDS = ["trained", "frozen", "count", "local", "made"]


@pytest.fixture(params=[False, True], ids=["set_data", "swap_tensors"])
def swapping(request):
    """How module.to(...) and load_state_dict put new values into parameters."""
    torch.__future__.set_swap_module_params_on_conversion(request.param)
    yield
    torch.__future__.set_swap_module_params_on_conversion(False)


@pytest.mark.parametrize(
    ("convert", "dtype"),
    [
        (nn.Module.half, torch.float16),
        (nn.Module.double, torch.float64),
        (lambda net: net.to(torch.bfloat16), torch.bfloat16),
        (lambda net: net.to("meta").to_empty(device="cpu"), torch.float32),
    ],
)
def test_a_net_that_is_converted_has_its_names_kinds_and_objects(swapping, convert, dtype):
    net = Scoped(every_kind)
    net()
    parameters = list(net.parameters())
    convert(net)
    variables = net()
    assert [v.name for v in variables] == [f"kinds/{name}:0" for name in KINDS]
    assert [v.dtype for v in variables] == [dtype, dtype, torch.int64, dtype, dtype]
    assert [v.trainable for v in variables] == [True, False, False, False, True]
    assert net.kinds.count is variables[2]
    if dtype is not torch.float32:
        assert all(a is b for a, b in zip(net.parameters(), parameters, strict=True))


@pytest.mark.parametrize("assign", [False, True])
def test_a_net_that_is_loaded_has_its_names_at_once(swapping, assign):
    net, other = Scoped(every_kind), Scoped(every_kind)
    net(), other()
    given = copy.deepcopy(other.state_dict())
    net.load_state_dict(given, assign=assign)
    assert [getattr(net.kinds, name).name for name in KINDS] == [f"kinds/{n}:0" for n in KINDS]
    assert torch.equal(net.kinds.trained, other.kinds.trained)
    assert {type(tensor) for tensor in given.values()} == {torch.Tensor}
    if assign:
        assert net.kinds.trained.data_ptr() == given["kinds.trained"].data_ptr()
        assert net.kinds.count.data_ptr() == given["kinds.count"].data_ptr()


def test_a_compiled_net_computes_with_what_is_assigned_to_it():
    net, other, count = Siamese(), Siamese(), CompileCounter()
    net(*pairs())
    expected = other(*pairs())
    torch._dynamo.reset()
    compiled = torch.compile(net, fullgraph=True, backend=count)
    compiled(*pairs())
    net.load_state_dict(other.state_dict(), assign=True)
    torch.testing.assert_close(compiled(*pairs()), expected)
    assert count.frame_count == 1


# Copies


def saved_and_loaded(net):
    file = io.BytesIO()
    torch.save(net, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@pytest.mark.parametrize(
    "duplicate",
    [
        copy.deepcopy,
        lambda net: pickle.loads(pickle.dumps(net)),
        saved_and_loaded,
    ],
    ids=["deepcopy", "pickle", "torch.save"],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_a_copy_has_the_same_numbers_and_is_a_net_of_its_own(duplicate, compiled):
    net = Siamese()
    expected = net(*pairs())
    torch._dynamo.reset()
    net = torch.compile(net, fullgraph=True, backend="eager") if compiled else net
    net(*pairs())
    twin = duplicate(net)
    torch.testing.assert_close(twin(*pairs()), expected)
    with torch.no_grad():
        twin.model.conv1.weights.zero_()
    assert not torch.equal(twin(*pairs())[0], expected[0])
    torch.testing.assert_close(net(*pairs()), expected)
    assert twin.model.conv1.weights.name == "model/conv1/weights:0"


def test_a_state_dict_is_of_plain_tensors_that_load_with_weights_only():
    net = Siamese()
    net(*pairs())
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    loaded = torch.load(file, weights_only=True)
    assert list(loaded) == list(net.state_dict())


# Modules


def test_a_module_put_in_a_scopes_place_is_used_from_the_next_pass_on():
    net, other = Siamese(), Siamese()
    mine, its = net(*pairs())[0], other(*pairs())[0]
    old = net.model
    net.model = other.model
    assert torch.equal(net(*pairs())[0], its)
    net.model = old
    assert torch.equal(net(*pairs())[0], mine)
    net.model.conv1 = other.model.conv1
    assert not torch.equal(net(*pairs())[0], mine)
    assert net.scopes.variables["model/conv1/weights"] is other.model.conv1.weights
    assert net.scopes.variables["model/conv2/weights"] is old.conv2.weights


def test_two_nets_can_exchange_their_towers():
    net, other = Siamese(), Siamese()
    mine, its = net(*pairs())[0], other(*pairs())[0]
    net.model, other.model = other.model, net.model
    assert torch.equal(net(*pairs())[0], its)
    assert torch.equal(other(*pairs())[0], mine)


def test_a_module_of_the_users_own_becomes_the_scope():
    net = ts.ScopedModule(lambda: ts.get_variable("fc/weight", [2, 3]))
    net()
    net.fc = nn.Linear(3, 2)
    assert net() is net.fc.weight
    assert net.fc.weight.name == "fc/weight:0"


def test_a_compiled_net_uses_a_new_module_at_once():
    net, other = Siamese(), Siamese()
    net(*pairs())
    its = other(*pairs())
    torch._dynamo.reset()
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    compiled(*pairs())
    net.model = other.model
    torch.testing.assert_close(compiled(*pairs()), its)


def test_a_scope_that_is_taken_out_is_missed_by_name_until_it_is_put_back():
    net = Siamese()
    expected = net(*pairs())
    conv2 = net.model.conv2
    del net.model.conv2
    with pytest.raises(ReferenceError, match=r"Variable model/conv2/weights.*was taken out of it"):
        net(*pairs())
    net.model.conv2 = conv2
    torch.testing.assert_close(net(*pairs()), expected)
