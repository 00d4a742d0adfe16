"""Small nets, each in TF1's style and hand-written, on inputs that leave little to compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import torchscope as ts
from torchscope import slim

BLOCKS, CHANNELS = 12, 32
WIDTH, HEADS = 64, 4
UNITS = 64

Function = Callable[[Tensor], Tensor]


def residual_blocks(images: Tensor, *, training: bool) -> Tensor:
    """Blocks of two convolutions in slim, as the residual networks of small images have them."""
    with (
        slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm),
        slim.arg_scope([slim.batch_norm], scale=True, is_training=training),
    ):
        for number in range(BLOCKS):
            with ts.variable_scope(f"block{number}"):
                residual = slim.conv2d(images, CHANNELS, 3, scope="conv1")
                residual = slim.conv2d(residual, CHANNELS, 3, activation_fn=None, scope="conv2")
                images = torch.relu(images + residual)
    return images


def conv(channels: int, depth: int, size: int = 3) -> nn.Sequential:
    """A convolution of the other side, with what follows it in slim."""
    return nn.Sequential(
        nn.Conv2d(channels, depth, size, padding=size // 2, bias=False),
        nn.BatchNorm2d(depth, eps=1e-3, momentum=1e-3),
        nn.ReLU(),
    )


class Residual(nn.Module):
    """A block, hand-written."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = conv(CHANNELS, CHANNELS)
        self.conv2 = conv(CHANNELS, CHANNELS)[:2]
        self.relu = nn.ReLU()

    def forward(self, images: Tensor) -> Tensor:
        """A block."""
        x: Tensor = self.relu(images + self.conv2(self.conv1(images)))
        return x


def unet(images: Tensor, *, training: bool) -> Tensor:
    """A U-Net of two levels with transposed convolutions."""

    def level(images: Tensor, depth: int) -> Tensor:
        return slim.repeat(images, 2, slim.conv2d, depth, 3, scope="conv")

    with (
        slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm),
        slim.arg_scope([slim.batch_norm], scale=True, is_training=training),
    ):
        passed = []
        for depth in (16, 32):
            with ts.variable_scope(f"down{depth}"):
                passed.append(level(images, depth))
                images = ts.layers.max_pooling2d(passed[-1], 2, 2)
        with ts.variable_scope("bottom"):
            images = level(images, 64)
        for depth in (32, 16):
            with ts.variable_scope(f"up{depth}"):
                images = ts.layers.conv2d_transpose(images, depth, 2, 2)
                images = level(torch.cat([passed.pop(), images], -1), depth)
    return ts.layers.conv2d(images, 2, 1)


class Unet(nn.Module):
    """The same, hand-written."""

    def __init__(self) -> None:
        super().__init__()

        def level(channels: int, depth: int) -> nn.Sequential:
            return nn.Sequential(conv(channels, depth), conv(depth, depth))

        self.down = nn.ModuleList([level(3, 16), level(16, 32)])
        self.pool = nn.MaxPool2d(2)
        self.bottom = level(32, 64)
        self.up = nn.ModuleList(
            nn.ModuleList([nn.ConvTranspose2d(2 * depth, depth, 2, 2), level(2 * depth, depth)])
            for depth in (32, 16)
        )
        self.logits = nn.Conv2d(16, 2, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits for each pixel."""
        passed = []
        for down in self.down:
            passed.append(down(images))
            images = self.pool(passed[-1])
        images = self.bottom(images)
        for longer, level in self.up:  # type: ignore[misc]
            images = level(torch.cat([passed.pop(), longer(images)], 1))
        logits: Tensor = self.logits(images)
        return logits


def discriminator(images: Tensor, *, training: bool) -> Tensor:
    """The discriminator of a DCGAN, in layers."""
    for number, depth in enumerate((16, 32, 64)):
        images = ts.layers.conv2d(images, depth, 4, 2, padding="same", use_bias=not number)
        if number:
            images = ts.layers.batch_normalization(images, training=training)
        images = ts.nn.leaky_relu(images)
    return ts.layers.dense(ts.layers.flatten(images), 1)


class Discriminator(nn.Module):
    """The same, hand-written."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels, depth in ((3, 16), (16, 32), (32, 64)):
            first = channels == 3
            layers.append(nn.Conv2d(channels, depth, 4, 2, padding=1, bias=first))
            if not first:
                layers.append(nn.BatchNorm2d(depth, eps=1e-3, momentum=0.01))
            layers.append(nn.LeakyReLU(0.2))
        self.layers, self.linear = nn.Sequential(*layers), nn.Linear(64 * 4 * 4, 1)

    def forward(self, images: Tensor) -> Tensor:
        """A number for each image."""
        logits: Tensor = self.linear(self.layers(images).permute(0, 2, 3, 1).flatten(1))
        return logits


def attention(queries_keys_values: Tensor) -> Tensor:
    """(N, T, 3 * WIDTH) to (N, T, WIDTH)."""
    heads = queries_keys_values.unflatten(-1, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
    return F.scaled_dot_product_attention(*heads.unbind()).transpose(1, 2).flatten(-2)


def transformer_block(x: Tensor, *, training: bool) -> Tensor:
    """A block of (N, T, WIDTH) with its norms before the layers."""
    del training

    def norm(x: Tensor) -> Tensor:
        gamma = ts.get_variable("gamma", [WIDTH], initializer=ts.ones_initializer)
        beta = ts.get_variable("beta", [WIDTH], initializer=ts.zeros_initializer)
        return F.layer_norm(x, [WIDTH], gamma, beta)

    with ts.variable_scope("attention"):
        y = ts.layers.dense(norm(x), 3 * WIDTH, name="in")
        x = x + ts.layers.dense(attention(y), WIDTH, name="out")
    with ts.variable_scope("mlp"):
        y = ts.layers.dense(norm(x), 4 * WIDTH, F.gelu, name="in")
        return x + ts.layers.dense(y, WIDTH, name="out")


class Block(nn.Module):
    """The same, hand-written."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.qkv = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 3 * WIDTH)
        self.out, self.norm2 = nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)
        )

    def forward(self, x: Tensor) -> Tensor:
        """A block."""
        x = x + self.out(attention(self.qkv(self.norm1(x))))
        return x + self.mlp(self.norm2(x))


def recurrent(x: Tensor, *, training: bool) -> Tensor:
    """An LSTM over (N, T, UNITS)."""
    del training
    outputs, _ = ts.rnn.dynamic_rnn(ts.rnn.BasicLSTMCell(UNITS), x, dtype=torch.float32)
    return outputs


class Recurrent(nn.Module):
    """PyTorch's."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(UNITS, UNITS, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """The outputs of all steps."""
        outputs: Tensor = self.lstm(x)[0]
        return outputs


class Scoped(nn.Module):
    """Our side: a function that is told whether it trains."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, x: Tensor) -> Tensor:
        """What the function gives."""
        return self.function(x, training=self.training)


class Pair(NamedTuple):
    """A net of both sides, and the shape of its input on ours."""

    function: Callable[..., Tensor]
    by_hand: Callable[[], nn.Module]
    shape: tuple[int, ...]


def residual_blocks_by_hand() -> nn.Module:
    """All blocks, hand-written."""
    return nn.Sequential(*(Residual() for _ in range(BLOCKS)))


PAIRS = {
    "12 slim residual blocks of 32 channels, one 8x8 image": Pair(
        residual_blocks, residual_blocks_by_hand, (1, 8, 8, CHANNELS)
    ),
    "U-Net with transposed convolutions, one 32x32 image": Pair(unet, Unet, (1, 32, 32, 3)),
    "a DCGAN's discriminator, one 32x32 image": Pair(discriminator, Discriminator, (1, 32, 32, 3)),
    "transformer block of 64, 8 tokens": Pair(transformer_block, Block, (1, 8, WIDTH)),
    "BasicLSTMCell of 64 in dynamic_rnn, 50 steps": Pair(recurrent, Recurrent, (1, 50, UNITS)),
}
