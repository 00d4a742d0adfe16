"""What a recurrent cell is: a layer from an input and a state to an output and the next state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope import nn
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.scopes import VariableScope
from torchscope._core.requests.variable_scope import get_variable_scope, variable_scope
from torchscope._core.values.conversion import (
    as_dtype,
    as_shape,
    chooses_dtypes,
    convert_to_tensor,
    dtype_name,
    last_dimension,
)
from torchscope._core.values.partitioners import PartitionedVariable
from torchscope._core.values.structures import flatten, map_structure, pack, same_structure
from torchscope.layers.base import Computing, Layer
from torchscope.layers.base import Output as Computed
from torchscope.layers.input_spec import InputSpec
from torchscope.layers.weights import with_weights

Output = TypeVar("Output", covariant=True)
State = TypeVar("State", covariant=True)


class Cell(Protocol[Output, State]):
    """What a runner takes, which gives what the cell gives."""

    @property
    def state_size(self) -> Any:
        """The size of the state."""

    @property
    def output_size(self) -> Any:
        """The size of the output."""

    def __call__(self, inputs: Any, state: Any, /) -> tuple[Output, State]:
        """Computes the output and the next state."""


class _LSTMStateTuple(NamedTuple):
    c: Any
    h: Any


class LSTMStateTuple(_LSTMStateTuple):
    """The state of an LSTM: the memory `c` and the output `h` (tf.nn.rnn_cell.LSTMStateTuple).

    >>> LSTMStateTuple(torch.zeros(1, 2), torch.zeros(1, 2)).dtype
    torch.float32
    """

    __slots__ = ()

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of both.

        Raises:
            TypeError: they differ.
        """
        c, h = self
        if c.dtype != h.dtype:
            raise TypeError(f"Inconsistent dtypes for internal state: {c.dtype} vs {h.dtype}")
        dtype: torch.dtype = c.dtype
        return dtype


class RNNCell(Layer):
    """What cells derive from (tf.nn.rnn_cell.RNNCell).

    A cell of one's own says its `state_size` and `output_size`, and computes one step in
    ``call(inputs, state)``, which may ask for variables by get_variable:

    >>> import torch, torchscope as ts
    >>> class Sum(ts.rnn.RNNCell):
    ...     state_size = output_size = 3
    ...     def call(self, inputs, state):
    ...         state = state + inputs * ts.get_variable("w", [3], initializer=ts.ones_initializer())
    ...         return state, state
    >>> outputs, state = ts.rnn.dynamic_rnn(Sum(), torch.ones(1, 4, 3), dtype=torch.float32)
    >>> outputs[0, :, 0].tolist(), [v.name for v in ts.global_variables()]
    ([1.0, 2.0, 3.0, 4.0], ['rnn/sum/w:0'])

    Args:
        trainable: whether its variables may be trained.
        name: the name of its scope, made unique where it is first called.
        dtype: the dtype of its variables; by default that of its first input.
    """

    # Whether all steps may be run at once by `_over_time`, which knows only the class's own `call`.
    _at_once: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)

        def made_in(names: set[str]) -> int:
            return next(n for n, each in enumerate(cls.__mro__) if names & vars(each).keys())

        # A step of someone else's may come by a subclass, and by a class beside.
        step = made_in({"call", "__call__", "_call_wrapped_cell"})
        cls._at_once = made_in({"_over_time", "_unroll"}) <= step

    def __call__(self: Computing[Computed], inputs: Any, state: Any, scope: Any = None) -> Computed:
        """Computes one step.

        Args:
            inputs: (B, D), or a structure of tensors.
            state: (B, N), or a structure, as `state_size` is. numpy arrays will do.
            scope: a scope for the cell, by name or as a VariableScope, where it has none yet.

        Returns:
            The output and the next state.
        """
        given = (of_tensors(state, inputs),)
        return self._run(self.call, inputs, given, {"scope": scope})  # type: ignore[attr-defined, no-any-return]

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Computes one step, ``call(inputs, state)``, inside the cell's scope."""
        raise NotImplementedError("Abstract method")

    def _run(
        self, call: Callable[..., Any], inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Calls `call` as a layer does; what the first call in a pass gets becomes the cell's."""
        state = self._state
        if state.scope is not None:
            return super()._run(call, inputs, args, kwargs)
        given = kwargs.get("scope")
        around = get_variable_scope() if given is None else given
        outer = around if isinstance(around, VariableScope) else get_variable_scope()
        keeping = self._keeping(state, outer.custom_getter)
        # As TF1 does: so the name scope of what is around is opened in itself.
        with variable_scope(around, custom_getter=keeping) as scope:
            if given is not None:
                kwargs["scope"] = scope
            result = super()._run(call, inputs, args, kwargs)
        # Later calls find what this one got, and a getter would be in their way.
        self._set_scope(state).set_custom_getter(outer.custom_getter)
        return result

    def _keeping(self, state: Any, outer: Any) -> Callable[..., Any] | None:
        """A custom getter, inside another, that notes in the cell's state what is got."""

        def keep(getter: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            variable = getter(*args, **kwargs)
            trainable = kwargs.get("trainable") is not False
            state.weights = with_weights(state.weights, variable, trainable=trainable, getter=outer)
            return variable

        return keep

    def _over_time(self, inputs: Any, state: Any, past: Tensor | None) -> Any:
        """Computes all steps: see `over_time`."""
        return step_by_step(self, inputs, state, past)

    @property
    # Any: a number, a shape, or a structure of them.
    def state_size(self) -> Any:
        """The size of the state: a number, a shape, or a structure of them."""
        raise NotImplementedError("Abstract method")

    @property
    # Any: a number, a shape, or a structure of them.
    def output_size(self) -> Any:
        """The size of the output: a number, a shape, or a structure of them."""
        raise NotImplementedError("Abstract method")

    # Any: a structure as `state_size` is.
    def zero_state(self, batch_size: int, dtype: Any) -> Any:
        """A state of zeros, on the device where variables are made.

        >>> import torch, torchscope as ts
        >>> ts.rnn.BasicLSTMCell(3).zero_state(2, torch.float32).c.shape
        torch.Size([2, 3])

        Args:
            batch_size: the number of rows.
            dtype: the dtype.
        """
        # The symbol of a recording stands for all batches.
        batch = batch_size if isinstance(batch_size, torch.SymInt) else int(batch_size)
        return zeros(self.state_size, batch, as_dtype(dtype))

    # Any: a structure as `state_size` is.
    def get_initial_state(
        self, inputs: Tensor | None = None, batch_size: int | None = None, dtype: Any = None
    ) -> Any:
        """A state of zeros for a batch of inputs, (B, ...), or of a given size and dtype.

        Raises:
            ValueError: the size or the dtype is missing, or not that of `inputs`.
        """
        if inputs is not None:
            if batch_size is not None and inputs.shape[0] != batch_size:
                raise ValueError(
                    "batch size from input tensor is different from the input param. Input tensor "
                    f"batch: {inputs.shape[0]}, batch_size: {batch_size}"
                )
            if dtype is not None and inputs.dtype != as_dtype(dtype):
                raise ValueError(
                    "dtype from input tensor is different from the input param. Input tensor "
                    f"dtype: {inputs.dtype}, dtype: {dtype}"
                )
            batch_size, dtype = inputs.shape[0], inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError(
                "batch_size and dtype cannot be None while constructing initial state: "
                f"batch_size={batch_size}, dtype={dtype}"
            )
        return self.zero_state(batch_size, dtype)


class LayerRNNCell(RNNCell):
    """A cell that makes its variables in `build`, as layers do; what TF1's own cells derive from.

    Args:
        trainable: whether its variables may be trained.
        name: the name of its scope, made unique where it is first called.
        dtype: the dtype of its variables; by default that of its first input.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        _check_floating(self._dtype, "")
        self.input_spec: Any = InputSpec(ndim=2)

    def __call__(
        self: Computing[Computed],
        inputs: Any,
        state: Any,
        scope: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Computed:
        """Computes one step; further arguments are passed to `call`."""
        given = (of_tensors(state, inputs), *args)
        return self._run(self.call, inputs, given, {"scope": scope, **kwargs})  # type: ignore[attr-defined, no-any-return]

    # Its variables are those of `build`.
    _run = Layer._run

    def _depth_at_first(self, input_shape: Any) -> int:
        """The depth of the inputs, with which the cell is built.

        Raises:
            ValueError: it is not known, or the cell's dtype is not a floating one.
        """
        depth = last_dimension(input_shape)
        if depth is None:
            raise ValueError(
                f"Expected inputs.shape[-1] to be known, received shape: {as_shape(input_shape)}. "
                f"{_called(self).capitalize()} makes its kernel for one depth."
            )
        _check_floating(self.dtype, self._scope_so_far)
        return depth

    def _over_time(self, inputs: Any, state: Any, past: Tensor | None) -> Any:
        def run(first: Tensor, state: Any) -> Any:
            outputs, new_state = self._unroll(inputs, past, first, state)
            check_next(self, state, new_state)
            return outputs, new_state

        # To be checked and built, it is shown a step.
        return self._run(run, first_of(inputs), (state,), {})

    def _unroll(self, inputs: Tensor, past: Tensor | None, first: Tensor, state: Any) -> Any:
        """Computes all steps, inside the cell's scope and with its variables made.

        Args:
            inputs: (T, B, D).
            past: as in `over_time`.
            first: the first step's inputs.
            state: the state at first.
        """
        raise NotImplementedError

    def _check(self, inputs: Tensor, previous: Tensor, kernel: Any) -> None:
        """Refuses what cannot be joined, (B, D) with (B, N), and multiplied by the kernel."""
        scope = self._scope_so_far
        _check_floating(inputs.dtype, scope)
        if inputs.dtype != previous.dtype and not chooses_dtypes(inputs.device):
            raise TypeError(
                "Tensors in list passed to 'values' of 'ConcatV2' Op have types "
                f"[{dtype_name(inputs.dtype)}, {dtype_name(previous.dtype)}] that don't all match. "
                f"They are the inputs and the state of the cell in the scope '{scope}': give "
                "dynamic_rnn the dtype of its inputs, or convert one of them."
            )
        rows, batch = kernel.shape[0], inputs.shape[0]
        told = (
            f"The cell in the scope '{scope}' was given inputs of shape {tuple(inputs.shape)} and "
            f"a state of shape {tuple(previous.shape)}"
        )
        if previous.ndim != 2 or previous.shape[0] != batch:
            raise ValueError(
                f"Dimension 0 in both shapes must be equal, but are {batch} and "
                f"{previous.shape[0] if previous.ndim else ()}. {told}; both begin with the batch."
            )
        joined = inputs.shape[1] + previous.shape[1]
        if joined != rows:
            raise ValueError(
                f"Dimensions must be equal, but are {joined} and {rows}. {told}; its kernel has "
                f"shape {tuple(kernel.shape)}, one row for each number of both."
            )


def of_tensors(state: Any, inputs: Any) -> Any:
    """A state with tensors for numpy arrays: floats get the dtype of the inputs, as TF1's operations do it."""
    if not any(
        hasattr(leaf, "__array__") and not isinstance(leaf, Tensor) for leaf in flatten(state)
    ):
        return state
    like = convert_to_tensor(flatten(inputs)[0])

    def of(leaf: Any) -> Any:
        if isinstance(leaf, Tensor) or not hasattr(leaf, "__array__"):
            return leaf
        tensor = convert_to_tensor(leaf).to(like.device)
        return tensor.to(like.dtype) if tensor.is_floating_point() else tensor

    return map_structure(of, state)


def one_tensor(cell: Any, state: Any) -> Tensor:
    """The state of a cell that has one.

    Raises:
        ValueError: it is a structure.
    """
    if not isinstance(state, Tensor):
        raise ValueError(
            f"Shape must be rank 2: the state of {_called(cell)} is one tensor "
            f"(B, {cell.state_size}), and not {_named(state)}."
        )
    return state


def two_tensors(cell: Any, state: Any) -> LSTMStateTuple:
    """The state of an LSTM, of which a plain tuple or list will do.

    Raises:
        ValueError: there are more or fewer than two, or they are no tensors.
        TypeError: it is one tensor, or a dict.
    """
    told = (
        f"The state of {_called(cell)} is to be like {_named(cell.state_size)}, and is "
        f"{_named(state)}. Begin with cell.zero_state(batch_size, dtype), or build the tuple from "
        "LSTMStateTuple(c, h)."
    )
    if not isinstance(state, tuple | list) or isinstance(state, torch.Size):
        raise TypeError(f"The two structures don't have the same nested structure. {told}")
    if len(state) != 2:
        wrong = "too many values" if len(state) > 2 else "not enough values"
        got = "" if len(state) > 2 else f", got {len(state)}"
        raise ValueError(f"{wrong} to unpack (expected 2{got}). {told}")
    if not all(isinstance(each, Tensor) for each in state):
        raise ValueError(f"Shape must be rank 2 but is not. {told}")
    return LSTMStateTuple(*state)


def check_next(cell: Any, state: Any, new_state: Any) -> None:
    """Refuses a next state that cannot go where the last one was.

    Raises:
        TypeError: it has another structure.
        ValueError: it has other shapes.
    """
    if not same_structure(state, new_state):
        raise TypeError(
            "The two structures don't have the same nested structure. The state that "
            f"{_called(cell)} was given is {_named(state)}, and the next one is "
            f"{_named(new_state)}. Begin with cell.zero_state(batch_size, dtype)."
        )
    for old, new in zip(flatten(state), flatten(new_state), strict=True):
        if old.shape != new.shape:
            raise ValueError(
                f"Input tensor enters the loop with shape {tuple(old.shape)}, but has shape "
                f"{tuple(new.shape)} after one iteration. It is a state of {_called(cell)}."
            )


def _called(cell: Any) -> str:
    """A cell, for messages."""
    scope = getattr(cell, "_scope_so_far", "")
    return f"the {type(cell).__name__}" + (f" in the scope '{scope}'" if scope else "")


def _named(structure: Any) -> str:
    """A structure with shapes for tensors."""
    shown = map_structure(
        lambda leaf: tuple(leaf.shape) if hasattr(leaf, "shape") else leaf, structure
    )
    return repr(shown)


def _check_floating(dtype: torch.dtype | None, scope: str) -> None:
    if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
        where = f" The cell's scope is '{scope}'." if scope else ""
        raise ValueError(
            "RNN cell only supports floating point inputs, but received dtype: "
            f"<dtype: '{dtype_name(dtype)}'>.{where} Convert it: inputs.to(torch.float32)."
        )


def zeros(size: Any, batch_size: int, dtype: torch.dtype) -> Any:
    """Zeros of the given sizes, with the batch before each, where variables are made."""
    device = passes.current().store.anchor.device

    def make(leaf: Any) -> Tensor:
        shape = (leaf,) if isinstance(leaf, int) else tuple(leaf)
        return torch.zeros(batch_size, *shape, dtype=dtype, device=device)

    return map_structure(make, size)


_ACTIVATIONS = {
    "elu": F.elu,
    "hard_sigmoid": lambda x: (0.2 * x + 0.5).clamp(0, 1),
    "linear": lambda x: x,
    "relu": F.relu,
    "selu": F.selu,
    "sigmoid": torch.sigmoid,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "swish": F.silu,
    "tanh": torch.tanh,
}


def activation_of(given: Callable[..., Any] | str | None) -> Callable[..., Any]:
    """The function that is meant by an activation: itself, one of that name, or tanh.

    Raises:
        ValueError: there is no function of that name.
        TypeError: it is neither a function nor a name.
    """
    if not given:
        return torch.tanh
    if isinstance(given, str):
        if given not in _ACTIVATIONS:
            raise ValueError(
                f"Unknown activation function: '{given}'. The names are: "
                f"{', '.join(_ACTIVATIONS)}. Or give the function itself."
            )
        return _ACTIVATIONS[given]
    if not callable(given):
        raise TypeError(
            f"Could not interpret activation function identifier: {given!r}. Give a function, or "
            f"one of the names {', '.join(_ACTIVATIONS)}."
        )
    return given


def is_tanh(activation: Callable[..., Any]) -> bool:
    """Whether an activation is tanh, under any of its names."""
    return activation in (torch.tanh, torch.Tensor.tanh, F.tanh, nn.tanh)


def whole(variable: Any) -> Tensor:
    """A variable as one tensor, where a partitioner cut it."""
    tensor: Tensor = variable.as_tensor() if isinstance(variable, PartitionedVariable) else variable
    return tensor


def over_time(cell: Any, inputs: Any, state: Any, past: Tensor | None) -> Any:
    """Runs a cell over all steps, inside the current scope.

    Args:
        cell: the cell.
        inputs: (T, B, D), or a structure of such; at least one step.
        state: the state at first.
        past: (T, B), True where a sequence has ended; or None.

    Returns:
        The outputs, (T, B, N), which mean nothing where `past`; and for each sequence the state
        after its last step.
    """
    if isinstance(cell, RNNCell) and cell._at_once and "call" not in vars(cell):
        return cell._over_time(inputs, state, past)
    return step_by_step(cell, inputs, state, past)


def step_by_step(cell: Any, inputs: Any, state: Any, past: Tensor | None) -> Any:
    """`over_time`, by calling the cell once for each step."""
    scope = get_variable_scope()
    outputs = []
    for time, at in enumerate(steps_of(inputs)):
        output, new_state = call_step(cell, at, state, scope, reuse=time > 0)
        check_next(cell, state, new_state)
        if past is not None:
            new_state = hold(past[time], state, new_state, first=time == 0)
        state = new_state
        outputs.append(output)
    return map_structure(lambda *steps: torch.stack(steps), outputs[0], *outputs[1:]), state


def call_step(cell: Any, inputs: Any, state: Any, scope: VariableScope, *, reuse: bool) -> Any:
    """One step: what TF1 builds once and runs in a loop. So each step gets the same names."""
    with variable_scope(scope, reuse=reuse or None, auxiliary_name_scope=False):
        output, new_state = cell(inputs, state)
    return output, new_state


def hold(ended: Tensor, old: Any, new: Any, *, first: bool = False) -> Any:
    """The new state, or the old one where a sequence has ended, (B,).

    A number goes on until all have ended. Where this is the first step of a loop it goes on in any
    case: TF1's loop takes one step at least.
    """

    def one(old: Tensor, new: Tensor) -> Tensor:
        if new.ndim:
            return torch.where(ended.reshape(-1, *(1,) * (new.ndim - 1)), old, new)
        return new if first else torch.where(ended.all(), old, new)

    return map_structure(one, old, new)


def first_of(inputs: Any) -> Any:
    """The first step of inputs, (T, B, ...)."""
    return map_structure(lambda each: each[0], inputs)


def steps_of(inputs: Any) -> Iterator[Any]:
    """Each step of inputs, (T, B, ...), taken apart at once: so the gradient is put together once."""
    for leaves in zip(*(each.unbind() for each in flatten(inputs)), strict=True):
        yield pack(inputs, leaves)
