"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope.optim.train.contrib_optimizers import (
    AdaMaxOptimizer,
    AdamWOptimizer,
    LazyAdamOptimizer,
    MomentumWOptimizer,
    NadamOptimizer,
)
