"""Variables from checkpoints, as slim takes them. These functions need the extra `checkpoint`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from torchscope._core.values.conversion import shape_text
from torchscope.slim.variables import get_variable_full_name

_LOG = logging.getLogger("torchscope")
Variables = Sequence[Any] | Mapping[str, Any]


def assign_from_checkpoint(
    model_path: str, var_list: Variables, ignore_missing_vars: bool = False
) -> tuple[Callable[[], None], dict[Any, Any]]:
    """What gives variables their values from a checkpoint (slim.assign_from_checkpoint).

    Args:
        model_path: the path of the checkpoint.
        var_list: the variables, or a dict of variables, or lists of their pieces, by names in the
            checkpoint.
        ignore_missing_vars: whether those that the checkpoint has not are left out, with a warning.

    Returns:
        A function that assigns, and an empty dict where TF1 had its feed_dict.

    Raises:
        ValueError: the checkpoint has no such variable, or one of another shape.
        CheckpointError: the checkpoint cannot be read.
    """
    from torchscope.checkpoint import load_checkpoint  # noqa: PLC0415 - it needs an extra

    pairs: list[tuple[Any, Any]] = []
    with load_checkpoint(model_path) as checkpoint:
        for name, variables in _grouped(var_list).items():
            if name not in checkpoint:
                if not ignore_missing_vars:
                    raise ValueError(
                        f"Checkpoint is missing variable [{name}]. It is {model_path}."
                    )
                _LOG.warning("Checkpoint is missing variable [%s]", name)
                continue
            value = checkpoint[name]
            for variable in variables:
                part = value[_slice_of(variable)]
                if part.shape != variable.shape:
                    raise ValueError(
                        f"Total size of new array must be unchanged for {name} lh_shape: "
                        f"[{shape_text(value.shape)}], rh_shape: [{shape_text(variable.shape)}]"
                    )
                pairs.append((variable, part))

    def assign() -> None:
        with torch.no_grad():
            for variable, part in pairs:
                variable.assign(part.to(variable.device))

    return assign, {}


def _grouped(var_list: Variables) -> dict[str, list[Any]]:
    """The variables, or pieces, by the name that the whole has in the checkpoint."""
    if isinstance(var_list, Mapping):
        return {
            name: list(value) if isinstance(value, (list, tuple)) else [value]
            for name, value in var_list.items()
        }
    grouped: dict[str, list[Any]] = {}
    for variable in var_list:
        grouped.setdefault(get_variable_full_name(variable), []).append(variable)
    return grouped


def _slice_of(variable: Any) -> tuple[slice, ...]:
    """Which part of the whole a variable is."""
    initial = variable._ts_record.initial
    partition = None if initial is None else initial.partition
    if partition is None:
        return ()
    return tuple(
        slice(start, start + length)
        for start, length in zip(partition.var_offset, variable.shape, strict=True)
    )


def assign_from_checkpoint_fn(
    model_path: str,
    var_list: Variables,
    ignore_missing_vars: bool = False,
    reshape_variables: bool = False,
) -> Callable[..., None] | None:
    """A function of a session, which it has no use for, that restores variables.

    Answers to slim.assign_from_checkpoint_fn.

    Args:
        model_path: the path of the checkpoint.
        var_list: the variables, or a dict of variables by names in the checkpoint.
        ignore_missing_vars: whether those that the checkpoint has not are left out, with a warning.
        reshape_variables: whether one of another shape with as many elements is taken.

    Returns:
        The function, or None where nothing is left to restore.

    Raises:
        ValueError: there are no variables.
        CheckpointError: the checkpoint cannot be read.
    """
    from torchscope.checkpoint import Saver, load_checkpoint  # noqa: PLC0415 - it needs an extra

    if not var_list:
        raise ValueError("var_list cannot be empty")
    if ignore_missing_vars:
        named = var_list if isinstance(var_list, Mapping) else {v.op.name: v for v in var_list}
        with load_checkpoint(model_path) as checkpoint:
            present = {name: each for name, each in named.items() if name in checkpoint}
        for name in named:
            if name not in present:
                _LOG.warning("Variable %s missing in checkpoint %s", name, model_path)
        var_list = present
    if not var_list:
        _LOG.warning("No Variables to restore")
        return None
    saver = Saver(var_list, reshape=reshape_variables)

    def callback(session: Any = None) -> None:
        saver.restore(session, model_path)

    return callback
