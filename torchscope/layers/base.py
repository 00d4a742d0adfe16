"""The layer as an object: it makes its variables when first called, and shares them when called again.

A layer may outlive a pass. What it has done in a pass (the scope it opened, whether it is built)
belongs to that pass, so that in each pass its first call opens the scope that it opened in the first,
and finds the variables that it made there.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, ClassVar, Protocol, TypeVar

import torch
from torch import Tensor

from torchscope._core.names.name_table import NameScope
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import Pass
from torchscope._core.passes.scopes import VariableScope
from torchscope._core.requests import rollback as refusals
from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import get_variable_scope, variable_scope
from torchscope._core.store.variables import Variable
from torchscope._core.values.conversion import as_dtype, convert_to_tensor, shape_text
from torchscope._core.values.replicas import VariableSynchronization
from torchscope._core.values.structures import flatten, is_nested, map_structure
from torchscope.layers import input_spec, plans
from torchscope.layers.arguments import dtype_for, initializer_of, regularizer_of
from torchscope.layers.contributions import Contributing, Contributions
from torchscope.layers.plans import Request
from torchscope.layers.values import Valued
from torchscope.layers.weights import (
    Weight,
    got,
    is_trained,
    pieces_of,
    trainable_of,
    with_weights,
)

# What is set of a layer that none of its variables depends on, but for the name of the scope.
_ASIDE = frozenset(
    {"_name", "_base_name", "_reuse", "_given_scope", "activation", "activity_regularizer"}
)


Output = TypeVar("Output", covariant=True)


class Computing(Protocol[Output]):
    """What has a `call`: a call of a layer gives what that gives."""

    @property
    def call(self) -> Callable[..., Output]:
        """Computes the output."""


def to_snake_case(name: str) -> str:
    """What a layer of this class is called where it has no name.

    >>> to_snake_case("Conv2DTranspose"), to_snake_case("BasicLSTMCell"), to_snake_case("_Mine")
    ('conv2d_transpose', 'basic_lstm_cell', 'private__mine')
    """
    parted = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    snake = re.sub("([a-z])([A-Z])", r"\1_\2", parted).lower()
    return f"private{snake}" if snake.startswith("_") else snake


class _State(Contributions):
    """A layer within one pass. Nothing in it is changed in place: a copy must not notice."""

    scope: VariableScope | None = None
    built = False
    dtype: torch.dtype | None = None
    weights: tuple[Weight, ...] = ()
    # The requests that it makes, where a plan is made of them.
    noted: list[Request] | None = None


class Layer(Contributing, Valued):
    """What layers derive from: `build` makes the variables, `call` computes (tf.layers.Layer).

    >>> import torch, torchscope as ts
    >>> class Scale(ts.layers.Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight("factor", [input_shape[-1]])
    ...         super().build(input_shape)
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> scale, other = Scale(), Scale()
    >>> _ = scale(torch.ones(2, 3)), scale(torch.ones(4, 3)), other(torch.ones(2, 5))
    >>> [v.name for v in ts.global_variables()]
    ['scale/factor:0', 'scale_1/factor:0']

    The first call in a pass opens the layer's scope, calls `build`, and then `call`. Later calls
    share: they run inside that scope with reuse=True, wherever they are made.

    Args:
        trainable: whether its variables may be trained.
        name: the name of its scope, made unique where it is first called; by default its class's,
            in snake case.
        dtype: the dtype of its variables; by default that of its first input.
        activity_regularizer: a loss of each output, whose mean over the batch goes into
            REGULARIZATION_LOSSES at every call.
        _reuse: as the `reuse` of a variable_scope: with True it finds its variables.
        _scope: a scope, by name or as a VariableScope, that is used as it is.
    """

    _parameters_of_call: ClassVar[frozenset[str]] = frozenset()
    _default_name: ClassVar[str] = "layer"
    # Whether a call leaves updates to collect.
    _collects = False
    # Whether it belongs to one call of a function, in whose scope it is: then it has none of its own.
    _used_once = False
    # What is set when it is built, and what that does not depend on; None for a class without plans.
    _sets: ClassVar[frozenset[str] | None] = None
    _aside: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, sets: tuple[str, ...] | None = None, **kwargs: Any) -> None:
        """Makes a class of layers.

        Args:
            sets: what `build` sets, where all that it does follows from the input's shape and dtype and from
                what is set otherwise. Not inherited: a subclass may do anything.
            **kwargs: for classes beside.
        """
        super().__init_subclass__(**kwargs)
        cls._sets = None if sets is None else frozenset(sets) | {"input_spec"}
        cls._aside = _ASIDE.union(cls._sets or ())
        cls._parameters_of_call = frozenset(inspect.signature(cls.call).parameters)
        cls._default_name = to_snake_case(cls.__name__)

    def __init__(
        self,
        trainable: bool = True,
        name: Any = None,
        dtype: Any = None,
        *,
        activity_regularizer: Callable[..., Any] | None = None,
        _reuse: Any = None,
        _scope: Any = None,
    ) -> None:
        pass_ = passes.current()
        self.trainable = trainable
        self.activity_regularizer = activity_regularizer
        self.input_spec: Any = None
        self._reuse = _reuse
        self._dtype = None if dtype is None else as_dtype(dtype)
        self._given_scope = _scope or None
        if name and not isinstance(name, VariableScope):
            self._name = self._base_name = name
        else:
            base = self._default_name
            number = pass_.numbered[base] = pass_.numbered.get(base, 0) + 1
            self._name = f"{base}_{number}"
            self._base_name = name.name if name else base
        if self._given_scope is not None:
            self._begin(pass_)

    # The pass

    def _begin(self, pass_: Pass) -> _State:
        """Its state in a pass that it is new to."""
        state = _State()
        if self._given_scope is not None:
            with variable_scope(self._given_scope) as state.scope:
                pass
        pass_.states.setdefault(self._name, []).append((self, state))
        return state

    @property
    def _state(self) -> _State:
        pass_ = passes.current()
        return pass_.state_of(self._name, self) or self._begin(pass_)

    @property
    def _contributions(self) -> Contributions:
        return self._state

    def __getstate__(self) -> dict[str, Any]:
        # What was computed, as a variable may be that a getter gave, has a graph and is not copied.
        return {
            key: value
            for key, value in self.__dict__.items()
            if not (isinstance(value, Tensor) and value.grad_fn is not None)
        }

    @property
    def built(self) -> bool:
        """Whether `build` has run in this pass."""
        return self._state.built

    @built.setter
    def built(self, value: bool) -> None:
        self._state.built = value

    # What it is called, and what it has

    @property
    def name(self) -> str:
        """Its name, or one that is its own among the layers without a name, such as 'dense_1'."""
        return self._name  # type: ignore[no-any-return]

    @property
    def dtype(self) -> torch.dtype | None:
        """The dtype of its variables; None where it has had no input in this pass."""
        return self._state.dtype if self._dtype is None else self._dtype

    @property
    def scope_name(self) -> str:
        """The full name of its scope.

        Raises:
            ValueError: it was not called in this pass, and so has none.
        """
        scope = self._state.scope
        if scope is None:
            raise ValueError(
                f'No name available for layer scope because the layer "{self._name}" has not been '
                "used yet. The scope name is determined the first time the layer instance is "
                "called, in each pass. You must therefore call the layer before querying "
                "`scope_name`."
            )
        return scope.name

    @property
    def _scope_so_far(self) -> str:
        """The full name of its scope, for messages; '' before it has one."""
        if self._used_once:
            return get_variable_scope().name
        scope = self._state.scope
        return "" if scope is None else scope.name

    def _at(self, shape: Any) -> str:
        """Where something is wrong, for messages: the layer's scope and the shape of its input."""
        return (
            f"The layer's scope is '{self._scope_so_far}', its input has shape {shape_text(shape)}."
        )

    @property
    def trainable_weights(self) -> list[Any]:
        """Its variables that are trained, in this pass; not what a getter froze, or computed."""
        if not self.trainable:
            return []
        return [weight[0] for weight in self._state.weights if is_trained(weight)]

    @property
    def non_trainable_weights(self) -> list[Any]:
        """Its other variables, and what a getter computed."""
        weights = self._state.weights
        others = [weight[0] for weight in weights if not is_trained(weight)]
        return others if self.trainable else [w[0] for w in weights if is_trained(w)] + others

    @property
    def weights(self) -> list[Any]:
        """All its variables, those that are trained first."""
        return self.trainable_weights + self.non_trainable_weights

    @property
    def trainable_variables(self) -> list[Any]:
        """Another name of `trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Any]:
        """Another name of `non_trainable_weights`."""
        return self.non_trainable_weights

    @property
    def variables(self) -> list[Any]:
        """Another name of `weights`."""
        return self.weights

    # What it does

    def build(self, input_shape: Any) -> None:
        """Makes its variables, by `add_weight`.

        Args:
            input_shape: the shape of the input, a torch.Size, or a structure of shapes.
        """
        self.built = True

    # Any: what it gives is a subclass's to say.
    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Computes the output; further arguments of the layer's call are passed on."""
        return inputs

    def _opening(self, state: _State, scope: Any = None) -> variable_scope:
        """What opens its scope in this pass: for the first time, or again."""
        if state.scope is not None:
            reuse = True if state.built else self._reuse
            return variable_scope(state.scope, reuse=reuse, auxiliary_name_scope=False)
        if scope is None and not self._reuse:
            return variable_scope(None, default_name=self._base_name)
        return variable_scope(self._base_name if scope is None else scope, reuse=self._reuse)

    def _set_scope(self, state: _State, scope: Any = None) -> VariableScope:
        if state.scope is None:
            with self._opening(state, scope) as state.scope:
                pass
        return state.scope

    def _is_open(self, state: _State, scope: VariableScope) -> bool:
        """Whether the current scope is its own, and as it would be if it was entered again."""
        pass_ = passes.current()
        current = pass_.scope
        return (
            current._prefix == scope._prefix
            and current._settings is scope._settings
            and current._reuse is (state.built or self._reuse or scope._reuse)
            and pass_.where == _name_scope_of(scope)
        )

    def add_weight(
        self,
        name: str,
        shape: Any,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Callable[..., Any] | None = None,
        trainable: bool | None = None,
        constraint: Callable[..., Any] | None = None,
        use_resource: bool | None = None,
        synchronization: Any = None,
        aggregation: Any = None,
        partitioner: Callable[..., Any] | None = None,
    ) -> Variable:
        """Makes or finds a variable in the layer's scope, by `get_variable`.

        Arguments and errors are those of `get_variable`. What is left out is as there, but for the
        dtype, which is the layer's. An initializer and a regularizer may be named, as in TF1:
        'he_normal', 'l2'. The regularizer is of what the scope's custom getter gives.

        Raises:
            ValueError: `synchronization` is ON_READ and `trainable` is True; or as `get_variable`.
            TypeError: as `get_variable`.
        """
        initializer, regularizer = initializer_of(initializer), regularizer_of(regularizer)
        trainable = trainable_of(trainable, synchronization) and self.trainable
        state = self._state
        scope = self._set_scope(state)
        # Averages are not cut, whatever the scope says.
        uncut = synchronization is VariableSynchronization.ON_READ and scope.partitioner is not None
        how = {
            "dtype": as_dtype(dtype) if dtype is not None else self.dtype or torch.float32,
            "initializer": initializer,
            "trainable": trainable,
            "constraint": constraint,
            "use_resource": use_resource,
            "synchronization": synchronization,
            "aggregation": aggregation,
            "partitioner": partitioner,
        }
        if not uncut and self._is_open(state, scope):
            variable: Variable = got(get_variable, name, shape, regularizer, state.noted, **how)
        else:
            with self._opening(state) as opened:
                passes.current().where = _name_scope_of(opened)
                if uncut:
                    opened.set_partitioner(None)
                variable = got(get_variable, name, shape, regularizer, state.noted, **how)
        state.weights = with_weights(
            state.weights, variable, trainable=trainable, getter=scope.custom_getter
        )
        self._regularize(variable, regularizer)
        return variable

    add_variable = add_weight

    def apply(self: Computing[Output], inputs: Any, *args: Any, **kwargs: Any) -> Output:
        """Calls the layer."""
        return self(inputs, *args, **kwargs)  # type: ignore[operator, no-any-return]

    def __call__(self: Computing[Output], inputs: Any, *args: Any, **kwargs: Any) -> Output:
        """Calls the layer: builds it first where this pass has not.

        Args:
            inputs: a tensor, or a structure of tensors.
            *args: further arguments of `call`.
            **kwargs: the same. `scope` is the layer's scope, where it has none yet.

        Raises:
            ValueError: `call` returned None, or the input is not what the layer expects.
        """
        return self._run(self.call, inputs, args, kwargs)  # type: ignore[attr-defined, no-any-return]

    def _run(
        self, call: Callable[..., Any], inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Calls `call` as the layer's `call` is called: in its scope, and once it is built."""
        pass_ = passes.current()
        state = pass_.state_of(self._name, self) or self._begin(pass_)
        given = kwargs.pop("scope", None)
        before, built = refusals.point(pass_), state.built
        try:
            return self._run_in(pass_, given, state, call, inputs, args, kwargs)
        except Exception as error:
            if state.scope is not None:
                if not built:
                    refusals.take_back(pass_, before, state.scope.name)
                    state.built, state.weights = False, ()
                    state.computed = ()
                refusals.tell(error, state.scope.name, inputs)
            raise

    def _run_in(
        self,
        pass_: Pass,
        given: Any,
        state: _State,
        call: Callable[..., Any],
        inputs: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        if state.built:
            # It was told so, where it has no scope yet; and one that is new cannot be opened to reuse.
            self._set_scope(state, given)
        is_new = state.scope is None
        with self._opening(state, given) as scope:
            # That which was opened with it. It is left with the scope.
            pass_.where = _name_scope_of(scope)
            if is_new:
                state.scope = scope._as_it_is()
            if not isinstance(inputs, Tensor):
                inputs = map_structure(_tensor_of, inputs)
            if "scope" in self._parameters_of_call:
                kwargs["scope"] = scope
            if not (is_new and self._built_by_plan(pass_, state, inputs)):
                input_spec.check(self.input_spec, inputs, self._name, scope.name)
                if not state.built:
                    self._build(pass_, state, inputs, is_new=is_new)
            outputs = call(inputs, *args, **kwargs)
            if self.activity_regularizer is not None:
                for output in flatten(outputs):
                    self.add_loss(self.activity_regularizer(output) / output.shape[0], inputs)
        if outputs is None:
            raise ValueError(
                "A layer's `call` method should return a Tensor or a list of Tensors, not None "
                f"(layer: {self._name}). The layer's scope is '{scope.name}'."
            )
        if state.updates or self._moved:
            self._collect_updates()
        return outputs

    def _settings(self) -> dict[str, Any]:
        """What its variables depend on, beside its input and the name of its scope."""
        settings = self.__dict__.copy()
        for key in self._aside:
            settings.pop(key, None)
        return settings

    def _built_by_plan(self, pass_: Pass, state: _State, inputs: Any) -> bool:
        """Builds it as one like it was built, in its new scope; False where there is no plan for it."""
        if self._sets is None or state.noted is not None:
            return False
        plan = plans.find(pass_, type(self), self._settings(), inputs)
        if plan is None:
            return False
        if self.input_spec is not plan.state["input_spec"]:
            input_spec.check(self.input_spec, inputs, self._name, pass_.scope.name)
        if self._dtype is None:
            state.dtype = dtype_for(inputs)
        mine = self.__dict__
        # By what they are: something may have put one in the place of several.
        weights: dict[int, Weight] = {}
        for attribute, request in plan.requests:
            variable = mine[attribute] = get_variable(*request.arguments)
            for each in pieces_of(variable):
                weights.setdefault(id(each), (each, request.trainable))
            if request.regularizer is not None:
                self._regularize(variable, request.regularizer)
        mine.update(plan.state)
        state.weights, state.built = tuple(weights.values()), True
        return True

    def _build(self, pass_: Pass, state: _State, inputs: Any, *, is_new: bool) -> None:
        leaves = flatten(inputs)
        if leaves and not hasattr(leaves[0], "shape"):
            if leaves[0] is None:
                raise ValueError("None values not supported. A layer's input is a tensor.")
            raise TypeError(
                f"Inputs to a layer should be tensors. Got '{leaves[0]}' (of type "
                f"{type(leaves[0])}) as input for layer '{self._name}'."
            )
        if leaves and self._dtype is None:
            state.dtype = dtype_for(leaves[0])
        planned = is_new and self._sets is not None and state.noted is None
        if planned:
            given, state.noted = self._settings(), []
        self.build(map_structure(_shape_of, inputs) if is_nested(inputs) else inputs.shape)
        state.built = True
        if planned:
            plans.keep(pass_, self, given, inputs, state.noted or [], self._sets)
            state.noted = None


def _name_scope_of(scope: VariableScope) -> NameScope:
    opened = scope._name_scope
    return opened.removesuffix("/") if isinstance(opened, str) else opened


def _tensor_of(value: Any) -> Any:
    """A tensor of a number or a numpy array; all else as it is."""
    if not isinstance(value, Tensor) and (
        isinstance(value, int | float) or hasattr(value, "__array__")
    ):
        return convert_to_tensor(value)
    return value


def _shape_of(tensor: Any) -> Any:
    return tensor.shape
