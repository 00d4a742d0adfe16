"""What an error advises works: in the core. And each message that advises is tried."""

import pickle
import tempfile
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoint.test_remedies import CASES as OF_CHECKPOINTS
from torch import nn
from torch.utils.checkpoint import checkpoint

import torchscope as ts
import torchscope.tf1 as tf
from remedies import advice, follow, tried
from remedies.of_schedules import CASES as OF_SCHEDULES
from remedies.test_averages import CASES as OF_AVERAGES
from remedies.test_graphs import CASES as OF_GRAPHS
from remedies.test_layers import CASES as OF_LAYERS
from remedies.test_operations import CASES as OF_OPERATIONS
from remedies.test_optimizers import CASES as OF_OPTIMIZERS
from remedies.test_porting import CASES as OF_PORTING
from remedies.test_seq2seq import CASES as OF_SEQUENCES
from remedies.test_steps import CASES as OF_STEPS
from remedies.test_summaries import CASES as OF_SUMMARIES
from remedies.test_training import CASES as OF_TRAINING

CASES = []
remedy = tried(CASES)


@pytest.mark.parametrize(("kind", "says", "function"), CASES)
def test_what_is_advised_works(kind, says, function):
    follow(kind, says, function)


# What needs several ranks is tried in tests/distributed, or not at all; and one thing needs a machine
# without the extra that it is about.
NOT_HERE = {
    "checkpoint/formats/bundle_writing.py": ["get_model_state_dict with full_state_dict"],
    "_core/store/wrapped.py": [
        "Make all variables first, by ts.build(net, *inputs)",
        "Ask for the variable inside ts.call_in_scope(",
        "register_fsdp_forward_method(net, ",
    ],
    "_core/pytorch/sharding.py": [
        "train it by one of torchscope.optim, which has the same numbers."
    ],
    "_core/modules/equal_ranks.py": [
        "make them first, by ts.build(net, *inputs)",
        "call broadcast_() before fully_shard",
        "call net.to_empty(device=...) and initialize_() first",
    ],
    # In an environment without the extra: tests/project/test_extras.py.
    "checkpoint/__init__.py": ["pip install 'torchscope[checkpoint]'"],
    "_core/summaries/protocol.py": ["pip install 'torchscope[tensorboard]'"],
    "port/python2.py": ["pip install 'torchscope[port]'"],
    "tf1/flags.py": ["pip install 'torchscope[scripts]'"],
    "tf1/train.py": ["pip install 'torchscope[checkpoint]'"],
}


def test_each_message_that_advises_has_a_case():
    cases = (
        *CASES,
        *OF_AVERAGES,
        *OF_GRAPHS,
        *OF_LAYERS,
        *OF_OPERATIONS,
        *OF_OPTIMIZERS,
        *OF_PORTING,
        *OF_SCHEDULES,
        *OF_SEQUENCES,
        *OF_STEPS,
        *OF_SUMMARIES,
        *OF_TRAINING,
        *OF_CHECKPOINTS,
    )
    parts = [part for case in cases for part in case.values[1]]
    found = list(advice())
    assert len(found) > 70
    assert [
        f"{file}: {text}"
        for file, text in found
        if not any(part in text for part in (*parts, *NOT_HERE.get(file, ())))
    ] == []


def linear(x):
    return x @ ts.get_variable("w", [x.shape[-1], 2])


class Plain(nn.Module):
    """A net that forgot its registry."""

    def forward(self, x):
        return linear(x)


class Attached(Plain):
    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)


X = torch.ones(1, 3)


# What PyTorch's older ways to a graph are told


def exported(net):
    assert torch.equal(torch.export.export(net, (X,)).module()(X), net(X))
    assert torch.equal(ts.graph(net, X)(X), net(X))


@remedy(AttributeError, "Use torch.export.export(net, inputs), or ts.graph(net, *inputs)")
def a_net_that_is_scripted():
    net = ts.build(Attached(), X)
    yield lambda: torch.jit.script(net)
    exported(net)


@remedy(TypeError, "a shape of a proxy is traced", "Use torch.export.export(net, inputs), or ts.gr")
def a_net_that_is_traced_by_proxies():
    net = ts.build(Attached(), X)
    yield lambda: torch.fx.symbolic_trace(net)
    exported(net)


class OfKnownShape(Attached):
    def forward(self, x):
        return x * ts.get_variable("w", [3])


@remedy(TypeError, "the variable w is traced", "Use torch.export.export(net, inputs), or ts.graph(")
def a_net_of_known_shapes_that_is_traced_by_proxies():
    net = ts.build(OfKnownShape(), X)
    yield lambda: torch.fx.symbolic_trace(net)
    exported(net)


@remedy(TypeError, "ScopedModule is traced", "Use torch.export.export(net, inputs), or ts.graph(")
def a_function_that_is_traced_by_proxies():
    net = ts.ScopedModule(linear, example_inputs=X)
    yield lambda: torch.fx.symbolic_trace(net)
    exported(net)


class OfLayers(Attached):
    def forward(self, x):
        return ts.layers.dense(x, 2)


@remedy(TypeError, "a tensor of a proxy is traced", "Use torch.export.export(net, inputs), or ts")
def layers_that_are_traced_by_proxies():
    net = ts.build(OfLayers(), X)
    yield lambda: torch.fx.symbolic_trace(net)
    exported(net)


# Names and sharing


@remedy(ValueError, "Did you mean to set reuse=True", "inside variable_scope(..., reuse=True)")
def a_second_request():
    v = ts.get_variable("v", [1])
    yield lambda: ts.get_variable("v", [1])
    for reuse in (True, ts.AUTO_REUSE):
        with ts.variable_scope("", reuse=reuse):
            assert ts.get_variable("v", [1]) is v


def reusing(name, reuse):
    with ts.variable_scope("", reuse=reuse):
        return ts.get_variable(name, [1])


@remedy(ValueError, "Did you mean to set reuse=tf.AUTO_REUSE in VarScope?")
def a_request_with_reuse_for_what_is_not_there():
    yield lambda: reusing("v", True)
    assert reusing("v", ts.AUTO_REUSE) is reusing("v", True)


@remedy(ValueError, "the first request of a pass goes without reuse, and finds that very variable")
def a_pass_that_only_reuses():
    net = ts.ScopedModule(lambda reuse: reusing("v", reuse))
    first = net(None)
    yield lambda: net(True)
    assert net(None) is first


@remedy(ValueError, "The nearest existing names are: conv/weights")
def a_name_with_a_slip():
    v = ts.get_variable("conv/weights", [1])
    yield lambda: reusing("conv/weigths", True)
    assert reusing("conv/weights", True) is v


@remedy(ValueError, "argument must be specified. Write get_variable(", "('v', [...])")
def a_request_without_a_shape():
    yield lambda: ts.get_variable("v")
    assert ts.get_variable("v", [2]).shape == (2,)


@remedy(ValueError, "Leave the dtype out, or convert the value.")
def a_value_of_another_dtype():
    value = torch.ones(2)
    yield lambda: ts.get_variable("v", dtype=torch.int32, initializer=value)
    assert ts.get_variable("v", initializer=value).dtype == torch.float32
    assert ts.get_variable("w", dtype=torch.int32, initializer=value.int()).dtype == torch.int32


@remedy(TypeError, "Give a torch dtype such as torch.float32, or its name.")
def what_is_no_dtype():
    yield lambda: ts.get_variable("v", [1], dtype="floating")
    for name, dtype in (("v", torch.float32), ("w", "float32")):
        assert ts.get_variable(name, [1], dtype=dtype).dtype == torch.float32


@remedy(ValueError, "write get_variable with a partitioner, which goes")
def pieces_by_a_custom_getter():
    def getter(getter, *args, **kwargs):
        return getter(*args, **kwargs)

    with tf.variable_scope("s", custom_getter=getter):
        yield lambda: tf.create_partitioned_variables([4], [2], tf.ones_initializer())
        assert len(list(tf.get_variable("v", [4], partitioner=tf.fixed_size_partitioner(2)))) == 2


PIECES = ts.fixed_size_partitioner(2)


def in_pieces(reuse):
    with ts.variable_scope("", reuse=reuse):
        return ts.get_variable("v", [4], partitioner=PIECES)


@remedy(ValueError, "Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in VarScope?")
def a_second_request_for_pieces():
    whole = in_pieces(None)
    yield lambda: in_pieces(None)
    assert in_pieces(True) is in_pieces(ts.AUTO_REUSE) is whole


@remedy(ValueError, "Did you mean to set reuse=False or reuse=tf.AUTO_REUSE in VarScope?")
def a_request_with_reuse_for_pieces_that_are_not_there():
    yield lambda: in_pieces(True)
    assert in_pieces(ts.AUTO_REUSE) is in_pieces(True)


@remedy(ValueError, "Use get_or_create_global_step, which finds it.")
def a_second_global_step():
    step = ts.create_global_step()
    yield ts.create_global_step
    assert ts.get_or_create_global_step() is step


# Modules, passes, threads


@remedy(RuntimeError, "self.scopes = ts.ScopedParameterRegistry(self)", "ts.ScopedModule(function)")
def a_forward_without_a_registry():
    yield lambda: Plain()(X)
    net, function = Attached(), ts.ScopedModule(linear)
    assert net(X).shape == function(X).shape == (1, 2)
    assert list(net.state_dict()) == list(function.state_dict()) == ["w"]


@remedy(TypeError, "To run a function as a module, use ts.ScopedModule(function).")
def a_registry_of_a_function():
    yield lambda: ts.ScopedParameterRegistry(linear)
    assert ts.ScopedModule(linear)(X).shape == (1, 2)


@remedy(ValueError, "Use that one, or detach() it first.")
def a_second_registry():
    net = Attached()
    yield lambda: ts.ScopedParameterRegistry(net)
    net.scopes.detach()
    net.scopes = ts.ScopedParameterRegistry(net)
    assert net(X).shape == (1, 2)


@remedy(
    ValueError, "Attach one in __init__, self.scopes = ts.ScopedParameterRegistry(self), or run"
)
def building_without_a_registry():
    yield lambda: ts.build(Plain(), X)
    for net in (Attached(), ts.ScopedModule(linear)):
        ts.build(net, X)
        assert list(net.state_dict()) == ["w"]


@remedy(TypeError, "To build a function, use ts.ScopedModule(function).")
def building_a_function():
    yield lambda: ts.build(linear, X)
    ts.build(ts.ScopedModule(linear), X)


@remedy(RuntimeError, "Call the module once on them instead of ts.build.")
def building_a_lazy_module():
    class Lazy(Attached):
        def __init__(self):
            super().__init__()
            self.layer = nn.LazyLinear(2)

        def forward(self, x):
            return linear(self.layer(x))

    yield lambda: ts.build(Lazy(), X)
    net = Lazy()
    net(X)
    assert net.scopes.variables["w"].shape == (2, 2)


@remedy(RuntimeError, "Call the module once on real inputs instead of ts.build.")
def building_what_branches_on_values():
    net = ts.ScopedModule(lambda x: linear(x) if x.sum() > 0 else x)
    yield lambda: ts.build(net, X)
    net(X)
    assert list(net.state_dict()) == ["w"]


@remedy(
    RuntimeError, "Call the module once on real inputs instead of ts.build, or give an initializer."
)
def building_a_first_value_that_depends_on_the_input():
    net = ts.ScopedModule(lambda x: ts.get_variable("v", initializer=x.mean(0)))
    yield lambda: ts.build(net, X)
    net(X)
    assert torch.equal(net.state_dict()["v"], torch.ones(3))
    given = ts.ScopedModule(lambda x: ts.get_variable("v", [3], initializer=ts.ones_initializer()))
    ts.build(given, X)


@remedy(RuntimeError, "Call ts.build(net, *inputs) first, or the module itself.")
def exporting_before_the_first_pass():
    yield lambda: torch.export.export(ts.ScopedModule(linear), (X,))
    built, called = ts.ScopedModule(linear), ts.ScopedModule(linear)
    ts.build(built, X), called(X)
    for net in (built, called):
        assert torch.equal(torch.export.export(net, (X,)).module()(X), net(X))


@remedy(TypeError, "Make a tensor of it, with torch.as_tensor for example, or call the net itself.")
def a_graph_that_is_given_an_array():
    net, array = ts.ScopedModule(lambda x: torch.as_tensor(x) * 2), np.ones(3, np.float32)
    graph = ts.graph(net, torch.ones(3))
    yield lambda: graph(array)
    assert torch.equal(graph(torch.as_tensor(array)), net(array))


@remedy(ValueError, "Give inputs that have some", "first: net.to_empty(device='cpu').")
def times_of_a_graph_without_values():
    with torch.device("meta"):
        net = nn.Linear(3, 2)
    graph = ts.graph(net, torch.empty(8, 3, device="meta"))
    yield lambda: graph.measure(torch.empty(8, 3, device="meta"))
    net.to_empty(device="cpu")
    assert list(graph.measure(torch.randn(8, 3))) == ["MatMul"]


@remedy(RuntimeError, "Make its module a submodule, or hand the tensor in as an argument.")
def a_graph_of_a_parameter_of_no_module():
    weight = nn.Parameter(torch.ones(3))
    held = {"weight": weight}

    def scaled(x, scale=None):
        return x * (held["weight"] if scale is None else scale)

    yield lambda: ts.graph(ts.ScopedModule(scaled), torch.ones(3))
    module = nn.Module()
    module.weight = weight

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.module = module

        def forward(self, x):
            return x * self.module.weight

    x = torch.full((3,), 2.0)
    assert torch.equal(ts.graph(Net(), x)(x), x)
    assert torch.equal(ts.graph(ts.ScopedModule(scaled), x, weight)(x, weight), x)


@remedy(RuntimeError, "ask for the variables before it starts, and hand them to it", "activate()")
def a_thread_in_a_forward():
    def in_a_thread(function):
        errors = []

        def run():
            try:
                function()
            except RuntimeError as error:
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if errors:
            raise errors[0]

    yield ts.ScopedModule(lambda: in_a_thread(lambda: ts.get_variable("v", [1])))

    def handed():
        v = ts.get_variable("v", [1])
        in_a_thread(lambda: v + 1)

    def of_no_module():
        with ts.get_default_registry().activate():
            ts.get_variable("other", [1])

    ts.ScopedModule(handed)()
    ts.ScopedModule(lambda: in_a_thread(of_no_module))()
    assert list(ts.get_default_registry().variables) == ["other"]


@remedy(RuntimeError, "call ts.recompute(function, *args) instead, which puts the pass back")
def asking_in_backward():
    x = X.clone().requires_grad_()
    yield (
        lambda: (
            ts.ScopedModule(lambda x: checkpoint(linear, x, use_reentrant=False))(x)
            .sum()
            .backward()
        )
    )
    ts.ScopedModule(lambda x: ts.recompute(linear, x))(x).sum().backward()
    assert x.grad is not None


@remedy(ValueError, "ts.recompute has no use_reentrant=True", "Leave it out.")
def a_reentrant_recomputation():
    net = ts.ScopedModule(lambda x, **options: ts.recompute(linear, x, **options))
    yield lambda: net(X, use_reentrant=True)
    net(X).sum().backward()


@remedy(ValueError, "Call the function itself.")
def calling_in_the_root_scope():
    yield lambda: ts.ScopedModule(lambda x: ts.call_in_scope("", linear, x))(X)
    assert ts.ScopedModule(linear)(X).shape == (1, 2)


@remedy(ValueError, "Call that module, or open the scope with ts.variable_scope.")
def calling_in_the_scope_of_another_module():
    class Net(nn.Module):
        def __init__(self, how):
            super().__init__()
            self.scopes, self.how = ts.ScopedParameterRegistry(self), how
            self.layer = nn.Linear(3, 2)

        def forward(self, x):
            return self.how(self, x)

    def opened(net, x):
        with ts.variable_scope("layer"):
            return linear(x)

    yield lambda: Net(lambda net, x: ts.call_in_scope("layer", linear, x))(X)
    for how in (lambda net, x: net.layer(x), opened):
        assert Net(how)(X).shape == (1, 2)


@remedy(TypeError, "ts.call_in_scope(name, function, *args) runs a function as the forward")
def calling_a_scope():
    def opened(x):
        with ts.variable_scope("a"):
            return linear(x)

    net = ts.ScopedModule(opened)
    net(X)
    yield lambda: net.a(X)
    assert ts.ScopedModule(lambda x: ts.call_in_scope("a", linear, x))(X).shape == (1, 2)


@remedy(ValueError, "Call torch.nn.utils.parametrize.remove_parametrizations first.")
def taking_out_what_is_parametrized():
    net = Attached()
    net(X)
    nn.utils.parametrize.register_parametrization(net, "w", nn.Identity())
    yield net.scopes.detach
    nn.utils.parametrize.remove_parametrizations(net, "w")
    assert list(net.scopes.detach()) == ["w"]


@remedy(RuntimeError, "Ask for it with an initializer, or give ts.Variable a function")
def a_value_that_was_computed_on_the_meta_device():
    def net_of(make):
        net = ts.ScopedModule(make).to("meta")
        net()
        return net.to_empty(device="cpu")

    yield net_of(lambda: ts.Variable(torch.zeros(3, device="meta"), name="v")).registry.initialize_
    for make in (
        lambda: ts.get_variable("v", [3], initializer=ts.zeros_initializer()),
        lambda: ts.Variable(lambda: torch.zeros(3), name="v"),
    ):
        net = net_of(make)
        net.registry.initialize_()
        assert torch.equal(net.state_dict()["v"], torch.zeros(3))


def ones(shape, dtype):
    return torch.ones(shape, dtype=dtype)


@remedy(ValueError, "Define it at the top level of a module, or use one of torchscope's own.")
def an_initializer_that_does_not_pickle():
    def copied(initializer):
        net = ts.ScopedModule(
            partial(ts.get_variable, "v", [2], initializer=ts.zeros_initializer())
        )
        with net.registry.activate():
            ts.get_variable("w", [2], initializer=initializer)
        twin = pickle.loads(pickle.dumps(net))
        twin.registry.initialize_()
        return twin.state_dict()["w"]

    yield lambda: copied(lambda shape, dtype: torch.ones(shape, dtype=dtype))
    assert copied(ones).sum() == copied(ts.ones_initializer()).sum() == 2


# Assignments and operators


def written_after_its_pass():
    w = ts.get_variable("w", [2], initializer=ts.ones_initializer())
    return w, (w * w).sum()


@remedy(RuntimeError, "Write after backward, or assign in the pass.")
def a_variable_that_is_written_to_before_backward():
    net = ts.ScopedModule(written_after_its_pass)

    def wrong():
        w, loss = net()
        with torch.no_grad():
            w.mul_(2.0)
        loss.backward()

    yield wrong
    w, loss = net()
    loss.backward()
    with torch.no_grad():
        w.mul_(2.0)

    def in_the_pass():
        w, loss = written_after_its_pass()
        w.assign(w * 2.0)
        return loss

    ts.ScopedModule(in_the_pass)().backward()


@remedy(RuntimeError, "Assign after backward, or call the function itself.")
def a_variable_that_recompute_has_read():
    def squared():
        return written_after_its_pass()[1]

    def net_of(call, later):
        def forward():
            loss = call(squared)
            if not later:
                ts.get_variable("v", [1])
                with ts.variable_scope("", reuse=True):
                    w = ts.get_variable("w")
                w.assign(w * 2.0)
            return loss

        return ts.ScopedModule(forward)

    yield net_of(ts.recompute, later=False)
    net_of(lambda function: function(), later=False)().backward()
    net = net_of(ts.recompute, later=True)
    net().backward()
    net.w.assign(net.w * 2.0)


@remedy(RuntimeError, "Leave the one that was entered last first, as `with` does.")
def creator_scopes_in_the_wrong_order():
    def scopes():
        return [ts.variable_creator_scope(lambda make, **kwargs: make(**kwargs)) for _ in range(2)]

    def wrong():
        outer, inner = scopes()
        outer.__enter__()
        with inner:
            outer.__exit__(None, None, None)

    yield wrong
    outer, inner = scopes()
    with outer, inner:
        ts.get_variable("v", [1])


# Values


@remedy(TypeError, "Give a number, nested lists of numbers, a numpy array or a tensor")
def a_value_that_is_no_number():
    yield lambda: tf.convert_to_tensor(object())
    for value in (1.0, [[1.0]], np.ones(1), torch.ones(1)):
        tf.convert_to_tensor(value)


@remedy(TypeError, "Convert them to one dtype.")
def tensors_of_two_dtypes_in_one():
    a, b = torch.ones(1), torch.ones(1, dtype=torch.float64)
    yield lambda: tf.concat([a, b], 0)
    tf.concat([a, b.float()], 0)


@remedy(TypeError, "does not match type float32", "Convert one of them.")
def a_pad_of_another_dtype():
    yield lambda: tf.pad(torch.ones(1), [[1, 1]], constant_values=torch.tensor(1))
    tf.pad(torch.ones(1), [[1, 1]], constant_values=torch.tensor(1.0))


# Graphs


class Counting(nn.Module):
    """Keeps a count, as a number or as a variable."""

    def __init__(self, variable):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)
        self.variable, self.count = variable, 0

    def forward(self, x):
        if self.variable:
            count = ts.get_variable("count", [], initializer=ts.zeros_initializer, trainable=False)
            return x * count.assign_add(1.0)
        self.count += 1
        return x * self.count


@remedy(RuntimeError, "Return what it keeps, or make a variable of it.")
def a_graph_of_a_net_that_counts():
    yield lambda: ts.graph(Counting(variable=False), torch.ones(1))
    graph = ts.graph(Counting(variable=True), torch.ones(1))
    assert [graph(torch.ones(1)).item() for _ in range(2)] == [1.0, 2.0]


@remedy(RuntimeError, "Choose with torch.where, or call the net itself.")
def a_graph_of_a_net_that_branches():
    def branches(x):
        return x * ts.get_variable("w", []) if x.sum() > 0 else -x

    def chooses(x):
        return torch.where(x.sum() > 0, x * ts.get_variable("w", []), -x)

    yield lambda: ts.graph(ts.ScopedModule(branches), torch.ones(1))
    ts.graph(ts.ScopedModule(chooses), torch.ones(1))(torch.ones(1))
    ts.ScopedModule(branches)(torch.ones(1))


@remedy(RuntimeError, "Call it first: graph(*inputs), or graph.record(*inputs).")
def a_page_of_a_graph_that_was_never_called():
    graph, inputs = ts.Graph(ts.ScopedModule(lambda x: x * 2)), (torch.ones(1),)
    path = Path(tempfile.mkdtemp(), "net.html")
    yield lambda: graph.write_page(path)
    graph.record(*inputs)
    graph.write_page(path)
    again = ts.Graph(graph.net)
    again(*inputs)
    assert again.to_dot() == graph.to_dot()


@remedy(
    FileNotFoundError,
    "Give the path of a file in a folder that is there and can be written to.",
)
def a_page_in_a_folder_that_is_not_there():
    graph = ts.graph(ts.ScopedModule(lambda x: x * 2), torch.ones(1))
    folder = Path(tempfile.mkdtemp(), "new")
    yield lambda: graph.write_page(folder / "net.html")
    folder.mkdir()
    graph.write_page(folder / "net.html")
    assert (folder / "net.html").exists()
