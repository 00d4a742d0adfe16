"""Pictures of the site for who has not built it, in docs/pictures: ``make pictures``, which builds it first."""

import io
import sys
from pathlib import Path

from PIL import Image

from tests.browser import browser, served

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
PAGES = {
    "home": "index.html",
    "start": "start.html",
    "line_by_line": "line_by_line.html",
    "reference": "reference/torchscope.slim.html#torchscope.slim.arg_scope",
    "notebook": "notebooks/gan.html#what-it-draws",
    "graph": "graphs.html#the-page",
}
# What is typed into the search of a page.
SOUGHT = {"line_by_line": "dropout"}


def main(site):
    FOLDER.mkdir(exist_ok=True)
    size = {"width": 1280, "height": 900}
    with served(site) as root, browser(color_scheme="light", viewport=size) as context:
        for name, address in PAGES.items():
            page = context.new_page()
            page.goto(root + address)
            if name in SOUGHT:
                page.click("[data-md-component=search-query]")
                page.keyboard.type(SOUGHT[name])
                page.locator(".md-search-result__link").first.wait_for()
            # What unfolds or scrolls has come to its end.
            page.wait_for_timeout(1000)
            drawn = Image.open(io.BytesIO(page.screenshot()))
            drawn.quantize(256, dither=Image.Dither.NONE).save(
                FOLDER / f"{name}.png", optimize=True
            )
            page.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
