"""A net is saved while another thread trains it: what is written fits its own checksums."""

import threading
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

import torchscope as ts
from checkpoint.costs import status
from torchscope.checkpoint import Saver, load_checkpoint, save_checkpoint
from torchscope.checkpoint.converting import to_npz, to_safetensors


@pytest.fixture
def net():
    net = ts.ScopedModule(
        lambda: (
            [ts.get_variable(f"v{n}", [1000, 1000]) for n in range(3)]
            + [ts.get_variable("turned", [1000, 300])]
        )
    )
    net()
    # One is not as it lies in a file.
    turned = net.registry.variables["turned"]
    turned.data = turned.data.t().contiguous().t()
    return net


@contextmanager
def trained(net):
    """Another thread writes to the variables all the time."""
    done = threading.Event()
    parameters = list(net.parameters())
    steps = []

    def train():
        with torch.no_grad():
            while not done.is_set():
                for parameter in parameters:
                    parameter.add_(1.0)
                steps.append(None)

    thread = threading.Thread(target=train)
    thread.start()
    while not steps:
        time.sleep(0.001)
    try:
        yield
    finally:
        done.set()
        thread.join()


def verify(path):
    checkpoint = load_checkpoint(path)
    for name in checkpoint:
        checkpoint.verify(name)
    return checkpoint


def test_every_checkpoint_that_is_saved_meanwhile_is_sound(net, tmp_path):
    saver = Saver(max_to_keep=3)
    with trained(net):
        saved = [saver.save(net, tmp_path / "m", global_step=step) for step in range(20)]
        for path in saved[-3:]:
            verify(path)
        # Those that were deleted were sound as well: each is looked at before the next is written.
        for step in range(20, 40):
            verify(saver.save(net, tmp_path / "m", global_step=step))


def test_other_formats_too(net, tmp_path):
    tensors = {name: v.detach() for name, v in net.registry.variables.items()}
    with trained(net):
        for _ in range(6):
            save_checkpoint(tensors, tmp_path / "m")
            verify(tmp_path / "m")
            to_npz(tensors, tmp_path / "m.npz")
            assert zipfile.ZipFile(tmp_path / "m.npz").testzip() is None
            verify(tmp_path / "m.npz")
            to_safetensors(tensors, tmp_path / "m.safetensors")
            verify(tmp_path / "m.safetensors")


def test_a_save_takes_no_second_copy_of_a_tensor(tmp_path):
    tensor = torch.ones(64 << 20, dtype=torch.uint8)
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    save_checkpoint({"v": tensor, "pieces": tensor.view(8, -1)[:, :-1]}, tmp_path / "m")
    assert status("VmHWM") - before < 24 << 20
