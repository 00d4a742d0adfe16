"""TF1 checkpoints without TensorFlow: read, written, compared, and loaded by name.

It needs the extra `checkpoint`: ``pip install 'torchscope[checkpoint]'``.
"""

# First of all, what is missing is named.
try:
    import cramjam as _cramjam  # noqa: F401
    import crc32c as _crc32c  # noqa: F401
    import numpy as _numpy  # noqa: F401, ICN001
    import safetensors as _safetensors  # noqa: F401
    from google.protobuf import message as _message  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"torchscope.checkpoint needs the extra 'checkpoint', of which {error.name} is missing: "
        "pip install 'torchscope[checkpoint]'",
        name=error.name,
    ) from None

from torchscope.checkpoint.assignment_maps import init_from_checkpoint
from torchscope.checkpoint.converting import (
    convert,
    save_checkpoint,
    to_npz,
    to_safetensors,
    to_state_dict,
)
from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.inspecting.comparing import diff
from torchscope.checkpoint.inspecting.report import report
from torchscope.checkpoint.inspecting.statistics import statistics
from torchscope.checkpoint.matching import Restored
from torchscope.checkpoint.modules.recurrent import lstm
from torchscope.checkpoint.modules.restoring import restore_module
from torchscope.checkpoint.modules.rules import Rule, as_is, dense_after_flatten
from torchscope.checkpoint.modules.saved_scopes import SavedScope
from torchscope.checkpoint.optimizer_names import InScope
from torchscope.checkpoint.paths import checkpoint_exists, get_checkpoint_state, latest_checkpoint
from torchscope.checkpoint.prefixes import get_checkpoint_mtimes, remove_checkpoint
from torchscope.checkpoint.reading import Checkpoint, list_variables, load_checkpoint, load_variable
from torchscope.checkpoint.restoring import restore
from torchscope.checkpoint.saver import Saver
from torchscope.checkpoint.state_writing import (
    generate_checkpoint_state_proto,
    update_checkpoint_state,
)
from torchscope.checkpoint.watching import checkpoints_iterator, wait_for_new_checkpoint

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "InScope",
    "Restored",
    "Rule",
    "SavedScope",
    "Saver",
    "as_is",
    "checkpoint_exists",
    "checkpoints_iterator",
    "convert",
    "dense_after_flatten",
    "diff",
    "generate_checkpoint_state_proto",
    "get_checkpoint_mtimes",
    "get_checkpoint_state",
    "init_from_checkpoint",
    "latest_checkpoint",
    "list_variables",
    "load_checkpoint",
    "load_variable",
    "lstm",
    "remove_checkpoint",
    "report",
    "restore",
    "restore_module",
    "save_checkpoint",
    "statistics",
    "to_npz",
    "to_safetensors",
    "to_state_dict",
    "update_checkpoint_state",
    "wait_for_new_checkpoint",
]


def __dir__() -> list[str]:
    return __all__
