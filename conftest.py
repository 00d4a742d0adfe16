"""What tests and docstring examples share: a fresh default registry for each of them."""

import inspect
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings

import torchscope as ts
from tests.needing_tensorflow import TESTS, needs

# TensorFlow: quiet, with numbers that repeat, and its Keras of TF1's days.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

# Where a process finds that it is measured.
COVERAGE = "COVERAGE_PROCESS_CONFIG"

# Whether the tests of what people use beside PyTorch are left out, with what they import.
WITHOUT_ECOSYSTEM = pytest.StashKey[bool]()

# Hypothesis draws the same examples in each run of the tests, and others in each `make fuzz`.
settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.register_profile("others", derandomize=False, deadline=None, print_blob=True)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--without-tensorflow`, for the environments of `make test-torch`."""
    parser.addoption(
        "--without-tensorflow",
        action="store_true",
        help="leave out the tests that use TensorFlow, and those that are marked tensorflow",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Leaves out what has a target of its own, and what starts a program that needs TensorFlow, if that is to be."""
    left = [mark for mark in ("ecosystem", "packages") if mark not in config.option.markexpr]
    config.stash[WITHOUT_ECOSYSTEM] = "ecosystem" in left
    if config.getoption("--without-tensorflow"):
        left.append("tensorflow")
    for mark in left:
        chosen = config.option.markexpr
        config.option.markexpr = f"({chosen}) and not {mark}" if chosen else f"not {mark}"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out the files that cannot be imported: what `make test` does not install, TensorFlow if that is to be."""
    if config.stash[WITHOUT_ECOSYSTEM] and collection_path.is_relative_to(TESTS / "ecosystem"):
        return True
    if not config.getoption("--without-tensorflow") or collection_path.suffix != ".py":
        return None
    return needs(collection_path).at_once or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the tests that use TensorFlow, if that is to be."""
    if not config.getoption("--without-tensorflow"):
        return
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        (left if uses_tensorflow(item) else kept).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


def uses_tensorflow(item: pytest.Item) -> bool:
    """Whether a test does, or the class that it is in, the example in a docstring, or a function that it is given."""
    names = item.nodeid.partition("::")[2].partition("[")[0].replace("::", ".").split(".")
    given = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return not needs(item.path).names.isdisjoint(names) or any(
        each.__name__ in needs(Path(each.__code__.co_filename)).names
        for each in given
        if inspect.isfunction(each) and Path(each.__code__.co_filename).is_relative_to(TESTS)
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    """Coverage rests in a test that is marked `unmeasured`, and in what it starts."""
    tracer = sys.gettrace()
    if tracer is None or item.get_closest_marker("unmeasured") is None:
        return (yield)
    of_threads, of_processes = threading.gettrace(), os.environ.pop(COVERAGE, None)
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)
        threading.settrace(of_threads)
        if of_processes is not None:
            os.environ[COVERAGE] = of_processes


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips what needs a GPU where there is none: no other test may be skipped."""
    if item.get_closest_marker("cuda") is not None and not torch.cuda.is_available():
        pytest.skip("needs CUDA")


@pytest.fixture(autouse=True)
def _fresh_default_registry(doctest_namespace: dict[str, Any]) -> Iterator[None]:
    ts.reset_default_registry()
    doctest_namespace.update(torch=torch)
    torch.manual_seed(0)
    yield
    ts.reset_default_registry()
