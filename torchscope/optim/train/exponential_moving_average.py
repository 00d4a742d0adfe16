"""Exponential moving averages of variables and of tensors (tf.train.ExponentialMovingAverage)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from torchscope._core.functions.assign_moving_average import beside, move, move_debiased
from torchscope._core.functions.collections import (
    add_to_collection,
    global_variables,
    moving_average_variables,
    trainable_variables,
)
from torchscope._core.names.unique_names import unique_name
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.operations.operation import Operation
from torchscope._core.passes import one_pass as passes
from torchscope._core.pytorch import fakes
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.variable_store import ValueOf
from torchscope._core.store.variables import Variable
from torchscope._core.values.arithmetic import Number
from torchscope._core.values.conversion import convert_to_tensor
from torchscope._core.values.partitioners import PartitionedVariable
from torchscope.optim.train.slot_creator import (
    create_slot_with_initializer,
    create_zeros_slot,
    name_of,
)

_FLOATS = (torch.bfloat16, torch.float16, torch.float32, torch.float64)


class ExponentialMovingAverage:
    """Keeps averages that follow variables, or tensors, by ``1 - decay`` of the difference.

    >>> import torchscope as ts
    >>> w = ts.get_variable("w", initializer=[1.0, 2.0])
    >>> ema = ExponentialMovingAverage(decay=0.75)
    >>> update = ema.apply([w])
    >>> _ = w.assign([5.0, 2.0])
    >>> ema.average(w).tolist(), update.run(), ema.average(w).tolist()
    ([1.0, 2.0], None, [2.0, 2.0])

    An average is a variable beside the one that it follows: `w/ExponentialMovingAverage` begins with the
    value of `w`. That of a tensor begins with zeros, and is named after what made the tensor. What a
    model function applies and nobody runs moves nothing. To evaluate a net on its averages, see
    `averaged`.

    An object may be made in each pass, or once for all of them: each pass applies it anew.

    Args:
        decay: a number, or a tensor or variable of one, which is read when the averages move.
        num_updates: a number, tensor or variable, such as the global step. Then averages follow faster
            at first: the decay is no more than ``(1 + num_updates) / (10 + num_updates)``.
        zero_debias: whether averages of tensors, which begin with zeros, are divided by
            ``1 - decay ** updates``; see `assign_moving_average`.
        name: the last part of the averages' names, and the name of the operation.
    """

    def __init__(
        self,
        decay: Any,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name

    @property
    def name(self) -> str:
        """The last part of the averages' names."""
        return self._name

    def apply(self, var_list: Iterable[Any] | None = None) -> Operation:
        """Makes averages where there are none, and gives an operation that moves all of them.

        Variables are read when it is run; tensors have their values already. No gradient flows.

        Args:
            var_list: variables and tensors of floats; the trainable variables by default.

        Returns:
            An Operation. It moves averages of one device and dtype together.

        Raises:
            TypeError: something is of another dtype, or `decay` is no number.
            AttributeError: something is no tensor, or is a variable in pieces.
        """
        averages = self._of_this_pass()
        pairs: list[tuple[Any, Any]] = []
        new: list[Variable] = []
        from_zeros: set[int] = set()
        for each in trainable_variables() if var_list is None else var_list:
            var = _followed(each)
            if var.dtype not in _FLOATS:
                raise TypeError(
                    f"The variables must be half, float, or double: {name_of(var)}:0. Average what "
                    "tf.cast(x, tf.float32) gives."
                )
            key = _identity(var)
            if key not in averages:
                averages[key] = var, self._made_for(var)
                if isinstance(var, Variable):
                    new.append(var)
                elif self._zero_debias:
                    from_zeros.add(key)
            pairs.append((averages[key][1], var))
        for each in new:
            add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, each)
        return self._update(pairs, {id(averages[key][1]) for key in from_zeros})

    def average(self, var: Any) -> Variable | None:
        """The average of a variable or tensor, or None where this pass has applied none.

        Args:
            var: a variable or a tensor.

        Raises:
            AttributeError: it is neither.
        """
        found = self._of_this_pass().get(_identity(_followed(var)))
        return None if found is None else found[1]

    def average_name(self, var: Any) -> str:
        """The name of the average of a variable, also before there is one.

        >>> import torchscope as ts
        >>> ExponentialMovingAverage(0.9).average_name(ts.get_variable("w", [1]))
        'w/ExponentialMovingAverage'

        Args:
            var: a variable or a tensor.

        Raises:
            AttributeError: it is neither.
        """
        average = self.average(var)
        if average is not None:
            return average.op.name
        pass_ = passes.current()
        name, outer = f"{name_of(_followed(var))}/{self._name}", pass_.name_scope
        return unique_name(f"{outer}/{name}" if outer else name, pass_.names, mark=False)

    def variables_to_restore(
        self, moving_avg_variables: Iterable[Any] | None = None
    ) -> dict[str, Any]:
        """Names in a checkpoint, and the variables that take what is saved there.

        A variable that has an average takes its average, all others themselves: for
        ``Saver(ema.variables_to_restore()).restore(net, path)``, where a net is to be evaluated.

        >>> import torchscope as ts
        >>> with ts.variable_scope("conv"):
        ...     w, mean = ts.get_variable("w", [1]), ts.get_variable("mean", [1], trainable=False)
        >>> list(ExponentialMovingAverage(0.9).variables_to_restore())
        ['conv/w/ExponentialMovingAverage', 'conv/mean']

        Args:
            moving_avg_variables: the variables that take their averages; by default those that are
                trained, and those that an average was applied to.
        """
        if moving_avg_variables is None:
            moving_avg_variables = [*trainable_variables(), *moving_average_variables()]
        averaged = {each.op.name: each for each in moving_avg_variables}
        names = {self.average_name(each): each for each in averaged.values()}
        for each in global_variables():
            if each.op.name not in averaged:
                names.setdefault(each.op.name, each)
        return names

    def _of_this_pass(self) -> dict[int, tuple[Any, Any]]:
        """What is followed in the current pass, and its averages, by what it is."""
        pass_ = passes.current()
        found: dict[int, tuple[Any, Any]] | None = pass_.state_of(self._name, self)
        if found is None:
            found = {}
            pass_.states.setdefault(self._name, []).append((self, found))
        return found

    def _made_for(self, var: Any) -> Any:
        """A new average, outside of what is differentiated."""
        if not isinstance(var, Variable):
            return create_zeros_slot(var, self._name)
        record = var._ts_record
        return create_slot_with_initializer(
            var,
            ValueOf(record.kind, record.requested),
            record.dimensions,
            record.dtype,
            self._name,
        )

    def _update(self, pairs: list[tuple[Any, Any]], from_zeros: set[int]) -> Operation:
        """The operation that moves averages; those of `from_zeros` are divided by their bias."""
        with name_scope(self._name) as scope:
            rate = self._rate()
            plain = []
            debiased = []
            for average, var in pairs:
                value: Any = var if isinstance(var, Variable) else average._like(var).detach()
                if id(average) in from_zeros:
                    with name_scope("AssignMovingAvg"):
                        debiased.append((average, beside(average), value))
                else:
                    plain.append((average, value))

        def update() -> None:
            now = rate()
            move(plain, now)
            for average, kept, value in debiased:
                move_debiased(average, kept, value, now)

        changes = [each for average, kept, _ in debiased for each in (average, *kept)]
        changes += [average for average, _ in plain]
        return Operation.named(scope, "ExponentialMovingAverage", update, changes=changes)

    def _rate(self) -> Callable[[], Number]:
        """What gives ``1 - decay`` when the averages move, in float32 as TF1 computes it."""
        decay, count = self._decay, self._num_updates
        if not isinstance(decay, Tensor):
            decay = convert_to_tensor(decay, torch.float32)
        if count is not None and not isinstance(count, Tensor):
            count = convert_to_tensor(count, torch.float32)

        def rate() -> Number:
            with torch.no_grad():
                now = decay.detach().float()
                if count is not None:
                    updates = count.detach().float().to(now.device)
                    now = torch.minimum(now, (1.0 + updates) / (10.0 + updates))
                now = 1.0 - now
            # Where the number is at hand, all are moved by it at once.
            return now if fakes.are_used() or not now.is_cpu else now.item()

        return rate


def _followed(var: Any) -> Any:
    """A variable or tensor to be averaged; a parameter of the module's own is a variable."""
    if isinstance(var, PartitionedVariable):
        raise AttributeError(
            f"'PartitionedVariable' object has no attribute 'op'. {var.name} is in pieces: average "
            "each of them, [*v]."
        )
    if isinstance(var, nn.Parameter) and not isinstance(var, Variable):
        store = passes.current().store
        try:
            record = store.lookup(store.name_of(var), passes.current().entry)
        except KeyError:
            record = None
        return var if record is None else store.variable_of(record)
    return var


def _identity(var: Any) -> int:
    """What a variable or tensor is known by: a variable by its record, whatever stands for it."""
    return id(var._ts_record) if isinstance(var, Variable) else id(var)
