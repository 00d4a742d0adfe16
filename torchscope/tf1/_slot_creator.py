"""tensorflow.python.training.slot_creator, which optimizers of TF1's kind import."""

from torchscope.optim.train.slot_creator import (
    create_slot,
    create_slot_with_initializer,
    create_zeros_slot,
)

__all__ = ["create_slot", "create_slot_with_initializer", "create_zeros_slot"]


def __dir__() -> list[str]:
    return __all__
