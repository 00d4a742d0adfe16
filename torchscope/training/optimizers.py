"""The optimizers of tf.train."""

from __future__ import annotations

from typing import Any, ClassVar

from torchscope import optim
from torchscope.training.by_algorithm import ByAlgorithm


class GradientDescentOptimizer(ByAlgorithm):
    """Gradient descent (tf.train.GradientDescentOptimizer).

    >>> import torch, torchscope as ts
    >>> from torchscope import tf1 as tf
    >>> def model(x):
    ...     loss = ts.get_variable("w", initializer=2.0) * x
    ...     return loss, tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    >>> net = ts.ScopedModule(model)
    >>> net(torch.tensor(3.0))[1].run()
    >>> net.registry.variables["w"].item()
    0.5

    Args:
        learning_rate: a number, a tensor, or a function that gives one.
        use_locking: accepted for TF1 code; it has no effect.
        name: the optimizer's name.
    """

    algorithm = optim.GradientDescent
    options: ClassVar = {"lr": "_learning_rate"}

    def __init__(
        self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate


class MomentumOptimizer(ByAlgorithm):
    """Momentum (tf.train.MomentumOptimizer); see `torchscope.optim.Momentum`.

    Args:
        learning_rate: a number, a tensor, or a function that gives one.
        momentum: the same.
        use_locking: accepted for TF1 code; it has no effect.
        name: in the names of the slots: 'w/Momentum'.
        use_nesterov: whether it is Nesterov's momentum.
    """

    algorithm = optim.Momentum
    options: ClassVar = {
        "lr": "_learning_rate",
        "momentum": "_momentum",
        "use_nesterov": "_use_nesterov",
    }

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate, self._momentum = learning_rate, momentum
        self._use_nesterov = use_nesterov


class AdamOptimizer(ByAlgorithm):
    """Adam (tf.train.AdamOptimizer); see `torchscope.optim.Adam`.

    >>> import torch, torchscope as ts
    >>> from torchscope import tf1 as tf
    >>> def model(x):
    ...     loss = ts.get_variable("w", initializer=2.0) * x
    ...     return loss, tf.train.AdamOptimizer(0.5).minimize(loss)
    >>> net = ts.build(ts.ScopedModule(model), torch.tensor(3.0))
    >>> [v.op.name for v in net.registry.global_variables()]
    ['w', 'beta1_power', 'beta2_power', 'w/Adam', 'w/Adam_1']

    Args:
        learning_rate: a number, a tensor, or a function that gives one.
        beta1: the same.
        beta2: the same.
        epsilon: the same.
        use_locking: accepted for TF1 code; it has no effect.
        name: in the names of the slots: 'w/Adam' and 'w/Adam_1'.
    """

    algorithm = optim.Adam
    options: ClassVar = {"lr": "_lr", "beta1": "_beta1", "beta2": "_beta2", "epsilon": "_epsilon"}

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr, self._beta1, self._beta2, self._epsilon = learning_rate, beta1, beta2, epsilon


class RMSPropOptimizer(ByAlgorithm):
    """RMSProp (tf.train.RMSPropOptimizer); see `torchscope.optim.RMSProp`.

    Args:
        learning_rate: a number, a tensor, or a function that gives one.
        decay: the same.
        momentum: the same.
        epsilon: the same.
        use_locking: accepted for TF1 code; it has no effect.
        centered: whether the square of the gradients' average is taken from that of their squares.
        name: in the names of the slots: 'w/RMSProp', 'w/RMSProp_1' and so on.
    """

    algorithm = optim.RMSProp
    options: ClassVar = {
        "lr": "_learning_rate",
        "decay": "_decay",
        "momentum": "_momentum",
        "epsilon": "_epsilon",
        "centered": "_centered",
    }

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate, self._decay = learning_rate, decay
        self._momentum, self._epsilon, self._centered = momentum, epsilon, centered
