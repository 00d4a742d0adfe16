"""A matrix product and a bias."""

from __future__ import annotations

from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, check_same_dtype
from torchscope._core.values.conversion import shape_text
from torchscope.nn.activations import relu
from torchscope.nn.convolution import bias_add


def xw_plus_b(x: Tensor, weights: Tensor, biases: Tensor, name: str | None = None) -> Tensor:
    """``x @ weights + biases`` (tf.nn.xw_plus_b).

    >>> xw_plus_b(torch.ones(1, 2), torch.ones(2, 3), torch.tensor([0.0, 1.0, 2.0]))
    tensor([[2., 3., 4.]])

    Args:
        x: (..., N, I).
        weights: (I, O), or a batch of such matrices as torch.matmul takes it.
        biases: (O,).
        name: accepted for TF1 code; it has no effect.

    Returns:
        (..., N, O).

    Raises:
        ValueError: the shapes do not fit.
        TypeError: the dtypes differ.
    """
    x, weights, biases = as_tensor(x), as_tensor(weights), as_tensor(biases)
    check_same_dtype("MatMul", "a", x, "b", weights)
    for each in (x, weights):
        if each.ndim < 2:
            raise ValueError(f"Shape must be rank 2 but is rank {each.ndim}: {_both(x, weights)}")
    if x.shape[-1] != weights.shape[-2]:
        raise ValueError(
            f"Dimensions must be equal, but are {x.shape[-1]} and {weights.shape[-2]}: "
            f"{_both(x, weights)}"
        )
    return bias_add(x @ weights, biases)


def relu_layer(x: Tensor, weights: Tensor, biases: Tensor, name: str | None = None) -> Tensor:
    """``relu(x @ weights + biases)`` (tf.nn.relu_layer).

    >>> relu_layer(torch.ones(1, 2), torch.ones(2, 2), torch.tensor([-5.0, 1.0]))
    tensor([[0., 3.]])

    Args:
        x: (..., N, I).
        weights: (I, O), or a batch of such matrices as torch.matmul takes it.
        biases: (O,).
        name: accepted for TF1 code; it has no effect.

    Returns:
        (..., N, O).

    Raises:
        ValueError: the shapes do not fit.
        TypeError: the dtypes differ.
    """
    return relu(xw_plus_b(x, weights, biases))


def _both(x: Tensor, weights: Tensor) -> str:
    return (
        f"x has shape {shape_text(x.shape)}, the weights {shape_text(weights.shape)}. "
        "Rows of x meet columns of the weights: (N, I) and (I, O)."
    )
