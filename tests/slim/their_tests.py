"""tf_slim's own unit tests, run over torchscope: nothing of them is copied, or changed on disk.

They are loaded as `theirs.py` loads its networks. Besides, they ask for what TensorFlow has around
a model: sessions, graphs, a TestCase. Here these are as little as an eager library needs: a session
gives the values that are there, and a graph is a default registry made afresh. What only a graph can
do raises `NeedsGraph`, and so a test is counted by what it uses, never by its name. What is simply
missing here raises AttributeError, and the test fails.
"""

# ruff: noqa: N802, N815, PT009, PT027, NPY002 - it answers to unittest's names, as TensorFlow's does

import ast
import contextlib
import io
import math
import os
import re
import shutil
import sys
import tempfile
import unittest
import warnings
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import torch
from slim import theirs

import torchscope as ts
from torchscope import nn, slim, tf1
from torchscope._core.values.conversion import as_dtype, convert_to_tensor
from torchscope.checkpoint import CheckpointError

PAGE = Path(__file__).parent.parent.parent / "docs" / "slim_conformance.md"

FILES = (
    *("layers.layers_test", "layers.normalization_test", "layers.regularizers_test"),
    *("layers.initializers_test", "layers.utils_test"),
    *("ops.arg_scope_test", "ops.variables_test", "losses.loss_ops_test"),
)


class NeedsGraph(unittest.SkipTest):
    """A test asks for what is only in a graph, or in a session that runs it."""

    reasons = set()

    def __init__(self, reason):
        super().__init__(reason)
        self.reasons.add(reason)


# What a graph has and an eager library has not, and what it is for.
OF_GRAPHS = {
    "placeholder": "placeholders",
    "placeholder_with_default": "placeholders",
    "control_dependencies": "operations that wait for others",
    "with_dependencies": "operations that wait for others",
    "no_op": "operations that do nothing",
    "device": "places of operations",
    "replica_device_setter": "places of operations",
    "VariableDeviceChooser": "places of operations",
    "SparseTensor": "sparse tensors",
    "sparse_to_dense": "sparse tensors",
    "dense_to_sparse": "sparse tensors",
    "FailedPreconditionError": "variables without values",
    "OpError": "variables without values",
    "ResourceVariable": "two kinds of variables",
    "enable_resource_variables": "two kinds of variables",
    "disable_resource_variables": "two kinds of variables",
    "resource_variables_enabled": "two kinds of variables",
}


class _Namespace:
    """Every module of TensorFlow: what torchscope has, what is below, or NeedsGraph."""

    def __init__(self, *places):
        self._places = places

    def __getattr__(self, name):
        if name in OF_GRAPHS:
            raise NeedsGraph(OF_GRAPHS[name])
        for place in self._places:
            if hasattr(place, name):
                return getattr(place, name)
        raise AttributeError(f"there is no `{name}` here")


# Tensors as TensorFlow's tests look at them.


class Unseen:
    """The name or the type of an operation. There are no operations: whatever a test says of it is let pass."""

    looked_at = False

    def __eq__(self, other):
        Unseen.looked_at = True
        return True

    __hash__ = None

    def startswith(self, text):
        Unseen.looked_at = True
        return True

    def lower(self):
        return self


class Shape(theirs.Shape):
    """What a test asks a shape besides."""

    __slots__ = ()

    def __new__(cls, dimensions):
        if dimensions is None:
            raise NeedsGraph("unknown shapes")
        return super().__new__(cls, dimensions)

    def num_elements(self):
        return math.prod(self)

    def assert_is_compatible_with(self, other):
        if self != tuple(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")


def shape_of(thing):
    """What `thing.get_shape()` and `thing.shape` are."""
    return Shape(thing.shape)


def operation_of(thing):
    """What `thing.op` is."""
    if isinstance(thing, torch.Tensor) and not hasattr(thing, "op"):
        return SimpleNamespace(name=Unseen(), type=Unseen())
    return thing.op


def name_of(thing):
    """What `thing.name` is."""
    if type(thing) is torch.Tensor:
        return Unseen()
    return thing.name


def numpy_dtype(dtype):
    """What `dtype.as_numpy_dtype` is."""
    return torch.empty(0, dtype=dtype).numpy().dtype.type


def is_in(thing, things):
    """What `thing in things` is."""
    if isinstance(thing, torch.Tensor):
        return any(thing is each for each in things)
    return thing in things


def device_of(thing):
    """What `thing.device` is."""
    raise NeedsGraph(OF_GRAPHS["device"])


def evaluate(thing, feed_dict=None, session=None):
    """What `thing.eval()` gives, and `session.run(thing)`."""
    if feed_dict:
        raise NeedsGraph("values that are fed")
    if isinstance(thing, torch.Tensor):
        value = thing.detach().numpy().copy()
        if isinstance(thing, ts.Variable):
            return value
        if id(thing) in _evaluated:
            raise NeedsGraph("a graph that is run again")
        # It is kept so that no other tensor takes its id.
        _evaluated[id(thing)] = thing
        return value[()]
    if isinstance(thing, dict):
        return {key: evaluate(each) for key, each in thing.items()}
    if isinstance(thing, (list, tuple)):
        return type(thing)(evaluate(each) for each in thing)
    return thing() if callable(thing) else thing


_evaluated = {}


class Graph:
    """A net, whose variables are made while it is the default graph."""

    _open = []

    def __init__(self):
        self.net = torch.nn.Module()
        self.registry = ts.ScopedParameterRegistry(self.net)

    @contextlib.contextmanager
    def as_default(self):
        if Graph._open and Graph._open[-1] is self:
            yield self
            return
        Graph._open.append(self)
        try:
            with self.registry.activate():
                yield self
        finally:
            Graph._open.pop()


class Session:
    """Gives values, which are there already."""

    def __init__(self, target="", graph=None, config=None):
        self._within = contextlib.nullcontext() if graph is None else graph.as_default()

    def __enter__(self):
        self._within.__enter__()
        return self

    def __exit__(self, *error):
        return self._within.__exit__(*error)

    def run(self, fetches, feed_dict=None):
        return evaluate(fetches, feed_dict)


class _TensorMethods(theirs._TensorMethods):
    """Rewrites what else only TensorFlow's tensors have."""

    def visit_Call(self, node):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "eval":
            return ast.Call(
                ast.Name("evaluate", ast.Load()),
                [self.visit(node.func.value), *map(self.visit, node.args)],
                [self.visit(each) for each in node.keywords],
            )
        return super().visit_Call(node)

    def visit_Compare(self, node):
        # A tensor is in a list where it itself is there.
        node = self.generic_visit(node)
        if len(node.ops) > 1 or not isinstance(node.ops[0], (ast.In, ast.NotIn)):
            return node
        arguments = [node.left, *node.comparators]
        found = ast.Call(ast.Name("is_in", ast.Load()), arguments, [])
        return found if isinstance(node.ops[0], ast.In) else ast.UnaryOp(ast.Not(), found)

    def visit_Attribute(self, node):
        functions = {"op": "operation_of", "name": "name_of", "device": "device_of"}
        node = super().visit_Attribute(node)
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            return node
        if node.attr == "product" and isinstance(node.value, ast.Name) and node.value.id == "np":
            # NumPy 2 has it no more.
            return ast.Attribute(node.value, "prod", node.ctx)
        if node.attr == "base_dtype":
            return node.value
        if node.attr == "as_numpy_dtype":
            return theirs._call("numpy_dtype", node.value)
        of_module = isinstance(node.value, ast.Name) and node.value.id == "ops"
        if node.attr in functions and not of_module:
            return theirs._call(functions[node.attr], node.value)
        return node


# TensorFlow's functions that only its tests use, in PyTorch's terms.


def _random(shape, low, high, dtype, seed):
    dtype = as_dtype(dtype)
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    if not dtype.is_floating_point:
        return torch.randint(low, high, tuple(shape), generator=generator, dtype=dtype)
    draw = torch.rand(tuple(shape), generator=generator, dtype=dtype)
    return draw * ((1 if high is None else high) - low) + low


class Functions:
    """What TensorFlow has and torchscope.tf1 has not."""

    Graph = Graph
    Session = Session
    VariableV1 = ts.Variable
    float32_ref = torch.float32
    TensorShape = Shape
    NotFoundError = CheckpointError

    @staticmethod
    def disable_eager_execution():
        pass

    @staticmethod
    def main():
        pass

    @staticmethod
    def is_gpu_available(cuda_only=False):
        # What TensorFlow's CPU kernels lack, PyTorch's have.
        return True

    @staticmethod
    def set_random_seed(seed):
        torch.manual_seed(seed)

    @staticmethod
    def random_uniform(shape, minval=0, maxval=None, dtype=torch.float32, seed=None, name=None):
        return _random(shape, minval, maxval, dtype, seed)

    @staticmethod
    def zeros(shape, dtype=torch.float32, name=None):
        return torch.zeros(tuple(shape), dtype=as_dtype(dtype))

    @staticmethod
    def ones(shape, dtype=torch.float32, name=None):
        return torch.ones(tuple(shape), dtype=as_dtype(dtype))

    @staticmethod
    def ones_like(tensor):
        return torch.ones_like(convert_to_tensor(tensor))

    @staticmethod
    def zeros_like(tensor):
        return torch.zeros_like(convert_to_tensor(tensor))

    @staticmethod
    def shape(tensor):
        return torch.tensor(convert_to_tensor(tensor).shape, dtype=torch.int32)

    @staticmethod
    def size(tensor):
        return torch.tensor(convert_to_tensor(tensor).numel(), dtype=torch.int32)

    @staticmethod
    def transpose(tensor, perm):
        return convert_to_tensor(tensor).permute(*perm)

    @staticmethod
    def reshape(tensor, shape):
        return convert_to_tensor(tensor).reshape(*shape)

    @staticmethod
    def expand_dims(tensor, axis):
        return convert_to_tensor(tensor).unsqueeze(axis)

    @staticmethod
    def tile(tensor, multiples):
        return convert_to_tensor(tensor).tile(*multiples)

    @staticmethod
    def cast(tensor, dtype):
        return convert_to_tensor(tensor).to(as_dtype(dtype))

    @staticmethod
    def reduce_sum(tensor, axis=None):
        tensor = convert_to_tensor(tensor)
        return tensor.sum() if axis is None else tensor.sum(axis)

    @staticmethod
    def square(tensor):
        return convert_to_tensor(tensor).square()

    @staticmethod
    def sqrt(tensor):
        return convert_to_tensor(tensor).sqrt()

    @staticmethod
    def abs(tensor):
        return convert_to_tensor(tensor).abs()

    @staticmethod
    def matmul(a, b):
        return convert_to_tensor(a) @ convert_to_tensor(b)

    @staticmethod
    def gradients(ys, xs, grad_ys=None):
        ys, xs = _listed(ys), _listed(xs)
        if not all(x.requires_grad for x in xs):
            raise NeedsGraph("gradients of what was not recorded")
        given = [torch.ones_like(y) for y in ys] if grad_ys is None else _listed(grad_ys)
        grad_ys = [convert_to_tensor(each) for each in given]
        return list(torch.autograd.grad(ys, xs, grad_ys, retain_graph=True))

    @staticmethod
    def global_variables_initializer():
        initialize = tf1.global_variables_initializer()
        # Some run it without a session.
        initialize.run = initialize
        return initialize

    @staticmethod
    def constant(value, dtype=None, shape=None, name=None):
        # There are no tensors of bytes.
        if isinstance(value, str):
            return value.encode()
        return tf1.constant(value, dtype, shape)

    @staticmethod
    def get_collection(key, scope=None):
        if key == ts.GraphKeys.UPDATE_OPS:
            raise NeedsGraph("operations that update")
        return ts.get_collection(key, scope)

    class MomentumOptimizer:
        def __init__(self, learning_rate, momentum):
            pass

        def compute_gradients(self, loss):
            trained = ts.trainable_variables()
            return list(zip(torch.autograd.grad(loss, trained), trained, strict=True))


def _listed(tensors):
    return [tensors] if isinstance(tensors, torch.Tensor) else tensors


# Comparisons.


class _Itself:
    """A tensor, which is equal to itself alone, as a tensor of a graph."""

    def __init__(self, tensor):
        self.tensor = tensor

    def __eq__(self, other):
        return isinstance(other, _Itself) and self.tensor is other.tensor

    def __hash__(self):
        return id(self.tensor)

    def __repr__(self):
        return f"tensor {getattr(self.tensor, 'name', None) or hex(id(self.tensor))}"


def _by_identity(value):
    if isinstance(value, torch.Tensor):
        return _Itself(value)
    if type(value) in (list, tuple, set):
        return type(value)(_by_identity(each) for each in value)
    if isinstance(value, dict):
        return {key: _by_identity(each) for key, each in value.items()}
    return value


class TestCase(unittest.TestCase):
    """TensorFlow's TestCase, as far as slim's tests use it."""

    def run(self, result=None):
        ts.reset_default_registry()
        torch.manual_seed(0)
        np.random.seed(0)
        _evaluated.clear()
        try:
            return super().run(result)
        finally:
            ts.reset_default_registry()

    def cached_session(self, graph=None, use_gpu=False):
        return Session(graph=graph)

    session = cached_session

    def evaluate(self, thing):
        return evaluate(thing)

    def get_temp_dir(self):
        return tempfile.mkdtemp()

    def assertEqual(self, first, second, msg=None):
        super().assertEqual(_by_identity(first), _by_identity(second), msg)

    def assertListEqual(self, first, second, msg=None):
        super().assertListEqual(_by_identity(first), _by_identity(second), msg)

    def assertTupleEqual(self, first, second, msg=None):
        super().assertTupleEqual(tuple(first), tuple(second), msg)

    def assertSetEqual(self, first, second, msg=None):
        super().assertSetEqual(_by_identity(first), _by_identity(second), msg)

    def assertDictEqual(self, first, second, msg=None):
        super().assertDictEqual(_by_identity(dict(first)), _by_identity(dict(second)), msg)

    def assertIn(self, member, container, msg=None):
        super().assertIn(_by_identity(member), [_by_identity(each) for each in container], msg)

    def assertNotIn(self, member, container, msg=None):
        super().assertNotIn(_by_identity(member), [_by_identity(each) for each in container], msg)

    def assertRaisesRegexp(self, *args, **kwargs):
        return self.assertRaisesRegex(*args, **kwargs)

    def assertStartsWith(self, text, prefix, msg=None):
        self.assertTrue(text.startswith(prefix), msg or f"{text!r} does not start with {prefix!r}")

    def assertEmpty(self, container, msg=None):
        self.assertEqual(len(container), 0, msg)

    def assertAllClose(self, first, second, rtol=1e-6, atol=1e-6, msg=None):
        np.testing.assert_allclose(_array(first), _array(second), rtol, atol, err_msg=msg or "")

    def assertAllEqual(self, first, second, msg=None):
        np.testing.assert_array_equal(_array(first), _array(second), err_msg=msg or "")

    def assertDeviceEqual(self, first, second, msg=None):
        raise NeedsGraph(OF_GRAPHS["device"])


def _array(value):
    return value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)


Functions.TestCase = TestCase


class Saver:
    """A Saver, which saves what is in a session."""

    def __init__(self, var_list):
        self._saver = tf1.train.Saver(var_list)

    def save(self, session, path, global_step=None):
        registry = Graph._open[-1].registry if Graph._open else None
        return self._saver.save(registry, path, global_step=global_step)


class Files:
    """tensorflow.python.platform.gfile."""

    Exists = os.path.exists
    DeleteRecursively = shutil.rmtree


def _of_default(function):
    """A function that takes a graph, which must be the default one."""

    def of_default(graph=None):
        if graph is not None:
            raise NeedsGraph("graphs beside the default one")
        return function()

    return of_default


def assign_from_checkpoint_fn(*args, **kwargs):
    """Slim's, whose function takes a session of the default graph."""
    restore = slim.assign_from_checkpoint_fn(*args, **kwargs)
    return lambda session: restore(None)


Functions.Saver = Saver
_TENSORFLOW = _Namespace(Functions, tf1, nn, tf1.train)
_TENSORFLOW.test = _TENSORFLOW
_OF_SLIM = SimpleNamespace(
    assign_from_checkpoint_fn=assign_from_checkpoint_fn,
    create_global_step=_of_default(slim.create_global_step),
    get_global_step=_of_default(slim.get_global_step),
    get_or_create_global_step=_of_default(slim.get_or_create_global_step),
)
_SLIM = _Namespace(_OF_SLIM, slim, slim.utils, slim.losses)
_HELPERS = (evaluate, operation_of, name_of, device_of, numpy_dtype, is_in, shape_of)
_MODULES = {
    "tensorflow.compat.v1.losses": tf1.losses,
    "tensorflow.python.platform.gfile": Files,
    "tf_slim.losses": slim.losses,
    "tf_slim.ops.arg_scope.arg_scope": slim.arg_scope,
}


def _module(name):
    return _MODULES.get(name, _SLIM if name.startswith("tf_slim") else _TENSORFLOW)


def load(name):
    """A test module of tf_slim, such as 'ops.arg_scope_test', over torchscope."""
    helpers = {each.__name__: each for each in _HELPERS}
    return theirs.run_file(name, _TensorMethods(), _module, helpers)


# What fails, and why; and of what is missing here, all the tests that use it.
MISSING = ("poincare_normalize", "_inner_flatten")
_OTHER_DRAW = "the variance of 100 numbers of one seed, to 0.001; PyTorch draws others"
_NO_STRINGS = "a variable of a string; a tensor of PyTorch holds none"
_AT_ONCE = "moving averages are updated when the layer is called"
FAILURES = {
    "BatchNormTest.testAdjustmentCreated": "`adjustment` is refused, with what to do instead",
    "BatchNormTest.testUpdatesCollection": f"{_AT_ONCE}: nothing is in `updates_collections`",
    "BatchNormTest.testZeroDebiasMovingMean": f"{_AT_ONCE}, once, and not whenever a graph is run",
    "DropoutTest.testDropoutSeed": "dropout takes a torch.Generator; a number as a seed does nothing",
    "SeparableConv2dTest.testCreateConvInt32": "the same TypeError, in other words",
    "VarianceScalingInitializerTest.test_1d_shape_fan_avg": _OTHER_DRAW,
    "VarianceScalingInitializerTest.test_1d_shape_fan_in": _OTHER_DRAW,
    "VarianceScalingInitializerTest.test_1d_shape_fan_out": _OTHER_DRAW,
    "CollectNamedOutputsTest.test_gather_aliases": "a tensor without an alias has no name either",
    "SmartCondStaticTest.test_variable": _NO_STRINGS,
    "StaticCondTest.test_variable": _NO_STRINGS,
    "ModelVariablesTest.testGetTrainableVariables": "a variable of integers is never trained",
}


@dataclass(frozen=True)
class Outcome:
    """What became of one test: 'passes', 'needs the graph' or 'fails', and why."""

    file: str
    test: str
    kind: str
    why: str = ""
    unseen: bool = False


class _Results(unittest.TestResult):
    def __init__(self, file):
        super().__init__()
        self.file, self.outcomes = file, []

    def startTest(self, test):
        super().startTest(test)
        Unseen.looked_at = False

    def _note(self, test, kind, why=""):
        name = f"{type(test).__name__}.{test._testMethodName}"
        self.outcomes.append(Outcome(self.file, name, kind, why, Unseen.looked_at))

    def addSuccess(self, test):
        self._note(test, "passes")

    def addSkip(self, test, reason):
        why = reason if reason in NeedsGraph.reasons else "tf_slim itself skips it"
        self._note(test, "needs the graph", why)

    def addFailure(self, test, err):
        self._note(test, "fails", f"{err[0].__name__}: {err[1]}")

    addError = addFailure


@contextlib.contextmanager
def _temporary_folder():
    """The tests leave their folders behind: they make them in one that is deleted."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = before


@cache
def outcomes():
    """Every test of tf_slim's files, and what became of it."""
    found = []
    with warnings.catch_warnings(), _temporary_folder():
        warnings.simplefilter("ignore")
        for name in FILES:
            results = _Results(name)
            with contextlib.redirect_stdout(io.StringIO()):
                unittest.defaultTestLoader.loadTestsFromModule(load(name)).run(results)
            found += results.outcomes
    return found


def page():
    """The page as it must be."""
    found = outcomes()
    kinds = Counter(each.kind for each in found)
    ran = len(found) - kinds["needs the graph"]
    lines = [
        "# tf_slim's own tests",
        "",
        "The unit tests of the installed tf_slim for layers, arg_scope, variables and losses, run over",
        "torchscope.slim as they are: `make conformance` writes this page. Tensors have their values",
        "at once, so a session gives what is there, and a graph is a net of its own. A test needs the",
        "graph when it asks for what only one that is run later has. Tensors have no operations, and",
        "so no names or types of such: what a test says of them is let pass, and the last column counts",
        "the tests that say something of them besides what they say of shapes, variables and values.",
        "",
        f"{len(found)} tests: {kinds['needs the graph']} need the graph. Of the {ran} others",
        f"{kinds['passes']} pass, {100 * kinds['passes'] / ran:.0f} %.",
        "",
        "| file | tests | need the graph | pass | fail | pass, but for names of operations |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for file in FILES:
        here = [each for each in found if each.file == file]
        kinds = Counter(each.kind for each in here)
        unseen = sum(each.unseen for each in here if each.kind == "passes")
        path = file.replace(".", "/") + ".py"
        lines.append(
            f"| {path} | {len(here)} | {kinds['needs the graph']} | {kinds['passes']} | "
            f"{kinds['fails']} | {unseen} |"
        )
    lines += ["", "| what they need the graph for | tests |", "| --- | --- |"]
    needs = Counter(each.why for each in found if each.kind == "needs the graph")
    lines += [f"| {why} | {count} |" for why, count in sorted(needs.items(), key=_most_first)]
    lines += ["", "| what fails | why |", "| --- | --- |"]
    lines += [
        f"| {each.test} | {reason(each) or each.why} |" for each in found if each.kind == "fails"
    ]
    return "\n".join(lines) + "\n"


def _most_first(item):
    return -item[1], item[0]


def reason(outcome):
    """Why a test is known to fail; None where it is not."""
    missing = re.fullmatch(r"AttributeError: there is no `(\w+)` here", outcome.why)
    if missing and missing[1] in MISSING:
        return f"there is no `{missing[1]}`"
    return FAILURES.get(outcome.test)


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"Wrote {PAGE}")
