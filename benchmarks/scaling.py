"""What a variable costs from 10^3 of them to 10^6, and what a rank costs: docs/scaling.md's tables.

    python benchmarks/scaling.py             # up to 10^5 variables: a few minutes
    python benchmarks/scaling.py --million   # 10^6 too: some gigabytes
    python benchmarks/scaling.py --write     # puts the tables into docs/scaling.md

Every row is measured in a process of its own. The variables hold one number each, ten to a scope,
so that what is measured is torchscope and not the numbers.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed.checkpoint as dcp
from torch import distributed as dist
from torch import nn

import torchscope as ts

DOCUMENT = Path(__file__).parent.parent / "docs" / "scaling.md"
IN_A_SCOPE = 10
HERE = Path(__file__).resolve()


def model(number: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """A function that asks for `number` variables of one number each, and adds up a few."""

    def forward(x: torch.Tensor) -> torch.Tensor:
        zeros = ts.zeros_initializer()
        for scope in range(number // IN_A_SCOPE):
            with ts.variable_scope(f"layer{scope}"):
                for each in range(IN_A_SCOPE):
                    v = ts.get_variable(f"v{each}", [1], initializer=zeros)
            x = x + v
        return x

    return forward


def by_hand(number: int) -> nn.Module:
    """As many plain parameters in as many modules."""
    net = nn.Module()
    for scope in range(number // IN_A_SCOPE):
        layer = nn.Module()
        for each in range(IN_A_SCOPE):
            layer.register_parameter(f"v{each}", nn.Parameter(torch.zeros(1)))
        net.add_module(f"layer{scope}", layer)
    return net


def seconds(function: Callable[[], Any], repeats: int = 1) -> float:
    """The median time of a call."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def memory() -> int:
    """Bytes that this process has in use."""
    gc.collect()
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure_plain(number: int) -> dict[str, float]:
    """Time and memory of as many plain parameters."""
    kept = []
    before = memory()
    taken = seconds(lambda: kept.append(by_hand(number)))
    return {"build": taken, "memory": (memory() - before) / number}


def measure_variables(number: int) -> dict[str, float]:
    """What one process pays for this many variables."""
    x = torch.zeros(1)
    ts.build(ts.ScopedModule(model(IN_A_SCOPE)), x)  # What the first build imports is paid once.
    net = ts.ScopedModule(model(number))
    before = memory()
    build = seconds(lambda: ts.build(net, x))
    used = memory() - before
    with torch.no_grad():
        passes = seconds(lambda: net(x), 3)
        layers = number // IN_A_SCOPE
        additions = seconds(lambda: [x + x for _ in range(layers)], 3)
    file = io.BytesIO()
    save = seconds(lambda: torch.save(net.state_dict(), file))
    return {
        "build": build,
        "memory": used / number,
        "pass": passes - additions,
        "initialize": seconds(net.registry.initialize_),
        "save": save,
        "saved": file.tell() / number,
    }


def measure_guards(number: int) -> dict[str, float]:
    """What torch.compile pays for this many variables."""
    x = torch.zeros(1)
    torch.compile(ts.build(ts.ScopedModule(model(IN_A_SCOPE)), x), backend="eager")(x)
    torch._dynamo.reset()
    net = ts.build(ts.ScopedModule(model(number)), x)
    compiled = torch.compile(net, backend="eager", fullgraph=True)
    with torch.no_grad():
        first = seconds(lambda: compiled(x))
        again = seconds(lambda: compiled(x), 20)
        layers = number // IN_A_SCOPE
        additions = seconds(lambda: [x + x for _ in range(layers)], 20)
    return {"compile": first, "call": again - additions, "guards": _guards()}


def _guards() -> int:
    """How many guards the last compiled function has."""
    from torch._dynamo.convert_frame import input_codes  # noqa: PLC0415
    from torch._dynamo.eval_frame import _debug_get_cache_entry_list  # noqa: PLC0415

    def count(manager: Any) -> int:
        below = sum(count(child) for child in manager.get_child_managers())
        return len(manager.get_leaf_guards()) + below

    codes = [code for seen in input_codes.seen if (code := seen()) is not None]
    entries = [entry for code in codes for entry in _debug_get_cache_entry_list(code)]
    return max(count(entry.guard_manager.root) for entry in entries)


def measure_ranks(number: int) -> dict[str, float]:
    """What this rank pays for being one of several."""
    world = int(os.environ["WORLD_SIZE"])
    dist.init_process_group("gloo")
    torch.set_num_threads(1)
    net = ts.build(ts.ScopedModule(model(number)), torch.zeros(1))
    dist.barrier()
    broadcast = seconds(net.registry.broadcast_, 3)
    from torch.distributed.checkpoint.state_dict import get_model_state_dict  # noqa: PLC0415
    from torch.distributed.fsdp import fully_shard  # noqa: PLC0415

    shard = seconds(lambda: fully_shard(net))
    x = torch.zeros(1)

    def step() -> None:
        net(x).sum().backward()

    step()
    steps = seconds(step, 3)
    folder = Path(os.environ["SCALING_FOLDER"])
    save = seconds(lambda: dcp.save({"model": get_model_state_dict(net)}, checkpoint_id=folder))
    metadata = (folder / ".metadata").stat().st_size
    total = sum(each.stat().st_size for each in folder.iterdir())
    dist.destroy_process_group()
    return {
        "world": world,
        "broadcast": broadcast,
        "shard": shard,
        "step": steps,
        "save": save,
        "saved": total / number,
        "metadata": metadata / number,
    }


MEASURES: dict[str, Callable[[int], dict[str, float]]] = {
    "plain": measure_plain,
    "variables": measure_variables,
    "guards": measure_guards,
    "ranks": measure_ranks,
}


def apart(what: str, number: int, world: int = 1) -> dict[str, float]:
    """One measurement in processes of its own."""
    command = [sys.executable, str(HERE), "--measure", what, str(number)]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "SCALING_FOLDER": folder}
        if world > 1 or what == "ranks":
            torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={world}"]
            command = [sys.executable, *torchrun, *command[1:]]
        done = subprocess.run(  # noqa: S603 - the command is this file
            command, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise SystemExit(done.stderr)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    result: dict[str, float] = json.loads(lines[0])
    return result


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def of_variables(sizes: list[int]) -> str:
    """The table of one process."""
    rows = []
    for number in sizes:
        ours, plain = apart("variables", number), apart("plain", number)
        rows.append(
            [
                f"{number:,}",
                f"{ours['build']:.2f} s ({ours['build'] / number * 1e6:.0f} us each)",
                f"{ours['build'] / plain['build']:.1f}",
                f"{(ours['memory'] - plain['memory']) / 1024:.1f} KB",
                f"{ours['pass'] / number * 1e6:.2f} us",
                f"{ours['initialize'] / number * 1e6:.1f} us",
                f"{ours['save']:.2f} s",
                f"{ours['saved']:.0f} B",
            ]
        )
    head = ["variables", "build", "build / by hand", "memory each, beyond by hand"]
    head += ["a pass, each", "initialize_(), each", "torch.save", "file, each"]
    return table(head, rows)


def of_guards(sizes: list[int]) -> str:
    """The table of torch.compile."""
    rows = []
    for number in sizes:
        ours = apart("guards", number)
        rows.append(
            [
                f"{number:,}",
                f"{ours['compile']:.1f} s",
                f"{ours['guards']:,}",
                f"{ours['guards'] / number:.1f}",
                f"{ours['call'] / number * 1e6:.2f} us",
            ]
        )
    return table(["variables", "first call", "guards", "each", "a later call, each"], rows)


def of_ranks(worlds: list[int], number: int) -> str:
    """The table of several ranks."""
    rows = []
    for world in worlds:
        ours = apart("ranks", number, world)
        rows.append(
            [
                f"{world}",
                f"{ours['broadcast']:.2f} s",
                f"{ours['shard']:.2f} s",
                f"{ours['step'] * 1e3:.0f} ms",
                f"{ours['save']:.2f} s",
                f"{ours['saved']:.0f} B",
                f"{ours['metadata']:.0f} B",
            ]
        )
    head = ["ranks", "broadcast_()", "fully_shard", "a step", "checkpoint written"]
    head += ["on disk, a variable", "of it metadata"]
    return f"{number:,} variables:\n\n" + table(head, rows)


def report(*, million: bool) -> dict[str, str]:
    """All tables, by the name of their markers."""
    sizes = [1_000, 10_000, 100_000, *([1_000_000] if million else [])]
    machine = (
        f"Measured on {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, torch {torch.__version__}, by `python benchmarks/scaling.py"
        f"{' --million' if million else ''}`."
    )
    return {
        "machine": machine,
        "variables": of_variables(sizes),
        "guards": of_guards([100, 300, 1_000]),
        "ranks": of_ranks([1, 2, 4], 10_000),
    }


def write(tables: dict[str, str]) -> None:
    """Puts each table between its markers in docs/scaling.md."""
    text = DOCUMENT.read_text()
    for name, body in tables.items():
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}{body}\n{end}{after}"
    DOCUMENT.write_text(text)


def main() -> None:
    """Measures, prints, and writes if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--million", action="store_true", help="10^6 variables as well")
    parser.add_argument(
        "--write", action="store_true", help="write the tables into docs/scaling.md"
    )
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        what, number = args.measure
        result = MEASURES[what](int(number))
        if os.environ.get("RANK", "0") == "0":
            print(json.dumps(result), flush=True)
        return
    tables = report(million=args.million)
    print("\n\n".join(tables.values()))
    if args.write:
        write(tables)


if __name__ == "__main__":
    main()
