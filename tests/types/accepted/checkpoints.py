"""Reading, writing and restoring of checkpoints."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import assert_type

import torchscope.tf1 as tf
from torchscope import checkpoint


def use(net: nn.Module, path: str) -> Tensor:
    """Reads variables, restores a net and saves it."""
    with checkpoint.load_checkpoint(path) as opened:
        assert_type(opened["fc/kernel"], Tensor)
        names = sorted(opened)
    state = checkpoint.get_checkpoint_state(path)
    if state is not None:
        assert_type(state.model_checkpoint_path, str)
    saver = tf.train.Saver(max_to_keep=2)
    assert_type(saver.save(net, path, global_step=1), str | None)
    latest = checkpoint.latest_checkpoint(path)
    if latest is not None:
        saver.restore(net, latest)
    return checkpoint.load_variable(path, names[0])
