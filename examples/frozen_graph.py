"""A frozen graph without its source: it runs without TensorFlow, gets another last layer, and is trained.

The graph is deepbrain's, which finds the brain in a scan of a head. Pip brings it; the package itself, which needs
TensorFlow, is not installed:

    pip download --no-deps deepbrain==0.1 && unzip deepbrain-0.1-*.whl deepbrain/models/graph.pb
    python examples/frozen_graph.py deepbrain/models/graph.pb

What it is shown here is no head but a phantom: a ball in a shell, and noise. Its own last layers are replaced by one that is
to find the ball, and that is trained for some steps on what the layers before it see. All variables are then written as a
checkpoint, under the names of the frozen graph, and as a .safetensors file.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import trange

from torchscope import graphs

# What deepbrain's graph is fed, what its last two convolutions take, and what it gives.
IMAGE, FEATURES, PROBABILITY = "img:0", "concat_2:0", "prob:0"
SIZE, STEPS = 128, 60


class Results(NamedTuple):
    """What the example has found.

    Args:
        variables: the names of the graph's variables.
        losses: the loss at each step.
        overlap: how much of what the new layer finds and of the ball is both (intersection over union).
    """

    variables: list[str]
    losses: list[float]
    overlap: float


def phantom(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A ball in a shell, (1, D, H, W, 1), with noise; and which voxels are of the ball."""
    middle = torch.empty(3).uniform_(-0.15, 0.15, generator=generator)
    places = torch.linspace(-1, 1, size)
    depth, height, width = torch.meshgrid(places, places, places, indexing="ij")
    distance = (
        (depth - middle[0]) ** 2 + (height - middle[1]) ** 2 + (width - middle[2]) ** 2
    ).sqrt()
    ball = distance < 0.45
    image = 0.6 * ball + 1.0 * ((distance > 0.6) & (distance < 0.7))
    image = image + 0.05 * torch.randn(image.shape, generator=generator)
    return image[None, ..., None], ball[None, ..., None].float()


def train(path: Path, folder: Path, steps: int = STEPS, picture: Path | None = None) -> Results:
    """Imports the graph, trains a last layer on what it sees, and writes all of it.

    Args:
        path: the frozen graph.
        folder: where the checkpoint and the .safetensors file go.
        steps: how often the layer is trained.
        picture: where to draw what was seen and found.
    """
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    net = graphs.import_graph_def(path, trainable=True)
    image, ball = phantom(SIZE, generator)
    feeds = {IMAGE: image, "training:0": False}
    with torch.no_grad():
        features, probability = net(feeds=feeds, fetches=[FEATURES, PROBABILITY])
    features = (features - features.mean((0, 1, 2, 3))) / (features.std((0, 1, 2, 3)) + 1e-6)
    layer = nn.Conv3d(features.shape[-1], 1, 3, padding=1)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.05)
    inputs, wanted = features.movedim(-1, 1), ball.movedim(-1, 1)
    losses = []
    for _ in trange(steps, disable=None):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(layer(inputs), wanted)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    found = layer(inputs).detach() > 0
    overlap = ((found & (wanted > 0)).sum() / (found | (wanted > 0)).sum()).item()
    folder.mkdir(parents=True, exist_ok=True)
    net.save(folder / "deepbrain.ckpt")
    tensors = {name: each.detach().contiguous() for name, each in net.registry.variables.items()}
    save_file(
        tensors | {f"ball/{name}": each for name, each in layer.state_dict().items()},
        folder / "deepbrain.safetensors",
    )
    if picture is not None:
        draw(
            picture,
            image[0, SIZE // 2, ..., 0],
            features[0, SIZE // 2],
            probability[0, SIZE // 2, ..., 0],
            found[0, 0, SIZE // 2],
        )
    return Results(list(net.registry.variables), losses, overlap)


def draw(path: Path, image: Tensor, features: Tensor, probability: Tensor, found: Tensor) -> None:
    """One slice: what is shown, what the liveliest features see, what the old last layer and the new one say."""
    import matplotlib.pyplot as plt  # noqa: PLC0415 - only a picture needs it

    # Of few large numbers nothing would be seen.
    features = features.clamp(-2, 2)
    strongest = features.std((0, 1)).argsort(descending=True)[:4].tolist()
    panels = [("shown", image)]
    panels += [(f"feature {number}", features[..., number]) for number in strongest]
    panels += [("a brain?", probability), ("the ball", found.float())]
    figure, axes = plt.subplots(
        1, len(panels), figsize=(2 * len(panels), 2.3), layout="constrained"
    )
    for place, (title, values) in zip(axes, panels, strict=True):
        place.imshow(values.numpy(), cmap="gray")
        place.set(title=title, xticks=[], yticks=[])
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("graph", type=Path, help="deepbrain/models/graph.pb")
    parser.add_argument(
        "--folder", type=Path, default=Path("frozen_graph"), help="where files are written"
    )
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args(arguments)
    results = train(options.graph, options.folder, options.steps, options.picture)
    print(f"{len(results.variables)} variables of the graph, such as {results.variables[0]}")
    print(
        f"loss {results.losses[0]:.3f} -> {results.losses[-1]:.3f}, overlap {results.overlap:.1%}"
    )
    print(
        f"written: {options.folder / 'deepbrain.ckpt'}.index, {options.folder / 'deepbrain.safetensors'}"
    )


if __name__ == "__main__":
    main()
