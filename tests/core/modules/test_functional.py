"""torch.func and torch.export: the parameters of a net as arguments, and a net as a graph."""

import copy
import io

import pytest
import torch
from nets import Siamese, every_kind, pairs
from torch.func import functional_call, grad, jvp, stack_module_state, vmap

import torchscope as ts

# PyTorch's own use of what it has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")


def mlp(x):
    with ts.variable_scope("model"):
        for name in ("first", "second"):
            with ts.variable_scope(name):
                x = torch.tanh(x @ ts.get_variable("w", [3, 3]) + ts.get_variable("b", [3]))
    with ts.variable_scope("model/first", reuse=True):
        return x @ ts.get_variable("w")


def counting(x):
    return x + ts.get_variable("mean", [3], trainable=False) + ts.get_variable("n", [], torch.int32)


def net_and_state(function):
    """A net that has run, and its state as plain tensors of other people's."""
    net = ts.ScopedModule(function)
    net(torch.ones(2, 3))
    state = {**dict(net.named_parameters()), **dict(net.named_buffers())}
    return net, {key: tensor.detach().clone() for key, tensor in state.items()}


# torch.func


def test_functional_call_computes_with_the_tensors_it_is_given():
    net, state = net_and_state(mlp)
    x = torch.randn(2, 3)
    expected = net(x)
    assert torch.equal(functional_call(net, state, (x,)), expected)
    zeros = {key: torch.zeros_like(tensor) for key, tensor in state.items()}
    assert not functional_call(net, zeros, (x,)).any()
    assert torch.equal(net(x), expected)


@pytest.mark.parametrize("function", [mlp, counting])
def test_functional_call_leaves_the_tensors_it_is_given_what_they_are(function):
    net, state = net_and_state(function)
    held = list(state.values())
    functional_call(net, state, (torch.ones(2, 3),))
    assert {type(tensor) for tensor in held} == {torch.Tensor}
    assert all(not hasattr(tensor, "_ts_record") for tensor in held)
    assert {t.name for t in net.registry.variables.values()} == {
        f"{name}:0" for name in net.registry.variables
    }


def test_functional_call_writes_to_the_buffers_it_is_given():
    net = ts.ScopedModule(lambda: ts.get_variable("n", [], torch.int32).assign_add(1))
    net()
    state = {"n": torch.tensor(5, dtype=torch.int32)}
    assert functional_call(net, state, ()).item() == 6
    assert state["n"].item() == 6
    assert net.n.item() == 1


def test_grad_of_functional_call_is_what_backward_gives():
    net, state = net_and_state(mlp)
    x = torch.randn(2, 3)
    state.pop("_ts_anchor")
    grads = grad(lambda state: functional_call(net, state, (x,)).sum())(state)
    net(x).sum().backward()
    for key, parameter in net.named_parameters():
        torch.testing.assert_close(grads[key], parameter.grad)


def test_jvp_is_the_derivative_in_a_direction():
    net, state = net_and_state(mlp)
    net.double()
    x = torch.randn(2, 3, dtype=torch.float64)
    state = {key: tensor.double() for key, tensor in state.items()}
    along = {key: torch.randn_like(tensor) for key, tensor in state.items()}

    def outputs(state):
        return functional_call(net, state, (x,))

    _, derivative = jvp(outputs, (state,), (along,))
    ahead = outputs({key: state[key] + 1e-6 * along[key] for key in state})
    behind = outputs({key: state[key] - 1e-6 * along[key] for key in state})
    torch.testing.assert_close(derivative, (ahead - behind) / 2e-6, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("function", [mlp, counting])
def test_vmap_runs_an_ensemble_of_nets_at_once(function):
    nets = [net_and_state(function)[0] for _ in range(3)]
    for number, net in enumerate(nets):
        for buffer in net.buffers():
            buffer.add_(number)
    parameters, buffers = stack_module_state(nets)
    base = copy.deepcopy(nets[0]).to("meta")
    x = torch.randn(2, 3)
    together = vmap(lambda p, b: functional_call(base, (p, b), (x,)))(parameters, buffers)
    torch.testing.assert_close(together, torch.stack([net(x) for net in nets]))


def test_vmap_of_grad_gives_each_nets_gradients():
    nets = [net_and_state(mlp)[0] for _ in range(3)]
    parameters, _ = stack_module_state(nets)
    x = torch.randn(2, 3)
    grads = vmap(grad(lambda p: functional_call(nets[0], p, (x,)).sum()))(parameters)
    for number, net in enumerate(nets):
        net(x).sum().backward()
        for key, parameter in net.named_parameters():
            torch.testing.assert_close(grads[key][number], parameter.grad)


def named(x):
    """Looks at the names of what it is given, and computes by an operator that is no variable's."""
    w = ts.get_variable("w", [3])
    n = ts.get_variable("n", initializer=2)
    with ts.variable_scope("", reuse=True):
        assert ts.get_variable("w") is w
    for variables in ([w, n], ts.global_variables()):
        assert [(v.name, v.op.name) for v in variables] == [("w:0", "w"), ("n:0", "n")]
        assert all(isinstance(v, ts.Variable) for v in variables)
    (trained,) = ts.trainable_variables()
    before = trained
    w += x
    w *= n
    return (w * before**2).sum()


def plainly(w, x):
    return (2 * (w + x) * w**2).sum()


def test_what_functional_call_is_given_has_the_variables_names():
    net, _ = net_and_state(named)
    x = torch.randn(3)

    def call(w):
        return functional_call(net, {"w": w}, (x,))

    w = torch.randn(3)
    many = torch.randn(4, 3)
    torch.testing.assert_close(call(w), plainly(w, x))
    torch.testing.assert_close(grad(call)(w), grad(plainly)(w, x))
    torch.testing.assert_close(vmap(call)(many), vmap(plainly, (0, None))(many, x))
    torch.testing.assert_close(vmap(grad(call))(many), vmap(grad(plainly), (0, None))(many, x))
    torch.testing.assert_close(torch.func.hessian(call)(w), torch.func.hessian(plainly)(w, x))
    torch.testing.assert_close(jvp(call, (w,), (x,)), jvp(lambda w: plainly(w, x), (w,), (x,)))


@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_go_to_what_functional_call_was_given(compiled):
    torch._dynamo.reset()
    net, _ = net_and_state(named)
    x = torch.randn(3)
    given = {"w": torch.randn(3, requires_grad=True)}
    w = given["w"]

    def call(given, x):
        return functional_call(net, given, (x,))

    if compiled:
        call = torch.compile(call, backend="aot_eager", fullgraph=True)
    call(given, x).backward()
    assert given["w"] is w
    assert type(w) is torch.Tensor
    torch.testing.assert_close(w.grad, grad(plainly)(w.detach(), x))


# torch.export


# The first for every channels_last kernel, nn.Conv2d's too; the second because forward hooks run.
@pytest.mark.filterwarnings("ignore:No complete tensor found:UserWarning")
@pytest.mark.filterwarnings("ignore:While compiling, we found certain side effects:UserWarning")
@pytest.mark.parametrize("strict", [False, True])
def test_an_exported_net_has_the_keys_and_the_numbers_of_the_net(strict):
    net = Siamese()
    expected = net(*pairs())
    program = torch.export.export(net, pairs(), strict=strict)
    file = io.BytesIO()
    torch.export.save(program, file)
    file.seek(0)
    for each in (program, torch.export.load(file)):
        assert list(each.state_dict) == list(net.state_dict())
        torch.testing.assert_close(each.module()(*pairs()), expected)
        assert all(torch.equal(each.state_dict[k], t) for k, t in net.state_dict().items())


def test_an_exported_net_takes_a_dimension_of_any_size():
    net, _ = net_and_state(mlp)
    size = torch.export.Dim("size", min=1, max=64)
    shapes = (({0: size},),)
    exported = torch.export.export(net, (torch.ones(2, 3),), dynamic_shapes=shapes).module()
    for rows in (1, 5):
        x = torch.randn(rows, 3)
        torch.testing.assert_close(exported(x), net(x))


def test_buffers_and_local_variables_are_exported():
    net = ts.ScopedModule(lambda x: x + sum(v.sum() for v in every_kind()))
    expected = net(torch.ones(2))
    program = torch.export.export(net, (torch.ones(2),))
    assert sorted(program.state_dict) == sorted(net.state_dict())
    torch.testing.assert_close(program.module()(torch.ones(2)), expected)


def test_the_net_goes_on_after_an_export_and_the_exported_one_has_no_registry():
    net, _ = net_and_state(mlp)
    exported = torch.export.export(net, (torch.ones(2, 3),)).module()
    assert not any(key.startswith("_ts") for module in exported.modules() for key in vars(module))
    exported(torch.ones(2, 3)).sum().backward()
    assert net.model.first.w.name == "model/first/w:0"
    net(torch.ones(2, 3)).sum().backward()
    assert net.model.first.w.grad is not None
    assert ts.get_variable_scope().name == ""
    assert ts.get_variable("top", [1]).name == "top:0"


def test_a_net_that_has_not_run_is_not_exported():
    net = ts.ScopedModule(mlp)
    with pytest.raises(RuntimeError, match="Variable model/first/w does not exist yet"):
        torch.export.export(net, (torch.ones(2, 3),))
    assert list(net.state_dict()) == []
    assert ts.get_variable("top", [1]).name == "top:0"
    assert list(ts.get_default_registry().variables) == ["top"]
