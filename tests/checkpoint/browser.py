"""A headless Chromium in which a page is looked at."""

import shutil
import subprocess
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
