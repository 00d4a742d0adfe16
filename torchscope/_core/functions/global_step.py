"""The global step: the variable by which TF1 counted training steps (tf.train)."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from torchscope._core.functions.collections import get_collection
from torchscope._core.initializers.determined import Zeros
from torchscope._core.passes import one_pass as passes
from torchscope._core.requests.get_variable import get_variable
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.variables import Variable
from torchscope._core.values import errors
from torchscope._core.values.conversion import dtype_name, shape_text

_INTEGERS = (torch.int32, torch.int64)


def get_global_step(graph: Any = None) -> Variable | None:
    """The global step, or None where there is none (tf.train.get_global_step).

    It is the one variable in the collection GLOBAL_STEP, or else the one named 'global_step'.

    >>> import torchscope as ts
    >>> ts.get_global_step() is None
    True

    Args:
        graph: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: what was found is no scalar, or no integer.
    """
    pass_ = passes.current()
    found = get_collection(GraphKeys.GLOBAL_STEP)
    if len(found) > 1:
        return None
    if found:
        step: Variable = found[0]
    else:
        named = [
            record
            for record in pass_.store.records
            if record.name == "global_step" and pass_.collected.sees(record)
        ]
        if not named:
            return None
        step = cast("Variable", pass_.store.variable_of(named[0]))
    assert_global_step(step)
    return step


def create_global_step(graph: Any = None) -> Variable:
    """Makes the global step, an int64 of 0 that is saved and not trained.

    Answers to tf.train.create_global_step.

    >>> import torchscope as ts
    >>> step = ts.create_global_step()
    >>> step.assign_add(1).item(), step.name
    (1, 'global_step:0')

    Args:
        graph: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there is one already.
    """
    pass_ = passes.current()
    existing = get_global_step()
    record = None if existing is None else pass_.store.record_of(existing)
    # One that an earlier pass made is claimed, as by get_variable.
    if existing is not None and (record is None or record in pass_.claims):
        raise ValueError(
            '"global_step" already exists. Use get_or_create_global_step, which finds it.'
            f"{errors.shared_by_all() if passes.active() is None else ''}"
        )
    step: Variable = get_variable(
        "global_step",
        shape=[],
        dtype=torch.int64,
        initializer=Zeros(),
        trainable=False,
        collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
    )
    return step


def get_or_create_global_step(graph: Any = None) -> Variable:
    """The global step, made where there is none (tf.train.get_or_create_global_step).

    >>> import torchscope as ts
    >>> ts.get_or_create_global_step() is ts.get_or_create_global_step()
    True

    Args:
        graph: accepted for TF1 code; it has no effect.
    """
    step: Variable | None = get_global_step()
    return create_global_step() if step is None else step


def assert_global_step(global_step_tensor: Any) -> None:
    """Refuses what can be no global step (tf.train.assert_global_step).

    >>> import torchscope as ts
    >>> assert_global_step(ts.create_global_step())

    Args:
        global_step_tensor: a variable or a tensor.

    Raises:
        TypeError: it is none, no scalar, or no integer.
    """
    step = global_step_tensor
    if not isinstance(step, torch.Tensor):
        raise TypeError(f'Existing "global_step" must be a Variable or Tensor: {step}.')
    if step.dtype not in _INTEGERS:
        raise TypeError(
            'Existing "global_step" does not have integer type: '
            f"<dtype: '{dtype_name(step.dtype)}'>"
        )
    if step.ndim:
        raise TypeError(f'Existing "global_step" is not scalar: {shape_text(step.shape)}')


def assert_or_get_global_step(graph: Any = None, global_step_tensor: Any = None) -> Tensor | None:
    """What is given, if it can be a global step; else the global step, or None.

    Answers to tf.contrib.framework.assert_or_get_global_step.

    >>> assert_or_get_global_step() is None
    True

    Args:
        graph: accepted for TF1 code; it has no effect.
        global_step_tensor: a variable or a tensor, or None for the global step.

    Raises:
        TypeError: it is no tensor, no scalar, or no integer.
    """
    if global_step_tensor is None:
        return get_global_step()
    assert_global_step(global_step_tensor)
    given: Tensor = global_step_tensor
    return given
