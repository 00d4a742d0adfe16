"""Batch normalization (slim.batch_norm).

TF1 has three of them behind one name, which make their variables in different orders and keep the
variance with or without Bessel's correction. Which one runs depends on the input's rank and on
arguments; a checkpoint, and numbers to a few digits, do not tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from torchscope import layers, nn
from torchscope._core.functions.assign_moving_average import assign_moving_average, move_debiased
from torchscope._core.functions.collections import add_to_collections
from torchscope._core.operations.operation import Operation
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.scopes import VariableScope
from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.values.conversion import shape_text
from torchscope._core.values.replicas import VariableAggregation, VariableSynchronization
from torchscope.initializers import Ones, Zeros
from torchscope.layers.arguments import dtype_for
from torchscope.layers.opening import opened
from torchscope.slim.arg_scope import add_arg_scope
from torchscope.slim.model_layers import (
    Function,
    ModelLayer,
    at,
    check_format,
    computed,
    finished,
    own_variable,
    uncut,
)
from torchscope.slim.utils import smart_cond
from torchscope.slim.variables import model_variable

_ZEROS, _ONES = Zeros(), Ones()


class _BatchNormalization(ModelLayer, layers.BatchNormalization):
    pass


@add_arg_scope
def batch_norm(
    inputs: Any,
    decay: float = 0.999,
    center: bool = True,
    scale: bool = False,
    epsilon: float = 0.001,
    activation_fn: Function = None,
    param_initializers: Mapping[str, Any] | None = None,
    param_regularizers: Mapping[str, Any] | None = None,
    updates_collections: Any = GraphKeys.UPDATE_OPS,
    is_training: Any = True,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    batch_weights: Any = None,
    fused: bool | None = None,
    data_format: str = "NHWC",
    zero_debias_moving_mean: bool = False,
    scope: Any = None,
    renorm: bool = False,
    renorm_clipping: Mapping[str, Any] | None = None,
    renorm_decay: float = 0.99,
    adjustment: Callable[..., Any] | None = None,
) -> Tensor:
    """Normalizes by the batch in training, else by moving averages (slim.batch_norm).

    In training the averages move at once, and nothing is put into UPDATE_OPS; see `collect_updates` of
    `ScopedParameterRegistry` for the other way. They are buffers.

    >>> import torch
    >>> from torchscope import slim
    >>> x = torch.tensor([[1.0], [3.0]])
    >>> slim.batch_norm(x, epsilon=0.0).flatten()
    tensor([-1.,  1.], grad_fn=...)
    >>> [v.op.name for v in slim.get_model_variables()]
    ['BatchNorm/beta', 'BatchNorm/moving_mean', 'BatchNorm/moving_variance']

    Args:
        inputs: (N, ..., C), or (N, C, ...) with data_format='NCHW'.
        decay: how much of the averages stays at each step, where PyTorch says how much goes.
        center: whether 'beta' is added.
        scale: whether 'gamma' multiplies.
        epsilon: is added to the variance.
        activation_fn: a function of the output; None for none.
        param_initializers: initializers by 'beta', 'gamma', 'moving_mean' and 'moving_variance'.
        param_regularizers: regularizers by 'beta' and 'gamma'.
        updates_collections: the name, or names, of the collections for what moves the averages; None
            to move them at once. Without `collect_updates` it only tells which of TF1's ways is taken.
        is_training: whether to normalize by the batch, and to move the averages.
        reuse: as the `reuse` of a variable_scope.
        variables_collections: the names of collections that the variables are put into, or a dict
            of such lists by their names.
        outputs_collections: the names of those that the output is put into, under its scope's name.
        trainable: whether beta and gamma are trained.
        batch_weights: how much each example counts, (N,).
        fused: whether to take TF1's fused operation where it has one.
        data_format: 'NHWC' or 'NCHW': the channels are last, or second.
        zero_debias_moving_mean: whether the average of the mean makes up for having begun at 0; it
            adds the variables 'moving_mean/biased' and 'moving_mean/local_step'.
        scope: the name of the layer's scope, or a VariableScope.
        renorm: whether training uses the averages too (batch renormalization).
        renorm_clipping: 'rmax', 'rmin' and 'dmax': bounds of its corrections.
        renorm_decay: the decay of its own averages.
        adjustment: only None.

    Raises:
        ValueError: the format is unknown, the rank or the weights do not fit, renorm came with what
            it does not go with, or the variables break the rules of `get_variable`.
        NotImplementedError: adjustment was given.
    """
    inputs = as_tensor(inputs)
    default = updates_collections == GraphKeys.UPDATE_OPS
    check_format(data_format)
    axis = 1 if data_format == "NCHW" else -1
    initializers, regularizers = param_initializers or {}, param_regularizers or {}
    can_be_fused = (
        batch_weights is None and not renorm and inputs.ndim in (2, 4) and adjustment is None
    )
    is_fused = (fused is None or fused) and can_be_fused
    by_layer = default and batch_weights is None and not zero_debias_moving_mean
    with opened(scope, "BatchNorm", inputs, reuse=reuse) as sc:
        if by_layer and not (is_fused and inputs.ndim == 2):
            outputs = computed(
                _BatchNormalization,
                inputs,
                {
                    "axis": axis,
                    "momentum": decay,
                    "epsilon": epsilon,
                    "center": center,
                    "scale": scale,
                    "beta_initializer": initializers.get("beta", _ZEROS),
                    "gamma_initializer": initializers.get("gamma", _ONES),
                    "moving_mean_initializer": initializers.get("moving_mean", _ZEROS),
                    "moving_variance_initializer": initializers.get("moving_variance", _ONES),
                    "beta_regularizer": regularizers.get("beta"),
                    "gamma_regularizer": regularizers.get("gamma"),
                    "renorm": renorm,
                    "renorm_clipping": renorm_clipping,
                    "renorm_momentum": renorm_decay,
                    "fused": True if fused is None else fused,
                    "trainable": trainable,
                    "adjustment": adjustment,
                    "variables_collections": variables_collections,
                },
                training=is_training,
            )
            return finished(outputs, sc, outputs_collections, activation_fn)
        if renorm:
            raise ValueError(
                "renorm is not supported with batch_weights, updates_collections or "
                f"zero_debias_moving_mean. {at(sc, inputs)}"
            )
        if adjustment is not None:
            raise NotImplementedError(
                "torchscope's batch_norm has no adjustment. Adjust its output."
            )
        weights = None if batch_weights is None else _of_examples(batch_weights, inputs, sc)
        if not is_fused:
            # TF1's way without the fused operation knows of no regularizers.
            regularizers = {}
        variables = _Variables(
            inputs.shape[axis],
            torch.float32 if is_fused else dtype_for(inputs),
            center,
            scale,
            initializers,
            regularizers,
            trainable,
            variables_collections,
        )
        way = _fused if is_fused else _plain
        training = smart_cond(is_training, lambda: True, lambda: False)
        outputs, mean, variance = way(inputs, variables, epsilon, training, axis, weights)
        if training:
            kept = None
            if zero_debias_moving_mean:
                name = f"{sc.name}/moving_mean" if sc.name else "moving_mean"
                get = get_variable if is_fused else model_variable
                kept = _beside(variables.moving_mean, name, get)
            moves = (variables.moving_mean, mean, kept), (variables.moving_variance, variance, None)
            if updates_collections is not None and passes.current().registry.collect_updates:
                for average, value, beside in moves:
                    update = _update(average, value, decay, beside)
                    add_to_collections(updates_collections, update)
            elif not passes.in_backward():
                # What ts.recompute runs again in backward has moved them in forward.
                for average, value, beside in moves:
                    _move(average, value, decay, beside)
        return finished(outputs, sc, outputs_collections, activation_fn)


class _Variables:
    """The variables of a batch normalization that is not a layer's, in the order of their making."""

    def __init__(
        self,
        channels: int,
        dtype: torch.dtype,
        center: bool,
        scale: bool,
        initializers: Mapping[str, Any],
        regularizers: Mapping[str, Any],
        trainable: bool,
        variables_collections: Any,
    ) -> None:
        def make(name: str, initializer: Any, **how: Any) -> Any:
            return own_variable(
                name,
                [channels],
                dtype=dtype,
                initializer=initializers.get(name, initializer),
                regularizer=regularizers.get(name),
                variables_collections=variables_collections,
                **how,
            )

        self.beta = make("beta", _ZEROS, trainable=trainable) if center else None
        self.gamma = make("gamma", _ONES, trainable=trainable) if scale else None
        averages = {
            "trainable": False,
            "synchronization": VariableSynchronization.ON_READ,
            "aggregation": VariableAggregation.MEAN,
        }
        self.moving_mean = uncut(make, "moving_mean", _ZEROS, **averages)
        self.moving_variance = uncut(make, "moving_variance", _ONES, **averages)


def _fused(
    inputs: Tensor, variables: _Variables, epsilon: float, training: bool, axis: int, weights: Any
) -> tuple[Tensor, Any, Any]:
    """By TF1's fused operation, whose variance for the average has Bessel's correction."""
    image = inputs
    if inputs.ndim == 2:
        image = inputs[:, :, None, None] if axis == 1 else inputs[:, None, None, :]
    gamma, beta = variables.gamma, variables.beta
    ones = torch.ones_like(variables.moving_variance, requires_grad=False)
    averages = {}
    if not training:
        averages = {"mean": variables.moving_mean, "variance": variables.moving_variance}
    outputs, mean, variance = nn.fused_batch_norm(
        image,
        ones if gamma is None else gamma,
        torch.zeros_like(ones) if beta is None else beta,
        epsilon=epsilon,
        data_format="NCHW" if axis == 1 else "NHWC",
        is_training=training,
        **averages,
    )
    return outputs.reshape(inputs.shape), mean, variance


def _plain(
    inputs: Tensor, variables: _Variables, epsilon: float, training: bool, axis: int, weights: Any
) -> tuple[Tensor, Any, Any]:
    """By moments."""
    mean, variance = variables.moving_mean, variables.moving_variance
    if training:
        over = [each for each in range(inputs.ndim) if each != axis % inputs.ndim]
        if weights is None:
            mean, variance = nn.moments(inputs, over)
        else:
            mean, variance = nn.weighted_moments(inputs, over, weights)
    shape = [1] * inputs.ndim
    shape[axis] = -1
    outputs = nn.batch_normalization(
        inputs,
        mean.reshape(shape),
        variance.reshape(shape),
        None if variables.beta is None else variables.beta.reshape(shape),
        None if variables.gamma is None else variables.gamma.reshape(shape),
        epsilon,
    )
    return outputs, mean, variance


def _of_examples(batch_weights: Any, inputs: Tensor, scope: VariableScope) -> Tensor:
    """The weights of examples, in a shape that goes with the input's."""
    weights = as_tensor(batch_weights)
    if tuple(weights.shape) != (inputs.shape[0],):
        raise ValueError(
            f"Shapes ({inputs.shape[0]},) and {shape_text(weights.shape)} are incompatible: "
            f"batch_weights has one number for each example. {at(scope, inputs)}"
        )
    return weights.reshape(-1, *(1,) * (inputs.ndim - 1))


def _update(average: Any, value: Tensor, decay: float, kept: Any) -> Operation:
    """An operation that does what `_move` does."""
    if kept is None:
        return assign_moving_average(average, value, decay, zero_debias=False)
    move = partial(move_debiased, average, kept, value.detach(), 1.0 - decay)
    return Operation.named(None, "AssignMovingAvg", move, "Assign", [average, *kept])


def _move(average: Any, value: Tensor, decay: float, kept: Any) -> None:
    """Moves an average towards the batch's value, by what is kept beside it if anything is."""
    if kept is not None:
        move_debiased(average, kept, value.detach(), 1.0 - decay)
        return
    # Nothing else reads it in this pass, so that no read has to be kept apart, as by assign.
    with torch.no_grad():
        memory = average.detach()
        memory.sub_((memory - value) * (1.0 - decay))


def _beside(average: Any, name: str, get: Callable[..., Any]) -> tuple[Any, Any]:
    """What is kept of an average that makes up for having begun at 0.

    It is the average as it is without that, and the number of its steps. TF1 makes model variables
    of them where it does not take the fused operation.
    """
    how = {
        "dtype": average.dtype,
        "initializer": _ZEROS,
        "trainable": False,
        "synchronization": VariableSynchronization.ON_READ,
    }
    # The full name, as if it were relative to the current scope: so TF1 does it.
    with variable_scope(name):
        biased = get("biased", average.shape, **how)
        return biased, get("local_step", [], **how)
