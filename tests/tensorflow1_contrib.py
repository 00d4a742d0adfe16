"""tf.contrib, as TensorFlow 1.15 had it, on the TensorFlow that is installed.

Its Python files are in `.contrib`, which `make .contrib` fetches; where they are missing the import fails,
and so do the tests. The first import puts in place what they expect of an older TensorFlow.
"""

import importlib
import importlib.util
import sys
import warnings
from pathlib import Path
from types import ModuleType

from tests.tensorflow1 import import_slim, tf

ROOT = Path(__file__).parents[1] / ".contrib" / "contrib"

# Which files have the names of each package, in the order in which they need one another. Not the packages'
# own: these import all of contrib, and libraries that were compiled for a Python that is gone.
FILES = {
    "framework": ("framework.tensor_util", "ops.arg_scope", "ops.ops", "ops.variables"),
    "layers": (
        *("layers.initializers", "layers.regularizers", "layers.utils", "layers.summaries"),
        *("layers.layers", "layers.normalization", "layers.embedding_ops", "layers.encoders"),
        *("layers.optimizers", "layers.rev_block_lib"),
    ),
    "rnn": (
        *("ops.core_rnn_cell", "ops.fused_rnn_cell", "ops.gru_ops", "ops.lstm_ops", "ops.rnn"),
        "ops.rnn_cell",
    ),
    "seq2seq": (
        *("ops.decoder", "ops.helper", "ops.sampler", "ops.basic_decoder", "ops.attention_wrapper"),
        *("ops.beam_search_ops", "ops.beam_search_decoder", "ops.loss"),
    ),
    "legacy_seq2seq": ("ops.seq2seq",),
    "grid_rnn": ("ops.grid_rnn_cell",),
    "opt": (
        *("training.adamax", "training.lars_optimizer", "training.lazy_adam_optimizer"),
        *("training.nadam_optimizer", "training.weight_decay_optimizers"),
    ),
}


def _module(name: str, **names: object) -> ModuleType:
    """A module of this name, made now."""
    spec = importlib.util.spec_from_loader(name, loader=None)
    assert spec is not None
    made = importlib.util.module_from_spec(spec)
    vars(made).update(names)
    sys.modules[name] = made
    return made


def gather_tree(step_ids, parent_ids, max_sequence_lengths, end_token, name=None):
    """What contrib's compiled library does, by TensorFlow's own operations, on one beam after the other."""
    import numpy as np  # noqa: PLC0415

    def gather(steps, parents, lengths, end):
        out = np.full_like(steps, end)
        times, batches, beams = steps.shape
        for batch in range(batches):
            longest = min(times, lengths[batch])
            for beam in range(beams if longest else 0):
                parent = beam
                for time in reversed(range(longest)):
                    out[time, batch, beam] = steps[time, batch, parent]
                    parent = parents[time, batch, parent]
                ended = False
                for time in range(longest):
                    if ended:
                        out[time, batch, beam] = end
                    ended = ended or out[time, batch, beam] == end
        return out

    gathered = tf.numpy_function(
        gather, [step_ids, parent_ids, max_sequence_lengths, end_token], tf.int32
    )
    gathered.set_shape(tf.convert_to_tensor(step_ids).shape)
    return gathered


def _prepare() -> None:
    """Puts in place what contrib expects of an older TensorFlow."""
    import_slim()
    import numpy as np  # noqa: PLC0415
    import tensorflow as root  # noqa: ICN001, PLC0415
    import tf_keras  # noqa: PLC0415
    from tensorflow.python import keras, layers, training  # noqa: PLC0415
    from tensorflow.python.framework import ops, smart_cond  # noqa: PLC0415
    from tensorflow.python.ops import (  # noqa: PLC0415
        array_ops,
        array_ops_stack,
        control_flow_assert,
        control_flow_ops,
        gen_training_ops,
        rnn_cell_impl,
    )
    from tensorflow.python.util import deprecation, nest  # noqa: PLC0415

    # tf.layers are those of tf_keras today, and contrib asks whether something is one.
    for name in ("base", "convolutional", "core", "normalization", "pooling"):
        module = importlib.import_module(f"tf_keras.src.legacy_tf_layers.{name}")
        sys.modules[f"tensorflow.python.layers.{name}"] = module
        setattr(layers, name, module)
    keras.layers = tf_keras.layers
    # So are the cells, and contrib's own are to be of their kind.
    cells = importlib.import_module("tf_keras.src.layers.rnn.legacy_cells")
    for name, cell in vars(cells).items():
        if hasattr(rnn_cell_impl, name) and getattr(cell, "__module__", None) == cells.__name__:
            setattr(rnn_cell_impl, name, cell)
    vars(np)["Inf"] = np.inf
    nest.is_sequence = nest.is_nested
    array_ops.stack, array_ops.unstack = array_ops_stack.stack, array_ops_stack.unstack
    training.training_ops = gen_training_ops
    control_flow_ops.Assert = control_flow_assert.Assert
    ops.RegisterShape = lambda _: lambda _: None
    # No package runs its own `__init__`.
    for folder in (ROOT, *sorted(each for each in ROOT.rglob("*") if each.is_dir())):
        parts = folder.relative_to(ROOT).parts
        made = _module(".".join(("tensorflow.contrib", *parts)), __path__=[str(folder)])
        parent = sys.modules[".".join(("tensorflow.contrib", *parts[:-1]))] if parts else root
        setattr(parent, parts[-1] if parts else "contrib", made)
    _module("tensorflow.contrib.compiler.jit", experimental_jit_scope=None)
    _module("tensorflow.contrib.seq2seq.ops.gen_beam_search_ops", gather_tree=gather_tree)
    _module("tensorflow.contrib.util.loader", load_op_library=lambda _: None)
    _module("tensorflow.contrib.layers.python.ops.sparse_feature_cross_op")
    _module("tensorflow.contrib.framework.python.ops.gen_variable_ops", zero_initializer=None)
    for name in (
        "BasicLSTMCell",
        "BasicRNNCell",
        "DeviceWrapper",
        "DropoutWrapper",
        "GRUCell",
        "LSTMCell",
        "LSTMStateTuple",
        "MultiRNNCell",
        "RNNCell",
        "ResidualWrapper",
    ):
        setattr(sys.modules["tensorflow.contrib.rnn"], name, getattr(tf.nn.rnn_cell, name))
    framework = sys.modules["tensorflow.contrib.framework"]
    framework.deprecated_arg_values = deprecation.deprecated_arg_values
    framework.argsort, framework.sort, framework.nest = tf.argsort, tf.sort, nest
    framework.smart_cond = smart_cond.smart_cond
    framework.smart_constant_value = smart_cond.smart_constant_value


def import_contrib() -> ModuleType:
    """tf.contrib, with framework, layers, rnn, seq2seq, legacy_seq2seq, grid_rnn and opt."""
    if "tensorflow.contrib" in sys.modules:
        return sys.modules["tensorflow.contrib"]
    if not ROOT.is_dir():
        raise FileNotFoundError(f"{ROOT} is missing: `make .contrib` fetches it")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _prepare()
        for package, files in FILES.items():
            for file in files:
                made = importlib.import_module(f"tensorflow.contrib.{package}.python.{file}")
                names = {
                    name: each
                    for name, each in vars(made).items()
                    if not name.startswith("__") and not isinstance(each, ModuleType)
                }
                for place in (package, f"{package}.python.{file.partition('.')[0]}"):
                    vars(sys.modules[f"tensorflow.contrib.{place}"]).update(names)
    return sys.modules["tensorflow.contrib"]
