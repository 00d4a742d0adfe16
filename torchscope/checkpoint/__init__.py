"""TF1 checkpoints without TensorFlow: read, written, compared, and loaded by name.

It needs the extra `checkpoint`: ``pip install 'torchscope[checkpoint]'``.
"""

from torchscope.checkpoint.assignment_maps import init_from_checkpoint as init_from_checkpoint
from torchscope.checkpoint.errors import CheckpointError as CheckpointError
from torchscope.checkpoint.matching import Restored as Restored
from torchscope.checkpoint.restoring import restore as restore
