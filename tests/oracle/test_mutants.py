"""The oracle's cases notice what is broken on purpose."""

import subprocess
import sys
from pathlib import Path

import pytest

from oracle.mutations import MUTANTS, Functions, Mutant, mutated


@pytest.fixture(scope="module")
def functions():
    return Functions()


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.what for mutant in MUTANTS])
def test_a_mutant_finds_its_place_once_and_changes_it(functions, mutant):
    file, node = functions.place(mutant)
    source = file.read_text()
    changed = mutated(source, node, mutant)
    assert changed != source
    compile(changed, file, "exec")


TWICE = """
class Counted:
    def add(self):
        # Formatting makes no difference.
        if (self.count
                >= 3):
            return [ self.count, self.count ]
        elif self.count: self.count +=  1
"""


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("if self.count >= 3:", "if True:", "        if ((True)):"),
        ("[self.count, self.count]", "[]", "            return ([])"),
        ("if self.count:", "if False:", "        elif (False): self.count +=  1"),
        ("self.count += 1", "pass", "        elif self.count: pass"),
    ],
)
def test_a_place_is_found_however_it_is_formatted(tmp_path, old, new, line):
    (tmp_path / "file.py").write_text(TWICE)
    mutant = Mutant("it is wrong", "Counted.add", old, new)
    file, node = Functions(tmp_path).place(mutant)
    assert line in mutated(file.read_text(), node, mutant).splitlines()


@pytest.mark.parametrize(
    ("function", "old", "told"),
    [
        ("Counted.add", "self.total", r"'self.total' once in Counted.add: not there"),
        ("Counted.take", "self.count", r"once in Counted.take: there is no such function"),
        ("Counted.add", "self.count", r"once in Counted.add: file.py:5, file.py:7, file.py:7"),
    ],
)
def test_a_mutant_that_has_lost_its_place_says_so(tmp_path, function, old, told):
    (tmp_path / "file.py").write_text(TWICE)
    with pytest.raises(LookupError, match=f"The mutant 'it is wrong' is to find .*{told}"):
        Functions(tmp_path).place(Mutant("it is wrong", function, old, "0"))


@pytest.mark.tensorflow
@pytest.mark.unmeasured
def test_every_mutant_is_caught():
    script = Path(__file__).parent / "mutants.py"
    result = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr[-2000:]
    assert "mutants caught by" in result.stdout
    assert result.stdout.count("which does not end") == 2
