"""What an optimizer keeps beside the variables, told by its names: of no use but to train on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

# By tf.train's optimizers, those of BERT and LAMB, and tf.contrib's.
_NAMES = (
    "Adadelta|Adafactor|Adagrad|AdagradDA|Adam|AdamW|AdaMax|Ftrl|LAMB|LARS|LARSOptimizer|LazyAdam"
    "|Momentum|MomentumW|Nadam|ProximalAdagrad|RMSProp|YFOptimizer|adam_m|adam_v|lamb_m|lamb_v"
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


class Slot(NamedTuple):
    """A slot in a checkpoint.

    Attributes:
        name: its name.
        scope: the scope before the name of its variable, or ''.
    """

    name: str
    scope: str


def slots_by_variable(
    names: Iterable[str], optimizers: Iterable[str] = ()
) -> dict[str, list[Slot]]:
    """The slots of each variable of a checkpoint, whatever their shapes.

    >>> slots_by_variable(["w", "train/w/Adam", "w/Mine"], ["Mine"])
    {'w': [Slot(name='train/w/Adam', scope='train'), Slot(name='w/Mine', scope='')]}

    Args:
        names: all names in the checkpoint.
        optimizers: names of optimizers, besides those that are known.
    """
    known = set(names)
    more = "".join(f"|{re.escape(name)}" for name in optimizers)
    pattern = re.compile(rf"(?P<variable>.+)/(?:{_NAMES}{more})(?:_\d+)?", re.DOTALL)
    found: dict[str, list[Slot]] = {}
    for name in sorted(known):
        slot = pattern.fullmatch(name)
        variable = "" if slot is None else slot["variable"]
        # The longest name is that of the variable.
        while variable and variable not in known:
            variable = variable.partition("/")[2]
        if slot is not None and variable:
            scope = slot["variable"].removesuffix(variable).rstrip("/")
            found.setdefault(variable, []).append(Slot(name, scope))
    return found
