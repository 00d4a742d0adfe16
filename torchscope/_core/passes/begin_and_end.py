"""How a pass begins and how it ends: a call of an entry, or a block of ``registry.activate()``.

What lasts is noted here from pass to pass: which entries have completed one, what the last one has collected,
and what passes have shown of the assignments in them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol, cast

from torch import Tensor, nn

from torchscope._core.names.state_dict_keys import name_of
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.collected import Collected
from torchscope._core.passes.one_pass import Pass, Registry
from torchscope._core.passes.scopes import root_scope
from torchscope._core.pytorch.compiler import uncompiled
from torchscope._core.store.saved_tensors import Experience
from torchscope._core.store.variable_store import VariableStore
from torchscope._core.values import errors

if TYPE_CHECKING:
    from typing_extensions import Self


class Entry(Protocol):
    """A method whose calls are passes (modules/entry_methods.py)."""

    name: str
    before: Any

    def method(self) -> Any:
        """The function of the module's class."""

    def stand_unbound(self) -> None:
        """Stands on the module again, where it was put there bound."""


class Passes:
    """The passes over the variables of one module.

    Attributes:
        store: the variables.
        experience: what passes have shown of the assignments in them.
        has_run: whether a pass that made variables was complete.
        outcome: what the last pass has collected, and tensors to be put into it.
    """

    def __init__(self, store: VariableStore) -> None:
        self.store: VariableStore = store
        self.experience: Experience = Experience()
        self.has_run: bool = False
        self._complete: set[str] = set()
        self._finalized_at: str | None = None
        self.outcome: tuple[Collected, list[Tensor]] | None = None

    @property
    def module(self) -> nn.Module:
        """The module that the registry is attached to, and whose tree holds the variables."""
        return self.store.module

    @property
    def _last(self) -> Collected | None:
        """What the last pass has collected."""
        if self.outcome is None:
            return None
        collected, tensors = self.outcome
        if tensors:
            self.outcome = collected.with_tensors(tensors), []
        return self.outcome[0]

    @_last.setter
    def _last(self, collected: Collected | None) -> None:
        self.outcome = None if collected is None else (collected, [])

    @uncompiled
    def _new_pass(self, entry: str | None) -> Pass:
        pass_ = Pass(cast("Registry", self), entry, root_scope(), Collected(entry), passes.active())
        # A checkpointed function that calls this module runs again during backward.
        pass_.again = passes.in_backward()
        if not pass_.again:
            self._last = None
        self.store.refresh()
        pass_.later = entry in self._complete
        if not pass_.again:
            pass_.readings = self.experience.readings(pass_, training=self.module.training)
        if entry is not None:
            # A call ends soon, and with it its notes.
            pass_.prefixes = self.store.prefixes
        return pass_

    # Any: what the entry gives.
    def _run(self, entry: Entry, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls an entry as a pass; one that another entry calls joins its pass."""
        module = self.store.module
        if args and args[0] is module:
            args = args[1:]
            entry.stand_unbound()
        # No bound method: where the compiler gives up it would look that up on the module, and find
        # the entry.
        method, args = (entry.before, args) if entry.before else (entry.method(), (module, *args))
        active = passes.active()
        if (
            entry.name != "forward"
            and active is not None
            and active.registry is cast("Registry", self)
        ):
            return method(*args, **kwargs)
        pass_ = self._new_pass(entry.name)
        passes.enter(pass_)
        completed = False
        try:
            if pass_.readings is None:
                result = method(*args, **kwargs)
            else:
                with pass_.readings:
                    result = method(*args, **kwargs)
            completed = True
        finally:
            self._finish(pass_, completed=completed)
        return result

    def _finish(self, pass_: Pass, *, completed: bool) -> None:
        passes.leave(pass_)
        pass_.name_table.close()
        if pass_.again:
            return
        self.store.watch()
        if completed and pass_.entry is not None and pass_.claims and not pass_.later:
            self._complete.add(pass_.entry)
            self._first_pass_is_complete(pass_)
        self._last = pass_.collected
        if pass_.readings is not None:
            if completed:
                self.experience.learn(pass_, training=self.module.training)
            if pass_.outer is not None:
                pass_.outer.readings = pass_.readings
        pending = self.store.pending
        if completed and pending is not None and pending.ended(pass_.entry):
            self.store.pending = None
        if completed and not self.has_run and self.store.records:
            self.has_run = True
            self._report_preloaded()

    @property
    def finalized(self) -> bool:
        """Whether no more variables may be made (tf.Graph.finalized)."""
        return self._finalized_at is not None

    def finalize(self) -> None:
        """Has every request refused that would make a variable (tf.Graph.finalize).

        What TF1 did for a graph, this does for what lasts: passes go on, and find what there is.
        Copies of the net are finalized as well. A module inside it that has a registry of its own
        is not.

        >>> import torch, torchscope as ts
        >>> net = ts.ScopedModule(lambda name: ts.get_variable(name, [2]))
        >>> _ = net("weights")
        >>> net.registry.finalize()
        >>> net("weights").shape
        torch.Size([2])
        >>> net("weight")
        Traceback (most recent call last):
        RuntimeError: Graph is finalized and cannot be modified. Variable weight ...

        What `load_state_dict` brought before the first pass is there already, and is found.
        """
        if self._finalized_at is None:
            self._finalized_at = errors.caller()

    def _check_may_make(self, pass_: Pass, name: str, *, expected: bool) -> None:
        """Refuses a variable once the registry is finalized, and warns of one that comes late.

        A name that is mistyped would make a variable of random numbers in a trained net. What is expected
        to come late is not warned of.

        Raises:
            RuntimeError: the registry is finalized.
        """
        names = [record.name for record in self.store.records]
        if self._finalized_at is not None:
            raise errors.finalized(name, errors.caller(), self._finalized_at, names)
        if pass_.later and self.store.pending is None and not expected:
            warnings.warn(errors.is_new(name, pass_.entry, errors.caller(), names), stacklevel=2)

    def _report_preloaded(self) -> None:
        preloaded = self.store.preloaded
        if preloaded:
            names = ", ".join(sorted(name_of(key) for key in preloaded)[:10])
            warnings.warn(
                f"load_state_dict brought {len(preloaded)} variables that the first pass did not "
                f"ask for: {names}. They stay in the module.",
                stacklevel=2,
            )

    @contextmanager
    def activate(self) -> Iterator[Self]:
        """One pass without a call of the module: a context in which variables are this module's.

        Collections hold all variables that there are, also those that forward has made.

        >>> import torch, torchscope as ts
        >>> net = ts.ScopedModule(lambda x: x)
        >>> with net.registry.activate():
        ...     w = ts.get_variable("w", [2])
        >>> net.registry.variables["w"] is w
        True
        """
        pass_ = self._new_pass(None)
        passes.enter(pass_)
        completed = False
        try:
            with pass_.readings or nullcontext():
                yield self
            completed = True
        finally:
            self._finish(pass_, completed=completed)

    def _first_pass_is_complete(self, pass_: Pass) -> None:
        """What is to be done when an entry has completed its first pass."""
