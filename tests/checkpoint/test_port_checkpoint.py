"""A model that TensorFlow trained goes on here, and what is saved goes on in TensorFlow."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from oracle.train_for_porting import EXAMPLE, example, outputs, train

from torchscope.checkpoint import list_variables, restore

CLOSE = {"rtol": 1e-5, "atol": 1e-5}


@pytest.fixture(scope="module")
def port():
    return example()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A checkpoint of TensorFlow's, and the logits that it gives there."""
    return train(tmp_path_factory.mktemp("trained"), 60)


def test_a_checkpoint_of_tensorflow_gives_the_same_outputs_here(port, trained):
    path, theirs = trained
    net = port.Classifier()
    restore(net, path)
    images = port.digits()[1].images
    np.testing.assert_allclose(net(images).detach(), theirs, **CLOSE)
    assert net.global_step.item() == 60
    assert "classifier/conv1/weights/Adam" in dict(list_variables(path))
    assert not any("Adam" in key for key in net.state_dict())


def test_a_checkpoint_that_was_trained_on_gives_the_same_outputs_in_tensorflow(
    port, trained, tmp_path
):
    net = port.Classifier()
    restore(net, trained[0])
    data, held_out = port.digits()
    net(held_out.images)
    before = port.accuracy(net, held_out)
    port.train(net, data, 40)
    assert port.accuracy(net, held_out) > before
    step, logits = outputs(port.saved(net, tmp_path))
    assert step == 100
    with torch.no_grad():
        np.testing.assert_allclose(net(held_out.images), logits, **CLOSE)


@pytest.mark.parametrize("of_tensorflow", [True, False])
def test_the_example_runs_with_a_checkpoint_and_without(trained, tmp_path, of_tensorflow):
    arguments = [trained[0]] if of_tensorflow else []
    result = subprocess.run(
        [
            sys.executable,
            EXAMPLE,
            *arguments,
            "--steps",
            "5",
            "--device",
            "cpu",
            "--save",
            tmp_path,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "classifier/conv1/weights [3, 3, 1, 16]" in result.stdout
    first = 60 if of_tensorflow else 5
    assert f"Accuracy after {first + 5} steps: " in result.stdout
    assert outputs(tmp_path / f"model.ckpt-{first + 5}")[0] == first + 5
