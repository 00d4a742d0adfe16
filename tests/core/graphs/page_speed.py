"""How long the page of a large graph takes in a browser: ``python tests/core/graphs/page_speed.py``.

A table for docs/graphs.md: seconds until the first drawing, until a scope has opened, until all have, and
drawings in a second while it is dragged and while it comes nearer. Each is the middle one of three.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from browser import browser

import torchscope as ts

DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
OPEN_ONE = f"""(async () => {{
  const scope = nodes.find(n => !n.operation && n !== root && !openScopes.has(n));
  const start = performance.now();
  toggle(scope);
  await {DRAWN};
  return (performance.now() - start) / 1000;
}})()"""
MOVING = """(async () => {
  const start = performance.now();
  for (let i = 0; i < 60; i += 1) {
    %s;
    await new Promise(requestAnimationFrame);
  }
  return 60000 / (performance.now() - start);
})()"""


def nested(x):
    """Ten stages of twenty blocks, each with an addition around it."""
    for stage in range(10):
        with ts.variable_scope(f"stage_{stage}"):
            for part in range(20):
                with ts.variable_scope(f"block_{part}"):
                    y = ts.layers.dense(x, 8, activation=torch.relu, name="in")
                    x = torch.tanh(x + ts.layers.dense(y, 8, name="out"))
    return x


def tangled(x):
    """A hundred and sixty cells, each of which reads the twelve before it."""
    seen = [x]
    for cell in range(160):
        with ts.name_scope(f"cell_{cell}"):
            seen.append(torch.relu(sum(seen[-12:])))
    return seen[-1]


def flat(x):
    """A chain without a scope."""
    for _ in range(1000):
        x = torch.relu(x * 2)
    return x


def measured(graph):
    found = []
    with tempfile.TemporaryDirectory() as folder, browser() as context:
        path = Path(folder) / "graph.html"
        graph.write_page(path)
        for _ in range(3):
            page = context.new_page()
            page.set_viewport_size({"width": 1320, "height": 820})
            start = time.perf_counter()
            page.goto(path.as_uri())
            page.evaluate(DRAWN)
            first = time.perf_counter() - start
            closed = page.evaluate("nodes.some(n => !n.operation && !openScopes.has(n))")
            one = page.evaluate(OPEN_ONE) if closed else float("nan")
            start = time.perf_counter()
            page.click("#open")
            page.evaluate(DRAWN)
            everything = time.perf_counter() - start
            dragged = page.evaluate(MOVING % "show(view.x, view.y - 20, view.scale)")
            page.click("#fit")
            nearer = page.evaluate(MOVING % "zoom(1.04)")
            found.append((first, one, everything, dragged, nearer))
            page.close()
    return map(statistics.median, zip(*found, strict=True))


def main():
    for model in (nested, tangled, flat):
        graph = ts.graph(ts.ScopedModule(model), torch.ones(2, 8))
        first, one, everything, dragged, nearer = measured(graph)
        print(
            f"| {model.__name__} | {len(graph._operations()):,} | {first:.2f} | {one:.2f} | "
            f"{everything:.2f} | {dragged:.0f} | {nearer:.0f} |"
        )


if __name__ == "__main__":
    main()
