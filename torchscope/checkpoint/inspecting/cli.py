"""The command line: checkpoints listed, measured, compared, converted, verified and drawn."""

from __future__ import annotations

import dataclasses
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from torch import nn
from tqdm import tqdm  # type: ignore[import-untyped]

from torchscope._core.running.build import build
from torchscope._core.store.places import REGISTRY
from torchscope._core.values.conversion import shape_text
from torchscope._core.version import __version__
from torchscope.checkpoint.converting import convert as convert_file
from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.inspecting.comparing import Diff, Pair
from torchscope.checkpoint.inspecting.comparing import diff as compare
from torchscope.checkpoint.inspecting.descriptions import Description, describe, mapping_of, strange
from torchscope.checkpoint.inspecting.printing import (
    Cell,
    fail,
    many,
    print_json,
    print_line,
    print_table,
    section,
    size_text,
    telling,
)
from torchscope.checkpoint.inspecting.report import report as write_report
from torchscope.checkpoint.inspecting.statistics import Statistics, statistics
from torchscope.checkpoint.partners import natural
from torchscope.checkpoint.reading import load_checkpoint

app: typer.Typer = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_SIDE = (
    "A checkpoint of any format, a safetensors file, or package.module:function, which returns a "
    "net, or a net and example inputs with which ts.build makes its variables."
)
_Given = Annotated[str, typer.Argument(metavar="CHECKPOINT", help="A checkpoint, however named.")]
_Pattern = Annotated[
    str | None, typer.Argument(metavar="[REGEX]", help="Only names in which it is found.")
]
_Rename = Annotated[
    list[str] | None,
    typer.Option(
        metavar="REGEX=NEW", help="What names of the second are in the first; more than once."
    ),
]
_Only = Annotated[
    str | None, typer.Option(metavar="REGEX", help="Only names, of the first, that begin with it.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _version(asked: bool) -> None:
    if asked:
        print_line(f"torchscope {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """TF1 checkpoints without TensorFlow, and other files of weights."""


@app.command()
@telling(1)
def ls(path: _Given, pattern: _Pattern = None, as_json: _Json = False) -> None:
    """Lists the variables: a tree of scopes with shapes, dtypes, sizes and totals."""
    source = load_checkpoint(path)
    seen = describe(source)
    wanted = {name: seen[name] for name in _wanted(seen, pattern)}
    elements = sum(each.elements for each in wanted.values())
    size = sum(each.nbytes for each in wanted.values())
    if as_json:
        variables = [{"name": name, **dataclasses.asdict(each)} for name, each in wanted.items()]
        print_json(
            {
                "path": str(source.path),
                "format": source.format,
                "variables": variables,
                "elements": elements,
                "nbytes": size,
            }
        )
        return
    print_table(_tree(wanted))
    print_line(f"{many(len(wanted))}, {elements:,} values, {size_text(size)} ({source.format})")


@app.command()
@telling(1)
def stat(path: _Given, pattern: _Pattern = None, as_json: _Json = False) -> None:
    """Prints the least, the greatest, the mean and the deviation, and what is not finite."""
    source = load_checkpoint(path)
    found = statistics(source, _wanted(source, pattern), _bar)
    if as_json:
        print_json({name: dataclasses.asdict(each) for name, each in found.items()})
        return
    head = ["name", "count", "min", "max", "mean", "std", "NaN", "inf"]
    print_table([[(text, "bold") for text in head], *map(_stat_row, found, found.values())])


@app.command()
@telling(2)
def diff(
    a: Annotated[str, typer.Argument(help=_SIDE)],
    b: Annotated[str, typer.Argument(help="The same.")],
    values: Annotated[bool, typer.Option(help="Compare values too.")] = True,
    rtol: Annotated[float, typer.Option(min=0, help="How far apart is equal, times B's.")] = 0.0,
    atol: Annotated[float, typer.Option(min=0, help="How far apart is equal, beside that.")] = 0.0,
    rename: _Rename = None,
    only: _Only = None,
    as_json: _Json = False,
) -> None:
    """Compares names, shapes, dtypes and values; exits with 0 if equal, 1 if not, 2 in trouble."""
    found = compare(
        _side(a),
        _side(b),
        values=values,
        rtol=rtol,
        atol=atol,
        rename=_pairs(rename),
        only=_expression(only),
        watch=_bar,
    )
    if as_json:
        print_json({"same": found.same, **dataclasses.asdict(found)})
    else:
        _print_diff(found)
    raise typer.Exit(0 if found.same else 1)


@app.command()
@telling(1)
def convert(
    source: Annotated[str, typer.Argument(help="A checkpoint of any format.")],
    target: Annotated[
        str,
        typer.Argument(
            help="By its ending: .safetensors, .pt, .npz; else the name of a V2 one, as model.ckpt."
        ),
    ],
    drop_slots: Annotated[
        bool, typer.Option("--drop-slots", help="Leave out what optimizers keep.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace what is there.")] = False,
) -> None:
    """Writes a checkpoint in another format."""
    left_out = convert_file(source, target, drop_slots=drop_slots, force=force, watch=_bar)
    told = f", without {many(len(left_out))} of optimizers" if left_out else ""
    print_line(f"{target} is written{told}.")


@app.command()
@telling(1)
def verify(path: _Given) -> None:
    """Reads everything, and checks every checksum; exits with 1 if something is wrong."""
    source = load_checkpoint(path)
    unread = {name: str(source.dtypes[name]) for name in strange(source)}
    wrong: dict[str, str] = {}
    for name in _bar([name for name in source if name not in unread]):
        try:
            source.verify(name)
        except (CheckpointError, OSError) as error:  # noqa: PERF203 - one bad one is not the end
            wrong[name] = str(error)
    print_table([[(name, "red"), (said, "")] for name, said in wrong.items()])
    print_table(
        [
            [(name, "yellow"), (f"is not checked: no tensor can hold its dtype, {dtype}.", "")]
            for name, dtype in sorted(unread.items())
        ]
    )
    if wrong:
        fail(f"{len(wrong)} of {many(len(source))} cannot be trusted.", 1)
    size = sum(source.nbytes(name) for name in source if name not in unread)
    print_line(
        f"{many(len(source) - len(unread))}, {size_text(size)}: nothing is wrong with them, by their "
        f"checksums ({source.checksum})."
        if source.checksum
        else f"{many(len(source) - len(unread))}, {size_text(size)}: all of them can be read. Whether "
        f"the values are those that were written cannot be told: this file has no checksums "
        f"({source.format})."
    )


@app.command()
@telling(1)
def report(
    model: Annotated[str, typer.Argument(help=_SIDE)],
    checkpoint: Annotated[str, typer.Argument(help="The same.")],
    output: Annotated[
        str, typer.Option("--output", "-o", help="The file to write.")
    ] = "report.html",
    rename: _Rename = None,
    only: _Only = None,
) -> None:
    """Writes a page of HTML that shows a model against a checkpoint."""
    against = _side(checkpoint)
    write_report(
        _side(model),
        against,
        output,
        titles=(model, checkpoint),
        rename=_pairs(rename),
        only=_expression(only),
    )
    print_line(f"{output} is written: open it in a browser.")
    meta = f"{getattr(against, 'path', '')}.meta"
    if Path(meta).is_file():
        print_line(f"The graph is beside the checkpoint: torchscope-ckpt graph {meta} tells of it.")


# What is given


def _side(given: str) -> Mapping[str, Any]:
    """The variables of a path, or of the net that a function builds."""
    if Path(given).exists() or not _FUNCTION.fullmatch(given):
        source: Mapping[str, Any] = load_checkpoint(given)
        return source
    module_name, _, function_name = given.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        function: Any = importlib.import_module(module_name)
        for part in function_name.split("."):
            function = getattr(function, part)
        made = function()
    except Exception as error:
        # It is the user's code: whatever it raises.
        raise ValueError(f"{given} fails with {type(error).__name__}: {error}") from error
    net, inputs = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    if not isinstance(net, nn.Module):
        raise TypeError(
            f"{given} is to return an nn.Module, or one and its example inputs; it returned "
            f"{made!r:.100}."
        )
    registered = any(REGISTRY in module.__dict__ for module in net.modules())
    if registered and inputs is not None:
        if isinstance(inputs, dict):
            build(net, **inputs)
        else:
            build(net, *(inputs if isinstance(inputs, tuple | list) else (inputs,)))
    try:
        return mapping_of(net)
    except ValueError as error:
        raise ValueError(
            f"{error} Or let {given} return (net, example_inputs)." if inputs is None else error
        ) from error


def _expression(pattern: str | None) -> str | None:
    """A regular expression, once it is known to be one."""
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}.") from None
    return pattern


def _pairs(given: list[str] | None) -> list[tuple[str, str]]:
    """Regular expressions and what they are replaced by. No name has an equals sign."""
    pairs = []
    for text in given or ():
        pattern, equals, new = text.rpartition("=")
        if not equals:
            raise ValueError(f"--rename takes REGEX=NEW, such as ^old/=new/; not {text!r}.")
        pairs.append((_expression(pattern) or "", new))
    return pairs


def _wanted(names: Iterable[str], pattern: str | None) -> list[str]:
    wanted = re.compile(_expression(pattern) or "")
    found = [name for name in names if wanted.search(name)]
    if pattern is not None and not found:
        raise ValueError(f"{pattern!r} is found in no name.")
    return found


def _bar(names: list[str]) -> Iterable[str]:
    """The names, with a bar on a terminal once a second has passed."""
    shown: Iterable[str] = tqdm(names, unit=" variables", delay=1, disable=None, leave=False)
    return shown


# What is printed


def _tree(seen: Mapping[str, Description]) -> list[list[Cell]]:
    """Rows for the scopes and the variables in them, with lines that lead to them."""
    root: dict[str, Any] = {}
    for name, each in seen.items():
        # A file that nests without end is no reason to.
        *path, leaf = name.split("/" if "/" in name else ".", 100)
        scope = root
        for part in path:
            # A scope and a variable may have one name.
            scope = scope.setdefault(part + "/", {})
        scope[leaf] = each
    rows: list[list[Cell]] = []

    def visit(scope: dict[str, Any], lines: str) -> tuple[int, int]:
        number = size = 0
        last = len(scope) - 1
        for i, key in enumerate(sorted(scope, key=natural)):
            child = scope[key]
            branch, below = ("", "") if scope is root else _BRANCHES[i == last]
            if isinstance(child, dict):
                row: list[Cell] = [(lines + branch + key, "bold"), ("", "")]
                rows.append(row)
                inside, bytes_inside = visit(child, lines + below)
                row += [(many(inside), "dim"), (size_text(bytes_inside), ">bold")]
            else:
                inside, bytes_inside = 1, child.nbytes
                shape = (shape_text(child.shape), "cyan")
                dtype = (child.dtype, "green")
                rows.append(
                    [(lines + branch + key, ""), shape, dtype, (size_text(child.nbytes), ">")]
                )
            number, size = number + inside, size + bytes_inside
        return number, size

    visit(root, "")
    return rows


_BRANCHES = {False: ("├─ ", "│  "), True: ("└─ ", "   ")}


def _stat_row(name: str, each: Statistics) -> list[Cell]:
    numbers = [_number(n) for n in (each.min, each.max, each.mean, each.std)]
    bad = [(str(count), ">bold red" if count else ">dim") for count in (each.nans, each.infinities)]
    return [(name, ""), (f"{each.count:,}", ">"), *((n, ">cyan") for n in numbers), *bad]


def _print_diff(found: Diff) -> None:
    def partner(name: str) -> Cell:
        likely = found.partners.get(name)
        if likely is None:
            return "", ""
        if likely.name == name:
            return "the same dimensions in another order", "yellow"
        order = "" if likely.same_shape else ", its dimensions in another order"
        return f"likely {likely.name}{order}", "yellow"

    def alone(side: Mapping[str, Description]) -> list[list[Cell]]:
        return [
            [(name, ""), (shape_text(each.shape), "cyan"), (each.dtype, "green"), partner(name)]
            for name, each in side.items()
        ]

    def values(pair: Pair) -> list[Cell]:
        assert pair.values is not None
        return [
            (pair.name, ""),
            (f"{pair.values.differing:,} of {pair.a.elements:,}", ">"),
            (f"max abs {_number(pair.values.max_abs)}", "cyan"),
            (f"max rel {_number(pair.values.max_rel)}", "cyan"),
        ]

    section("only in A", alone(found.only_a))
    section("only in B", alone(found.only_b))
    section(
        "other shapes",
        [
            [(p.name, ""), (_change(p.a.shape, p.b.shape, shape_text), "cyan"), partner(p.name)]
            for p in found.other_shapes
        ],
    )
    section(
        "other dtypes",
        [[(p.name, ""), (_change(p.a.dtype, p.b.dtype, str), "green")] for p in found.other_dtypes],
    )
    section("other values", [values(pair) for pair in found.other_values])
    same = [pair for pair in found.pairs if pair.same]
    compared = all(pair.values is not None for pair in same)
    print_line(f"{many(len(same))} {'equal' if compared else 'of one shape and dtype'}.")


def _change(a: Any, b: Any, say: Callable[[Any], str]) -> str:
    return f"{say(a)} in A, {say(b)} in B"


def _number(number: float | None) -> str:
    if number is None:
        return "-"
    return str(number) if isinstance(number, int) else f"{number:.6g}"
