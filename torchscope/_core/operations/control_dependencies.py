"""What is to run before what a block builds (tf.control_dependencies).

TF1 runs the operations of such a block's list where something that the block has built is run. Most blocks build
tensors, which are computed here at once; so what they wait for has to run before. A block that builds
operations, as training does, has them wait instead: nothing moves before they run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from torchscope._core import current
from torchscope._core.operations.operation import Operation, can_be_waited_for, run_all
from torchscope._core.pytorch import fakes

# What is asked of a tensor without reading it: methods, and all attributes but those that share its memory.
_ASIDE = frozenset(
    [
        *("__hash__", "__len__", "dim", "get_device", "is_complex", "is_floating_point", "numel"),
        *("size", "stride"),
    ]
)
_SHARING = frozenset(["H", "T", "data", "grad", "imag", "mH", "mT", "real"])


class Waiting:
    """Operations that a block has not run yet, because it may have others do it.

    Attributes:
        changes: the tensors that they write to, and those of the blocks around.
        changed: the ids of those, until they have run.
        outer: what the block around waits for.
        taken: whether an operation of the block runs them before itself.
    """

    __slots__ = ("_operations", "changed", "changes", "outer", "taken")

    def __init__(self, operations: Sequence[Operation], outer: Any) -> None:
        self._operations: Sequence[Operation] = operations
        self.outer = outer
        self.taken = False
        around = [] if outer is None else outer.changes
        self.changes: list[Tensor] = [
            *around,
            *(t for each in operations for t in each.changes or ()),
        ]
        self.changed = {id(tensor) for tensor in self.changes}

    def take(self) -> None:
        """An operation of the block is going to run them."""
        self.taken = True
        if self.outer is not None:
            self.outer.take()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """A block that reads what they change as it is: first values are none of the block's."""
        around = nullcontext() if self.outer is None else self.outer.aside()
        changed, self.changed = self.changed, set()
        try:
            with around:
                yield
        finally:
            self.changed = changed

    def run(self) -> None:
        """Runs them, unless something has already."""
        if self.outer is not None:
            self.outer.run()
        operations, self._operations = self._operations, ()
        self.changed = set()
        run_all(operations)


class _Reads(TorchFunctionMode):
    """Runs what a block waits for before the block reads a tensor that it changes."""

    def __init__(self, waiting: Waiting) -> None:
        super().__init__()
        self._waiting = waiting

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if self._waiting.changed and not _is_aside(func):
            given = [*args, *(kwargs or {}).values()]
            flat = [
                part
                for each in given
                for part in (each if isinstance(each, list | tuple) else [each])
            ]
            if any(isinstance(each, Tensor) and id(each) in self._waiting.changed for each in flat):
                self._waiting.run()
        return func(*args, **(kwargs or {}))


def _is_aside(func: Any) -> bool:
    """Whether a function of torch's asks something of a tensor that does not depend on its values."""
    name = getattr(func, "__name__", "")
    if name == "__get__":
        return getattr(func.__self__, "__name__", "") not in _SHARING
    return name in _ASIDE


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

    TF1 runs them where something in the block is run. Here they are run when the block is entered, since what it
    computes is computed at once. An operation that says what it changes, as those of optimizers and averages do,
    may wait longer: it runs before the operations run that the block builds; or else where the block reads what it
    changes, and at its end where it builds none.

    >>> update = Operation("update", lambda: count.assign_add(1), changes=[count])
    >>> with control_dependencies([update]):
    ...     train_op = Operation.named("train", "train", lambda: None)
    >>> count.item(), train_op.run(), count.item()
    (1, None, 2)

    Args:
        control_inputs: operations. Tensors and None are left out: they are computed already. Functions
            without arguments are called. None instead of a list is no operation: not those of the blocks
            around either.

    Raises:
        TypeError: something else is among them.
    """

    __slots__ = ("_cleared", "_inputs", "_outer", "_stack", "_waiting")

    def __init__(self, control_inputs: Iterable[Any] | None) -> None:
        self._cleared = control_inputs is None
        self._inputs = [] if control_inputs is None else list(control_inputs)
        self._waiting: Waiting | None = None
        for each in self._inputs:
            if not can_be_waited_for(each):
                raise TypeError(
                    f"Can not convert a {type(each).__name__} into a Tensor or Operation. "
                    f"control_dependencies waits for operations and tensors. Received: {each!r}"
                )

    def __enter__(self) -> None:
        inputs, self._inputs = self._inputs, []
        pass_ = current.current()
        self._outer, self._stack = pass_.waiting, ExitStack()
        patient = [each for each in inputs if _is_patient(each)]
        if patient and not fakes.are_recorded():
            run_all([each for each in inputs if not _is_patient(each)])
            self._waiting = pass_.waiting = Waiting(patient, pass_.waiting)
            self._stack.enter_context(_Reads(self._waiting))
            return
        if self._cleared:
            pass_.waiting = None
        run_all(inputs)

    def __exit__(self, exc_type: object, *exc_info: object) -> None:
        """Leaves the block: what nobody has taken over is done."""
        self._stack.close()
        current.current().waiting = self._outer
        if self._waiting is not None and not self._waiting.taken and exc_type is None:
            self._waiting.run()


def _is_patient(value: Any) -> bool:
    """Whether it is known what an operation changes, so that it may wait; one that changes nothing need not."""
    return isinstance(value, Operation) and bool(value.changes)
