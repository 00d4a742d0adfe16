"""Adafactor as tensor2tensor has it: of a matrix, the averages of its rows and of its columns are kept."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from torchscope._core.pytorch.sharding import gathered_sums
from torchscope._core.values import arithmetic
from torchscope._core.values.arithmetic import Number, Tensors
from torchscope.optim import ranges
from torchscope.optim.optimizer import Optimizer


class Adafactor(Optimizer):
    """Adafactor with the numbers of tensor2tensor's AdafactorOptimizer.

    Of a matrix, or of the last two dimensions of what has more, the averages of squares of rows and of
    columns are kept, in float32 whatever the parameter has; of a vector, all. `torch.optim.Adafactor` bounds
    epsilon elsewhere, and has no momentum.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.ones(2, 3))
    >>> w.grad = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    >>> optimizer = optim.Adafactor([w])
    >>> optimizer.step()
    >>> w[0].tolist(), {slot: list(v.shape) for slot, v in optimizer.state[w].items()}
    ([0.990..., 0.990..., 0.990...], {'vr': [2], 'vc': [3]})

    Parameters move one by one. A sparse gradient moves all rows as a dense one does. TF1's global step is each
    group's ``global_step``, from 0 on.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, a number or a tensor of one; by default the smaller of 0.01 and
            ``1 / sqrt(global_step + 1)``, and a 20th of it without `multiply_by_parameter_scale`.
        decay_rate: what is kept of averages; ``1 - (global_step + 1)**-0.8`` by default.
        beta1: what is kept of the average of steps; of 0 nothing is kept.
        clipping_threshold: how large a step may be, as a root of the mean of squares; None for any size.
        factored: whether rows and columns stand for matrices.
        multiply_by_parameter_scale: whether the rate is relative to the parameter.
        epsilon1: what is added to squares.
        epsilon2: how small a parameter's scale is at least.
        name: in the names of the slots in a checkpoint: 'w/Adafactor' and so on.

    Raises:
        ValueError: a number is out of its range.
    """

    rows_alone = False

    def __init__(
        self,
        params: Any,
        lr: float | Tensor | None = None,
        decay_rate: float | Tensor | None = None,
        beta1: float = 0.0,
        clipping_threshold: float | None = 1.0,
        factored: bool = True,
        multiply_by_parameter_scale: bool = True,
        epsilon1: float = 1e-30,
        epsilon2: float = 1e-3,
        *,
        name: str = "Adafactor",
    ) -> None:
        options = {
            "lr": lr,
            "decay_rate": decay_rate,
            "beta1": beta1,
            "clipping_threshold": clipping_threshold,
            "factored": factored,
            "multiply_by_parameter_scale": multiply_by_parameter_scale,
            "epsilon1": epsilon1,
            "epsilon2": epsilon2,
        }
        super().__init__(params, options, name, foreach=False)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> None:
        """Averages keep a share, steps have some size."""
        super().check(options)
        ranges.share(cls, options, "beta1", "decay_rate")
        ranges.positive(cls, options, "clipping_threshold")
        ranges.not_negative(cls, options, "epsilon1", "epsilon2")

    @classmethod
    def numbers(cls, options: Mapping[str, Any]) -> dict[str, Number]:
        """How many steps were taken."""
        return {"global_step": 0}

    def first_state(self, parameter: Tensor, group: Mapping[str, Any]) -> dict[str, Any]:
        """What is kept of a parameter that has not moved yet."""
        average = {"m": torch.zeros_like(parameter)} if group["beta1"] else {}
        whole = parameter.detach().new_zeros(parameter.shape, dtype=_computed(parameter))
        if group["factored"] and parameter.ndim >= 2:
            rows, columns = gathered_sums(whole.sum(-1)), gathered_sums(whole.sum(-2))
            return {**average, "vr": rows, "vc": columns}
        return {**average, "v": whole}

    def slot_names(
        self, group: Mapping[str, Any] | None = None, parameter: Tensor | None = None
    ) -> dict[str, str]:
        """How TF1 calls the variable of each slot of a parameter.

        Raises:
            ValueError: there is no parameter.
        """
        if parameter is None:
            raise ValueError(
                "What Adafactor keeps depends on the shape of the parameter: slot_names(group, parameter)."
            )
        slots = self.first_state(parameter, self.param_groups[0] if group is None else group)
        return {slot: f"{self.name}_{n}" if n else self.name for n, slot in enumerate(slots)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Loads what state_dict() gave; averages keep their precision where parameters have less."""
        super().load_state_dict(state_dict)
        saved = chain.from_iterable(group["params"] for group in state_dict["param_groups"])
        own = chain.from_iterable(group["params"] for group in self.param_groups)
        for number, parameter in zip(saved, own, strict=True):
            for slot, value in self.state.get(parameter, {}).items():
                if slot != "m" and value.dtype != _computed(parameter):
                    exact = state_dict["state"][number][slot]
                    self.state[parameter][slot] = exact.to(value.device, _computed(parameter))

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Moves parameters one by one, and their averages."""
        for number, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
            if parameter.numel():
                kept = {name: tensors[number] for name, tensors in slots.items()}
                _move(parameter, gradient.to(_computed(parameter)), kept, options)

    @classmethod
    def finish(cls, options: Any) -> None:
        """Counts the step."""
        options["global_step"] += 1


def _move(
    parameter: Tensor, gradient: Tensor, kept: Mapping[str, Tensor], options: Mapping[str, Any]
) -> None:
    """Moves a parameter by a gradient of the dtype in which is computed."""
    value = parameter.to(gradient.dtype)
    rate = _rate(options)
    if options["multiply_by_parameter_scale"]:
        rate = rate * _size(value).clamp(min=options["epsilon2"])
    step = gradient * _factors(gradient.square() + options["epsilon1"], kept, _decay(options))
    if options["clipping_threshold"] is not None:
        step = step / (_size(step) / options["clipping_threshold"]).clamp(min=1.0)
    step = step * rate
    if options["beta1"]:
        step = options["beta1"] * kept["m"].to(step.dtype) + (1.0 - options["beta1"]) * step
        kept["m"].copy_(step)
    parameter.copy_(value - step)


def _factors(squares: Tensor, kept: Mapping[str, Tensor], decay: Number) -> Tensor:
    """What gradients are multiplied by: one over the roots of the averages, which move first."""
    if "v" in kept:
        return _moved(kept["v"], squares, decay).rsqrt()
    rows = _moved(kept["vr"], gathered_sums(squares.mean(-1)), decay)
    columns = _moved(kept["vc"], gathered_sums(squares.mean(-2)), decay)
    of_rows = (rows / gathered_sums(rows.mean(-1, keepdim=True))).rsqrt()
    return of_rows.unsqueeze(-1) * columns.rsqrt().unsqueeze(-2)


def _moved(average: Tensor, value: Tensor, decay: Number) -> Tensor:
    """An average that has moved towards a value."""
    return average.mul_(decay).add_((1.0 - decay) * value)


def _size(tensor: Tensor) -> Tensor:
    """The root of the mean of squares."""
    return gathered_sums(tensor.square().mean()).sqrt()


def _rate(options: Mapping[str, Any]) -> Number:
    """The learning rate, before the parameter's scale."""
    if options["lr"] is not None:
        return arithmetic.exact(options["lr"])
    rate: float = min((options["global_step"] + 1) ** -0.5, 0.01)
    return rate if options["multiply_by_parameter_scale"] else rate * 0.05


def _decay(options: Mapping[str, Any]) -> Number:
    """What is kept of averages in this step."""
    if options["decay_rate"] is not None:
        return arithmetic.exact(options["decay_rate"])
    decay: float = 1.0 - (options["global_step"] + 1) ** -0.8
    return decay


def _computed(parameter: Tensor) -> torch.dtype:
    """The dtype in which is computed: float32 at least."""
    return torch.promote_types(parameter.dtype, torch.float32)
