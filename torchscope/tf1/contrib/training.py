"""tf.contrib.training: hyperparameters."""

from torchscope.hparams import HParams as HParams
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
