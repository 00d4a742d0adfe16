"""The registry: TF1's variable system, attached to a module tree.

It owns no tensors. It begins and ends the passes in which variables are asked for, and answers for
them between passes. Which tensors of the tree are variables is the variable store's to know.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from torchscope._core.modules import equal_ranks
from torchscope._core.modules.early_optimizers import look_at_the_next_step
from torchscope._core.modules.entry_methods import Entry
from torchscope._core.modules.table import Summary
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.begin_and_end import Passes
from torchscope._core.passes.collected import Collected
from torchscope._core.passes.one_pass import Pass
from torchscope._core.passes.scopes import VariableScope
from torchscope._core.requests import creation
from torchscope._core.requests.may_make import running_modules
from torchscope._core.store import load_state_dict as loading
from torchscope._core.store.first_values import apply_constraints, give_first_values
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.places import ANCHOR, REGISTRY
from torchscope._core.store.tree import ScopeModule
from torchscope._core.store.variable_store import VariableStore
from torchscope._core.values import errors


class ScopedParameterRegistry(Passes):
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
                f"({len(attached.store.records)} variables, attached at {attached._attached_at}). "
                "Use that one, or detach() it first."
            )
        entries = tuple(entries)
        for entry in entries:
            if not callable(getattr(type(module), entry, None)):
                raise ValueError(
                    f"{type(module).__name__} has no method {entry!r} that could begin a pass."
                )
        super().__init__(VariableStore(module))
        self._attached_at = errors.caller()
        self.reuse_from_earlier_passes = reuse_from_earlier_passes
        self.collect_updates = collect_updates
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
        made = self.store.remove_all()
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

    def __setstate__(self, state: dict[str, Any]) -> None:
        # 0.1.0 called it so.
        former = state.pop("catalogue", None)
        self.__dict__.update(state if former is None else {**state, "store": former})

    # What passes and load_state_dict come to

    def _first_pass_is_complete(self, pass_: Pass) -> None:
        if torch.is_grad_enabled():
            around = [self.module, *running_modules(sys._getframe(1))]
            assert pass_.entry is not None
            look_at_the_next_step(self, pass_.collected, pass_.entry, around[-1])

    def _before_load(
        self, module: nn.Module, state_dict: dict[str, Any], prefix: str, *_: Any
    ) -> None:
        # Once a pass has run the variables are known, and what is unknown is unexpected. So it is
        # where none may be made.
        loading.receive(
            self.store, state_dict, prefix, take_in=not (self.has_run or self.finalized)
        )

    def _after_load(self, module: nn.Module, incompatible: Any) -> None:
        # With assign=True there are plain parameters now where variables were.
        self.store.adopt_all()

    # Between passes

    @property
    def variables(self) -> dict[str, Tensor]:
        """The variables by TF1's names (those of a checkpoint), in the order they were made."""
        store = self.store
        return {record.name: store.variable_of(record) for record in store.records}

    def name_of(self, tensor_or_key: Tensor | str) -> str:
        """TF1's name of a tensor in the tree, or of a state_dict key.

        Raises:
            KeyError: the tree has no such tensor or key.
        """
        return self.store.name_of(tensor_or_key)

    def key_of(self, name: str) -> str:
        """The state_dict key of a variable by TF1's name, relative to the module.

        Raises:
            KeyError: there is no such variable.
        """
        return self.store.key_of(name)

    # `tf.Variable`, in a room below creation.py, makes variables through it.
    _make_variable: ClassVar[Callable[..., Tensor]] = staticmethod(creation.make_variable)

    def initialize_(self, variables: Iterable[Tensor | str] | None = None) -> None:
        """Gives all variables, or some, their first values again, in the order they were made.

        Args:
            variables: tensors or names; all by default. The module's own parameters stay.

        Under fully_shard each rank draws every value in full, and keeps its shard: ranks that are
        seeded alike get what one process with that seed gets.
        """
        give_first_values(self.store, variables)

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
        equal_ranks.broadcast(self.store, group, src)

    def apply_constraints_(self) -> None:
        """Puts each variable that has a constraint back into what it allows.

        TF1's Keras optimizers did so after each step: call it after ``optimizer.step()``.

        >>> import torch, torchscope as ts
        >>> w = ts.get_variable("w", initializer=[-1.0, 2.0], constraint=torch.relu)
        >>> ts.get_default_registry().apply_constraints_()
        >>> w.tolist()
        [0.0, 2.0]
        """
        apply_constraints(self.store)

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
        return collected.read(key, self.store, scope, over=over)

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
        return Summary.of(self.store, self._collected()[0].claims)

    def __repr__(self) -> str:
        count = len(self.store.records)
        return f"ScopedParameterRegistry({type(self.module).__name__}, {count} variables)"


def registry_of(pass_: Pass) -> ScopedParameterRegistry:
    """The registry that began a pass, all of it: a pass itself needs less."""
    return cast("ScopedParameterRegistry", pass_.registry)


def get_default_registry() -> ScopedParameterRegistry:
    """The registry of what is asked for outside of every module, as TF1's default graph was.

    >>> import torchscope as ts
    >>> w = ts.get_variable("w", [1])
    >>> list(ts.get_default_registry().variables)
    ['w']
    """
    return registry_of(passes.default())


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
