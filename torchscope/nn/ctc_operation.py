"""PyTorch's CTC loss as one operation, of which only shapes are known while a graph is made.

PyTorch's own has a second result whose shape depends on how long the texts are. The gradient is computed
with the losses, as in TF1.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


@torch.library.custom_op("torchscope::ctc", mutates_args=())
def losses(
    scores: Tensor,
    targets: Tensor,
    sizes: Tensor,
    lengths: Tensor,
    blank: int,
    differentiated: bool,
) -> tuple[Tensor, Tensor]:
    """The losses (N,) of logits (T, N, C) and targets (N, L); and what they depend on each logit by.

    Where a text does not fit, or has a label that is no class, the loss is infinite, and the gradient is that
    of the logits' own sum, as in TF1.
    """
    columns = torch.arange(targets.shape[1], device=targets.device)
    inside = columns < sizes[:, None]
    repeated = (targets[:, 1:] == targets[:, :-1]) & inside[:, 1:]
    fits = sizes + repeated.sum(1) <= lengths
    # PyTorch would read, and write, where such a class would be. Nobody waits here to know of one.
    is_class = (targets >= 0) & (targets < scores.shape[2])
    fits = fits & (is_class | ~inside).all(1)
    targets = torch.where(is_class, targets, 0)
    # PyTorch has no gradient where nothing fits.
    known = torch.where(fits, sizes, 0)
    logarithms = torch.log_softmax(scores, -1)
    given = (logarithms, targets, lengths, known)
    found, alpha = torch.ops.aten._ctc_loss(*given, blank, False)
    result = torch.where(fits, found, torch.inf)
    if not differentiated:
        return result, scores.new_empty(0)
    of_each = torch.ops.aten._ctc_loss_backward(
        torch.ones_like(found), *given, found, alpha, blank, False
    )
    steps = torch.arange(scores.shape[0], device=scores.device)
    likely = torch.where((steps[:, None] < lengths)[..., None], logarithms.exp(), 0)
    return result, torch.where(fits[:, None], of_each, likely)


@losses.register_fake
def _(
    scores: Tensor,
    targets: Tensor,
    sizes: Tensor,
    lengths: Tensor,
    blank: int,
    differentiated: bool,
) -> tuple[Tensor, Tensor]:
    whole = scores.new_empty(scores.shape if differentiated else (0,))
    return scores.new_empty(scores.shape[1]), whole


def _save(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    ctx.save_for_backward(output[1])


def _gradients(ctx: Any, gradient: Tensor, _: Any) -> tuple[Tensor, None, None, None, None, None]:
    (of_each,) = ctx.saved_tensors
    return gradient[:, None] * of_each, None, None, None, None, None


losses.register_autograd(_gradients, setup_context=_save)
