"""Draws docs/graph.png: ``python tests/core/graphs/screenshot.py [file] [light|dark]``.

It shows the net of docs/graphs.md.
"""

import sys
import tempfile
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from browser import browser

import torchscope as ts


def features(images):
    for name, size in ("conv1", 32), ("conv2", 64):
        with ts.variable_scope(name):
            images = ts.conv_relu(images, [5, 5, images.shape[-1], size], [size])
    return ts.layers.dense(images.mean((1, 2)), 16, name="embedding")


def siamese(a, b):
    with ts.variable_scope("model"):
        first = features(a)
    with ts.variable_scope("model", reuse=True):
        second = features(b)
    with ts.name_scope("distance"):
        return (first - second).square().sum(1)


def main(file="docs/graph.png", colours="light"):
    net = ts.ScopedModule(siamese)
    inputs = torch.rand(8, 28, 28, 1), torch.rand(8, 28, 28, 1)
    graph = ts.graph(net, *inputs)
    graph.measure(*inputs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "siamese.html"
        graph.write_page(path)
        size = {"width": 1180, "height": 840}
        with browser(color_scheme=colours, viewport=size) as context:
            page = context.new_page()
            page.goto(path.as_uri())
            for scope in "model/conv2", "model/embedding", "model_1/conv2", "model_1/embedding":
                page.click(f"[role=treeitem][title='{scope}'] .twist")
            page.click("[role=treeitem][title='model/conv1/weights']")
            page.click("#fit")
            page.screenshot(path=file)


if __name__ == "__main__":
    main(*sys.argv[1:])
