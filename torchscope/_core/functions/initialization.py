"""Initialisation, which TF1 ran as an operation: here variables have their values once made.

The functions that gave such an operation give a function here; to call it is to run it, and gives
the variables their first values again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.functions.collections import global_variables, local_variables
from torchscope._core.passes import one_pass as passes
from torchscope._core.store.variables import Variable


def variables_initializer(var_list: Iterable[Tensor], name: str = "init") -> Callable[[], None]:
    """A function that gives some variables their first values again (tf.variables_initializer).

    >>> import torchscope as ts
    >>> w = ts.get_variable("w", initializer=[1.0])
    >>> init = ts.variables_initializer([w])
    >>> _ = w.assign([5.0])
    >>> init()
    >>> w.tolist()
    [1.0]

    Args:
        var_list: the variables.
        name: accepted for TF1 code; it has no effect.
    """
    registry, variables = passes.current().registry, list(var_list)

    def initialize() -> None:
        registry.initialize_(variables)

    return initialize


def global_variables_initializer() -> Callable[[], None]:
    """A function that gives the global variables their first values again.

    Answers to tf.global_variables_initializer.

    >>> import torchscope as ts
    >>> ts.global_variables_initializer()()
    """
    return variables_initializer(global_variables())


def local_variables_initializer() -> Callable[[], None]:
    """A function that gives the local variables their first values again.

    Answers to tf.local_variables_initializer.

    >>> import torchscope as ts
    >>> ts.local_variables_initializer()()
    """
    return variables_initializer(local_variables())


def is_variable_initialized(variable: Tensor) -> Tensor:
    """A tensor with True: a variable has its value once it is made (tf.is_variable_initialized).

    >>> import torchscope as ts
    >>> ts.is_variable_initialized(ts.get_variable("w", [1]))
    tensor(True)
    """
    return torch.tensor(data=True)


def report_uninitialized_variables(
    var_list: Iterable[Tensor] | None = None, name: str = "report_uninitialized_variables"
) -> list[str]:
    """The names of the variables without a value, of which there are none.

    Answers to tf.report_uninitialized_variables.

    >>> import torchscope as ts
    >>> ts.report_uninitialized_variables()
    []

    Args:
        var_list: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.
    """
    return []


def assign(
    ref: Any, value: Any, validate_shape: Any = None, use_locking: Any = None, name: Any = None
) -> Variable:
    """``ref.assign(value)`` (tf.assign).

    >>> import torchscope as ts
    >>> ts.assign(ts.Variable([1.0]), [2.0]).tolist()
    [2.0]
    """
    assigned: Variable = ref.assign(value)
    return assigned


def assign_add(ref: Any, value: Any, use_locking: Any = None, name: Any = None) -> Variable:
    """``ref.assign_add(value)`` (tf.assign_add).

    >>> import torchscope as ts
    >>> ts.assign_add(ts.Variable([1.0]), [2.0]).tolist()
    [3.0]
    """
    assigned: Variable = ref.assign_add(value)
    return assigned


def assign_sub(ref: Any, value: Any, use_locking: Any = None, name: Any = None) -> Variable:
    """``ref.assign_sub(value)`` (tf.assign_sub).

    >>> import torchscope as ts
    >>> ts.assign_sub(ts.Variable([1.0]), [2.0]).tolist()
    [-1.0]
    """
    assigned: Variable = ref.assign_sub(value)
    return assigned
