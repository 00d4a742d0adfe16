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

from torchscope.checkpoint.assignment_maps import init_from_checkpoint as init_from_checkpoint
from torchscope.checkpoint.converting import convert as convert
from torchscope.checkpoint.converting import save_checkpoint as save_checkpoint
from torchscope.checkpoint.converting import to_npz as to_npz
from torchscope.checkpoint.converting import to_safetensors as to_safetensors
from torchscope.checkpoint.converting import to_state_dict as to_state_dict
from torchscope.checkpoint.errors import CheckpointError as CheckpointError
from torchscope.checkpoint.matching import Restored as Restored
from torchscope.checkpoint.modules.recurrent import lstm as lstm
from torchscope.checkpoint.modules.restoring import restore_module as restore_module
from torchscope.checkpoint.modules.rules import Rule as Rule
from torchscope.checkpoint.modules.rules import as_is as as_is
from torchscope.checkpoint.modules.rules import dense_after_flatten as dense_after_flatten
from torchscope.checkpoint.modules.saved_scopes import SavedScope as SavedScope
from torchscope.checkpoint.optimizer_names import InScope as InScope
from torchscope.checkpoint.paths import checkpoint_exists as checkpoint_exists
from torchscope.checkpoint.paths import get_checkpoint_state as get_checkpoint_state
from torchscope.checkpoint.paths import latest_checkpoint as latest_checkpoint
from torchscope.checkpoint.prefixes import get_checkpoint_mtimes as get_checkpoint_mtimes
from torchscope.checkpoint.prefixes import remove_checkpoint as remove_checkpoint
from torchscope.checkpoint.reading import Checkpoint as Checkpoint
from torchscope.checkpoint.reading import list_variables as list_variables
from torchscope.checkpoint.reading import load_checkpoint as load_checkpoint
from torchscope.checkpoint.reading import load_variable as load_variable
from torchscope.checkpoint.restoring import restore as restore
from torchscope.checkpoint.saver import Saver as Saver
from torchscope.checkpoint.seeing.comparing import diff as diff
from torchscope.checkpoint.seeing.report import report as report
from torchscope.checkpoint.seeing.statistics import statistics as statistics
from torchscope.checkpoint.state_writing import (
    generate_checkpoint_state_proto as generate_checkpoint_state_proto,
)
from torchscope.checkpoint.state_writing import (
    update_checkpoint_state as update_checkpoint_state,
)
from torchscope.checkpoint.watching import checkpoints_iterator as checkpoints_iterator
from torchscope.checkpoint.watching import wait_for_new_checkpoint as wait_for_new_checkpoint
