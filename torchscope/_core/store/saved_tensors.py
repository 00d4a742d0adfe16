"""What was read stays what it was: an assignment within a pass does not reach into backward.

TF1 code assigns to variables that it has computed with: a spectral norm's vector, a counter, weights
that are clipped. PyTorch writes in place, and autograd keeps no copy of what it needs for backward. So
a pass notes what autograd keeps. Before an assignment, what was kept of that variable becomes a copy.

To note it costs a call of Python for each tensor that autograd keeps. So only the first passes of a
net do so: that is how it is learned whether it ever assigns to what it has read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from torchscope._core import current
from torchscope._core.pytorch import fakes

if TYPE_CHECKING:
    from torchscope._core.current import CurrentPass
    from torchscope._core.store.records import Record


class Kept:
    """A tensor that autograd keeps for backward, and how often it had been written to by then."""

    __slots__ = ("__weakref__", "_tensor", "_written")

    def __init__(self, tensor: Tensor) -> None:
        # An output must not hold its own graph.
        self._tensor = tensor.detach() if tensor.requires_grad else tensor
        self._written = tensor._version

    def tensor(self) -> Tensor:
        """The tensor, if nobody has written to it: autograd asks its own tensors in the same way."""
        tensor = self._tensor
        if tensor._version != self._written:
            raise RuntimeError(
                "one of the variables needed for gradient computation has been modified by an inplace "
                f"operation: [{tensor.type()} {list(tensor.shape)}] is at version {tensor._version}; "
                f"expected version {self._written} instead. Within the pass that has read a variable, "
                "v.assign(...) leaves what was read as it was; this one was written to after the "
                "pass, or by an operation in place. Write after backward, or assign in the pass."
            )
        return tensor

    def copy(self) -> None:
        """Keeps a copy from now on."""
        tensor = self._tensor
        memory = tensor.untyped_storage().clone()  # type: ignore[no-untyped-call]
        copied = torch.empty(0, dtype=tensor.dtype, device=tensor.device).set_(
            memory, tensor.storage_offset(), tensor.size(), tensor.stride()
        )
        self._tensor, self._written = copied, copied._version


class Readings:
    """What autograd keeps of what one pass computes, by the memory that it is in.

    Attributes:
        kept: the tensors.
        copied: the variables of which copies are kept now.
        assigned: the variables that were assigned to.
    """

    __slots__ = ("_depth", "_hooks", "assigned", "copied", "kept")

    def __init__(self) -> None:
        self._depth = 0
        self.kept: dict[int, WeakSet[Kept]] = {}
        self.copied: set[Record] = set()
        self.assigned: set[Record] = set()

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth > 1:
            return
        kept_by_memory = self.kept

        def keep(tensor: Tensor) -> Kept:
            kept = Kept(tensor)
            if tensor.layout is torch.strided and not is_traceable_wrapper_subclass(tensor):
                memory = tensor.untyped_storage()._cdata
                if memory not in kept_by_memory:
                    kept_by_memory[memory] = WeakSet()
                kept_by_memory[memory].add(kept)
            return kept

        self._hooks = saved_tensors_hooks(keep, Kept.tensor)
        self._hooks.__enter__()

    def __exit__(self, *exc_info: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._hooks.__exit__(*exc_info)

    def before(self, variable: Tensor, record: Record) -> None:
        """Copies what is kept of a variable that is about to be written to."""
        self.assigned.add(record)
        for kept in self.kept.pop(variable.untyped_storage()._cdata, ()):
            kept.copy()
            self.copied.add(record)


class Experience:
    """What the passes of a registry have shown of its assignments.

    Attributes:
        asked: the variables that a part asks for which runs after its pass, and the names that it uses up, by what
            tells it from others.
    """

    def __init__(self) -> None:
        self.asked: dict[Any, tuple[list[Record], dict[str, int]]] = {}
        self._seen: set[tuple[str | None, bool]] = set()
        self._assigned: set[Record] = set()
        self._copies = False

    def readings(self, pass_: CurrentPass, *, training: bool) -> Readings | None:
        """For a pass that begins and is to note what it reads; None for one that need not."""
        if pass_.outer is not None and pass_.outer.readings is not None:
            outer: Readings = pass_.outer.readings
            return outer
        if not (self._copies or (pass_.entry, training) not in self._seen):
            return None
        if not torch.is_grad_enabled() or fakes.are_used():
            return None
        autograd: Any = torch._C._autograd
        if not autograd._saved_tensors_hooks_is_enabled():
            # torch.func's transforms allow nobody to see what they keep.
            return None
        if autograd._top_saved_tensors_default_hooks(True) is not None:
            # Somebody else decides what is kept, such as torch.utils.checkpoint.
            return None
        return Readings()

    def learn(self, pass_: CurrentPass, *, training: bool) -> None:
        """Takes to heart what a complete pass has noted."""
        readings = pass_.readings
        assert readings is not None
        self._copies = self._copies or bool(readings.copied)
        self._assigned |= readings.assigned
        self._seen.add((pass_.entry, training))

    def doubt(self, record: Record) -> None:
        """A variable is assigned to in a pass that notes nothing: the next ones look again."""
        if record not in self._assigned:
            self._seen.clear()


def before_assignment(variable: Tensor, record: Record) -> None:
    """Keeps what the passes that run have read of a variable, which is about to be written to.

    Raises:
        RuntimeError: a function that read it is to run again in backward, and would read another.
    """
    if fakes.are_used():
        # What is written to has no values, and so autograd has kept none.
        return
    pass_: CurrentPass | None = current.active()
    while pass_ is not None:
        if variable.requires_grad and (pass_.drawn is not None or record in pass_.recomputed):
            raise RuntimeError(
                f"Variable {record.name}, first made at {record.made_at}, is assigned to in a pass "
                "where ts.recompute has called a function that reads it. The function runs again in "
                "backward, and would compute with the new value. Assign after backward, or call the "
                "function itself."
            )
        if pass_.readings is not None:
            pass_.readings.before(variable, record)
        elif torch.is_grad_enabled():
            pass_.registry.experience.doubt(record)
        pass_ = pass_.outer


def before_moving(variable: Tensor, elsewhere: Tensor) -> None:
    """Finds what has been kept of a variable by the memory that it is about to have."""
    memory, next_ = variable.untyped_storage()._cdata, elsewhere.untyped_storage()._cdata
    pass_: CurrentPass | None = current.active()
    while pass_ is not None:
        if pass_.readings is not None and memory in pass_.readings.kept:
            pass_.readings.kept[next_] = pass_.readings.kept.pop(memory)
        pass_ = pass_.outer
