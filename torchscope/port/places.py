"""Where torchscope.tf1 has what TensorFlow had under other paths, its private ones among them."""

from __future__ import annotations

import importlib
import re
from functools import cache
from types import ModuleType

TF1 = "torchscope.tf1"

# Other names of TensorFlow as a whole.
_ROOT = re.compile(r"^(tensorflow_core|tensorflow)(\.(compat|_api)\.v1|\._api\.v1)*(\.|$)")

# The namespaces in which the names of TensorFlow's own modules are looked up, by the module's path. The
# first pattern that a path begins with says which; "" is tf itself.
_PYTHON: tuple[tuple[str, str], ...] = (
    (r"contrib\.slim\.python\.slim\.nets", ""),
    (r"contrib\.slim(\.python\.slim)?", "contrib.slim"),
    (r"contrib\.layers\.python\.layers\.utils", "contrib.layers.utils"),
    (r"contrib\.layers", "contrib.layers"),
    (r"contrib\.framework", "contrib.framework|tf|nest"),
    (r"contrib\.rnn", "contrib.rnn|nn.rnn_cell|nn"),
    (r"contrib\.(?P<of>\w+)", "contrib.{of}"),
    (r"python\.ops\.rnn_cell\w*", "nn.rnn_cell|contrib.rnn|nn"),
    (r"python\.ops\.(rnn|nn)\w*", "nn|tf|nn.rnn_cell"),
    (r"python\.ops\.control_flow_util\w*", "_control_flow_util"),
    (r"python\.ops\.losses", "losses"),
    (r"python\.ops\.init_ops\w*", "tf|initializers"),
    (r"python\.ops\.image_ops\w*", "image|tf"),
    (r"python\.ops\.(linalg|linalg_ops)\w*", "linalg|tf"),
    (r"python\.ops\.sparse_ops", "sparse|tf"),
    (r"python\.ops\.metrics\w*", "metrics"),
    (r"python\.ops\.signal", "signal"),
    (r"python\.ops\.distributions", "distributions"),
    (r"python\.ops", "tf|nn|math|linalg|random|train|debugging|contrib.framework"),
    (r"python\.framework\.errors\w*", "errors"),
    (r"python\.framework\.function", "_function"),
    (r"python\.framework\.dtypes", "dtypes|tf"),
    (r"python\.framework\.ops", "tf|_framework_ops|contrib.framework|dtypes|errors|random"),
    (r"python\.framework", "tf|contrib.framework|dtypes|errors|random"),
    (r"python\.layers\.utils", "contrib.layers.utils"),
    (r"python\.layers", "layers"),
    (r"python\.training\.slot_creator", "_slot_creator"),
    (r"python\.training", "train|tf|contrib.framework"),
    (r"python\.platform\.tf_logging", "logging"),
    (r"python\.platform\.(?P<of>gfile|app|flags|test)", "{of}"),
    (r"python\.platform", "tf"),
    (r"python\.lib\.io\.file_io", "io.gfile|gfile"),
    (r"python\.util\.deprecation", "_deprecation"),
    (r"python\.util\.nest", "nest"),
    (r"python\.util", "python.util|contrib.framework|tf"),
    (r"python\.summary\w*", "summary"),
    (r"python\.keras", "keras"),
    (r"python\.eager\.context", "tf"),
    (r"python\.estimator", "estimator"),
    (r"python", "tf"),
)


# Modules of torchscope.tf1 under no name of tf's: only TensorFlow's own paths lead to them.
_OWN = frozenset(
    [
        *("_control_flow_util", "_deprecation", "_framework_ops", "_function"),
        *("_rnn_cell_impl", "_slot_creator", "_variable_scope"),
    ]
)


# What models take from TensorFlow's own modules that has no public name there, and where it is here.
_PRIVATE = {
    "python.layers.utils.constant_value": "torchscope.tf1.contrib.framework.smart_constant_value",
    "python.layers.utils.smart_cond": "torchscope.tf1.contrib.framework.smart_cond",
    "python.ops.rnn_cell_impl._zero_state_tensors": "torchscope.tf1._rnn_cell_impl.zeros",
    "python.ops.variable_scope._pure_variable_scope": "torchscope.tf1._variable_scope.pure_variable_scope",
}
# Modules of TensorFlow's that are Python's own in other words.
_OF_PYTHON = {"python.util.tf_inspect": "inspect", "python.util.tf_contextlib": "contextlib"}


def canonical(path: str) -> str | None:
    """A path of TensorFlow without the name of TensorFlow; None if it is of another library.

    >>> canonical("tensorflow.compat.v1.nn.relu"), canonical("tf_slim.conv2d"), canonical("tensorflow")
    ('nn.relu', 'contrib.slim.conv2d', '')
    """
    if path == "tf_slim" or path.startswith("tf_slim."):
        return f"contrib.slim{path.removeprefix('tf_slim')}"
    found = _ROOT.match(path)
    return None if found is None else path[found.end() :]


@cache
def find(path: str) -> str | None:
    """The dotted name by which Python finds here what TensorFlow has under a path; None if it is missing.

    >>> find("tensorflow.nn.relu"), find("tensorflow.python.ops.math_ops.reduce_sum")
    ('torchscope.tf1.nn.relu', 'torchscope.tf1.reduce_sum')
    >>> find("tensorflow.data.Dataset") is None
    True
    """
    inner = canonical(path)
    if inner is None:
        return None
    if _exists(inner):
        return f"{TF1}.{inner}".removesuffix(".")
    if inner in _PRIVATE:
        return _PRIVATE[inner]
    for module, own in _OF_PYTHON.items():
        if inner == module or inner.startswith(f"{module}."):
            return f"{own}{inner.removeprefix(module)}"
    names = inner.split(".")
    # The longest beginning that is a module of TensorFlow's, and what is asked of it.
    for last in range(len(names) - 1, 0, -1):
        module, rest = ".".join(names[:last]), ".".join(names[last:])
        for place in namespaces(module):
            if _exists(at := f"{place}.{rest}".removeprefix(".")):
                return f"{TF1}.{at}"
    return None


@cache
def namespaces(module: str) -> tuple[str, ...]:
    """The namespaces of torchscope.tf1 that have the names of one of TensorFlow's own modules.

    >>> namespaces("python.ops.nn_ops")
    ('nn', '', 'nn.rnn_cell')

    Args:
        module: its path, as `canonical` gives it.
    """
    for pattern, places in _PYTHON:
        if found := re.match(rf"{pattern}(\.|$)", module):
            each = places.format(**found.groupdict()).split("|")
            names = ("" if name == "tf" else name for name in each)
            return tuple(name for name in names if not name or _exists(name))
    return ()


def is_private(module: str, name: str) -> bool:
    """Whether a name of one of TensorFlow's own modules is not public in TensorFlow.

    >>> is_private("tensorflow.python.layers.utils", "constant_value")
    True
    """
    return f"{canonical(module)}.{name}" in _PRIVATE


@cache
def is_namespace(dotted: str) -> bool:
    """Whether what `find` has found has names, rather than being something of its own."""
    try:
        return isinstance(at(dotted), ModuleType)
    except ImportError:
        return False


def at(dotted: str) -> object:
    """What stands at a dotted name that `find` gave."""
    if not dotted.startswith(TF1):
        module, _, name = dotted.partition(".")
        found = importlib.import_module(module)
        return getattr(found, name) if name else found
    return _at(dotted.removeprefix(TF1).removeprefix("."))


@cache
def _exists(inner: str) -> bool:
    """Whether torchscope.tf1 has it."""
    try:
        found = _at(inner)
    except AttributeError:
        return False
    except ImportError:
        # It needs an extra that is not installed, and says so to whoever uses it.
        return True
    # A library that a namespace imports for itself is none of TensorFlow's names.
    return not isinstance(found, ModuleType) or found.__name__.startswith("torchscope")


def _at(inner: str) -> object:
    """What torchscope.tf1 has under a path."""
    found: object = importlib.import_module(TF1)
    names = inner.split(".") if inner else []
    if names and names[0] in _OWN:
        found = importlib.import_module(f"{TF1}.{names.pop(0)}")
    for name in names:
        found = getattr(found, name)
    return found


def statement(dotted: str, local: str) -> str:
    """The import that binds a name to what `find` has found.

    >>> statement("torchscope.tf1", "tf"), statement("torchscope.tf1.nn", "nn")
    ('import torchscope.tf1 as tf', 'from torchscope.tf1 import nn')
    """
    if dotted == TF1 or "." not in dotted:
        return f"import {dotted}" + ("" if dotted == local else f" as {local}")
    module, _, name = dotted.rpartition(".")
    found = at(module)
    # Some namespaces are packages of torchscope under TensorFlow's name.
    module = found.__name__ if isinstance(found, ModuleType) else module
    return f"from {module} import {name}" + ("" if name == local else f" as {local}")
