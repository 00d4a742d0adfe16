"""TF1 checkpoints without TensorFlow: read, written, compared, and loaded by name.

It needs the extra `checkpoint`: ``pip install 'torchscope[checkpoint]'``.
"""

from torchscope.checkpoint.comparing import diff as diff
from torchscope.checkpoint.report import report as report
from torchscope.checkpoint.statistics import statistics as statistics
