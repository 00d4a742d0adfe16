"""A headless Chromium in which a page is looked at."""

import shutil
import tempfile
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


@contextmanager
def browser(**options):
    """A browser of its own, with a fresh profile."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise RuntimeError(
            f"The page is tested in a real browser, and none of {', '.join(NAMES)} is installed: "
            "apt-get update && apt-get install -y --no-install-recommends chromium"
        )
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=found, headless=True, args=list(ARGUMENTS), **options
        )
        try:
            yield context
        finally:
            context.close()
