"""The oracle's cases notice what is broken on purpose."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.tensorflow
@pytest.mark.unmeasured
def test_every_mutant_is_caught():
    script = Path(__file__).parent / "mutants.py"
    result = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr[-2000:]
    assert "mutants caught by" in result.stdout
    assert result.stdout.count("which does not end") == 2
