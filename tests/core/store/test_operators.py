"""`v += x` and the like: in a model they make a tensor, between passes they are PyTorch's own."""

import copy
import operator

import numpy as np
import pytest
import torch

import torchscope as ts
from tests.tensorflow1 import evaluate

# PyTorch's own use of what it has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")

ARITHMETIC = ("iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "imatmul")
BITWISE = ("iand", "ior", "ixor")
SHIFTS = ("ilshift", "irshift")
VALUES = {
    "float32": ([[2.0, 3.0], [5.0, -1.0]], [[2.0, 2.0], [1.0, 4.0]]),
    "int32": ([[5, 3], [1, 2]], [[2, 2], [1, 2]]),
    "bool": ([[True, False], [True, True]], [[True, True], [False, False]]),
}
WHAT_TF1_COMPUTES = [
    *((name, dtype) for name in ARITHMETIC for dtype in ("float32", "int32")),
    *((name, dtype) for name in BITWISE for dtype in ("int32", "bool")),
]


def operate(name, tf, value, operand):
    """Applies an in-place operator to a variable; gives the result and the variable."""
    v = tf.get_variable("v", initializer=value)
    result = getattr(operator, name)(v, operand)
    return result, v


@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize(("name", "dtype"), WHAT_TF1_COMPUTES)
def test_an_in_place_operator_makes_a_tensor_as_in_tf1(name, dtype, grad):
    value, operand = VALUES[dtype]
    expected = evaluate(lambda tf: operate(name, tf, tf.constant(value), tf.constant(operand)))
    net = ts.ScopedModule(lambda x: operate(name, ts, torch.tensor(value), x))
    with torch.set_grad_enabled(grad):
        for _ in range(2):
            result, v = net(torch.tensor(operand))
            np.testing.assert_allclose(result.detach().numpy(), expected[0], rtol=1e-6)
            assert v.tolist() == expected[1].tolist() == value
            assert type(result) is torch.Tensor
            assert result.requires_grad == (grad and dtype == "float32")


@pytest.mark.parametrize("name", SHIFTS)
def test_shifts_make_a_tensor_as_well(name):
    net = ts.ScopedModule(lambda x: operate(name, ts, torch.tensor([5, 3]), x))
    result, v = net(torch.tensor([1, 2]))
    assert result.tolist() == {"ilshift": [10, 12], "irshift": [2, 0]}[name]
    assert v.tolist() == [5, 3]


def model(x):
    """Uses each kind of variable before and after an operator changed what its name stands for."""
    trained = ts.get_variable("trained", initializer=[2.0, 3.0])
    frozen = ts.get_variable("frozen", initializer=[2.0, 3.0], trainable=False)
    count = ts.get_variable("count", initializer=[2, 3])
    local = ts.get_local_variable("local", [2], initializer=ts.ones_initializer())
    before = trained * frozen * count * local
    old = trained, frozen, count, local
    trained += x
    trained **= 2
    trained @= x.diag()
    frozen -= x
    count += 1
    count <<= 1
    local /= 2 * x
    after = trained * frozen * count * local
    return before + after + old[0] * old[1] * old[2] * old[3]


@pytest.mark.parametrize(
    ("backend", "mode"),
    [
        ("inductor", torch.enable_grad),
        ("aot_eager", torch.no_grad),
        ("eager", torch.inference_mode),
    ],
)
def test_a_compiled_model_computes_the_same_and_changes_no_variable(backend, mode):
    torch._dynamo.reset()
    net, x = ts.ScopedModule(model), torch.tensor([1.0, 2.0])
    expected = net(x).detach()
    values = copy.deepcopy(net.state_dict())
    compiled = torch.compile(net, fullgraph=True, backend=backend)
    for _ in range(2):
        with mode():
            torch.testing.assert_close(compiled(x), expected, check_device=False)
        torch.testing.assert_close(net.state_dict(), values)


def test_gradients_flow_through_it_compiled_as_uncompiled():
    torch._dynamo.reset()
    net, x = ts.ScopedModule(model), torch.tensor([1.0, 2.0])
    (expected,) = torch.autograd.grad(net(x).sum(), net.trained)
    torch.compile(net, fullgraph=True, backend="aot_eager")(x).sum().backward()
    torch.testing.assert_close(net.trained.grad, expected)


def test_a_branch_that_no_pass_has_taken_changes_no_variable():
    torch._dynamo.reset()

    def two(x, branch):
        w, n = ts.get_variable("w", initializer=[2.0]), ts.get_variable("n", initializer=[2])
        if branch:
            n += 1
            w += x
        return w * n

    net, x = ts.ScopedModule(two), torch.ones(1)
    net(x, branch=False)
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    for mode in (torch.no_grad, torch.enable_grad):
        with mode():
            assert compiled(x, branch=True).tolist() == [9.0]
    assert (net.w.tolist(), net.n.tolist()) == ([2.0], [2])


def test_every_operator_on_a_variable_compiles():
    kinds = (
        (lambda v, x: (v, x)),
        (lambda v, x: (x, v)),
        (lambda v, x: (v, 2)),
        lambda v, x: (2, v),
    )

    def model(x):
        v = ts.get_variable("v", initializer=[2, 3])
        results = [
            v == x,
            v < 2,
            v >= x,
            -v,
            abs(v),
            ~v,
            v[0],
            v.split(1)[1],
            v.unflatten(0, (1, 2)),
        ]
        for name in (*ARITHMETIC, *BITWISE, *SHIFTS):
            plain = getattr(operator, f"{name[1:]}_" if name in ("iand", "ior") else name[1:])
            results += [plain(*kind(v, x)) for kind in kinds[: 2 if name == "imatmul" else 4]]
        w = ts.get_variable("w", initializer=[2.0, 3.0], trainable=False)
        return [*results, w.norm(), w**2, 2.0 - w]

    torch._dynamo.reset()
    net, x = ts.ScopedModule(model), torch.tensor([1, 2], dtype=torch.int32)
    expected = net(x)
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), expected)
    for variable in net.registry.variables.values():
        with net.registry.activate():
            variable.assign(variable * 1)
    torch._dynamo.reset()
    torch.testing.assert_close(compiled(x), expected)


def test_pytorchs_methods_still_write_in_a_compiled_model():
    torch._dynamo.reset()

    def counting(x):
        n = ts.get_variable("n", initializer=[1.0], trainable=False)
        n.add_(1).mul_(2).sub_(1).div_(1).pow_(1)
        return x * n

    net = ts.ScopedModule(counting)
    net(torch.ones(1))
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    assert compiled(torch.ones(1)).tolist() == net.n.tolist() == [7.0]


@pytest.mark.filterwarnings("ignore:While compiling")
@pytest.mark.parametrize("strict", [True, False])
def test_what_is_exported_computes_the_same(strict):
    net, x = ts.ScopedModule(model), torch.tensor([1.0, 2.0])
    expected = net(x)
    exported = torch.export.export(net, (x,), strict=strict).module()
    for _ in range(2):
        torch.testing.assert_close(exported(x), expected)


def trained_by_hand(parameters):
    with torch.no_grad():
        for p in parameters:
            p -= 0.5 * p.grad  # noqa: PLW2901
            p *= 2  # noqa: PLW2901
            p.grad = None


def test_code_between_passes_trains_by_hand():
    net = ts.ScopedModule(lambda x: (x * ts.get_variable("w", initializer=[2.0, 3.0])).sum())
    for _ in range(2):
        net(torch.ones(2)).backward()
        trained_by_hand(net.parameters())
    assert net.w.tolist() == [5.0, 9.0]
    w = net.w
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        w -= 1.0


def test_an_average_of_the_parameters_moves_and_a_counter_counts_between_passes():
    def function():
        return ts.get_variable("w", initializer=[2.0]), ts.get_variable("n", initializer=1)

    net = ts.ScopedModule(function)
    net()
    average = copy.deepcopy(net)
    with torch.no_grad():
        for mean, value in zip(average.parameters(), net.parameters(), strict=True):
            mean *= 0.5  # noqa: PLW2901
            mean += 0.5 * (value + 2)  # noqa: PLW2901
    n = net.n
    n += 1
    assert (average.w.tolist(), net.w.tolist(), int(net.n)) == ([3.0], [2.0], 2)


def test_in_a_script_it_makes_a_tensor_and_under_no_grad_it_trains():
    v, n = ts.get_variable("v", initializer=[2.0]), ts.Variable(1, name="n")
    variable, counter = v, n
    v += 1.0
    n += 1
    assert (v.tolist(), variable.tolist(), int(n), int(counter)) == ([3.0], [2.0], 2, 1)
    v.sum().backward()
    trained_by_hand(ts.trainable_variables())
    assert variable.tolist() == [3.0]


def test_what_runs_again_in_backward_makes_tensors_again():
    def block(x):
        w = ts.get_variable("w", initializer=[2.0, 3.0])
        n = ts.get_variable("n", initializer=[2.0, 3.0], trainable=False)
        w *= x
        n += 1
        return torch.sin(w * n)

    net = ts.ScopedModule(lambda x: ts.recompute(block, x))
    net(torch.ones(2)).sum().backward()
    plain = ts.ScopedModule(block)
    plain(torch.ones(2)).sum().backward()
    torch.testing.assert_close(net.w.grad, plain.w.grad)
    assert net.n.tolist() == [2.0, 3.0]
