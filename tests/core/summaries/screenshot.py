"""Draws docs/tensorboard.png: ``python tests/core/summaries/screenshot.py [file]``.

It shows the net of docs/graphs.md in TensorBoard.
"""

import io
import sys
import tempfile
from pathlib import Path

import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[3]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from browser import browser
from core.graphs.screenshot import siamese
from real_tensorboard import tensorboard

import torchscope as ts
import torchscope.tf1 as tf

OPENED = ("distance", "model", "model/conv1")


def main(file="docs/tensorboard.png"):
    net = ts.ScopedModule(siamese)
    graph = ts.graph(net, torch.empty(8, 28, 28, 1), torch.empty(8, 28, 28, 1))
    size = {"width": 1320, "height": 940}
    with tempfile.TemporaryDirectory() as folder:
        with tf.summary.FileWriter(folder) as writer:
            writer.add_graph(graph)
        with tensorboard(folder) as address, browser(viewport=size) as context:
            page = context.new_page()
            page.goto(f"{address}?darkMode=false#graphs")
            for name in OPENED:
                page.wait_for_selector(f"g.node[data-name='{name}']")
                fit(page)
                page.locator(f"g.node[data-name='{name}'] .nodeshape").first.dblclick()
            fit(page)
            page.locator("g.node[data-name='model/conv1/Conv2D'] .nodeshape").click()
            page.wait_for_timeout(1000)
            drawn = Image.open(io.BytesIO(page.screenshot()))
    drawn.convert("RGB").quantize(128, Image.Quantize.MEDIANCUT).save(file, optimize=True)


def fit(page):
    """Shows all; what was opened needs a while to be there."""
    page.wait_for_timeout(1500)
    page.get_by_text("Fit to screen").click()
    page.wait_for_timeout(1500)


if __name__ == "__main__":
    main(*sys.argv[1:])
