"""``torchscope-ckpt graph``: what a graph is made of, and whether it runs.

The command line is that of `torchscope.checkpoint`. What needs graphs is added here, in the room that knows both.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Annotated

import typer

from torchscope._core.values.conversion import shape_text
from torchscope.checkpoint.inspecting.cli import app
from torchscope.checkpoint.inspecting.printing import (
    Cell,
    many,
    print_json,
    print_line,
    print_table,
    section,
    size_text,
    telling,
)
from torchscope.graphs import drawing
from torchscope.graphs.definitions import Definition
from torchscope.graphs.describing import described
from torchscope.graphs.descriptions import GraphDescription, GraphInput, GraphTensor, Missing
from torchscope.graphs.opening import FROZEN, META, SAVED_MODEL, opened
from torchscope.graphs.weights import weights

__all__ = ["app"]

_FUNCTIONS = {META: "import_meta_graph", SAVED_MODEL: "load_saved_model"}


@app.command()
@telling(2)
def graph(
    path: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A .meta file, a frozen .pb or a SavedModel's folder."),
    ],
    scope: Annotated[
        str, typer.Option(metavar="PREFIX", help="Look at the nodes in a scope alone.")
    ] = "",
    signature: Annotated[
        str | None, typer.Option(help="Of a SavedModel; serving_default if it has that.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="Of a SavedModel's graphs; more than once.")
    ] = None,
    feed: Annotated[
        list[str] | None, typer.Option(metavar="TENSOR", help="What is fed; more than once.")
    ] = None,
    fetch: Annotated[
        list[str] | None, typer.Option(metavar="TENSOR", help="What is fetched; more than once.")
    ] = None,
    page: Annotated[
        str | None, typer.Option(metavar="HTML", help="Write the graph as a page for a browser.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tells what a graph is made of; exits with 0 if what infers runs, 1 if not, 2 in trouble."""
    file = opened(path, tag)
    found = described(file, scope.strip("/"), signature, feed, fetch)
    if page is not None:
        drawing.write(page, file.definition, weights(file.definition))
    if as_json:
        data = dataclasses.asdict(found)
        data["inference"]["runs"] = found.inference.runs
        print_json(data)
    else:
        _print(found, file.definition)
        if page is not None:
            print_line(f"{page} is written: open it in a browser.")
    raise typer.Exit(0 if found.inference.runs else 1)


def _print(found: GraphDescription, definition: Definition) -> None:
    wrote = f", by TensorFlow {found.tensorflow}" if found.tensorflow else ""
    version = f", graph version {found.producer}" if found.producer else ""
    tags = f", tags {', '.join(found.tags)}" if found.tags else ""
    part = f" in {found.scope}/" if found.scope else ""
    print_line(
        f"{found.path}: a {found.format}{wrote}{version}{tags}; {many(found.nodes, 'node')}{part}",
        "bold",
    )
    section("inputs", [_input(each) for each in found.inputs if not each.trains])
    section("inputs of training", [_input(each) for each in found.inputs if each.trains])
    section("outputs", [_tensor(each) for each in found.outputs])
    section("outputs of training", [_tensor(each) for each in found.losses])
    rows: list[list[Cell]] = []
    for name, each in found.signatures.items():
        rows.append([(name, "bold"), (each.method.rpartition("/")[2], "dim")])
        for mark, tensors in ("  <- ", each.inputs), ("  -> ", each.outputs):
            rows += [[(mark + key, ""), *_tensor(tensor)] for key, tensor in tensors.items()]
    if rows:
        print_line(f"signatures: {len(found.signatures)}", "bold")
        print_table([[(f"  {row[0][0]}", row[0][1]), *row[1:]] for row in rows])
    section("types of operations", [[(op, ""), (f"{n:,}", ">")] for op, n in found.types.items()])
    said = found.variables
    unknown = f", {said.unknown:,} of them of unknown shape" if said.unknown else ""
    what = "constants that were variables" if found.format == FROZEN else "variables"
    trained = "" if found.format == FROZEN else f", {said.trainable:,} of them trained"
    print_line(
        f"{what}: {said.count:,}{trained}{unknown}; {many(said.parameters, 'parameter')}, {size_text(said.nbytes)}"
    )
    print_line(
        f"{many(found.loops, 'loop')}, {many(found.conditionals, 'conditional')}, "
        f"{many(found.functions, 'function')}"
    )
    inference = found.inference
    other = [each for each in found.missing if each not in inference.missing]
    section("not supported elsewhere, in what trains and saves", _missing(other))
    section("not supported, and needed to infer", _missing(inference.missing))
    for line in _verdict(found, definition):
        print_line(line)


def _input(each: GraphInput) -> list[Cell]:
    more = f" and {len(each.feeds) - 1:,} more" if len(each.feeds) > 1 else ""
    takes = f"feeds {each.feeds[0]}{more}" if each.feeds else "feeds nothing"
    return [*_tensor(each), (takes + (", has a value of its own" if each.optional else ""), "dim")]


def _tensor(each: GraphTensor) -> list[Cell]:
    shape = "any shape" if each.shape is None else shape_text(each.shape)
    return [(each.name, ""), (shape, "cyan"), (each.dtype, "green")]


def _missing(missing: Sequence[Missing]) -> list[list[Cell]]:
    return [
        [(each.type, "yellow"), (f"{each.count:,}", ">"), (f"such as {each.node}", "dim")]
        for each in missing
    ]


def _verdict(found: GraphDescription, definition: Definition) -> list[str]:
    """Whether what infers runs, and what to do where it does not."""
    part = found.inference
    if not part.fetches:
        return ["What it is for cannot be told. Say which tensor to fetch: --fetch TENSOR."]
    what = f"{_few(part.fetches)} from {_few(part.feeds) or 'nothing'}, {many(part.nodes, 'node')}"
    if part.runs:
        return [f"It runs: {what}."]
    if part.trouble:
        return [f"It does not run: {what}.", f"  {' '.join(part.trouble.split())}"]
    call = f"torchscope.graphs.{_FUNCTIONS.get(found.format, 'import_graph_def')}"
    taken = {each.node for node in definition.nodes.values() for each in node.inputs}
    after = next((f", as --feed {e.node}:0" for e in part.missing[::-1] if e.node in taken), "")
    before = f": {_few(part.before)} can be computed" if part.before else ""
    return [
        f"It does not run: {what}. What to do, one of these:",
        f'  give a function for each type: {call}(..., operations={{"{part.missing[0].type}": function}})',
        f"  feed a tensor that comes after them{after}",
        f"  fetch a tensor that comes before them{before}",
    ]


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
