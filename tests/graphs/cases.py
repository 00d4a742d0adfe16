"""The cases of all files of them."""

import importlib
from pathlib import Path

from tests.graphs.kit import Case

CASES: list[Case] = [
    case
    for path in sorted(Path(__file__).parent.glob("cases_*.py"))
    for case in importlib.import_module(f"tests.graphs.{path.stem}").CASES
]
