"""Imports the graph of every model of the packages, as TensorFlow writes it, and writes docs/graphs_tried.md.

python tests/packages/as_graphs.py
"""

import importlib.metadata
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import numpy as np
import torch
from tqdm import tqdm

from packages.both import ROOT, quiet
from packages.model import Seen, distance, gradient_distance, in_tensorflow, weights_of
from packages.models import MODELS
from packages.symbols import PACKAGES
from torchscope import graphs

PAGE = Path(__file__).parents[2] / "docs" / "graphs_tried.md"

HEAD = """\
# Graphs that were tried

The .meta file of each model of [other people's packages](ported.md), as TensorFlow writes it with the graph of its gradients,
is imported beside a checkpoint, without the model's source. Names, shapes and trainability of all variables are compared, the
outputs, and the gradients that autograd finds for the weighed sum of all outputs. Distances are the largest difference, of the
largest number in the output, and of the largest gradient of the net. `python tests/packages/as_graphs.py` writes this page;
`make test-packages` holds it.

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


def compared(model, folder):
    """The nodes of a model's graph, its variables, and how far outputs and gradients are from TensorFlow's."""
    expected, _ = in_tensorflow(model, f"{folder}/theirs", graph_too=True)
    seen, net = imported(f"{folder}/theirs", expected)
    if sorted(seen.variables) != sorted(expected.variables):
        raise AssertionError("the variables are others")
    outputs = max(map(distance, seen.outputs, expected.outputs))
    steep = gradient_distance(seen.gradients, expected.gradients) if expected.gradients else None
    return len(net.operations), len(seen.variables), outputs, steep


def row_of(model):
    """One row: what was compared, or why it does not run; and whether it does."""
    package = PACKAGES[model.file.partition(".")[0]]
    (found,) = importlib.metadata.distributions(name=package, path=[str(ROOT)])
    begin = f"| {package} {found.version} | {model.name} |"
    try:
        with tempfile.TemporaryDirectory() as folder, quiet():
            nodes, variables, outputs, steep = compared(model, folder)
    except Exception as error:  # noqa: BLE001 - whatever it is, the row says it
        lines = f"{type(error).__name__}: {error}".splitlines()
        said = " ".join(lines[:3]).replace("|", "/")
        return f"{begin} does not run: {said:.300} | | | |", False
    gradient = "" if steep is None else f"{steep:.0e}"
    runs = outputs <= max(model.tolerance, 5e-5) and (
        steep is None or steep <= max(model.steep, 1e-2)
    )
    mark = "" if runs else " too far"
    return f"{begin} {nodes:,} | {variables} | {outputs:.0e}{mark} | {gradient} |", runs


def main():
    """The page."""
    tried = [model for model in MODELS if not model.fails]
    rows = []
    for model in tqdm(tried):
        np.random.seed(0)  # noqa: NPY002 - some models draw from it
        row, runs = row_of(model)
        rows.append((row, runs))
        if not runs:
            print(row, flush=True)
    good = sum(runs for _, runs in rows)
    share = f"{good} of {len(rows)} run ({100 * good / len(rows):.1f} %)."
    table = [
        "| package | model | nodes | variables | output | gradient |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    PAGE.write_text("\n".join([HEAD + share, "", *table, *(row for row, _ in rows)]) + "\n")
    print(share)


if __name__ == "__main__":
    main()
