"""PyTorch's optimizers with the numbers of TF1's."""

from torchscope.optim.adam import Adam as Adam
from torchscope.optim.gradient_descent import GradientDescent as GradientDescent
from torchscope.optim.momentum import Momentum as Momentum
from torchscope.optim.of_torch import from_torch as from_torch
from torchscope.optim.of_torch import to_torch as to_torch
from torchscope.optim.optimizer import Optimizer as Optimizer
from torchscope.optim.rmsprop import RMSProp as RMSProp
