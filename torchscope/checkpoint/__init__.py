"""TF1 checkpoints without TensorFlow: read, written, compared, and loaded by name.

It needs the extra `checkpoint`: ``pip install 'torchscope[checkpoint]'``.
"""

from torchscope.checkpoint.comparing import diff as diff
from torchscope.checkpoint.errors import CheckpointError as CheckpointError
from torchscope.checkpoint.reading import Checkpoint as Checkpoint
from torchscope.checkpoint.reading import list_variables as list_variables
from torchscope.checkpoint.reading import load_checkpoint as load_checkpoint
from torchscope.checkpoint.reading import load_variable as load_variable
from torchscope.checkpoint.report import report as report
from torchscope.checkpoint.statistics import statistics as statistics
