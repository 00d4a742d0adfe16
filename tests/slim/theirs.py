"""tf_slim's own files, run over torchscope: nothing of them is copied, or changed on disk.

A file is loaded with an import function of its own. It finds torchscope where the file asks for
TensorFlow or for slim. Methods of TensorFlow's tensors that PyTorch's do not have are rewritten when
the file is read: `get_shape()`, `shape.as_list()`, `set_shape(...)`.
"""

import ast
import builtins
import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import torchscope.tf1 as tf
from torchscope import nn, slim

_SLIM = Path(importlib.util.find_spec("tf_slim").origin).parent


class Shape(tuple):
    """A shape as TensorFlow has it."""

    __slots__ = ()

    def as_list(self):
        return list(self)

    @property
    def ndims(self):
        return len(self)


def shape_of(tensor):
    """What TensorFlow's `tensor.get_shape()` gives."""
    return Shape(tensor.shape)


class _TensorMethods(ast.NodeTransformer):
    """Rewrites the methods that only TensorFlow's tensors have."""

    def visit_Call(self, node):
        node = self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute):
            return node
        if node.func.attr == "get_shape" and not node.args:
            return _call("shape_of", node.func.value)
        if node.func.attr == "set_shape":
            return ast.Constant(None)
        return node

    def visit_Attribute(self, node):
        node = self.generic_visit(node)
        if node.attr == "shape" and isinstance(node.ctx, ast.Load):
            # A module is not asked for its shape: `tf.shape` is another thing.
            return (
                node
                if isinstance(node.value, ast.Name) and node.value.id == "tf"
                else (_call("shape_of", node.value))
            )
        return node


def _call(name, argument):
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])


_NAMESPACES = {
    "tensorflow.compat.v1": tf,
    "tensorflow.python.framework.ops": tf,
    "tensorflow.python.ops.array_ops": tf,
    "tensorflow.python.ops.init_ops": tf,
    "tensorflow.python.ops.math_ops": tf,
    "tensorflow.python.ops.nn_ops": nn,
    "tensorflow.python.ops.variable_scope": tf,
    "tf_slim.layers": slim,
    "tf_slim.layers.initializers": slim,
    "tf_slim.layers.layers": slim,
    "tf_slim.layers.regularizers": slim,
    "tf_slim.layers.utils": slim.utils,
    "tf_slim.ops.arg_scope": slim,
}
_loaded = {}


def load(name):
    """A module of tf_slim, such as 'nets.vgg', over torchscope."""
    if name not in _loaded:
        _loaded[name] = run_file(name, _TensorMethods(), _module, {})
    return _loaded[name]


def run_file(name, rewriting, module_of, helpers):
    """Runs a file of tf_slim as a module: rewritten, and with other modules where it imports.

    Args:
        name: such as 'nets.vgg'.
        rewriting: an ast.NodeTransformer.
        module_of: from the name of a module of TensorFlow or slim to what stands for it.
        helpers: what the rewritten code calls, besides `shape_of`.
    """

    def importing(name, globals=None, locals=None, fromlist=(), level=0):
        if not name.startswith(("tensorflow", "tf_slim")):
            return builtins.__import__(name, globals, locals, fromlist, level)
        if not fromlist:
            # `import a.b.c as d` takes the first module, and goes on by attributes.
            whole = module_of(name)
            for part in reversed(name.split(".")[1:]):
                whole = SimpleNamespace(**{part: whole})
            return whole
        return SimpleNamespace(**{each: module_of(f"{name}.{each}") for each in fromlist})

    path = _SLIM.joinpath(*name.split(".")).with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    module = ModuleType(f"tf_slim_{name.replace('.', '_')}_over_torchscope")
    # torch.compile asks for the module of a function by its name.
    sys.modules[module.__name__] = module
    module.__dict__.update(
        __file__=str(path),
        __builtins__={**vars(builtins), "__import__": importing},
        **{"shape_of": shape_of, **helpers},
    )
    tree = ast.fix_missing_locations(rewriting.visit(tree))
    exec(compile(tree, str(path), "exec"), module.__dict__)
    return module


def _module(name):
    if name in _NAMESPACES:
        return _NAMESPACES[name]
    if name.startswith("tf_slim.nets."):
        return load(name.removeprefix("tf_slim."))
    # A name of a module: `from tf_slim.nets.inception_v1 import inception_v1`.
    parent, _, leaf = name.rpartition(".")
    return getattr(_module(parent), leaf)
