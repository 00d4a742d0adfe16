"""What tests and docstring examples share: a fresh default registry for each of them."""

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
from tests.needing_tensorflow import needs_tensorflow

# TensorFlow: quiet, with numbers that repeat, and its Keras of TF1's days.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

# Where a process finds that it is measured.
COVERAGE = "COVERAGE_PROCESS_CONFIG"

# Hypothesis draws the same examples in each run of the tests, and others in each `make fuzz`.
settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.register_profile("others", derandomize=False, deadline=None, print_blob=True)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--without-tensorflow`, for the environments of `make test-torch`."""
    parser.addoption(
        "--without-tensorflow",
        action="store_true",
        help="leave out the files that import TensorFlow, and the tests that are marked tensorflow",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Leaves out the networks that take long, and what starts a program that needs TensorFlow, if that is to be."""
    left = [] if "packages" in config.option.markexpr else ["packages"]
    if config.getoption("--without-tensorflow"):
        left.append("tensorflow")
    for mark in left:
        chosen = config.option.markexpr
        config.option.markexpr = f"({chosen}) and not {mark}" if chosen else f"not {mark}"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out the files that import TensorFlow, if that is to be."""
    if not config.getoption("--without-tensorflow") or collection_path.suffix != ".py":
        return None
    return needs_tensorflow(collection_path) or None


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
