"""Conditions: of several functions one computes, and all make their variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.operations.operation import Operation
from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor, wanted
from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.ops.sizes import tensor_of
from torchscope._core.ops.truth import number, truth
from torchscope._core.running.dry_run import uncomputed
from torchscope._core.store.variables import Variable
from torchscope._core.values.conversion import chooses_dtypes, dtype_name
from torchscope._core.values.structures import check_same_structure, flatten, pack

Branch = Callable[[], Any]


# Any: what the functions give, with tensors where they give numbers.
def cond(
    pred: Any,
    true_fn: Branch | None = None,
    false_fn: Branch | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Branch | None = None,
    fn2: Branch | None = None,
) -> Any:
    """What one of two functions gives, as a predicate says (tf.cond).

    >>> cond(torch.tensor(2.0) > 1, lambda: torch.tensor(1.0), lambda: 0.0)
    tensor(1.)

    TF1 builds both functions. So both run on every pass, in the order true, false: both make their
    variables and use up their names. The one that is not taken computes nothing, changes nothing, and
    leaves nothing in collections:

    >>> import torchscope as ts
    >>> def of(name):
    ...     return lambda: ts.get_variable(name, [], initializer=ts.zeros_initializer()).assign_add(1.0)
    >>> cond(False, of("a"), of("b")).item()
    1.0
    >>> [(v.op.name, v.item()) for v in ts.global_variables()]
    [('a', 0.0), ('b', 1.0)]

    Where Python knows which one is meant for good, an `if` or `smart_cond` runs that one alone.

    Args:
        pred: a tensor of one bool, or a bool of Python's or numpy's, by which it compiles.
        true_fn: gives tensors, operations, or what makes tensors, in any nesting.
        false_fn: gives the same structure with the same dtypes.
        strict: whether a list or tuple of one stays one.
        name: the name of the name scope; 'cond' by default.
        fn1: an older name of `true_fn`.
        fn2: an older name of `false_fn`.

    Raises:
        TypeError: `pred` is no bool; a function is missing or cannot be called; or the structures are
            of different types.
        ValueError: `pred` has several values; or what the functions give differs in structure or
            dtype, or is None.
        RuntimeError: `pred` is a tensor in a call that is recorded for a graph; or the function that is
            not taken needs the values of tensors.
    """
    true_fn = _branch("true_fn", true_fn, "fn1", fn1)
    false_fn = _branch("false_fn", false_fn, "fn2", fn2)
    with name_scope(name, "cond"):
        taken = truth(pred, "Switch", "pred", "tf.cond")
        which = None if taken is None else int(not taken)
        return _choose(which, [true_fn, false_fn], ["'true_fn'", "'false_fn'"], strict, "tf.cond")


# Any: what the functions give, with tensors where they give numbers.
def case(
    pred_fn_pairs: Any,
    default: Branch | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """What the function gives whose predicate is the first to be true (tf.case).

    >>> x = torch.tensor(3.0)
    >>> case([(x < 1, lambda: x), (x < 5, lambda: x * 2)], default=lambda: x * 3)
    tensor(6.)

    All functions run, and make their variables, as in `cond`.

    Args:
        pred_fn_pairs: pairs of a predicate and a function, in their order; or a dict of them.
        default: the function where no predicate is true. Without one, one of them has to be.
        exclusive: whether to refuse several that are true.
        strict: as in `cond`.
        name: the name of the name scope.

    Raises:
        TypeError: the pairs are none, a predicate is no bool, or a function cannot be called.
        ValueError: there are none; or as in `cond`.
        InvalidArgumentError: none is true, and there is no default; or several are, and `exclusive`
            refuses that.
        RuntimeError: as in `cond`.
    """
    if not isinstance(pred_fn_pairs, list | tuple | dict):
        raise TypeError(
            f"'pred_fn_pairs' must be a list, tuple, or dict. Received: {type(pred_fn_pairs)}"
        )
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs)
    for each in pairs:
        if not isinstance(each, tuple) or len(each) != 2:
            raise TypeError(
                f"Each entry in 'pred_fn_pairs' must be a 2-tuple. Received {each}. A pair is a "
                "predicate and a function."
            )
        if not callable(each[1]):
            raise TypeError(f"fn for pred {each[0]} must be callable. Received: {each[1]!r}")
    if not pairs:
        raise ValueError("not enough values to unpack (expected 2, got 0): there are no pairs.")
    if exclusive or default is None:
        _check_true([pair[0] for pair in pairs], exclusive=exclusive, some=default is None)
    if default is None:
        default = pairs.pop()[1]
    chain: Any = default
    for predicate, function in reversed(pairs):
        chain = _or_else(predicate, function, chain, strict)
    with name_scope(name, "case"):
        return chain() if pairs else _choose(0, [default], ["the function"], strict, "tf.case")


def _check_true(predicates: list[Any], *, exclusive: bool, some: bool) -> None:
    """Refuses predicates of which several are true, or none; all are read from their device."""
    found = [truth(predicate, "Switch", "pred", "tf.case") for predicate in predicates]
    problem = ""
    if exclusive and found.count(True) > 1:
        problem = "exclusive=True: more than 1 conditions evaluated as True"
    if some and found.count(False) == len(found):
        problem = "None of conditions evaluated as True"
    if problem:
        raise InvalidArgumentError(
            None, None, f"Input error: {problem}: {', '.join(map(str, found))}."
        )


def _or_else(predicate: Any, function: Branch, otherwise: Branch, strict: bool) -> Branch:
    return lambda: cond(predicate, function, otherwise, strict=strict)


# Any: what the functions give, with tensors where they give numbers.
def switch_case(
    branch_index: Any, branch_fns: Any, default: Branch | None = None, name: str = "switch_case"
) -> Any:
    """What the function of a number gives (tf.switch_case).

    >>> switch_case(torch.tensor(1), [lambda: 10, lambda: 20], default=lambda: 30)
    tensor(20, dtype=torch.int32)

    All functions run, and make their variables, as in `cond`.

    Args:
        branch_index: an integer, or a tensor of one.
        branch_fns: the functions, in order; or a dict or pairs of numbers from 0 on and functions.
        default: the function of all other numbers; by default that of the largest.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the number is no integer, or a function cannot be called.
        ValueError: there are no functions, or their numbers leave one out; or as in `cond`.
        RuntimeError: as in `cond`.
    """
    functions = _numbered(branch_fns)
    if default is not None:
        if not callable(default):
            raise TypeError(f"'default' must be callable. Received: {default!r}")
        functions.append(default)
    which = _index(branch_index)
    if which is not None and not 0 <= which < len(functions):
        which = len(functions) - 1
    said = [f"branch {each}" for each in range(len(functions))]
    return _choose(which, functions, said, True, "tf.switch_case")


def _numbered(branch_fns: Any) -> list[Branch]:
    """The functions in the order of their numbers."""
    pairs = branch_fns.items() if isinstance(branch_fns, dict) else branch_fns
    if not isinstance(branch_fns, list | tuple | dict):
        raise TypeError(
            f"'branch_fns' must be a list, tuple, or dict. Received {type(branch_fns)}."
        )
    pairs = list(pairs)
    if not pairs:
        raise ValueError("Must provide at least one item in 'branch_fns'. Received none.")
    if all(map(callable, pairs)):
        return pairs
    for each in pairs:
        if not isinstance(each, tuple) or len(each) != 2:
            raise TypeError(f"Each entry in 'branch_fns' must be a 2-tuple. Received {each}.")
        if not isinstance(each[0], int):
            raise TypeError(f"key must be a Python `int`, got {type(each[0])}. Received: {each}")
        if not callable(each[1]):
            raise TypeError(f"fn for key {each[0]} must be callable. Received: {each[1]!r}")
    by_number = dict(pairs)
    if set(by_number) != set(range(len(pairs))):
        raise ValueError(
            f"branch indices (keys) must form contiguous range of [0 to {len(pairs)}) but found "
            f"{{{','.join(map(str, sorted(by_number)))}}}"
        )
    return [by_number[each] for each in range(len(pairs))]


def _index(branch_index: Any) -> int | None:
    """Which function is meant; None where that has no value."""
    found = known.of(branch_index)
    if isinstance(found, int):
        return found
    index = as_tensor(branch_index)
    if index.dtype not in (torch.int32, torch.int64, torch.uint8, torch.int8, torch.int16):
        raise TypeError(
            "'branch_index' must be an integer Tensor, got <dtype: "
            f"'{dtype_name(index.dtype)}'>. Convert it first: tf.cast(x, tf.int32)."
        )
    value = number(index, "tf.switch_case")
    return None if value is None else int(value)


# Any: what the functions give, with tensors where they give numbers.
def smart_cond(
    pred: Any,
    true_fn: Branch | None = None,
    false_fn: Branch | None = None,
    name: str | None = None,
    fn1: Branch | None = None,
    fn2: Branch | None = None,
) -> Any:
    """What one of two functions gives; where Python knows which, the other does not run at all.

    Answers to tf.contrib.framework.smart_cond.

    >>> smart_cond(True, lambda: 1.0, lambda: print("never"))
    1.0

    Args:
        pred: True, False, 1 or 0: then one function is called, and its result given as it is. A
            tensor of one bool: then as `cond`.
        true_fn: the function where it is true.
        false_fn: the function where it is false.
        name: as in `cond`.
        fn1: an older name of `true_fn`.
        fn2: an older name of `false_fn`.

    Raises:
        TypeError: `pred` is something else, or a function cannot be called.
        ValueError, RuntimeError: as in `cond`.
    """
    true_fn = _branch("true_fn", true_fn, "fn1", fn1)
    false_fn = _branch("false_fn", false_fn, "fn2", fn2)
    value = smart_constant_value(pred)
    if value is None:
        return cond(pred, true_fn, false_fn, name=name)
    return true_fn() if value else false_fn()


def smart_constant_value(pred: Any) -> bool | None:
    """What Python knows of a predicate: a bool, or None where it is a tensor.

    Answers to tf.contrib.framework.smart_constant_value.

    >>> smart_constant_value(1), smart_constant_value(torch.tensor(True))
    (True, None)

    Args:
        pred: True, False, 1, 0 or a tensor.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(pred, Tensor):
        return None
    if getattr(pred, "dtype", None) == "bool" or (isinstance(pred, int) and pred in (0, 1)):
        return bool(pred)
    raise TypeError(
        f"`pred` must be a Tensor, or a Python bool, or 1 or 0. Found instead: {type(pred)}. Compare "
        "it with something."
    )


def _branch(name: str, function: Branch | None, older: str, given: Branch | None) -> Branch:
    """A function that TF1 knows under two names."""
    if given is not None:
        if function is not None:
            raise TypeError(f"cond(): '{name}' and '{older}' may not be set simultaneously.")
        function = given
    elif function is None:
        raise TypeError(f"cond(): '{name}' argument required")
    if not callable(function):
        raise TypeError(f"'{name}' must be callable. Received: {function!r}")
    return function


def _choose(
    taken: int | None, functions: Sequence[Branch], said: Sequence[str], strict: bool, by: str
) -> Any:
    """What the taken function gives, while all others run for what they make.

    Args:
        taken: its number; None where nothing is computed, so that any will do.
        functions: the functions.
        said: what they are, for messages.
        strict: whether a list or tuple of one stays one.
        by: who asks, for messages.
    """
    results = []
    for place, function in enumerate(functions):
        if place == (taken or 0):
            results.append(_result(function, said[place], strict))
        else:
            with uncomputed(f"What {by} does not take, {said[place]},"):
                results.append(_result(function, said[place], strict))
    result = results[taken or 0]
    for other, what in zip(results[1:], said[1:], strict=True):
        _check_alike(results[0], said[0], other, what)
    return result


def _result(function: Branch, said: str, strict: bool) -> Any:
    """What a function gives, as tensors and operations."""
    result = function()
    while not strict and isinstance(result, list | tuple) and len(result) == 1:
        if type(result).__name__ in ("Size", "Sizes"):
            break
        result = result[0]
    if result is None:
        raise ValueError(f"{said} must have a return value. It gave None.")
    return pack(result, [_value(leaf) for leaf in flatten(result)])


def _value(leaf: Any) -> Any:
    if isinstance(leaf, Variable):
        # It may be written to before this is read.
        return leaf.read_value()
    if isinstance(leaf, Tensor | Operation):
        return leaf
    if isinstance(leaf, int) and not isinstance(leaf, bool):
        return tensor_of(leaf, torch.int32, device_of_the_net())
    if leaf is None:
        raise ValueError("None values not supported. A branch gives tensors.")
    return as_tensor(wanted("branch", leaf))


def _check_alike(first: Any, said: str, other: Any, what: str) -> None:
    """Refuses results of different structures or dtypes; an operation is a bool to TF1."""
    check_same_structure(first, other)
    for one, two in zip(flatten(first), flatten(other), strict=True):
        dtypes = [torch.bool if isinstance(each, Operation) else each.dtype for each in (one, two)]
        if dtypes[0] == dtypes[1]:
            continue
        if isinstance(one, Tensor) and chooses_dtypes(one.device):
            continue
        raise ValueError(
            f"Outputs of {said} and {what} must have the same type(s). Received "
            f"{dtype_name(dtypes[0])} from {said} and {dtype_name(dtypes[1])} from {what}."
        )
