"""tf.contrib.training: training steps, hyperparameters, and waiting for checkpoints."""

import importlib

from torchscope._core.values.hparams import HParams
from torchscope.optim.train.gradients import (
    add_gradients_summaries,
    clip_gradient_norms,
    clip_gradient_norms_fn,
    multiply_gradients,
)
from torchscope.optim.train.train_op import create_train_op
from torchscope.tf1 import train as _train
from torchscope.tf1.missing import missing as _missing

__all__ = [
    "HParams",
    "add_gradients_summaries",
    "clip_gradient_norms",
    "clip_gradient_norms_fn",
    "create_train_op",
    "multiply_gradients",
]

# Each needs the extra `checkpoint`, as in tf.train.
_OF_CHECKPOINTS = ("checkpoints_iterator", "wait_for_new_checkpoint")


def __getattr__(name: str) -> object:
    if name in _OF_CHECKPOINTS:
        # Where the extra is missing, this says so.
        _ = _train.checkpoints_iterator
        return getattr(importlib.import_module("torchscope.checkpoint"), name)
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return [*__all__, *_OF_CHECKPOINTS]
