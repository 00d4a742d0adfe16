"""get_variable: makes or finds a variable by its full name, as the current scope says."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import torch

from torchscope import passes
from torchscope.collections import GraphKeys
from torchscope.compiler import uncompiled
from torchscope.conversion import (
    as_dtype,
    as_shape,
    convert_to_tensor,
    dtype_name,
)
from torchscope.passes import Pass, thread
from torchscope.pieces import get_partitioned
from torchscope.replicas import VariableAggregation, VariableSynchronization
from torchscope.scopes import Reuse
from torchscope.sharing import GLOROT, Request, get_single, has
from torchscope.variables import BufferVariable, ParameterVariable


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
        partitioner: cuts the variable into pieces; see `torchscope.partitioners`.
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
        partitioner, a `PartitionedVariable`.

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
            store, attribute, record = slot
            if (
                (
                    shape is None
                    or (type(shape) is list and shape == record.dimensions)
                    or (isinstance(shape, tuple) and shape == record.shape)
                )
                and (settings.dtype if dtype is None else dtype) is record.dtype
                and (initializer is None or callable(initializer))
            ):
                variable = store.get(attribute)
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
            made = pass_.registry.make_at_once(
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
    return _request(
        pass_,
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
        custom_getter,
        constraint,
        synchronization,
        aggregation,
    )


def _request(
    pass_: Pass,
    name: str,
    shape: Any,
    dtype: Any,
    initializer: Any,
    regularizer: Callable[..., Any] | None,
    trainable: bool | None,
    collections: Any,
    caching_device: Any,
    partitioner: Callable[..., Any] | None,
    validate_shape: bool,
    use_resource: bool | None,
    custom_getter: Callable[..., Any] | None,
    constraint: Callable[..., Any] | None,
    synchronization: Any,
    aggregation: Any,
) -> Any:
    """What the scope adds to a request, and the custom getters that it goes through."""
    scope = pass_.scope
    settings = scope._settings
    asked = settings.dtype if dtype is None else dtype
    first = settings.initializer if initializer is None else initializer
    regularizer = settings.regularizer if regularizer is None else regularizer
    constraint = settings.constraint if constraint is None else constraint
    if not isinstance(name, str):
        raise TypeError(
            f"expected string or bytes-like object, got '{type(name).__name__}'. "
            "get_variable takes the variable's name first."
        )
    if dtype is not None:
        asked = as_dtype(dtype)
        if initializer is not None and not callable(initializer):
            given = convert_to_tensor(initializer).dtype
            if given != asked:
                raise ValueError(
                    f"Initializer type '<dtype: '{dtype_name(given)}'>' and explicit dtype "
                    f"'<dtype: '{dtype_name(asked)}'>' don't match. "
                    "Leave the dtype out, or convert the value."
                )
    if custom_getter is not None and not callable(custom_getter):
        raise ValueError(f"Passed a custom_getter which is not callable: {custom_getter}")
    if trainable is None:
        # A variable that is local, or that replicas write, is trainable only where that was said.
        trainable = (
            GraphKeys.LOCAL_VARIABLES not in (collections or ())
            and synchronization is not VariableSynchronization.ON_READ
        )
    getter: Callable[..., Any] = partial(_true_getter, pass_)
    request: dict[str, Any] = {
        "name": scope._prefix + name,
        "shape": shape,
        "dtype": asked,
        "initializer": first,
        "regularizer": regularizer,
        "reuse": scope._reuse,
        "trainable": trainable,
        "collections": collections,
        "caching_device": settings.caching_device if caching_device is None else caching_device,
        "partitioner": partitioner,
        "validate_shape": validate_shape,
        "use_resource": settings.use_resource if use_resource is None else use_resource,
        "constraint": constraint,
        "synchronization": VariableSynchronization.AUTO
        if synchronization is None
        else synchronization,
        "aggregation": VariableAggregation.NONE if aggregation is None else aggregation,
    }
    if custom_getter is not None:
        # As TF1 calls it.
        getter = partial(custom_getter, getter=getter)
        if not accepts_constraint(custom_getter):
            del request["constraint"]
    # What the user's functions do on the way, they do at the root of the name scopes.
    where, pass_.where = pass_.where, ""
    try:
        return getter(**request)
    finally:
        pass_.where = where


def accepts_constraint(getter: Callable[..., Any]) -> bool:
    """Whether a custom getter takes a constraint, as those written before constraints came do not.

    >>> def older(getter, name, shape, dtype): ...
    >>> def newer(getter, *args, **kwargs): ...
    >>> accepts_constraint(older), accepts_constraint(newer)
    (False, True)
    """
    function = getter.__func__ if type(getter) is MethodType else getter
    if type(function) is FunctionType and not function.__dict__:
        # What its signature says, which takes as long to make as twenty requests.
        code = function.__code__
        if code.co_flags & inspect.CO_VARKEYWORDS:
            return True
        named = code.co_argcount + code.co_kwonlyargcount
        named += bool(code.co_flags & inspect.CO_VARARGS)
        mine = code.co_argcount > 0 and function is not getter
        return "constraint" in code.co_varnames[mine:named]
    parameters = inspect.signature(getter).parameters.values()
    return any(p.name == "constraint" or p.kind is p.VAR_KEYWORD for p in parameters)


def _true_getter(
    pass_: Pass,
    name: str,
    shape: Any = None,
    dtype: Any = torch.float32,
    initializer: Any = None,
    regularizer: Callable[..., Any] | None = None,
    reuse: Reuse = None,
    trainable: bool | None = None,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Callable[..., Any] | None = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    constraint: Callable[..., Any] | None = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """Answers a request by full name: the end of every chain of custom getters."""
    if partitioner is None and type(name) is str and not pass_.partitioned:
        found = _found(pass_, name, shape, dtype, initializer, reuse, collections, constraint)
        if found is not None:
            return found
    request = (
        name,
        None if shape is None else as_shape(shape),
        as_dtype(dtype),
        initializer,
        reuse,
        regularizer,
        trainable,
        collections,
        constraint,
        (caching_device, validate_shape, use_resource, synchronization, aggregation),
    )
    whole = pass_.partitioned.get(name)
    if (partitioner is not None and not (isinstance(shape, Sequence) and not shape)) or (
        reuse is True and whole is not None
    ):
        return get_partitioned(pass_, Request(*request), partitioner, whole)
    if has(pass_, f"{name}/part_0"):
        raise ValueError(
            "No partitioner was provided, but a partitioned version of the variable was found: "
            f"{name}/part_0. Perhaps a variable of the same name was already created with "
            "partitioning?"
        )
    return get_single(pass_, *request)


def _found(
    pass_: Pass,
    name: str,
    shape: Any,
    dtype: Any,
    initializer: Any,
    reuse: Reuse,
    collections: Any,
    constraint: Any,
) -> Any:
    """What `get_variable` finds in few steps, for a custom getter; None where one must look closer."""
    slot = pass_.slots.get(name)
    if slot is None:
        return None
    store, attribute, record = slot
    variable = store.get(attribute)
    if not (
        (
            shape is None
            or (type(shape) is list and shape == record.dimensions)
            or (isinstance(shape, tuple) and shape == record.shape)
        )
        and dtype is record.dtype
        and (initializer is None or callable(initializer))
        and (type(variable) is ParameterVariable or type(variable) is BufferVariable)
    ):
        return None
    claims = pass_.claims
    if record in claims:
        if not reuse:
            return None
        claims[record] += 1
        return variable
    if (
        record.claimable
        and reuse is not True
        and shape is not None
        and (collections is None or isinstance(collections, list | tuple | set))
        and (constraint is None or callable(constraint))
    ):
        claims[record] = 1
        return variable
    return None


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
