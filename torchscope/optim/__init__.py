"""PyTorch's optimizers with the numbers of TF1's."""

from torchscope.optim.adadelta import Adadelta as Adadelta
from torchscope.optim.adafactor import Adafactor as Adafactor
from torchscope.optim.adagrad import Adagrad as Adagrad
from torchscope.optim.adagrad import AdagradDA as AdagradDA
from torchscope.optim.adam import Adam as Adam
from torchscope.optim.adam import LazyAdam as LazyAdam
from torchscope.optim.adamax import AdaMax as AdaMax
from torchscope.optim.ftrl import Ftrl as Ftrl
from torchscope.optim.gradient_descent import GradientDescent as GradientDescent
from torchscope.optim.lars import LARS as LARS
from torchscope.optim.momentum import Momentum as Momentum
from torchscope.optim.nadam import Nadam as Nadam
from torchscope.optim.of_torch import from_torch as from_torch
from torchscope.optim.of_torch import to_torch as to_torch
from torchscope.optim.optimizer import Optimizer as Optimizer
from torchscope.optim.proximal import ProximalAdagrad as ProximalAdagrad
from torchscope.optim.proximal import ProximalGradientDescent as ProximalGradientDescent
from torchscope.optim.rmsprop import RMSProp as RMSProp
from torchscope.optim.schedulers import ScheduleLR as ScheduleLR
from torchscope.optim.weight_decay import AdamW as AdamW
from torchscope.optim.weight_decay import MomentumW as MomentumW
