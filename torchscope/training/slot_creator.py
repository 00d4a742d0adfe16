"""Stub."""

from typing import Any

from torchscope.getters import get_variable
from torchscope.initializers import Zeros
from torchscope.scopes import variable_scope


def create_zeros_slot(primary: Any, name: str, dtype: Any = None) -> Any:
    with variable_scope(None, primary.op.name + "/" + name):
        return get_variable(
            "",
            shape=list(primary.shape),
            dtype=dtype or primary.dtype,
            initializer=Zeros(),
            trainable=False,
        )


def create_slot_with_initializer(
    primary: Any, initializer: Any, shape: Any, dtype: Any, name: str
) -> Any:
    with variable_scope(None, primary.op.name + "/" + name):
        return get_variable(
            "", shape=list(shape), dtype=dtype, initializer=initializer, trainable=False
        )


def create_slot(primary: Any, val: Any, name: str) -> Any:
    with variable_scope(None, primary.op.name + "/" + name):
        return get_variable("", initializer=val, trainable=False)
