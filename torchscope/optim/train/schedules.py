"""Learning rates that change with the global step (tf.train).

Each is a tensor of the rate at the step's present value, on the step's device and of the learning rate's
dtype. Nothing is read back from the device, so a schedule compiles and is recorded with the net.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import FLOATS, as_tensor, check_rank
from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.values.conversion import dtype_name
from torchscope._core.values.structures import flatten


def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """A rate that is multiplied by `decay_rate` once in `decay_steps` (tf.train.exponential_decay).

    ``learning_rate * decay_rate ** (global_step / decay_steps)``

    >>> exponential_decay(0.5, 30, decay_steps=10, decay_rate=0.5)
    tensor(0.0625)

    Args:
        learning_rate: the rate at step 0, a float or a tensor of floats. Its dtype is the result's.
            Floats of Python's are float32 to TF1, here and in all that follows, also beside a float64.
        global_step: the step, a number or a tensor of one, such as `tf.train.get_global_step()`.
        decay_steps: a number of steps, or a tensor of one.
        decay_rate: a number, or a tensor of one.
        staircase: whether the rate stays in between, as by whole numbers for the exponent.
        name: the name of the name scope; 'ExponentialDecay' by default.

    Raises:
        ValueError: the step or a number is None.
        TypeError: the learning rate is no float; or `staircase` is a tensor.
    """
    with name_scope(name, "ExponentialDecay"):
        rate, step, steps, base = _begun(
            "exponential_decay",
            learning_rate,
            global_step,
            decay_steps=decay_steps,
            decay_rate=decay_rate,
        )
        return rate * base ** _turns(step / steps, staircase)


def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """A rate that falls as ``exp(-decay_rate * step / decay_steps)`` (tf.train.natural_exp_decay).

    >>> natural_exp_decay(0.5, 10, decay_steps=10, decay_rate=1.0)
    tensor(0.1839)

    Args:
        learning_rate: as in `exponential_decay`.
        global_step: as in `exponential_decay`.
        decay_steps: as in `exponential_decay`.
        decay_rate: a float, or a tensor of one. ``exp(-decay_rate)`` is of its dtype: for a float of
            Python's it is a float32, whatever the learning rate is.
        staircase: as in `exponential_decay`.
        name: the name of the name scope; 'ExponentialDecay' by default.

    Raises:
        ValueError: as in `exponential_decay`.
        TypeError: as in `exponential_decay`; or the decay rate is no float.
    """
    rate, step, steps = _begun(
        "natural_exp_decay", learning_rate, global_step, decay_steps=decay_steps
    )
    base = torch.exp(-_floats("natural_exp_decay", "decay_rate", decay_rate, step.device))
    return exponential_decay(rate, step, steps, base, staircase, name)


def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """A rate that falls as ``1 / (1 + decay_rate * step / decay_steps)`` (tf.train.inverse_time_decay).

    >>> inverse_time_decay(0.5, 30, decay_steps=10, decay_rate=1.0)
    tensor(0.1250)

    Args:
        learning_rate: as in `exponential_decay`.
        global_step: as in `exponential_decay`.
        decay_steps: as in `exponential_decay`.
        decay_rate: as in `exponential_decay`.
        staircase: as in `exponential_decay`.
        name: the name of the name scope; 'InverseTimeDecay' by default.

    Raises:
        ValueError: as in `exponential_decay`.
        TypeError: as in `exponential_decay`.
    """
    with name_scope(name, "InverseTimeDecay"):
        rate, step, steps, slope = _begun(
            "inverse_time_decay",
            learning_rate,
            global_step,
            decay_steps=decay_steps,
            decay_rate=decay_rate,
        )
        return rate / (1 + slope * _turns(step / steps, staircase))


def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Tensor:
    """A rate that falls to another one along a power of the steps that are left (tf.train.polynomial_decay).

    ``(learning_rate - end_learning_rate) * (1 - step / decay_steps) ** power + end_learning_rate``

    >>> polynomial_decay(1.0, 5, decay_steps=10, end_learning_rate=0.0, power=2.0)
    tensor(0.2500)

    Args:
        learning_rate: as in `exponential_decay`.
        global_step: as in `exponential_decay`.
        decay_steps: the step at which the end is reached, and from which the rate stays.
        end_learning_rate: a number, or a tensor of one.
        power: a number, or a tensor of one.
        cycle: whether to rise again past the end: `decay_steps` is then the next multiple of it.
        name: the name of the name scope; 'PolynomialDecay' by default.

    Raises:
        ValueError: as in `exponential_decay`.
        TypeError: the learning rate is no float; or `cycle` is a tensor.
    """
    with name_scope(name, "PolynomialDecay"):
        rate, step, steps, end, exponent = _begun(
            "polynomial_decay",
            learning_rate,
            global_step,
            decay_steps=decay_steps,
            end_learning_rate=end_learning_rate,
            power=power,
        )
        if _decided("cycle", cycle):
            steps = steps * torch.where(step == 0, 1.0, torch.ceil(step / steps))
        else:
            step = torch.minimum(step, steps)
        return (rate - end) * (1 - step / steps) ** exponent + end


def piecewise_constant(x: Any, boundaries: Any, values: Any, name: str | None = None) -> Tensor:
    """One value up to a boundary, the next one behind it (tf.train.piecewise_constant).

    >>> [piecewise_constant(step, [10, 20], [1.0, 0.5, 0.1]).item() for step in (10, 11, 20)]
    [1.0, 0.5, 0.5]

    Args:
        x: a number or a tensor of one, such as the global step.
        boundaries: numbers or tensors of the dtype of `x`, in their order; int32 goes with int64. The
            order of numbers is looked at, that of tensors is not.
        values: numbers or tensors of one dtype, one more than boundaries: ``values[0]`` where `x` is at
            most ``boundaries[0]``, and so on.
        name: the name of the name scope; 'PiecewiseConstant' by default.

    Raises:
        ValueError: something is None; `x` is no scalar; the dtypes differ; or there are not as many
            values as there have to be.
        IndexError: there are no boundaries.
        InvalidArgumentError: the boundaries fall.
    """
    given, bounds, found = _step("piecewise_constant", x), flatten(boundaries), flatten(values)
    _check_order([each for each in bounds if not isinstance(each, Tensor)])
    limits = [_limit(given, _tensor("boundaries", each, given.device)) for each in bounds]
    rates = [_tensor("values", each, given.device) for each in found]
    for each in rates[1:]:
        if each.dtype != rates[0].dtype:
            raise ValueError(
                "Values must have elements all with the same dtype "
                f"({_tf_dtype(rates[0])} vs {_tf_dtype(each)}). Write them all as floats: 1.0 for 1."
            )
    if len(limits) != len(rates) - 1:
        raise ValueError(
            "The length of boundaries should be 1 less than the length of values. There are "
            f"{len(limits)} boundaries and {len(rates)} values."
        )
    if not limits:
        raise IndexError(
            "list index out of range: there are no boundaries, so the value is always the same. Use "
            "it as it is."
        )
    check_rank("x", given, 0)
    with name_scope(name, "PiecewiseConstant"):
        value = rates[0]
        for limit, rate in zip(limits, rates[1:], strict=True):
            value = torch.where(given > limit, rate, value)
        return value


def cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """A rate that falls to a part of itself along half a wave (tf.train.cosine_decay).

    ``learning_rate * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)``

    >>> cosine_decay(1.0, 5, decay_steps=10)
    tensor(0.5000)

    TF1 takes learning rates of float32 alone here, as in all that has a wave and where a polynomial
    cycles. These take any floats.

    Args:
        learning_rate: as in `exponential_decay`.
        global_step: as in `exponential_decay`.
        decay_steps: the step at which the end is reached, and from which the rate stays.
        alpha: which part of the learning rate the end is, a number or a tensor of one.
        name: the name of the name scope; 'CosineDecay' by default.

    Raises:
        ValueError: as in `exponential_decay`.
        TypeError: the learning rate is no float.
    """
    with name_scope(name, "CosineDecay"):
        rate, step, steps, least = _begun(
            "cosine_decay", learning_rate, global_step, decay_steps=decay_steps, alpha=alpha
        )
        wave = _wave(torch.minimum(step, steps) / steps)
        return rate * ((1 - least) * wave + least)


def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: Any = 2.0,
    m_mul: Any = 1.0,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """A rate that falls as in `cosine_decay` again and again (tf.train.cosine_decay_restarts).

    >>> [round(cosine_decay_restarts(1.0, step, 10).item(), 3) for step in (9, 10, 29, 30)]
    [0.024, 1.0, 0.006, 1.0]

    At the very step of a restart, what is rounded in TF1's logarithms decides whether the one fall is
    over and the next begins.

    Args:
        learning_rate: as in `exponential_decay`.
        global_step: as in `exponential_decay`.
        first_decay_steps: how many steps the first fall takes.
        t_mul: how many times longer each one takes than the one before, a number or a tensor of one. For
            less than 1 the falls come to an end, and the rate is NaN from there on.
        m_mul: how many times higher each one begins.
        alpha: as in `cosine_decay`.
        name: the name of the name scope; 'SGDRDecay' by default.

    Raises:
        ValueError: as in `exponential_decay`.
        TypeError: the learning rate is no float.
    """
    with name_scope(name, "SGDRDecay"):
        rate, step, steps, longer, higher, least = _begun(
            "cosine_decay_restarts",
            learning_rate,
            global_step,
            first_decay_steps=first_decay_steps,
            t_mul=t_mul,
            m_mul=m_mul,
            alpha=alpha,
        )
        fraction = step / steps
        # Falls that are equally long are counted, others are a geometric series.
        equal = longer == 1
        other = torch.where(equal, 2.0, longer)
        fallen = torch.floor(torch.log(1 - fraction * (1 - other)) / torch.log(other))
        restarts = torch.where(equal, torch.floor(fraction), fallen)
        length = other**fallen
        within = (fraction - (1 - length) / (1 - other)) / length
        within = torch.where(equal, fraction - restarts, within)
        wave = higher**restarts * _wave(within)
        return rate * ((1 - least) * wave + least)


def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """A rate that falls along a line times a wave (tf.train.linear_cosine_decay).

    ``learning_rate * ((alpha + 1 - t) * (1 + cos(2 * pi * num_periods * t)) / 2 + beta)``, where t is
    ``step / decay_steps``.

    >>> linear_cosine_decay(1.0, 5, decay_steps=10, beta=0.0)
    tensor(0.2500)

    Args:
        learning_rate: as in `exponential_decay`.
        global_step: as in `exponential_decay`.
        decay_steps: as in `cosine_decay`.
        num_periods: how many waves there are until then, a number or a tensor of one.
        alpha: see above; a number or a tensor of one.
        beta: see above; a number or a tensor of one.
        name: the name of the name scope; 'LinearCosineDecay' by default.

    Raises:
        ValueError: as in `exponential_decay`.
        TypeError: the learning rate is no float.
    """
    with name_scope(name, "LinearCosineDecay"):
        rate, step, steps, periods, more, least = _begun(
            "linear_cosine_decay",
            learning_rate,
            global_step,
            decay_steps=decay_steps,
            num_periods=num_periods,
            alpha=alpha,
            beta=beta,
        )
        step = torch.minimum(step, steps)
        line = (steps - step) / steps
        return rate * ((more + line) * _wave(2 * periods * (step / steps)) + least)


def noisy_linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    initial_variance: Any = 1.0,
    variance_decay: Any = 0.55,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """A rate as of `linear_cosine_decay`, whose line is noisy (tf.train.noisy_linear_cosine_decay).

    What is drawn from a normal distribution is added to the line, with a variance of
    ``initial_variance / (1 + step) ** variance_decay``.

    >>> noisy_linear_cosine_decay(1.0, 5, decay_steps=10, initial_variance=0.0, beta=0.0)
    tensor(0.2500)

    Each call draws anew, so the rate of a step is another one each time it is asked for.

    Args:
        learning_rate: as in `exponential_decay`.
        global_step: as in `exponential_decay`.
        decay_steps: as in `cosine_decay`.
        initial_variance: see above; a number or a tensor of one.
        variance_decay: see above; a number or a tensor of one.
        num_periods: as in `linear_cosine_decay`.
        alpha: as in `linear_cosine_decay`.
        beta: as in `linear_cosine_decay`.
        name: the name of the name scope; 'NoisyLinearCosineDecay' by default.

    Raises:
        ValueError: as in `exponential_decay`.
        TypeError: the learning rate is no float.
    """
    with name_scope(name, "NoisyLinearCosineDecay"):
        rate, step, steps, first, calming, periods, more, least = _begun(
            "noisy_linear_cosine_decay",
            learning_rate,
            global_step,
            decay_steps=decay_steps,
            initial_variance=initial_variance,
            variance_decay=variance_decay,
            num_periods=num_periods,
            alpha=alpha,
            beta=beta,
        )
        step = torch.minimum(step, steps)
        line = (steps - step) / steps
        line = line + torch.randn_like(line) * torch.sqrt(first / (1 + step) ** calming)
        return rate * ((more + line) * _wave(2 * periods * (step / steps)) + least)


def _wave(fraction: Tensor) -> Tensor:
    """From 1 at 0 to 0 at 1, along half a wave."""
    return 0.5 * (1 + torch.cos(math.pi * fraction))


def _turns(turns: Tensor, staircase: Any) -> Tensor:
    return torch.floor(turns) if _decided("staircase", staircase) else turns


def _begun(schedule: str, learning_rate: Any, global_step: Any, **numbers: Any) -> list[Tensor]:
    """The learning rate, the step and the other numbers, in the rate's dtype and on the step's device.

    All of them are there: a quotient by a number that is elsewhere is the product with its inverse on a
    GPU, by which a stair would be missed.
    """
    step = _step(schedule, global_step, learning_rate)
    rate = _floats(schedule, "learning_rate", learning_rate, step.device)
    given = {"learning_rate": rate, "global_step": step, **numbers}
    return [_as(name, value, rate.dtype, step.device) for name, value in given.items()]


def _step(schedule: str, step: Any, beside: Any = None) -> Tensor:
    if step is None:
        raise ValueError(
            f"None values not supported. {schedule} is of the global step, and there is none. Write "
            "tf.train.get_or_create_global_step(), which makes it."
        )
    device = beside.device if isinstance(beside, Tensor) else device_of_the_net()
    return _tensor("global_step", step, device)


def _floats(schedule: str, parameter: str, value: Any, device: torch.device) -> Tensor:
    found = _tensor(parameter, value, device)
    if found.dtype not in FLOATS:
        raise TypeError(
            f"{schedule} wants floats for `{parameter}`, and got {value!r}, of {dtype_name(found.dtype)}. "
            "Write 1.0 for 1, or convert it: tf.cast(x, tf.float32)."
        )
    return found


def _tensor(parameter: str, value: Any, device: torch.device | None) -> Tensor:
    """The tensor that an argument stands for; numbers as TF1 reads them.

    They are filled in where they are to be: a copy would wait for the device.
    """
    if isinstance(value, Tensor):
        return value
    if type(value) is float:
        return torch.full((), value, dtype=torch.float32, device=device)
    if type(value) is int and -(2**31) <= value < 2**31:
        return torch.full((), value, dtype=torch.int32, device=device)
    if value is None:
        raise ValueError(f"None values not supported. `{parameter}` wants a number or a tensor.")
    return as_tensor(value).to(device)


def _as(parameter: str, value: Any, dtype: torch.dtype, device: torch.device) -> Tensor:
    found = _tensor(parameter, value, device)
    return found.to(device, dtype, non_blocking=found.is_cpu)


def _decided(parameter: str, value: Any) -> bool:
    if isinstance(value, Tensor):
        raise TypeError(
            "Using a symbolic `tf.Tensor` as a Python `bool` is not allowed. "
            f"`{parameter}` is the same on every step: give it as a bool of Python's."
        )
    return bool(value)


def _limit(x: Tensor, boundary: Tensor) -> Tensor:
    """A boundary, which may be compared with `x`."""
    if boundary.dtype == x.dtype:
        return boundary
    if boundary.dtype == torch.int32 and x.dtype == torch.int64:
        return boundary.to(torch.int64)
    raise ValueError(
        f"Boundaries ({_tf_dtype(boundary)}) must have the same dtype as x ({_tf_dtype(x)}). Write "
        "them as numbers of its kind: 1 for an integer, 1.0 for a float."
    )


def _check_order(numbers: list[Any]) -> None:
    for low, high in pairwise(numbers):
        if low is not None and high is not None and low > high:
            raise InvalidArgumentError(
                None,
                None,
                "Input error: exclusive=True: more than 1 conditions evaluated as True. The boundaries "
                f"fall from {low} to {high}. Write them in their order, each with its value.",
            )


def _tf_dtype(tensor: Tensor) -> str:
    return f"<dtype: '{dtype_name(tensor.dtype)}'>"
