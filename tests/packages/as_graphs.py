"""Imports the graph of every model of the packages, as TensorFlow writes it, and writes docs/graphs_tried.md.

python tests/packages/as_graphs.py
"""

import importlib.metadata
import runpy
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import numpy as np
import torch
from tqdm import tqdm

import torchscope as ts
from packages.both import ROOT, quiet
from packages.model import Seen, distance, gradient_distance, in_tensorflow, weights_of
from packages.models import MODELS
from packages.symbols import PACKAGES
from torchscope import graphs, tf1
from torchscope.port.graph_source.file import source_of

PAGE = Path(__file__).parents[2] / "docs" / "graphs_tried.md"

# How far a source may be from its graph: both compute the same in the same library.
NEAR = 1e-5

HEAD = """\
# Graphs that were tried

The .meta file of each model of [other people's packages](ported.md), as TensorFlow writes it with the graph of its gradients,
is imported beside a checkpoint, without the model's source. Names, shapes and trainability of all variables are compared, the
outputs, and the gradients that autograd finds for the weighed sum of all outputs. Distances are the largest difference, of the
largest number in the output, and of the largest gradient of the net. The last column is how far [source that is written from
the graph](graph_to_source.md) is from the graph's own module, with the same variables and inputs; or why it does not run.
Models whose own source does not run are here as well: their graphs may. `python tests/packages/as_graphs.py` writes this page;
`make test-packages` holds the models whose source runs.

"""


def imported(path, expected):
    """What the graph gives, its variables, and its gradients; and the net."""
    net = graphs.import_meta_graph(f"{path}.meta", path if expected.variables else None)
    outputs = net(feeds=expected.feeds, fetches=expected.fetches)
    found = net.registry.global_variables()
    described = [(v.op.name, tuple(v.shape), v.requires_grad) for v in found]
    values = [o.detach().numpy() for o in outputs]
    gradients = {}
    if expected.gradients:
        weighed = [
            (o * torch.as_tensor(weights_of(v))).sum()
            for o, v in zip(outputs, values, strict=True)
            if v.dtype.kind == "f" and o.requires_grad
        ]
        torch.stack(weighed).sum().backward()
        gradients = {v.op.name: v.grad.numpy() for v in found if v.grad is not None}
    return Seen(described, values, gradients), net


def as_source(path, expected):
    """What the source gives that is written from the graph; its variables are filled from the graph's."""
    source = f"{path}.py"
    fetches = dict.fromkeys(expected.fetches)
    made = source_of(f"{path}.meta", source, inputs=list(expected.feeds), outputs=list(fetches))
    made.save(source)
    net = ts.ScopedModule(runpy.run_path(source)["model"])
    inputs = list(map(torch.as_tensor, expected.feeds.values()))
    # Anew: a run may have changed variables.
    graph = graphs.import_meta_graph(f"{path}.meta", path if expected.variables else None)
    values = graph.state_dict()
    with torch.no_grad():
        net(*inputs)
        net.load_state_dict({key: values[key] for key in net.state_dict()})
        given = net(*inputs)
    several = given if len(fetches) > 1 else (given,)
    arrays = [tf1.convert_to_tensor(each).detach().numpy() for each in several]
    found = dict(zip(fetches, arrays, strict=True))
    return [found[name] for name in expected.fetches]


def told(error):
    """The first lines of an error."""
    lines = f"{type(error).__name__}: {error}".splitlines()
    return f"{' '.join(lines[:3]).replace('|', '/'):.300}"


def source_cell(path, expected, outputs):
    """How far the source is from what the graph gave, or why there is none; and whether it gives that."""
    try:
        apart = max(map(distance, as_source(path, expected), outputs))
    except graphs.GraphError as error:
        return f"refused: {told(error)}", False
    except Exception as error:  # noqa: BLE001 - whatever it is, the row says it
        return f"does not run: {told(error)}", False
    gives = apart <= NEAR
    return f"{apart:.0e}{'' if gives else ' too far'}", gives


def compared(model, path, expected):
    """A model's row behind its name, and whether its graph gives TensorFlow's numbers, and its source the graph's."""
    seen, net = imported(path, expected)
    if sorted(seen.variables) != sorted(expected.variables):
        raise AssertionError("the variables are others")
    outputs = max(map(distance, seen.outputs, expected.outputs))
    steep = gradient_distance(seen.gradients, expected.gradients) if expected.gradients else None
    gradient = "" if steep is None else f"{steep:.0e}"
    runs = outputs <= max(model.tolerance, 5e-5) and (
        steep is None or steep <= max(model.steep, 1e-2)
    )
    mark = "" if runs else " too far"
    source, gives = source_cell(path, expected, seen.outputs)
    cells = (f"{len(net.operations):,}", len(seen.variables), f"{outputs:.0e}{mark}", gradient)
    return " | ".join(map(str, (*cells, source))), runs, gives


def name_of(model):
    """The package, its version, and what is built of it."""
    package = PACKAGES[model.file.partition(".")[0]]
    (found,) = importlib.metadata.distributions(name=package, path=[str(ROOT)])
    return f"{package} {found.version} | {model.name}"


def row_of(model):
    """One row: what was compared, or why it does not run; whether it does, and whether its source gives the same.

    None of a model that TensorFlow itself does not run.
    """
    begin = f"| {name_of(model)} |"
    with tempfile.TemporaryDirectory() as folder, quiet():
        path = f"{folder}/theirs"
        try:
            expected, _ = in_tensorflow(model, path, graph_too=True)
        except Exception:
            if model.fails:
                return None
            raise
        try:
            row, runs, gives = compared(model, path, expected)
        except Exception as error:  # noqa: BLE001 - whatever it is, the row says it
            return f"{begin} does not run: {told(error)} | | | | |", False, False
    return f"{begin} {row} |", runs, gives


def main():
    """The page."""
    rows, absent = [], []
    for model in tqdm(MODELS):
        np.random.seed(0)  # noqa: NPY002 - some models draw from it
        row = row_of(model)
        if row is None:
            absent.append(f"{name_of(model).replace(' |', ',')}")
            continue
        rows.append(row)
        if not all(row[1:]):
            print(row[0], flush=True)
    run = sum(runs for _, runs, _ in rows)
    given = sum(gives for _, _, gives in rows)
    share = (
        f"{run} of {len(rows)} run ({100 * run / len(rows):.1f} %). "
        f"The source of {given} was written and gives the graph's numbers. "
        f"TensorFlow 2 itself does not run {len(absent)} more, which have no row: {'; '.join(absent)}."
    )
    table = [
        "| package | model | nodes | variables | output | gradient | source |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    PAGE.write_text("\n".join([HEAD + share, "", *table, *(row for row, *_ in rows)]) + "\n")
    print(share)


if __name__ == "__main__":
    main()
