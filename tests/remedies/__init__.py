"""Remedies that messages name, each tried: the mistake, what is said of it, and what follows its advice."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "torchscope"
# How a sentence begins that says what to do.
ADVICE = re.compile(
    r"(?:^|[.:;,] |, or )(?:Add|Ask|Attach|Begin|Build|Call|Choose|Convert|Define|Did you mean|Do|Gather|Give"
    r"|Have|If you trust|Keep|Leave|Load|Make|Open|Pass|Put|Run|Say|Set|Split|Take|Use|Wrap|Write|call"
    r"|convert|give|make|use|write)\b|pip install"
)


def tried(cases):
    """A decorator for a mistake of this type whose message says this; it puts the function into `cases`.

    The function yields what makes the mistake. Then it goes on, and does as it was told.
    """

    def remedy(kind, *says):
        def put(function):
            cases.append(pytest.param(kind, says, function, id=function.__name__))
            return function

        return put

    return remedy


def follow(kind, says, function):
    """Makes the mistake, reads what is said of it, and goes on."""
    steps = function()
    mistake = next(steps)
    with pytest.raises(kind) as caught:
        mistake()
    for part in says:
        assert part in str(caught.value), caught.value
    assert next(steps, "followed") == "followed"


def advice():
    """Each message in the package that says what to do: its file, and its text without what is put in."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and re.search(r"Error$|refused$", ast.unparse(node.func)):
                texts = [a for a in ast.walk(node) if isinstance(a, ast.Constant)]
                text = "".join(a.value for a in texts if isinstance(a.value, str))
                if ADVICE.search(text):
                    yield path.relative_to(PACKAGE).as_posix(), text
