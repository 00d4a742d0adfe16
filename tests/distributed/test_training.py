"""examples/train_distributed.py under torchrun: a process is killed, and nothing but steps is lost."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from distributed.ranks import ROOT, environment

EXAMPLE = ROOT / "examples" / "train_distributed.py"
STEPS, EVERY = 50, 10
LIMIT = 240


def arguments(folder):
    return [
        EXAMPLE,
        "--device=cpu",
        f"--steps={STEPS}",
        f"--every={EVERY}",
        "--checkpoints",
        folder,
    ]


def losses(folder):
    return json.loads((folder / "losses.json").read_text())


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The losses of one process that nothing disturbs."""
    folder = tmp_path_factory.mktemp("alone")
    command = [sys.executable, *arguments(folder)]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Rank 0 of 1" in done.stdout
    assert re.search(r"Accuracy on held-out digits: [5-9]\d\.\d\d%", done.stdout)
    return losses(folder)


def wait_for(condition, run, log):
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end or run.poll() not in (None, 0):
            pytest.fail(f"torchrun, exit code {run.poll()}\n{log.read_text()[-6000:]}", False)
        time.sleep(0.002)


@pytest.mark.parametrize("strategy", ["ddp", "fsdp2"])
def test_a_killed_rank_costs_the_steps_since_the_last_checkpoint_and_nothing_else(
    strategy, alone, tmp_path
):
    folder, log = tmp_path / "checkpoints", tmp_path / "log"
    torchrun = ["torch.distributed.run", "--nproc-per-node=2", "--max-restarts=1", "--standalone"]
    command = [sys.executable, "-m", *torchrun, *arguments(folder), f"--strategy={strategy}"]
    with log.open("w") as output:
        run = subprocess.Popen(command, env=environment(), stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for((folder / "latest").exists, run, log)
        process = re.search(r"Rank 1 of 2, process (\d+), begins\.", log.read_text())[1]
        os.kill(int(process), signal.SIGKILL)
        complete = int((folder / "latest").read_text().removeprefix("step-"))
        wait_for(lambda: run.poll() == 0, run, log)
    finally:
        run.terminate()
        run.wait()
    said = log.read_text()
    resumed = [int(step) for step in re.findall(r"goes on after step (\d+)\.", said)]
    assert len(resumed) == 2, said
    assert resumed[0] == resumed[1]
    assert complete <= resumed[0] <= complete + EVERY
    assert 0 < resumed[0] < STEPS
    assert losses(folder) == pytest.approx(alone, rel=2e-3)
    assert [each.name for each in folder.iterdir() if each.is_dir()] == [f"step-{STEPS:06}"]
