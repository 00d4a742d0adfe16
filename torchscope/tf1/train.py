"""The part of tf.train that is about variables, learning rates and checkpoints.

Checkpoints need the extra `checkpoint`, so what is about them is looked up when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from torchscope import create_global_step, get_global_step, get_or_create_global_step
from torchscope._core.functions.assign_moving_average import (
    assign_moving_average,
    weighted_moving_average,
)
from torchscope._core.functions.global_step import assert_global_step
from torchscope._core.summaries.reading import summary_iterator
from torchscope._core.summaries.writer import FileWriter as SummaryWriter
from torchscope.optim.train.exponential_moving_average import ExponentialMovingAverage
from torchscope.optim.train.optimizer import Optimizer
from torchscope.optim.train.optimizers import (
    AdadeltaOptimizer,
    AdagradDAOptimizer,
    AdagradOptimizer,
    AdamOptimizer,
    FtrlOptimizer,
    GradientDescentOptimizer,
    MomentumOptimizer,
    ProximalAdagradOptimizer,
    ProximalGradientDescentOptimizer,
    RMSPropOptimizer,
)
from torchscope.optim.train.schedules import (
    cosine_decay,
    cosine_decay_restarts,
    exponential_decay,
    inverse_time_decay,
    linear_cosine_decay,
    natural_exp_decay,
    noisy_linear_cosine_decay,
    piecewise_constant,
    polynomial_decay,
)
from torchscope.optim.train.schedules import piecewise_constant as piecewise_constant_decay
from torchscope.tf1.hooks import (
    CheckpointSaverHook,
    CheckpointSaverListener,
    LoggingTensorHook,
    NanTensorHook,
    SecondOrStepTimer,
    SessionRunArgs,
    SessionRunHook,
    SessionRunValues,
    StepCounterHook,
    StopAtStepHook,
    SummarySaverHook,
)
from torchscope.tf1.missing import missing as _missing
from torchscope.tf1.scaffold import Scaffold

__all__ = [
    "AdadeltaOptimizer",
    "AdagradDAOptimizer",
    "AdagradOptimizer",
    "AdamOptimizer",
    "CheckpointSaverHook",
    "CheckpointSaverListener",
    "ExponentialMovingAverage",
    "FtrlOptimizer",
    "GradientDescentOptimizer",
    "LoggingTensorHook",
    "MomentumOptimizer",
    "NanTensorHook",
    "Optimizer",
    "ProximalAdagradOptimizer",
    "ProximalGradientDescentOptimizer",
    "RMSPropOptimizer",
    "Scaffold",
    "SecondOrStepTimer",
    "SessionRunArgs",
    "SessionRunHook",
    "SessionRunValues",
    "StepCounterHook",
    "StopAtStepHook",
    "SummarySaverHook",
    "SummaryWriter",
    "assert_global_step",
    "assign_moving_average",
    "cosine_decay",
    "cosine_decay_restarts",
    "create_global_step",
    "exponential_decay",
    "get_global_step",
    "get_or_create_global_step",
    "inverse_time_decay",
    "linear_cosine_decay",
    "natural_exp_decay",
    "noisy_linear_cosine_decay",
    "piecewise_constant",
    "piecewise_constant_decay",
    "polynomial_decay",
    "summary_iterator",
    "weighted_moving_average",
]

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


if TYPE_CHECKING:
    from torchscope.checkpoint import Saver as Saver
    from torchscope.checkpoint import checkpoint_exists as checkpoint_exists
    from torchscope.checkpoint import checkpoints_iterator as checkpoints_iterator
    from torchscope.checkpoint import (
        generate_checkpoint_state_proto as generate_checkpoint_state_proto,
    )
    from torchscope.checkpoint import get_checkpoint_mtimes as get_checkpoint_mtimes
    from torchscope.checkpoint import get_checkpoint_state as get_checkpoint_state
    from torchscope.checkpoint import init_from_checkpoint as init_from_checkpoint
    from torchscope.checkpoint import latest_checkpoint as latest_checkpoint
    from torchscope.checkpoint import list_variables as list_variables
    from torchscope.checkpoint import load_checkpoint as load_checkpoint
    from torchscope.checkpoint import load_variable as load_variable
    from torchscope.checkpoint import remove_checkpoint as remove_checkpoint
    from torchscope.checkpoint import update_checkpoint_state as update_checkpoint_state
else:

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
    return [*__all__, *_OF_CHECKPOINTS]
