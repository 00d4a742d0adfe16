"""Builds every model of the packages in both libraries, and writes docs/ported.md: ``python tests/packages/ported.py``.

A model that does not run is listed with the reason.
"""

import importlib.metadata
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from tqdm import tqdm

from packages.both import ROOT, quiet
from packages.model import distance, gradient_distance, in_tensorflow, in_torchscope
from packages.models import MODELS
from packages.symbols import PACKAGES

PAGE = Path(__file__).parents[2] / "docs" / "ported.md"

HEAD = """\
# Models of other people's packages

Each is built twice from the same installed files, which nobody has changed: by TensorFlow, and by torchscope
through `torchscope.port.importing`. TensorFlow's checkpoint, with values that no initializer would give, is
loaded into ours; then names, shapes, order and trainability of all variables are compared, the outputs, and the
gradients of the weighed sum of all outputs. Distances are the largest difference, of the largest number in the
output, and of the largest gradient of the net. `python tests/packages/ported.py` writes this page;
tests/packages/test_packages.py compares besides the checkpoint that we write and TensorFlow reads, the second
pass, and the compiled net.

| package | file | model | lines | changed | variables | names equal | output | gradient |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def row_of(model):
    """One row: what was compared, or why it does not run."""
    path = Path(*model.file.split("."))
    file = next(
        each for each in (path.with_suffix(".py"), path / "__init__.py") if (ROOT / each).is_file()
    )
    lines = (ROOT / file).read_text(encoding="utf-8").count("\n")
    package = PACKAGES[model.file.partition(".")[0]]
    begin = f"| {package} {importlib.metadata.version(package)} | `{file}` | {model.name} | {lines:,} | 0 |"
    if model.fails:
        return f"{begin} does not run: {model.fails} | | | |", False
    try:
        with tempfile.TemporaryDirectory() as folder, quiet():
            expected, _ = in_tensorflow(model, f"{folder}/theirs")
            seen, _, _ = in_torchscope(model, f"{folder}/theirs")
    except Exception as error:  # noqa: BLE001 - whatever it is, the row says it
        said = f"{type(error).__name__}: {error}".splitlines()[0].replace("|", "/")
        return f"{begin} does not run: {said} | | | |", False
    outputs = max(map(distance, seen.outputs, expected.outputs))
    steep = (
        f"{gradient_distance(seen.gradients, expected.gradients):.0e}" if expected.gradients else ""
    )
    same = sum(map(tuple.__eq__, seen.variables, expected.variables))
    count = len(expected.variables)
    return f"{begin} {count} | {same} | {outputs:.0e} | {steep} |", True


def main():
    sys.path.insert(0, str(ROOT))
    rows = [row_of(model) for model in tqdm(MODELS, unit="model")]
    ran = sum(runs for _, runs in rows)
    last = (
        f"\n{ran} of {len(rows)} models run: {ran / len(rows):.1%}. No line of theirs is changed.\n"
    )
    PAGE.write_text(HEAD + "".join(f"{row}\n" for row, _ in rows) + last)
    print(last)


if __name__ == "__main__":
    main()
