"""What the rewriting of TF1 source takes: by itself, and while other people's files are imported.

The files are those of tensor2tensor and bert-tensorflow, as they were released: see tests/packages. An
import by the hook is beside a plain import of what the codemod makes of the same files, both from
bytecode that an earlier import left; each in processes of its own, where torchscope is imported already.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tqdm import trange

from benchmarks.figures import Figure
from torchscope.port import rewrite
from torchscope.port.codemod import convert, sources, write

PACKAGES = Path(__file__).parent.parent / ".packages"
LINES = 10_000
IMPORT = """
import sys
import time
import torchscope.tf1.contrib
from torchscope.port import helpers, importing
start = time.perf_counter()
{statement}
print(time.perf_counter() - start)
"""
PLAIN = "import bert.modeling"
HOOK = "with importing(packages=['bert']):\n    import bert.modeling"


def source_lines() -> list[str]:
    """Files of tensor2tensor, of ten thousand lines together and a little more."""
    texts: list[str] = []
    for part in ("layers", "models"):
        for file in sorted((PACKAGES / "tensor2tensor" / part).glob("*.py")):
            if sum(text.count("\n") for text in texts) >= LINES:
                return texts
            texts.append(file.read_text())
    return texts


def importing(statement: str, path: Path, cache: str) -> float:
    """The seconds that an import takes in a new process.

    Args:
        statement: what imports.
        path: where the package is.
        cache: a folder for all bytecode, that of the hook too.
    """
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(path), str(PACKAGES.parent))),
        "PYTHONPYCACHEPREFIX": cache,
        "PYTHONDONTWRITEBYTECODE": "",
        "XDG_CACHE_HOME": cache,
    }
    command = [sys.executable, "-c", IMPORT.format(statement=statement)]
    done = subprocess.run(  # noqa: S603
        command, check=True, capture_output=True, text=True, env=environment
    )
    return float(done.stdout)


def measure(repeats: int) -> Iterator[Figure]:
    """The rewriting of ten thousand lines, and the import of a model."""
    texts = source_lines()
    lines = sum(text.count("\n") for text in texts)
    taken = []
    for _ in trange(max(2, repeats // 5), desc="rewriting", leave=False, disable=None):
        start = time.perf_counter()
        for text in texts:
            rewrite(text)
        taken.append((time.perf_counter() - start) * LINES / lines)
    yield Figure("rewriting 10,000 lines", statistics.median(taken), 10, 3, unit="s")
    with tempfile.TemporaryDirectory() as ported, tempfile.TemporaryDirectory() as cache:
        write((convert(*each) for each in sources(PACKAGES / "bert")), Path(ported, "bert"))
        sides = ((PLAIN, Path(ported)), (HOOK, PACKAGES))
        for statement, path in sides:
            importing(statement, path, cache)
        rounds = trange(max(2, repeats // 3), desc="imports", leave=False, disable=None)
        seconds = [[importing(statement, path, cache) for statement, path in sides] for _ in rounds]
    plain, hook = (statistics.median(side) for side in zip(*seconds, strict=True))
    yield Figure(
        "import bert.modeling by the hook, cached / the ported file", hook / plain, 1.5, 1.1
    )
