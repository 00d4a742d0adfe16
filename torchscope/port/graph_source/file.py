"""The files that are written: the source, the constants that are too large for it, and a test that runs both."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from torchscope.graphs.definitions import Output
from torchscope.port.graph_source.expressions import WIDTH, Code, Row, lines
from torchscope.port.graph_source.functions import program, snake
from torchscope.port.graph_source.reading import Read, read
from torchscope.port.graph_source.scopes import shared
from torchscope.port.graph_source.sizes import sized
from torchscope.port.graph_source.steps import Steps, steps_of
from torchscope.port.graph_source.writing import Written, write


class Source(NamedTuple):
    """A graph as source.

    Args:
        text: the file.
        test: a test of it.
        constants: what it reads from a file beside it, by names.
        scopes: how many scopes of the graph became functions.
        functions: how many functions these are.
        repeated: how many of them stand for several scopes.
        unspelled: the types of nodes that are called by their types.
        counted: how much of the graph's structure was found, as a sentence.
    """

    text: str
    test: str
    constants: dict[str, Any]
    scopes: int
    functions: int
    repeated: int
    unspelled: list[str]
    counted: str

    def save(self, path: str | os.PathLike[str]) -> list[Path]:
        """Writes the file, and beside it its constants and its test.

        Returns:
            The files.
        """
        path = Path(path)
        made = [path, path.with_name(f"test_{path.name}")]
        path.write_text(self.text)
        made[1].write_text(self.test)
        if self.constants:
            made.append(path.with_suffix(".npz"))
            np.savez(made[2], **self.constants)
        return made


def source_of(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    inputs: list[str] | None = None,
    outputs: list[str] | None = None,
    signature: str | None = None,
) -> Source:
    """A graph as source.

    Args:
        path: a .meta file, a frozen graph, or a SavedModel's folder.
        output: where the source is to be written, which its test has to know.
        inputs: the tensors that are arguments; by default those of the signature, or the placeholders that are needed.
        outputs: the tensors that are returned; by default those of the signature, or the ends of the graph.
        signature: the name of the signature of a SavedModel.

    Raises:
        CheckpointError: the file is damaged, or is no graph.
        GraphError: something is asked for that the graph does not have, or that cannot be written.
    """
    what = read(os.fspath(path), inputs or (), outputs or (), signature)
    found = steps_of(what.definition, what.lowered, what.variables, list(what.inputs))
    made, again = shared(found.steps)
    functions = program(sized(made), found.results, again)
    names = dict(zip(found.inputs, _arguments(what), strict=True))
    results = dict(zip(what.outputs, found.results, strict=True))
    defaults = {
        names[key]: what.defaults[name]
        for key, name in zip(found.inputs, what.inputs, strict=True)
        if name in what.defaults
    }
    named = what.named and len(results) > 1
    written = write(functions, names, results, defaults, named=named)
    text = "\n".join([*_head(what, found, written, Path(output)), *written.lines]) + "\n"
    constants = {}
    for name, node in found.large.items():
        assert node.stored is not None
        value: Any = node.stored.load()
        constants[name] = value.numpy() if isinstance(value, torch.Tensor) else value
    kept = {name: value for name, value in constants.items() if f'CONSTANTS["{name}"]' in text}
    kept = kept or constants
    return Source(
        text,
        _test(what, Path(output)),
        kept if "CONSTANTS[" in text else {},
        written.scopes,
        written.functions,
        written.repeated,
        sorted(found.unspelled),
        _counted(written),
    )


def _arguments(what: Read) -> list[str]:
    """What the arguments of the model are called."""
    found: list[str] = []
    for name in what.inputs:
        hint = snake(name.partition(":")[0].rpartition("/")[2])
        number = 1
        while (hint if number == 1 else f"{hint}_{number}") in found:
            number += 1
        found.append(hint if number == 1 else f"{hint}_{number}")
    return found


def _head(what: Read, found: Steps, written: Written, output: Path) -> list[str]:
    checkpoint = "model.ckpt" if what.checkpoint is None else _named(what.checkpoint)
    said = [
        f'"""{_named(what.path)} as source, written by torchscope-port graph.',
        "",
        _wrapped(_counted(written), 0),
        "Variables have the names that they have in the graph, so that a checkpoint fills them by name:",
        "",
        "    net = ts.ScopedModule(model)",
        f'    torchscope.checkpoint.restore(net, "{checkpoint}")',
        '"""',
        "",
        "import torchscope.tf1 as tf",
    ]
    large = any("CONSTANTS[" in line for line in written.lines)
    if large:
        said[9:9] = ["import pathlib", "", "import numpy as np", ""]
    if found.unspelled:
        kinds = ", ".join(sorted(found.unspelled))
        said += [
            "from torchscope.graphs.operations import TABLE",
            "",
            "",
            "def node(kind, *inputs, **attributes):",
            f'    """{_wrapped(f"What a node computes, for which TF1 has no function that says the same: {kinds}.", 4)}"""',
            "    return TABLE[kind].function(*inputs, **attributes)",
        ]
    if large:
        said += [
            "",
            "# What is too large for a literal.",
            'with np.load(pathlib.Path(__file__).with_suffix(".npz")) as file:',
            "    CONSTANTS = dict(file)",
        ]
    return [*said, "", ""]


def _named(path: str) -> str:
    """What a file is called: with its folder, if its own name is just ".meta"."""
    whole = Path(path).resolve()
    return f"{whole.parent.name}/{whole.name}" if whole.name == ".meta" else whole.name


def _counted(written: Written) -> str:
    """How much of the structure was found."""
    if not written.functions:
        return "No scope of the graph is large enough for a function of its own: this is straight-line code."
    several = f"{written.repeated} of them stand" if written.repeated != 1 else "1 of them stands"
    return (
        f"{written.scopes} scopes of the graph became {written.functions} function"
        f"{'s' * (written.functions != 1)}; {several} for several scopes. What is in no such scope is "
        "straight-line code."
    )


def _wrapped(text: str, indent: int) -> str:
    return f"\n{' ' * indent}".join(textwrap.wrap(text, WIDTH - indent - 6))


def _test(what: Read, output: Path) -> str:
    here = output.resolve().parent
    graph = os.path.relpath(Path(what.path).resolve(), here)
    given = [each for name, each in what.inputs.items() if name not in what.defaults]
    inputs = [_input(what, each) for each in given]
    fetches = {name: str(each) for name, each in what.outputs.items()}
    several = len(fetches) > 1
    shown = lines("INPUTS = ", Row(tuple(Code(f'"{each}"') for each in given)), "", 0, str)
    if what.named and several:
        outputs = ["OUTPUTS = {", *(f'    "{k}": "{v}",' for k, v in fetches.items()), "}"]
        tensors = "{key: tf.convert_to_tensor(each) for key, each in net(*inputs).items()}"
    elif several:
        outputs = lines(
            "OUTPUTS = ", Row(tuple(Code(f'"{v}"') for v in fetches.values())), "", 0, str
        )
        tensors = "[tf.convert_to_tensor(each) for each in net(*inputs)]"
    else:
        outputs = [f'OUTPUTS = "{next(iter(fetches.values()))}"']
        tensors = "tf.convert_to_tensor(net(*inputs))"
    checkpoint = what.checkpoint
    if checkpoint is not None and what.kind != "load_saved_model":
        said = os.path.relpath(Path(checkpoint).resolve(), here)
        filled = [f'    restore(net, HERE / "{said}")']
        imports = ["from torchscope.checkpoint import restore"]
    else:
        filled = [
            "    with torch.no_grad():",
            "        net(*inputs)  # makes its variables",
            "    values = graph.state_dict()",
            "    net.load_state_dict({key: values[key] for key in net.state_dict()})",
        ]
        imports = []
    return "\n".join(
        [
            f'"""{output.name} gives what the graph gives that it was written from."""',
            "",
            "import pathlib",
            "import runpy",
            "",
            "import torch",
            "",
            "import torchscope as ts",
            "import torchscope.tf1 as tf",
            "from torchscope import graphs",
            *imports,
            "",
            "HERE = pathlib.Path(__file__).parent",
            f'GRAPH = HERE / "{graph}"',
            *shown,
            *outputs,
            "",
            "",
            "def test_the_source_gives_what_the_graph_gives():",
            "    torch.manual_seed(0)",
            *lines("inputs = ", Row(tuple(map(Code, inputs))), "", 4, str),
            f'    model = runpy.run_path(str(HERE / "{output.name}"))["model"]',
            f"    graph = graphs.{what.kind}(GRAPH)",
            "    net = ts.ScopedModule(model)",
            *filled,
            "    with torch.no_grad():",
            "        expected = graph(feeds=dict(zip(INPUTS, inputs, strict=True)), fetches=OUTPUTS)",
            "        # A size is a number of Python's to the source.",
            f"        given = {tensors}",
            "    torch.testing.assert_close(given, expected, rtol=1e-5, atol=1e-5, equal_nan=True)",
            "",
        ]
    )


def _input(what: Read, output: Output) -> str:
    """What is fed in the test, as Python makes it: sizes that the graph leaves open are small."""
    said = what.definition.nodes[output.node].attributes
    shape, dtype = said.get("shape"), said.get("dtype") or said.get("T")
    open_ = 64 if len(shape or ()) == 4 else 8
    sizes = [
        each if each is not None else (2 if place == 0 else open_)
        for place, each in enumerate(shape or [])
    ]
    if dtype is torch.bool:
        return f"torch.zeros({sizes}, dtype=torch.bool)"
    if not isinstance(dtype, torch.dtype) or dtype.is_floating_point or dtype.is_complex:
        other = (
            f", dtype={dtype}" if isinstance(dtype, torch.dtype) and dtype != torch.float32 else ""
        )
        return f"torch.randn({sizes}{other})"
    other = f", dtype={dtype}"
    return f"torch.randint(0, 2, {sizes}{other})"
