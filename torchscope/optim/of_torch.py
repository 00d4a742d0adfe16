"""PyTorch's own optimizers as TF1's, and back, with what they keep: where the algorithms are alike.

So what `torch.optim.Adam` has gathered can be saved in a TF1 checkpoint, and it can go on from one:
``Saver().save(net, path, optimizer=from_torch(adam))``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values import arithmetic
from torchscope.optim.adam import Adam
from torchscope.optim.gradient_descent import GradientDescent
from torchscope.optim.momentum import Momentum
from torchscope.optim.optimizer import Optimizer
from torchscope.optim.rmsprop import RMSProp
from torchscope.optim.weight_decay import AdamW

Group = Mapping[str, Any]
State = dict[str, Any]


def from_torch(optimizer: torch.optim.Optimizer) -> Optimizer:
    """An optimizer with TF1's numbers that goes on from where one of PyTorch's is.

    It has the same parameters, in the same groups, and copies of what was kept of them.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.zeros(1))
    >>> sgd = torch.optim.SGD([w], lr=0.5, momentum=0.5)
    >>> w.grad = torch.ones(1)
    >>> sgd.step()
    >>> ours = optim.from_torch(sgd)
    >>> type(ours).__name__, ours.state[w]
    ('Momentum', {'momentum': tensor([1.])})

    | PyTorch's | TF1's | where they differ from then on |
    | --- | --- | --- |
    | SGD | GradientDescent, Momentum | nowhere |
    | Adam, AdamW | Adam, AdamW | epsilon is added to a root that is not corrected, so it weighs less in the first \
steps. TF1 has one count of steps: parameters that have not moved yet have it too. The share that decays is the rate of \
now times the decay, and stays where the rate changes |
    | RMSprop | RMSProp | epsilon, here its square, is under the root: the same where the average is 0 or is \
large beside it. The momentum has the learning rate in it, here that of now: another rate later weighs on new \
gradients alone. TF1 begins with squares of 1, and PyTorch with 0, which parameters that have not moved keep |

    Args:
        optimizer: one of `torch.optim.SGD`, Adam, AdamW and RMSprop.

    Raises:
        TypeError: it is another one.
        ValueError: TF1 has nothing like an option of it: weight decay in SGD, dampening, amsgrad, maximize; or it has
            counted other steps for some parameters than for others.
    """
    read = _READ.get(type(optimizer))
    if read is None:
        raise TypeError(
            "What is alike in TF1 are torch.optim's SGD, Adam, AdamW and RMSprop; this is "
            f"{type(optimizer).__module__}.{type(optimizer).__qualname__}."
        )
    for group in optimizer.param_groups:
        for option in ("weight_decay", "dampening", "amsgrad", "maximize"):
            decays = option == "weight_decay" and type(optimizer) is torch.optim.AdamW
            if group.get(option) and not decays:
                raise ValueError(
                    f"TF1's optimizers have no {option}, and this {type(optimizer).__name__} has "
                    f"{group[option]}. A weight decay can be a part of the loss; else make the optimizer "
                    f"without it."
                )
    made, states = read(optimizer)
    for parameter, state in states.items():
        made.state[parameter] = state
    return made


def to_torch(optimizer: Optimizer) -> torch.optim.Optimizer:
    """The optimizer of PyTorch's that goes on from where one with TF1's numbers is: `from_torch` the other way.

    It has the same parameters, in the same groups, and copies of what was kept of them. How its steps differ is
    said there.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.zeros(1))
    >>> ours = optim.Adam([w])
    >>> for _ in range(3):
    ...     w.grad = torch.ones(1)
    ...     ours.step()
    >>> optim.to_torch(ours).state[w]["step"]
    tensor(3.)

    Args:
        optimizer: a GradientDescent, Momentum, Adam, AdamW or RMSProp.

    Raises:
        TypeError: it is another one.
        ValueError: Adam's powers are none of its betas; or a momentum, or a decay, cannot be divided by a
            learning rate of 0.
    """
    write = _WRITE.get(type(optimizer))
    if write is None:
        raise TypeError(
            "What is alike in torch.optim are GradientDescent, Momentum, Adam, AdamW and RMSProp; this is "
            f"{type(optimizer).__name__}."
        )
    cls, options_of, state_of = write
    groups = [
        {"params": list(group["params"]), **options_of(group)} for group in optimizer.param_groups
    ]
    # A rate for defaults that no group uses.
    made: torch.optim.Optimizer = cls(groups, lr=groups[0]["lr"])
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            state = optimizer.state.get(parameter) or optimizer.first_state(parameter, group)
            new = state_of({slot: kept.clone() for slot, kept in state.items()}, group)
            if new:
                made.state[parameter] = new
    return made


# From PyTorch's


def _kept(optimizer: torch.optim.Optimizer) -> list[tuple[Tensor, Group, State]]:
    """Each parameter, its group, and what is kept of it."""
    return [
        (parameter, group, optimizer.state.get(parameter) or {})
        for group in optimizer.param_groups
        for parameter in group["params"]
    ]


def _or_zeros(state: State, name: str, parameter: Tensor) -> Tensor:
    kept = state.get(name)
    if kept is None:
        return torch.zeros_like(parameter, memory_format=torch.preserve_format)
    copy: Tensor = kept.detach().clone()
    return copy


def _from_sgd(optimizer: torch.optim.Optimizer) -> tuple[Optimizer, dict[Tensor, State]]:
    if not any(group["momentum"] for group in optimizer.param_groups):
        groups = [{"params": g["params"], "lr": g["lr"]} for g in optimizer.param_groups]
        return GradientDescent(groups, groups[0]["lr"]), {}
    groups = [
        {
            "params": group["params"],
            "lr": group["lr"],
            "momentum": group["momentum"],
            "use_nesterov": group["nesterov"],
        }
        for group in optimizer.param_groups
    ]
    states = {
        parameter: {"momentum": _or_zeros(state, "momentum_buffer", parameter)}
        for parameter, _, state in _kept(optimizer)
    }
    return Momentum(groups, groups[0]["lr"], groups[0]["momentum"]), states


def _from_adam(optimizer: torch.optim.Optimizer) -> tuple[Optimizer, dict[Tensor, State]]:
    kept = _kept(optimizer)
    steps = sorted({int(state["step"]) for _, _, state in kept if state})
    if len(steps) > 1:
        raise ValueError(
            f"TF1 counts the steps of all parameters together, and this {type(optimizer).__name__} has "
            f"moved some {steps[0]} times and some {steps[-1]} times."
        )
    taken = steps[0] if steps else 0
    groups = []
    for group in optimizer.param_groups:
        beta1, beta2 = (float(beta) for beta in group["betas"])
        groups.append(
            {
                "params": group["params"],
                "lr": group["lr"],
                "beta1": beta1,
                "beta2": beta2,
                "epsilon": group["eps"],
                "capturable": group["capturable"],
                "fused": bool(group["fused"]),
                "beta1_power": _power(beta1, taken),
                "beta2_power": _power(beta2, taken),
            }
        )
        if type(optimizer) is torch.optim.AdamW:
            groups[-1]["weight_decay"] = group["lr"] * group["weight_decay"]
    states = {
        parameter: {
            "m": _or_zeros(state, "exp_avg", parameter),
            "v": _or_zeros(state, "exp_avg_sq", parameter),
        }
        for parameter, _, state in kept
    }
    if type(optimizer) is torch.optim.AdamW:
        return AdamW(groups, weight_decay=0.0), states
    return Adam(groups), states


def _power(beta: float, steps: int) -> float:
    """The power of a beta that TF1 has after some steps: it begins with the first."""
    beta = power = arithmetic.single(beta)
    for _ in range(steps):
        if power < _LEAST:
            break
        power = arithmetic.single(power * beta)
    return power


def _from_rmsprop(optimizer: torch.optim.Optimizer) -> tuple[Optimizer, dict[Tensor, State]]:
    groups = [
        {
            "params": group["params"],
            "lr": group["lr"],
            "decay": group["alpha"],
            "momentum": group["momentum"],
            "epsilon": group["eps"] ** 2,
            "centered": group["centered"],
        }
        for group in optimizer.param_groups
    ]
    states = {}
    for parameter, group, state in _kept(optimizer):
        centered = {"mg": _or_zeros(state, "grad_avg", parameter)} if group["centered"] else {}
        states[parameter] = {
            "rms": _or_zeros(state, "square_avg", parameter),
            **centered,
            "momentum": _or_zeros(state, "momentum_buffer", parameter) * group["lr"],
        }
    return RMSProp(groups, groups[0]["lr"]), states


_READ: dict[type, Callable[[Any], tuple[Optimizer, dict[Tensor, State]]]] = {
    torch.optim.SGD: _from_sgd,
    torch.optim.Adam: _from_adam,
    torch.optim.AdamW: _from_adam,
    torch.optim.RMSprop: _from_rmsprop,
}


# To PyTorch's


def _sgd_options(group: Group) -> State:
    return {
        "lr": float(group["lr"]),
        "momentum": float(group.get("momentum", 0.0)),
        "nesterov": bool(group.get("use_nesterov")),
    }


def _sgd_state(state: State, group: Group) -> State:
    return {"momentum_buffer": state["momentum"]} if state else {}


def _adam_options(group: Group) -> State:
    return {
        "lr": group["lr"] if group["capturable"] else float(group["lr"]),
        "betas": (float(group["beta1"]), float(group["beta2"])),
        "eps": float(group["epsilon"]),
        "capturable": group["capturable"],
        "fused": group["fused"],
    }


def _adamw_options(group: Group) -> State:
    rate, decay = float(group["lr"]), float(group["weight_decay"])
    if decay and not rate:
        raise ValueError(
            "The weight decay of TF1's AdamW is a share, and PyTorch's is one times the learning rate, which is 0 "
            "here. Set the rate that it was trained with: optimizer.param_groups[0]['lr'] = 0.01."
        )
    return {**_adam_options(group), "weight_decay": decay / rate if decay else 0.0}


def _adam_state(state: State, group: Group) -> State:
    on_device = group["capturable"] or group["fused"]
    device = state["m"].device if on_device else torch.device("cpu")
    step = torch.tensor(float(_steps(group)), dtype=torch.float32, device=device)
    return {"step": step, "exp_avg": state["m"], "exp_avg_sq": state["v"]}


# Below this float32 has no more powers, and corrections by them are 1.
_LEAST = 2e-38


def _steps(group: Group) -> int:
    """How many steps Adam has taken, by the powers of its betas.

    Raises:
        ValueError: the powers are not those of the betas.
    """
    counts = []
    for name in ("beta1", "beta2"):
        beta, power = arithmetic.single(float(group[name])), float(group[f"{name}_power"])
        now, steps = beta, 0
        while now > power * (1 + 1e-6) and now >= _LEAST:
            now, steps = arithmetic.single(now * beta), steps + 1
        # One of 0, and one that has vanished, tell that there were many, or nothing.
        if beta and now < _LEAST:
            counts.append((name, steps, False))
        elif beta:
            if abs(now - power) > 1e-6 * power:
                raise ValueError(
                    f"{name}_power is {power}, and that is no power of this Adam's {name}, {beta}. Give Adam "
                    "the betas that the checkpoint was trained with."
                )
            counts.append((name, steps, True))
    known = {steps for _, steps, exact in counts if exact}
    if len(known) > 1:
        raise ValueError(
            f"beta1_power and beta2_power are of {' and '.join(map(str, sorted(known)))} steps. Give Adam the "
            "betas that the checkpoint was trained with."
        )
    return known.pop() if known else max([1, *(steps for _, steps, _ in counts)])


def _rmsprop_options(group: Group) -> State:
    return {
        "lr": float(group["lr"]),
        "alpha": float(group["decay"]),
        "eps": math.sqrt(float(group["epsilon"])),
        "momentum": float(group["momentum"]),
        "centered": group["centered"],
    }


def _rmsprop_state(state: State, group: Group) -> State:
    kept = {"step": torch.tensor(0.0, device="cpu"), "square_avg": state["rms"]}
    if group["centered"]:
        kept["grad_avg"] = state["mg"]
    if float(group["momentum"]):
        rate = float(group["lr"])
        if not rate:
            raise ValueError(
                "TF1 keeps the momentum of RMSProp times the learning rate, which is 0 here, and PyTorch without "
                "it. Set the rate that it was trained with: optimizer.param_groups[0]['lr'] = 0.01."
            )
        kept["momentum_buffer"] = state["momentum"] / rate
    return kept


_WRITE: dict[type, tuple[Any, Callable[[Group], State], Callable[[State, Group], State]]] = {
    GradientDescent: (torch.optim.SGD, _sgd_options, _sgd_state),
    Momentum: (torch.optim.SGD, _sgd_options, _sgd_state),
    Adam: (torch.optim.Adam, _adam_options, _adam_state),
    AdamW: (torch.optim.AdamW, _adamw_options, _adam_state),
    RMSProp: (torch.optim.RMSprop, _rmsprop_options, _rmsprop_state),
}
