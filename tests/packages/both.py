"""A package's module twice: as TensorFlow 1 has it, and as the import hook rewrites it for torchscope."""

import importlib
import importlib.util
import os
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

# Sonnet's messages were made for an older protobuf: its part in C refuses them.
os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "python"

from tensorflow1 import tf
from tensorflow1_contrib import import_contrib

from torchscope.port import importing
from torchscope.tf1 import estimator

ROOT = Path(__file__).parents[2] / ".packages"
if not ROOT.is_dir():
    raise FileNotFoundError(f"{ROOT} is missing: `make .packages` fetches it")

# What the packages import besides, and no model that is compared has a use for: nobody installs it.
STRANGERS = frozenset(
    [
        "bz2file",
        "cv2",
        "fire",
        "gevent",
        "gin",
        "gym",
        "gym3",
        "h5py_cache",
        "horovod",
        "librosa",
        "mesh_tensorflow",
        "mido",
        "mpi4py",
        "msgpack",
        "msgpack_numpy",
        "note_seq",
        "oauth2client",
        "pandas",
        "pretty_midi",
        "prctl",
        "pypng",
        "pyrouge",
        "regex",
        "rtmidi",
        "sacrebleu",
        "semantic_version",
        "sk_video",
        "sklearn_crfsuite",
        "sonnet_examples",
        "sox",
        "subprocess32",
        "tabulate",
        "tensorflow_addons",
        "tensorflow_datasets",
        "tensorflow_gan",
        "tensorflow_hub",
        "tensorflow_probability",
        "tfplot",
        "tflearn",
        "toposort",
        "zmq",
    ]
)


class _ThingType(type):
    """The class of such classes: whatever is asked of one is there too."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _ThingType(name, (_Thing,), {})


class _Thing(metaclass=_ThingType):
    """Whatever a library that is not there has: it can be called, asked, inherited from, and is true."""

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        # A decorator leaves what it decorates.
        return args[0] if len(args) == 1 and callable(args[0]) else self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self


class _Stranger(ModuleType):
    __path__ = ()
    __version__ = "999.0.0"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = _ThingType(name, (_Thing,), {})
        setattr(self, name, made)
        return made


class _Strangers:
    """Finds what is not installed, after all others have looked."""

    def find_spec(self, fullname, path, target=None):
        if fullname.partition(".")[0] not in STRANGERS:
            return None
        return importlib.util.spec_from_loader(fullname, self)

    def create_module(self, spec):
        return _Stranger(spec.name)

    def exec_module(self, module):
        pass


@contextmanager
def quiet():
    """A block in which nobody warns: TensorFlow does of every layer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _imports():
    """A block in which the packages are found, and what they need that is not there."""
    strangers = _Strangers()
    sys.path.insert(0, str(ROOT))
    sys.meta_path.append(strangers)
    try:
        with quiet():
            yield
    finally:
        sys.meta_path.remove(strangers)
        sys.path.remove(str(ROOT))


@contextmanager
def _tensorflow1():
    """A block in which ``import tensorflow`` gives TensorFlow 1, with tf.contrib."""
    contrib = import_contrib()
    slim = importlib.import_module("tf_slim")
    contrib.slim = sys.modules["tensorflow.contrib.slim"] = slim
    tf.contrib = contrib
    tf.estimator = _Stranger("tensorflow.estimator")
    tf.estimator.ModeKeys = estimator.ModeKeys
    tf.compat.v1 = tf
    root = sys.modules["tensorflow"]
    sys.modules["tensorflow"] = tf
    try:
        yield
    finally:
        sys.modules["tensorflow"] = root


def _below(module):
    """Whether a module is one of the packages'."""
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).is_relative_to(ROOT)


# The packages' modules, of each library. Those of the library that was asked for last are imported: functions
# import more when they run.
_THEIRS, _OURS = {}, {}


@contextmanager
def _among(own, others):
    """A block in which modules of the packages are those of one library, which stay imported."""
    for name, module in list(sys.modules.items()):
        if _below(module) and own.get(name) is not module:
            others[name] = sys.modules.pop(name)
    sys.modules.update(own)
    try:
        yield
    finally:
        own.update((name, each) for name, each in sys.modules.items() if _below(each))


def theirs(module):
    """The module as it stands, over TensorFlow 1."""
    with _among(_THEIRS, _OURS), _imports(), _tensorflow1():
        return importlib.import_module(module)


def ours(module):
    """The module as the import hook rewrites it: nothing of it is changed by hand."""
    names = [each.name for each in ROOT.iterdir() if (each / "__init__.py").is_file()]
    with _among(_OURS, _THEIRS), _imports(), importing(packages=names):
        return importlib.import_module(module)


def beside(module, name):
    """Another module, of the library that has this one."""
    return (theirs if _THEIRS.get(module.__name__) is module else ours)(name)
