"""tf.contrib.opt: the optimizers that came later."""

from torchscope.optim.train.contrib_optimizers import (
    AdaMaxOptimizer,
    AdamWOptimizer,
    LazyAdamOptimizer,
    MomentumWOptimizer,
    NadamOptimizer,
)
from torchscope.tf1.missing import missing as _missing

__all__ = [
    "AdaMaxOptimizer",
    "AdamWOptimizer",
    "LazyAdamOptimizer",
    "MomentumWOptimizer",
    "NadamOptimizer",
]


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
