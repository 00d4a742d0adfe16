"""Functions of one element after the other: maps, scans and folds along the first axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.running.dry_run import uncomputed
from torchscope._core.running.looping import UNRUN, carried
from torchscope._core.running.repetition import Repetition
from torchscope._core.values.conversion import as_dtype, chooses_dtypes, dtype_name, shape_text
from torchscope._core.values.structures import check_same_structure, flatten, pack


# Any: a structure like what the function gives.
def map_fn(
    fn: Callable[[Any], Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
    fn_output_signature: Any = None,
) -> Any:
    """What a function gives for each element, put together along a new first axis (tf.map_fn).

    >>> map_fn(lambda x: x.sum(), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([3., 7.])

    The function makes its variables for the first element, and gets the same for all others. The elements
    have their turns one after the other; torch.vmap, or an operation on the whole tensor, is faster.

    Args:
        fn: gives, of an element, a tensor; or of a structure of them, a structure.
        elems: tensors of one length, in any nesting.
        dtype: the dtypes of what the function gives, in its structure; by default those of `elems`.
        parallel_iterations: accepted for TF1 code; it has no effect.
        back_prop: whether gradients flow through it.
        swap_memory: accepted for TF1 code; it has no effect.
        infer_shape: accepted for TF1 code; it has no effect.
        name: the name of the name scope; 'map' by default.
        fn_output_signature: another name of `dtype`.

    Raises:
        TypeError: `fn` cannot be called, or gives another dtype or kind of structure.
        ValueError: there are no elements, or not equally many in all tensors; or what `fn` gives
            differs in structure, or in shape from element to element.
    """
    count, each = _elements(fn, elems)
    dtypes = fn_output_signature if dtype is None else dtype
    with _loop(name, "map", back_prop=back_prop) as repetition:
        given = []
        for number in range(count):
            with repetition.turn():
                given.append(_checked(fn(each(number)), elems, dtypes))
        if given:
            return _stacked(given, back_prop=back_prop)
        with uncomputed(UNRUN):
            example = _checked(fn(each(None)), elems, dtypes)
    return pack(example, [_none_of(leaf, elems) for leaf in flatten(example)])


# Any: a structure like what the function gives.
def scan(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """All that a function makes of what it made before and the next element (tf.scan).

    >>> scan(lambda a, x: a + x, torch.tensor([1.0, 2.0, 3.0]))
    tensor([1., 3., 6.])

    The function makes its variables on its first turn, and gets the same on every other.

    Args:
        fn: gives, of what it gave last and of an element, the next: the same structure and dtypes.
        elems: tensors of one length, in any nesting.
        initializer: what it gave last, at first; by default the first element, which is given as it is.
        parallel_iterations: accepted for TF1 code; it has no effect.
        back_prop: whether gradients flow through it.
        swap_memory: accepted for TF1 code; it has no effect.
        infer_shape: accepted for TF1 code; it has no effect.
        reverse: whether to begin at the last element. The result is in the order of the elements.
        name: the name of the name scope; 'scan' by default.

    Raises:
        TypeError: `fn` cannot be called, or gives another dtype or kind of structure.
        ValueError: there are no elements, or not equally many in all tensors; or what `fn` gives
            differs in structure or shape.
        InvalidArgumentError: there is no element to begin with.
    """
    given: list[Any] = []
    last = _folded(
        fn, elems, initializer, "scan", name, given, back_prop=back_prop, reverse=reverse
    )
    if not given:
        return pack(last, [_none_of(leaf, elems) for leaf in flatten(last)])
    return _stacked(given[::-1] if reverse else given, back_prop=back_prop)


# Any: a structure like what the function gives.
def foldl(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """The last of what a function makes of what it made before and the next element (tf.foldl).

    >>> foldl(lambda a, x: a - x, torch.tensor([1.0, 2.0, 3.0]))
    tensor(-4.)

    Args:
        fn: gives, of what it gave last and of an element, the next: the same structure and dtypes.
        elems: tensors of one length, in any nesting.
        initializer: what it gave last, at first; by default the first element.
        parallel_iterations: accepted for TF1 code; it has no effect.
        back_prop: whether gradients flow through it.
        swap_memory: accepted for TF1 code; it has no effect.
        name: the name of the name scope; 'foldl' by default.

    Raises:
        TypeError, ValueError, InvalidArgumentError: as in `scan`; shapes may change.
    """
    return _detached(
        _folded(fn, elems, initializer, "foldl", name, [], back_prop=back_prop, reverse=False),
        back_prop=back_prop,
    )


# Any: a structure like what the function gives.
def foldr(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """`foldl` from the last element to the first (tf.foldr).

    >>> foldr(lambda a, x: a - x, torch.tensor([1.0, 2.0, 3.0]))
    tensor(0.)

    Args:
        fn: gives, of what it gave last and of an element, the next: the same structure and dtypes.
        elems: tensors of one length, in any nesting.
        initializer: what it gave last, at first; by default the last element.
        parallel_iterations: accepted for TF1 code; it has no effect.
        back_prop: whether gradients flow through it.
        swap_memory: accepted for TF1 code; it has no effect.
        name: the name of the name scope; 'foldr' by default.

    Raises:
        TypeError, ValueError, InvalidArgumentError: as in `scan`; shapes may change.
    """
    return _detached(
        _folded(fn, elems, initializer, "foldr", name, [], back_prop=back_prop, reverse=True),
        back_prop=back_prop,
    )


@contextmanager
def _loop(name: str | None, default: str, *, back_prop: bool) -> Iterator[Repetition]:
    """The name scopes that TF1 opens around the body of a loop, and its turns."""
    grad = nullcontext() if back_prop else torch.no_grad()
    with name_scope(name, default), name_scope("while"), grad:
        yield Repetition()


def _folded(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any,
    default: str,
    name: str | None,
    given: list[Any],
    *,
    back_prop: bool,
    reverse: bool,
) -> Any:
    """The last of what the function makes; all of it is appended to `given`."""
    count, each = _elements(fn, elems)
    numbers = list(range(count))[:: -1 if reverse else 1]
    if initializer is not None:
        last = pack(initializer, [_tensor(leaf) for leaf in flatten(initializer)])
    elif numbers:
        last = each(numbers.pop(0))
        given.append(last)
    else:
        raise InvalidArgumentError(
            None,
            None,
            f"There is no element to begin with: tf.{default} was given none, and no initializer.",
        )
    with _loop(name, default, back_prop=back_prop) as repetition:
        for number in numbers:
            with repetition.turn():
                last = _next(fn, last, each(number))
                given.append(last)
        if not numbers:
            with uncomputed(UNRUN):
                _next(fn, last, each(None))
    return last


def _next(fn: Callable[[Any, Any], Any], last: Any, element: Any) -> Any:
    made = fn(last, element)
    check_same_structure(last, made)
    pairs = zip(flatten(last), flatten(made), strict=True)
    return pack(made, [_tensor(carried(before, after)) for before, after in pairs])


def _tensor(leaf: Any) -> Tensor:
    return leaf if isinstance(leaf, Tensor) else as_tensor(leaf)


def _elements(fn: Any, elems: Any) -> tuple[int, Callable[[int | None], Any]]:
    """How many elements there are; and what gives one by its number, or by None one like them."""
    if not callable(fn):
        raise TypeError(f"fn must be callable. Received: {fn!r}")
    tensors = [as_tensor(leaf) for leaf in flatten(elems)]
    if not tensors:
        raise ValueError(
            "elems must be a Tensor or (possibly nested) sequence of Tensors. "
            f"Got {elems!r}, which does not contain any Tensors."
        )
    for each in tensors:
        if not each.ndim:
            raise ValueError(
                "Elements in elems must be 1+ dimensional Tensors, not scalars. A list is a structure "
                "of tensors: make one tensor of it, with tf.convert_to_tensor."
            )
    count = tensors[0].shape[0]
    for each in tensors:
        if each.shape[0] != count:
            raise ValueError(f"Dimensions {count} and {each.shape[0]} are not compatible")
    numbers = [known.of(each) for each in tensors]

    def element(number: int | None) -> Any:
        if number is None:
            return pack(elems, [each.new_zeros(each.shape[1:]) for each in tensors])
        return pack(
            elems,
            [
                each[number] if of is None else known.note(each[number], of[number])
                for each, of in zip(tensors, numbers, strict=True)
            ],
        )

    return int(count), element


def _checked(made: Any, elems: Any, dtypes: Any) -> Any:
    """What the function of a map gives, as tensors of the dtypes that were said."""
    like = elems if dtypes is None else dtypes
    check_same_structure(like, made)
    tensors = []
    for wanted, leaf in zip(flatten(like), flatten(made), strict=True):
        dtype = as_tensor(wanted).dtype if dtypes is None else as_dtype(_dtype_of(wanted))
        tensor = leaf if isinstance(leaf, Tensor) else as_tensor(leaf, dtype=dtype)
        if tensor.dtype != dtype and not chooses_dtypes(tensor.device):
            raise TypeError(
                f"Input value has dtype {dtype_name(tensor.dtype)}, but expected dtype "
                f"{dtype_name(dtype)}. map_fn takes the dtypes of what its function gives as `dtype`; "
                "without it they are those of the elements."
            )
        tensors.append(tensor)
    return pack(made, tensors)


def _dtype_of(signature: Any) -> Any:
    """A dtype, or what has one."""
    return getattr(signature, "dtype", signature)


def _stacked(given: list[Any], *, back_prop: bool) -> Any:
    """What was given for each element, put together."""
    columns = []
    for leaves in zip(*map(flatten, given), strict=True):
        for leaf in leaves:
            if leaf.shape != leaves[0].shape:
                raise ValueError(
                    f"Inconsistent shapes: saw {shape_text(leaf.shape)} but expected "
                    f"{shape_text(leaves[0].shape)}. All elements have to give one shape."
                )
        columns.append(torch.stack(leaves))
    return _detached(pack(given[0], columns), back_prop=back_prop)


def _detached(result: Any, *, back_prop: bool) -> Any:
    if back_prop:
        return result
    return pack(result, [leaf.detach() for leaf in flatten(result)])


def _none_of(leaf: Tensor, elems: Any) -> Tensor:
    """No element of this shape and dtype."""
    device = as_tensor(flatten(elems)[0]).device
    return torch.zeros((0, *leaf.shape), dtype=leaf.dtype, device=device)
