"""Images as sequences of columns and back, and labels as a sparse tensor (tf.contrib.layers)."""

from __future__ import annotations

from typing import Any

from einops import rearrange
from torch import Tensor

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import as_tensor, check_rank
from torchscope._core.ops.sparse.tensor import SparseTensor
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.values.conversion import shape_text
from torchscope.slim.arg_scope import add_arg_scope
from torchscope.slim.utils import collect_named_outputs


@add_arg_scope
def images_to_sequence(
    inputs: Any,
    data_format: str = "NHWC",
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """The columns of images, one after the other (tf.contrib.layers.images_to_sequence).

    >>> images_to_sequence(torch.ones(2, 3, 4, 5)).shape
    torch.Size([4, 6, 5])

    Args:
        inputs: (N, H, W, C), or (N, C, H, W) with data_format='NCHW'.
        data_format: 'NHWC' or 'NCHW'.
        outputs_collections: collections that the output is put into.
        scope: the name of a name scope.

    Returns:
        (W, N * H, C).

    Raises:
        ValueError: the format is unknown, or the rank is not 4.
    """
    if data_format not in ("NCHW", "NHWC"):
        raise ValueError(f"data_format has to be either NCHW or NHWC. It is {data_format!r}.")
    with name_scope(scope, "ImagesToSequence", [inputs]) as sc:
        images = as_tensor(inputs)
        check_rank("the input", images, 4)
        layout = "n c h w" if data_format == "NCHW" else "n h w c"
        outputs = rearrange(images, f"{layout} -> w (n h) c")
        return collect_named_outputs(outputs_collections, sc, outputs)


@add_arg_scope
def sequence_to_images(
    inputs: Any,
    height: int,
    output_data_format: str = "channels_last",
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """What `images_to_sequence` made, as images again (tf.contrib.layers.sequence_to_images).

    >>> sequence_to_images(torch.ones(4, 6, 5), height=3).shape
    torch.Size([2, 3, 4, 5])

    Args:
        inputs: (W, N * height, C).
        height: the images' height.
        output_data_format: 'channels_last' or 'channels_first'.
        outputs_collections: collections that the output is put into.
        scope: the name of a name scope.

    Returns:
        (N, height, W, C), or (N, C, height, W).

    Raises:
        ValueError: the rank is not 3, or the columns cannot be put into images of that height.
    """
    with name_scope(scope, "SequenceToImages", [inputs]) as sc:
        columns = as_tensor(inputs)
        check_rank("the input", columns, 3)
        if columns.shape[1] % height:
            raise ValueError(
                f"Cannot reshape a tensor of shape {shape_text(columns.shape)} into images: its second "
                f"dimension is no multiple of the height, {height}."
            )
        layout = "n c h w" if output_data_format == "channels_first" else "n h w c"
        outputs = rearrange(columns, f"w (n h) c -> {layout}", h=height)
        return collect_named_outputs(outputs_collections, sc, outputs)


@add_arg_scope
def dense_to_sparse(
    tensor: Any, eos_token: Any = 0, outputs_collections: Any = None, scope: Any = None
) -> SparseTensor:
    """What of a tensor is not `eos_token`, as a sparse tensor (tf.contrib.layers.dense_to_sparse).

    >>> dense_to_sparse([[5, 0], [7, 8]]).values
    tensor([5, 7, 8], dtype=torch.int32)

    Args:
        tensor: labels, as `nn.ctc_loss` takes them sparse.
        eos_token: what stands where a text is over.
        outputs_collections: collections that the output is put into.
        scope: the name of a scope, which has no variables.
    """
    with variable_scope(scope, "dense_to_sparse", [tensor]) as sc:
        dense = as_tensor(tensor)
        kept = dense != as_tensor(eos_token, dense, dense.dtype)
        found = SparseTensor(kept.nonzero(), dense[kept], dense.shape)
        outputs: Any = collect_named_outputs(outputs_collections, sc.name, found)  # type: ignore[arg-type]
        return outputs  # type: ignore[no-any-return]
