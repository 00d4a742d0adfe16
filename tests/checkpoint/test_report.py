"""The page of a report, in a real browser: what people see, press and hear."""

import re

import pytest
import torch
from browser import HOSTILE, browser, contrast, luminance
from browser import watched as in_browser

import torchscope as ts
from torchscope.checkpoint import report

MODEL = {
    "net/conv1/kernel": (3, 3, 8, 16),
    "net/conv1/bias": (16,),
    "net/conv2/kernel": (3, 3, 16, 32),
    "net/conv2/bias": (32,),
    "net/head/kernel": (64, 10),
    "net/head/bias": (10,),
    "net/scale": (),
}
CHECKPOINT = {
    "net/conv1/kernel": (3, 3, 8, 16),
    "net/conv1/bias": (16,),
    "net/conv2/weights": (3, 3, 16, 32),
    "net/conv2/bias": (32,),
    "net/head/kernel": (10, 64),
    "net/head/bias": (11,),
    "global_step": (),
}


def tensors(shapes):
    """Tensors without values, of float32, or of what stands before the shape."""
    return {
        name: torch.empty(shape[1:], device="meta", dtype=shape[0])
        if shape and isinstance(shape[0], torch.dtype)
        else torch.empty(shape, device="meta")
        for name, shape in shapes.items()
    }


@pytest.fixture(scope="module")
def context():
    with browser(viewport={"width": 1300, "height": 800}, color_scheme="light") as context:
        yield context


@pytest.fixture
def watched(context, tmp_path):
    with in_browser(context) as watched:
        yield Report(watched, tmp_path)


class Report:
    """A report that is opened and watched."""

    def __init__(self, watched, folder):
        self.watched, self.folder = watched, folder

    def open(self, model=MODEL, checkpoint=CHECKPOINT, **options):
        path = self.folder / "report.html"
        report(tensors(model), tensors(checkpoint), path, **options)
        return self.watched.open(path)


def shown(page):
    """What the tree says, row by row."""
    return page.locator("[role=treeitem]").evaluate_all(
        "rows => rows.sort((a, b) => a.offsetTop - b.offsetTop).map(r => r.ariaLabel)"
    )


def leaves(page):
    return [label.split(",")[0] for label in shown(page) if " variable" not in label]


def active(page):
    """The name of the row on which the keyboard is."""
    return page.evaluate(
        "document.getElementById(tree.getAttribute('aria-activedescendant')).title"
    )


# What it tells


def test_the_verdict_counts_what_does_not_match(watched):
    page = watched.open(titles=("Net", "model.ckpt-7"))
    assert page.inner_text("h1") == "6 of 9 variables do not match."
    assert page.title() == "Net and model.ckpt-7"
    buttons = page.locator("#filters button:visible").all_inner_texts()
    counts = {re.search(r"[a-z ]+", text)[0].strip(): int(text.split()[-1]) for text in buttons}
    assert counts == {"all": 9, "matched": 3, "missing": 2, "unexpected": 2, "other shape": 2}


def test_what_matches_is_said_to_match(watched):
    page = watched.open(MODEL, MODEL)
    assert page.inner_text("h1") == "All 7 variables match."


def test_another_dtype_is_no_match(watched):
    half = {"net/conv1/kernel": (torch.float16, 3, 3, 8, 16), "net/scale": (torch.int64,)}
    page = watched.open(MODEL, MODEL | half)
    assert page.inner_text("h1") == "2 of 7 variables do not match."
    assert page.inner_text("#filters [data-kind=type]").split() == ["≈", "other", "dtype", "2"]
    page.click("#filters [data-kind=type]")
    assert leaves(page) == ["kernel", "scale"]
    assert "scale, other dtype, scalar, float32, 4 B" in shown(page)
    page.click("[role=treeitem][title='net/conv1/kernel']")
    assert "In both, of one shape and two dtypes." in page.inner_text("#details")


def test_nothing_against_nothing_is_a_page_too(watched):
    page = watched.open({}, {})
    assert page.inner_text("h1") == "Neither side has a variable."


def test_a_net_is_shown_under_the_names_of_its_variables(watched, tmp_path):
    net = ts.ScopedModule(lambda x: x * ts.get_variable("fc/w", [2]))
    net(torch.ones(2))
    text = report(net, {"fc/w": torch.zeros(2)}, tmp_path / "net.html")
    assert (tmp_path / "net.html").read_text() == text
    page = watched.watched.open(tmp_path / "net.html")
    assert leaves(page) == ["w"]
    assert page.inner_text("#model") == "ScopedModule"


def test_each_variable_says_what_it_is(watched):
    page = watched.open()
    rows = shown(page)
    assert "kernel, missing, 3 × 3 × 16 × 32, float32, 18.4 KB" in rows
    assert "weights, unexpected, 3 × 3 × 16 × 32, float32, 18.4 KB" in rows
    assert "bias, other shape, 10, float32, 40 B" in rows
    assert "scale, missing, scalar, float32, 4 B" in rows
    assert "conv1, 2 variables: 2 matched, 4.7 KB" in rows


def test_the_likeliest_partner_is_named_and_one_press_away(watched):
    page = watched.open()
    page.click("[role=treeitem][title='net/conv2/kernel']")
    details = page.inner_text("#details")
    assert "In the model, not in the checkpoint." in details
    assert "Of the same shape" in details
    page.click("#details button.jump")
    assert active(page) == "net/conv2/weights"
    assert "In the checkpoint, not in the model." in page.inner_text("#details")


def test_dimensions_in_another_order_are_pointed_out(watched):
    page = watched.open()
    page.click("[role=treeitem][title='net/head/kernel']")
    details = page.inner_text("#details")
    assert "64 × 10" in details
    assert "10 × 64" in details
    assert "it may need a transposition" in details


# Search and filters


def test_search_narrows_the_tree_and_the_map_to_what_has_all_the_words(watched):
    page = watched.open()
    page.fill("#search", "CONV bias")
    assert leaves(page) == ["bias", "bias"]
    assert page.inner_text("#count") == "2 of 9 variables"
    assert map_bytes(page) == {64, 128}
    assert page.locator("mark").all_inner_texts() == ["conv", "bias", "conv", "bias"]
    page.keyboard.press("Escape")
    assert len(leaves(page)) == 9


def test_a_search_in_vain_says_so_and_offers_the_way_back(watched):
    page = watched.open()
    page.fill("#search", "no such thing")
    assert page.is_visible("#nothing")
    assert page.inner_text("#count") == "0 of 9 variables"
    page.click("#clear")
    assert len(leaves(page)) == 9


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("matched", ["bias", "kernel", "bias"]),
        ("missing", ["kernel", "scale"]),
        ("unexpected", ["global_step", "weights"]),
        ("shape", ["bias", "kernel"]),
    ],
)
def test_a_filter_shows_its_kind_alone(watched, kind, names):
    page = watched.open()
    button = page.locator(f"#filters [data-kind={kind}]")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert leaves(page) == names
    button.click()
    assert len(leaves(page)) == 9
    assert page.get_attribute("#filters [data-kind=all]", "aria-pressed") == "true"


DTYPES = MODEL | {"step": (torch.int64,), "net/conv1/bias": (torch.float16, 16)}


def test_one_dtype_can_be_shown_alone(watched):
    page = watched.open(DTYPES, MODEL | {"step": (torch.int64,)})
    options = page.locator("#dtypes option").all_inner_texts()
    assert options == ["any dtype", "float16 (1)", "float32 (7)", "int64 (1)"]
    page.select_option("#dtypes", "int64")
    assert leaves(page) == ["step"]
    assert page.inner_text("#count") == "1 of 8 variables"
    assert map_bytes(page) == {8}
    # A variable of two dtypes is of both.
    page.select_option("#dtypes", "float16")
    assert leaves(page) == ["bias"]
    page.select_option("#dtypes", "float32")
    page.click("#filters [data-kind=type]")
    assert leaves(page) == ["bias"]
    page.fill("#search", "kernel")
    page.click("#clear")
    assert page.input_value("#dtypes") == ""
    assert len(leaves(page)) == 8


def test_there_is_no_filter_where_there_is_nothing_to_tell_apart(watched):
    page = watched.open(MODEL, MODEL)
    assert not page.is_visible("#dtypes")
    assert page.locator("#filters button:visible").count() == 2


# The mouse


def test_a_triangle_opens_its_scope_and_so_do_two_clicks(watched):
    page = watched.open()
    row = page.locator("[title='net/conv1']")
    row.locator(".twist").click()
    assert row.get_attribute("aria-expanded") == "false"
    row.locator(".twist").click()
    assert row.get_attribute("aria-expanded") == "true"
    row.locator(".label").dblclick()
    assert row.get_attribute("aria-expanded") == "false"


# The keyboard


def test_the_tree_is_walked_with_the_arrow_keys(watched):
    page = watched.open()
    page.focus("#tree")
    assert active(page) == "global_step"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert active(page) == "net/conv1"
    before = len(shown(page))
    page.keyboard.press("ArrowLeft")
    row = page.locator("[title='net/conv1']")
    assert row.get_attribute("aria-expanded") == "false"
    assert len(shown(page)) == before - 2
    page.keyboard.press("ArrowRight")
    assert row.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowRight")
    assert active(page) == "net/conv1/bias"
    page.keyboard.press("ArrowLeft")
    assert active(page) == "net/conv1"
    page.keyboard.press("End")
    assert active(page) == "net/scale"
    page.keyboard.press("Home")
    assert active(page) == "global_step"
    page.keyboard.press("h")
    assert active(page) == "net/head"
    page.keyboard.press("Enter")
    assert page.get_attribute("[title='net/head']", "aria-expanded") == "false"
    page.keyboard.press("*")
    assert page.get_attribute("[title='net/head']", "aria-expanded") == "true"


def test_rows_tell_a_screen_reader_where_they_are(watched):
    page = watched.open()
    page.focus("#tree")
    page.keyboard.press("End")
    row = page.locator("[title='net/scale']")
    told = {name: row.get_attribute(f"aria-{name}") for name in ("level", "setsize", "posinset")}
    assert told == {"level": "2", "setsize": "4", "posinset": "4"}
    assert row.get_attribute("aria-selected") == "true"
    assert page.locator("[aria-selected=true]").count() == 1


def test_everything_is_reached_by_the_tab_key_and_focus_is_seen(watched):
    page = watched.open()
    page.focus("#tree")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#tree [aria-selected=true]")
    reached = set()
    for _ in range(14):
        page.keyboard.press("Tab")
        # At one moment, since the page may draw itself anew between two questions. In the tree it
        # is the row that is outlined.
        found = page.evaluate(
            "() => { const e = document.activeElement; if (e === document.body) return null;"
            " const seen = e.id === 'tree' ? e.querySelector('[aria-selected=true]') : e;"
            " return [e.id || e.textContent, getComputedStyle(seen).outlineStyle]; }"
        )
        if found is not None:
            reached.add(found[0])
            assert found[1] == "solid"
    assert {"theme", "search", "tree", "everything", "Draw this scope alone"} <= reached


def test_a_slash_goes_to_the_search_and_an_arrow_on_to_the_tree(watched):
    page = watched.open()
    page.keyboard.press("/")
    page.keyboard.type("bias")
    assert page.input_value("#search") == "bias"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == "tree"
    assert active(page) == "net"


# The map


def cells(page):
    """x, y, width, height and bytes of each area."""
    return page.locator("#treemap .cell").evaluate_all(
        "all => all.map(c => [...['x', 'y', 'width', 'height'].map(n => +c.getAttribute(n)),"
        " +c.dataset.bytes])"
    )


def map_bytes(page):
    return {each[-1] for each in cells(page)}


def test_areas_are_proportional_to_sizes_and_fill_the_map(watched):
    sizes = {f"a/{i}/v{k}": (10 + 7 * i * i, 3 + k) for i in range(9) for k in range(6)}
    page = watched.open(sizes, sizes)
    found = cells(page)
    assert len(found) == 54
    total = sum(4 * rows * columns for rows, columns in sizes.values())
    assert sum(each[4] for each in found) == total
    box = page.locator("#treemap").bounding_box()
    whole = box["width"] * box["height"]
    for x, y, width, height, size in found:
        assert width * height == pytest.approx(whole * size / total, rel=1e-6)
        assert -1e-6 <= x <= box["width"] - width + 1e-6
        assert -1e-6 <= y <= box["height"] - height + 1e-6
    # None lies on another: they fill the map, and no point is in two.
    for i, (x, y, w, h, _) in enumerate(found):
        for x2, y2, w2, h2, _ in found[:i]:
            wide = min(x + w, x2 + w2) - max(x, x2)
            high = min(y + h, y2 + h2) - max(y, y2)
            assert wide < 1e-6 or high < 1e-6


def test_each_area_says_of_which_layer_it_is(watched):
    sizes = {f"net/block_{i}/conv/kernel": (40, 50) for i in range(9)}
    page = watched.open(sizes, sizes)
    texts = page.locator("#treemap text").all_text_contents()
    for i in range(9):
        assert any(text.endswith(f"_{i}") for text in texts)
    assert texts.count("conv/kernel") == 9
    flat = {f"layer_{i}/kernel": (40, 50) for i in range(40)}
    page = watched.open(flat, flat)
    texts = page.locator("#treemap text").all_text_contents()
    for i in range(40):
        assert any(re.search(rf"_{i}(/|$)", text) for text in texts), texts
    page.click("[role=treeitem][title='layer_7']")
    page.click("text=Draw this scope alone")
    assert page.locator("#treemap text").all_text_contents() == ["kernel", "8.0 KB"]


def test_a_variable_that_is_pressed_in_the_map_is_found_in_the_tree(watched):
    page = watched.open()
    page.locator("#treemap .cell.unexpected").first.click(position={"x": 3, "y": 30})
    assert active(page) == "net/conv2/weights"


def test_a_scope_can_be_drawn_alone(watched):
    page = watched.open()
    page.click("[role=treeitem][title='net/conv1']")
    page.click("text=Draw this scope alone")
    assert map_bytes(page) == {4 * 16, 4 * 3 * 3 * 8 * 16}
    page.click("#crumbs >> text=everything")
    assert len(cells(page)) > 2


# Colours


# Each text with its colour and that of what is behind it.
TEXTS = """() => {
  const found = [];
  for (const element of document.querySelectorAll("body *, #treemap text")) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    if (element.closest("svg")) {
      const kind = element.classList[0];
      const behind = kind === "top" ? ".pill" : `.cell.${kind}`;
      found.push([element.textContent, style.fill, getComputedStyle(document.querySelector(behind)).fill]);
      continue;
    }
    let at = element;
    while (getComputedStyle(at).backgroundColor === "rgba(0, 0, 0, 0)") at = at.parentElement;
    found.push([element.textContent, style.color, getComputedStyle(at).backgroundColor]);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(watched, scheme):
    page = watched.open()
    page.emulate_media(color_scheme=scheme)
    page.fill("#search", "net")
    page.click("[role=treeitem][title='net/conv2/kernel']")
    texts = page.evaluate(TEXTS)
    page.click("[role=treeitem][title='net/head/bias']")
    texts += page.evaluate(TEXTS)
    assert len(texts) > 60
    weak = [text for text in texts if contrast(text[1], text[2]) < 4.5]
    assert weak == []
    page.focus("#tree")
    outline, panel = page.evaluate(
        "[getComputedStyle(document.querySelector('[aria-selected=true]')).outlineColor,"
        " getComputedStyle(document.querySelector('.panel')).backgroundColor]"
    )
    assert contrast(outline, panel) >= 3


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_colours_are_the_systems_until_the_button_changes_them(watched):
    page = watched.open()
    light = background(page)
    page.emulate_media(color_scheme="dark")
    dark = background(page)
    assert luminance(light) > 0.8
    assert luminance(dark) < 0.05
    # The page hears of it a moment later.
    page.wait_for_function("document.querySelector('#theme').textContent === 'Light colours'")
    page.click("#theme")
    assert background(page) == light
    assert page.inner_text("#theme") == "Dark colours"
    page.click("#theme")
    assert background(page) == dark


# What comes from files that nobody vouches for


def test_a_hostile_name_is_text_and_nothing_else(watched):
    names = dict.fromkeys(HOSTILE, (2,))
    page = watched.open(names, {}, titles=(HOSTILE[0], HOSTILE[1]))
    assert page.evaluate("window.hacked") is None
    assert page.inner_text("#model") == HOSTILE[0]
    assert page.title() == f"{HOSTILE[0]} and {HOSTILE[1]}"
    assert page.locator("script").count() == 2
    assert page.locator("img").count() == 0
    page.fill("#search", "<script>")
    assert page.inner_text("#count").startswith("3 of 13")
    page.keyboard.press("Escape")
    page.focus("#tree")
    for name in HOSTILE:
        if name.isprintable() and name.strip("/"):
            page.fill("#search", name)
            rows = page.locator("[role=treeitem]")
            titles = rows.evaluate_all("rows => rows.map(row => row.title)")
            rows.nth(titles.index(name)).click()
            assert name in page.inner_text("#details")
    assert page.evaluate("window.hacked") is None


def test_the_page_runs_no_script_but_its_own_and_asks_for_nothing(watched):
    page = watched.open()
    policy = page.get_attribute("meta[http-equiv=Content-Security-Policy]", "content")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page.evaluate("document.body.append(document.createElement('script'))")
    text = page.content()
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]


def test_names_that_nest_without_end_are_shown(watched):
    deep = "/".join("d" * 20000)
    page = watched.open({deep: (2,)}, {deep: (2,)})
    assert page.inner_text("h1") == "The one variable matches."
    page.fill("#search", "d/d")
    page.focus("#tree")
    page.keyboard.press("End")
    assert active(page) == deep


# Large ones


def test_twenty_thousand_variables_are_as_readable_as_twenty(watched):
    shapes = {
        f"model/block_{i // 100}/layer_{i}/part_{k}/kernel": (8, 16 + k)
        for i in range(2000)
        for k in range(10)
    }
    renamed = {name.replace("layer_7/", "layer_seven/"): s for name, s in shapes.items()}
    page = watched.open(shapes, renamed)
    assert page.inner_text("h1") == "20 of 20,010 variables do not match."
    # Only what is in sight exists, and what is too small to be seen is drawn together.
    assert page.locator("[role=treeitem]").count() < 80
    assert page.locator("#treemap .cell").count() < 10000
    page.fill("#search", "layer_1777 part_3")
    assert leaves(page) == ["kernel"]
    page.fill("#search", "")
    page.click("#filters [data-kind=missing]")
    assert len(leaves(page)) == 10
    page.click("#filters [data-kind=all]")
    page.focus("#tree")
    page.keyboard.press("*")
    page.keyboard.press("End")
    assert active(page) == "model/block_19"
    assert page.locator("[title='model/block_19']").is_visible()


def test_twenty_thousand_variables_in_one_scope_scroll(watched):
    shapes = {f"v/{i}": (4,) for i in range(20000)}
    page = watched.open(shapes, shapes)
    page.focus("#tree")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    assert active(page) == "v/19999"
    assert page.locator("[role=treeitem]").count() < 80
    assert sum(each[-1] for each in cells(page)) == 20000 * 16
    page.keyboard.press("PageUp")
    assert page.locator("[aria-selected=true]").is_visible()
