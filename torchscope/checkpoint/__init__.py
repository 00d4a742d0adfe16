"""TF1 checkpoints without TensorFlow: read, written, compared, and loaded by name.

It needs the extra `checkpoint`: ``pip install 'torchscope[checkpoint]'``.
"""

from torchscope.checkpoint.errors import CheckpointError as CheckpointError
from torchscope.checkpoint.paths import checkpoint_exists as checkpoint_exists
from torchscope.checkpoint.paths import get_checkpoint_state as get_checkpoint_state
from torchscope.checkpoint.paths import latest_checkpoint as latest_checkpoint
from torchscope.checkpoint.reading import Checkpoint as Checkpoint
from torchscope.checkpoint.reading import list_variables as list_variables
from torchscope.checkpoint.reading import load_checkpoint as load_checkpoint
from torchscope.checkpoint.reading import load_variable as load_variable
