"""A fresh machine: what `make test` needs is named where it is missing, and what it installs is pinned."""

import os
import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions, version
from pathlib import Path

import pytest
import tomllib
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
TOOLS = ("g++", "chromium", "unshare")
A_PYTHON = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'


def needs(folder, python="python3", **programs):
    """What `make needs` says on a machine that has these programs only, each a shell script."""
    for name, script in {"python3": A_PYTHON, **dict.fromkeys(TOOLS, ""), **programs}.items():
        if script is not None:
            (folder / name).write_text(script)
            (folder / name).chmod(0o755)
    ran = subprocess.run(
        ["/bin/sh", ROOT / ".ci" / "needs", python],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = ran.stderr.splitlines()
    assert ran.returncode == bool(lines)
    assert all(line.startswith("make test needs ") for line in lines)
    return lines


def test_where_nothing_is_missing_nothing_is_said(tmp_path):
    assert needs(tmp_path) == []


FAILS = "#!/bin/sh\nexit 1\n"
WITHOUT = '#!/bin/sh\ncase "$2" in *{0}*) exit 1;; *) exec "' + sys.executable + '" "$@";; esac\n'


@pytest.mark.parametrize(
    ("program", "script", "line"),
    [
        ("python3", None, r"Python 3.10 or later.*apt-get install python3"),
        ("python3", WITHOUT.format("version_info"), r"Python 3.10 or later, and python3 is none"),
        ("python3", WITHOUT.format("ensurepip"), r"venv: apt-get install python3-venv"),
        ("python3", WITHOUT.format("Python.h"), r"headers.*: apt-get install python3-dev"),
        ("g++", None, r"C\+\+ compiler.*apt-get install g\+\+"),
        ("chromium", None, r"a browser.*apt-get install chromium"),
        ("chromium", FAILS, r"a browser.*on Ubuntu, whose chromium is a stub, "),
        ("unshare", FAILS, r"namespaces.*sysctl"),
    ],
)
def test_what_is_missing_is_named_in_a_line_with_how_to_get_it(tmp_path, program, script, line):
    (said,) = needs(tmp_path, **{program: script})
    assert re.search(line, said), said


def test_all_that_is_missing_is_said_at_once(tmp_path):
    assert len(needs(tmp_path, **dict.fromkeys(("python3", *TOOLS)))) == 4


def test_make_test_looks_for_what_it_needs_first():
    rules = (ROOT / "Makefile").read_text()
    assert "\ntest: needs " in rules
    assert "\nneeds:\n\t@.ci/needs $(PYTHON)\n" in rules


def pins():
    """The versions that constraints.txt has for this Python, by name."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line[0] != "#"]
    pinned = map(Requirement, lines)
    return {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in pinned
        if pin.marker is None or pin.marker.evaluate()
    }


def grouped(group):
    """What a group of pyproject.toml names, with what it includes."""
    for each in tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"][group]:
        yield from [each] if isinstance(each, str) else grouped(each["include-group"])


def brought(*requirements):
    """The names of all that these bring, themselves too."""
    found, asked = set(), [Requirement(requirement) for requirement in requirements]
    while asked:
        one = asked.pop()
        key = canonicalize_name(one.name), frozenset(one.extras)
        if key in found:
            continue
        found.add(key)
        for text in distribution(one.name).requires or ():
            more = Requirement(text)
            extras = one.extras or {""}
            if more.marker is None or any(more.marker.evaluate({"extra": e}) for e in extras):
                asked.append(more)
    return {name for name, _ in found} - {"torchscope"}


@pytest.mark.tensorflow
def test_all_that_the_tests_install_is_there_in_the_version_that_is_pinned():
    pinned = pins()
    # tf-keras is installed without what it brings, which is TensorFlow for GPUs.
    extras = re.search(r"^EXTRAS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE).group(1)
    installed = {*brought(f"torchscope[{extras}]", *grouped("test")), "tf-keras", "pip"}
    assert len(installed) > 60
    assert sorted(installed - {*pinned}) == []
    others = {name: (version(name), pinned[name]) for name in sorted(installed)}
    # A build for the CPU has "+cpu" in its version.
    assert {n: v for n, v in others.items() if Version(v[0]).public != Version(v[1]).public} == {}


# Where Python looks for modules and for distributions, plugins of pytest too, it sees only some.
SOME = """import re, sys
from importlib.machinery import PathFinder

class Some(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in {modules!r} else PathFinder.find_spec(name, path, target)

    @classmethod
    def find_distributions(cls, *args):
        for each in PathFinder.find_distributions(*args):
            if re.sub("[-_.]+", "-", each.name).lower() not in {distributions!r}:
                yield each

sys.meta_path[sys.meta_path.index(PathFinder)] = Some
"""


@pytest.fixture(scope="module")
def of_a_gpus_machine(tmp_path_factory):
    """An environment with PyTorch, what runs tests, and the extra `checkpoint` alone; and without a GPU."""
    needed = "torch", "numpy", "einops", "pytest", "hypothesis", "tqdm", "torchscope[checkpoint]"
    there = {*brought(*needed), "torchscope", "coverage"}
    owners = {
        module: {*map(canonicalize_name, those)}
        for module, those in packages_distributions().items()
    }
    modules = {module for module, those in owners.items() if there.isdisjoint(those)}
    assert {"tensorflow", "tf_slim", "xdist", "pytest_timeout", "matplotlib", "PIL"} <= modules
    folder = tmp_path_factory.mktemp("some")
    (folder / "sitecustomize.py").write_text(
        SOME.format(modules=modules, distributions=set().union(*owners.values()) - there)
    )
    path = os.pathsep.join([str(folder), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": ""}


def run_in(environment, *command):
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_what_needs_a_gpu_is_tested_where_there_is_little_but_pytorch(of_a_gpus_machine):
    look = "from importlib.util import find_spec as find; print(find('torch'), find('tensorflow'))"
    assert run_in(of_a_gpus_machine, sys.executable, "-c", look).endswith(" None\n")
    printed = run_in(of_a_gpus_machine, "make", "test-gpu", f"PYTHON={sys.executable}")
    ((skipped, why),) = re.findall(r"^SKIPPED \[(\d+)\] \S+ (.*)$", printed, re.MULTILINE)
    assert why == "needs CUDA"
    assert re.search(rf"^=+ {skipped} skipped, \d+ deselected in .*=$", printed, re.MULTILINE)
    assert int(skipped) > 100


def test_a_gpus_figures_are_measured_where_there_is_little_but_pytorch(of_a_gpus_machine):
    printed = run_in(of_a_gpus_machine, sys.executable, "-m", "benchmarks", "gpu")
    assert len(re.findall(r"  no GPU  |  no GPU$", printed, re.MULTILINE)) > 20


def test_a_page_names_the_torch_that_make_test_runs_on():
    assert (
        f"| PyTorch {pins()['torch']} | what `make test` runs on |"
        in (ROOT / "docs" / "versions.md").read_text()
    )
