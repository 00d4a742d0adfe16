"""tf.contrib.training: training steps, hyperparameters, and waiting for checkpoints."""

import importlib

from torchscope.hparams import HParams as HParams
from torchscope.tf1 import train as _train
from torchscope.tf1.missing import missing as _missing
from torchscope.training.gradients import add_gradients_summaries as add_gradients_summaries
from torchscope.training.gradients import clip_gradient_norms as clip_gradient_norms
from torchscope.training.gradients import clip_gradient_norms_fn as clip_gradient_norms_fn
from torchscope.training.gradients import multiply_gradients as multiply_gradients
from torchscope.training.train_op import create_train_op as create_train_op

# Each needs the extra `checkpoint`, as in tf.train.
_OF_CHECKPOINTS = ("checkpoints_iterator", "wait_for_new_checkpoint")


def __getattr__(name: str) -> object:
    if name in _OF_CHECKPOINTS:
        # Where the extra is missing, this says so.
        _ = _train.checkpoints_iterator
        return getattr(importlib.import_module("torchscope.checkpoint"), name)
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_OF_CHECKPOINTS})
