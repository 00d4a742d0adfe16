"""The registry: TF1's variable system, attached to a module tree.

It owns no tensors. It begins and ends the passes in which variables are asked for, and answers for
them between passes. Which tensors of the tree are variables is the catalogue's to know.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from torchscope import creation, distributed, errors, loading, optimizers, passes
from torchscope.catalogue import ANCHOR, REGISTRY, Catalogue
from torchscope.collections import Collected, GraphKeys
from torchscope.compiler import uncompiled
from torchscope.devices import on_device_of
from torchscope.entries import Entry
from torchscope.naming import name_of
from torchscope.passes import Pass
from torchscope.readings import Experience
from torchscope.scopes import VariableScope, root_scope
from torchscope.summary import Summary
from torchscope.tree import ScopeModule


class ScopedParameterRegistry:
    """Gives a module TF1's variables: whatever its forward calls may ask for them by name.

    >>> import torch, torchscope as ts
    >>> class Net(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.scopes = ts.ScopedParameterRegistry(self)
    ...     def forward(self, x):
    ...         with ts.variable_scope("fc"):
    ...             w = ts.get_variable("w", [x.shape[-1], 2])
    ...         with ts.variable_scope("fc", reuse=True):
    ...             assert ts.get_variable("w") is w
    ...         return x @ w
    >>> net = Net()
    >>> net(torch.ones(1, 3)).shape
    torch.Size([1, 2])
    >>> list(net.state_dict()), list(net.scopes.variables)
    (['fc.w'], ['fc/w'])

    One call of the module is one pass: TF1's rules hold within it as within one graph, and the
    next call finds the variables that this one made. The variables live in the module tree.

    Args:
        module: what to attach to. Its own names, their order and its values stay as they are.
        entries: the methods whose calls are passes. Beside 'forward', one that is called inside a
            pass joins it.
        reuse_from_earlier_passes: whether ``reuse=True`` finds what earlier passes made. A model
            object that says ``reuse=None`` in its first call and ``reuse=True`` ever after needs
            it; others are better off without, since a pass that shares by mistake is refused.
        collect_updates: whether batch normalization leaves its moving averages where they are, and
            puts what moves them into UPDATE_OPS as operations, to be run as in TF1. Without it the
            averages move in the call. It may be changed between passes.

    >>> def model(x):
    ...     x = ts.layers.batch_normalization(x, training=True, momentum=0.5, name="bn")
    ...     return x, ts.get_collection(ts.GraphKeys.UPDATE_OPS)
    >>> net = ts.ScopedModule(model, collect_updates=True)
    >>> _, updates = net(torch.tensor([[2.0], [4.0]]))
    >>> mean = net.registry.variables["bn/moving_mean"]
    >>> [update.name for update in updates], mean.item()
    (['bn/AssignMovingAvg', 'bn/AssignMovingAvg_1'], 0.0)
    >>> updates[0].run()
    >>> mean.item()
    1.5

    Attributes:
        has_run: whether a pass that made variables was complete.

    Raises:
        TypeError: `module` is no module.
        ValueError: a registry is attached to it already, or it has no method of that name.
    """

    def __init__(
        self,
        module: nn.Module,
        entries: Iterable[str] = ("forward",),
        *,
        reuse_from_earlier_passes: bool = False,
        collect_updates: bool = False,
    ) -> None:
        if not isinstance(module, nn.Module):
            raise TypeError(
                f"A ScopedParameterRegistry attaches to an nn.Module; this is {module!r}. "
                "To run a function as a module, use ts.ScopedModule(function)."
            )
        attached = module.__dict__.get(REGISTRY)
        if attached is not None:
            raise ValueError(
                f"This {type(module).__name__} already has a ScopedParameterRegistry "
                f"({len(attached.catalogue.records)} variables, attached at {attached._attached_at}). "
                "Use that one, or detach() it first."
            )
        entries = tuple(entries)
        for entry in entries:
            if not callable(getattr(type(module), entry, None)):
                raise ValueError(
                    f"{type(module).__name__} has no method {entry!r} that could begin a pass."
                )
        self._attached_at = errors.caller()
        self.catalogue = Catalogue(module)
        self.reuse_from_earlier_passes = reuse_from_earlier_passes
        self.collect_updates = collect_updates
        self.experience = Experience()
        self.has_run = False
        self._complete: set[str] = set()
        self._finalized_at: str | None = None
        self.outcome: tuple[Collected, list[Tensor]] | None = None
        self._attach(module, entries)

    # Attaching and detaching

    def _attach(self, module: nn.Module, entries: tuple[str, ...]) -> None:
        first: Tensor | None = next((t for t in (*module.parameters(), *module.buffers())), None)
        anchor = torch.empty(0, dtype=torch.float32, device=None if first is None else first.device)
        # It follows module.to(...), and tells where new variables are to be made.
        module.register_buffer(ANCHOR, anchor, persistent=False)
        module.__dict__[REGISTRY] = self
        load_hook = module.register_load_state_dict_pre_hook(self._before_load)  # type: ignore[no-untyped-call]
        adopt_hook = module.register_load_state_dict_post_hook(self._after_load)  # type: ignore[no-untyped-call]
        self._load_hooks = (load_hook, adopt_hook)
        for name in entries:
            module.__dict__[name] = Entry(self, name, module.__dict__.get(name))

    def detach(self) -> dict[str, Tensor]:
        """Takes the registry off, and gives the module back as it was before.

        Returns:
            The variables that were made for it, by name: they are no longer in the module.
        """
        module = self.module
        made = self.catalogue.remove_all()
        for hook in self._load_hooks:
            hook.remove()
        for name, entry in list(module.__dict__.items()):
            if isinstance(entry, Entry) and entry.registry is self:
                del module.__dict__[name]
                if entry.before is not None:
                    module.__dict__[name] = entry.before
        del module._buffers[ANCHOR]
        module._non_persistent_buffers_set.discard(ANCHOR)
        del module.__dict__[REGISTRY]
        self._last = None
        return made

    def __getstate__(self) -> dict[str, Any]:
        # Copies and pickles leave the last pass behind: losses with a graph cannot be copied.
        return {**self.__dict__, "outcome": None}

    @property
    def module(self) -> nn.Module:
        """The module that the registry is attached to, and whose tree holds the variables."""
        return self.catalogue.module

    # Passes

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
        pass_ = Pass(self, entry, root_scope(), Collected(entry), passes.active())
        # A checkpointed function that calls this module runs again during backward.
        pass_.again = passes.in_backward()
        if not pass_.again:
            self._last = None
        self.catalogue.refresh()
        pass_.later = entry in self._complete
        if not pass_.again:
            pass_.readings = self.experience.readings(pass_, training=self.module.training)
        if entry is not None:
            # A call ends soon, and with it its notes.
            pass_.prefixes = self.catalogue.prefixes
        return pass_

    def run(self, entry: Entry, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls an entry as a pass; one that another entry calls joins its pass."""
        # No bound method: where the compiler gives up it would look that up on the module, and find
        # the entry.
        method, args = (
            (entry.before, args) if entry.before else (entry.method(), (self.module, *args))
        )
        active = passes.active()
        if entry.name != "forward" and active is not None and active.registry is self:
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
        pass_.ledger.close()
        if pass_.again:
            return
        self.catalogue.watch()
        if completed and pass_.entry is not None and pass_.claims and not pass_.later:
            self._complete_first_pass(pass_.entry, pass_.collected)
        self._last = pass_.collected
        if pass_.readings is not None:
            if completed:
                self.experience.learn(pass_, training=self.module.training)
            if pass_.outer is not None:
                pass_.outer.readings = pass_.readings
        awaiting = self.catalogue.awaiting
        if completed and awaiting is not None and awaiting.ended(pass_.entry):
            self.catalogue.awaiting = None
        if completed and not self.has_run and self.catalogue.records:
            self.has_run = True
            self._report_arrivals()

    def _complete_first_pass(self, entry: str, collected: Collected) -> None:
        self._complete.add(entry)
        if torch.is_grad_enabled():
            running = [self.module, *creation.running_modules(sys._getframe(1))]
            optimizers.look_at_the_next_step(self, collected, entry, running[-1])

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

    def check_may_make(self, pass_: Pass, name: str, *, expected: bool) -> None:
        """Refuses a variable once the registry is finalized, and warns of one that comes late.

        A name that is mistyped would make a variable of random numbers in a trained net. What is expected
        to come late is not warned of.

        Raises:
            RuntimeError: the registry is finalized.
        """
        names = [record.name for record in self.catalogue.records]
        if self._finalized_at is not None:
            raise errors.finalized(name, errors.caller(), self._finalized_at, names)
        if pass_.later and self.catalogue.awaiting is None and not expected:
            warnings.warn(errors.is_new(name, pass_.entry, errors.caller(), names), stacklevel=2)

    def _report_arrivals(self) -> None:
        arrived = self.catalogue.arrived
        if arrived:
            names = ", ".join(sorted(name_of(key) for key in arrived)[:10])
            warnings.warn(
                f"load_state_dict brought {len(arrived)} variables that the first pass did not "
                f"ask for: {names}. They stay in the module.",
                stacklevel=2,
            )

    def _before_load(
        self, module: nn.Module, state_dict: dict[str, Any], prefix: str, *_: Any
    ) -> None:
        # Once a pass has run the variables are known, and what is unknown is unexpected. So it is
        # where none may be made.
        loading.receive(
            self.catalogue, state_dict, prefix, take_in=not (self.has_run or self.finalized)
        )

    def _after_load(self, module: nn.Module, incompatible: Any) -> None:
        # With assign=True there are plain parameters now where variables were.
        self.catalogue.adopt_all()

    @contextmanager
    def activate(self) -> Iterator[ScopedParameterRegistry]:
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

    # Between passes

    @property
    def variables(self) -> dict[str, Tensor]:
        """The variables by TF1's names (those of a checkpoint), in the order they were made."""
        catalogue = self.catalogue
        return {record.name: catalogue.variable_of(record) for record in catalogue.records}

    def name_of(self, tensor_or_key: Tensor | str) -> str:
        """TF1's name of a tensor in the tree, or of a state_dict key.

        Raises:
            KeyError: the tree has no such tensor or key.
        """
        return self.catalogue.name_of(tensor_or_key)

    def key_of(self, name: str) -> str:
        """The state_dict key of a variable by TF1's name, relative to the module.

        Raises:
            KeyError: there is no such variable.
        """
        return self.catalogue.key_of(name)

    # `tf.Variable` and get_variable, in files below creation.py, make variables through these.
    make_variable = staticmethod(creation.make_variable)
    make_at_once = staticmethod(creation.make_at_once)

    def initialize_(self, variables: Iterable[Tensor | str] | None = None) -> None:
        """Gives all variables, or some, their first values again, in the order they were made.

        Args:
            variables: tensors or names; all by default. The module's own parameters stay.

        Under fully_shard each rank draws every value in full, and keeps its shard: ranks that are
        seeded alike get what one process with that seed gets.
        """
        wanted = None
        if variables is not None:
            names = (v if isinstance(v, str) else self.name_of(v) for v in variables)
            wanted = {self.key_of(name) for name in names}
        distributed.reshard(self.module)
        with torch.no_grad():
            for record in self.catalogue.records:
                if record.initial is not None and (wanted is None or record.key in wanted):
                    variable = self.catalogue.variable_of(record)
                    with on_device_of(variable):
                        value = self.catalogue.first_value(record)
                    if value.is_meta and not variable.is_meta:
                        raise RuntimeError(
                            f"The first value of variable {record.name}, made at {record.made_at}, "
                            "was computed on the meta device, where tensors have no values. Ask "
                            "for it with an initializer, or give ts.Variable a function that "
                            "makes the value (lambda: torch.zeros(3))."
                        )
                    self.catalogue.set_value(record, distributed.part_of(value, variable))

    def broadcast_(self, group: Any = None, src: int = 0) -> None:
        """Gives every rank of a process group the values that one rank has.

        All ranks call it, after their first pass and before fully_shard. It compares first what
        the ranks have: all parameters and buffers of the module, with names, shapes, dtypes, order,
        and whether they are trained. DistributedDataParallel sends its module's values itself.

        >>> import torch, torchscope as ts
        >>> net = ts.ScopedModule(lambda x: x * ts.get_variable("w", [2]))
        >>> _ = net(torch.ones(2))
        >>> if torch.distributed.is_initialized():
        ...     net.registry.broadcast_()

        Args:
            group: the process group; the default one if None.
            src: the global rank whose values the others are to have.

        Raises:
            RuntimeError: on every rank, where the ranks differ in what they have; it says in which
                variables. Or there are no variables yet, or they are sharded or on the meta device.
        """
        distributed.broadcast(self.catalogue, group, src)

    def apply_constraints_(self) -> None:
        """Puts each variable that has a constraint back into what it allows.

        TF1's Keras optimizers did so after each step: call it after ``optimizer.step()``.

        >>> import torch, torchscope as ts
        >>> w = ts.get_variable("w", initializer=[-1.0, 2.0], constraint=torch.relu)
        >>> ts.get_default_registry().apply_constraints_()
        >>> w.tolist()
        [0.0, 2.0]
        """
        distributed.reshard(self.module)
        with torch.no_grad():
            for record in self.catalogue.records:
                if record.constraint is not None:
                    variable = self.catalogue.variable_of(record)
                    self.catalogue.set_value(record, record.constraint(variable))

    def _collected(self) -> tuple[Collected, bool]:
        """What the present pass has collected, or the last one; and whether that is over."""
        pass_ = passes.active() or passes.default()
        if pass_.registry is self:
            return pass_.collected, False
        return self._last if self._last is not None else Collected(), True

    def get_collection(self, key: str, scope: str | None = None) -> list[Any]:
        """What a collection holds: `ts.get_collection` of this registry.

        Inside a pass it is what the pass sees. Between passes it is all there is: the variables in
        the order in which they were made, and what the last pass put there.
        """
        collected, over = self._collected()
        return collected.read(key, self.catalogue, scope, over=over)

    def global_variables(self, scope: str | None = None) -> list[Any]:
        """`ts.global_variables` of this registry."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES, scope)

    def local_variables(self, scope: str | None = None) -> list[Any]:
        """`ts.local_variables` of this registry."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES, scope)

    def trainable_variables(self, scope: str | None = None) -> list[Any]:
        """`ts.trainable_variables` of this registry."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)

    def summary(self) -> Summary:
        """A table of the variables, as text, and as HTML in a notebook.

        >>> import torchscope as ts
        >>> _ = ts.get_variable("w", [2, 3])
        >>> print(ts.get_default_registry().summary())
        name  shape   dtype    trainable  collections                     bytes  requests
        w     (2, 3)  float32  yes        variables, trainable_variables     24         1
        1 variable, 6 elements, 24 bytes (6 elements, 24 bytes trainable)
        """
        return Summary.of(self.catalogue, self._collected()[0].claims)

    def __repr__(self) -> str:
        count = len(self.catalogue.records)
        return f"ScopedParameterRegistry({type(self.module).__name__}, {count} variables)"


def get_default_registry() -> ScopedParameterRegistry:
    """The registry of what is asked for outside of every module, as TF1's default graph was.

    >>> import torchscope as ts
    >>> w = ts.get_variable("w", [1])
    >>> list(ts.get_default_registry().variables)
    ['w']
    """
    return passes.default().registry


def lasting_pass(module: nn.Module) -> Pass:
    """A pass without an end, of a new registry of a module that the caller keeps: a new TF1 graph."""
    return Pass(ScopedParameterRegistry(module), None, VariableScope(False), Collected())


# A registry does not keep its module.
_default_module: nn.Module


def reset_default_registry() -> None:
    """Starts the default registry afresh (tf.reset_default_graph).

    >>> import torchscope as ts
    >>> _ = ts.get_variable("w", [1])
    >>> ts.reset_default_registry()
    >>> ts.get_variable("w", [2]).shape
    torch.Size([2])
    """
    global _default_module
    module = ScopeModule()
    passes.set_default(lasting_pass(module))
    _default_module = module


reset_default_registry()
