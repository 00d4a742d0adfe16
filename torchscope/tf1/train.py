"""The part of tf.train that is about variables, learning rates and checkpoints.

Checkpoints need the extra `checkpoint`, so what is about them is looked up when it is first used.
"""

import importlib
from typing import Any

from torchscope import create_global_step as create_global_step
from torchscope import get_global_step as get_global_step
from torchscope import get_or_create_global_step as get_or_create_global_step
from torchscope.global_step import assert_global_step as assert_global_step
from torchscope.moving_averages import assign_moving_average as assign_moving_average
from torchscope.moving_averages import weighted_moving_average as weighted_moving_average
from torchscope.summaries.reading import summary_iterator as summary_iterator
from torchscope.summaries.writer import FileWriter as SummaryWriter
from torchscope.tf1.hooks import CheckpointSaverHook as CheckpointSaverHook
from torchscope.tf1.hooks import CheckpointSaverListener as CheckpointSaverListener
from torchscope.tf1.hooks import LoggingTensorHook as LoggingTensorHook
from torchscope.tf1.hooks import NanTensorHook as NanTensorHook
from torchscope.tf1.hooks import SecondOrStepTimer as SecondOrStepTimer
from torchscope.tf1.hooks import SessionRunArgs as SessionRunArgs
from torchscope.tf1.hooks import SessionRunHook as SessionRunHook
from torchscope.tf1.hooks import SessionRunValues as SessionRunValues
from torchscope.tf1.hooks import StepCounterHook as StepCounterHook
from torchscope.tf1.hooks import StopAtStepHook as StopAtStepHook
from torchscope.tf1.hooks import SummarySaverHook as SummarySaverHook
from torchscope.tf1.missing import missing as _missing
from torchscope.tf1.scaffold import Scaffold as Scaffold
from torchscope.training.averages import ExponentialMovingAverage as ExponentialMovingAverage
from torchscope.training.optimizer import Optimizer as Optimizer
from torchscope.training.optimizers import AdadeltaOptimizer as AdadeltaOptimizer
from torchscope.training.optimizers import AdagradDAOptimizer as AdagradDAOptimizer
from torchscope.training.optimizers import AdagradOptimizer as AdagradOptimizer
from torchscope.training.optimizers import AdamOptimizer as AdamOptimizer
from torchscope.training.optimizers import FtrlOptimizer as FtrlOptimizer
from torchscope.training.optimizers import GradientDescentOptimizer as GradientDescentOptimizer
from torchscope.training.optimizers import MomentumOptimizer as MomentumOptimizer
from torchscope.training.optimizers import ProximalAdagradOptimizer as ProximalAdagradOptimizer
from torchscope.training.optimizers import (
    ProximalGradientDescentOptimizer as ProximalGradientDescentOptimizer,
)
from torchscope.training.optimizers import RMSPropOptimizer as RMSPropOptimizer
from torchscope.training.schedules import cosine_decay as cosine_decay
from torchscope.training.schedules import cosine_decay_restarts as cosine_decay_restarts
from torchscope.training.schedules import exponential_decay as exponential_decay
from torchscope.training.schedules import inverse_time_decay as inverse_time_decay
from torchscope.training.schedules import linear_cosine_decay as linear_cosine_decay
from torchscope.training.schedules import natural_exp_decay as natural_exp_decay
from torchscope.training.schedules import noisy_linear_cosine_decay as noisy_linear_cosine_decay
from torchscope.training.schedules import piecewise_constant as piecewise_constant
from torchscope.training.schedules import piecewise_constant as piecewise_constant_decay
from torchscope.training.schedules import polynomial_decay as polynomial_decay

# Each with its name in torchscope.checkpoint, whose Checkpoint has the methods of TF1's readers.
_OF_CHECKPOINTS = {
    "NewCheckpointReader": "load_checkpoint",
    "Saver": "Saver",
    "checkpoint_exists": "checkpoint_exists",
    "checkpoints_iterator": "checkpoints_iterator",
    "generate_checkpoint_state_proto": "generate_checkpoint_state_proto",
    "get_checkpoint_mtimes": "get_checkpoint_mtimes",
    "get_checkpoint_state": "get_checkpoint_state",
    "init_from_checkpoint": "init_from_checkpoint",
    "latest_checkpoint": "latest_checkpoint",
    "list_variables": "list_variables",
    "load_checkpoint": "load_checkpoint",
    "load_variable": "load_variable",
    "remove_checkpoint": "remove_checkpoint",
    "update_checkpoint_state": "update_checkpoint_state",
}


def __getattr__(name: str) -> Any:
    if name not in _OF_CHECKPOINTS:
        raise _missing(__name__, name)
    try:
        checkpoint = importlib.import_module("torchscope.checkpoint")
    except ModuleNotFoundError as error:
        raise ImportError(
            f"tf.train.{name} needs the extra 'checkpoint', of which {error.name} is missing: "
            "pip install 'torchscope[checkpoint]'"
        ) from error
    return getattr(checkpoint, _OF_CHECKPOINTS[name])


def __dir__() -> list[str]:
    return sorted({*globals(), *_OF_CHECKPOINTS})
