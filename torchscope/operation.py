"""Operations: what TF1 builds, and runs later or never.

A model function builds its updates in every mode, and hands them to whoever is to run them: it returns
them, puts them into a collection, or has others wait for them. So they are objects here as well. What
nobody runs leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from torch import Tensor

from torchscope import fakes
from torchscope.name_scopes import name_scope, take_name
from torchscope.partitioners import PartitionedVariable
from torchscope.structures import flatten, is_nested


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
    """

    __slots__ = ("__weakref__", "_asked", "_built_faked", "_does", "_function", "name", "type")

    def __init__(
        self, name: str, function: Callable[[], Any] | None = None, type: str = "NoOp"
    ) -> None:
        self.name = name
        self.type = type
        self._function = function
        self._does = function is not None
        self._built_faked = fakes.are_used()
        self._asked = False

    @classmethod
    def named(
        cls, name: str | None, default: str, function: Callable[[], Any] | None, type: str = "NoOp"
    ) -> Operation:
        """One with a name that is unique in the pass, in the current name scope, as TF1 gives it.

        >>> [Operation.named(None, "NoOp", None).name for _ in range(2)]
        ['NoOp', 'NoOp_1']
        """
        return cls(take_name(default if name is None else name), function, type)

    @property
    def op(self) -> Operation:
        """The operation itself: TF1 code asks tensors and operations alike."""
        return self

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
        self._function = None
        function()

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"


def run_all(operations: Iterable[Any]) -> None:
    """Runs what is still to be run; tensors have their values already."""
    for each in operations:
        if isinstance(each, Operation):
            each.run_once()
        elif _is_run(each):
            each()


def _is_run(value: Any) -> bool:
    """Whether there may be something to do: it is an operation or a function."""
    if isinstance(value, Operation):
        return True
    return callable(value) and not isinstance(value, Tensor | PartitionedVariable)


def _is_one(value: Any) -> bool:
    """Whether something may be waited for: an operation, a tensor or what stands for one, or a function.

    What PyTorch gives where TF1 has an operation may be None.
    """
    return (
        value is None
        or isinstance(value, Operation | Tensor | PartitionedVariable | int)
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
    return Operation.named(name, "NoOp", None)


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
    members = flatten(inputs)
    for each in members:
        if not _is_one(each):
            raise TypeError(
                f"'inputs' should be zero or more (nested) Tensors. Received '{each}' with type "
                f"'{type(each)}'."
            )
    waiting = [each for each in members if _is_run(each)]
    return Operation.named(name, "group_deps", partial(run_all, waiting) if waiting else None)


class control_dependencies:
    """Runs operations before what is in its block, once (tf.control_dependencies).

    >>> import torchscope as ts
    >>> count = ts.Variable(0)
    >>> update = Operation("update", lambda: count.assign_add(1))
    >>> for _ in range(2):
    ...     with control_dependencies([update]):
    ...         print(count.item())
    1
    1

    TF1 runs them where something in the block is run. Here they are run when the block is entered.

    Args:
        control_inputs: operations. Tensors and None are left out: they are computed already. Functions
            without arguments are called. None instead of a list is no operation.

    Raises:
        TypeError: something else is among them.
    """

    __slots__ = ("_inputs",)

    def __init__(self, control_inputs: Iterable[Any] | None) -> None:
        self._inputs = [] if control_inputs is None else list(control_inputs)
        for each in self._inputs:
            if not _is_one(each):
                raise TypeError(
                    f"Can not convert a {type(each).__name__} into a Tensor or Operation. "
                    f"control_dependencies waits for operations and tensors. Received: {each!r}"
                )

    def __enter__(self) -> None:
        inputs, self._inputs = self._inputs, []
        run_all(inputs)

    def __exit__(self, *exc_info: object) -> None:
        """Leaves the block: nothing is left to do."""


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
