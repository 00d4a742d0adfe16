"""restore_module: a plain nn.Module takes its values from a TF1 checkpoint, by a table of rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from torchscope._core.values import errors
from torchscope._core.values.conversion import dtype_name, shape_text
from torchscope.checkpoint.at_once import interrupts_wait, write
from torchscope.checkpoint.matching import Restored
from torchscope.checkpoint.modules.recurrent import CannotConvertError
from torchscope.checkpoint.modules.rules import RULES, Rule
from torchscope.checkpoint.modules.saved_scopes import MissingError, SavedScope
from torchscope.checkpoint.renaming import Rename, names_in_net
from torchscope.checkpoint.sources import Readable, Source

Scopes = str | Mapping[str, str | None] | Callable[[str], str | None]


def restore_module(
    module: nn.Module,
    source: Readable,
    scopes: Scopes | None = None,
    *,
    rules: Mapping[type[nn.Module] | str, Rule] | None = None,
    strict: bool = True,
    rename: Rename | None = None,
    convert_dtypes: bool = False,
    moving_averages: bool | str = False,
) -> Restored:
    """Fills a plain nn.Module from a TF1 checkpoint, with its layouts turned into torch's.

    >>> import torch
    >>> from torchscope.checkpoint import restore_module
    >>> net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 5), torch.nn.BatchNorm2d(8))
    >>> saved = {"conv1/weights": torch.randn(5, 5, 3, 8), "conv1/biases": torch.zeros(8)}
    >>> saved |= {f"bn/{name}": torch.ones(8) for name in ("beta", "moving_mean", "moving_variance")}
    >>> restore_module(net, saved, {"0": "conv1", "1": "bn"})
    Restored(6 matched)
    >>> torch.equal(net[0].weight, saved["conv1/weights"].permute(3, 2, 0, 1))
    True

    Each submodule that has parameters is filled by the rule of its type, which knows TF1's names
    and layout for it: see `rules`. Names alone decide what fills what; shapes are checked. What a
    checkpoint does not tell must be right in the module: the epsilon of batch normalisation (TF1's
    is 1e-3), SAME padding, the forget_bias of an LSTM that was not made with 1 (`lstm`), and the
    activations: Keras' LSTM and GRU had a hard sigmoid by default in TF1, which torch's have not.

    All is checked before anything is written. Parameters keep their identity, layout and device.

    Args:
        module: the module.
        source: the path of a checkpoint, or a mapping from names to tensors.
        scopes: the scope of each submodule, by its path: ``{"encoder.fc": "model/enc/dense"}``. What
            is inside a submodule follows it. None for a path leaves that part as it is. A path that is
            not given, as the submodules ``a.b``, is the scope ``a/b``. It can be a function of a
            path; or a text, the scope of `module` itself.
        rules: further rules, which come before the known ones: for a type, or for one path. A rule is
            a function of the submodule and its `SavedScope` that gives the tensors by their
            names in the submodule: ``lambda module, scope: {"weight": scope.one("kernel").T}``.
        strict: whether every parameter must be found. If not, submodules that do not fit are left
            as they are, and the result names them.
        rename: as for `restore`; it comes before scopes.
        convert_dtypes: as for `restore`.
        moving_averages: as for `restore`.

    Returns:
        What was filled, by the parameters' names in the module, and what was not.

    Raises:
        CheckpointError: the checkpoint cannot be read, a checksum is wrong, or `strict` and something
            does not fit: then all that does not fit is listed. A ValueError.
        ValueError: `rename` gives one name to several tensors, or a path is not in the module.
        TypeError: an argument is of another kind.
    """
    if not isinstance(module, nn.Module):
        raise TypeError(f"restore_module fills an nn.Module; this is {module!r:.200}")
    opened = Source(source)
    names = names_in_net(opened.names, rename, moving_averages)
    own = dict(rules or {})
    scope_of = _scope_of(scopes)
    paths = dict(module.named_modules())
    given = [
        *(scopes if isinstance(scopes, Mapping) else ()),
        *(k for k in own if isinstance(k, str)),
    ]
    unknown = [path for path in given if path not in paths]
    if unknown:
        known = errors.nearest(unknown[0], paths)
        raise ValueError(
            f"This {type(module).__name__} has no submodule {', '.join(map(repr, unknown))}.{known}"
        )
    plans: list[_Plan] = []
    problems: dict[str, str] = {}
    missing: list[str] = []
    for path, each in paths.items():
        scope = scope_of(path)
        if scope is None or not _has_tensors(each):
            continue
        rule = _rule_for(each, path, own)
        plan = _planned(path, each, scope, rule, opened, names, convert_dtypes=convert_dtypes)
        problems |= plan.problems
        missing += plan.missing
        plans.append(plan)
    # A tensor that is shared between submodules is filled once.
    filled = {id(tensor) for plan in plans for tensor in plan.targets.values()}
    tensors = _tensors(module)
    for name in [n for n in problems if n in tensors and id(tensors[n]) in filled]:
        del problems[name]
        missing = [other for other in missing if other != name]
    if strict and problems:
        lines = [f"  {name}: {text}" for name, text in problems.items()]
        lines.append(
            "If a submodule has another name in the checkpoint, give its scope in scopes, or None to "
            "leave it out; for a module of your own, a rule in rules."
        )
        raise opened.fail(
            f"Restoring from checkpoint failed. Of the {len(tensors)} parameters and buffers of this "
            f"{type(module).__name__}, {len(problems)} cannot be filled, and nothing was written:",
            lines=lines,
        )
    for plan in plans:
        for name in plan.used:
            opened.verify(name)
    # Rules are somebody's own code: all have given their values before the first is written. What
    # they give are mostly views of what is mapped from the file.
    fills: list[tuple[str, Callable[[], Any]]] = []
    matched: dict[str, str] = {}
    with torch.no_grad():
        for plan in plans:
            if not plan.targets:
                continue
            values = plan.rule(plan.module, SavedScope(plan.scope, opened, names, values=True))
            for name, target in plan.targets.items():
                full = _join(plan.path, name)
                fills.append((full, partial(target.detach().copy_, values[name])))
                matched[full] = ", ".join(dict.fromkeys(plan.used))
        with interrupts_wait():
            write(fills, opened)
    used = {name for plan in plans for name in plan.used}
    return Restored(
        matched=matched,
        missing=tuple(missing),
        other_shape={n: text for n, text in problems.items() if n not in missing},
        unexpected=tuple(name for name in opened.names if name not in used),
    )


class _Plan(NamedTuple):
    """What is to be written to one submodule, and what does not fit, by names in the module."""

    path: str
    module: nn.Module
    scope: str
    rule: Rule
    targets: dict[str, Tensor]
    used: list[str]
    problems: dict[str, str]
    missing: list[str]


def _planned(
    path: str,
    module: nn.Module,
    scope: str,
    rule: Rule | None,
    source: Source,
    names: Mapping[str, str],
    *,
    convert_dtypes: bool,
) -> _Plan:
    """Runs a rule on shapes alone, and compares what it gives with what the module has."""
    seen = SavedScope(scope, source, names, values=False)
    targets: dict[str, Tensor] = {}
    problems: dict[str, str] = {}
    missing: list[str] = []
    plan = _Plan(path, module, scope, rule or _none, targets, seen.used, problems, missing)
    here = dict(module.named_parameters(recurse=False))
    about = f"{type(module).__name__} at scope {scope!r}"
    if rule is None:
        for name in here:
            problems[_join(path, name)] = (
                f"there is no rule for {type(module).__name__}. Give one, rules="
                f"{{{type(module).__name__}: function}}, or as_is for its own names and layouts"
            )
        return plan
    try:
        given = rule(module, seen)
    except (MissingError, CannotConvertError) as error:
        text = f"{error} ({about})"
        if isinstance(error, MissingError):
            wanted = str(error).removeprefix("Key ").partition(" ")[0]
            text += errors.nearest(wanted, names)
            missing.extend(_join(path, name) for name in here)
        for name in here:
            problems[_join(path, name)] = text
        return plan
    buffers = dict(module.named_buffers(recurse=False))
    for name, value in given.items():
        target = here.get(name, buffers.get(name))
        full = _join(path, name)
        if target is None:
            problems[full] = f"the checkpoint has it, and the module has not ({about})"
        elif target.shape != value.shape:
            problems[full] = (
                f"the module has shape {shape_text(target.shape)}, the checkpoint gives "
                f"{shape_text(value.shape)} from {', '.join(seen.used)} ({about})"
            )
        elif value.dtype != target.dtype and not (
            convert_dtypes and torch.can_cast(value.dtype, target.dtype)
        ):
            problems[full] = (
                f"the module has dtype {dtype_name(target.dtype)}, the checkpoint "
                f"{dtype_name(value.dtype)} ({about})"
            )
        else:
            targets[name] = target
    for name in here:
        if name not in given:
            full = _join(path, name)
            problems[full] = f"the checkpoint has nothing for it ({about})"
            missing.append(full)
    if problems:
        # A submodule is filled as a whole or not at all.
        targets.clear()
        seen.used.clear()
    return plan


def _none(module: nn.Module, scope: SavedScope) -> Mapping[str, Tensor]:
    return {}


def _rule_for(
    module: nn.Module, path: str, own: Mapping[type[nn.Module] | str, Rule]
) -> Rule | None:
    """The rule for a path, or for the nearest of a module's types."""
    if path in own:
        return own[path]
    for kind in type(module).__mro__:
        if kind in own:
            return own[kind]
        if kind in RULES:
            return RULES[kind]
    return None


def _scope_of(scopes: Scopes | None) -> Callable[[str], str | None]:
    """The scope of a path: what is given for it, or for what it is inside of."""
    if scopes is None:
        scopes = {}
    if isinstance(scopes, str):
        scopes = {"": scopes}
    if callable(scopes):
        return scopes
    if not isinstance(scopes, Mapping):
        raise TypeError(
            "scopes must be a dict from the paths of submodules to scopes, a function, or the scope "
            f"of the module itself; not {scopes!r:.200}"
        )
    by_path = {path: None if s is None else s.strip("/") for path, s in scopes.items()}

    def scope_of(path: str) -> str | None:
        outer, inner = path, ""
        while outer and outer not in by_path:
            outer, _, leaf = outer.rpartition(".")
            inner = f"{leaf}/{inner}" if inner else leaf
        scope = by_path.get(outer, "")
        return None if scope is None else "/".join(part for part in (scope, inner) if part)

    return scope_of


def _has_tensors(module: nn.Module) -> bool:
    tensors: list[Any] = [*module._parameters.values()]
    tensors += [module._buffers.get("running_mean")]
    return any(tensor is not None for tensor in tensors)


def _tensors(module: nn.Module) -> dict[str, Tensor]:
    """The parameters and buffers of a module, those that are shared under each of their names."""
    return {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
