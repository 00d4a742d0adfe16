"""An optimizer of tf.train whose numbers are those of an optimizer in torchscope.optim."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from torchscope import optim
from torchscope._core.operations.operation import group
from torchscope._core.ops.indexed_slices import IndexedSlices
from torchscope.initializers import Constant
from torchscope.optim.optimizer import update_rows
from torchscope.optim.train.optimizer import Optimizer, Pairs, check_unconstrained, constrain

# What a subclass may have of its own.
_STEPS = (
    "_prepare",
    "_apply_dense",
    "_apply_sparse",
    "_apply_sparse_duplicate_indices",
    "_resource_apply_dense",
    "_resource_apply_sparse",
    "_resource_apply_sparse_duplicate_indices",
    "_finish",
)


class ByAlgorithm(Optimizer):
    """Moves all variables of one device and dtype together, by an algorithm of `torchscope.optim`.

    Attributes:
        algorithm: it.
        options: under which attribute each option of the algorithm is kept, as TF1 calls it.
    """

    algorithm: ClassVar[type[optim.Optimizer]]
    options: ClassVar[Mapping[str, str]] = {}

    def _given(self) -> dict[str, Any]:
        """The options, as numbers or tensors."""
        given = {
            name: self._call_if_callable(getattr(self, kept)) for name, kept in self.options.items()
        }
        return {**given, **self._non_slot_dict}

    def _own(self, variable: Any) -> dict[str, Any]:
        """The options that differ for a variable."""
        return {}

    def _slot_names(self) -> dict[str, str]:
        """What each slot's variable is called, after its own variable; made unique there."""
        return dict.fromkeys(self.algorithm.slots(self._given()), self._name)

    def _create_slots(self, var_list: list[Any]) -> None:
        given = self._given()
        first = min(var_list, key=lambda variable: variable.name)
        for name, value in self.algorithm.numbers(given).items():
            self._create_non_slot_variable(value, name, first)
        slots, names = self.algorithm.slots(given), self._slot_names()
        for variable in var_list:
            for slot, value in slots.items():
                if value:
                    self._get_or_make_slot_with_initializer(
                        variable, Constant(value), variable.shape, variable.dtype, slot, names[slot]
                    )
                else:
                    self._zeros_slot(variable, slot, names[slot])

    def _asks_the_pass(self) -> bool:
        cls = type(self)
        ours = (Optimizer, ByAlgorithm)
        return any(
            getattr(cls, name) not in [vars(each).get(name) for each in ours] for name in _STEPS
        )

    def _move(self, pairs: Pairs, scope: str) -> None:
        if self._asks_the_pass():
            super()._move(pairs, scope)
            return
        sparse = [pair for pair in pairs if isinstance(pair[0], IndexedSlices)]
        for _, variable in sparse:
            check_unconstrained(variable)
        together: dict[Any, list[Any]] = {}
        for pair in (pair for pair in pairs if not isinstance(pair[0], IndexedSlices)):
            variable = pair[1]
            own = tuple(self._own(variable).items())
            together.setdefault((variable.device, variable.dtype, own), []).append(pair)
        given = self._given()
        for (_, _, own), of_one_kind in together.items():
            variables = [variable for _, variable in of_one_kind]
            gradients = [_lying_as(variable, gradient) for gradient, variable in of_one_kind]
            self._update(variables, gradients, {**given, **dict(own)})
        for gradient, variable in sparse:
            self._update_rows(variable, gradient.summed(), {**given, **self._own(variable)})
        for _, variable in pairs:
            constrain(variable)
        self._finish([], scope).run_once()

    def _update(self, variables: list[Any], gradients: list[Any], given: Mapping[str, Any]) -> None:
        slots = {
            slot: [kept[variable.op.name] for variable in variables]
            for slot, kept in self._slots.items()
        }
        self.algorithm.update(variables, gradients, slots, given)

    def _update_rows(
        self, variable: Any, gradient: IndexedSlices, given: Mapping[str, Any]
    ) -> None:
        slots = {slot: kept[variable.op.name] for slot, kept in self._slots.items()}
        update_rows(self.algorithm, variable, gradient.indices, gradient.values, slots, given)

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        self._update([var], [grad], {**self._given(), **self._own(var)})
        return group()

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        self._update_rows(var, grad, {**self._given(), **self._own(var)})
        return group()

    def _finish(self, update_ops: list[Any], name_scope: str) -> Any:
        self.algorithm.finish(self._given())
        return super()._finish(update_ops, name_scope)


def _lying_as(variable: Any, gradient: Tensor) -> Tensor:
    """The gradient in the memory order of its variable, as autograd's own `.grad` is."""
    if gradient.stride() == variable.stride() or gradient.shape != variable.shape:
        return gradient
    return torch.empty_like(variable, memory_format=torch.preserve_format).copy_(gradient)
