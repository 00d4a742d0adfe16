"""Batch normalization as a layer (tf.layers.BatchNormalization)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from torchscope import nn
from torchscope._core.functions.assign_moving_average import assign_moving_average
from torchscope._core.operations.operation import Operation, run_all
from torchscope._core.passes import one_pass as passes
from torchscope._core.values.conversion import dtype_name
from torchscope._core.values.replicas import VariableAggregation, VariableSynchronization
from torchscope.initializers import Ones, Zeros
from torchscope.layers.arguments import refused
from torchscope.layers.base import Layer
from torchscope.layers.functions import called
from torchscope.layers.input_spec import InputSpec
from torchscope.nn.batch_norm import batch_norm

_ZEROS, _ONES = Zeros(), Ones()
# What `updates` of a layer holds after a call in training that has moved both averages.
_MOVED = (Operation("AssignMovingAvg"), Operation("AssignMovingAvg_1"))
_CLIPPING = ("rmax", "rmin", "dmax")
Regularizer = Callable[..., Any] | None
Constraint = Callable[..., Any] | None


class BatchNormalization(
    Layer,
    sets=(
        *("gamma", "beta", "moving_mean", "moving_variance", "moving_stddev"),
        *("renorm_mean", "renorm_stddev", "_axes", "_fused", "_collects", "_moved"),
    ),
):
    """Normalizes by the batch in training, else by moving averages (tf.layers.BatchNormalization).

    A call with training=True moves the averages at once: UPDATE_OPS stays empty, and what `updates`
    holds is done already. With `collect_updates` of the registry they are moved by operations in
    UPDATE_OPS, where somebody runs these. They are buffers.

    >>> import torch, torchscope as ts
    >>> layer = ts.layers.BatchNormalization()
    >>> layer(torch.randn(8, 4), training=True).shape
    torch.Size([8, 4])
    >>> [v.op.name for v in layer.weights]
    ['batch_normalization/gamma', 'batch_normalization/beta', \
'batch_normalization/moving_mean', 'batch_normalization/moving_variance']

    Args:
        axis: the axis of the channels, or several axes that keep statistics of their own.
        momentum: how much of the averages stays at each step, where PyTorch says how much goes.
        epsilon: is added to the variance.
        center: whether 'beta' is added.
        scale: whether 'gamma' multiplies.
        beta_initializer: zeros by default.
        gamma_initializer: ones by default.
        moving_mean_initializer: zeros by default.
        moving_variance_initializer: ones by default.
        beta_regularizer: beta's share in REGULARIZATION_LOSSES.
        gamma_regularizer: gamma's.
        beta_constraint: see `get_variable`.
        gamma_constraint: the same.
        renorm: whether training uses the moving averages too (batch renormalization).
        renorm_clipping: 'rmax', 'rmin' and 'dmax': bounds of its corrections.
        renorm_momentum: the momentum of its own averages.
        fused: whether the variance goes into its average with Bessel's correction, as in TF1's
            fused operation. Unless False it does wherever TF1 has that: for inputs of rank 4 and 5
            that are normalized over one axis, the second or the last, and are not float64.
        trainable: whether beta and gamma are trained, and the averages moved in training.
        virtual_batch_size: only None.
        adjustment: only None.
        name: the layer's name.
        **kwargs: see `Layer`.

    Raises:
        ValueError: an axis is not one of the input's, or an argument is unknown.
        TypeError: the axis is no integer.
        NotImplementedError: virtual_batch_size or adjustment was given; or, when called, training with
            renorm inside `ts.recompute`.
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = _ZEROS,
        gamma_initializer: Any = _ONES,
        moving_mean_initializer: Any = _ZEROS,
        moving_variance_initializer: Any = _ONES,
        beta_regularizer: Regularizer = None,
        gamma_regularizer: Regularizer = None,
        beta_constraint: Constraint = None,
        gamma_constraint: Constraint = None,
        renorm: bool = False,
        renorm_clipping: Mapping[str, Any] | None = None,
        renorm_momentum: float = 0.99,
        fused: bool | None = None,
        trainable: bool = True,
        virtual_batch_size: int | None = None,
        adjustment: Callable[..., Any] | None = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable=trainable, name=name, **kwargs)
        self.axis: Any = (
            list(axis) if isinstance(axis, Sequence) and not isinstance(axis, str) else axis
        )
        for each in self.axis if isinstance(self.axis, list) else [self.axis]:
            if not isinstance(each, int):
                raise TypeError(
                    "Expected an int or a list/tuple of ints for the argument 'axis', but "
                    f"received: {axis!r}"
                )
        unknown = set(renorm_clipping or ()) - set(_CLIPPING)
        if renorm and unknown:
            raise refused(
                f"Received invalid keys for `renorm_clipping` argument: {dict(renorm_clipping or {})}. "
                f"Supported values: {list(_CLIPPING)}."
            )
        if virtual_batch_size is not None or adjustment is not None:
            raise NotImplementedError(
                "torchscope's BatchNormalization has no virtual_batch_size and no adjustment. Split "
                "the batch and call the layer on each part, or adjust its output."
            )
        self.momentum = momentum
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = beta_initializer
        self.gamma_initializer = gamma_initializer
        self.moving_mean_initializer = moving_mean_initializer
        self.moving_variance_initializer = moving_variance_initializer
        self.beta_regularizer = beta_regularizer
        self.gamma_regularizer = gamma_regularizer
        self.beta_constraint = beta_constraint
        self.gamma_constraint = gamma_constraint
        self.renorm = renorm
        self.renorm_clipping: dict[str, Any] = dict(renorm_clipping or {})
        self.renorm_momentum = renorm_momentum
        self.fused = fused
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, input_shape: Any) -> None:
        """Makes gamma, beta and the moving averages."""
        rank = len(input_shape)
        given = self.axis if isinstance(self.axis, list) else [self.axis]
        axes = [axis + rank if axis < 0 else axis for axis in given]
        if not all(0 <= axis < rank for axis in axes):
            raise ValueError(
                "Invalid value for `axis` argument. Expected 0 <= axis < inputs.rank (with "
                f"inputs.rank={rank}). Received: axis={tuple(given)}. {self._at(input_shape)}"
            )
        if len(set(axes)) != len(axes):
            raise ValueError(f"Duplicate axis: {tuple(axes)}. {self._at(input_shape)}")
        if not self._statistics_dtype.is_floating_point:
            raise TypeError(
                "Only floats can be normalized. Received: "
                f"dtype=<dtype: '{dtype_name(self._statistics_dtype)}'>. {self._at(input_shape)} "
                "Convert it, with .float() for example."
            )
        self._axes = axes
        self._fused = (
            self.fused is not False
            and rank in (4, 5)
            and axes in ([1], [rank - 1])
            and not self.renorm
            and self.dtype is not torch.float64
        )
        if len(axes) == 1:
            shape = [input_shape[axes[0]]]
        else:
            shape = [input_shape[axis] if axis in axes else 1 for axis in range(rank)]
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                "gamma",
                shape,
                self._statistics_dtype,
                self.gamma_initializer,
                self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if self.center:
            self.beta = self.add_weight(
                "beta",
                shape,
                self._statistics_dtype,
                self.beta_initializer,
                self.beta_regularizer,
                constraint=self.beta_constraint,
            )
        self._make_averages(shape)
        self.input_spec: Any = InputSpec(ndim=rank, axes={axis: input_shape[axis] for axis in axes})
        super().build(input_shape)

    def _make_averages(self, shape: Sequence[int]) -> None:
        self.moving_mean: Any = self._average("moving_mean", shape, self.moving_mean_initializer)
        self.moving_variance: Any = self._average(
            "moving_variance", shape, self.moving_variance_initializer
        )
        if self.renorm:
            stddev = _Root(self.moving_variance_initializer)
            self.moving_stddev: Any = self._average("moving_stddev", shape, stddev)
            self.renorm_mean: Any = self._average(
                "renorm_mean", shape, self.moving_mean_initializer
            )
            self.renorm_stddev: Any = self._average("renorm_stddev", shape, stddev)

    @property
    def _statistics_dtype(self) -> torch.dtype:
        """Statistics of half precision are kept in single."""
        half = self.dtype in (torch.float16, torch.bfloat16)
        return torch.float32 if half or self.dtype is None else self.dtype

    def _average(self, name: str, shape: Sequence[int], initializer: Any) -> Any:
        return self.add_weight(
            name,
            shape,
            self._statistics_dtype,
            initializer,
            trainable=False,
            synchronization=VariableSynchronization.ON_READ,
            aggregation=VariableAggregation.MEAN,
        )

    def call(self, inputs: Tensor, training: Any = False) -> Tensor:
        """Normalizes, and in training moves the averages, or has operations for that.

        Args:
            inputs: a tensor of floats.
            training: a bool, or a tensor with one.
        """
        training = bool(training)
        self._collects = training and passes.current().registry.collect_updates
        self._moved = training and not self._collects
        if self._fused:
            return self._call_fused(inputs, training)
        if not training:
            mean, variance, scale, offset = (
                self.moving_mean,
                self.moving_variance,
                self.gamma,
                self.beta,
            )
        else:
            mean, variance, scale, offset = self._of_the_batch(inputs)
        return self._normalized(inputs, mean, variance, scale, offset)

    # Any: of the very type that is given.
    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the input, as it was given; see `Layer`."""
        return input_shape

    def _collect_updates(self) -> None:
        """UPDATE_OPS stays empty where nothing is left to do."""
        if self._collects:
            super()._collect_updates()
        elif self._moved:
            self._contributions.updates += _MOVED

    def _call_fused(self, inputs: Tensor, training: bool) -> Tensor:
        """By one operation, which moves the averages as TF1's fused one does, or others in their place."""
        axis = self._axes[0]
        if training and inputs.numel() // max(inputs.shape[axis], 1) < 2:
            return self._call_with_one_value(inputs)
        mean, variance, factor = self.moving_mean, self.moving_variance, 1.0 - self.momentum
        if self._collects:
            # Zeros that move all the way become the batch's own numbers.
            zeros = torch.zeros_like(mean.detach())
            mean, variance, factor = zeros, zeros.clone(), 1.0
        elif training and not self._moves:
            mean, variance = mean.detach().clone(), variance.detach().clone()
        outputs = batch_norm(
            inputs, self.gamma, self.beta, mean, variance, training, factor, self.epsilon, axis
        )
        if self._collects:
            self._move(self.moving_mean, mean, self.momentum)
            self._move(self.moving_variance, variance, self.momentum)
        return outputs

    def _call_with_one_value(self, inputs: Tensor) -> Tensor:
        """The same where Bessel's correction would divide by zero."""
        scale = torch.ones_like(self.moving_mean) if self.gamma is None else self.gamma
        offset = torch.zeros_like(self.moving_mean) if self.beta is None else self.beta
        outputs, mean, variance = nn.fused_batch_norm(
            inputs,
            scale,
            offset,
            epsilon=self.epsilon,
            data_format={
                (4, 1): "NCHW",
                (4, 3): "NHWC",
                (5, 1): "NCDHW",
                (5, 4): "NDHWC",
            }[inputs.ndim, self._axes[0]],
        )
        self._move(self.moving_mean, mean, self.momentum)
        self._move(self.moving_variance, variance, self.momentum)
        return outputs

    def _of_the_batch(self, inputs: Tensor) -> tuple[Any, Any, Any, Any]:
        """The batch's own mean and variance, and the scale and the offset that go with them."""
        over = [axis for axis in range(inputs.ndim) if axis not in self._axes]
        values = inputs.to(self._statistics_dtype)
        mean, variance = nn.moments(values, over, keep_dims=len(self._axes) > 1)
        scale, offset = self.gamma, self.beta
        if self.renorm:
            if passes.current().drawn is not None:
                raise NotImplementedError(
                    "Batch renormalization cannot run inside ts.recompute: it reads the averages that "
                    "it then moves, so that in backward it would read others. Call it outside of the "
                    f"function that is computed again, or leave out renorm. {self._at(inputs.shape)}"
                )
            stddev = torch.sqrt(variance.detach() + self.epsilon)
            scale, offset = self._renormalized(mean.detach(), stddev)
            self._move_renormalized(mean.detach(), stddev)
        else:
            self._move(self.moving_mean, mean, self.momentum)
            self._move(self.moving_variance, variance, self.momentum)
        return mean, variance, scale, offset

    def _renormalized(self, mean: Tensor, stddev: Tensor) -> tuple[Any, Any]:
        """The scale and the offset that lead from the batch's statistics to the averages'."""
        # What was read before the averages move stays what it was.
        average = self.renorm_mean.detach().clone()
        # Early in training it may be near zero.
        spread = self.renorm_stddev.detach().clone().clamp_min(math.sqrt(self.epsilon))
        r, d = stddev / spread, (mean - average) / spread
        clipping = self.renorm_clipping
        if clipping.get("rmin") is not None:
            r = r.clamp_min(clipping["rmin"])
        if clipping.get("rmax") is not None:
            r = r.clamp_max(clipping["rmax"])
        if clipping.get("dmax") is not None:
            d = d.clamp(-clipping["dmax"], clipping["dmax"])
        scale = r if self.gamma is None else r * self.gamma
        shifted = d if self.gamma is None else d * self.gamma
        return scale, shifted if self.beta is None else shifted + self.beta

    def _move_renormalized(self, mean: Tensor, stddev: Tensor) -> None:
        """Moves the averages, and those of the corrections."""
        if self._collects:
            if self.trainable:
                self._contributions.updates += self._updates_of_all(mean, stddev)
            return
        self._move(self.renorm_mean, mean, self.renorm_momentum)
        self._move(self.renorm_stddev, stddev, self.renorm_momentum)
        self._move(self.moving_mean, mean, self.momentum)
        self._move(self.moving_stddev, stddev, self.momentum)
        if self._moves:
            self.moving_variance.detach().copy_(self._variance_of(self.moving_stddev))

    def _updates_of_all(self, mean: Tensor, stddev: Tensor) -> tuple[Operation, Operation]:
        """TF1's two operations. Whichever runs first moves the averages of the corrections."""
        corrections = [
            _update(self.renorm_mean, mean, self.renorm_momentum),
            _update(self.renorm_stddev, stddev, self.renorm_momentum),
        ]
        of_mean = _update(self.moving_mean, mean, self.momentum)
        of_stddev = _update(self.moving_stddev, stddev, self.momentum)
        average, variance = self.moving_stddev, self.moving_variance
        of_variance = Operation.named(
            None,
            "AssignNewValue",
            lambda: variance.assign(self._variance_of(average)),
            "Assign",
            [variance],
        )
        return _after(corrections, of_mean), _after([*corrections, of_stddev], of_variance)

    def _variance_of(self, stddev: Any) -> Tensor:
        variance: Tensor = stddev.detach() ** 2 - self.epsilon
        return variance.clamp_min(0.0)

    @property
    def _moves(self) -> bool:
        """Whether training moves the averages: not where it runs again in backward."""
        return self.trainable and not passes.current().again

    def _move(self, average: Any, value: Tensor, momentum: float) -> None:
        if self._collects:
            if self.trainable:
                self._contributions.updates += (_update(average, value, momentum),)
        elif self._moves:
            # Nothing else reads it in this pass, so that no read has to be kept apart, as by assign.
            with torch.no_grad():
                memory = average.detach()
                memory.sub_((memory - value) * (1.0 - momentum))

    def _normalized(
        self, inputs: Tensor, mean: Any, variance: Any, scale: Any, offset: Any
    ) -> Tensor:
        if len(self._axes) == 1 and self._axes[0] != inputs.ndim - 1:
            shape = [1] * inputs.ndim
            shape[self._axes[0]] = -1
            mean, variance, scale, offset = (
                None if each is None else each.reshape(shape)
                for each in (mean, variance, scale, offset)
            )
        dtype = inputs.dtype
        values = inputs.to(self._statistics_dtype)
        return nn.batch_normalization(values, mean, variance, offset, scale, self.epsilon).to(dtype)


def _update(average: Any, value: Tensor, momentum: float) -> Operation:
    return assign_moving_average(average, value, momentum, zero_debias=False)


def _after(earlier: Sequence[Operation], update: Operation) -> Operation:
    """An operation that runs others before it, those that nobody has run."""
    operations = [*earlier, update]
    changes = [tensor for each in operations for tensor in each.changes or ()]
    return Operation(update.name, partial(run_all, operations), update.type, changes)


class _Root:
    """The initializer of a standard deviation, from that of the variance."""

    def __init__(self, variance: Any) -> None:
        self._variance = variance() if isinstance(variance, type) else variance

    def __call__(
        self, shape: Any, dtype: torch.dtype = torch.float32, partition_info: Any = None
    ) -> Tensor:
        values: Tensor = self._variance(shape, dtype=dtype, partition_info=partition_info)
        return values.sqrt()


def batch_normalization(
    inputs: Tensor,
    axis: int | Sequence[int] = -1,
    momentum: float = 0.99,
    epsilon: float = 1e-3,
    center: bool = True,
    scale: bool = True,
    beta_initializer: Any = _ZEROS,
    gamma_initializer: Any = _ONES,
    moving_mean_initializer: Any = _ZEROS,
    moving_variance_initializer: Any = _ONES,
    beta_regularizer: Regularizer = None,
    gamma_regularizer: Regularizer = None,
    beta_constraint: Constraint = None,
    gamma_constraint: Constraint = None,
    training: Any = False,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
    renorm: bool = False,
    renorm_clipping: Mapping[str, Any] | None = None,
    renorm_momentum: float = 0.99,
    fused: bool | None = None,
    virtual_batch_size: int | None = None,
    adjustment: Callable[..., Any] | None = None,
) -> Tensor:
    """Makes a `BatchNormalization` layer and calls it (tf.layers.batch_normalization).

    >>> import torch, torchscope as ts
    >>> x = torch.tensor([[1.0], [3.0]])
    >>> ts.layers.batch_normalization(x, training=True, epsilon=0.0).flatten()
    tensor([-1.,  1.], grad_fn=...)
    >>> with ts.variable_scope("", reuse=True):
    ...     ts.get_variable("batch_normalization/moving_mean").tolist()
    [0.019999...]

    Args:
        inputs: (N, ..., C), or as `axis` says.
        axis: see `BatchNormalization`, as for what is not said here.
        momentum: how much of the averages stays.
        epsilon: is added to the variance.
        center: whether 'beta' is added.
        scale: whether 'gamma' multiplies.
        beta_initializer: for 'beta'.
        gamma_initializer: for 'gamma'.
        moving_mean_initializer: for 'moving_mean'.
        moving_variance_initializer: for 'moving_variance'.
        beta_regularizer: beta's loss.
        gamma_regularizer: gamma's.
        beta_constraint: see `get_variable`.
        gamma_constraint: the same.
        training: whether to normalize by the batch, and to move the averages.
        trainable: whether beta and gamma are trained, and the averages moved.
        name: the name of the layer's scope; without one it takes the next free one.
        reuse: as the `reuse` of a variable_scope: True shares the variables of that name.
        renorm: whether training uses the averages too.
        renorm_clipping: bounds of its corrections.
        renorm_momentum: the momentum of its own averages.
        fused: whether as TF1's fused operation.
        virtual_batch_size: only None.
        adjustment: only None.

    Raises:
        ValueError: an axis is not one of the input's, or the variables break the rules of
            `get_variable`.
        TypeError: the axis is no integer.
    """
    return called(BatchNormalization, locals())
