"""Generalized divisive normalization (tf.contrib.layers.gdn)."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import as_tensor
from torchscope.layers.base import Layer
from torchscope.layers.input_spec import InputSpec
from torchscope.layers.lengths import dimensions


class GDN(Layer):
    """``x[i] / sqrt(beta[i] + sum_j gamma[j, i] * x[j] ** 2)`` over the channels (tf.contrib.layers.GDN).

    >>> from torchscope import slim
    >>> layer = slim.GDN()
    >>> layer(torch.ones(2, 4, 4, 3)).shape, [v.op.name for v in layer.weights]
    (torch.Size([2, 4, 4, 3]), ['gdn/reparam_beta', 'gdn/reparam_gamma'])

    The variables are the roots of beta and gamma, which are kept from falling below their bounds; a
    gradient that would take them lower does not flow.

    Args:
        inverse: whether to multiply by the root rather than to divide.
        beta_min: the least beta.
        gamma_init: what stands on gamma's diagonal at first.
        reparam_offset: what is added under the root, squared, so that it has a gradient at 0.
        data_format: 'channels_last' or 'channels_first'.
        activity_regularizer: the output's share in REGULARIZATION_LOSSES.
        trainable: whether the variables are trained.
        name: the layer's name.
        **kwargs: see `Layer`.

    Raises:
        ValueError: the format is unknown, or the input is not of rank 3 to 5.
    """

    def __init__(
        self,
        inverse: bool = False,
        beta_min: float = 1e-6,
        gamma_init: float = 0.1,
        reparam_offset: float = 2**-18,
        data_format: str = "channels_last",
        activity_regularizer: Any = None,
        trainable: bool = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs
        )
        if data_format not in ("channels_first", "channels_last"):
            raise ValueError(
                f"Unsupported `data_format` for GDN layer: {data_format}. There are 'channels_first' "
                "and 'channels_last'."
            )
        self.inverse = inverse
        self.data_format = data_format
        self._beta_min = beta_min
        self._gamma_init = gamma_init
        self._offset = reparam_offset
        self.input_spec = InputSpec(min_ndim=3, max_ndim=5)
        self.beta: Any = None
        self.gamma: Any = None

    @property
    def _channels_axis(self) -> int:
        return 1 if self.data_format == "channels_first" else -1

    def build(self, input_shape: Any) -> None:
        """Makes the roots of beta and gamma, and computes these."""
        channels = input_shape[self._channels_axis]
        self.input_spec: Any = InputSpec(
            ndim=len(input_shape), axes={self._channels_axis: channels}
        )
        pedestal = self._offset**2
        root_of_beta = self.add_weight(
            "reparam_beta", [channels], initializer=_RootOf(1.0, pedestal), dtype=self.dtype
        )
        root_of_gamma = self.add_weight(
            "reparam_gamma",
            [channels, channels],
            initializer=_RootOf(self._gamma_init, pedestal),
            dtype=self.dtype,
        )
        least = math.sqrt(self._beta_min + pedestal)
        self.beta = _at_least(root_of_beta, least).square() - pedestal
        self.gamma = _at_least(root_of_gamma, self._offset).square() - pedestal
        super().build(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        """Normalizes."""
        channels_last = inputs.movedim(self._channels_axis, -1)
        norm = F.linear(channels_last.square(), self.gamma.t(), self.beta).sqrt()
        norm = norm.movedim(-1, self._channels_axis)
        return inputs * norm if self.inverse else inputs / norm

    # Any: of the very type that is given.
    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the input; see `Layer`.

        Raises:
            ValueError: its rank does not fit.
        """
        if len(dimensions(input_shape, 3)) > 5:
            raise ValueError("`input_shape` must be of rank 3 to 5, inclusive.")
        return input_shape


class _RootOf:
    """The initializer of the root of a vector of one number, or of a diagonal matrix."""

    def __init__(self, number: float, pedestal: float) -> None:
        self._number = number
        self._pedestal = pedestal

    def __call__(
        self, shape: Any, dtype: torch.dtype = torch.float32, partition_info: Any = None
    ) -> Tensor:
        whole = (
            torch.eye(shape[0], dtype=dtype) if len(shape) == 2 else torch.ones(shape, dtype=dtype)
        )
        return (self._number * whole + self._pedestal).sqrt()


# An operation, and no autograd.Function: a recording has the backward of operations alone.
@torch.library.custom_op("torchscope::at_least", mutates_args=())
def _at_least(x: Tensor, bound: float) -> Tensor:
    """The larger of a tensor and a bound; where the bound is, only what raises the tensor flows."""
    return x.clamp_min(bound)


@_at_least.register_fake
def _(x: Tensor, bound: float) -> Tensor:
    return torch.empty_like(x)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    x, bound = inputs
    ctx.save_for_backward(x >= bound)


def _raise(ctx: Any, gradient: Tensor) -> Any:
    return torch.where(ctx.saved_tensors[0] | (gradient < 0), gradient, 0), None


_at_least.register_autograd(_raise, setup_context=_keep)


def gdn(
    inputs: Any,
    inverse: bool = False,
    beta_min: float = 1e-6,
    gamma_init: float = 0.1,
    reparam_offset: float = 2**-18,
    data_format: str = "channels_last",
    activity_regularizer: Any = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Makes a `GDN` layer and calls it (tf.contrib.layers.gdn).

    >>> from torchscope import slim
    >>> slim.gdn(torch.ones(2, 4, 4, 3), inverse=True).shape
    torch.Size([2, 4, 4, 3])

    Args:
        inputs: (N, ..., C), of rank 3 to 5, or as `data_format` says.
        inverse: see `GDN`, as for what is not said here.
        beta_min: the least beta.
        gamma_init: what stands on gamma's diagonal at first.
        reparam_offset: what is added under the roots.
        data_format: where the channels are.
        activity_regularizer: the output's loss.
        trainable: whether the variables are trained.
        name: the name of the layer's scope.
        reuse: as the `reuse` of a variable_scope.

    Raises:
        ValueError: the format is unknown, the rank does not fit, or the variables break the rules of
            `get_variable`.
    """
    inputs = as_tensor(inputs)
    return GDN(
        inverse,
        beta_min,
        gamma_init,
        reparam_offset,
        data_format,
        activity_regularizer,
        trainable,
        name,
        dtype=inputs.dtype,
        _scope=name,
        _reuse=reuse,
    )(inputs)
