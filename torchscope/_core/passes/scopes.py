"""Scopes that were entered: where a variable is asked for, and what it inherits there."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

from torchscope._core import current
from torchscope._core.names.name_table import NameScope
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.values.conversion import as_dtype


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

    def _as_it_is(self) -> VariableScope:
        """A copy, which does not notice what happens to this one."""
        twin = object.__new__(VariableScope)
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
    # Any: a function of TF1's kind, its class, or a value.
    def initializer(self) -> Any:
        """The initializer of variables that are asked for without one."""
        return self._settings.initializer

    @property
    def regularizer(self) -> Callable[..., Any] | None:
        """The regularizer of variables that are asked for without one."""
        return self._settings.regularizer

    @property
    # Any: as it was given.
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
        pass_ = current.current()
        found: list[Any] = pass_.collected.read(name, pass_.store, self._prefix)
        return found

    def trainable_variables(self) -> list[Any]:
        """The trainable variables under this scope."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self) -> list[Any]:
        """The global variables under this scope."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self) -> list[Any]:
        """The local variables under this scope."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)


def root_scope() -> VariableScope:
    """The scope that a pass begins in."""
    return VariableScope._of("", False, TF1_DEFAULTS, "")
