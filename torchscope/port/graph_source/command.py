"""The command ``torchscope-port graph``: writes a graph as source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from torchscope.checkpoint.errors import CheckpointError
from torchscope.port.graph_source.file import source_of

app: typer.Typer = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)

FAILED = 2


@app.command(no_args_is_help=True)
def graph(
    src: Annotated[
        Path, typer.Argument(help="A .meta file, a frozen graph, or a SavedModel's folder.")
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="The file to write; its test is written beside it."),
    ],
    inputs: Annotated[
        str | None,
        typer.Option(
            "--inputs", help="The tensors that are arguments: x:0,y:0. By default placeholders."
        ),
    ] = None,
    outputs: Annotated[
        str | None,
        typer.Option(
            "--outputs", help="The tensors that are returned. By default the graph's ends."
        ),
    ] = None,
    signature: Annotated[
        str | None, typer.Option("--signature", help="The signature of a SavedModel.")
    ] = None,
) -> None:
    """Writes a graph of TensorFlow 1 as source that stands on torchscope.tf1, and a test that compares both.

    Scopes become functions, and scopes that are alike become one. The exit status is 0 if the source is written, and 2 if
    the graph cannot be read, or has something that cannot be written: all that is said at once.
    """
    try:
        if output.suffix != ".py":
            raise ValueError(f"-o {output}: the name of a Python file is wanted, model.py")
        made = source_of(
            src, output, inputs=_names(inputs), outputs=_names(outputs), signature=signature
        )
        files = made.save(output)
    except (CheckpointError, OSError, ValueError) as error:
        typer.echo(f"error: {error}", err=True)
        if "operations={type: function}" in str(error):
            typer.echo("Here that is --inputs; --outputs may name an earlier tensor.", err=True)
        raise typer.Exit(FAILED) from None
    lines = made.text.count("\n")
    typer.echo(f"{output}: {lines} lines. {made.counted}")
    if made.unspelled:
        typer.echo(f"  called by their types: {', '.join(made.unspelled)}")
    for each in files[1:]:
        typer.echo(f"{each}")


def _names(said: str | None) -> list[str]:
    return [each.strip() for each in (said or "").split(",") if each.strip()]
