"""tensorflow.python.ops.rnn_cell_impl: what of it is no part of tf."""

from torchscope.rnn.cell import zeros

__all__ = ["zeros"]


def __dir__() -> list[str]:
    return __all__
