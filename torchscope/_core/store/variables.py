"""Variables: tensors that know TF1's name of themselves, and `tf.Variable`, which makes them."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor

from torchscope._core import current
from torchscope._core.operations.devices import on_device_of
from torchscope._core.operations.operation import Operation
from torchscope._core.pytorch import fakes
from torchscope._core.pytorch.compiler import uncompiled
from torchscope._core.store.in_place_operators import Operators
from torchscope._core.store.records import Record
from torchscope._core.store.row_updates import RowUpdates
from torchscope._core.store.saved_tensors import before_assignment
from torchscope._core.values.conversion import convert_to_tensor, dtype_name, shape_text
from torchscope._core.values.replicas import VariableAggregation, VariableSynchronization
from torchscope._core.values.static_shapes import TensorShape

_NEW_PARAMETER = nn.Parameter.__new__.__code__

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

    class _Base(Tensor):
        """What every variable is: a parameter, or a tensor among the buffers."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            """What it is called with, `__new__` says."""

else:
    _Base = object


class Variable(Operators, RowUpdates, _Base):
    """Makes a variable of its own, or finds the one that an earlier pass made here (tf.Variable).

    It never shares within a pass: a name that is in use is made unique. Name scopes count.

    >>> import torchscope as ts
    >>> with ts.variable_scope("conv1"):
    ...     a, b = ts.Variable([1.0, 2.0], name="a"), ts.Variable(0, name="a")
    >>> a.name, b.op.name, b.dtype
    ('conv1/a:0', 'conv1/a_1', torch.int32)

    Every variable of torchscope is an instance of it, those of `get_variable` too. It is also an
    `nn.Parameter`, or a buffer where it is an integer or a local variable.

    Args:
        initial_value: a value of any shape, or a function without arguments that gives one.
        trainable: whether an optimizer is to train it; True unless it is a local variable or of a
            dtype that has no gradient.
        collections: the keys of the collections to join, [GLOBAL_VARIABLES] by default.
        validate_shape: accepted for TF1 code; it has no effect.
        caching_device: accepted for TF1 code; it has no effect.
        name: its name, 'Variable' by default.
        variable_def: accepted for TF1 code; it has no effect.
        dtype: the dtype to convert `initial_value` to.
        expected_shape: accepted for TF1 code; it has no effect.
        import_scope: accepted for TF1 code; it has no effect.
        constraint: maps a value to an allowed one; see `ScopedParameterRegistry.apply_constraints_`.
        use_resource: accepted for TF1 code; it has no effect.
        synchronization: ON_READ makes a buffer of it; see `VariableSynchronization`.
        aggregation: accepted for TF1 code; it has no effect.
        shape: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there is no initial value, the name is invalid, or `collections` is no list.
    """

    __slots__ = ()

    # Of instances only; set when the variable is made or adopted.
    _ts_record: Record

    @uncompiled
    def __new__(  # noqa: PYI034 - what is made is of a class below, not of this one
        cls,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Callable[..., Any] | None = None,
        use_resource: bool | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
    ) -> Variable:
        """Makes the variable through the open variable_creator_scopes."""
        made: Variable = current.current().make_variable(
            initial_value=initial_value,
            trainable=trainable,
            collections=collections,
            validate_shape=validate_shape,
            caching_device=caching_device,
            name=name,
            variable_def=variable_def,
            dtype=dtype,
            expected_shape=expected_shape,
            import_scope=import_scope,
            constraint=constraint,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
            shape=shape,
        )
        return made

    if not TYPE_CHECKING:

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            """Nothing is left to do: __new__ gave a tensor that the registry holds."""

    @property
    def name(self) -> str:
        """TF1's name of the variable's tensor, such as 'conv1/weights:0'."""
        return f"{self._ts_record.name}:0"

    @property
    def op(self) -> Operation:
        """Something whose `name` is the variable's name in a checkpoint: 'conv1/weights'."""
        return Operation(self._ts_record.name, type="VariableV2")

    @property
    def trainable(self) -> bool:
        """Whether gradients reach it; the same as requires_grad."""
        return self._tensor.requires_grad

    @property
    def constraint(self) -> Callable[..., Any] | None:
        """The constraint that it was made with."""
        return self._ts_record.constraint

    @property
    def _tensor(self) -> Tensor:
        return cast("Tensor", self)

    def assign(
        self, value: Any, use_locking: Any = None, name: Any = None, read_value: Any = None
    ) -> Variable:
        """Sets the value in place, outside of autograd, and returns the variable (v.assign).

        What the pass has computed with the value before keeps it: gradients are those of that value.

        >>> import torchscope as ts
        >>> ts.Variable([1.0, 2.0]).assign([3.0, 4.0]).tolist()
        [3.0, 4.0]

        Raises:
            ValueError: the shapes differ.
            RuntimeError: it is trained, and `ts.recompute` is to compute with the old value again.
        """
        self._write(Tensor.copy_, value)
        return self

    def assign_add(
        self, delta: Any, use_locking: Any = None, name: Any = None, read_value: Any = None
    ) -> Variable:
        """Adds to the value in place, outside of autograd, and returns the variable."""
        self._write(Tensor.add_, delta)
        return self

    def assign_sub(
        self, delta: Any, use_locking: Any = None, name: Any = None, read_value: Any = None
    ) -> Variable:
        """Subtracts from the value in place, outside of autograd, and returns the variable."""
        self._write(Tensor.sub_, delta)
        return self

    def _write(self, write: Callable[[Tensor, Tensor], Tensor], value: Any) -> None:
        like = self._like(value)
        self._change(lambda tensor: write(tensor, like))

    def _change(self, change: Callable[[Tensor], Any]) -> None:
        """Has the value changed in place, outside of autograd; what was read stays what it was."""
        before_assignment(self._tensor, self._ts_record)
        with torch.no_grad():
            change(self._tensor)

    def _like(self, value: Any) -> Tensor:
        tensor = self._tensor
        if not isinstance(value, Tensor):
            value = convert_to_tensor(value, tensor.dtype)
        if value.shape != tensor.shape:
            raise ValueError(
                f"Dimensions of {self.name} and of what is assigned to it must be equal, but are "
                f"{shape_text(tensor.shape)} and {shape_text(value.shape)}."
            )
        like: Tensor = value.to(tensor.device)
        return like

    def initialized_value(self) -> Tensor:
        """A copy of the value, to initialise another variable with: here all are initialised."""
        return self._tensor.detach().clone()

    @property
    def initial_value(self) -> Tensor | None:
        """The first value, made anew; None for a parameter of the module's own.

        >>> import torchscope as ts
        >>> ts.Variable([1.0, 2.0]).assign([3.0, 4.0]).initial_value.tolist()
        [1.0, 2.0]
        """
        initial = self._ts_record.initial
        if initial is None:
            return None
        with on_device_of(self._tensor):
            return initial.value(self._ts_record.requested)

    @property
    def initializer(self) -> Callable[[], None]:
        """A function that gives it its first value again.

        >>> import torchscope as ts
        >>> v = ts.Variable([1.0, 2.0]).assign([3.0, 4.0])
        >>> v.initializer()
        >>> v.tolist()
        [1.0, 2.0]
        """

        def initialize() -> None:
            self.assign(self.initial_value)

        return initialize

    def get_shape(self) -> TensorShape:
        """The shape as TF1 code asks for it; `shape` is PyTorch's.

        >>> import torchscope as ts
        >>> ts.get_variable("w", [2, 3]).get_shape().as_list()
        [2, 3]
        """
        return TensorShape(self._tensor.shape)

    def set_shape(self, shape: Any) -> None:
        """Says again which shape it has.

        Raises:
            ValueError: it has another.
        """
        mine, said = self.get_shape(), TensorShape(shape)
        if not mine.is_compatible_with(said):
            raise ValueError(
                f"Shapes {mine} and {said} are not compatible: {self.name} has the first."
            )

    def eval(self, session: Any = None) -> NDArray[Any]:
        """A numpy array with a copy of the value.

        >>> import torchscope as ts
        >>> ts.Variable([1.0, 2.0]).eval()
        array([1., 2.], dtype=float32)

        Args:
            session: accepted for TF1 code; it has no effect.
        """
        return self._tensor.detach().cpu().clone().as_subclass(Tensor).numpy()

    def load(self, value: Any, session: Any = None) -> None:
        """Sets the value: `assign`, which gives nothing back.

        Args:
            value: the value.
            session: accepted for TF1 code; it has no effect.

        Raises:
            ValueError: the shapes differ.
        """
        self.assign(value)

    def detach(self) -> Tensor:
        """A plain tensor of the same memory, outside of autograd."""
        detached = torch.Tensor.detach(self._tensor)
        if sys._getframe(1).f_code is not _NEW_PARAMETER:
            return detached
        # nn.Parameter(v), as weight_norm writes it, takes a subclass only if detach() keeps it.
        kept: Tensor = _rebuild(type(self), detached, requires_grad=False, state=self.__dict__)
        return kept

    def value(self) -> Variable:
        """The variable itself, which is a tensor here."""
        return self

    def read_value(self) -> Tensor:
        """A tensor with the present value, through which gradients flow."""
        return self._tensor.clone()

    def __repr__(self) -> str:  # type: ignore[override]
        tensor = self._tensor
        values = repr(tensor.detach().as_subclass(Tensor))
        trainable = "" if tensor.requires_grad else " trainable=False"
        return (
            f"<tf.Variable '{self.name}' shape={shape_text(tensor.shape)} "
            f"dtype={dtype_name(tensor.dtype)}{trainable}>\n{values}"
        )

    def __format__(self, spec: str) -> str:
        """A single number as that number, as a tensor's is: what a session fetched was one."""
        tensor = self._tensor
        if tensor.ndim or tensor.is_meta or fakes.are_used():
            return object.__format__(self, spec)
        return format(tensor.item(), spec)

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        known: Variable | None = memo.get(id(self))
        if known is not None:
            return known
        tensor = self._tensor
        data = tensor.detach().clone(memory_format=torch.preserve_format).as_subclass(Tensor)
        twin: Variable = _rebuild(type(self), data, tensor.requires_grad, {})
        memo[id(self)] = twin
        if tensor.grad is not None:
            twin.grad = tensor.grad.clone(memory_format=torch.preserve_format)
        twin.__dict__.update(copy.deepcopy(self._state, memo))
        return twin

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        tensor = self._tensor
        data = tensor.detach().as_subclass(Tensor)
        return _rebuild, (type(self), data, tensor.requires_grad, self._state)

    @property
    def _state(self) -> dict[str, Any]:
        # What a copy takes with it. It is of another memory, and so will have another alias.
        return {k: v for k, v in self.__dict__.items() if k != Plain.attribute}


class ParameterVariable(Variable, nn.Parameter):
    """A variable that lives among a module's parameters."""

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Self:
        """As nn.Parameter: code that rebuilds a parameter by its type must get one."""
        data = torch.empty(0) if data is None else data
        return torch.Tensor._make_subclass(cls, data, requires_grad)


class Plain:
    """An attribute of a buffer's variable: a plain tensor of the same memory.

    AOTAutograd takes no tensors of a class of its own but parameters. So a compiled graph reads and
    writes this one. The compiler knows nothing of descriptors: it reads the attribute anew on every call, and finds the same object
    for as long as the variable has the same memory.
    """

    attribute = "_ts_alias"

    def __get__(self, variable: Any, cls: type) -> Any:
        """The plain tensor."""
        plain = variable.__dict__.get(self.attribute)
        if plain is None or not (variable.is_meta or plain.is_set_to(variable)):
            plain = torch.Tensor._make_subclass(Tensor, variable, False)
            variable.__dict__[self.attribute] = plain
        return plain


class BufferVariable(Variable, Tensor):
    """A variable that lives among a module's buffers."""

    # As nn.Parameter does: what is computed from a variable is an ordinary tensor.
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    def __new__(cls, data: Tensor, requires_grad: bool = False) -> Self:
        """Rebuilds a buffer by its type."""
        return torch.Tensor._make_subclass(cls, data, requires_grad)

    _ts_plain = Plain()


def _rebuild(cls: type, data: Tensor, requires_grad: bool, state: dict[str, Any]) -> Any:
    variable: Any = torch.Tensor._make_subclass(cls, data, requires_grad)
    variable.__dict__.update(state)
    return variable


def adopt(parameter: nn.Parameter, record: Record) -> Tensor:
    """Makes a plain parameter a variable where it stands, so that an optimizer's reference holds."""
    parameter.__class__ = ParameterVariable
    parameter._ts_record = record  # type: ignore[attr-defined]
    return parameter


def alias(buffer: Tensor, record: Record) -> Tensor:
    """A variable of the same memory as a plain buffer, which itself may be someone else's."""
    variable: Any = torch.Tensor._make_subclass(BufferVariable, buffer, False)
    variable._ts_record = record
    return variable  # type: ignore[no-any-return]


class FakeVariable(Variable, FakeTensor):
    """What stands for a variable while its net is captured: a shape without values, with a name."""


def name_fake(fake: FakeTensor, record: Record) -> Tensor:
    """Makes the fake tensor that a capture has put in a variable's place answer as a variable."""
    fake.__class__ = FakeVariable
    fake._ts_record = record  # type: ignore[attr-defined]
    return fake


def stand_in(tensor: Tensor, record: Record) -> Tensor:
    """A variable that stands for someone else's tensor, to which its gradients go.

    It may be what torch.func's transforms have wrapped.
    """
    variable: Any = tensor.as_subclass(BufferVariable)
    variable._ts_record = record
    return variable  # type: ignore[no-any-return]


def plain(tensor: Any) -> None:
    """Makes a variable a plain parameter or buffer again, where it stands."""
    del tensor._ts_record
    tensor.__dict__.pop(Plain.attribute, None)
    tensor.__class__ = nn.Parameter if isinstance(tensor, nn.Parameter) else Tensor
