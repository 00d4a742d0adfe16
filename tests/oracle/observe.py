"""Runs the same TF1 code in TensorFlow and in torchscope, and looks at both in the same way."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch

import torchscope as ts
import torchscope.tf1 as torchscope_tf1
from tests.tensorflow1 import tf as tensorflow
from torchscope._core.passes import one_pass as passes

Case = Callable[[Any], Any]

# The collections that are looked at after each case, beside those that it names itself.
KEYS = (
    "variables",
    "local_variables",
    "trainable_variables",
    "model_variables",
    "moving_average_variables",
    "global_step",
    "mine",
    "other",
)


@dataclass
class Observation:
    """What a case gave, and the state that it left."""

    outcome: Any
    collections: dict[str, list[str]] = field(default_factory=dict)
    variables: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    scope: tuple[Any, ...] = ()


def first_sentence(error: BaseException) -> str:
    """What a message begins with, up to its first full stop or line, without TF's own details."""
    text = str(error).replace("_ref", "")
    text = re.split(
        r"(?<=[.?!])\s|\n| for '\{\{node|\.?\s*Originally|originally", text, maxsplit=1
    )[0]
    return text.rstrip(".")


def plain(value: Any) -> Any:
    """A value as both frameworks can be compared by it."""
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tensorflow.TensorShape | torch.Size):
        return [int(d) for d in value]
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, torch.dtype):
        return f"dtype {str(value).removeprefix('torch.')}"
    if isinstance(value, tensorflow.DType):
        return f"dtype {value.base_dtype.name}"
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, BaseException):
        return type(value).__name__, first_sentence(value)
    name = getattr(value, "name", None)
    if isinstance(name, str):
        return f"named {name}"
    return type(value).__name__.lstrip("_")


def values_of(tf: Any, tensors: list[Any]) -> list[Any]:
    """The values of variables and tensors, initialised anew."""
    if tf is not tensorflow:
        tf.global_variables_initializer()()
        return [tensor.tolist() for tensor in tensors]
    with session(tf) as running:
        return [value.tolist() for value in running.run(tensors)]


def values_after(tf: Any, *steps: Callable[[], Any]) -> list[Any]:
    """What each step gives, one after the other, once all variables are initialised anew."""
    if tf is not tensorflow:
        tf.global_variables_initializer()()
        return [step().tolist() for step in steps]
    built = [step() for step in steps]
    with session(tf) as running:
        return [read(running, value) for value in built]


def read(running: Any, tensor: Any) -> Any:
    """The value of a tensor, in what `session` gives."""
    return (running.run(tensor) if isinstance(running, tensorflow.Session) else tensor).tolist()


@contextmanager
def session(tf: Any) -> Iterator[Any]:
    """What a Saver is given to save: a session, all variables initialised, or the net that runs."""
    if tf is not tensorflow:
        yield passes.current().registry
        return
    with tf.Session() as running:
        running.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        yield running


def once(case: Case) -> Case:
    """Marks a case that shows what the first pass alone does: later ones find the variables."""
    case.once = True  # type: ignore[attr-defined]
    return case


def _variable(v: Any) -> tuple[Any, ...]:
    dtype = plain(v.dtype)
    # On purpose: what has no gradient is never trainable here.
    trainable = bool(v.trainable) and any(kind in dtype for kind in ("float", "complex"))
    return v.op.name, plain(v.shape), dtype, trainable


def _is_variable(item: Any) -> bool:
    return hasattr(item, "op") and hasattr(item, "trainable")


def _without_integers(key: str, items: list[Any]) -> list[Any]:
    if key == "trainable_variables":
        # On purpose: integers are not in TRAINABLE_VARIABLES.
        return [item for item in items if not _is_variable(item) or _variable(item)[3]]
    return items


def as_seen(key: str, items: list[Any]) -> list[Any]:
    """What is in a collection at this moment."""
    return [plain(item) for item in _without_integers(key, items)]


def _look(tf: Any, outcome: Any) -> Observation:
    collections, variables = {}, {}
    for key in KEYS:
        items = _without_integers(key, tf.get_collection(key))
        collections[key] = [plain(item) for item in items]
        variables.update({item.name: _variable(item) for item in items if _is_variable(item)})
    scope = tf.get_variable_scope()
    return Observation(outcome, collections, variables, (scope.name, plain(scope.reuse)))


def _run(tf: Any, case: Case) -> Any:
    try:
        return plain(case(tf))
    except Exception as error:  # noqa: BLE001 - which one it is, is what is compared
        return ("raised", type(error).__name__, first_sentence(error))


def in_tensorflow(case: Case) -> Observation:
    """What TensorFlow answers, in a graph of its own."""
    with tensorflow.Graph().as_default():
        return _look(tensorflow, _run(tensorflow, case))


def in_torchscope(case: Case) -> Observation:
    """What torchscope answers, with a default registry of its own."""
    ts.reset_default_registry()
    try:
        return _look(torchscope_tf1, _run(torchscope_tf1, case))
    finally:
        ts.reset_default_registry()


def in_passes(case: Case, passes: int) -> list[Observation]:
    """What torchscope answers when the same module runs the case several times."""
    net = ts.ScopedModule(lambda: _look(torchscope_tf1, _run(torchscope_tf1, case)))
    return [net() for _ in range(passes)]
