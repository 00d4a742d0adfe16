"""The command ``torchscope-port``: rewrites TF1 source into source that stands on torchscope.tf1."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from tqdm import tqdm  # type: ignore[import-untyped]

from torchscope import __version__
from torchscope.port.codemod import Converted, convert, sources, write, write_in_place
from torchscope.port.report import as_json, as_page, print_report

app: typer.Typer = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)

# Exit statuses.
LEFT, FAILED = 1, 2


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.command(no_args_is_help=True)
def port(
    src: Annotated[list[Path], typer.Argument(help="Files and folders of TF1 source.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A folder that the files are written below."),
    ] = None,
    in_place: Annotated[
        bool,
        typer.Option(
            "--in-place", help="Write over the files; what each was stays beside it as .orig."
        ),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what changes, and write nothing.")
    ] = False,
    json_: Annotated[
        Path | None, typer.Option("--json", help="Write the report there as JSON; - prints it.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--html", help="Write the report there as a page.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Rewrites TensorFlow 1 source into PyTorch source that stands on torchscope.tf1.

    Without -o, --in-place or --diff nothing is written, and the report alone is printed. The exit status is 0 if
    nothing is left to do, 1 if a person has something to decide, and 2 if a file could not be rewritten;
    the others are rewritten all the same.

    To run a script as it is, say: python -m torchscope.port run script.py [argument ...]

    To write the source of a graph, a .meta file or a frozen one, say: torchscope-port graph --help
    """
    if sum((output is not None, in_place, diff)) > 1:
        _fail("-o, --in-place and --diff exclude one another")
    try:
        found = [each for path in src for each in sources(path)]
        if output is not None:
            check_output(src, output, [name for _, name in found])
    except (OSError, ValueError) as error:
        _fail(str(error))
    done: list[Converted] = []
    # A bar is shown where the work takes longer than a second.
    for path, name in tqdm(found, unit=" files", delay=1, leave=False, file=sys.stderr):
        done.append(convert(path, name))
    try:
        if output is not None:
            write(done, output)
        elif in_place:
            write_in_place(done)
        if json_ is not None and str(json_) != "-":
            json_.write_text(json.dumps(as_json(done), indent=2) + "\n")
        if page is not None:
            page.write_text(as_page(done, f"torchscope-port {' '.join(map(str, src))}"))
    except OSError as error:
        _fail(str(error))
    if diff:
        typer.echo("".join(each.diff() for each in done), nl=False)
    if json_ is not None and str(json_) == "-":
        typer.echo(json.dumps(as_json(done), indent=2))
    else:
        print_report(done, Console(stderr=diff, soft_wrap=True))
    if any(each.error for each in done):
        raise typer.Exit(FAILED)
    if any(each.notes for each in done):
        raise typer.Exit(LEFT)


def check_output(src: list[Path], output: Path, names: list[str]) -> None:
    """That no file is written where one is read, and no two at one place.

    Args:
        src: what is read.
        output: the folder that is written below.
        names: the files' names below it.

    Raises:
        ValueError: one would be.
    """
    if output.exists() and not output.is_dir():
        raise ValueError(f"-o {output}: this is a file, and a folder is wanted")
    for path in src:
        root = path.resolve() if path.is_dir() else path.resolve().parent
        inside = path.is_dir() and output.resolve().is_relative_to(root)
        if inside or output.resolve() == root:
            raise ValueError(
                f"-o {output} lies in {path}: what is written would be read the next time. Name a folder "
                "elsewhere, or write --in-place"
            )
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"several files would be written as {min(twice)} below -o {output}")


def _fail(said: str) -> None:
    typer.echo(f"error: {said}", err=True)
    raise typer.Exit(FAILED)
