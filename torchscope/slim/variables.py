"""Variables as slim asks for them, and lists of them by scope, suffix and pattern.

A model variable is one that the model needs to be used: it is in MODEL_VARIABLES beside
GLOBAL_VARIABLES. Slim's layers make theirs through `model_variable`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch

from torchscope._core.functions.collections import add_to_collection, get_collection
from torchscope._core.passes.scopes import VariableScope
from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import get_variable_scope
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.variables import Variable
from torchscope._core.values.partitioners import PartitionedVariable
from torchscope.slim.arg_scope import add_arg_scope


@add_arg_scope
def variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    collections: Any = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Callable[..., Any] | None = None,
    use_resource: bool | None = None,
    synchronization: Any = None,
    aggregation: Any = None,
) -> Variable:
    """`get_variable` whose defaults an arg scope can give (slim.variable).

    >>> import torchscope as ts
    >>> from torchscope import slim
    >>> with slim.arg_scope([slim.variable], collections=["mine"]):
    ...     w = slim.variable("w", [2])
    >>> ts.get_collection("mine") == [w], ts.global_variables()
    (True, [])

    Args:
        name: see `get_variable`, as for what is not said here.
        shape: its shape.
        dtype: its dtype.
        initializer: what its first value comes from.
        regularizer: what its regularization loss comes from.
        trainable: whether it is in TRAINABLE_VARIABLES.
        collections: the collections that hold it; GLOBAL_VARIABLES if None.
        caching_device: accepted for TF1 code; it has no effect.
        device: accepted for TF1 code; it has no effect: a variable is made where its module is.
        partitioner: cuts it into pieces.
        custom_getter: is called in the place of `get_variable`, with the scope's reuse beside.
        use_resource: accepted for TF1 code; it has no effect.
        synchronization: accepted for TF1 code; it has no effect.
        aggregation: accepted for TF1 code; it has no effect.
    """
    wanted = [GraphKeys.GLOBAL_VARIABLES] if collections is None else collections
    getter: Callable[..., Variable] = get_variable
    if custom_getter is not None:
        getter = functools.partial(custom_getter, reuse=get_variable_scope().reuse)
    return getter(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=list(dict.fromkeys(wanted)),
        caching_device=caching_device,
        partitioner=partitioner,
        use_resource=use_resource,
        synchronization=synchronization,
        aggregation=aggregation,
    )


@add_arg_scope
def model_variable(
    name: str,
    shape: Any = None,
    dtype: Any = torch.float32,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    collections: Any = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Callable[..., Any] | None = None,
    use_resource: bool | None = None,
    synchronization: Any = None,
    aggregation: Any = None,
) -> Variable:
    """A variable that is in MODEL_VARIABLES and GLOBAL_VARIABLES as well (slim.model_variable).

    >>> import torchscope as ts
    >>> from torchscope import slim
    >>> slim.model_variable("w", [2]) is slim.get_model_variables()[0]
    True

    The arguments are those of `variable`.
    """
    return variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=[
            *(collections or ()),
            GraphKeys.GLOBAL_VARIABLES,
            GraphKeys.MODEL_VARIABLES,
        ],
        caching_device=caching_device,
        device=device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        use_resource=use_resource,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def local_variable(
    initial_value: Any,
    validate_shape: bool = True,
    name: str | None = None,
    use_resource: bool | None = None,
) -> Variable:
    """A variable in LOCAL_VARIABLES, which is not trained (tf.contrib.framework.local_variable).

    >>> import torchscope as ts
    >>> from torchscope import slim
    >>> v = slim.local_variable(0.0)
    >>> v in ts.local_variables(), v in ts.trainable_variables()
    (True, False)
    """
    return Variable(
        initial_value, trainable=False, collections=[GraphKeys.LOCAL_VARIABLES], name=name
    )


def global_variable(
    initial_value: Any,
    validate_shape: bool = True,
    name: str | None = None,
    use_resource: bool | None = None,
) -> Variable:
    """A variable in GLOBAL_VARIABLES, which is not trained (tf.contrib.framework.global_variable)."""
    return Variable(
        initial_value, trainable=False, collections=[GraphKeys.GLOBAL_VARIABLES], name=name
    )


def add_model_variable(var: Any) -> None:
    """Puts a variable into MODEL_VARIABLES, once (slim.add_model_variable)."""
    if not any(var is other for other in get_collection(GraphKeys.MODEL_VARIABLES)):
        add_to_collection(GraphKeys.MODEL_VARIABLES, var)


def join(var: Any, collections: Iterable[str]) -> None:
    """Puts a variable, or all of its pieces, into collections that it is not in yet."""
    for key in collections:
        for each in var if isinstance(var, PartitionedVariable) else (var,):
            record = getattr(each, "_ts_record", None)
            if record is not None and key in record.collections:
                continue
            if not any(each is other for other in get_collection(key)):
                add_to_collection(key, each)


def get_variables(
    scope: str | VariableScope | None = None,
    suffix: str | None = None,
    collection: str = GraphKeys.GLOBAL_VARIABLES,
) -> list[Any]:
    """The variables of a collection that are in a scope and have a suffix (slim.get_variables).

    >>> import torchscope as ts
    >>> from torchscope import slim
    >>> with ts.variable_scope("conv1"):
    ...     w, b = ts.get_variable("weights", [2]), ts.get_variable("biases", [2])
    >>> slim.get_variables("conv1", suffix="biases") == [b]
    True

    Args:
        scope: a variable scope, or a regular expression that names begin with.
        suffix: what names end with.
        collection: the name of the collection.
    """
    if isinstance(scope, VariableScope):
        scope = scope.name
    if suffix is not None:
        # A name ends in ":0".
        end = suffix if ":" in suffix else f"{suffix}:"
        scope = f"{scope or ''}.*{end}"
    return get_collection(collection, scope)


def get_model_variables(
    scope: str | VariableScope | None = None, suffix: str | None = None
) -> list[Any]:
    """`get_variables` of MODEL_VARIABLES (slim.get_model_variables)."""
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


def get_local_variables(
    scope: str | VariableScope | None = None, suffix: str | None = None
) -> list[Any]:
    """`get_variables` of LOCAL_VARIABLES (slim.get_local_variables)."""
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


def get_trainable_variables(
    scope: str | VariableScope | None = None, suffix: str | None = None
) -> list[Any]:
    """`get_variables` of TRAINABLE_VARIABLES (slim.get_trainable_variables)."""
    return get_variables(scope, suffix, GraphKeys.TRAINABLE_VARIABLES)


def get_variables_by_suffix(suffix: str, scope: str | VariableScope | None = None) -> list[Any]:
    """The global variables whose names end so (slim.get_variables_by_suffix)."""
    return get_variables(scope, suffix)


def get_variables_by_name(given_name: str, scope: str | VariableScope | None = None) -> list[Any]:
    """The global variables whose last component is this (slim.get_variables_by_name)."""
    return get_variables(scope, f"/{given_name}:|^{given_name}:")


def get_variables_to_restore(
    include: Sequence[str] | None = None, exclude: Sequence[str] | None = None
) -> list[Any]:
    """The global variables in some scopes and not in others (slim.get_variables_to_restore).

    Args:
        include: scopes; None for all variables.
        exclude: scopes; None for none.

    Raises:
        TypeError: one of them is neither a list nor a tuple.
    """
    for what, scopes in (("include", include), ("exclude", exclude)):
        if scopes is not None and not isinstance(scopes, (list, tuple)):
            raise TypeError(
                f"{what} is provided but is not a list or a tuple. It is {scopes!r}; "
                f"write [{scopes!r}]."
            )
    found = (
        get_variables()
        if include is None
        else [v for scope in include for v in get_variables(scope)]
    )
    left_out = [v for scope in exclude or () for v in get_variables(scope)]
    return [v for v in found if not any(v is other for other in left_out)]


def get_unique_variable(var_op_name: str) -> Variable:
    """The global variable of exactly this name (slim.get_unique_variable).

    Raises:
        ValueError: there is none.
    """
    candidates = get_variables(var_op_name)
    if not candidates:
        raise ValueError(f"Couldn't find variable {var_op_name}")
    candidate: Variable
    for candidate in candidates:
        if candidate.op.name == var_op_name:
            return candidate
    raise ValueError(
        f"Variable {var_op_name} does not uniquely identify a variable. It begins the names of "
        f"{', '.join(v.op.name for v in candidates[:4])}."
    )


def get_variable_full_name(var: Any) -> str:
    """A variable's name in a checkpoint: a piece has that of the whole.

    Answers to tf.contrib.framework.get_variable_full_name.
    """
    name: str = var.op.name
    initial = var._ts_record.initial
    is_piece = initial is not None and initial.partition is not None
    return name.rpartition("/")[0] if is_piece else name


def filter_variables(
    var_list: Iterable[Any],
    include_patterns: Iterable[str] | None = None,
    exclude_patterns: Iterable[str] | None = None,
    reg_search: bool = True,
) -> list[Any]:
    """The variables whose names match one pattern, and none of others (slim.filter_variables).

    >>> import torchscope as ts
    >>> from torchscope import slim
    >>> w, b = ts.get_variable("fc/weights", [2]), ts.get_variable("fc/biases", [2])
    >>> slim.filter_variables([w, b], ["fc"], ["biases"]) == [w]
    True

    Args:
        var_list: the variables.
        include_patterns: regular expressions, of which one must match; None takes all.
        exclude_patterns: regular expressions, of which none may match.
        reg_search: whether a pattern may match anywhere in a name, or only at its beginning.
    """
    match = re.search if reg_search else re.match
    include = None if include_patterns is None else list(include_patterns)
    exclude = list(exclude_patterns or ())
    return [
        v
        for v in var_list
        if (include is None or any(match(pattern, v.name) for pattern in include))
        and not any(match(pattern, v.name) for pattern in exclude)
    ]


def assign_from_values(
    var_names_to_values: Mapping[str, Any],
) -> tuple[Callable[[], None], dict[Any, Any]]:
    """What gives values to variables by name (slim.assign_from_values).

    >>> import torchscope as ts
    >>> from torchscope import slim
    >>> b = ts.get_variable("b", [2])
    >>> assign, _ = slim.assign_from_values({"b": [1.0, 2.0]})
    >>> assign()
    >>> b.tolist()
    [1.0, 2.0]

    Args:
        var_names_to_values: from names to values of as many elements as the variables have.

    Returns:
        A function that assigns, and an empty dict where TF1 had its feed_dict.

    Raises:
        ValueError: a name is not that of one global variable.
    """
    pairs = [(_of_name(name), value) for name, value in var_names_to_values.items()]

    def assign() -> None:
        for var, value in pairs:
            var.assign(torch.as_tensor(value).reshape(var.shape))

    return assign, {}


def _of_name(name: str) -> Any:
    found = get_collection(GraphKeys.GLOBAL_VARIABLES, name)
    if not found:
        raise ValueError(f"Variable {name} wasn't found")
    exact = found if len(found) == 1 else [v for v in found if v.op.name == name]
    if not exact:
        raise ValueError(f"Variable {name} doesn't uniquely identify a variable")
    return exact[0]


def assign_from_values_fn(var_names_to_values: Mapping[str, Any]) -> Callable[..., None]:
    """A function of a session, which it has no use for, that does `assign_from_values`.

    Answers to slim.assign_from_values_fn.
    """
    assign, _ = assign_from_values(var_names_to_values)

    def callback(session: Any = None) -> None:
        assign()

    return callback
