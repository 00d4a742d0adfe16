"""A graph to look at: its page in a real browser, and its text in DOT."""

import itertools
import os
import pickle
import re
import time
from pathlib import Path

import pytest
import torch
from browser import HOSTILE, browser, contrast, luminance
from browser import watched as in_browser
from torch import nn

import torchscope as ts


def tower(x):
    with ts.variable_scope("conv"):
        x = ts.conv_relu(x, kernel_shape=[3, 3, 3, 8], bias_shape=[8])
    return ts.layers.dense(x.mean((1, 2)), 4, name="embed")


def siamese(one, other):
    with ts.variable_scope("model"):
        first = tower(one)
    with ts.variable_scope("model", reuse=True):
        second = tower(other)
    with ts.name_scope("distance"):
        return (first - second).square().sum()


def of_siamese():
    return ts.graph(ts.ScopedModule(siamese), torch.ones(1, 8, 8, 3), torch.ones(1, 6, 6, 3))


def block(x, width=8):
    y = ts.layers.dense(x, width, activation=torch.relu, name="in")
    with ts.variable_scope("out"):
        return x + ts.layers.dense(y, width)


def deep(x):
    for stage in range(10):
        with ts.variable_scope(f"stage_{stage}"):
            for part in range(20):
                with ts.variable_scope(f"block_{part}"):
                    x = block(x)
    return x


@pytest.fixture(scope="module")
def context():
    with browser(viewport={"width": 1300, "height": 800}, color_scheme="light") as context:
        yield context


@pytest.fixture
def opened(context, tmp_path):
    """What writes the page of a graph, and opens it."""
    with in_browser(context) as watched:

        def opened(graph):
            graph.write_page(tmp_path / "graph.html")
            return watched.open(tmp_path / "graph.html")

        yield opened


def shown(page):
    """What the list says, row by row."""
    return page.locator("[role=treeitem]").evaluate_all(
        "rows => rows.sort((a, b) => a.offsetTop - b.offsetTop).map(r => r.ariaLabel)"
    )


def drawn(page):
    """The paths of what is drawn as a box, with the kind of each."""
    return dict(
        page.locator(".box").evaluate_all(
            "all => all.map(b => [nodes[b.dataset.node].path, b.classList[1]])"
        )
    )


def lines(page):
    """The two ends of each line, what it says, and whether it is of a variable used elsewhere."""
    found = page.evaluate("lines.map(l => [l.a.path, l.b.path, l.says || '', l.isWeights])")
    return {(a, b): (says, weights) for a, b, says, weights in found}


def active(page):
    """The name of the row on which the keyboard is."""
    return page.evaluate(
        "document.getElementById(tree.getAttribute('aria-activedescendant')).title"
    )


# What it tells


def test_it_says_how_much_there_is(opened):
    page = opened(of_siamese())
    assert page.inner_text("h1") == "ScopedModule(siamese)"
    assert page.title() == "ScopedModule(siamese)"
    sums = page.inner_text("#sums").split(" · ")
    assert sums[1:] == ["4 variables, 4 of them shared", "260 parameters", "1.0 KB"]


def test_each_scope_says_its_parameters_and_bytes(opened):
    rows = shown(opened(of_siamese()))
    assert "conv, 5 operations, 224 parameters, 896 B" in rows
    assert "embed, 3 operations, 36 parameters, 144 B" in rows
    # What is shared counts once, where it is.
    assert "model_1, 4 operations" in rows
    assert "weights, shared by 2 operations, 3×3×3×8, float32, 864 B" in rows
    assert "Placeholder, Placeholder, 1×8×8×3, float32" in rows


def test_a_shared_variable_is_one_box_with_an_edge_to_each_use(opened):
    page = opened(of_siamese())
    page.click("#open")
    boxes, ways = drawn(page), lines(page)
    assert boxes["model/embed/kernel"] == "shared"
    assert [name for name in boxes if name.endswith("kernel")] == ["model/embed/kernel"]
    uses = {b: weights for (a, b), (_, weights) in ways.items() if a == "model/embed/kernel"}
    assert uses == {"model/embed/MatMul": False, "model_1/embed/MatMul": True}
    # Closed, the towers have one line between them for all that they share.
    page.click("#close")
    assert lines(page)["model", "model_1"] == ("", True)
    assert drawn(page)["model"] == "scope"


def test_who_uses_a_variable_is_said_and_one_press_away(opened):
    page = opened(of_siamese())
    page.click("[role=treeitem][title='model/conv/weights']")
    details = page.inner_text("#details")
    # Through the operation that lays it out.
    assert "One variable, used by 2 operations." in details
    page.click("#details button:text-is('model_1/conv/Conv2D')")
    assert active(page) == "model_1/conv/Conv2D"
    assert "model/conv/biases" in page.inner_text("#details")


def test_edges_say_the_shapes_of_what_they_carry(opened):
    page = opened(of_siamese())
    assert lines(page)["model/conv/Conv2D", "model/conv/Relu"] == ("1×8×8×8", False)
    assert "1×8×8×8" in page.locator("#scene .shape").all_text_contents()


def test_a_size_that_may_be_any_is_a_question_mark(opened):
    graph = ts.graph(ts.ScopedModule(lambda x: ts.layers.dense(x, 4)), torch.ones(2, 3))
    graph(torch.ones(5, 3))
    rows = shown(opened(graph))
    assert "Placeholder, Placeholder, ?×3, float32" in rows


def test_no_box_lies_on_another_and_what_reads_is_below_what_is_read(opened):
    page = opened(ts.graph(ts.ScopedModule(deep), torch.ones(2, 8)))
    page.evaluate("for (const n of nodes) if (n.path.startsWith('stage_0')) setOpen(n, true)")
    page.evaluate("refresh()")
    found = page.evaluate("boxes.map(b => [b.node.path, b.x, b.y, b.x + b.w, b.y + b.h])")
    assert len(found) > 200
    for i, (path, left, top, right, bottom) in enumerate(found):
        for other, left2, top2, right2, bottom2 in found[:i]:
            within = path.startswith(f"{other}/")
            apart = right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top
            inside = left >= left2 and right <= right2 and top >= top2 and bottom <= bottom2
            assert inside if within else apart, (path, other)
    tops = {path: (top, bottom) for path, _, top, _, bottom in found}
    for (a, b), (_, weights) in lines(page).items():
        assert weights or tops[a][1] < tops[b][0], (a, b)


# Times

TIMES = r"\d (µs|ms|s)\b"


@pytest.fixture
def measured(monkeypatch):
    """The siamese net, of which each operation takes a millisecond."""
    graph, ticks = of_siamese(), itertools.count()
    with monkeypatch.context() as patch:
        patch.setattr(time, "perf_counter", lambda: next(ticks) * 1e-3)
        graph.measure(torch.ones(1, 8, 8, 3), torch.ones(1, 6, 6, 3))
    return graph


def test_what_was_measured_says_its_time_and_its_share(opened, measured):
    page = opened(measured)
    page.click("#open")
    assert page.inner_text("#sums").endswith("1.0 KB · 14.0 ms forward")
    rows = shown(page)
    assert "conv, 5 operations, 224 parameters, 896 B, 3.0 ms (21%)" in rows
    assert "model_1, 4 operations, 4.0 ms (29%)" in rows
    assert "Relu, Relu, 1×8×8×8, float32, 1.0 ms (7%)" in rows
    # Variables and inputs take none.
    assert "weights, shared by 2 operations, 3×3×3×8, float32, 864 B" in rows
    assert "Placeholder, Placeholder, 1×8×8×3, float32" in rows
    page.evaluate("choose(operations.at(-1).node)")
    box = page.locator(".box.here")
    assert box.locator("text").all_text_contents() == ["Sum", "1.0 ms (7%)"]
    assert page.inner_text(".heads").split() == ["name", "shape", "params", "size", "time"]
    page.evaluate("choose(root.scopes.get('distance'))")
    assert re.search(r"time\s+3\.0 ms \(21%\)", page.inner_text("#details"))
    page.click("#close")
    assert box.locator("text").all_text_contents() == ["distance", "3 operations", "3.0 ms (21%)"]
    page.fill("#search", "conv relu")
    assert page.inner_text("#count") == "2 of 20 operations"


def test_the_time_of_a_scope_is_that_of_what_is_in_it(opened):
    graph = of_siamese()
    seconds = graph.measure(torch.ones(1, 8, 8, 3), torch.ones(1, 6, 6, 3))
    found = opened(graph).evaluate("Object.fromEntries(nodes.map(n => [n.path, n.seconds]))")
    assert found[""] == pytest.approx(sum(seconds.values()))
    for path in "model", "model/conv", "model_1/embed", "distance":
        inside = [each for name, each in seconds.items() if name.startswith(f"{path}/")]
        assert inside
        assert found[path] == pytest.approx(sum(inside))


def test_what_was_not_measured_says_nothing_of_times(opened, measured):
    # Measured, but not what was recorded since.
    measured.record(torch.ones(2, 8, 8, 3), torch.ones(2, 6, 6, 3))
    for graph in measured, of_siamese():
        page = opened(graph)
        page.click("#open")
        page.evaluate("choose(root.scopes.get('distance'))")
        assert page.inner_text(".heads").split() == ["name", "shape", "params", "size"]
        assert not re.search(TIMES, page.inner_text("body"))
        assert not re.search(TIMES, " ".join(shown(page)))


# Opening, moving


def test_two_clicks_open_a_scope_and_it_stays_where_it_is(opened):
    page = opened(of_siamese())
    page.click("#close")
    page.click("#fit")
    box = page.locator(f".box[data-node='{page.evaluate('root.scopes.get(`model`).id')}']")
    before = box.locator("rect").bounding_box()
    box.dblclick(position={"x": 20, "y": 10})
    assert drawn(page)["model/conv"] == "scope"
    after = box.locator("rect").bounding_box()
    assert (after["x"], after["y"]) == pytest.approx((before["x"], before["y"]), abs=1.5)
    assert page.get_attribute("[title='model']", "aria-expanded") == "true"


def test_the_drawing_is_dragged_and_comes_nearer(opened):
    page = opened(of_siamese())
    x, y, scale = page.evaluate("[view.x, view.y, view.scale]")
    frame = page.locator("#drawing").bounding_box()
    page.mouse.move(frame["x"] + 20, frame["y"] + 20)
    page.mouse.down()
    page.mouse.move(frame["x"] + 60, frame["y"] + 50, steps=3)
    page.mouse.up()
    assert page.evaluate("[view.x, view.y]") == pytest.approx([x + 40, y + 30])
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"view.scale > {scale}")
    page.click("#fit")
    page.focus("#drawing")
    before = page.evaluate("view.scale")
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("view.scale") > before
    page.keyboard.press("0")
    assert page.evaluate("view.scale") == before


def test_the_list_is_walked_with_the_arrow_keys(opened):
    page = opened(of_siamese())
    page.click("#close")
    page.focus("#tree")
    page.keyboard.press("m")
    assert active(page) == "model"
    page.keyboard.press("ArrowRight")
    assert drawn(page)["model"] == "around"
    page.keyboard.press("ArrowRight")
    assert active(page) == "model/conv"
    page.keyboard.press("*")
    assert drawn(page)["model/conv"] == drawn(page)["model/embed"] == "around"
    page.keyboard.press("End")
    assert active(page) == "distance"
    page.keyboard.press("Home")
    assert active(page) == "Placeholder"
    row = page.locator("[title='model']")
    told = {name: row.get_attribute(f"aria-{name}") for name in ("level", "setsize", "posinset")}
    assert told == {"level": "1", "setsize": "7", "posinset": "4"}
    assert page.locator("[aria-selected=true]").count() == 1


def test_everything_is_reached_by_the_tab_key_and_focus_is_seen(opened):
    page = opened(of_siamese())
    page.focus("#tree")
    page.keyboard.press("ArrowDown")
    reached = set()
    for _ in range(14):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "() => { const e = document.activeElement; if (e === document.body) return null;"
            " const seen = e.id === 'tree' ? e.querySelector('[aria-selected=true]') : e;"
            " return [e.id || e.textContent, getComputedStyle(seen).outlineStyle]; }"
        )
        if found is not None:
            reached.add(found[0])
            assert found[1] == "solid"
    assert {"search", "theme", "tree", "drawing", "fit", "open", "close"} <= reached


# Search


def test_search_narrows_the_list_and_marks_what_is_drawn(opened):
    page = opened(of_siamese())
    page.click("#close")
    page.keyboard.press("/")
    page.keyboard.type("CONV relu")
    assert page.inner_text("#count") == "2 of 20 operations"
    assert [row.split(",")[0] for row in shown(page)] == [
        *("model", "conv", "Relu"),
        *("model_1", "conv", "Relu"),
    ]
    hits = page.locator(".box.hit").evaluate_all("all => all.map(b => nodes[b.dataset.node].path)")
    assert sorted(hits) == ["model", "model_1"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    # What is chosen opens in the drawing.
    page.keyboard.press("Enter")
    assert active(page) == "model_1/conv/Relu"
    assert drawn(page)["model_1/conv/Relu"] == "operation"
    assert page.input_value("#search") == ""


def test_variables_that_are_shared_are_found_by_the_word(opened):
    page = opened(of_siamese())
    page.fill("#search", "shared")
    assert page.inner_text("#count") == "4 of 20 operations"
    page.fill("#search", "no such thing")
    assert page.is_visible("#nothing")
    page.click("#clear")
    assert page.inner_text("#count") == ""


# Colours

TEXTS = """() => {
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    let at = element.closest("#scene") ? element.closest(".box") : element;
    if (at && at.matches(".box")) {
      found.push([element.textContent, style.fill, getComputedStyle(at.querySelector("rect")).fill]);
      continue;
    }
    // Over lines a text has a rim of the panel's colour.
    if (!at) at = document.querySelector(".drawing");
    while (getComputedStyle(at).backgroundColor === "rgba(0, 0, 0, 0)") at = at.parentElement;
    found.push([element.textContent, element.closest("svg") ? style.fill : style.color,
      getComputedStyle(at).backgroundColor]);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(opened, measured, scheme):
    page = opened(measured)
    page.emulate_media(color_scheme=scheme)
    page.click("[role=treeitem][title='model/conv/weights']")
    texts = page.evaluate(TEXTS)
    page.fill("#search", "conv")
    page.click("#close")
    texts += page.evaluate(TEXTS)
    assert len(texts) > 90
    assert [text for text in texts if contrast(text[1], text[2]) < 4.5] == []


def test_the_colours_are_the_systems_until_the_button_changes_them(opened):
    page = opened(of_siamese())
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.emulate_media(color_scheme="dark")
    assert luminance(light) > 0.8
    assert luminance(page.evaluate(background)) < 0.05
    page.wait_for_function("document.querySelector('#theme').textContent === 'Light colours'")
    page.click("#theme")
    assert page.evaluate(background) == light


# Names that come from anywhere


class Hostile(nn.Module):
    """A net whose parameters have names that are no names."""

    def __init__(self):
        super().__init__()
        for name in HOSTILE:
            # A scope is a module, and in keys a slash and a dot change places.
            module, *parts = [self, *(part.replace(".", "/") for part in name.split("/"))]
            if not all(parts):
                continue
            for part in parts[:-1]:
                module._modules.setdefault(part, nn.Module())
                module = module._modules[part]
            module.register_parameter(parts[-1], nn.Parameter(torch.ones(2)))

    def forward(self, x):
        return x + sum(self.parameters())


def test_a_hostile_name_is_text_and_nothing_else(opened):
    kind = type("</script><script>window.hacked=1</script>", (Hostile,), {})
    graph = ts.graph(kind(), torch.ones(2))
    page = opened(graph)
    page.click("#open")
    assert page.evaluate("window.hacked") is None
    assert page.inner_text("h1") == page.title() == kind.__name__
    assert page.locator("script").count() == 2
    assert page.locator("img").count() == 0
    page.fill("#search", "hacked=1")
    names = page.locator("[role=treeitem]").evaluate_all("rows => rows.map(row => row.title)")
    # In keys a colon begins a mark, which is in no name.
    assert {name for name in HOSTILE if "hacked" in name and ":" not in name} <= set(names)
    for row in page.locator("[role=treeitem]").all()[:12]:
        row.click()
    assert page.evaluate("window.hacked") is None
    text = page.content()
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]
    # In DOT it is one quoted text.
    dot = graph.to_dot()
    assert '"\\"' in dot
    assert all(line.count('"') - line.count('\\"') in (0, 2, 4, 6) for line in dot.splitlines())


def test_names_that_nest_without_end_are_shown(opened):
    def nested(x):
        with ts.name_scope("/".join("d" * 3000)):
            return x * 2

    graph = ts.graph(ts.ScopedModule(nested), torch.ones(2))
    page = opened(graph)
    page.click("#open")
    page.fill("#search", "mul")
    assert page.inner_text("#count") == "1 of 2 operations"
    assert graph.to_dot().count("subgraph") == 60


# Large ones


def test_two_thousand_operations_are_as_readable_as_twenty(opened):
    page = opened(ts.graph(ts.ScopedModule(deep), torch.ones(2, 8)))
    assert "801 operations · 800 variables" in page.inner_text("#sums")
    # A screen or so is open, and only what is in sight exists.
    assert len(drawn(page)) < 60
    page.click("#open")
    assert page.evaluate("boxes.length") > 2000
    assert len(drawn(page)) < 300
    assert page.locator("[role=treeitem]").count() < 80
    page.fill("#search", "stage_7/block_13/in relu")
    assert page.inner_text("#count") == "1 of 1,601 operations"
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert page.locator(".box.here").is_visible()
    assert active(page).startswith("stage_7/block_13/in")


def test_two_thousand_operations_in_one_scope_are_drawn(opened):
    def flat(x):
        for _ in range(1000):
            x = torch.relu(x * 2)
        return x

    page = opened(ts.graph(ts.ScopedModule(flat), torch.ones(2)))
    assert page.evaluate("boxes.length") == 2001
    assert page.evaluate("lines.length") == 2000


# Files


def test_a_page_is_there_whole_or_as_it_was(tmp_path, monkeypatch):
    graph, path = of_siamese(), tmp_path / "graph.html"
    graph.write_page(str(path))
    before = path.read_text()
    with pytest.raises(
        FileNotFoundError, match=r"written to .*Give the path of a file in a folder"
    ):
        graph.write_page(tmp_path / "none" / "graph.html")
    with pytest.raises(IsADirectoryError, match="it is a directory"):
        graph.write_page(tmp_path)
    with pytest.raises(OSError, match="it is a pipe or a device"):
        graph.write_page(os.devnull)

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match=r"No space left on device\. Give the path"):
        graph.write_page(path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == before


def test_what_has_recorded_nothing_says_what_to_do(tmp_path):
    fresh = ts.Graph(ts.ScopedModule(siamese))
    with pytest.raises(RuntimeError, match=r"nothing to draw\. Call it first: graph\(\*inputs\)"):
        fresh.write_page(tmp_path / "graph.html")
    again = pickle.loads(pickle.dumps(of_siamese()))
    with pytest.raises(RuntimeError, match="nothing to draw"):
        again.to_dot()
    assert list(tmp_path.iterdir()) == []
    again.record(torch.ones(1, 8, 8, 3), torch.ones(1, 6, 6, 3))
    assert again.to_dot() == of_siamese().to_dot()


# DOT


def test_scopes_are_clusters_and_shapes_stand_on_edges():
    dot = of_siamese().to_dot()
    lines = [line.strip() for line in dot.splitlines()]
    assert lines[0] == "digraph {"
    assert dot.count("{") == dot.count("}")
    clusters = re.findall(r'subgraph "cluster_([^"]+)"', dot)
    assert sorted(clusters) == [
        "distance",
        *("model", "model/conv", "model/embed"),
        *("model_1", "model_1/conv", "model_1/embed"),
    ]
    nodes = dict(re.findall(r'(n\d+) \[label="([^"]+)"', dot))
    assert sorted(nodes.values()).count("kernel\\n8×4") == 1
    (kernel,) = (node for node, label in nodes.items() if label.startswith("kernel"))
    assert len(re.findall(rf"^ *{kernel} -> ", dot, flags=re.MULTILINE)) == 2
    assert re.search(r'n\d+ -> n\d+ \[label="1×8×8×8"\];', dot)
