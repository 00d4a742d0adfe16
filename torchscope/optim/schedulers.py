"""TF1's schedules for an optimizer of PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from torchscope._core.modules.scoped_module import ScopedModule

Schedule = Callable[[Any, int], Any]


class ScheduleLR(LRScheduler):
    """Has the learning rates follow a schedule of TF1's: an LRScheduler.

    >>> from functools import partial
    >>> from torchscope.optim.train.schedules import exponential_decay
    >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    >>> decay = partial(exponential_decay, decay_steps=2, decay_rate=0.25)
    >>> scheduler = ScheduleLR(optimizer, decay)
    >>> for _ in range(3):
    ...     print(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    [0.5]
    [0.25]
    [0.125]

    `step` is called after each step of the optimizer, not after an epoch: TF1's global step counts them.
    Any function of a rate and a step will do, so TF1 code goes in as it is:

    >>> def warm(rate, step):
    ...     return rate * min(step / 4, 1.0)
    >>> ScheduleLR(torch.optim.SGD([torch.zeros(1)], lr=0.5), warm).get_last_lr()
    [0.0]

    Each group of parameters starts from its own rate. Rates are TF1's float32, as floats of Python's, or in the
    tensor that a group has for its rate, for which no device is read. What other schedulers, or you, multiply a
    rate by is kept: chain it with others, put it into a SequentialLR, or beside a ReduceLROnPlateau. While the
    rate is 0, what it is multiplied by does not show, and is lost.

    PyTorch's own give the same rates, but for rounding, where they are made thus:

    | PyTorch | TF1 | differs |
    | --- | --- | --- |
    | ``ExponentialLR(o, gamma)`` | ``exponential_decay``, decay_steps=1, decay_rate=gamma | |
    | ``StepLR(o, n, gamma)`` | the same with decay_steps=n, staircase=True | |
    | ``MultiStepLR(o, [m], gamma)`` | ``rate * piecewise_constant(step, [m - 1], [1.0, gamma])`` | TF1 changes behind a boundary, PyTorch at a milestone |
    | ``PolynomialLR(o, n, power)`` | ``polynomial_decay``, decay_steps=n, end_learning_rate=0 | TF1's end is 0.0001 by default |
    | ``CosineAnnealingLR(o, n, least)`` | ``cosine_decay``, decay_steps=n, alpha=least / lr | up to n: then PyTorch's rises again, and TF1's stays |
    | ``CosineAnnealingWarmRestarts(o, n, k)`` | ``cosine_decay_restarts``, first_decay_steps=n, t_mul=k | TF1's k is 2 by default, PyTorch's 1 |

    Its `state_dict` has no schedule in it: make the scheduler anew, and load that.

    Args:
        optimizer: whose rates it sets.
        schedule: gets a group's first rate and the step, an integer; gives the rate, a number or a tensor of
            one. What it draws, as a noisy schedule does, it draws for each group.
        last_epoch: the step before the one to go on with, whose groups have `initial_lr`; -1 to begin.

    Raises:
        TypeError: the optimizer is none, or the schedule cannot be called.
        KeyError: a group has no `initial_lr` to go on with.
    """

    def __init__(self, optimizer: Optimizer, schedule: Schedule, last_epoch: int = -1) -> None:
        if not callable(schedule):
            raise TypeError(
                f"ScheduleLR wants a function of a rate and a step, and got {schedule!r}. Write "
                "functools.partial(exponential_decay, decay_steps=100, decay_rate=0.5), or a lambda."
            )
        # Each call is a pass of its own: the default one would keep the names of all steps.
        self.schedule: ScopedModule[[Any, int], Any] = ScopedModule(schedule)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | Tensor]:
        """The rates of this step, for PyTorch to set: call `get_last_lr` to see what they are."""
        now = [group["lr"] for group in self.optimizer.param_groups]
        if self.last_epoch == 0:
            # Schedulers that were made before this one have had their first step.
            others = [_ratio(*pair) for pair in zip(now, self.base_lrs, strict=True)]
        elif hasattr(self, "others"):
            since = zip(self.others, now, self.get_last_lr(), strict=True)
            others = [before * _ratio(lr, last) for before, lr, last in since]
        else:
            return self._get_closed_form_lr()
        return self._rates(others)

    def _get_closed_form_lr(self) -> list[float | Tensor]:
        """The rates where nothing before this step counts, as where a SequentialLR comes to this scheduler."""
        return self._rates([1.0 for _ in self.base_lrs])

    def _rates(self, others: list[Any]) -> list[float | Tensor]:
        """The schedule's rates, times what others have multiplied them by."""
        with torch.no_grad():
            rates = [self.schedule(each, self.last_epoch) for each in self.base_lrs]
        self.others = others
        return [
            (rate if isinstance(base, Tensor) else float(rate)) * other
            for rate, other, base in zip(rates, others, self.base_lrs, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        """What to save: all but the optimizer and the schedule."""
        state: dict[str, Any] = super().state_dict()
        return {key: value for key, value in state.items() if key != "schedule"}


def _ratio(now: Any, then: Any) -> Any:
    """How many times as high a rate is as it was; 1 where it was 0."""
    if isinstance(now, Tensor):
        return torch.where(then == 0, 1.0, now / then)
    return now / then if then else 1.0
