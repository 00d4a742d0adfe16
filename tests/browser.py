"""A headless Chromium in which a page is looked at, and what holds of every page."""

import functools
import http.server
import re
import shutil
import subprocess
import tempfile
import threading
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def runs(path):
    """Whether it is a browser: Ubuntu has a chromium that only asks for another package."""
    return subprocess.run([path, "--version"], check=False, capture_output=True).returncode == 0


@contextmanager
def browser(**options):
    """A browser of its own, with a fresh profile."""
    found = next(filter(runs, filter(None, map(shutil.which, NAMES))), None)
    if found is None:
        raise RuntimeError(
            f"The page is tested in a real browser, and none of {', '.join(NAMES)} runs: "
            "`make needs` says how to get one."
        )
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=found, headless=True, args=list(ARGUMENTS), **options
        )
        try:
            yield context
        finally:
            context.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Says nothing of what it is asked for."""

    def log_message(self, *args):
        pass


@contextmanager
def served(folder):
    """The address at which a folder's files are, for pages that ask for others: a search does."""
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class Watched:
    """A page that is opened, with all that it complains of and all that it asks for."""

    def __init__(self, page):
        self.page, self.url = page, None
        self.complaints, self.requests = [], []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path):
        self.url = path.as_uri()
        self.page.goto(self.url)
        return self.page


@contextmanager
def watched(context):
    """A page in light colours that in the end has complained of nothing and asked for nothing."""
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.emulate_media(color_scheme="light")
    watched = Watched(page)
    yield watched
    page.close()
    assert watched.complaints == []
    assert set(watched.requests) <= {watched.url, "data:,"}


def luminance(colour):
    channels = [float(part) / 255 for part in re.findall(r"[\d.]+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, two):
    lights = sorted((luminance(one), luminance(two)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


# Names that would be something else than text.
HOSTILE = [
    "<script>window.hacked=1</script>",
    "</script><script>window.hacked=1</script>",
    "<!--<script>",
    "</script ><script >window.hacked=1</script >",
    "<!--<script x",
    "<img src=x onerror=window.hacked=1>",
    '"><svg onload=window.hacked=1>',
    "javascript:window.hacked=1",
    "$data ${script} &lt;b&gt; &amp;",
    "__proto__/constructor/toString",
    "line\u2028end\x00\x1b[31m\udc80",
    "//",
    "",
]
