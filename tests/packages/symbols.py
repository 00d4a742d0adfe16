"""Writes the tables of docs/does_it_run.md: ``python tests/packages/symbols.py``.

Which share torchscope answers of the TensorFlow symbols that code has in it: of each package that `make .packages`
fetches, whose files are read and not imported, and of the survey in tests/oracle/usage.txt, which has counts alone.
"""

import ast
import importlib.metadata
import re
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from oracle.usage import GROUPS, REFUSED, facts, shares
from tqdm import tqdm

from torchscope.port import places
from torchscope.port.bindings import TENSORFLOW, Bindings, imports_tensorflow
from torchscope.port.codemod import sources
from torchscope.port.python2 import modernized

ROOT = TESTS.parent / ".packages"
PAGE = TESTS.parent / "docs" / "does_it_run.md"
PACKAGES = {
    "bert": "bert-tensorflow",
    "gpt_2_simple": "gpt-2-simple",
    "magenta": "magenta",
    "opennmt": "OpenNMT-tf",
    "sonnet": "dm-sonnet",
    "stable_baselines": "stable-baselines",
    "tensor2tensor": "tensor2tensor",
    "tensornets": "tensornets",
    "tensorpack": "tensorpack",
}
_TEST = re.compile(r"(^|/)(tests?/|test_[^/]*$|[^/]*_tests?\.py$)")


class Symbols(NamedTuple):
    """In how many files each symbol is, by whether torchscope has it; and how many files name TensorFlow."""

    answered: Counter[str]
    missing: Counter[str]
    files: int

    def share(self):
        """Of the symbols, each counted once."""
        return len(self.answered) / (len(self.answered) + len(self.missing))

    def share_of_uses(self):
        """Of the symbols, each counted once for each file that has it."""
        answered, missing = self.answered.total(), self.missing.total()
        return answered / (answered + missing)


def symbols_in(text, path="<text>"):
    """The symbols that a file names, told apart as the porter tells them; None if it imports no TensorFlow.

    >>> text = "import tensorflow as tf\\nx = tf.nn.relu(tf.float32.min); tf.data.Dataset.range(3)"
    >>> [sorted(each) for each in symbols_in(text)]
    [['tf.float32', 'tf.nn.relu'], ['tf.data.Dataset.range']]
    """
    if not any(name in text for name in TENSORFLOW):
        return None
    with warnings.catch_warnings():
        # Of escapes in their strings, of which nobody has to hear.
        warnings.simplefilter("ignore")
        names = Bindings(ast.parse(modernized(text, path)))
    if not any(map(imports_tensorflow, names.nodes)):
        return None
    answered, missing = set(), set()
    for node in names.nodes:
        if not isinstance(node, (ast.Attribute, ast.Name)) or not isinstance(node.ctx, ast.Load):
            continue
        if isinstance(names.parent(node), ast.Attribute):
            continue
        dotted = names.path(node)
        if dotted is None or not places.canonical(dotted):
            continue
        # The longest beginning that is there; what follows a symbol is an attribute of it, as in tf.float32.min.
        ends = [at.start() for at in re.finditer(r"\.|$", dotted)]
        known = next((dotted[:end] for end in reversed(ends) if places.find(dotted[:end])), "")
        symbol = f"tf.{places.canonical(known)}"
        if not known or (known != dotted and places.is_namespace(places.find(known))):
            missing.add(f"tf.{places.canonical(dotted)}")
        else:
            (missing if symbol in REFUSED else answered).add(symbol)
    return answered, missing


def symbols_of(folder):
    """Those of all files below a folder, tests left out."""
    answered, missing, files = Counter(), Counter(), 0
    for path, name in sources(folder):
        if not _TEST.search(name):
            found = symbols_in(path.read_text(encoding="utf-8"), name)
            if found is not None:
                answered.update(found[0])
                missing.update(found[1])
                files += 1
    return Symbols(answered, missing, files)


def row_of(folder):
    """A package's line."""
    found = symbols_of(ROOT / folder)
    name = PACKAGES[folder]
    (package,) = importlib.metadata.distributions(name=name, path=[str(ROOT)])
    families = Counter()
    for symbol, count in found.missing.items():
        families[".".join(symbol.split(".")[:3])] += count
    first = sorted(families, key=lambda symbol: (-families[symbol], symbol))[:4]
    most = ", ".join(f"`{symbol}`" for symbol in first)
    return (
        f"| {name} {package.version} | {found.files} | {len(found.answered) + len(found.missing):,} "
        f"| {found.share():.0%} | {found.share_of_uses():.0%} | {most} |"
    )


def survey():
    """A line for each group of symbols."""
    lines = []
    for group, (share, missing) in shares(facts()).items():
        most = ", ".join(f"`{use.symbol}` {use.repositories}" for use in missing[:4])
        lines.append(f"| {GROUPS[group]} | {share:.1%} | {most or 'nothing'} |")
    return lines


def with_table(text, name, rows):
    """A page on which a table's rows are others: they stand between its head and the next empty line."""
    head, between, rest = text.partition(f"<!-- {name} -->\n")
    table, gap, end = rest.partition("\n\n")
    kept = table.splitlines()[:2]
    return f"{head}{between}" + "\n".join((*kept, *rows)) + gap + end


def main():
    """The command."""
    text = with_table(PAGE.read_text(), "survey", survey())
    rows = [row_of(folder) for folder in tqdm(PACKAGES, unit="package")]
    PAGE.write_text(with_table(text, "packages", rows))


if __name__ == "__main__":
    main()
