"""Rules: how the variables of a TF1 layer become the parameters of torch's module of that kind.

| module | in TF1 | in torch |
| --- | --- | --- |
| Conv1d, 2d, 3d | kernel (..., I, O) | weight (O, I, ...) |
| the same, depthwise | depthwise_kernel (..., C, M) | weight (C * M, 1, ...) |
| ConvTranspose1d, 2d, 3d | kernel (..., O, I) | weight (I, O, ...) |
| Linear | kernel (I, O) | weight (O, I) |
| BatchNorm | gamma, beta, moving_mean, moving_variance | weight, bias, running_mean, running_var |
| LayerNorm, GroupNorm, InstanceNorm | gamma, beta | weight, bias |
| Embedding, EmbeddingBag | embeddings (N, D) | weight (N, D) |
| LSTM, GRU, RNN, and their cells | see `recurrent` | |

A rule is chosen by the type of a module, never by a shape: of a square matrix the shape tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from torchscope.checkpoint.modules.recurrent import CannotConvertError, gru, lstm, rnn
from torchscope.checkpoint.modules.saved_scopes import SavedScope

Rule = Callable[[Any, SavedScope], Mapping[str, Tensor]]
"""A function of a module and of what the checkpoint has under its scope. It gives the module's
parameters and buffers, by their names in it. It is called twice, first with tensors on the meta
device, so it must not look at values."""

WEIGHTS = ("kernel", "weights", "w", "W")
BIASES = ("bias", "biases", "b")
DEPTHWISE = ("depthwise_kernel", "depthwise_weights", "w_dw")
POINTWISE = ("pointwise_kernel", "pointwise_weights", "w_pw")


def _given(**tensors: Tensor | None) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in tensors.items() if tensor is not None}


def convolution(module: _ConvNd, scope: SavedScope) -> dict[str, Tensor]:
    """Convolutions and transposed ones, depthwise ones, and both parts of separable ones."""
    depthwise = module.groups == module.in_channels and any(name in scope for name in DEPTHWISE)
    separable = any(name in scope for name in POINTWISE)
    if depthwise and not (separable and module.groups == 1):
        kernel = scope.one(*DEPTHWISE)
        _check_rank(kernel, module.weight.ndim)
        # (..., C, M): the channel M * c + m of the output is the m-th of c.
        weight = _channels_last_first(kernel.transpose(-1, -2)).flatten(0, 1).unsqueeze(1)
        # A separable convolution adds its bias behind the pointwise part.
        return _given(weight=weight, bias=None if separable else scope.get(*BIASES))
    kernel = scope.one(*WEIGHTS, *POINTWISE)
    _check_rank(kernel, module.weight.ndim)
    return _given(weight=_channels_last_first(kernel), bias=scope.get(*BIASES))


def _channels_last_first(kernel: Tensor) -> Tensor:
    """(..., A, B) as (B, A, ...)."""
    rank = kernel.ndim
    return kernel.permute(rank - 1, rank - 2, *range(rank - 2))


def _check_rank(kernel: Tensor, rank: int) -> None:
    if kernel.ndim != rank:
        raise CannotConvertError(
            f"A kernel of rank {rank} was expected, not {tuple(kernel.shape)}."
        )


def dense(module: nn.Linear, scope: SavedScope) -> dict[str, Tensor]:
    """A dense layer, also one that was written as a convolution with a kernel of 1x1."""
    kernel = scope.one(*WEIGHTS)
    if kernel.ndim > 2 and all(size == 1 for size in kernel.shape[:-2]):
        kernel = kernel.flatten(0, -2)
    _check_rank(kernel, 2)
    return _given(weight=kernel.T, bias=scope.get(*BIASES))


def dense_after_flatten(channels: int, *image: int) -> Rule:
    """The rule for an nn.Linear that stands behind a flattened image.

    TF1 flattens (H, W, C), torch (C, H, W), so that the columns are in another order.

    >>> import torch
    >>> from torchscope.checkpoint import dense_after_flatten, restore_module
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(2 * 3 * 4, 5))
    >>> saved = {"fc/kernel": torch.randn(3 * 4 * 2, 5), "fc/bias": torch.zeros(5)}
    >>> rules = {"1": dense_after_flatten(2, 3, 4)}
    >>> _ = restore_module(net, saved, {"1": "fc"}, rules=rules)
    >>> image = torch.randn(1, 2, 3, 4)
    >>> theirs = image.permute(0, 2, 3, 1).flatten(1) @ saved["fc/kernel"]
    >>> torch.allclose(net(image), theirs, atol=1e-6)
    True

    Args:
        channels: the number of channels.
        *image: the height and the width, or whatever axes the image has.
    """

    def rule(module: nn.Linear, scope: SavedScope) -> dict[str, Tensor]:
        kernel = scope.one(*WEIGHTS)
        _check_rank(kernel, 2)
        weight = kernel.T.reshape(-1, *image, channels).movedim(-1, 1).flatten(1)
        return _given(weight=weight, bias=scope.get(*BIASES))

    return rule


def batch_norm(module: _BatchNorm, scope: SavedScope) -> dict[str, Tensor]:
    """Batch normalisation. A layer made with scale=False has no gamma: it is one; no beta is zero."""
    mean = scope.one("moving_mean") if module.track_running_stats else None
    variance = scope.one("moving_variance") if module.track_running_stats else None
    gamma, beta = scope.get("gamma"), scope.get("beta")
    if module.affine and mean is not None:
        gamma = torch.ones_like(mean) if gamma is None else gamma
        beta = torch.zeros_like(mean) if beta is None else beta
    return _given(weight=gamma, bias=beta, running_mean=mean, running_var=variance)


def normalisation(module: nn.Module, scope: SavedScope) -> dict[str, Tensor]:
    """Layer, group and instance normalisation."""
    return _given(
        weight=scope.one("gamma", "layer_norm_scale", "scale"),
        bias=scope.get("beta", "layer_norm_bias", "offset"),
    )


def embedding(module: nn.Module, scope: SavedScope) -> dict[str, Tensor]:
    """A table of embeddings; the scope may be the name of the table itself."""
    names = ("", "embeddings", "embedding", "embedding_table", "embedding_weights", "weights")
    return {"weight": scope.one(*names)}


def as_is(module: nn.Module, scope: SavedScope) -> dict[str, Tensor]:
    """The module's own parameters, each under its own name in the scope, in its own layout.

    >>> import torch
    >>> from torchscope.checkpoint import as_is, restore_module
    >>> class Scale(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = torch.nn.Parameter(torch.ones(2))
    >>> module = Scale()
    >>> _ = restore_module(module, {"factor": torch.zeros(2)}, "", rules={Scale: as_is})
    >>> module.factor.tolist()
    [0.0, 0.0]
    """
    return {name: scope.one(name) for name, _ in module.named_parameters(recurse=False)}


RULES: dict[type[nn.Module], Rule] = {
    _ConvNd: convolution,
    nn.Linear: dense,
    _BatchNorm: batch_norm,
    nn.modules.instancenorm._InstanceNorm: normalisation,
    nn.LayerNorm: normalisation,
    nn.GroupNorm: normalisation,
    nn.Embedding: embedding,
    nn.EmbeddingBag: embedding,
    nn.LSTM: lstm(),
    nn.LSTMCell: lstm(),
    nn.GRU: gru,
    nn.GRUCell: gru,
    nn.RNN: rnn,
    nn.RNNCell: rnn,
}
"""The rules that are known, by the type of the module."""
