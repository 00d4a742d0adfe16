"""Fetches the Python files of tf.contrib: ``python tests/oracle/fetch_contrib.py FOLDER``.

They are in the last wheel of TensorFlow 1, for a Python that is gone. It comes from the index that pip
uses and is compared with its hash.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WANTED = re.compile(
    r"tensorflow_core/contrib/"
    r"((framework|grid_rnn|layers|legacy_seq2seq|opt|rnn|seq2seq)/.*|compiler/.*|util/.*)?[^/]*\.py"
)


def main(folder):
    with tempfile.TemporaryDirectory(dir=Path(folder).absolute().parent) as taken:
        wheels, files = Path(taken, "wheels"), Path(taken, "files")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        of = ["--python-version", "37", "--implementation", "cp", "--abi", "cp37m"]
        of += ["--platform", "manylinux2010_x86_64", "--only-binary=:all:", "--dest", str(wheels)]
        wanted = Path(__file__).with_name("contrib.txt")
        subprocess.run([*pip, *of, "--requirement", str(wanted)], check=True)
        (wheel,) = wheels.glob("*.whl")
        with zipfile.ZipFile(wheel) as opened:
            opened.extractall(files, [n for n in opened.namelist() if WANTED.fullmatch(n)])
        # The folder is there when all of it is.
        shutil.rmtree(folder, ignore_errors=True)
        Path(files, "tensorflow_core").rename(folder)
        Path(folder).touch()


if __name__ == "__main__":
    main(sys.argv[1])
