"""The notebook of Lightning's loop and Accelerate's runs."""

import pytest

from tests.project.notebooks import NOTEBOOKS, OPTIONS, recorded, run, without_numbers

pytestmark = pytest.mark.ecosystem


def test_both_loops_train_and_what_one_has_saved_is_restored(tmp_path):
    outputs = run("training_loops", tmp_path, *OPTIONS["training_loops"])
    record = recorded(NOTEBOOKS / "training_loops.py")["cells"]
    assert without_numbers(outputs) == without_numbers(record), "`make notebooks` records it anew"
