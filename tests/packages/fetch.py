"""Lays the packages of packages.txt into a folder: ``python tests/packages/fetch.py FOLDER``."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def main(folder):
    with tempfile.TemporaryDirectory(dir=Path(folder).absolute().parent) as taken:
        files = Path(taken, "files")
        wanted = Path(__file__).with_name("packages.txt")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
        options = ["--require-hashes", "--target", str(files), "--requirement", str(wanted)]
        subprocess.run([*pip, *options], check=True)
        # The folder is there when all of it is.
        shutil.rmtree(folder, ignore_errors=True)
        files.rename(folder)
        Path(folder).touch()


if __name__ == "__main__":
    main(sys.argv[1])
