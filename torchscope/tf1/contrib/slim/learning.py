"""tf.contrib.slim.learning: training steps. The loop is one of your own."""

from torchscope.slim.learning import add_gradients_summaries as add_gradients_summaries
from torchscope.slim.learning import clip_gradient_norms as clip_gradient_norms
from torchscope.slim.learning import create_train_op as create_train_op
from torchscope.slim.learning import multiply_gradients as multiply_gradients
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
