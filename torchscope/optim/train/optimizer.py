"""tf.train.Optimizer: what a model function trains with, and what optimizers of its own inherit from."""

from __future__ import annotations

import copy
import functools
import sys
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from torchscope._core.functions.collections import add_to_collection, trainable_variables
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.operations.operation import Operation, group, run_all
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.indexed_slices import IndexedSlices
from torchscope._core.passes import one_pass as passes
from torchscope._core.pytorch import sharding
from torchscope._core.requests.may_make import running_modules
from torchscope._core.running.recomputation import again
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.saved_tensors import before_assignment
from torchscope._core.store.variables import Variable
from torchscope._core.values.conversion import dtype_name, shape_text
from torchscope._core.values.structures import flatten
from torchscope.optim.train import slot_creator
from torchscope.optim.train.backward import Backward
from torchscope.optim.train.deferred_apply import put_off

Gradients = list[Any]
Pairs = Sequence[tuple[Any, Any]]


class Optimizer:
    """Gives operations that move variables down a gradient (tf.train.Optimizer).

    What it gives moves nothing before it is run, by ``train_op.run()`` after the pass for example. What an
    optimizer keeps of each variable is a variable beside it, under TF1's name, not trained, which the first
    pass makes.

    Optimizers of your own inherit from this class as in TF1: `_create_slots` makes what is kept, `_apply_dense`
    moves one variable, and may assign at once, since it runs when the operation does.

    >>> import torch, torchscope as ts
    >>> from torchscope import tf1 as tf
    >>> class Signs(tf.train.Optimizer):
    ...     def __init__(self):
    ...         super().__init__(False, "Signs")
    ...     def _apply_dense(self, grad, var):
    ...         return var.assign_sub(0.5 * torch.sign(grad))
    >>> def model(x):
    ...     loss = tf.square(ts.get_variable("w", initializer=2.0) * x)
    ...     return loss, Signs().minimize(loss)
    >>> net = ts.ScopedModule(model)
    >>> _, train_op = net(torch.tensor(3.0))
    >>> w = net.registry.variables["w"]
    >>> w.item(), train_op.run(), w.item()
    (2.0, None, 1.5)

    Args:
        use_locking: accepted for TF1 code; it has no effect.
        name: what the slots are called after.

    Raises:
        ValueError: there is no name.
    """

    GATE_NONE, GATE_OP, GATE_GRAPH = 0, 1, 2

    def __init__(self, use_locking: Any, name: str) -> None:
        if not name:
            raise ValueError("Must specify the optimizer name: it is in the names of the slots.")
        self._use_locking = use_locking
        self._name = name
        # Of the pass that it was used in last.
        self._slots: dict[str, dict[str, Any]] = {}
        self._non_slot_dict: dict[str, Any] = {}
        self._used_in: weakref.ref[passes.Pass] | None = None
        self._runs = False

    def __init_subclass__(cls, *, assigns: bool = True, **kwargs: Any) -> None:
        """Puts off an apply_gradients of the class's own, unless it says that it assigns nothing."""
        super().__init_subclass__(**kwargs)
        if assigns and "apply_gradients" in vars(cls):
            setattr(cls, "apply_gradients", put_off(vars(cls)["apply_gradients"]))  # noqa: B010

    def get_name(self) -> str:
        """The name that it was given."""
        return self._name

    def minimize(
        self,
        loss: Any,
        global_step: Variable | None = None,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Operation:
        """An operation that computes gradients and moves the variables when it is run.

        Args:
            loss: what is made smaller: a tensor, the sum of it where it has several elements, as in TF1; or a
                function without arguments that gives one.
            global_step: a variable that the operation adds 1 to.
            var_list: the variables to move, in any nesting; those that are trained by default.
            gate_gradients: one of GATE_NONE, GATE_OP, GATE_GRAPH; it has no effect.
            aggregation_method: accepted for TF1 code; it has no effect.
            colocate_gradients_with_ops: accepted for TF1 code; it has no effect.
            name: the operation's name.
            grad_loss: by what the loss is multiplied.

        Raises:
            ValueError: there are no variables, or no path leads from the loss to any of them.
            TypeError: something in the list is no variable.
            RuntimeError: when it is run: the loss was computed where gradients are off.
        """
        cls = type(self)
        ours = (
            cls.compute_gradients is Optimizer.compute_gradients
            and cls.apply_gradients is Optimizer.apply_gradients
        )
        if not ours:
            pairs = self.compute_gradients(
                loss,
                var_list=var_list,
                gate_gradients=gate_gradients,
                aggregation_method=aggregation_method,
                colocate_gradients_with_ops=colocate_gradients_with_ops,
                grad_loss=grad_loss,
            )
            moved: list[Any] = [variable for gradient, variable in pairs if gradient is not None]
            if not moved:
                raise _no_gradients([variable for _, variable in pairs], loss)
            return self.apply_gradients(pairs, global_step=global_step, name=name)
        loss, variables = self._to_train(loss, var_list, gate_gradients, grad_loss)
        backward = Backward(loss, variables, grad_loss)
        moved = backward.reached()
        if not torch.is_grad_enabled():
            moved = self._moved_before(moved)
        if not moved:
            raise _no_gradients(variables, loss)
        return self._applying(
            moved, functools.partial(backward.gradients, moved), global_step, name
        )

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """Pairs of a gradient and its variable; None where no path leads from the loss to it.

        The gradients are computed at once: `minimize` waits until its operation is run. They cannot be
        differentiated again: those of tf.gradients can.

        Args:
            loss: as in `minimize`.
            var_list: as in `minimize`.
            gate_gradients: as in `minimize`.
            aggregation_method: as in `minimize`.
            colocate_gradients_with_ops: as in `minimize`.
            grad_loss: as in `minimize`.

        Raises:
            ValueError: there are no variables.
            TypeError: something in the list is no variable.
            RuntimeError: the loss was computed where gradients are off.
        """
        loss, variables = self._to_train(loss, var_list, gate_gradients, grad_loss)
        backward = Backward(loss, variables, grad_loss)
        asked = [variable for variable in variables if variable.requires_grad]
        if not torch.is_grad_enabled() or not loss.requires_grad:
            asked = []
        found = (
            {id(v): g for v, g in zip(asked, backward.gradients(asked), strict=True)}
            if asked
            else {}
        )
        return [(found.get(id(variable)), variable) for variable in variables]

    def apply_gradients(
        self,
        grads_and_vars: Iterable[Any],
        global_step: Variable | None = None,
        name: str | None = None,
    ) -> Operation:
        """An operation that moves variables by gradients that are given.

        Args:
            grads_and_vars: pairs of a gradient and its variable, as of `compute_gradients`. None leaves its
                variable as it is.
            global_step: a variable that the operation adds 1 to.
            name: the operation's name.

        Raises:
            ValueError: there are no pairs, no gradient, or one of another shape than its variable.
            TypeError: something else than pairs, gradients and variables is there.
        """
        pairs = []
        for each in tuple(grads_and_vars):
            gradient, variable = each
            _check_variable(variable)
            if gradient is not None:
                gradient = _gradient_of(gradient, variable)
            pairs.append((gradient, variable))
        if not pairs:
            raise ValueError(
                "No variables provided. apply_gradients takes pairs of a gradient and its variable."
            )
        moved = [variable for gradient, variable in pairs if gradient is not None]
        if not moved:
            raise ValueError(
                f"No gradients provided for any variable: {[v.op.name for _, v in pairs]}. The loss that "
                "was differentiated depends on none of them."
            )
        gradients: Gradients = [gradient for gradient, _ in pairs if gradient is not None]
        return self._applying(moved, lambda: gradients, global_step, name)

    def get_slot(self, var: Any, name: str) -> Variable | None:
        """What is kept of a variable under that name; None where there is none.

        Args:
            var: the variable.
            name: one of `get_slot_names`.
        """
        return self._slots.get(name, {}).get(var.op.name)

    def get_slot_names(self) -> list[str]:
        """What is kept of each variable."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """All variables that it keeps, by their names."""
        kept = [
            *self._non_slot_dict.values(),
            *(v for of in self._slots.values() for v in of.values()),
        ]
        return sorted(kept, key=lambda variable: variable.name)

    # What optimizers of people's own say.

    def _create_slots(self, var_list: list[Any]) -> None:
        """Makes what is kept of each variable."""

    def _prepare(self) -> None:
        """Makes ready for a step."""

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        """Moves one variable."""
        return self._resource_apply_dense(grad, var)

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        """Moves one variable: what `_apply_dense` is where variables are resources."""
        raise NotImplementedError(
            f"{type(self).__name__} has neither _apply_dense nor _resource_apply_dense."
        )

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        """Moves a variable by the gradients of some of its rows, each of which is named once."""
        return self._resource_apply_sparse(grad.values, var, grad.indices)

    def _apply_sparse_duplicate_indices(self, grad: IndexedSlices, var: Any) -> Any:
        """The same where a row may be named several times: they are added up."""
        if type(self)._resource_apply_sparse_duplicate_indices is not (
            Optimizer._resource_apply_sparse_duplicate_indices
        ):
            return self._resource_apply_sparse_duplicate_indices(grad.values, var, grad.indices)
        return self._apply_sparse(grad.summed(), var)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        """What `_apply_sparse` is where variables are resources."""
        raise NotImplementedError(
            f"{type(self).__name__} has neither _apply_sparse nor _resource_apply_sparse, and some rows of "
            f"variable {handle.op.name} alone have gradients. tf.convert_to_tensor makes a gradient of all."
        )

    def _resource_apply_sparse_duplicate_indices(self, grad: Any, handle: Any, indices: Any) -> Any:
        """What `_apply_sparse_duplicate_indices` is where variables are resources."""
        return self._apply_sparse(IndexedSlices(grad, indices, handle.shape).summed(), handle)

    def _finish(self, update_ops: list[Any], name_scope: str) -> Any:
        """Does what is done once, after all variables have moved."""
        return group(*update_ops, name=name_scope)

    # What they ask.

    def _call_if_callable(self, param: Any) -> Any:
        return param() if callable(param) else param

    def _slot_dict(self, slot_name: str) -> dict[str, Any]:
        return self._slots.setdefault(slot_name, {})

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        """A slot that begins at 0, made where it is missing."""
        kept = self._slot_dict(slot_name)
        if var.op.name not in kept:
            kept[var.op.name] = slot_creator.create_zeros_slot(var, op_name)
        return kept[var.op.name]

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Any:
        """A slot that begins at a value, made where it is missing."""
        kept = self._slot_dict(slot_name)
        if var.op.name not in kept:
            kept[var.op.name] = slot_creator.create_slot(var, val, op_name)
        return kept[var.op.name]

    def _get_or_make_slot_with_initializer(
        self, var: Any, initializer: Any, shape: Any, dtype: Any, slot_name: str, op_name: str
    ) -> Any:
        """A slot of a shape, a dtype and an initializer of its own, made where it is missing."""
        kept = self._slot_dict(slot_name)
        if var.op.name not in kept:
            kept[var.op.name] = slot_creator.create_slot_with_initializer(
                var, initializer, shape, dtype, op_name
            )
        return kept[var.op.name]

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any) -> Any:
        """A variable that is kept once, made where it is missing."""
        if name not in self._non_slot_dict:
            self._non_slot_dict[name] = Variable(initial_value, name=name, trainable=False)
        return self._non_slot_dict[name]

    def _get_non_slot_variable(self, name: str, graph: Any = None) -> Any:
        return self._non_slot_dict.get(name)

    def _non_slot_variables(self) -> Any:
        return self._non_slot_dict.values()

    def _valid_dtypes(self) -> set[torch.dtype]:
        """The dtypes of losses and variables that it takes."""
        return {torch.float16, torch.bfloat16, torch.float32, torch.float64}

    # What an operation is made of.

    def _to_train(
        self, loss: Any, var_list: Any, gate_gradients: int, grad_loss: Any
    ) -> tuple[Tensor, list[Any]]:
        """The loss as a tensor, and the variables."""
        loss = as_tensor(loss() if callable(loss) and not isinstance(loss, Tensor) else loss)
        if gate_gradients not in (0, 1, 2):
            raise ValueError(
                "gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, "
                f"Optimizer.GATE_GRAPH. Not {gate_gradients}"
            )
        self._check_dtypes([loss] if grad_loss is None else [loss, as_tensor(grad_loss)])
        variables = trainable_variables() if var_list is None else flatten(var_list)
        if not variables:
            raise ValueError(
                "No variables to optimize. The pass has asked for none that is trained; variables that it "
                "is to move are asked for before the optimizer is."
            )
        for variable in variables:
            _check_variable(variable)
        self._check_dtypes(variables)
        return loss, variables

    def _moved_before(self, variables: list[Any]) -> list[Any]:
        """Those of which an earlier pass has slots; all where there are none, since no path is known."""
        records = passes.current().store.records
        kept = {r.slot_of for r in records if r.slot_of and f"{r.slot_of}/{self._name}" in r.name}
        return [variable for variable in variables if variable.op.name in kept] or variables

    def _check_dtypes(self, tensors: Sequence[Any]) -> None:
        valid = self._valid_dtypes()
        for each in tensors:
            if each.dtype not in valid:
                raise ValueError(
                    f"Invalid type tf.{dtype_name(each.dtype)} for {getattr(each, 'name', 'the loss')}, "
                    f"expected: {sorted(f'tf.{dtype_name(dtype)}' for dtype in valid)}."
                )

    def _applying(
        self,
        variables: list[Any],
        gradients: Callable[[], Gradients],
        global_step: Any,
        name: str | None,
    ) -> Operation:
        """The operation that moves the variables; what is kept of them is made now."""
        pass_ = passes.current()
        if sharding.in_group():
            sharding.check_trains_alone(pass_.store.module, running_modules(sys._getframe(1)))
        if self._used_in is None or self._used_in() is not pass_:
            self._slots, self._non_slot_dict, self._used_in = {}, {}, weakref.ref(pass_)
        self._create_slots(variables)
        # It may be used otherwise before the operation is run.
        as_built = copy.copy(self)
        kept = [slot for of in self._slots.values() for slot in of.values()]
        step = [] if global_step is None else [global_step]
        # Code of people's own may ask for variables and names as it did when the operation was built.
        here = pass_.as_it_is() if self._asks_the_pass() else None

        taken: list[Gradients] = []

        def run() -> None:
            given = taken.pop()
            inside: AbstractContextManager[Any] = nullcontext() if here is None else again(here)
            with torch.no_grad(), inside:
                for variable in variables:
                    before_assignment(variable, variable._ts_record)
                pairs = zip(given, variables, strict=True)
                as_built._move(
                    [(gradient, v) for gradient, v in pairs if gradient is not None], scope
                )
                for each in step:
                    each.assign_add(1)

        with name_scope(name, self._name) as scope:
            changes = [*variables, *kept, *self._non_slot_dict.values(), *step]
            made = Operation.named(scope, self._name, run, changes=changes)
        made.ready = lambda: taken.append(gradients())
        add_to_collection(GraphKeys.TRAIN_OP, made)
        return made

    def _asks_the_pass(self) -> bool:
        """Whether its steps run code that may ask for variables."""
        return True

    def _move(self, pairs: Pairs, scope: str) -> None:
        """Moves each variable by its gradient, in an operation that runs."""
        self._prepare()
        updates = []
        for gradient, variable in pairs:
            if isinstance(gradient, IndexedSlices):
                check_unconstrained(variable)
                updates.append(self._apply_sparse_duplicate_indices(gradient, variable))
            else:
                updates.append(self._apply_dense(gradient, variable))
                constrain(variable)
        run_all([self._finish(flatten(updates), scope)])


def _check_variable(variable: Any) -> None:
    if not isinstance(variable, Variable):
        raise TypeError(
            f"Argument is not a tf.Variable: {variable!r}. An optimizer of tf.train moves variables that "
            "the pass has asked for; torchscope.optim has optimizers for parameters of any module."
        )


def _gradient_of(gradient: Any, variable: Any) -> Any:
    """A gradient as a tensor of its variable's shape, or as slices of it."""
    if isinstance(gradient, IndexedSlices):
        if gradient.values.shape[1:] != variable.shape[1:]:
            raise ValueError(
                f"The rows of a gradient of variable {variable.op.name} have shape "
                f"{shape_text(gradient.values.shape[1:])}, and those of the variable "
                f"{shape_text(variable.shape[1:])}. Nothing has moved."
            )
        return IndexedSlices(gradient.values.detach(), gradient.indices, gradient.dense_shape)
    try:
        tensor = as_tensor(gradient)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {gradient!r}"
        ) from error
    if tensor.shape != variable.shape:
        raise ValueError(
            f"The gradient of variable {variable.op.name} has shape {shape_text(tensor.shape)}, and the "
            f"variable {shape_text(variable.shape)}. Nothing has moved."
        )
    return tensor.detach()


def check_unconstrained(variable: Any) -> None:
    """Refuses a variable with a constraint, of which some rows alone would move."""
    if variable.constraint is not None:
        raise RuntimeError(
            f"Cannot use a constraint function on a sparse variable. The gradient of {variable.op.name} is of "
            "some of its rows; tf.convert_to_tensor makes one of all."
        )


def constrain(variable: Any) -> None:
    """Applies a variable's constraint, if it has one."""
    if variable.constraint is not None:
        variable.assign(variable.constraint(variable))


def _no_gradients(variables: Sequence[Any], loss: Any) -> ValueError:
    return ValueError(
        "No gradients provided for any variable, check your graph for ops that do not support gradients, "
        f"between variables {[variable.op.name for variable in variables]} and loss {loss}."
    )
