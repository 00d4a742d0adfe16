"""How the tests themselves are run: for how long, in which order, on which examples, and what is measured."""

import os
import re
import subprocess
import sys
from pathlib import Path

import coverage
import pytest

# A program that it starts imports TensorFlow.
pytestmark = pytest.mark.tensorflow

ROOT = Path(__file__).parents[2]

ENDLESS = """
import collections, itertools, subprocess, threading

def test_in_python():
    while True:
        pass

def test_that_waits_for_a_lock():
    threading.Lock().acquire() and threading.Event().wait()

def test_that_waits_for_a_process():
    subprocess.run(["sleep", "1000"])

def test_beside_tensorflow():
    from tests.tensorflow1 import tf
    with tf.Graph().as_default(), tf.Session() as session:
        one = tf.constant(1.0)
        while True:
            session.run(one)

def test_in_c():
    collections.deque(itertools.repeat(1), 0)

def test_that_ends():
    pass
"""


def run(folder, code, *arguments, **environment):
    """What pytest says of this file, under the settings of the project."""
    (folder / "test_of_a_user.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", *arguments]
    done = subprocess.run(
        [*command, "--rootdir", ROOT, "-p", "conftest", "-p", "no:cacheprovider", folder],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    return done.stdout + done.stderr


def test_what_loops_for_ever_fails_and_the_rest_runs(tmp_path):
    said = run(
        tmp_path, ENDLESS, "-n", "1", "-o", "timeout=4", "-o", "faulthandler_timeout=8", "-vv"
    )
    assert "5 failed, 1 passed" in said, said
    assert said.count("Failed: Timeout (>4.0s) from pytest-timeout.") >= 4, said
    assert re.search(r"worker 'gw0' crashed while running '.*test_in_c'", said), said


ORDERED = "\n".join(f"def test_{i}(): pass" for i in range(20))


def order(said):
    return re.findall(r"::test_(\d+) PASSED", said)


def test_the_order_is_drawn_and_the_number_that_repeats_it_is_printed(tmp_path):
    first, second = (run(tmp_path, ORDERED, "-v") for _ in range(2))
    assert sorted(order(first)) == sorted(order(second))
    assert len(order(first)) == 20
    assert order(first) != order(second)
    seed = re.search(r"--randomly-seed=\d+", first).group()
    assert order(run(tmp_path, ORDERED, "-v", seed)) == order(first)


DRAWN = """
from hypothesis import given, strategies as st

@given(st.integers())
def test_draws(number):
    print("drew", number)
"""


def test_hypothesis_draws_the_same_in_each_run_and_others_in_make_fuzz(tmp_path):
    def drawn(*arguments, **environment):
        return re.findall(r"drew .*", run(tmp_path, DRAWN, "-s", *arguments, **environment))

    same = drawn()
    assert len(same) == 100
    assert drawn(CI="1") == same
    others = drawn("--hypothesis-profile", "others", CI="1")
    assert len(others) == 100
    assert others != same
    assert "--hypothesis-profile others" in (ROOT / "Makefile").read_text()


@pytest.mark.unmeasured
def test_coverage_rests_where_it_is_dear():
    assert sys.gettrace() is None
    assert "COVERAGE_PROCESS_CONFIG" not in os.environ


def test_coverage_is_on_again_afterwards():
    assert (sys.gettrace() is None) == (coverage.Coverage.current() is None)
