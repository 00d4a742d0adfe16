"""The optimizers of tf.train."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor

from torchscope import optim
from torchscope._core.pytorch.fakes import has_values
from torchscope.optim.train.by_algorithm import ByAlgorithm


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

    algorithm: ClassVar[type[optim.Optimizer]] = optim.GradientDescent
    options: ClassVar[dict[str, str]] = {"lr": "_learning_rate"}

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

    algorithm: ClassVar[type[optim.Optimizer]] = optim.Momentum
    options: ClassVar[dict[str, str]] = {
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

    algorithm: ClassVar[type[optim.Optimizer]] = optim.Adam
    options: ClassVar[dict[str, str]] = {
        "lr": "_lr",
        "beta1": "_beta1",
        "beta2": "_beta2",
        "epsilon": "_epsilon",
    }

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

    algorithm: ClassVar[type[optim.Optimizer]] = optim.RMSProp
    options: ClassVar[dict[str, str]] = {
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


class AdagradOptimizer(ByAlgorithm):
    """Adagrad (tf.train.AdagradOptimizer); see `torchscope.optim.Adagrad`.

    Args:
        learning_rate: a number, a tensor, or a function that gives one.
        initial_accumulator_value: what sums of squares begin with.
        use_locking: accepted for TF1 code; it has no effect.
        name: in the name of the slot: 'w/Adagrad'.

    Raises:
        ValueError: sums do not begin above 0.
    """

    algorithm: ClassVar[type[optim.Optimizer]] = optim.Adagrad
    options: ClassVar[dict[str, str]] = {
        "lr": "_learning_rate",
        "initial_accumulator_value": "_initial_accumulator_value",
    }

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value


class _OfAStep(optim.AdagradDA):
    """The algorithm where somebody else counts the steps."""

    @classmethod
    def numbers(cls, options: Mapping[str, Any]) -> dict[str, float | Tensor]:
        """None: the global step is given."""
        return {}

    @classmethod
    def finish(cls, options: Any) -> None:
        """Counts nothing."""


class AdagradDAOptimizer(ByAlgorithm):
    """Adagrad by dual averaging (tf.train.AdagradDAOptimizer); see `torchscope.optim.AdagradDA`.

    Args:
        learning_rate: a number, a tensor, or a function that gives one.
        global_step: how many steps were taken: a variable, which `minimize` counts in.
        initial_gradient_squared_accumulator_value: what sums of squares begin with.
        l1_regularization_strength: how far sums of gradients may be from 0, for each step, and give 0.
        l2_regularization_strength: what makes variables smaller, the more the longer.
        use_locking: accepted for TF1 code; it has no effect.
        name: in the names of the slots: 'w/AdagradDA' and 'w/AdagradDA_1'.

    Raises:
        ValueError: sums do not begin above 0.
    """

    algorithm: ClassVar[type[optim.Optimizer]] = _OfAStep
    options: ClassVar[dict[str, str]] = {
        "lr": "_learning_rate",
        "initial_gradient_squared_accumulator_value": "_initial_gradient_squared_accumulator_value",
        "l1_regularization_strength": "_l1_regularization_strength",
        "l2_regularization_strength": "_l2_regularization_strength",
    }

    def __init__(
        self,
        learning_rate: Any,
        global_step: Any,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "AdagradDA",
    ) -> None:
        if initial_gradient_squared_accumulator_value <= 0.0:
            raise ValueError(
                "initial_gradient_squared_accumulator_value must be positive: "
                f"{initial_gradient_squared_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._learning_rate, self._global_step = learning_rate, global_step
        self._initial_gradient_squared_accumulator_value = (
            initial_gradient_squared_accumulator_value
        )
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _given(self) -> dict[str, Any]:
        step = self._global_step
        at_hand = isinstance(step, Tensor) and step.is_cpu and has_values(step)
        return {**super()._given(), "global_step": step.item() if at_hand else step}


class AdadeltaOptimizer(ByAlgorithm):
    """Adadelta (tf.train.AdadeltaOptimizer); see `torchscope.optim.Adadelta`.

    Args:
        learning_rate: a number, a tensor, or a function that gives one.
        rho: the same.
        epsilon: the same.
        use_locking: accepted for TF1 code; it has no effect.
        name: in the names of the slots: 'w/Adadelta' and 'w/Adadelta_1'.
    """

    algorithm: ClassVar[type[optim.Optimizer]] = optim.Adadelta
    options: ClassVar[dict[str, str]] = {"lr": "_lr", "rho": "_rho", "epsilon": "_epsilon"}

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr, self._rho, self._epsilon = learning_rate, rho, epsilon


class FtrlOptimizer(ByAlgorithm):
    """Follow the regularized leader (tf.train.FtrlOptimizer); see `torchscope.optim.Ftrl`.

    Args:
        learning_rate: a number, a tensor, or a function that gives one.
        learning_rate_power: how the rate falls with the sum of squares; 0 or less.
        initial_accumulator_value: what sums of squares begin with.
        l1_regularization_strength: 0 or more.
        l2_regularization_strength: 0 or more.
        use_locking: accepted for TF1 code; it has no effect.
        name: in the names of the slots: 'w/Ftrl' and 'w/Ftrl_1'.
        accum_name: what the sums of squares are called instead.
        linear_name: what the other slot is called instead.
        l2_shrinkage_regularization_strength: 0 or more.

    Raises:
        ValueError: a number is out of its range.
    """

    algorithm: ClassVar[type[optim.Optimizer]] = optim.Ftrl
    options: ClassVar[dict[str, str]] = {
        "lr": "_learning_rate",
        "learning_rate_power": "_learning_rate_power",
        "initial_accumulator_value": "_initial_accumulator_value",
        "l1_regularization_strength": "_l1_regularization_strength",
        "l2_regularization_strength": "_l2_regularization_strength",
        "l2_shrinkage_regularization_strength": "_l2_shrinkage_regularization_strength",
    }

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate, self._learning_rate_power = learning_rate, learning_rate_power
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self._names = {"accum": accum_name or name, "linear": linear_name or name}
        # A rate that a schedule gives is 0 at times, and is not refused for it.
        self.algorithm.check({**self._given(), "lr": 1.0})

    def _slot_names(self) -> dict[str, str]:
        return self._names


class ProximalGradientDescentOptimizer(ByAlgorithm):
    """Gradient descent that is drawn to 0 (tf.train.ProximalGradientDescentOptimizer).

    See `torchscope.optim.ProximalGradientDescent`.

    Args:
        learning_rate: a number, a tensor, or a function that gives one.
        l1_regularization_strength: 0 or more.
        l2_regularization_strength: 0 or more.
        use_locking: accepted for TF1 code; it has no effect.
        name: the optimizer's name.
    """

    algorithm: ClassVar[type[optim.Optimizer]] = optim.ProximalGradientDescent
    options: ClassVar[dict[str, str]] = {
        "lr": "_learning_rate",
        "l1_regularization_strength": "_l1_regularization_strength",
        "l2_regularization_strength": "_l2_regularization_strength",
    }

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength


class ProximalAdagradOptimizer(ByAlgorithm):
    """Adagrad that is drawn to 0 (tf.train.ProximalAdagradOptimizer).

    See `torchscope.optim.ProximalAdagrad`.

    Args:
        learning_rate: a number, a tensor, or a function that gives one.
        initial_accumulator_value: what sums of squares begin with.
        l1_regularization_strength: 0 or more.
        l2_regularization_strength: 0 or more.
        use_locking: accepted for TF1 code; it has no effect.
        name: in the name of the slot: 'w/ProximalAdagrad'.

    Raises:
        ValueError: sums do not begin above 0.
    """

    algorithm: ClassVar[type[optim.Optimizer]] = optim.ProximalAdagrad
    options: ClassVar[dict[str, str]] = {
        "lr": "_learning_rate",
        "initial_accumulator_value": "_initial_accumulator_value",
        "l1_regularization_strength": "_l1_regularization_strength",
        "l2_regularization_strength": "_l2_regularization_strength",
    }

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
