"""Real TensorFlow, made to answer as TensorFlow 1: what the tests compare with.

It is imported when something is asked of it. Where it is missing that fails, and so does the test that asks.
"""

import importlib
import os
import re
import sys
import warnings
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

# oneDNN's layer normalization gives other numbers from the third digit on, and is chosen when TensorFlow is imported.
if "tensorflow" in sys.modules and os.environ.get("TF_ENABLE_ONEDNN_OPTS") != "0":
    raise ImportError("TensorFlow was imported before this file could choose its exact kernels")
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_USE_LEGACY_KERAS"] = "1"


def _tensorflow() -> ModuleType:
    """TensorFlow, imported: it is to see no GPU, and PyTorch in the same process is to keep its own."""
    devices = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    try:
        # pytest makes errors of warnings, and importing TensorFlow gives many.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import tensorflow.compat.v1 as tensorflow  # noqa: PLC0415

            tensorflow.logging.set_verbosity(tensorflow.logging.ERROR)
            tensorflow.disable_v2_behavior()
            tensorflow.config.set_visible_devices([], "GPU")
    finally:
        del os.environ["CUDA_VISIBLE_DEVICES"]
        if devices is not None:
            os.environ["CUDA_VISIBLE_DEVICES"] = devices
    return tensorflow


class _WhenAsked:
    """A module that is imported when something is asked of it: a file may need it for some of its tests only."""

    def __init__(self, load: Callable[[], ModuleType]) -> None:
        self._load = cache(load)

    def __getattr__(self, name: str) -> Any:
        if name == "__wrapped__":
            # doctest asks that of all that a file has.
            raise AttributeError(name)
        return getattr(self._load(), name)

    def __dir__(self) -> list[str]:
        return dir(self._load())


tf: Any = _WhenAsked(_tensorflow)


def plain_session() -> Any:
    """A session that runs graphs as they are: to optimize one takes longer than to run it once."""
    config = tf.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = -1
    return tf.Session(config=config)


def evaluate(build: Callable[[Any], Any]) -> Any:
    """What `build(tf)` gives in a graph of its own, as numpy arrays in the structure that it has."""
    with tf.Graph().as_default(), tf.Session() as session:
        fetches = build(tf)
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        return session.run(fetches)


def refusal(call: Callable[[], Any]) -> Exception:
    """The exception that `call` raises, in a graph of its own."""
    with tf.Graph().as_default():
        try:
            call()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the test is about
            return error
    raise AssertionError("nothing was refused")


def first_sentence(error: Exception) -> str:
    """What TensorFlow says before it comes to its nodes, tensors, or what it was given."""
    return re.split(r" for '\{\{node|: <tf\.|\. |\n", str(error))[0].removesuffix(".")


def assert_refused_alike(theirs: Callable[[], Any], ours: Callable[[], Any]) -> None:
    """Both are refused, with the same type; our message begins with TensorFlow's sentence."""
    expected, error = refusal(theirs), refusal(ours)
    assert type(error) is type(expected), f"{error!r}\nbut TensorFlow: {expected!r}"
    sentence = first_sentence(expected)
    rest = str(error).removeprefix(sentence)
    begins_alike = str(error).startswith(sentence) and rest[:1] in {"", ".", ":"}
    assert begins_alike, f"{error}\nbut TensorFlow: {expected}"


def import_slim() -> ModuleType:
    """tf_slim, with what it expects of an older TensorFlow put in its place."""
    from tensorflow.python.framework import ops  # noqa: PLC0415
    from tensorflow.python.ops import (  # noqa: PLC0415
        cond,
        control_flow_case,
        control_flow_ops,
        while_loop,
    )

    ops.Tensor, ops.IndexedSlices = tf.Tensor, tf.IndexedSlices
    for name, function in (
        ("cond", cond.cond),
        ("while_loop", while_loop.while_loop),
        ("case", control_flow_case.case),
    ):
        if not hasattr(control_flow_ops, name):
            setattr(control_flow_ops, name, function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in ("", ".base", ".convolutional", ".core", ".normalization", ".pooling"):
            legacy = importlib.import_module(f"tf_keras.src.legacy_tf_layers{module}")
            sys.modules.setdefault(f"tf_keras.legacy_tf_layers{module}", legacy)
        return importlib.import_module("tf_slim")


tf_slim: Any = _WhenAsked(import_slim)
