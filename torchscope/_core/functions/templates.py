"""Templates: functions that make their variables when first called and share them ever after."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Generic, ParamSpec, TypeVar, overload

from torchscope._core.functions.collections import get_collection
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import Pass
from torchscope._core.passes.scopes import VariableScope, root_scope
from torchscope._core.requests.variable_scope import (
    pure_variable_scope,
    unique_default_name,
    variable_scope,
)
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.records import Record
from torchscope._core.values import errors
from torchscope._core.values.conversion import dtype_name, shape_text

P = ParamSpec("P")
R = TypeVar("R")


class Template(Generic[P, R]):
    """What `make_template` returns: call it like the function that it wraps.

    A template may outlive a pass. Its first call in a pass opens its scope, later calls reuse it.
    """

    def __init__(
        self,
        name: str,
        func: Callable[P, R],
        create_scope_now: bool = False,
        unique_name: str | None = None,
        custom_getter: Callable[..., Any] | None = None,
    ) -> None:
        if name is None:
            raise ValueError("name cannot be None.")
        self._name = name
        self._func = func
        self._unique_name = unique_name
        self._custom_getter = custom_getter
        self._made_at = errors.caller()
        self._scope_name: str | None = None
        if create_scope_now:
            scope = self._open_scope(passes.current())
            self._scope_name = scope.name

    @property
    def name(self) -> str:
        """The name it was given."""
        return self._name

    @property
    def func(self) -> Callable[P, R]:
        """The function that it wraps."""
        return self._func

    @property
    def variable_scope(self) -> VariableScope | None:
        """The scope of its variables in this pass, or None before its first call.

        One that was made with its scope has it from then on, in each pass.
        """
        pass_ = passes.current()
        state = self._state_in(pass_)
        if state is None and self._scope_name is not None:
            state = self._open_again(pass_)
        return None if state is None else state.scope

    @property
    def var_scope(self) -> VariableScope | None:
        """Another name of `variable_scope`."""
        return self.variable_scope

    @property
    def variable_scope_name(self) -> str | None:
        """The full name of that scope with a slash, by which its variables are found."""
        scope = self.variable_scope
        if scope is None:
            return None
        return scope.name if scope.name.endswith("/") or not scope.name else f"{scope.name}/"

    @property
    def variables(self) -> list[Any]:
        """Its variables, global and local, once its first call in this pass has ended.

        >>> import torchscope as ts
        >>> scale = ts.make_template("scale", lambda x: x * ts.get_variable("s", []))
        >>> scale.variables, scale(1.0).shape, [v.name for v in scale.variables]
        ([], torch.Size([]), ['scale/s:0'])
        """
        return self.global_variables + self.local_variables

    @property
    def global_variables(self) -> list[Any]:
        """Its variables in GLOBAL_VARIABLES."""
        return self._collected(GraphKeys.GLOBAL_VARIABLES)

    @property
    def local_variables(self) -> list[Any]:
        """Its variables in LOCAL_VARIABLES."""
        return self._collected(GraphKeys.LOCAL_VARIABLES)

    @property
    def trainable_variables(self) -> list[Any]:
        """Its variables in TRAINABLE_VARIABLES."""
        return self._collected(GraphKeys.TRAINABLE_VARIABLES)

    @property
    def non_trainable_variables(self) -> list[Any]:
        """Its variables in GLOBAL_VARIABLES that are not in TRAINABLE_VARIABLES."""
        trained = set(map(id, self.trainable_variables))
        return [each for each in self.global_variables if id(each) not in trained]

    @property
    def weights(self) -> list[Any]:
        """Another name of `variables`."""
        return self.variables

    @property
    def trainable_weights(self) -> list[Any]:
        """Another name of `trainable_variables`."""
        return self.trainable_variables

    @property
    def non_trainable_weights(self) -> list[Any]:
        """Another name of `non_trainable_variables`."""
        return self.non_trainable_variables

    def _collected(self, key: str) -> list[Any]:
        """What a collection holds under the template's scope."""
        state = self._state_in(passes.current())
        return get_collection(key, self.variable_scope_name) if state and state.done else []

    def _open_scope(self, pass_: Pass) -> VariableScope:
        name = self._unique_name or unique_default_name(pass_, self._name)
        with pure_variable_scope(name, self._custom_getter) as scope:
            self._begin(pass_, scope)
        return scope

    def _open_again(self, pass_: Pass) -> _State:
        """Opens the scope that was opened in an earlier pass, whatever scope is open in this one."""
        assert self._scope_name is not None
        with (
            variable_scope(root_scope(), auxiliary_name_scope=False),
            pure_variable_scope(self._scope_name, self._custom_getter) as scope,
        ):
            return self._begin(pass_, scope)

    def _state_in(self, pass_: Pass) -> _State | None:
        state: _State | None = pass_.state_of(self._name, self)
        return state

    def _begin(self, pass_: Pass, scope: VariableScope) -> _State:
        state = _State(scope)
        pass_.states.setdefault(self._name, []).append((self, state))
        return state

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Calls the function in the template's scope."""
        pass_ = passes.current()
        state = self._state_in(pass_)
        if state is None and self._scope_name is not None:
            state = self._open_again(pass_)
        if state is None:
            with variable_scope(
                self._unique_name, self._name, custom_getter=self._custom_getter
            ) as scope:
                state = self._begin(pass_, scope)
                return self._call(pass_, state, args, kwargs)
        with variable_scope(state.scope, reuse=state.called or None):
            return self._call(pass_, state, args, kwargs)

    def _call(self, pass_: Pass, state: _State, args: Any, kwargs: Any) -> R:
        # While the first call runs, calls of the template inside it share already.
        first, state.called = not state.called, True
        done, before = state.done, _trainable(pass_) if state.done else []
        try:
            result = self._func(*args, **kwargs)
            after = _trainable(pass_) if done else []
            # As TF1 compares: a list that somebody has cleared is shorter.
            if len(after) != len(before):
                made = after[len(before) :]
                if made and any(a is not b for a, b in zip(after, before, strict=False)):
                    known = {id(item) for item in before}
                    made = [item for item in after if id(item) not in known] or made
                raise ValueError(
                    "Trainable variable created when calling a template after the first time, "
                    "perhaps you used tf.Variable when you meant tf.get_variable: "
                    f"[{', '.join(map(_described, made))}]"
                )
        except Exception as error:
            state.called = not first
            if error.args and isinstance(error.args[0], str):
                note = f"{error.args[0]}\n\noriginally defined at:\n{self._made_at}"
                error.args = (note, *error.args[1:])
            raise
        state.done = state.done or first
        return result


def _trainable(pass_: Pass) -> list[Any]:
    """What this pass has put into TRAINABLE_VARIABLES, in order."""
    return pass_.collected.of_this_pass(GraphKeys.TRAINABLE_VARIABLES, pass_.store)


def _described(item: Any) -> str:
    record: Record | None = getattr(item, "_ts_record", None)
    if record is None:
        return str(item)
    shape, dtype = shape_text(record.shape), dtype_name(record.dtype)
    return f"<tf.Variable '{record.name}:0' shape={shape} dtype={dtype}>"


class _State:
    """A template within one pass."""

    def __init__(self, scope: VariableScope) -> None:
        self.scope = scope
        self.called = False
        self.done = False


@overload
def make_template(
    name_: str,
    func_: Callable[P, R],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Callable[..., Any] | None = None,
) -> Template[P, R]: ...


@overload
def make_template(
    name_: str,
    func_: Callable[..., R],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Callable[..., Any] | None = None,
    **kwargs: Any,
) -> Template[..., R]: ...


def make_template(
    name_: str,
    func_: Callable[..., R],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Callable[..., Any] | None = None,
    **kwargs: Any,
) -> Template[..., R]:
    """Wraps a function so that all its calls share their variables (tf.make_template).

    >>> import torchscope as ts
    >>> scale = ts.make_template("scale", lambda x: x * ts.get_variable("s", [], initializer=ts.ones_initializer))
    >>> _ = scale(1.0), scale(2.0)
    >>> [v.name for v in ts.global_variables()]
    ['scale/s:0']

    Args:
        name_: the name of its scope, made unique among the scopes opened where it is first called.
        func_: the function. It must ask for its variables by get_variable.
        create_scope_now_: opens the scope here and now rather than at the first call.
        unique_name_: a name that is used as it is.
        custom_getter_: a custom getter for its scope.
        **kwargs: arguments that every call hands to `func_`.

    Raises:
        ValueError: the name is None; or, when called again, the function made a trainable variable.
    """
    if kwargs:
        func_ = partial(func_, **kwargs)
    return Template(name_, func_, create_scope_now_, unique_name_, custom_getter_)
