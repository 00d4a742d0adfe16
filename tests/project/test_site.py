"""The site that `make docs` builds: complete, found by its search, copied from, and read on a telephone, plots included."""

import itertools
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import browser, served

# mkdocs is in the environment of constraints.txt alone.
pytestmark = pytest.mark.tensorflow

ROOT = Path(__file__).parents[2]
PAGES = (
    "index.html",
    "start.html",
    "guide.html",
    "line_by_line.html",
    "faq.html",
    "training.html",
    "conformance.html",
    "examples/dcgan.html",
    "notebooks/gan.html",
    "reference/torchscope.html",
)
SCHEMES = {"light": "default", "dark": "slate"}


def build(config, folder):
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-f", config, "-d", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    built = build(ROOT / "mkdocs.yml", folder)
    assert built.returncode == 0, built.stderr
    assert "Documentation built in" in built.stderr
    return folder


@pytest.fixture(scope="module")
def address(site):
    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def window():
    with browser(permissions=["clipboard-read", "clipboard-write"]) as context:
        yield context


@pytest.fixture
def page(window):
    """A page, which must say no errors and ask no other host for anything."""
    page = window.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    page.close()
    assert said == []
    assert [url for url in asked if not re.match(r"http://127\.0\.0\.1:|data:|blob:", url)] == []


def test_each_public_name_is_on_a_page(site):
    listed = (ROOT / "tests" / "public" / "written_down.txt").read_text()
    for name in re.findall(r"^(torchscope\.\w+)\(", listed, re.MULTILINE):
        assert f'id="{name}"' in (site / "reference" / "torchscope.html").read_text()


def test_the_search_finds_a_function(page, address):
    page.goto(address + "index.html")
    page.click("[data-md-component=search-query]")
    page.keyboard.type("get_variable")
    found = page.locator(".md-search-result__link", has_text="get_variable")
    found.first.wait_for()
    links = [link.get_attribute("href") for link in found.all()]
    assert any(
        link.endswith("torchscope.html?h=get_variable#torchscope.get_variable") for link in links
    ), links


def test_an_example_is_copied(page, address):
    page.goto(address + "start.html")
    page.locator("[data-md-type=copy], .md-clipboard").nth(1).click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.length > 0)")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("import torch\nimport torchscope as ts\n")


# One test, since each process that runs some of this file builds the site.
def test_pages_are_as_wide_as_a_telephone_by_day_and_by_night(page, address):
    page.set_viewport_size({"width": 360, "height": 640})
    for (scheme, colours), name in itertools.product(SCHEMES.items(), PAGES):
        page.emulate_media(color_scheme=scheme)
        page.goto(address + name)
        assert page.evaluate("document.documentElement.scrollWidth") == 360, name
        assert page.evaluate("document.body.dataset.mdColorScheme") == colours
        if name == "notebooks/gan.html":
            assert page.locator(".printed:visible").count() == 3
            assert page.locator(f'img[src$="#only-{scheme}"]:visible').count() == 2
            assert page.locator("article img:visible").count() == 2


def test_a_name_without_a_docstring_fails_the_build(caplog):
    namespace = runpy.run_path(str(ROOT / ".ci" / "pages.py"))
    namespace["_entry"]("torchscope", "PAGES", lambda: None)
    (said,) = caplog.records
    assert said.getMessage() == "torchscope.PAGES has no docstring"
    # mkdocs counts what its own loggers warn of.
    assert (said.levelname, said.name.split(".")[0]) == ("WARNING", "mkdocs")


def test_a_link_that_leads_nowhere_fails_the_build(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text("[a](../examples/no.py), [b](gone.md), [c](#none)")
    config = tmp_path / "mkdocs.yml"
    lines = f"INHERIT: {ROOT / 'mkdocs.yml'}", "docs_dir: docs", "plugins: []", "nav: [page.md]"
    config.write_text("\n".join((*lines, f"hooks: [{ROOT / '.ci' / 'pages.py'}]")))
    built = build(config, tmp_path / "site")
    assert built.returncode == 1
    assert "page.md leads to examples/no.py, which is no file" in built.stderr
    assert "'gone.md', but the target is not found" in built.stderr
    assert "'#none', but there is no such anchor" in built.stderr
