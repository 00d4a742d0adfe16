"""A small transformer that reads handwritten digits row by row, trained on one or several processes.

The model is a function in TF1's style. Its blocks are called by ``ts.call_in_scope``, so that each is
a module that fully_shard can gather by itself. The images are those that come with scikit-learn.

    python examples/train_distributed.py
    torchrun --nproc-per-node 2 --max-restarts 3 examples/train_distributed.py --strategy fsdp2

However many processes there are, the loss of each step is the same. Every few steps they write a
checkpoint; a run that finds one goes on from there. So when a process dies, torchrun starts all of
them again, and only the steps since the last checkpoint are lost. A checkpoint that two processes
wrote may be read by one or by four.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
import torch.distributed.checkpoint as dcp
from sklearn.datasets import load_digits
from torch import Generator, Tensor, nn
from torch import distributed as dist
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.fsdp import fully_shard
from torch.distributed.rendezvous import rendezvous
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

import torchscope as ts

STEPS = 400
BATCH = 96
HELD_OUT = 500
REQUIRED = 0.93
BLOCKS, SIZE, HEADS = 2, 32, 4


def dense(x: Tensor, size: int) -> Tensor:
    """A linear layer; its variables are those of the current scope."""
    weights = ts.get_variable("weights", [x.shape[-1], size])
    return x @ weights + ts.get_variable("biases", [size], initializer=ts.zeros_initializer())


def norm(x: Tensor) -> Tensor:
    """Layer normalisation with a learned scale."""
    scale = ts.get_variable("scale", [x.shape[-1]], initializer=ts.ones_initializer())
    return F.layer_norm(x, x.shape[-1:], scale)


def block(x: Tensor) -> Tensor:
    """Attention between the rows, and a layer on each row: (N, 8, SIZE) to (N, 8, SIZE)."""
    with ts.variable_scope("attention"):
        with ts.variable_scope("in"):
            heads = dense(norm(x), 3 * SIZE).unflatten(-1, (3, HEADS, -1))
        q, k, v = heads.permute(2, 0, 3, 1, 4)
        with ts.variable_scope("out"):
            read = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
            x = x + dense(read, SIZE)
    with ts.variable_scope("mlp"):
        with ts.variable_scope("in"):
            hidden = F.gelu(dense(norm(x), 4 * SIZE))
        with ts.variable_scope("out"):
            return x + dense(hidden, SIZE)


def model(images: Tensor) -> Tensor:
    """The logits, (N, 10), of images, (N, 8, 8)."""
    with ts.variable_scope("rows"):
        x = dense(images, SIZE) + ts.get_variable("positions", [8, SIZE])
    for number in range(BLOCKS):
        x = ts.call_in_scope(f"block{number}", block, x)
    with ts.variable_scope("digits"):
        return dense(x.mean(1), 10)


def join(backend: str) -> None:
    """Joins the group of the processes that torchrun started.

    torchrun keeps one store through its restarts. With a prefix for each, no process reads there
    where those that are dead could be reached.
    """
    store, rank, world = next(rendezvous("env://"))
    store = dist.PrefixStore(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"), store)
    dist.init_process_group(backend, store=store, rank=rank, world_size=world)


def wrap(net: nn.Module, strategy: str) -> nn.Module:
    """The net as the processes of the group train it."""
    if strategy == "ddp":
        return DistributedDataParallel(net)
    for number in range(BLOCKS):
        fully_shard(getattr(net, f"block{number}"))
    return fully_shard(net)


class Digits:
    """Images and labels; which of them a step takes depends on the seed and the step alone."""

    def __init__(self, seed: int, device: torch.device) -> None:
        pixels, labels = load_digits(return_X_y=True)
        images = torch.tensor(pixels / 16, dtype=torch.float32, device=device).unflatten(1, (8, 8))
        digits = torch.tensor(labels, device=device)
        order = torch.randperm(len(digits), generator=Generator().manual_seed(seed))
        held_out, train = order[:HELD_OUT], order[HELD_OUT:]
        self.seed = seed
        self.held_out = images[held_out], digits[held_out]
        self.train = images[train], digits[train]

    def batch(self, step: int, rank: int, world: int) -> tuple[Tensor, Tensor]:
        """This rank's share of the batch of one step."""
        images, digits = self.train
        generator = Generator().manual_seed(hash((self.seed, step)))
        share = torch.randint(len(digits), (BATCH,), generator=generator)[rank::world]
        return images[share], digits[share]


class Checkpoints:
    """A folder of checkpoints, each of them whole.

    One is written under another name, and renamed when all ranks are done; then the file `latest`
    is replaced by one that names it. Whatever dies in between, `latest` names a whole one. The
    ranks have to share the folder.
    """

    def __init__(self, folder: Path, rank: int) -> None:
        self.folder, self.rank = folder, rank
        self.latest = folder / "latest"

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Writes a checkpoint; all ranks call it."""
        name = f"step-{step:06}"
        unfinished = self.folder / f"{name}.unfinished"
        if self.rank == 0:
            shutil.rmtree(unfinished, ignore_errors=True)
        # It returns when all ranks have written their parts.
        dcp.save(state, checkpoint_id=unfinished)
        if self.rank == 0:
            shutil.rmtree(self.folder / name, ignore_errors=True)
            unfinished.rename(self.folder / name)
            before = self.last()
            pointer = self.folder / "latest.unfinished"
            pointer.write_text(name)
            pointer.replace(self.latest)
            if before is not None and before.name != name:
                shutil.rmtree(before)

    def last(self) -> Path | None:
        """The last whole checkpoint."""
        with suppress(FileNotFoundError):
            return self.folder / self.latest.read_text()
        return None

    def load(self, state: dict[str, Any]) -> bool:
        """Fills `state` with the last checkpoint; says whether there was one."""
        last = self.last()
        if last is not None:
            dcp.load(state, checkpoint_id=last)
        return last is not None


def train(net: nn.Module, digits: Digits, args: argparse.Namespace) -> list[float]:
    """Trains from the last checkpoint on; the loss of each step, those before it too."""
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    checkpoints = Checkpoints(args.checkpoints, rank)
    losses: list[float] = []

    def state() -> dict[str, Any]:
        weights, moments = get_state_dict(net, optimizer)
        return {"model": weights, "optimizer": moments, "losses": losses}

    loaded = state()
    resumes = checkpoints.load(loaded)
    if resumes:
        set_state_dict(
            net,
            optimizer,
            model_state_dict=loaded["model"],
            optim_state_dict=loaded["optimizer"],
        )
        losses.extend(loaded["losses"])
    begins = f"goes on after step {len(losses)}" if resumes else "begins"
    print(f"Rank {rank} of {world}, process {os.getpid()}, {begins}.", flush=True)
    steps = range(len(losses), args.steps)
    progress = tqdm(
        steps, "training", args.steps, initial=len(losses), unit="step", disable=rank > 0
    )
    for step in progress:
        images, labels = digits.batch(step, rank, world)
        loss = F.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss = loss.detach()
        if world > 1:
            dist.all_reduce(loss)
        losses.append(loss.item() / world)
        progress.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)
        if (step + 1) % args.every == 0 or step + 1 == args.steps:
            checkpoints.save(step + 1, state())
    return losses


@torch.no_grad()
def accuracy(net: nn.Module, digits: Digits) -> float:
    """The share of held-out images that are read right; all ranks call it."""
    images, labels = digits.held_out
    return (net(images).argmax(1) == labels).float().mean().item()


def main(argv: Sequence[str] | None = None) -> None:
    """Joins the group that torchrun made, if any; trains; says how well held-out digits are read."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--strategy", choices=["ddp", "fsdp2"], default="ddp")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--steps", type=int, default=STEPS, help="default: %(default)s")
    parser.add_argument("--every", type=int, default=50, help="steps between checkpoints")
    parser.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), metavar="FOLDER")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)

    device = torch.device(args.device)
    distributed = "RANK" in os.environ
    if distributed:
        if device.type == "cuda":
            device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
            torch.cuda.set_device(device)
        join("nccl" if device.type == "cuda" else "gloo")
        if BATCH % dist.get_world_size():
            parser.error(f"The batch of {BATCH} must be a multiple of the number of processes.")
    else:
        warnings.filterwarnings("ignore", "torch.distributed is disabled")
    args.checkpoints.mkdir(parents=True, exist_ok=True)

    torch.manual_seed(args.seed)
    digits = Digits(args.seed, device)
    net = ts.ScopedModule(model).to(device)
    # The variables have to be there, and equal on all ranks, before the net is wrapped.
    ts.build(net, digits.train[0][:1])
    trained: nn.Module = net
    if distributed:
        net.registry.broadcast_()
        trained = wrap(net, args.strategy)

    losses = train(trained, digits, args)
    right = accuracy(trained, digits)
    if not distributed or dist.get_rank() == 0:
        (args.checkpoints / "losses.json").write_text(json.dumps(losses))
        print(f"{net.registry.summary().total()}\nAccuracy on held-out digits: {right:.2%}")
    if distributed:
        dist.destroy_process_group()
    if args.steps >= STEPS and right < REQUIRED:
        raise SystemExit(f"The accuracy is {right:.2%}, below {REQUIRED:.0%}.")


if __name__ == "__main__":
    main()
