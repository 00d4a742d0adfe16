"""get_variable: makes or finds a variable by its full name, as the current scope says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import Pass, thread
from torchscope._core.pytorch.compiler import uncompiled
from torchscope._core.requests.creation import make_at_once
from torchscope._core.requests.getters import answer, through
from torchscope._core.requests.request import asked_in
from torchscope._core.requests.reuse import GLOROT
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.variables import BufferVariable, ParameterVariable, Variable
from torchscope._core.values.partitioners import PartitionedVariable
from torchscope._core.values.replicas import VariableAggregation, VariableSynchronization


@overload
def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Callable[..., Any] | None = None,
    trainable: bool | None = None,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: None = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Callable[..., Any] | None = None,
    constraint: Callable[..., Any] | None = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Variable: ...


@overload
def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Callable[..., Any] | None = None,
    trainable: bool | None = None,
    collections: Any = None,
    caching_device: Any = None,
    *,
    partitioner: Callable[..., Any],
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Callable[..., Any] | None = None,
    constraint: Callable[..., Any] | None = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> PartitionedVariable: ...


@uncompiled
def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Callable[..., Any] | None = None,
    trainable: bool | None = None,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Callable[..., Any] | None = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Callable[..., Any] | None = None,
    constraint: Callable[..., Any] | None = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """Makes a variable, or finds the one of that name, as the scope's `reuse` says.

    >>> import torchscope as ts
    >>> with ts.variable_scope("model"):
    ...     w = ts.get_variable("w", [2, 3])
    >>> w.name, tuple(w.shape)
    ('model/w:0', (2, 3))

    Within a pass the same name gives the same variable, and only where sharing was asked for:

    >>> with ts.variable_scope("model", reuse=True):
    ...     assert ts.get_variable("w", [2, 3]) is w

    The first request of a later pass, without reuse, gives the variable that the first pass made.
    Answers to TF1's tf.get_variable.

    Args:
        name: the name, relative to the current variable scope.
        shape: the dimensions. Left out where the initializer is a value, or takes no arguments.
        dtype: the scope's by default, which is torch.float32 unless it was told otherwise.
        initializer: an initializer or its class, called with shape and dtype; a function without
            arguments; or a value. By default the scope's; else glorot_uniform for floating
            dtypes, and zeros for integers and bool.
        regularizer: gives, from the variable, its loss in REGULARIZATION_LOSSES.
        trainable: whether an optimizer is to train it. True by default, and False for a local
            variable and for dtypes that have no gradient.
        collections: the keys of the collections to join, [GLOBAL_VARIABLES] by default. With
            LOCAL_VARIABLES among them it is a buffer that is not saved.
        caching_device: accepted for TF1 code; it has no effect.
        partitioner: cuts the variable into pieces; see `fixed_size_partitioner` and the others.
        validate_shape: accepted for TF1 code; it has no effect.
        use_resource: accepted for TF1 code; it has no effect.
        custom_getter: a function ``getter(true_getter, name, *args, **kwargs)`` that the request
            goes through. It may change the arguments and replace the result. It runs outside of the
            current name scope.
        constraint: maps a value to an allowed one; see `ScopedParameterRegistry.apply_constraints_`.
        synchronization: ON_READ makes a buffer of it; see `VariableSynchronization`.
        aggregation: accepted for TF1 code; it has no effect.

    Returns:
        A `Variable`: an nn.Parameter, or a buffer where it is local or has no gradient. With a
        partitioner, a `PartitionedVariable`. What a scope's partitioner or a custom getter makes of it
        no type checker can see: `typing.cast` tells it.

    Raises:
        ValueError: it exists and the scope does not say reuse; it does not exist and reuse=True;
            shape or dtype disagree with what exists; shape, initializer or name are missing or
            do not fit.
        TypeError: the name is no string, a dimension no integer, or the initializer cannot give
            the dtype.
    """
    pass_: Pass | None = getattr(thread, "current", None)
    if pass_ is None:
        pass_ = passes.current()
    scope = pass_.scope
    settings = scope._settings
    if custom_getter is None:
        custom_getter = settings.custom_getter
    if partitioner is None:
        partitioner = settings.partitioner
    if custom_getter is partitioner is None and type(name) is str:
        full = scope._prefix + name
        slot = pass_.slots.get(full)
        if slot is not None:
            # The way of every request but the first: nothing is made, and little is looked at.
            tensors, attribute, record = slot
            if (
                (
                    shape is None
                    or (type(shape) is list and shape == record.dimensions)
                    or (isinstance(shape, tuple) and shape == record.shape)
                )
                and (settings.dtype if dtype is None else dtype) is record.dtype
                and (initializer is None or callable(initializer))
            ):
                variable = tensors.get(attribute)
                cls = type(variable)
                if cls is ParameterVariable or cls is BufferVariable:
                    claims = pass_.claims
                    if record in claims:
                        if scope._reuse:
                            claims[record] += 1
                            return variable
                    elif (
                        # What the first pass refused is refused again: see the slow way.
                        record.claimable
                        and scope._reuse is not True
                        and shape is not None
                        and (collections is None or isinstance(collections, list | tuple | set))
                        and (constraint is None or callable(constraint))
                    ):
                        claims[record] = 1
                        return variable
        elif (
            (trainable is None or trainable is True)
            and collections is None
            and (synchronization is VariableSynchronization.AUTO or synchronization is None)
            and scope._reuse is not True
            and not (pass_.creators or pass_.replaced)
        ):
            # The way of most first requests, where all that may be asked for beside is left out.
            first = settings.initializer if initializer is None else initializer
            made = make_at_once(
                pass_,
                full,
                shape,
                settings.dtype if dtype is None else dtype,
                GLOROT if first is None else first,
                (settings.regularizer if regularizer is None else regularizer) or None,
                settings.constraint if constraint is None else constraint,
            )
            if made is not None:
                return made
    request = asked_in(
        scope,
        name,
        shape,
        dtype,
        initializer,
        regularizer,
        trainable,
        collections,
        caching_device,
        partitioner,
        validate_shape,
        use_resource,
        constraint,
        synchronization,
        aggregation,
    )
    # What the user's functions do on the way, they do at the root of the name scopes.
    where, pass_.where = pass_.where, ""
    try:
        if custom_getter is None:
            return answer(pass_, request)
        return through(pass_, custom_getter, request)
    finally:
        pass_.where = where


@overload
def get_local_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Callable[..., Any] | None = None,
    trainable: bool = False,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: None = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Callable[..., Any] | None = None,
    constraint: Callable[..., Any] | None = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Variable: ...


@overload
def get_local_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Callable[..., Any] | None = None,
    trainable: bool = False,
    collections: Any = None,
    caching_device: Any = None,
    *,
    partitioner: Callable[..., Any],
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Callable[..., Any] | None = None,
    constraint: Callable[..., Any] | None = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> PartitionedVariable: ...


def get_local_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Callable[..., Any] | None = None,
    trainable: bool = False,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Callable[..., Any] | None = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Callable[..., Any] | None = None,
    constraint: Callable[..., Any] | None = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """`get_variable` for what is neither trained nor saved (tf.get_local_variable).

    The variable joins LOCAL_VARIABLES, beside `collections`, and is a non-persistent buffer.
    Arguments and errors are those of `get_variable`; `trainable` is accepted, and ignored as TF1
    ignores it.

    >>> import torchscope as ts
    >>> count = ts.get_local_variable("count", [], dtype=torch.int32)
    >>> count.name, count.trainable, list(ts.get_default_registry().module.state_dict())
    ('count:0', False, [])
    """
    return get_variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=False,
        collections=[*(collections or []), GraphKeys.LOCAL_VARIABLES],
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )
