"""Runs a function of a test file on several ranks: processes of one gloo group, within a time limit.

As a program it is one rank. A rank's output is shown where it fails, or where the limit is reached:
then all are killed. So no test can hang.
"""

import faulthandler
import importlib.util
import inspect
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import distributed as dist

TESTS = Path(__file__).parent.parent
ROOT = TESTS.parent


def environment():
    """What a process needs to import the package and the tests' helpers, on one core."""
    path = os.pathsep.join(map(str, (ROOT, TESTS, os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


def run(function, world, folder, *arguments, limit=240):
    """What ``function(rank, *arguments)`` returned on each rank.

    Args:
        function: a function at the top level of its file.
        world: the number of ranks.
        folder: an empty folder for what the ranks write.
        arguments: what torch.save can write.
        limit: the seconds after which all ranks are killed, and the test fails.
    """
    torch.save(arguments, folder / "arguments")
    command = [sys.executable, __file__, inspect.getfile(function), function.__name__]
    outputs = [(folder / f"output{rank}").open("w") for rank in range(world)]
    ranks = [
        subprocess.Popen(
            [*command, str(rank), str(world), str(folder), str(limit)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(),
        )
        for rank, output in enumerate(outputs)
    ]
    end = time.monotonic() + limit
    while any(rank.poll() is None for rank in ranks) and time.monotonic() < end:
        if any(rank.poll() for rank in ranks):
            # The others wait for the one that failed; those that fail as well say so soon.
            end = min(end, time.monotonic() + 3)
        time.sleep(0.02)
    for rank, output in zip(ranks, outputs, strict=True):
        rank.kill()
        output.close()
    codes = [rank.wait() for rank in ranks]
    if any(codes):
        report = "\n".join(
            f"--- rank {rank}, exit code {code}\n{(folder / f'output{rank}').read_text()[-4000:]}"
            for rank, code in enumerate(codes)
        )
        pytest.fail(f"{function.__name__} on {world} ranks, limit {limit} s\n{report}", False)
    return [torch.load(folder / f"result{rank}", weights_only=False) for rank in range(world)]


def _be_one(file, name, rank, world, folder, limit):
    """One rank. Shortly before its time is over it says where it is."""
    faulthandler.dump_traceback_later(0.9 * float(limit))
    rank, world, folder = int(rank), int(world), Path(folder)
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=world
    )
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    arguments = torch.load(folder / "arguments", weights_only=False)
    result = getattr(module, name)(rank, *arguments)
    dist.barrier()
    torch.save(result, folder / f"result{rank}")
    dist.destroy_process_group()


if __name__ == "__main__":
    _be_one(*sys.argv[1:])
