"""PyTorch's optimizers with the numbers of TF1's."""

from torchscope.optim.adadelta import Adadelta
from torchscope.optim.adafactor import Adafactor
from torchscope.optim.adagrad import Adagrad, AdagradDA
from torchscope.optim.adam import Adam, LazyAdam
from torchscope.optim.adamax import AdaMax
from torchscope.optim.averaged import averaged
from torchscope.optim.ftrl import Ftrl
from torchscope.optim.gradient_descent import GradientDescent
from torchscope.optim.lars import LARS
from torchscope.optim.momentum import Momentum
from torchscope.optim.nadam import Nadam
from torchscope.optim.of_torch import from_torch, to_torch
from torchscope.optim.optimizer import Optimizer
from torchscope.optim.proximal import ProximalAdagrad, ProximalGradientDescent
from torchscope.optim.rmsprop import RMSProp
from torchscope.optim.schedulers import ScheduleLR
from torchscope.optim.weight_decay import AdamW, MomentumW

__all__ = [
    "LARS",
    "AdaMax",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "AdagradDA",
    "Adam",
    "AdamW",
    "Ftrl",
    "GradientDescent",
    "LazyAdam",
    "Momentum",
    "MomentumW",
    "Nadam",
    "Optimizer",
    "ProximalAdagrad",
    "ProximalGradientDescent",
    "RMSProp",
    "ScheduleLR",
    "averaged",
    "from_torch",
    "to_torch",
]


def __dir__() -> list[str]:
    return __all__
