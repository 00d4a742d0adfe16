"""TensorBoard itself, as `tensorboard --logdir` starts it."""

import re
import subprocess
import sys
from contextlib import contextmanager


@contextmanager
def tensorboard(folder):
    """TensorBoard on the files in a folder: the address where it is."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder)]
    # It has read the files when it says where it is, if it reads them itself.
    options = ["--host", "127.0.0.1", "--port", "0", "--load_fast", "false"]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        said = []
        try:
            for line in process.stderr:
                said.append(line)
                if found := re.search(r"TensorBoard \S+ at (http://\S+)", line):
                    yield found[1]
                    return
            raise RuntimeError(f"TensorBoard did not start: {''.join(said)}")
        finally:
            process.kill()
