"""Whoever expects an error in a test looks at its text."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def raises_in(function):
    """Each `pytest.raises` of a function: its line, whether it has a match, and its name."""
    for node in ast.walk(function):
        for item in node.items if isinstance(node, ast.With) else ():
            call = item.context_expr
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.raises":
                matches = [k.value for k in call.keywords if k.arg == "match"]
                said = bool(matches) and ast.unparse(matches[0]) not in {"''", "'.*'"}
                yield call.lineno, said, item.optional_vars and ast.unparse(item.optional_vars)


def looks_at_the_text(function, name):
    """Whether a function reads `name.value` other than for an attribute that is not its text."""
    texts = {f"{name}.value.args", f"{name}.value.code"}
    read = [ast.unparse(node) for node in ast.walk(function) if isinstance(node, ast.Attribute)]
    value = f"{name}.value"
    others = [one for one in read if one.startswith(f"{value}.") and one.count(".") == 2]
    return not texts.isdisjoint(read) or read.count(value) > len(others)


def test_whoever_expects_an_error_looks_at_its_text():
    without = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text())
        for function in (f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)):
            for line, said, name in raises_in(function):
                if not said and not (name and looks_at_the_text(function, name)):
                    without.append(f"{path.relative_to(ROOT)}:{line}")
    assert sorted(set(without)) == []
