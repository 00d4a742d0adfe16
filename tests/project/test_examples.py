"""The examples run, and print what they say."""

import contextlib
import importlib.util
import io
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image

import torchscope as ts
from tests.tensorflow1 import import_slim, tf
from torchscope.checkpoint import load_checkpoint, save_checkpoint

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def start(name, *arguments, **environment):
    return subprocess.run(
        [sys.executable, EXAMPLES / name, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def run(name, *arguments, **environment):
    result = start(name, *arguments, **environment)
    assert result.returncode == 0, result.stderr
    return result.stdout


def load(name):
    """An example as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_snippet_of_the_article_prints_what_its_comment_says():
    source = (EXAMPLES / "article.py").read_text()
    expected = re.findall(r"print\(.*\)  # (.+)", source)
    printed = [line for line in run("article.py").splitlines() if not line.startswith("-- ")]
    names = "['model/conv1/weights:0', 'model/conv1/biases:0', 'model/conv2/weights:0', 'model/conv2/biases:0']"
    report = [names, "True", "True"]
    at = expected.index("Variable weights already exists, disallowed.") + 1
    # The comment of the shared report stands once in the source, and is printed twice.
    expected.remove("True")
    assert printed == [*expected[:at], *report, *report, *expected[at:]]


def test_the_article_changes_one_line_of_tf1_code():
    source = (EXAMPLES / "article.py").read_text()
    assert re.findall(r"^(?:import|from) .*", source, flags=re.MULTILINE) == [
        "from __future__ import annotations",
        "import torchscope.tf1 as tf",
    ]


def test_the_siamese_example_trains_saves_and_draws(tmp_path):
    picture = tmp_path / "digits.png"
    output = run("siamese_digits.py", "--steps", 5, "--device", "cpu", "--picture", picture)
    assert "trainable_variables" in output
    assert "model/conv1/weights" in output
    assert picture.read_bytes()[:4] == b"\x89PNG"


def refused(name, *arguments):
    """What an example says, in a line, before it gives up; a traceback is another exception."""
    said = io.StringIO()
    with pytest.raises(SystemExit) as exit_, contextlib.redirect_stderr(said):
        load(name).main([str(argument) for argument in arguments])
    # What is not a number is printed by Python.
    message = said.getvalue() if exit_.value.code == 2 else exit_.value.code
    return re.split(r"[\r\n]+", message.strip())[-1]


def test_the_lstm_learns_in_a_few_steps_writes_and_draws(tmp_path, capsys):
    example = load("char_lstm")
    arguments = ["--steps", "25", "--device", "cpu", "--picture", str(tmp_path / "losses.png")]
    example.main(arguments)
    output, progress = capsys.readouterr()
    learned = float(re.search(r"held out surprises by ([\d.]+) nats", output)[1])
    nothing = float(re.search(r"([\d.]+) for who knows nothing", output)[1])
    assert learned < nothing - 0.5
    assert "language_model/rnn/basic_lstm_cell/kernel" in output
    title = f"    {example.TITLE}\n    {'*' * len(example.TITLE)}\n"
    assert len(output.partition(title)[2].partition("Picture: ")[0]) > 1000
    assert (tmp_path / "losses.png").read_bytes()[:4] == b"\x89PNG"
    assert "training: 100%" in progress
    assert "training: " not in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", 0], "--steps: 0 is less than 1"),
        (["--device", "tpus"], "--device: Expected one of cpu, cuda"),
        (["--picture", "nowhere/a.png"], "--picture: there is no folder nowhere"),
        (["--picture", "a.doc"], "--picture: a.doc is to end in one of"),
    ],
)
def test_the_lstm_says_before_it_trains_what_it_cannot_do(arguments, message):
    assert message in refused("char_lstm", *arguments)


def sample(name):
    """A photograph as slim prepares it in TensorFlow: the middle of one whose shorter side is 256."""
    image = tf.constant(load_sample_image(f"{name}.jpg")[None].astype("float32"))
    image = tf.image.resize_bilinear(image, [256, 384])[:, 16:240, 80:304]
    return image - [123.68, 116.779, 103.939]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """tf_slim's resnet_v1_50: a checkpoint of V1, its variables, and what it makes of a photograph."""
    slim = import_slim()
    resnet_v1 = importlib.import_module("tf_slim.nets.resnet_v1")
    random = np.random.default_rng(0)
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tf.set_random_seed(0)
        with slim.arg_scope(resnet_v1.resnet_arg_scope()):
            logits, _ = resnet_v1.resnet_v1_50(sample("china"), 1000, is_training=False)
        session.run(tf.global_variables_initializer())
        for variable in tf.global_variables():
            name, shape = variable.op.name, variable.shape.as_list()
            if "BatchNorm/" in name:
                # Units that add little to what they are given keep the numbers in bounds.
                low, high = (0.1, 0.3) if name.endswith("conv3/BatchNorm/gamma") else (0.5, 1.0)
                variable.load(random.uniform(low, high, shape), session)
            elif name.endswith("logits/weights"):
                # Five classes are to have chances that can be told apart.
                variable.load(random.normal(0, 0.001, shape), session)
        saver = tf.train.Saver(write_version=tf.train.SaverDef.V1)
        path = str(tmp_path_factory.mktemp("resnet") / "resnet_v1_50.ckpt")
        saver.save(session, path, write_meta_graph=False, write_state=False)
        variables = {v.op.name: v.shape.as_list() for v in tf.global_variables()}
        return path, variables, session.run(tf.nn.softmax(logits)).ravel()


def best_of(output):
    """The classes that are printed, and their chances."""
    found = re.findall(r"^ *([\d.]+)%  class (\d+)", output, flags=re.MULTILINE)
    return [int(number) for _, number in found], [float(chance) / 100 for chance, _ in found]


def test_the_resnet_has_the_variables_of_slims(trained):
    net = ts.ScopedModule(load("resnet50").resnet_v1_50)
    ts.build(net, torch.zeros(1, 64, 64, 3))
    assert {name: list(v.shape) for name, v in net.registry.variables.items()} == trained[1]
    assert list(net.registry.variables) == list(trained[1])


@pytest.mark.parametrize("compiled", [False, True])
def test_the_resnet_finds_the_five_classes_that_tensorflow_finds(trained, tmp_path, compiled):
    path, _, chances = trained
    names = tmp_path / "names.txt"
    names.write_text("\n".join(f"name {i}" for i in range(1000)))
    output = run(
        *("resnet50.py", path, "--image", "china", "--names", names),
        *("--device", "cpu", "--runs", 1, *(["--compile"] if compiled else [])),
        # The graph is traced, and run as it is: to make code of it takes a minute.
        TORCH_COMPILE_OVERRIDE_BACKENDS=">=0:eager",
    )
    numbers, shown = best_of(output)
    assert numbers == list(chances.argsort()[::-1][:5])
    np.testing.assert_allclose(shown, chances[numbers], atol=1e-4)
    assert f"class {numbers[0]}: name {numbers[0]}\n" in output
    assert f"{path}: Restored(267 matched)" in output
    stages = ["conv1", "block1", "block2", "block3", "block4", "logits", "all"]
    rows = re.findall(r"^(\w+) +[\d.]+ +\d+%", output, flags=re.MULTILINE)
    assert rows == stages + ["compiled"] * compiled


def test_the_resnet_makes_a_checkpoint_where_none_is_given_and_takes_a_photograph(tmp_path):
    Image.fromarray(np.zeros((30, 40), "uint8")).save(tmp_path / "grey.png")
    output = run("resnet50.py", "--image", tmp_path / "grey.png", "--device", "cpu", "--runs", 1)
    assert "Its weights are random" in output
    assert len(best_of(output)[0]) == 5


def test_the_resnet_says_in_a_line_which_file_it_cannot_use(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    other = tmp_path / "other.ckpt"
    save_checkpoint({"w": torch.zeros(2), "b": torch.zeros(2)}, other)
    for arguments, *said in (
        (["missing.ckpt"], "error: There is no such checkpoint", "missing.ckpt"),
        (
            [other],
            "error: It is not of resnet_v1_50: it has no resnet_v1_50/logits/biases",
            str(other),
        ),
        (
            ["--image", "missing.jpg"],
            "error: missing.jpg is neither flower nor china, nor an image: ",
        ),
        (
            ["--image", tmp_path / "broken.jpg"],
            "broken.jpg is neither flower nor china, nor an image",
        ),
        (["--names", "missing.txt"], "No such file or directory: 'missing.txt'"),
        (["--device", "tpus"], "--device: Expected one of cpu, cuda"),
        (["--runs", 0], "--runs: 0 is less than 1"),
    ):
        line = refused("resnet50", *arguments)
        for part in said:
            assert part in line, line


def test_the_resnet_names_the_variable_whose_shape_is_another_in_the_checkpoint(trained, tmp_path):
    tensors = {name: torch.zeros(shape) for name, shape in trained[1].items()}
    tensors["resnet_v1_50/conv1/weights"] = torch.zeros(5, 5, 3, 64)
    save_checkpoint(tensors, tmp_path / "other.ckpt")
    with pytest.raises(SystemExit) as exit_:
        load("resnet50").main([str(tmp_path / "other.ckpt")])
    first, line, _ = exit_.value.code.splitlines()
    assert first.startswith("error: Restoring from checkpoint failed. Of 267 variables, 1 cannot")
    assert "resnet_v1_50/conv1/weights" in line
    assert "7, 7, 3, 64" in line
    assert "5, 5, 3, 64" in line


def test_the_dcgan_trains_and_draws(tmp_path, capsys):
    example = load("dcgan")
    arguments = ["--steps", "5", "--device", "cpu", "--picture", str(tmp_path / "digits.png")]
    example.main(arguments)
    output, progress = capsys.readouterr()
    assert "discriminator/d_h0_conv/w" in output
    assert re.search(r"read as they were meant: [\d.]+%", output)
    assert (tmp_path / "digits.png").read_bytes()[:4] == b"\x89PNG"
    assert "training: 100%" in progress


def test_the_model_functions_of_the_dcgan_run_in_tensorflow_and_make_the_same_variables():
    images, labels = np.zeros((2, 8, 8, 1), "float32"), np.array([3, 4])
    net = load("dcgan").Gan()
    d_loss, _, d_vars, g_vars = net(torch.tensor(images), torch.tensor(labels))
    theirs = load("dcgan")
    theirs.tf = tf
    with tf.Graph().as_default(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        their_loss, _, *their_vars = theirs.dcgan(tf.constant(images), tf.constant(labels))
        assert their_loss.shape == d_loss.shape
        for mine, its in zip([d_vars, g_vars], their_vars, strict=True):
            assert [(v.name, list(v.shape)) for v in mine] == [
                (v.name, v.shape.as_list()) for v in its
            ]


def test_a_frozen_graph_gets_another_last_layer_and_goes_into_a_checkpoint(tmp_path):
    example, path = load("frozen_graph"), ROOT / ".real-files/deepbrain/models/graph.pb"
    results = example.train(path, tmp_path, steps=25, picture=tmp_path / "seen.png")
    assert results.losses[-1] < results.losses[0]
    with Image.open(tmp_path / "seen.png") as seen:
        assert seen.size[0] > 800
    frozen, written = load_checkpoint(path), load_checkpoint(tmp_path / "deepbrain.ckpt")
    again = load_checkpoint(tmp_path / "deepbrain.safetensors")
    assert set(written) == set(results.variables)
    assert all(torch.equal(written[name], frozen[name]) for name in written)
    assert set(again) == {*written, "ball/weight", "ball/bias"}
