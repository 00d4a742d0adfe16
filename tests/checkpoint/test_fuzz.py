"""The fuzzer's targets, each with some random cases that are always the same."""

import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parent / "fuzz.py"


@pytest.mark.tensorflow
def test_a_hundred_cases_of_each_target_have_no_finding():
    result = subprocess.run(
        [sys.executable, str(FUZZ), "--cases", "100"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.strip() == "19 targets, 100 cases each, 0 findings"
