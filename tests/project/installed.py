"""Installs a wheel where nothing but what it needs is to be found, and runs `smoke.py`: `make wheel` does so."""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bare import environment

SMOKE = Path(__file__).parent / "smoke.py"


def run(*command):
    subprocess.run(command, check=True, cwd="/")


def main(wheel):
    with tempfile.TemporaryDirectory() as folder:
        python, _ = environment(Path(folder) / "venv")
        pip = sys.executable, "-m", "pip", "--quiet", "--python", python
        run(*pip, "install", "--no-index", "--no-deps", wheel.resolve())
        # All that the wheel asks for is there.
        run(*pip, "check")
        run(python, "-I", SMOKE)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
