"""Regularizers: from a variable its loss, for REGULARIZATION_LOSSES (tf.contrib.layers' and Keras's)."""

# Those with a line before their names are looked for here by what 0.1.0 has pickled.
from torchscope._core.values.regularizers import (  # noqa: F401
    _L1,
    _L2,
    Regularizer,
    _Keras,
    _Sum,
    keras_l1,
    keras_l1_l2,
    keras_l2,
    l1_l2_regularizer,
    l1_regularizer,
    l2_regularizer,
    sum_regularizer,
)

__all__ = [
    "Regularizer",
    "keras_l1",
    "keras_l1_l2",
    "keras_l2",
    "l1_l2_regularizer",
    "l1_regularizer",
    "l2_regularizer",
    "sum_regularizer",
]


def __dir__() -> list[str]:
    return __all__
