"""tensorflow.python.training.slot_creator, which optimizers of TF1's kind import."""

from torchscope.training.slot_creator import create_slot as create_slot
from torchscope.training.slot_creator import (
    create_slot_with_initializer as create_slot_with_initializer,
)
from torchscope.training.slot_creator import create_zeros_slot as create_zeros_slot
