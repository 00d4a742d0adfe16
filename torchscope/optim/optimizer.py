"""What PyTorch's optimizers with TF1's numbers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, overload

import torch
from torch import Tensor

from torchscope._core.values.arithmetic import Number, Tensors
from torchscope._core.values.conversion import shape_text
from torchscope.optim import ranges


class Optimizer(torch.optim.Optimizer):
    """An optimizer of PyTorch's that computes as one of tf.train does.

    A subclass says what it keeps of each parameter (`slots`) and how lists of tensors of one device and dtype
    move (`update`). Both are asked by ``tf.train`` as well, which keeps the same in variables.

    Attributes:
        rows_alone: whether a sparse gradient moves only the rows that it has; else all rows move as by a dense one.
        moves_at_rest: whether a step moves parameters though the rate and all gradients are 0. PyTorch's distributed
            checkpoints take such a step where nothing is kept yet, so here all is kept from the beginning.
    """

    rows_alone: ClassVar[bool] = True
    moves_at_rest: ClassVar[bool] = False

    def __init__(
        self, params: Any, defaults: dict[str, Any], name: str, foreach: bool = True
    ) -> None:
        if not isinstance(name, str) or not name:
            raise ValueError(
                f"Must specify the optimizer name: it is in the names of the slots; got {name!r}."
            )
        self.name = name
        super().__init__(params, {**defaults, "foreach": foreach})

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> None:
        """Refuses options that are out of their ranges.

        Raises:
            ValueError: it names the option and its range.
        """
        ranges.not_negative(cls, options, "lr")

    @classmethod
    def slots(cls, options: Mapping[str, Any]) -> dict[str, float]:
        """What is kept of each parameter, in TF1's order, and the value that it begins with."""
        return {}

    @classmethod
    def numbers(cls, options: Mapping[str, Any]) -> dict[str, Number]:
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

    @classmethod
    def move_rows(
        cls,
        parameter: Tensor,
        rows: Tensor,
        values: Tensor,
        slots: Mapping[str, Tensor],
        options: Mapping[str, Any],
    ) -> None:
        """Moves a parameter, and its slots, by the gradients of some of its rows, each of which is named once."""
        if not cls.rows_alone:
            whole = torch.zeros_like(parameter).index_copy_(0, rows, values)
            cls.update([parameter], [whole], {name: [slots[name]] for name in slots}, options)
            return
        taken, *kept = (tensor[rows] for tensor in (parameter, *slots.values()))
        cls.update([taken], [values], {n: [s] for n, s in zip(slots, kept, strict=True)}, options)
        for tensor, changed in zip((parameter, *slots.values()), (taken, *kept), strict=True):
            tensor.index_copy_(0, rows, changed)

    def slot_names(
        self, group: Mapping[str, Any] | None = None, parameter: Tensor | None = None
    ) -> dict[str, str]:
        """How TF1 calls the variable of each slot: what follows the parameter's name and a slash.

        >>> from torchscope import optim
        >>> optim.Adam([torch.zeros(2)]).slot_names()
        {'m': 'Adam', 'v': 'Adam_1'}

        Args:
            group: the parameter's group; the first by default.
            parameter: the parameter, where what is kept depends on its shape.
        """
        slots = self.slots(self.param_groups[0] if group is None else group)
        return {slot: f"{self.name}_{n}" if n else self.name for n, slot in enumerate(slots)}

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds parameters with options of their own.

        Raises:
            ValueError: an option is out of its range.
        """
        self.check({**self.defaults, **param_group})
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        for name, value in self.numbers(group).items():
            group.setdefault(name, value)
        _place_numbers(group, list(self.numbers(group)))
        if self.moves_at_rest:
            for parameter in group["params"]:
                self.state[parameter] = self.first_state(parameter, group)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "name": self.name}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # load_state_dict comes here as well, with all that it has cast and nothing that it has applied.
        defaults = state.get("defaults") or self.defaults
        for group in state["param_groups"]:
            self._check_loaded(group, state["state"], defaults)
        super().__setstate__(state)
        for group in self.param_groups:
            _place_numbers(group, list(self.numbers(group)))

    def _check_loaded(
        self, group: dict[str, Any], state: Mapping[Tensor, Any], defaults: Mapping[str, Any]
    ) -> None:
        """Refuses what another optimizer has saved, or this one of other parameters."""
        own = type(self).__name__
        # PyTorch puts one option more into the defaults of an optimizer that was copied, and in no group.
        missing = [each for each in defaults if each not in group and each != "differentiable"]
        if missing:
            raise ValueError(
                f"The state is not of {own}: its groups have no {', '.join(missing)}. Load what "
                f"{own}.state_dict() gave."
            )
        for number, parameter in enumerate(group["params"]):
            kept = state.get(parameter)
            if not kept:
                continue
            of = f"parameter {number} of a group, of shape {shape_text(parameter.shape)}"
            expected = self.first_state(parameter, group)
            if kept.keys() != expected.keys():
                raise ValueError(
                    f"The state of {of}, has {', '.join(kept) or 'nothing'}; {own} keeps "
                    f"{', '.join(expected) or 'nothing'}. Load what {own}.state_dict() gave."
                )
            for slot, first in expected.items():
                if kept[slot].shape != first.shape:
                    raise ValueError(
                        f"The state of {of}, has {slot} of shape {shape_text(kept[slot].shape)} where "
                        f"{shape_text(first.shape)} is kept. It is of other parameters, or of the same in "
                        "another order: hand over parameters as they were when it was saved."
                    )

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

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
        sparse = [(p, *_rows_of(p)) for p in parameters if _is_sparse(p)]
        dense = [p for p in parameters if not _is_sparse(p)]
        for parameter in parameters:
            if not self.state[parameter]:
                self.state[parameter] = self.first_state(parameter, group)
        for together in _of_one_kind(dense) if group["foreach"] else ([p] for p in dense):
            states = [self.state[p] for p in together]
            slots = {name: [state[name] for state in states] for name in states[0]}
            self.update(together, [p.grad for p in together], slots, group)  # type: ignore[misc]
        for parameter, rows, values in sparse:
            update_rows(type(self), parameter, rows, values, self.state[parameter], group)

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
    algorithm.move_rows(parameter, rows.to(torch.int64), values, slots, options)


def _is_sparse(parameter: Tensor) -> bool:
    """Whether its gradient is of some of its rows."""
    return parameter.grad is not None and parameter.grad.layout == torch.sparse_coo


def _rows_of(parameter: Tensor) -> tuple[Tensor, Tensor]:
    """Which rows its sparse gradient has, each once, and their gradients."""
    gradient: Any = parameter.grad
    if gradient.sparse_dim() != 1:
        raise ValueError(
            f"A parameter of shape {shape_text(parameter.shape)} has a sparse gradient whose indices are of "
            f"{gradient.sparse_dim()} dimensions; TF1's are of rows. Make it dense: p.grad = p.grad.to_dense()."
        )
    gradient = gradient.coalesce()
    return gradient.indices()[0], gradient.values()


def _place_numbers(group: dict[str, Any], names: list[str]) -> None:
    """Has the numbers of a group on its device, where its steps are captured there; else in Python."""
    for name in names:
        value = group[name]
        if group.get("capturable") and group["params"]:
            group[name] = torch.as_tensor(
                value, dtype=torch.float32, device=group["params"][0].device
            )
        elif isinstance(value, Tensor):
            group[name] = value.item()


def _of_one_kind(parameters: Iterable[Tensor]) -> Iterator[list[Tensor]]:
    """The parameters in lists of one device and dtype each."""
    found: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
    for parameter in parameters:
        found.setdefault((parameter.device, parameter.dtype), []).append(parameter)
    yield from found.values()
