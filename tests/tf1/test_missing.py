"""What TF1 has and torchscope has not: each symbol that repositories use says what to write."""

import importlib
import subprocess
import sys

import pytest

import torchscope.tf1 as ours
from torchscope.tf1.missing import _symbols, missing

# What model code uses beside models and plain operations, by how many repositories use it.
USED = [
    "Session",
    "placeholder",
    "ConfigProto",
    "device",
    "Graph",
    "flags",
    "app.run",
    "gfile.GFile",
    "get_default_graph",
    "data.Dataset",
    "logging.info",
    "train.Feature",
    "train.Example",
    "train.Features",
    "FixedLenFeature",
    "python_io.TFRecordWriter",
    "train.Int64List",
    "estimator.Estimator",
    "parse_single_example",
    "image.decode_jpeg",
    "get_default_session",
    "train.Coordinator",
    "errors.OutOfRangeError",
    "reset_default_graph",
    "read_file",
    "train.FloatList",
    "GraphDef",
    "train.BytesList",
    "decode_raw",
    "train.start_queue_runners",
    "placeholder_with_default",
    "contrib.tpu.TPUEstimator",
    "image.decode_png",
    "FIFOQueue",
    "train.string_input_producer",
    "import_graph_def",
    "train.batch",
    "contrib.cluster_resolver.TPUClusterResolver",
    "errors.NotFoundError",
    "python_io.TFRecordOptions",
    "VarLenFeature",
    "keras.backend",
    "image.random_saturation",
    "image.random_brightness",
    "string",
    "summary.scalar",
    "train.AdamOptimizer",
    "summary.FileWriter",
    "summary.merge_all",
    "summary.histogram",
    "summary.image",
    "train.MomentumOptimizer",
    "train.ExponentialMovingAverage",
    "train.RMSPropOptimizer",
    "metrics.mean",
    "train.exponential_decay",
    "metrics.accuracy",
    "Summary",
    "train.GradientDescentOptimizer",
    "train.Scaffold",
    "train.polynomial_decay",
    "Summary.Value",
    "IndexedSlices",
    "train.AdagradOptimizer",
    "train.Optimizer",
    "train.AdadeltaOptimizer",
    "train.import_meta_graph",
    "train.write_graph",
    "train.piecewise_constant",
    "histogram_summary",
    "contrib.training.HParams",
    "train.cosine_decay",
    "scalar_summary",
    "train.SummaryWriter",
    "train.Supervisor",
    "train.LoggingTensorHook",
    "train.CheckpointSaverHook",
    "train.summary_iterator",
    "contrib.summary.scalar",
    "train.SessionRunHook",
    "image_summary",
    "train.FtrlOptimizer",
    "merge_summary",
    "train.Optimizer.GATE_NONE",
    "train.experimental",
    "colocate_with",
    "InteractiveSession",
    "tables_initializer",
    "feature_column.numeric_column",
    "contrib.cudnn_rnn.CudnnGRU",
    "contrib.rnn.NASCell",
    "contrib.slim.nets",
    "contrib.lookup.index_table_from_tensor",
    "contrib.learn.ModeKeys",
    "contrib.framework.nest",
    "contrib.slim.learning.train",
    "enable_eager_execution",
    "saved_model.builder",
    "lookup.StaticHashTable",
    "train.Server",
    "train.ClusterSpec",
    "GPUOptions",
    "train.shuffle_batch",
    "contrib.data.parallel_interleave",
    "contrib.layers.optimize_loss",
    "distributions.Normal",
    "contrib.distributions.Categorical",
    "nn.ctc_loss",
    "nn.sampled_softmax_loss",
    "nn.nce_loss",
    "TensorArray",
    "RunOptions",
    "RunMetadata",
    "train.MonitoredTrainingSession",
    "train.SyncReplicasOptimizer",
    "train.replica_device_setter",
    "contrib.metrics.streaming_mean",
    "compat.as_bytes",
    "test.TestCase",
    "test.main",
    "logging.set_verbosity",
    "contrib.opt.LazyAdamOptimizer",
    "contrib.eager.metrics",
    "contrib.distribute.MirroredStrategy",
    "profiler.Profiler",
    "keras.layers.Dense",
]
# These are other people's to write, or to say of what there is instead.
OPEN = {"contrib.framework.nest"}


def found(symbol):
    """What a symbol stands for: a thing, or the message of the first part that is missing."""
    thing = ours
    for part in symbol.split("."):
        try:
            thing = getattr(thing, part)
        except AttributeError as error:  # noqa: PERF203 - a symbol has few parts
            return str(error)
    return thing


@pytest.mark.parametrize("symbol", [each for each in USED if each not in OPEN])
def test_what_repositories_use_is_there_or_says_what_to_write(symbol):
    thing = found(symbol)
    if isinstance(thing, str):
        assert thing.startswith("torchscope.tf1 has no tf.")
        assert "Where TF1 has it, PyTorch may have it too" not in thing, thing


def test_what_tf1_never_had_is_told_from_what_is_near():
    with pytest.raises(
        AttributeError, match=r"no tf.reduce_men. The nearest names are: tf.reduce_me"
    ):
        ours.reduce_men  # noqa: B018
    with pytest.raises(
        AttributeError, match=r"no tf.nn.softmx\. The nearest names are: tf.nn.softmax"
    ):
        ours.nn.softmx  # noqa: B018
    with pytest.raises(AttributeError, match=r"no tf.zzzzzz\. Where TF1"):
        ours.zzzzzz  # noqa: B018
    with pytest.raises(AttributeError, match="has no attribute '__nothing__'"):
        ours.__nothing__  # noqa: B018
    assert not hasattr(ours, "data")


MODULES = [
    *("", ".contrib", ".contrib.framework", ".contrib.layers", ".contrib.rnn", ".contrib.slim"),
    *(".contrib.slim.learning", ".contrib.tpu", ".estimator", ".estimator.export"),
    ".contrib.cudnn_rnn",
    *(
        ".contrib.training",
        ".errors",
        ".gfile",
        ".image",
        ".io",
        ".io.gfile",
        ".layers",
        ".logging",
    ),
    *(".losses", ".metrics", ".nn", ".rnn_cell", ".test", ".train"),
]


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_is_missing(name):
    module = importlib.import_module(f"torchscope.tf1{name}")
    path = f"tf{name}".replace(".", r"\.")
    with pytest.raises(AttributeError, match=rf"^torchscope\.tf1 has no {path}\.no_such_name\."):
        module.no_such_name  # noqa: B018


def test_nothing_that_is_there_is_called_missing():
    assert [each for each in _symbols() if not isinstance(found(each), str)] == []


def test_a_name_is_found_by_its_module():
    assert "DistributedDataParallel" in str(
        missing("torchscope.tf1.train", "SyncReplicasOptimizer")
    )
    assert "DataLoader" in str(missing("torchscope.tf1", "data"))


def test_what_needs_more_is_imported_when_it_is_asked_for():
    code = (
        "import sys, torchscope.tf1 as tf; later = ['absl', 'torchscope.tf1.test'];"
        "print([m for m in later if m in sys.modules]); tf.flags, tf.app, tf.test;"
        "print([m for m in later if m in sys.modules] == later, {'flags', 'app', 'test'} <= set(dir(tf)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\nTrue True\n"
