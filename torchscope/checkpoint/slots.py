"""What an optimizer keeps beside the variables, told by its names: of no use but to train on."""

from __future__ import annotations

import re
from collections.abc import Mapping

# By tf.train's optimizers, those of BERT and LAMB, and tf.contrib's.
_NAMES = (
    "Adadelta|Adagrad|AdagradDA|Adam|AdaMax|Ftrl|LAMB|LARS|LazyAdam|Momentum|Nadam|ProximalAdagrad"
    "|RMSProp|YFOptimizer|adam_m|adam_v|lamb_m|lamb_v"
)
_SLOT = re.compile(rf"(?P<variable>.+)/(?:{_NAMES})(?:_\d+)?", re.DOTALL)
_POWER = re.compile(r"(?:.*/)?beta[12]_power(?:_\d+)?", re.DOTALL)


def slots(shapes: Mapping[str, tuple[int, ...]]) -> set[str]:
    """The names of the slots of optimizers.

    A slot is called as its variable is, and then as the optimizer; the scope in which the optimizer
    was used may come first. What has another shape than its variable is none, and moving averages
    are none.

    >>> sorted(slots({"fc/w": (2,), "fc/w/Adam": (2,), "train/fc/w/Adam_1": (2,), "beta1_power": ()}))
    ['beta1_power', 'fc/w/Adam', 'train/fc/w/Adam_1']
    >>> slots({"Adam": (2,), "fc/w": (2,), "fc/w/ExponentialMovingAverage": (2,)})
    set()
    """
    found = set()
    for name, shape in shapes.items():
        slot = _SLOT.fullmatch(name)
        if slot is None:
            if not shape and _POWER.fullmatch(name):
                found.add(name)
            continue
        variable = slot["variable"]
        while variable:
            if shapes.get(variable) == shape:
                found.add(name)
                break
            variable = variable.partition("/")[2]
    return found
