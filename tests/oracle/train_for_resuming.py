"""TensorFlow begins the training that examples/resume.py goes on with, and saves it in examples/resume.

python tests/oracle/train_for_resuming.py
"""

import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.tensorflow1 import tf  # noqa: F401 - chooses exact kernels

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "resume.py"


def example():
    """The example as a module."""
    spec = importlib.util.spec_from_file_location("resume", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    resume = example()
    with tempfile.TemporaryDirectory() as folder:
        path, losses = resume.in_tensorflow(None, resume.STEPS, Path(folder))
        shutil.rmtree(resume.BEGUN, ignore_errors=True)
        resume.BEGUN.mkdir()
        for file in Path(folder).iterdir():
            if file.suffix != ".meta":
                shutil.copy(file, resume.BEGUN)
    (resume.BEGUN / resume.LOSSES).write_text("".join(f"{loss:.9g}\n" for loss in losses))
    state = f'model_checkpoint_path: "{Path(path).name}"\n'
    (resume.BEGUN / "checkpoint").write_text(state)
