"""What a release must have, beside tests and a wheel: `make release-check`. It leaves the notes in release-notes.md.

A program of Python alone, which prints a line for each thing that does not fit.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A version, as far as they are released here.
VERSION = r"\d+\.\d+\.\d+(?:rc\d+)?"


def sections(changelog):
    """The sections of a changelog by heading, from the newest to the oldest."""
    parts = re.split(r"^## (.*)\n", changelog, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], map(str.strip, parts[1::2]), strict=True))


def check(root, tag=None):
    """What does not fit, a line each, and the notes."""
    (version,) = re.findall(
        r'^__version__ = "(.*)"$', (root / "torchscope/_core/version.py").read_text(), re.MULTILINE
    )
    wrong = []
    if not re.fullmatch(VERSION, version):
        wrong.append(f"torchscope/_core/version.py: {version} is no version such as 1.2.3")
    if tag and tag != f"v{version}":
        wrong.append(f"the tag {tag} is not that of the version {version}: v{version}")

    found = sections((root / "CHANGELOG.md").read_text())
    heading = next((each for each in found if each.startswith(f"[{version}]")), None)
    if found.get("[Unreleased]"):
        wrong.append("CHANGELOG.md: what is under [Unreleased] belongs under the version")
    if heading is None:
        wrong.append(f"CHANGELOG.md: there is no section ## [{version}] - YEAR-MONTH-DAY")
    elif not re.fullmatch(r"\[.*\] - \d{4}-\d\d-\d\d", heading):
        wrong.append(f"CHANGELOG.md: ## {heading} has no date: ## [{version}] - YEAR-MONTH-DAY")
    elif not found[heading]:
        wrong.append(f"CHANGELOG.md: there is nothing under ## {heading}")

    if not re.search(rf"^version: {version}$", (root / "CITATION.cff").read_text(), re.MULTILINE):
        wrong.append(f"CITATION.cff: its version is not {version}")
    return wrong, found.get(heading, "")


def main(tag=None):
    wrong, notes = check(ROOT, tag)
    if wrong:
        sys.exit("\n".join(wrong))
    (ROOT / "release-notes.md").write_text(f"{notes}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
