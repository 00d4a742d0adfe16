"""tf.contrib.opt: the optimizers that came later."""

from torchscope.tf1.missing import missing as _missing
from torchscope.training.contrib_optimizers import AdaMaxOptimizer as AdaMaxOptimizer
from torchscope.training.contrib_optimizers import AdamWOptimizer as AdamWOptimizer
from torchscope.training.contrib_optimizers import LazyAdamOptimizer as LazyAdamOptimizer
from torchscope.training.contrib_optimizers import MomentumWOptimizer as MomentumWOptimizer
from torchscope.training.contrib_optimizers import NadamOptimizer as NadamOptimizer


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
