"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope.optim.train.exponential_moving_average import ExponentialMovingAverage
