"""A package's module twice: as TensorFlow 1 has it, and as the import hook rewrites it for torchscope."""

import collections.abc
import contextlib
import importlib
import importlib.util
import inspect
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from tests.tensorflow1 import tf
from tests.tensorflow1_contrib import import_contrib
from torchscope import tf1
from torchscope.port import helpers, importing
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
        "mir_eval",
        "mpi4py",
        "msgpack",
        "msgpack_numpy",
        "note_seq",
        "oauth2client",
        "pandas",
        "pretty_midi",
        "prctl",
        "psutil",
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
        "tensorboard",
        "tensorflow_addons",
        "tensorflow_datasets",
        "tensorflow_gan",
        "tensorflow_hub",
        "tensorflow_probability",
        "tfplot",
        "tflearn",
        "toposort",
        "yaml",
        "zmq",
    ]
)


class _Computed:
    """What constants are computed with, and compared with."""

    def _computed(self, *_):
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _computed

    def __index__(self):
        return 1

    __int__ = __index__

    def __lt__(self, other):
        # It is as new as anybody asks.
        return True

    __gt__ = __le__ = __ge__ = __lt__

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0

    def __bool__(self):
        return True


class _ThingType(_Computed, type):
    """The class of such classes: whatever is asked of one is there too."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _ThingType(name, (_Thing,), {})


class _Thing(_Computed, metaclass=_ThingType):
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
        parts_of_tensorflow = ("tensorflow.contrib.", "tensorflow.python.")
        if fullname.partition(".")[0] not in STRANGERS and not fullname.startswith(
            parts_of_tensorflow
        ):
            return None
        top = sys.modules.get(fullname.partition(".")[0])
        if fullname.partition(".")[0] in STRANGERS and not isinstance(top, _Stranger | type(None)):
            # Somebody has installed it, and it is whole.
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
def imports(folder=ROOT):
    """A block in which the packages are found, and what they need that is not there."""
    # First of all TensorFlow, which looks for what may lie beside it, and computes zeros with a stranger in its place.
    _ = tf.__version__
    strangers = _Strangers()
    # It is Python's own contextlib, for Python 2.
    sys.modules.setdefault("contextlib2", contextlib)
    # Messages that were made for an older protobuf, which today's refuses.
    sys.modules.setdefault("sonnet.protos.module_pb2", _Stranger("module_pb2"))
    sys.path.insert(0, str(folder))
    sys.meta_path.append(strangers)
    try:
        with quiet():
            yield
    finally:
        sys.meta_path.remove(strangers)
        # PyTorch asks for it when a process ends.
        sys.modules.pop("tabulate", None)
        sys.path.remove(str(folder))


def _make_older():
    """Puts into Python's own modules what they had when the packages were written."""
    for name in ("Callable", "Iterable", "Mapping", "MutableMapping", "Sequence"):
        setattr(collections, name, getattr(collections.abc, name))
    inspect.getargspec = helpers.getargspec


@contextmanager
def tensorflow1():
    """A block in which ``import tensorflow`` gives TensorFlow 1, with tf.contrib."""
    _make_older()
    contrib = import_contrib()
    # The module that `import tensorflow.compat.v1` finds: what packages ask of tf is put there.
    module = importlib.import_module("tensorflow.compat.v1")
    slim = importlib.import_module("tf_slim")
    contrib.slim = sys.modules["tensorflow.contrib.slim"] = slim
    module.contrib = contrib
    module.estimator = _Stranger("tensorflow.estimator")
    module.estimator.ModeKeys = estimator.ModeKeys
    module.compat.v1 = module
    # A gradient that files register as well: contrib's is put back.
    ops = importlib.import_module("tensorflow.python.framework.ops")
    gradients = ops.gradient_registry._registry
    registered = gradients.pop("LSTMBlockCell")
    root = sys.modules["tensorflow"]
    # What Keras had, in the place where it was.
    for name in ("applications", "applications.imagenet_utils", "utils.data_utils"):
        made = importlib.import_module(
            f"tf_keras.{name}" if name[0] == "a" else f"tf_keras.src.{name}"
        )
        sys.modules.setdefault(f"tensorflow.python.keras.{name}", made)
    keras_utils = importlib.import_module("tensorflow.python.keras.utils")
    keras_utils.get_file = sys.modules["tensorflow.python.keras.utils.data_utils"].get_file
    # Packages look at it, also when their functions run, and do what they have for TensorFlow 2: it stays so.
    module.__version__ = tf1.__version__
    sys.modules["tensorflow"] = module
    try:
        yield
    finally:
        sys.modules["tensorflow"] = root
        gradients["LSTMBlockCell"] = registered


# The packages' modules, of each library. Those of the library that was asked for last are imported: functions
# import more when they run.
_THEIRS, _OURS = {}, {}


def _packages():
    """The modules of the packages that are imported."""
    root = str(ROOT)
    return {
        name: module
        for name, module in list(sys.modules.items())
        if (getattr(module, "__file__", None) or "").startswith(root)
    }


def _change_to(own, others):
    """Has the packages' modules be those of one library."""
    for name, module in _packages().items():
        if own.get(name) is not module:
            others[name] = sys.modules.pop(name)
    sys.modules.update(own)


def theirs(module):
    """The module as it stands, over TensorFlow 1."""
    _change_to(_THEIRS, _OURS)
    if module not in _THEIRS:
        with imports(), tensorflow1():
            importlib.import_module(module)
        _THEIRS.update(_packages())
    return _THEIRS[module]


def ours(module):
    """The module as the import hook rewrites it: nothing of it is changed by hand."""
    _change_to(_OURS, _THEIRS)
    if module not in _OURS:
        names = [each.name for each in ROOT.iterdir() if (each / "__init__.py").is_file()]
        with imports(), importing(packages=names):
            importlib.import_module(module)
        _OURS.update(_packages())
    return _OURS[module]


def beside(module, name):
    """Another module, of the library that has this one."""
    return (theirs if _THEIRS.get(module.__name__) is module else ours)(name)
