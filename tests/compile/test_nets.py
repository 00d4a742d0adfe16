"""torch.compile: a net that has run once is traced whole, and not traced again."""

import copy
import pickle
import subprocess
import sys

import pytest
import torch
from nets import Siamese, pairs
from torch import nn
from torch._dynamo.testing import CompileCounter, CompileCounterWithBackend
from torch._dynamo.utils import counters

import torchscope as ts
from torchscope._core.pytorch.compiler import constant, uncompiled

# PyTorch's own use of what it has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")


@pytest.fixture(autouse=True)
def _fresh_dynamo():
    torch._dynamo.reset()
    counters.clear()


def mlp(x):
    with ts.variable_scope("model"):
        for name in ("first", "second"):
            with ts.variable_scope(name):
                x = torch.tanh(x @ ts.get_variable("w", [3, 3]) + ts.Variable(torch.ones(3)))
    with ts.variable_scope("model/first", reuse=True):
        return x @ ts.get_variable("w")


def compiled_mlp(**how):
    """A net that has run, the same compiled, and what counts its graphs."""
    net, count = ts.ScopedModule(mlp), CompileCounter()
    net(torch.ones(2, 3))
    return net, torch.compile(net, fullgraph=True, backend=count, **how), count


def test_a_net_is_one_graph_and_gives_the_same_numbers():
    net, count = Siamese(), CompileCounter()
    expected = net(*pairs())
    compiled = torch.compile(net, fullgraph=True, backend=count)
    for _ in range(3):
        assert all(torch.equal(a, b) for a, b in zip(compiled(*pairs()), expected, strict=True))
    assert count.frame_count == 1
    assert len(net.scopes.get_collection("losses")) == 1


@pytest.mark.parametrize("backend", ["eager", "aot_eager", "inductor"])
def test_a_net_trains_compiled_as_it_trains_uncompiled(backend):
    net, count = Siamese(), CompileCounterWithBackend(backend)
    net(*pairs())
    twin = copy.deepcopy(net)
    compiled = torch.compile(net, fullgraph=True, backend=count)
    for model in (compiled, twin):
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        for step in range(3):
            optimizer.zero_grad()
            sum(f.square().mean() for f in model(*pairs(step))).backward()
            optimizer.step()
    torch.testing.assert_close(net.state_dict(), twin.state_dict())
    assert count.frame_count == 1


@pytest.mark.parametrize(
    ("backend", "mode"),
    [
        ("eager", torch.no_grad),
        ("eager", torch.inference_mode),
        ("inductor", torch.inference_mode),
    ],
)
def test_a_net_infers_compiled(backend, mode):
    net, count = ts.ScopedModule(mlp).eval(), CompileCounterWithBackend(backend)
    x = torch.randn(4, 3)
    expected = net(x)
    compiled = torch.compile(net, fullgraph=True, backend=count)
    with mode():
        for _ in range(2):
            torch.testing.assert_close(compiled(x), expected.detach())
    assert count.frame_count == 1


def counting(x):
    """Counts its passes, keeps a moving mean that is not saved, and multiplies by a buffer."""
    with ts.variable_scope("model"):
        count = ts.get_variable("count", [], torch.int64, ts.zeros_initializer())
        mean = ts.get_local_variable("mean", [3, 3], initializer=ts.ones_initializer())
        left = ts.Variable(100, name="left")
    with ts.variable_scope("model", reuse=True):
        assert ts.get_variable("count", dtype=torch.int64) is count
    assert (count.name, left.name) == ("model/count:0", "model/left:0")
    count.assign_add(1).assign_add(1)
    left.assign_sub(1)
    mean.assign(0.9 * mean + 0.1 * x.mean())
    return x @ mean * count * ts.get_variable("w", [3]) + left, count


@pytest.mark.parametrize("backend", ["eager", "aot_eager", "inductor"])
@pytest.mark.parametrize("mode", [torch.enable_grad, torch.no_grad, torch.inference_mode])
def test_counters_count_and_moving_means_move_on_every_compiled_call(backend, mode):
    net, count = ts.ScopedModule(counting), CompileCounterWithBackend(backend)
    net(torch.ones(2, 3))
    twin = copy.deepcopy(net)
    compiled = torch.compile(net, fullgraph=True, backend=count)
    saved = copy.deepcopy(net.state_dict())
    buffers = dict(net.named_buffers())
    for number, do in enumerate(
        (
            lambda each: each.eval(),
            lambda each: each.train(),
            lambda each: each(torch.ones(2, 3)),
            lambda each: each.registry.initialize_(["model/count", "model/mean"]),
            lambda each: each.load_state_dict(saved),
            lambda each: each.load_state_dict(copy.deepcopy(saved), assign=True),
        )
    ):
        do(net), do(twin)
        with mode():
            x = torch.full((2, 3), number + 1.0)
            results = compiled(x), twin(x)
        torch.testing.assert_close(*(y for y, _ in results))
        # What is returned is the variable of that name, with the value that it has.
        assert [(int(c), c.name) for _, c in results] == [
            (int(each.registry.variables["model/count"]), "model/count:0") for each in (net, twin)
        ]
        for which in (nn.Module.state_dict, lambda each: dict(each.named_buffers())):
            torch.testing.assert_close(which(net), which(twin))
    assert net.registry.variables["model/mean"] is buffers["model.mean"]
    # Of train and of eval.
    assert count.frame_count == 2


def test_a_compiled_net_finds_a_buffer_whose_memory_is_another():
    net, count = ts.ScopedModule(counting), CompileCounterWithBackend("aot_eager")
    net(torch.ones(2, 3))
    compiled = torch.compile(net, fullgraph=True, backend=count)
    for data in (torch.tensor(5), torch.tensor(10)):
        compiled(torch.ones(2, 3))
        net.registry.variables["model/count"].data = data
        compiled(torch.ones(2, 3))
        assert int(net.state_dict()["model.count"]) == int(data)
    assert int(data) == 12
    assert count.frame_count == 1


def test_a_copy_and_a_pickle_of_a_compiled_net_share_no_buffer_with_it():
    net = ts.ScopedModule(counting)
    net(torch.ones(2, 3))
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    for _ in range(2):
        compiled(torch.ones(2, 3))
        before = int(net.state_dict()["model.count"])
        for copied in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
            torch.compile(copied, fullgraph=True, backend="aot_eager")(torch.ones(2, 3))
            assert int(net.state_dict()["model.count"]) == before
            assert int(copied.state_dict()["model.count"]) == before + 2


def test_nothing_that_a_training_script_does_between_passes_compiles_anew():
    net, compiled, count = compiled_mlp()
    optimizer = torch.optim.Adam(net.parameters())
    x, saved = torch.randn(4, 3), copy.deepcopy(net.state_dict())
    for do in (
        lambda: None,
        compiled(x).sum().backward,
        optimizer.step,
        optimizer.zero_grad,
        net.eval,
        net.train,
        lambda: net.load_state_dict(saved),
        lambda: net.load_state_dict(copy.deepcopy(saved), assign=True),
        net.registry.initialize_,
        net.registry.apply_constraints_,
        net.registry.summary,
        lambda: net.registry.get_collection("variables"),
        lambda: net(x),
        lambda: copy.deepcopy(net),
    ):
        do()
        torch.testing.assert_close(compiled(x), net(x))
    # Whatever forward asks of its mode, there is a graph for each.
    assert count.frame_count == 2


@pytest.mark.parametrize(
    "copied",
    [lambda net: net, copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))],
    ids=["made", "copied", "pickled"],
)
def test_as_many_nets_as_one_likes_are_compiled_in_one_process(copied):
    # A code object is compiled eight times, then torch.compile gives up.
    torch._dynamo.reset()
    nets, count = [copied(ts.ScopedModule(mlp)) for _ in range(12)], CompileCounter()
    for net in nets:
        net(torch.ones(2, 3))
        compiled = torch.compile(net, fullgraph=True, backend=count)
        assert torch.equal(compiled(torch.ones(2, 3)), net(torch.ones(2, 3)))
    assert count.frame_count == len(nets)


def test_the_batch_may_have_any_size_where_shapes_are_dynamic():
    net, compiled, count = compiled_mlp(dynamic=True)
    for size in (2, 5, 9):
        x = torch.randn(size, 3)
        torch.testing.assert_close(compiled(x), net(x))
    assert count.frame_count == 1


def times(x):
    return x * ts.get_variable("w", [])


def plus(x):
    return x + ts.get_variable("w", [])


class Times(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, x):
        return times(x)


class Plus(Times):
    def forward(self, x):
        return plus(x)


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (Times, Plus),
        (lambda: ts.ScopedModule(times), lambda: ts.ScopedModule(plus)),
        (lambda: copy.deepcopy(Times()), lambda: pickle.loads(pickle.dumps(Plus()))),
    ],
    ids=["classes", "functions", "copies"],
)
def test_one_net_tells_the_compiler_nothing_of_the_sizes_of_another(first, other):
    torch._dynamo.reset()
    sizes = []

    def backend(graph, inputs):
        sizes.extend(each for each in inputs if not isinstance(each, torch.Tensor))
        return graph

    def run(net, *shape):
        net(torch.ones(shape))
        torch.compile(net, fullgraph=True, backend=backend)(torch.ones(shape))

    run(first(), 4, 3)
    run(other(), 8, 7)
    assert not sizes
    # As plain modules of one class do, nets of one class do.
    run(first(), 8, 3)
    assert sizes


def test_a_dimension_may_be_marked_as_dynamic():
    net, compiled, count = compiled_mlp()
    for size in (4, 7):
        x = torch.randn(size, 3)
        torch._dynamo.mark_dynamic(x, 0)
        torch.testing.assert_close(compiled(x), net(x))
    assert count.frame_count == 1


def test_images_may_have_any_size_where_shapes_are_dynamic():
    net = ts.ScopedModule(lambda images: ts.conv_relu(images, [3, 3, 3, 4], [4], strides=2))
    net(torch.ones(1, 6, 6, 3))
    count = CompileCounter()
    compiled = torch.compile(net, fullgraph=True, backend=count, dynamic=True)
    for size in (6, 7, 10):
        images = torch.randn(size, 2 * size, 3 * size, 3)
        torch.testing.assert_close(compiled(images), net(images))
    assert count.frame_count == 1


def test_a_compiled_net_inside_an_uncompiled_one_and_the_other_way_round():
    inner, compiled, count = compiled_mlp()
    outer = ts.ScopedModule(lambda x: compiled(x) * ts.get_variable("scale", [1]))
    for _ in range(3):
        outer(torch.ones(2, 3))
    assert count.frame_count == 1
    around = ts.ScopedModule(lambda x: inner(x) * ts.get_variable("scale", [1]))
    expected = around(torch.ones(2, 3))
    both = torch.compile(around, fullgraph=True, backend=count)
    for _ in range(3):
        torch.testing.assert_close(both(torch.ones(2, 3)), expected)
    assert count.frame_count == 2


def test_other_entries_are_compiled_as_well():
    class Coder(nn.Module):
        def __init__(self):
            super().__init__()
            self.scopes = ts.ScopedParameterRegistry(self, entries=("encode", "decode"))

        def encode(self, x):
            return x @ ts.get_variable("w", [3, 2])

        def decode(self, code):
            with ts.variable_scope("", reuse=True):
                return code @ ts.get_variable("w").T

    net, count = Coder(), CompileCounter()
    expected = net.decode(net.encode(torch.ones(1, 3)))
    encode = torch.compile(net.encode, fullgraph=True, backend=count)
    decode = torch.compile(net.decode, fullgraph=True, backend=count)

    for _ in range(2):
        torch.testing.assert_close(decode(encode(torch.ones(1, 3))), expected)
    assert count.frame_count == 2


def test_a_graph_that_breaks_inside_a_scope_gives_the_same_numbers():
    def model(x):
        with ts.variable_scope("a"):
            x = x * ts.get_variable("w", [3])
            torch._dynamo.graph_break()
            return x * ts.get_variable("v", [3])

    net = ts.ScopedModule(model)
    expected = net(torch.ones(3))
    compiled = torch.compile(net, backend="eager")
    for _ in range(2):
        torch.testing.assert_close(compiled(torch.ones(3)), expected)
    assert ts.get_variable_scope().name == ""


# First passes


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_a_first_pass_that_is_compiled_makes_the_variables(backend):
    results = []
    for compiles in (False, True):
        torch.manual_seed(0)
        net, count = ts.ScopedModule(mlp), CompileCounterWithBackend(backend)
        run = torch.compile(net, fullgraph=True, backend=count) if compiles else net
        outputs = [run(torch.ones(2, 3)) for _ in range(2)]
        # Random numbers go on after those of the variables.
        results.append([*outputs, *net.registry.variables.values(), torch.rand(3)])
    torch.testing.assert_close(results[1], results[0])
    assert count.frame_count == 1


# What is refused


@pytest.mark.parametrize(
    ("times", "reuse", "shape", "match"),
    [
        (2, None, [3], "Variable w already exists, disallowed. Did you mean to set reuse=True"),
        (1, True, [3], "Variable w does not exist, or was not created with"),
        (1, None, [4], r"specified shape \(4,\) and found shape \(3,\)"),
    ],
)
@pytest.mark.parametrize("fullgraph", [True, False])
def test_a_compiled_forward_is_refused_in_tf1s_words(fullgraph, times, reuse, shape, match):
    def model(x, times, reuse, shape):
        for _ in range(times):
            with ts.variable_scope("", reuse=reuse):
                x = x * ts.get_variable("w", shape)
        return x

    net = ts.ScopedModule(model)
    expected = net(torch.ones(3), 1, None, [3])
    compiled = torch.compile(net, fullgraph=fullgraph, backend="eager")
    with pytest.raises(Exception, match=match):
        compiled(torch.ones(3), times, reuse, shape)
    torch.testing.assert_close(compiled(torch.ones(3), 1, None, [3]), expected)
    assert ts.get_variable_scope().name == ""


def activated(net):
    def function(x):
        with net.registry.activate():
            return x * ts.get_variable("w", [3])

    return function


@pytest.mark.parametrize(
    "function",
    [lambda x: x * ts.get_variable("w", [3]), lambda x: x * ts.Variable(torch.ones(3)), activated],
    ids=["get_variable", "Variable", "activate"],
)
def test_variables_are_asked_for_in_compiled_code_only_in_a_forward(function):
    if function is activated:
        function = activated(ts.ScopedModule(mlp))
    with pytest.raises(
        Exception, match=r"in the forward of a module with a registry only\. Compile"
    ):
        torch.compile(function, fullgraph=True, backend="eager")(torch.ones(3))


def test_importing_torchscope_does_not_import_the_compiler():
    code = "import sys, torchscope; sys.exit('torch._dynamo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_functions_are_marked_as_torch_marks_them():
    by_torch = torch.compiler.assume_constant_result(lambda: None)
    assert vars(constant(lambda: None)) == vars(by_torch) != {}
    disabled = torch.compiler.disable(lambda: None)
    assert vars(disabled).items() >= {("_torchdynamo_disable", True)}
    assert {"_torchdynamo_disable_msg"} < set(vars(disabled)) > set(vars(uncompiled(lambda: None)))


def test_a_net_without_inputs_is_called_where_there_is_nothing_to_compile():
    net = ts.ScopedModule(lambda *names: [ts.get_variable(name, [2]) for name in names])
    net("w")
    compiled = torch.compile(net, backend="eager")
    assert compiled("w")[0] is net.w
