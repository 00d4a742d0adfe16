"""Every case gives in torchscope what it gives in TensorFlow: on every pass."""

import importlib
import pkgutil
from pathlib import Path

import pytest

from oracle.observe import in_passes, in_tensorflow, in_torchscope

SUBJECTS = sorted(
    module.name
    for module in pkgutil.iter_modules([str(Path(__file__).parent)])
    if module.name.startswith("cases_")
)


def cases():
    for subject in SUBJECTS:
        module = importlib.import_module(f"oracle.{subject}")
        for name, case in vars(module).items():
            if callable(case) and not name.startswith("_") and case.__module__ == module.__name__:
                yield pytest.param(case, id=f"{subject.removeprefix('cases_')}-{name}")


CASES = list(cases())


def test_there_are_enough_of_them():
    assert len(CASES) >= 150


@pytest.mark.parametrize("case", CASES)
def test_as_tensorflow(case):
    expected = in_tensorflow(case)
    assert in_torchscope(case) == expected
    passes = 1 if hasattr(case, "once") else 3
    for number, seen in enumerate(in_passes(case, passes), start=1):
        assert seen == expected, f"in pass {number}"
