"""What PyTorch's optimizers with TF1's numbers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from torchscope.conversion import shape_text
from torchscope.optim.arithmetic import Tensors


class Optimizer(torch.optim.Optimizer):
    """An optimizer of PyTorch's that computes as one of tf.train does.

    A subclass says what it keeps of each parameter (`slots`) and how lists of tensors of one device and dtype
    move (`update`). Both are asked by ``tf.train`` as well, which keeps the same in variables.

    Attributes:
        rows_alone: whether a sparse gradient moves only the rows that it has; else all rows move as by a dense one.
    """

    rows_alone: ClassVar[bool] = True

    def __init__(
        self, params: Any, defaults: dict[str, Any], name: str, foreach: bool = True
    ) -> None:
        if not isinstance(name, str) or not name:
            raise ValueError(
                f"Must specify the optimizer name: it is in the names of the slots; got {name!r}."
            )
        lr = defaults["lr"]
        if not isinstance(lr, Tensor) and not lr >= 0:
            raise ValueError(
                f"{type(self).__name__} was given a learning rate of {lr}; it is 0 or more."
            )
        self.name = name
        super().__init__(params, {**defaults, "foreach": foreach})

    @classmethod
    def slots(cls, options: Mapping[str, Any]) -> dict[str, float]:
        """What is kept of each parameter, in TF1's order, and the value that it begins with."""
        return {}

    @classmethod
    def numbers(cls, options: Mapping[str, Any]) -> dict[str, float]:
        """What is kept once, under TF1's names of the variables, and the value that it begins with."""
        return {}

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Moves parameters of one device and dtype, and their slots, in place."""
        raise NotImplementedError

    @classmethod
    def finish(cls, options: Any) -> None:
        """Moves what is kept once, when all parameters have moved."""

    def slot_names(self, group: Mapping[str, Any] | None = None) -> dict[str, str]:
        """How TF1 calls the variable of each slot: what follows the parameter's name and a slash.

        >>> from torchscope import optim
        >>> optim.Adam([torch.zeros(2)]).slot_names()
        {'m': 'Adam', 'v': 'Adam_1'}
        """
        slots = self.slots(self.param_groups[0] if group is None else group)
        return {slot: f"{self.name}_{n}" if n else self.name for n, slot in enumerate(slots)}

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds parameters with options of their own."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        for name, value in self.numbers(group).items():
            group.setdefault(name, value)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Moves every parameter that has a gradient.

        Args:
            closure: computes the loss again, and its gradients.

        Returns:
            What the closure gives.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            moved = [p for p in group["params"] if p.grad is not None]
            if moved:
                self._move(group, moved)
                self.finish(group)
        return loss

    def _move(self, group: dict[str, Any], parameters: list[Tensor]) -> None:
        names = list(self.slots(group))
        for parameter in parameters:
            if not self.state[parameter]:
                self.state[parameter] = self.first_state(parameter, group)
        dense = [p for p in parameters if not _is_sparse(p)]
        for together in _of_one_kind(dense) if group["foreach"] else ([p] for p in dense):
            states = [self.state[p] for p in together]
            slots = {name: [state[name] for state in states] for name in names}
            self.update(together, [p.grad for p in together], slots, group)  # type: ignore[misc]
        for parameter in filter(_is_sparse, parameters):
            state = self.state[parameter]
            kept = {name: state[name] for name in names}
            gradient: Any = parameter.grad
            gradient = gradient.coalesce()
            rows, values = gradient.indices()[0], gradient.values()
            update_rows(type(self), parameter, rows, values, kept, group)

    def first_state(self, parameter: Tensor, group: Mapping[str, Any]) -> dict[str, Any]:
        """What is kept of a parameter that has not moved yet."""
        return {
            name: torch.full_like(parameter, value, memory_format=torch.preserve_format)
            for name, value in self.slots(group).items()
        }


def update_rows(
    algorithm: type[Optimizer],
    parameter: Tensor,
    rows: Tensor,
    values: Tensor,
    slots: Mapping[str, Tensor],
    options: Mapping[str, Any],
) -> None:
    """Moves a parameter by the gradients of some of its rows, each of which is named once.

    Raises:
        ValueError: the gradients are not of rows of the parameter.
    """
    if values.shape[1:] != parameter.shape[1:]:
        raise ValueError(
            f"Sparse gradients of shape {shape_text(values.shape)} are of no rows of a parameter of shape "
            f"{shape_text(parameter.shape)}."
        )
    if not algorithm.rows_alone:
        whole = torch.zeros_like(parameter).index_copy_(0, rows.to(torch.int64), values)
        algorithm.update(
            [parameter], [whole], {name: [slot] for name, slot in slots.items()}, options
        )
        return
    rows = rows.to(torch.int64)
    tensors = [parameter, *slots.values()]
    taken = [tensor[rows] for tensor in tensors]
    algorithm.update(
        taken[:1], [values], {n: [s] for n, s in zip(slots, taken[1:], strict=True)}, options
    )
    for tensor, changed in zip(tensors, taken, strict=True):
        tensor.index_copy_(0, rows, changed)


def _is_sparse(parameter: Tensor) -> bool:
    """Whether its gradient is of some of its rows."""
    return parameter.grad is not None and parameter.grad.layout == torch.sparse_coo


def _of_one_kind(parameters: Iterable[Tensor]) -> Iterator[list[Tensor]]:
    """The parameters in lists of one device and dtype each."""
    found: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
    for parameter in parameters:
        found.setdefault((parameter.device, parameter.dtype), []).append(parameter)
    yield from found.values()
