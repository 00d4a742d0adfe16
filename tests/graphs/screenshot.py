"""Draws docs/imported_graph.png: ``python tests/graphs/screenshot.py [file] [light|dark]``.

It shows the base caller of Chiron, of which tests/checkpoint/real_files.txt has the .meta file.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import browser

from torchscope.graphs import drawing
from torchscope.graphs.opening import opened

ROOT = Path(__file__).parents[2]


def main(file="docs/imported_graph.png", colours="light"):
    graph = opened(ROOT / ".real-files/chiron/model/DNA_default/final.ckpt-158301.meta")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chiron.html"
        drawing.write(path, graph.definition, ())
        size = {"width": 1180, "height": 840}
        with browser(color_scheme=colours, viewport=size) as context:
            page = context.new_page()
            page.goto(path.as_uri())
            page.click("[role=treeitem][title='res_layer1'] .twist")
            page.click("[role=treeitem][title='res_layer1/branch1'] .twist")
            page.click("[role=treeitem][title='res_layer1/branch1/conv1']")
            page.screenshot(path=file)


if __name__ == "__main__":
    main(*sys.argv[1:])
