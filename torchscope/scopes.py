"""Variable scopes: where a variable is asked for, and what it inherits there."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch

from torchscope import collections, passes
from torchscope.conversion import as_dtype
from torchscope.ledger import Counted, NameScope, Opening, numbered, settled
from torchscope.name_scopes import open_name_scope
from torchscope.naming import can_begin_a_name, unique_name
from torchscope.passes import Pass, thread


class _ReuseMode(enum.Enum):
    AUTO_REUSE = 1

    def __repr__(self) -> str:
        return "AUTO_REUSE"


AUTO_REUSE = _ReuseMode.AUTO_REUSE
"""The value of `reuse` that finds a variable or, where there is none, makes it (tf.AUTO_REUSE)."""

Reuse = bool | _ReuseMode | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What get_variable takes from the scope that it is called in, unless told otherwise."""

    initializer: Any = None
    regularizer: Callable[..., Any] | None = None
    caching_device: Any = None
    partitioner: Callable[..., Any] | None = None
    custom_getter: Callable[..., Any] | None = None
    dtype: torch.dtype = torch.float32
    use_resource: bool | None = None
    constraint: Callable[..., Any] | None = None


TF1_DEFAULTS = Settings()


class VariableScope:
    """A scope that was entered: its name, its reuse flag and what it hands down (tf.VariableScope).

    It is what ``with variable_scope(...) as scope`` binds. Entering it again, from anywhere,
    continues it: the names of variables are the same, and so is what they inherit.

    >>> import torchscope as ts
    >>> with ts.variable_scope("model", reuse=ts.AUTO_REUSE) as scope:
    ...     scope.name, scope.original_name_scope, scope.reuse
    ('model', 'model/', AUTO_REUSE)
    """

    __slots__ = ("_name_scope", "_prefix", "_reuse", "_settings")

    def __init__(
        self,
        reuse: Reuse,
        name: str = "",
        initializer: Any = None,
        regularizer: Callable[..., Any] | None = None,
        caching_device: Any = None,
        partitioner: Callable[..., Any] | None = None,
        custom_getter: Callable[..., Any] | None = None,
        name_scope: str = "",
        dtype: Any = torch.float32,
        use_resource: bool | None = None,
        constraint: Callable[..., Any] | None = None,
    ) -> None:
        self._prefix = f"{name}/" if name else ""
        self._reuse = reuse
        self._name_scope: NameScope = name_scope
        self._settings = Settings(
            initializer,
            regularizer,
            caching_device,
            partitioner,
            custom_getter,
            as_dtype(dtype),
            use_resource,
            constraint,
        )

    @classmethod
    def _of(
        cls, name: str, reuse: Reuse, settings: Settings, name_scope: NameScope
    ) -> VariableScope:
        scope = cls.__new__(cls)
        scope._prefix = f"{name}/" if name else ""
        scope._reuse = reuse
        scope._settings = settings
        scope._name_scope = name_scope
        return scope

    def as_it_is(self) -> VariableScope:
        """A copy, which does not notice what happens to this one."""
        twin = _new(VariableScope)
        twin._prefix, twin._reuse = self._prefix, self._reuse
        twin._settings, twin._name_scope = self._settings, self._name_scope
        return twin

    def __repr__(self) -> str:
        return f"<VariableScope {self.name!r} reuse={self._reuse}>"

    @property
    def name(self) -> str:
        """The full name, '' for the root scope."""
        return self._prefix[:-1]

    @property
    def original_name_scope(self) -> str:
        """The name scope, with its final slash, that was opened when this scope was first entered."""
        opened = self._name_scope
        return opened if isinstance(opened, str) else f"{opened.name_scope}/"

    @property
    def reuse(self) -> Reuse:
        """True: find; AUTO_REUSE: find or make; False or None: make."""
        return self._reuse

    @property
    def initializer(self) -> Any:
        """The initializer of variables that are asked for without one."""
        return self._settings.initializer

    @property
    def regularizer(self) -> Callable[..., Any] | None:
        """The regularizer of variables that are asked for without one."""
        return self._settings.regularizer

    @property
    def caching_device(self) -> Any:
        """Kept for TF1 code that reads it; it has no effect."""
        return self._settings.caching_device

    @property
    def partitioner(self) -> Callable[..., Any] | None:
        """The partitioner of variables that are asked for without one."""
        return self._settings.partitioner

    @property
    def custom_getter(self) -> Callable[..., Any] | None:
        """The getter that every request inside this scope goes through."""
        return self._settings.custom_getter

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of variables that are asked for without one; torch.float32 at the root."""
        return self._settings.dtype

    @property
    def use_resource(self) -> bool | None:
        """Kept for TF1 code that reads it; it has no effect."""
        return self._settings.use_resource

    @property
    def constraint(self) -> Callable[..., Any] | None:
        """The constraint of variables that are asked for without one; inner scopes have none."""
        return self._settings.constraint

    def reuse_variables(self) -> None:
        """From here on requests in this scope, and in scopes opened inside it, find variables.

        >>> import torchscope as ts
        >>> with ts.variable_scope("shared") as scope:
        ...     first = ts.get_variable("w", [2])
        ...     scope.reuse_variables()
        ...     assert ts.get_variable("w", [2]) is first
        """
        self._reuse = True

    def _set(self, **changes: Any) -> None:
        self._settings = replace(self._settings, **changes)

    def set_initializer(self, initializer: Any) -> None:
        """Sets the default initializer of this scope."""
        self._set(initializer=initializer)

    def set_regularizer(self, regularizer: Callable[..., Any] | None) -> None:
        """Sets the default regularizer of this scope."""
        self._set(regularizer=regularizer)

    def set_caching_device(self, caching_device: Any) -> None:
        """Accepted for TF1 code; it has no effect."""
        self._set(caching_device=caching_device)

    def set_partitioner(self, partitioner: Callable[..., Any] | None) -> None:
        """Sets the default partitioner of this scope."""
        self._set(partitioner=partitioner)

    def set_custom_getter(self, custom_getter: Callable[..., Any] | None) -> None:
        """Replaces the custom getter of this scope, and with it those it was wrapped around."""
        self._set(custom_getter=custom_getter)

    def set_dtype(self, dtype: Any) -> None:
        """Sets the default dtype of this scope."""
        self._set(dtype=as_dtype(dtype))

    def set_use_resource(self, use_resource: bool | None) -> None:
        """Accepted for TF1 code; it has no effect."""
        self._set(use_resource=use_resource)

    def get_collection(self, name: str) -> list[Any]:
        """What the collection `name` holds under this scope."""
        return collections.get_collection(name, self._prefix)

    def trainable_variables(self) -> list[Any]:
        """The trainable variables under this scope."""
        return self.get_collection(collections.GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self) -> list[Any]:
        """The global variables under this scope."""
        return self.get_collection(collections.GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self) -> list[Any]:
        """The local variables under this scope."""
        return self.get_collection(collections.GraphKeys.LOCAL_VARIABLES)


def root_scope() -> VariableScope:
    """The scope that a pass begins in."""
    return VariableScope._of("", False, TF1_DEFAULTS, "")


def get_variable_scope() -> VariableScope:
    """The current variable scope; the root scope outside of every other (tf.get_variable_scope).

    >>> import torchscope as ts
    >>> ts.get_variable_scope().name
    ''
    """
    return passes.current().scope


def unique_default_name(pass_: Pass, prefix: str) -> str:
    """`prefix`, or `prefix_1`, ... where this pass already opened a scope of that name here."""
    return numbered(prefix, pass_.here.free_number(prefix))


def use_up_default_name(pass_: Pass, default: str, name: str) -> None:
    """Uses up names as opening a scope of a default name does, and leaving it.

    Args:
        pass_: the pass.
        default: the default name.
        name: what `unique_default_name` made of it.
    """
    outer = pass_.name_scope
    unique_name(f"{outer}/{default}" if outer else default, pass_.names)
    pass_.here.at(name).opened += 1


def _wrap_getter(
    inner: Callable[..., Any] | None, outer: Callable[..., Any] | None
) -> Callable[..., Any] | None:
    """One getter that asks `inner`, whose own getter is `outer` (TF1's order of nesting)."""
    if inner is None or outer is None:
        return inner or outer

    def both(getter: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        def through_outer(*args: Any, **kwargs: Any) -> Any:
            return outer(getter, *args, **kwargs)

        return inner(through_outer, *args, **kwargs)

    return both


class _Special(NamedTuple):
    """What was said to `variable_scope` beside a name."""

    auxiliary_name_scope: bool = True
    changes: tuple[tuple[str, Any], ...] = ()


_PLAIN = _Special()
# The relative name, and the original name scope, that a `variable_scope` had when first entered.
_First = tuple[str, str]
_new = object.__new__


class variable_scope(Opening):
    """Opens a scope for variables: `get_variable` names them by it (tf.variable_scope).

    >>> import torchscope as ts
    >>> with ts.variable_scope("model"):
    ...     with ts.variable_scope("conv1"):
    ...         w = ts.get_variable("weights", [3])
    >>> w.name
    'model/conv1/weights:0'
    >>> with ts.variable_scope("model", reuse=True), ts.variable_scope("conv1"):
    ...     assert ts.get_variable("weights", [3]) is w

    Args:
        name_or_scope: a name, relative to the current scope; or a VariableScope, which is entered
            again under its own full name; or None, to use `default_name`.
        default_name: a name that is made unique among the scopes opened here in this pass. It is
            not used where `name_or_scope` is given.
        values: accepted for TF1 code; it has no effect.
        initializer: the default initializer inside.
        regularizer: the default regularizer inside.
        caching_device: accepted for TF1 code; it has no effect.
        partitioner: the default partitioner inside.
        custom_getter: a function that every request inside goes through; see `get_variable`.
        reuse:
            - None (or False) inherits the flag of the enclosing scope.
            - True: get_variable finds variables, and fails where there is none.
            - AUTO_REUSE: get_variable finds a variable, or makes it where there is none.
        dtype: the default dtype inside.
        use_resource: accepted for TF1 code; it has no effect.
        constraint: the default constraint inside.
        auxiliary_name_scope: whether a name scope of the same name is opened as well.

    Raises:
        TypeError: no name was given, or something that is neither a string nor a VariableScope.
        ValueError: the name has characters that TF1 does not allow, `reuse` is none of its four
            values, or reuse=True came without a name to look under.
    """

    __slots__ = (
        "_kept",
        "_pass",
        "_plain",
        "_reuse",
        "_scope",
        "_special",
        "_target",
    )

    _pass: Any
    _scope: VariableScope

    def __init__(
        self,
        name_or_scope: str | VariableScope | None,
        default_name: str | None = None,
        values: Sequence[Any] | None = None,
        initializer: Any = None,
        regularizer: Callable[..., Any] | None = None,
        caching_device: Any = None,
        partitioner: Callable[..., Any] | None = None,
        custom_getter: Callable[..., Any] | None = None,
        reuse: Reuse = None,
        dtype: Any = None,
        use_resource: bool | None = None,
        constraint: Callable[..., Any] | None = None,
        auxiliary_name_scope: bool = True,
    ) -> None:
        if name_or_scope is None and default_name is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        if reuse is False:
            reuse = None
        elif reuse is not None and reuse is not True and reuse is not AUTO_REUSE:
            raise ValueError("The reuse parameter must be True or False or None.")
        self._target = name_or_scope
        self._reuse = reuse
        if (
            initializer is None
            and regularizer is None
            and caching_device is None
            and partitioner is None
            and custom_getter is None
            and dtype is None
            and use_resource is None
            and constraint is None
            and auxiliary_name_scope is True
        ):
            self._special = _PLAIN
            if type(name_or_scope) is str:
                # A name, of which nothing else was said: a note in the ledger will do.
                self._plain: bool | None = True
                self._name = name_or_scope
                return
            # Its name is told when it is entered.
            self._name, self._default = "", default_name
            self._plain = name_or_scope is None and type(default_name) is str and reuse is None
            return
        self._plain, self._default = False, default_name
        if auxiliary_name_scope is not True and auxiliary_name_scope is not False:
            raise TypeError(
                "The auxiliary_name_scope must be `True` or `False`, "
                f"while get {auxiliary_name_scope}"
            )
        changes = {
            "initializer": initializer,
            "regularizer": regularizer,
            "caching_device": caching_device,
            "partitioner": partitioner,
            "custom_getter": custom_getter,
            "dtype": None if dtype is None else as_dtype(dtype),
            "use_resource": use_resource,
            "constraint": constraint,
        }
        self._special = _Special(
            auxiliary_name_scope,
            tuple((key, value) for key, value in changes.items() if value is not None),
        )

    def __enter__(self) -> VariableScope:
        pass_: Pass | None = getattr(thread, "current", None)
        if pass_ is None:
            pass_ = passes.current()
        outer = pass_.scope
        settings = outer._settings
        if self._plain and settings.constraint is None:
            # The way of nearly every scope: it is noted that it was opened, and no more.
            name = self._name
            if not name and self._target is None:
                name = self._name = pass_.ledger.default_name(outer, self._default) or ""
            prefix = pass_.prefixes.get(outer._prefix + name)
            if prefix is not None:
                ledger = pass_.ledger
                scope = _new(VariableScope)
                scope._prefix = prefix
                scope._reuse = self._reuse or outer._reuse
                scope._settings = settings
                scope._name_scope = self
                self._plain = None
                self._pass = pass_
                self._outer = outer
                self._under = pass_.where
                self._claimed = len(pass_.claims)
                self._earlier = ledger.latest
                self._opened = ledger
                ledger.latest = pass_.where = self
                pass_.scope = scope
                return scope
        return self._enter_at_once(pass_, outer)

    def __exit__(self, *exc_info: object) -> None:
        pass_ = self._pass
        if self._plain is None:
            # A note has no reference to its scope, which has one to it.
            improper = pass_.scope._name_scope is not self
        else:
            improper = pass_.scope is not self._scope
        if improper:
            raise RuntimeError("Improper nesting of variable_scope.")
        if self._plain is not None:
            self._close_at_once(pass_)
        # A note is kept longer than the pass, which must be free to go.
        self._pass = None
        pass_.scope = self._outer
        pass_.where = self._under

    def _enter_at_once(self, pass_: Pass, outer: VariableScope) -> VariableScope:
        """Enters and works out all names: where they are asked for, or where one may be refused."""
        before: VariableScope | None = getattr(self, "_scope", None)
        first: _First | None = None
        if self._plain is None:
            # Scopes that were entered with it refer to its note.
            first = self._name, f"{settled(self)}/"
        elif before is not None:
            first = self._name, before.original_name_scope
        self._plain = False
        self._kept: Counted | None = None
        under = pass_.name_scope
        target = self._target
        if target is None:
            entered = self._enter_default(pass_, outer, first)
        elif isinstance(target, str):
            entered = self._enter_name(pass_, outer, target, first)
        elif isinstance(target, VariableScope):
            entered = self._enter_again(pass_, outer, target)
        else:
            raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
        self._pass, self._outer, self._under = pass_, outer, under
        self._scope = pass_.scope = entered
        return entered

    def _close_at_once(self, pass_: Pass) -> None:
        here = pass_.here
        if self._kept is not None:
            pass_.ledger.count_as_before(self._kept)
        elif self._scope._prefix:
            here.inside = {}
        pass_.ledger.leave()

    def _name_scope_for(self, pass_: Pass, name: str) -> str:
        """Opens the name scope that goes with a variable scope; returns it as TF1 remembers it."""
        if self._special.auxiliary_name_scope:
            return open_name_scope(pass_, name) + "/"
        return f"{pass_.name_scope}/" if pass_.name_scope else ""

    def _enter_name(
        self, pass_: Pass, outer: VariableScope, name: str, first: _First | None
    ) -> VariableScope:
        opens = name or not self._special.auxiliary_name_scope
        original = self._name_scope_for(pass_, name) if opens else ""
        self._may_be_noted(pass_, outer, name)
        return self._enter_first(pass_, outer, first or (name, original))

    def _enter_default(
        self, pass_: Pass, outer: VariableScope, first: _First | None
    ) -> VariableScope:
        if self._reuse:
            raise ValueError("reuse=True cannot be used without a name_or_scope")
        assert self._default is not None
        original = self._name_scope_for(pass_, self._default)
        if first is None:
            first = unique_default_name(pass_, self._default), original
            self._may_be_noted(pass_, outer, first[0])
        return self._enter_first(pass_, outer, first)

    def _may_be_noted(self, pass_: Pass, outer: VariableScope, name: str) -> None:
        """From now on a note opens the scope of that name, where that is allowed everywhere."""
        if self._special is _PLAIN and can_begin_a_name(name):
            full = outer._prefix + name
            pass_.catalogue.prefixes[full] = f"{full}/"

    def _enter_first(self, pass_: Pass, outer: VariableScope, first: _First) -> VariableScope:
        """Enters by name; the second time by the name and the name scope of the first (as TF1)."""
        self._name, original = first
        scope = VariableScope._of(
            outer._prefix + self._name,
            self._reuse or outer._reuse,
            self._changed(outer._settings),
            original,
        )
        here = pass_.here
        pass_.ledger.enter(scope, here.at(self._name) if scope._prefix else here)
        if "/" in self._name:
            pass_.ledger.tangled = True
        return scope

    def _enter_again(
        self, pass_: Pass, outer: VariableScope, scope: VariableScope
    ) -> VariableScope:
        name = scope.name.rpartition("/")[2]
        if name and self._special.auxiliary_name_scope:
            open_name_scope(pass_, name)
        again = VariableScope._of(
            scope.name,
            self._reuse or scope._reuse,
            self._changed(scope._settings),
            scope.original_name_scope,
        )
        root = pass_.ledger.at_root(outer)
        here = root.at(scope.name) if scope._prefix else root
        pass_.ledger.enter(again, here)
        # What is opened until it is left, anywhere, is forgotten then: TF1 puts the old counters back.
        self._kept = pass_.ledger.counted()
        pass_.ledger.tangled = True
        return again

    def _changed(self, settings: Settings) -> Settings:
        """What the scope hands down: all that it was handed, but for the constraint (as in TF1)."""
        changes = dict(self._special.changes)
        if not changes and settings.constraint is None:
            return settings
        if "custom_getter" in changes:
            changes["custom_getter"] = _wrap_getter(
                changes["custom_getter"], settings.custom_getter
            )
        changes.setdefault("constraint", None)
        return replace(settings, **changes)


@contextmanager
def pure_variable_scope(name: str, custom_getter: Any = None) -> Iterator[VariableScope]:
    """A variable scope that leaves the name scope alone, as templates open one when made.

    Its dtype is float32 again, as in TF1, whatever the scopes around it say.
    """
    pass_ = passes.current()
    before = pass_.where
    with variable_scope(
        name, custom_getter=custom_getter, dtype=torch.float32, auxiliary_name_scope=False
    ) as scope:
        scope._name_scope = name
        pass_.where = before
        yield scope


def no_regularizer(_: Any) -> None:
    """Stands for no regularizer where a scope would hand one down (tf.no_regularizer).

    >>> import torchscope as ts
    >>> ts.no_regularizer(ts.get_variable("w", [1])) is None
    True
    """
    return None
