"""tf.variable_scope: opens a scope, by its name or again, and closes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import torch

from torchscope._core.names.default_names import numbered
from torchscope._core.names.name_table import Counted, Opening, resolved
from torchscope._core.names.unique_names import unique_name
from torchscope._core.names.valid_names import can_begin_a_name
from torchscope._core.operations.name_scopes import open_name_scope
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import Pass, thread
from torchscope._core.passes.scopes import AUTO_REUSE, Reuse, Settings, VariableScope
from torchscope._core.values.conversion import as_dtype


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
                # A name, of which nothing else was said: a note in the name table will do.
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
                name = self._name = pass_.name_table.default_name(outer, self._default) or ""
            prefix = pass_.prefixes.get(outer._prefix + name)
            if prefix is not None:
                name_table = pass_.name_table
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
                self._earlier = name_table.latest
                self._opened = name_table
                name_table.latest = pass_.where = self
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
            first = self._name, f"{resolved(self)}/"
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
            pass_.name_table.count_as_before(self._kept)
        elif self._scope._prefix:
            here.inside = {}
        pass_.name_table.leave()

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
            pass_.store.prefixes[full] = f"{full}/"

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
        pass_.name_table.enter(scope, here.at(self._name) if scope._prefix else here)
        if "/" in self._name:
            pass_.name_table.tangled = True
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
        root = pass_.name_table.at_root(outer)
        here = root.at(scope.name) if scope._prefix else root
        pass_.name_table.enter(again, here)
        # What is opened until it is left, anywhere, is forgotten then: TF1 puts the old counters back.
        self._kept = pass_.name_table.counted()
        pass_.name_table.tangled = True
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
