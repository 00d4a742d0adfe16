"""Optimizers of tf.contrib.opt."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, ClassVar

from torchscope import optim
from torchscope._core.operations.operation import Operation
from torchscope.optim.train.by_algorithm import ByAlgorithm
from torchscope.optim.train.optimizers import AdamOptimizer, MomentumOptimizer


class LazyAdamOptimizer(AdamOptimizer):
    """Adam that moves gathered rows alone (tf.contrib.opt.LazyAdamOptimizer); see `torchscope.optim.LazyAdam`."""

    algorithm: ClassVar[type[optim.Optimizer]] = optim.LazyAdam


class NadamOptimizer(AdamOptimizer):
    """Adam with Nesterov's momentum (tf.contrib.opt.NadamOptimizer); see `torchscope.optim.Nadam`."""

    algorithm: ClassVar[type[optim.Optimizer]] = optim.Nadam


class AdaMaxOptimizer(AdamOptimizer):
    """Adam by largest gradients (tf.contrib.opt.AdaMaxOptimizer); see `torchscope.optim.AdaMax`.

    Args:
        learning_rate: a number, a tensor, or a function that gives one.
        beta1: the same.
        beta2: the same.
        epsilon: the same.
        use_locking: accepted for TF1 code; it has no effect.
        name: in the names of the slots: 'w/AdaMax' and 'w/AdaMax_1'.
    """

    algorithm: ClassVar[type[optim.Optimizer]] = optim.AdaMax

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "AdaMax",
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)


class _Decaying(ByAlgorithm, assigns=False):
    """An optimizer before whose steps variables lose a share of themselves."""

    _decay_var_list: frozenset[str] = frozenset()

    def minimize(self, *args: Any, decay_var_list: Any = None, **kwargs: Any) -> Operation:
        """As `tf.train.Optimizer.minimize`; all variables that it moves decay, as in TF1."""
        if decay_var_list:
            warnings.warn(
                "minimize(decay_var_list=...) has no effect in TF1, nor here: all variables decay. Write "
                "optimizer.apply_gradients(optimizer.compute_gradients(loss), decay_var_list=...).",
                stacklevel=2,
            )
        return super().minimize(*args, **kwargs)

    def apply_gradients(
        self,
        grads_and_vars: Iterable[Any],
        global_step: Any = None,
        name: str | None = None,
        decay_var_list: Iterable[Any] | None = None,
    ) -> Operation:
        """As `tf.train.Optimizer.apply_gradients`; of the variables those in `decay_var_list` decay, or all."""
        self._decay_var_list = frozenset(each.op.name for each in decay_var_list or ())
        return super().apply_gradients(grads_and_vars, global_step, name)

    def _own(self, variable: Any) -> dict[str, Any]:
        if not self._decay_var_list or variable.op.name in self._decay_var_list:
            return {}
        return {"weight_decay": 0.0}


class AdamWOptimizer(_Decaying, AdamOptimizer):
    """Adam with decoupled weight decay (tf.contrib.opt.AdamWOptimizer); see `torchscope.optim.AdamW`.

    Args:
        weight_decay: the share that a variable loses in a step: a number, a tensor, or a function that gives one.
        learning_rate: the same.
        beta1: the same.
        beta2: the same.
        epsilon: the same.
        use_locking: accepted for TF1 code; it has no effect.
        name: in the names of the slots: 'w/AdamW' and 'w/AdamW_1'.
    """

    algorithm: ClassVar[type[optim.Optimizer]] = optim.AdamW
    options: ClassVar[dict[str, str]] = {**AdamOptimizer.options, "weight_decay": "_weight_decay"}

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "AdamW",
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)
        self._weight_decay = weight_decay


class MomentumWOptimizer(_Decaying, MomentumOptimizer):
    """Momentum with decoupled weight decay (tf.contrib.opt.MomentumWOptimizer).

    See `torchscope.optim.MomentumW`.

    Args:
        weight_decay: the share that a variable loses in a step: a number, a tensor, or a function that gives one.
        learning_rate: the same.
        momentum: the same.
        use_locking: accepted for TF1 code; it has no effect.
        name: in the name of the slot: 'w/MomentumW'.
        use_nesterov: whether it is Nesterov's momentum.
    """

    algorithm: ClassVar[type[optim.Optimizer]] = optim.MomentumW
    options: ClassVar[dict[str, str]] = {
        **MomentumOptimizer.options,
        "weight_decay": "_weight_decay",
    }

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "MomentumW",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(learning_rate, momentum, use_locking, name, use_nesterov)
        self._weight_decay = weight_decay
