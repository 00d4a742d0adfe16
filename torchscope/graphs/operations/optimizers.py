"""Steps of optimizers: variables changed by their gradients, all rows of them or some.

Each is written once, for a type and for its kin: ApplyAdam, ResourceApplyAdam, and where there are such
SparseApplyAdam and ResourceSparseApplyAdam, whose gradient is that of some rows. TensorFlow takes these rows one after
the other; here they are taken at once, so that no row may be among them twice. TF1's optimizers see to that.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op
from torchscope.graphs.operations.variables import changing

Step = Callable[..., None]


def _optimizer(
    name: str, variables: int, *, gradient: int, kinds: tuple[str, ...] = ("Apply", "ResourceApply")
) -> Callable[[Step], Step]:
    """Enters a step.

    Args:
        name: the optimizer's, in the types of nodes.
        variables: how many variables come first among what a step takes; all are changed in place.
        gradient: the place of the gradient among it. That of some rows is followed by the rows' numbers.
        kinds: what is before the name.
    """

    def enter(step: Step) -> Step:
        @functools.wraps(step)
        def all_rows(*inputs: Any, **attributes: Any) -> Any:
            with changing(*inputs[:variables]):
                step(*map(_tensor, inputs), **attributes)
            return inputs[0]

        @functools.wraps(step)
        def some_rows(*inputs: Any, **attributes: Any) -> Any:
            given = list(map(_tensor, inputs))
            rows = given.pop(gradient + 1).long()
            with changing(*inputs[:variables]):
                moved = [each.index_select(0, rows) for each in given[:variables]]
                step(*moved, *given[variables:], **attributes)
                for variable, each in zip(given, moved, strict=False):
                    variable.index_copy_(0, rows, each)
            return inputs[0]

        signature = inspect.signature(step)
        parameters = list(signature.parameters.values())
        of_rows = inspect.Parameter("indices", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters.insert(gradient + 1, of_rows)
        some_rows.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        places = tuple(range(variables))
        for kind in kinds:
            function = some_rows if "Sparse" in kind else all_rows
            outputs = () if "Resource" in kind else ("out",)
            op(f"{kind}{name}", outputs=outputs, assigns=places)(function)
        return step

    return enter


_ALL = ("Apply", "ResourceApply", "SparseApply", "ResourceSparseApply")


def _tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else tf.convert_to_tensor(value)


@_optimizer("GradientDescent", 1, gradient=2)
def _gradient_descent(var: Tensor, alpha: Tensor, delta: Tensor) -> None:
    var.sub_(alpha * delta)


@_optimizer("ProximalGradientDescent", 1, gradient=4, kinds=_ALL)
def _proximal_gradient_descent(
    var: Tensor, alpha: Tensor, l1: Tensor, l2: Tensor, delta: Tensor
) -> None:
    var.sub_(alpha * delta)
    _shrink(var, alpha, l1, l2)


def _shrink(var: Tensor, rate: Tensor, l1: Tensor, l2: Tensor) -> None:
    """Brings a variable to the nearest point that is small, at a rate."""
    limit = rate * l1
    var.sub_(torch.minimum(torch.maximum(var, -limit), limit)).div_(1 + l2 * rate)


@_optimizer("Momentum", 2, gradient=3, kinds=_ALL)
def _momentum(
    var: Tensor,
    accum: Tensor,
    lr: Tensor,
    grad: Tensor,
    momentum: Tensor,
    *,
    use_nesterov: bool = False,
) -> None:
    accum.mul_(momentum).add_(grad)
    var.sub_(grad * lr + accum * momentum * lr if use_nesterov else accum * lr)


@_optimizer("KerasMomentum", 2, gradient=3, kinds=("ResourceApply", "ResourceSparseApply"))
def _keras_momentum(
    var: Tensor,
    accum: Tensor,
    lr: Tensor,
    grad: Tensor,
    momentum: Tensor,
    *,
    use_nesterov: bool = False,
) -> None:
    accum.mul_(momentum).sub_(grad * lr)
    var.add_(accum * momentum - grad * lr if use_nesterov else accum)


@_optimizer("Adagrad", 2, gradient=3, kinds=_ALL)
def _adagrad(
    var: Tensor, accum: Tensor, lr: Tensor, grad: Tensor, *, update_slots: bool = True
) -> None:
    if update_slots:
        accum.addcmul_(grad, grad)
    var.sub_(grad * lr * accum.rsqrt())


@_optimizer("AdagradV2", 2, gradient=4, kinds=_ALL)
def _adagrad_v2(
    var: Tensor,
    accum: Tensor,
    lr: Tensor,
    epsilon: Tensor,
    grad: Tensor,
    *,
    update_slots: bool = True,
) -> None:
    if update_slots:
        accum.addcmul_(grad, grad)
    var.sub_(grad * lr / (accum.sqrt() + epsilon))


@_optimizer("ProximalAdagrad", 2, gradient=5, kinds=_ALL)
def _proximal_adagrad(
    var: Tensor, accum: Tensor, lr: Tensor, l1: Tensor, l2: Tensor, grad: Tensor
) -> None:
    accum.addcmul_(grad, grad)
    rates = lr * accum.rsqrt()
    var.sub_(grad * rates)
    _shrink(var, rates, l1, l2)


@_optimizer("AdagradDA", 3, gradient=3, kinds=_ALL)
def _adagrad_da(
    var: Tensor,
    gradient_accumulator: Tensor,
    gradient_squared_accumulator: Tensor,
    grad: Tensor,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    global_step: Tensor,
) -> None:
    step = global_step.to(var.dtype)
    sums = gradient_accumulator.add_(grad)
    squares = gradient_squared_accumulator.addcmul_(grad, grad)
    limit = l1 * step
    beyond = sums - torch.minimum(torch.maximum(sums, -limit), limit)
    var.copy_(-lr * beyond / (l2 * step * lr + squares.sqrt()))


@_optimizer("Adadelta", 3, gradient=6, kinds=_ALL)
def _adadelta(
    var: Tensor,
    accum: Tensor,
    accum_update: Tensor,
    lr: Tensor,
    rho: Tensor,
    epsilon: Tensor,
    grad: Tensor,
) -> None:
    accum.mul_(rho).add_(grad.square() * (1 - rho))
    update = (accum_update + epsilon).sqrt() * (accum + epsilon).rsqrt() * grad
    var.sub_(update * lr)
    accum_update.mul_(rho).add_(update.square() * (1 - rho))


@_optimizer("RMSProp", 3, gradient=7, kinds=_ALL)
def _rms_prop(
    var: Tensor,
    ms: Tensor,
    mom: Tensor,
    lr: Tensor,
    rho: Tensor,
    momentum: Tensor,
    epsilon: Tensor,
    grad: Tensor,
) -> None:
    ms.add_((grad.square() - ms) * (1 - rho))
    mom.mul_(momentum).add_(grad * lr / (ms + epsilon).sqrt())
    var.sub_(mom)


@_optimizer("CenteredRMSProp", 4, gradient=8, kinds=_ALL)
def _centered_rms_prop(
    var: Tensor,
    mg: Tensor,
    ms: Tensor,
    mom: Tensor,
    lr: Tensor,
    rho: Tensor,
    momentum: Tensor,
    epsilon: Tensor,
    grad: Tensor,
) -> None:
    ms.add_((grad.square() - ms) * (1 - rho))
    mg.add_((grad - mg) * (1 - rho))
    mom.mul_(momentum).add_(grad * lr / (ms - mg.square() + epsilon).sqrt())
    var.sub_(mom)


@_optimizer("Adam", 3, gradient=9)
def _adam(
    var: Tensor,
    m: Tensor,
    v: Tensor,
    beta1_power: Tensor,
    beta2_power: Tensor,
    lr: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    epsilon: Tensor,
    grad: Tensor,
    *,
    use_nesterov: bool = False,
) -> None:
    rate = lr * (1 - beta2_power).sqrt() / (1 - beta1_power)
    m.add_((grad - m) * (1 - beta1))
    v.add_((grad.square() - v) * (1 - beta2))
    ahead = m * beta1 + grad * (1 - beta1) if use_nesterov else m
    var.sub_(ahead * rate / (v.sqrt() + epsilon))


@_optimizer("AdamWithAmsgrad", 4, gradient=10, kinds=("ResourceApply",))
def _amsgrad(
    var: Tensor,
    m: Tensor,
    v: Tensor,
    vhat: Tensor,
    beta1_power: Tensor,
    beta2_power: Tensor,
    lr: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    epsilon: Tensor,
    grad: Tensor,
) -> None:
    rate = lr * (1 - beta2_power).sqrt() / (1 - beta1_power)
    m.add_((grad - m) * (1 - beta1))
    v.add_((grad.square() - v) * (1 - beta2))
    vhat.copy_(torch.maximum(vhat, v))
    var.sub_(m * rate / (vhat.sqrt() + epsilon))


@_optimizer("AdaMax", 3, gradient=8)
def _ada_max(
    var: Tensor,
    m: Tensor,
    v: Tensor,
    beta1_power: Tensor,
    lr: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    epsilon: Tensor,
    grad: Tensor,
) -> None:
    m.add_((grad - m) * (1 - beta1))
    v.copy_(torch.maximum(v * beta2, grad.abs()))
    var.sub_(lr / (1 - beta1_power) * (m / (v + epsilon)))


@_optimizer("AddSign", 2, gradient=6)
def _add_sign(
    var: Tensor,
    m: Tensor,
    lr: Tensor,
    alpha: Tensor,
    sign_decay: Tensor,
    beta: Tensor,
    grad: Tensor,
) -> None:
    m.mul_(beta).add_(grad * (1 - beta))
    var.sub_(lr * (alpha + sign_decay * grad.sign() * m.sign()) * grad)


@_optimizer("PowerSign", 2, gradient=6)
def _power_sign(
    var: Tensor,
    m: Tensor,
    lr: Tensor,
    logbase: Tensor,
    sign_decay: Tensor,
    beta: Tensor,
    grad: Tensor,
) -> None:
    m.mul_(beta).add_(grad * (1 - beta))
    var.sub_(lr * (logbase * sign_decay * grad.sign() * m.sign()).exp() * grad)


@_optimizer("Ftrl", 3, gradient=3, kinds=_ALL)
def _ftrl(
    var: Tensor,
    accum: Tensor,
    linear: Tensor,
    grad: Tensor,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    lr_power: Tensor,
    *,
    multiply_linear_by_lr: bool = False,
) -> None:
    _ftrl_v2(
        var,
        accum,
        linear,
        grad,
        lr,
        l1,
        l2,
        torch.zeros_like(l2),
        lr_power,
        multiply_linear_by_lr=multiply_linear_by_lr,
    )


@_optimizer("FtrlV2", 3, gradient=3, kinds=_ALL)
def _ftrl_v2(
    var: Tensor,
    accum: Tensor,
    linear: Tensor,
    grad: Tensor,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    l2_shrinkage: Tensor,
    lr_power: Tensor,
    *,
    multiply_linear_by_lr: bool = False,
) -> None:
    # What is kept is either by the learning rate, or is divided by it.
    by, divisor = (lr, 1) if multiply_linear_by_lr else (1, lr)
    before = accum.pow(-lr_power)
    accum.addcmul_(grad, grad)
    after = accum.pow(-lr_power)
    shrunken = grad + 2 * l2_shrinkage * var
    linear.add_(shrunken * by - (after - before) / divisor * var)
    limit = l1 * by
    within = torch.minimum(torch.maximum(linear, -limit), limit)
    var.copy_((within - linear) / (after / divisor + 2 * l2 * by))
