"""tf.manip: tensors in another shape or order."""

from torchscope._core.ops.blocks import batch_to_space_nd, space_to_batch_nd
from torchscope._core.ops.picking import gather_nd
from torchscope._core.ops.reordering import reverse_v2 as reverse
from torchscope._core.ops.reordering import roll
from torchscope._core.ops.repeating import tile
from torchscope._core.ops.scattering import scatter_nd
from torchscope._core.ops.shaping import reshape

__all__ = [
    "batch_to_space_nd",
    "gather_nd",
    "reshape",
    "reverse",
    "roll",
    "scatter_nd",
    "space_to_batch_nd",
    "tile",
]


def __dir__() -> list[str]:
    return __all__
