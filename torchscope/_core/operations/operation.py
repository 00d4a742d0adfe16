"""Operations: what TF1 builds, and runs later or never.

A model function builds its updates in every mode, and hands them to whoever is to run them: it returns
them, puts them into a collection, or has others wait for them. So they are objects here as well. What
nobody runs leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from torch import Tensor

from torchscope._core import current
from torchscope._core.operations.name_scopes import name_scope, take_name
from torchscope._core.pytorch import fakes
from torchscope._core.values.partitioners import PartitionedVariable
from torchscope._core.values.structures import flatten, is_nested


class Operation:
    """Something that the model function has built, and that is done when it is run (tf.Operation).

    `no_op`, `group` and ``assign_moving_average`` give such a thing, and so can your own code:

    >>> import torchscope as ts
    >>> count = ts.Variable(0, name="count")
    >>> step = Operation("step", lambda: count.assign_add(1))
    >>> count.item(), step.run(), count.item()
    (0, None, 1)

    It belongs to the pass that has built it, which is what one run of a session was, and does its work
    once. It is no tensor: what a graph or torch.compile is to run has to be run in the forward.

    Args:
        name: its name, as it is. `named` makes one that the pass does not have yet.
        function: what is done when it is run; None where there is nothing to do.
        type: TF1's name of what it does.
        changes: the tensors that it writes to; None where that is not known. A block of
            `control_dependencies` may have it wait where it is.

    Attributes:
        ready: reads what it needs of the pass, before it or another operation that is run with it writes to
            anything; None where it reads nothing.
    """

    __slots__ = (
        "__weakref__",
        "_after",
        "_asked",
        "_built_faked",
        "_does",
        "_function",
        "changes",
        "name",
        "ready",
        "type",
    )

    def __init__(
        self,
        name: str,
        function: Callable[[], Any] | None = None,
        type: str = "NoOp",
        changes: Sequence[Tensor] | None = None,
    ) -> None:
        self.name: str = name
        self.type: str = type
        self.changes: Sequence[Tensor] | None = changes
        self.ready: Callable[[], Any] | None = None
        self._after: Any = None
        self._function = function
        self._does = function is not None
        self._built_faked = fakes.are_used()
        self._asked = False

    @classmethod
    def named(
        cls,
        name: str | None,
        default: str,
        function: Callable[[], Any] | None,
        type: str = "NoOp",
        changes: Sequence[Tensor] | None = None,
    ) -> Operation:
        """One with a name that is unique in the pass, in the current name scope, as TF1 gives it.

        It runs what the block that it is built in waits for, before it does anything.

        >>> [Operation.named(None, "NoOp", None).name for _ in range(2)]
        ['NoOp', 'NoOp_1']
        """
        made = cls(take_name(default if name is None else name), function, type, changes)
        waiting = current.current().waiting
        if waiting is not None and function is not None:
            made._after = waiting
            if changes is not None:
                made.changes = [*changes, *waiting.changes]
            waiting.take()
        return made

    @property
    def op(self) -> Operation:
        """The operation itself: TF1 code asks tensors and operations alike."""
        return self

    # Any: nothing, but for operations that compute something, such as a loss.
    def run(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Does what it is to do, unless something that waited for it has had it done already.

        Args:
            feed_dict: None or empty: placeholders are arguments of the pass.
            session: accepted for TF1 code; it has no effect.

        Raises:
            ValueError: something is fed.
            RuntimeError: it was run by hand before; or it was built where nothing is computed.
        """
        if feed_dict:
            raise ValueError(
                f"Operation {self.name} belongs to a pass that is over: there is nothing to feed. What "
                "TF1 fed to placeholders is what the net is called with."
            )
        if self._asked and self._does:
            raise RuntimeError(
                f"Operation {self.name} was run already. In TF1 each run of a session computed "
                "everything anew; here each call of the net does, and gives an operation of its own: "
                "run that one."
            )
        self._asked = True
        self.run_once()

    def run_once(self) -> None:
        """Does what it is to do, where nobody has yet."""
        function = self._function
        if function is None:
            return
        if self._built_faked and not fakes.are_used():
            raise RuntimeError(
                f"Operation {self.name} was built where nothing is computed: while its net was built, "
                "recorded (ts.graph, torch.compile) or exported, or in a branch that was not taken. Run "
                "it in the forward, for example `with tf.control_dependencies([operation]):`, or call "
                "the net itself and run what that call gives."
            )
        self.make_ready()
        self._function = None
        if self._after is not None:
            self._after.run()
        function()

    def make_ready(self) -> None:
        """Reads what it is going to need, once."""
        ready, self.ready = self.ready, None
        if ready is None or self._function is None:
            return
        try:
            ready()
        except BaseException:
            # It is over, as one is that failed while it ran.
            self._function = None
            raise

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"


def run_all(operations: Sequence[Any]) -> None:
    """Runs what is still to be run; tensors have their values already.

    All of them read before one writes: two optimizers take their gradients of the same weights.
    """
    make_all_ready(operations)
    for each in operations:
        if isinstance(each, Operation):
            each.run_once()
        elif _is_run(each):
            each()


def make_all_ready(operations: Iterable[Any]) -> None:
    """Has operations read what they are going to need."""
    for each in operations:
        if isinstance(each, Operation):
            each.make_ready()


def _is_run(value: Any) -> bool:
    """Whether there may be something to do: it is an operation or a function."""
    if isinstance(value, Operation):
        return True
    return callable(value) and not isinstance(value, Tensor | PartitionedVariable)


def can_be_waited_for(value: Any) -> bool:
    """Whether something may be waited for: an operation, a tensor or what stands for one, or a function.

    What PyTorch gives where TF1 has an operation may be None.
    """
    if value is None or isinstance(value, Operation):
        return True
    return (
        isinstance(value, Tensor | PartitionedVariable | int)
        or callable(value)
        or (isinstance(value, tuple) and not is_nested(value))
    )


def no_op(name: str | None = None) -> Operation:
    """An operation that does nothing (tf.no_op).

    >>> no_op(), no_op("done").name
    (<tf.Operation 'NoOp' type=NoOp>, 'done')

    Args:
        name: its name; 'NoOp' by default. The pass makes it unique.

    Raises:
        ValueError: the name has characters that TF1 does not allow.
    """
    waited = current.current().waiting is not None
    return Operation.named(name, "NoOp", _nothing if waited else None, changes=[])


def _nothing() -> None:
    """What an operation does that is only waited for."""


def group(*inputs: Any, name: str | None = None, **kwargs: Any) -> Operation:
    """An operation that runs others (tf.group).

    >>> import torchscope as ts
    >>> w = ts.Variable(1.0)
    >>> both = group(Operation("a", lambda: w.assign_add(1)), Operation("b", lambda: w.assign_add(2)))
    >>> both.run()
    >>> w.item(), both.name
    (4.0, 'group_deps')

    Args:
        *inputs: operations, in any nesting. Tensors and None are left out; functions without
            arguments are called when the group is run.
        name: its name; 'group_deps' by default. The pass makes it unique.
        **kwargs: none: for TF1's message.

    Raises:
        TypeError: something else is among the inputs.
        ValueError: the name has characters that TF1 does not allow; or there are other arguments.
    """
    if kwargs:
        raise ValueError(f"Unknown keyword arguments: {', '.join(kwargs)}. group takes `name`.")
    members = [leaf for each in inputs for leaf in _leaves(each)]
    for each in members:
        if not can_be_waited_for(each):
            raise TypeError(
                f"'inputs' should be zero or more (nested) Tensors. Received '{each}' with type "
                f"'{type(each)}'."
            )
    waiting = [each for each in members if _is_run(each)]
    waited = waiting or current.current().waiting is not None
    made = Operation.named(
        name,
        "group_deps",
        partial(run_all, waiting) if waited else None,
        changes=changes_of(waiting),
    )
    made.ready = partial(make_all_ready, waiting)
    return made


def _leaves(value: Any) -> list[Any]:
    return [value] if isinstance(value, Operation) else flatten(value)


def changes_of(operations: Iterable[Any]) -> list[Tensor] | None:
    """What several operations change; None where that is not known of all of them."""
    found: list[Tensor] = []
    for each in operations:
        if not isinstance(each, Operation) or each.changes is None:
            return None
        found += each.changes
    return found


def tuple_of(
    tensors: Iterable[Any], name: str | None = None, control_inputs: Iterable[Any] | None = None
) -> list[Any]:
    """The tensors, once all of them are there and all operations among them have run (tf.tuple).

    >>> import torch
    >>> tuple_of([torch.ones(2), None])
    [tensor([1., 1.]), None]

    Args:
        tensors: tensors, operations and None.
        name: the name of the name scope; 'tuple' by default.
        control_inputs: operations to run as well.

    Raises:
        ValueError: there is neither a tensor nor an operation.
        TypeError: `control_inputs` holds something else.
    """
    found = list(tensors)
    if all(each is None for each in found):
        raise ValueError(f"'tensors' must have at least one Tensor. Received: {found}.")
    further = [] if control_inputs is None else list(control_inputs)
    for each in further:
        if not isinstance(each, Operation | Tensor | PartitionedVariable):
            raise TypeError(
                f"'control_inputs' must only contain Operation or Tensor. Received: {type(each)}"
            )
    with name_scope(name, "tuple"):
        run_all([*found, *further])
    return found
