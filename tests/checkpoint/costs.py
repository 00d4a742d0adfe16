"""What it costs to read a file: memory and time, measured in a process that is there for this alone.

``python tests/checkpoint/costs.py`` reads paths, one a line, and says what each cost. It forks for
each of them, so that what one left behind is not counted for the next.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NamedTuple

MEMORY = 300 << 20
"""The bytes of memory beyond those of the process that a file of less than a megabyte may take."""

SECONDS = 2.0
"""The seconds of computing that it may take."""


class Cost(NamedTuple):
    """What became of a file: 'read', 'refused', or an error that is none of ours; and its costs."""

    outcome: str
    megabytes: float
    seconds: float


def look_at(path: str) -> str:
    """Opens, lists and verifies a file, and reads each of its values that takes no more than it."""
    from torchscope.checkpoint import CheckpointError, load_checkpoint  # noqa: PLC0415

    most = max(Path(path).stat().st_size if Path(path).is_file() else 0, 1 << 20)
    outcome = "read"
    try:
        with load_checkpoint(path) as checkpoint:
            for name in checkpoint:
                try:
                    nbytes = checkpoint.nbytes(name)
                    checkpoint.verify(name)
                    if nbytes <= most:
                        _ = checkpoint[name]
                except CheckpointError:  # noqa: PERF203 - each by itself
                    outcome = "refused"
    except CheckpointError:
        outcome = "refused"
    return outcome


def status(field: str) -> int:
    """A size in bytes that Linux tells of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(field)


def child(path: str) -> list[Any]:
    """What a process that was forked says of a file."""
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    limit = status("VmSize") + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    start = time.process_time()
    try:
        outcome = look_at(path)
    except BaseException:  # noqa: BLE001 - whatever comes out is to be seen
        outcome = traceback.format_exc()[-2000:]
    return [outcome, (status("VmHWM") - before) / 2**20, time.process_time() - start]


def serve() -> None:
    """The process that is asked."""
    import torch  # noqa: PLC0415

    import torchscope.checkpoint  # noqa: F401, PLC0415 - so that nobody else has to

    torch.set_num_threads(1)
    for line in sys.stdin:
        path = json.loads(line)
        read, write = os.pipe()
        number = os.fork()
        if number == 0:
            os.write(write, json.dumps(child(path)).encode())
            os._exit(0)
        os.close(write)
        told = b""
        while more := os.read(read, 65536):
            told += more
        os.close(read)
        _, ended = os.waitpid(number, 0)
        print(told.decode() or json.dumps([f"ended with {ended}", 0.0, 0.0]), flush=True)


class Costs:
    """Such a process, and what it says."""

    def __enter__(self) -> Costs:  # noqa: PYI034 - Self is in no supported Python's typing
        # What counts lines would be counted as well.
        plain = {key: text for key, text in os.environ.items() if not key.startswith("COVERAGE")}
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=plain,
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()

    def of(self, path: str | os.PathLike[str]) -> Cost:
        """What a file costs."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(os.fspath(path)) + "\n")
        self._process.stdin.flush()
        return Cost(*json.loads(self._process.stdout.readline()))


if __name__ == "__main__":
    serve()
