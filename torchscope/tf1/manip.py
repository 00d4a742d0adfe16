"""tf.manip: tensors in another shape or order."""

from torchscope.ops.blocks import batch_to_space_nd as batch_to_space_nd
from torchscope.ops.blocks import space_to_batch_nd as space_to_batch_nd
from torchscope.ops.picking import gather_nd as gather_nd
from torchscope.ops.reordering import reverse_v2 as reverse
from torchscope.ops.reordering import roll as roll
from torchscope.ops.repeating import tile as tile
from torchscope.ops.scattering import scatter_nd as scatter_nd
from torchscope.ops.shaping import reshape as reshape
