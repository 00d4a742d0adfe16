"""tf.contrib.deprecated: the summaries of TensorFlow before 1.0."""

from torchscope.summaries.older import audio_summary as audio_summary
from torchscope.summaries.older import histogram_summary as histogram_summary
from torchscope.summaries.older import image_summary as image_summary
from torchscope.summaries.older import merge_all_summaries as merge_all_summaries
from torchscope.summaries.older import merge_summary as merge_summary
from torchscope.summaries.older import scalar_summary as scalar_summary
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
