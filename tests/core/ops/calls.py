"""One list of all public operations, each with a call of it: what tests/core/ops/test_calls.py runs.

An operation is added to the file of its kind; a test fails for a public one that is missing.
"""

from importlib import import_module
from pathlib import Path

from tests.core.ops.call import Call

CALLS: list[Call] = [
    call
    for file in sorted(Path(__file__).parent.glob("calls_*.py"))
    for call in import_module(f"tests.core.ops.{file.stem}").CALLS
]
