"""tf.contrib: what of it torchscope has."""

from torchscope.slim import losses
from torchscope.tf1.contrib import (
    cudnn_rnn,
    deprecated,
    framework,
    layers,
    legacy_seq2seq,
    opt,
    rnn,
    seq2seq,
    slim,
    tpu,
    training,
)
from torchscope.tf1.missing import missing as _missing

__all__ = [
    "cudnn_rnn",
    "deprecated",
    "framework",
    "layers",
    "legacy_seq2seq",
    "losses",
    "opt",
    "rnn",
    "seq2seq",
    "slim",
    "tpu",
    "training",
]


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
