"""What an installed torchscope must do with nothing beside torch and einops: `python -I tests/project/smoke.py`.

It is a program without pytest, for any Python, and prints a line when all of it holds.
"""

import importlib
import importlib.metadata
import pkgutil
import platform
import re
import sys
import tempfile
from pathlib import Path

import torch

import torchscope as ts
import torchscope.tf1 as tf
from torchscope import rnn, slim

# What needs an extra, each with all below it. tf.test is for numpy's arrays.
OF_EXTRAS = {
    *("torchscope.checkpoint", "torchscope.graphs", "torchscope.port.graph_source"),
    *("torchscope.port.command", "torchscope.port.report"),
    *("torchscope.tf1.app", "torchscope.tf1.flags", "torchscope.tf1.test"),
}


def installed():
    """The distribution: the package and nothing else, its version, a page whose links lead somewhere."""
    assert Path(ts.__file__).is_relative_to(sys.prefix), ts.__file__
    metadata = importlib.metadata.metadata("torchscope")
    assert ts.__version__ == metadata["Version"]
    tops = {file.parts[0] for file in importlib.metadata.files("torchscope")} - {".."}
    assert tops == {"torchscope", f"torchscope-{ts.__version__}.dist-info"}, tops
    assert (Path(ts.__file__).parent / "py.typed").exists()
    page = metadata["Description"] or metadata.get_payload()
    assert page.startswith("# torchscope")
    links = re.findall(r"\]\(([^)\n]*)\)", re.sub(r"(?s)```.*?```|`[^`]*`", "", page))
    assert [link for link in links if not link.startswith("https://")] == []


def every_module():
    """All of them are imported, but for those that need an extra."""
    count, failed = 0, set()
    for found in pkgutil.walk_packages(ts.__path__, "torchscope.", onerror=failed.add):
        if found.name.endswith("__main__"):
            continue
        try:
            importlib.import_module(found.name)
            count += 1
        except ImportError:
            failed.add(found.name)
    others = [n for n in failed if not any(f"{n}.".startswith(f"{of}.") for of in OF_EXTRAS)]
    assert others == [], others
    assert count > 300, count
    return count


def towers(a, b):
    """Two towers with shared weights, in slim."""

    def features(x):
        with slim.arg_scope([slim.conv2d], weights_regularizer=slim.l2_regularizer(0.1)):
            x = slim.conv2d(x, 4, 3, normalizer_fn=slim.batch_norm, scope="conv")
        return slim.fully_connected(slim.flatten(x), 2, scope="fc")

    with ts.variable_scope("model"):
        first = features(a)
    with ts.variable_scope("model", reuse=True):
        return first, features(b)


def sharing_and_training():
    """Variables are made once, trained by PyTorch's optimizer, and come back from a state_dict."""
    a, b = torch.randn(2, 8, 8, 3), torch.randn(2, 8, 8, 3)
    net = ts.build(ts.ScopedModule(towers), a, b)
    names = [v.name for v in net.registry.trainable_variables()]
    assert names[0] == "model/conv/weights:0", names
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    before = net.registry.variables["model/fc/weights"].detach().clone()
    first, second = net(a, b)
    ((first - second) ** 2).sum().backward()
    optimizer.step()
    assert not torch.equal(net.registry.variables["model/fc/weights"], before)
    other = ts.ScopedModule(towers)
    other.load_state_dict(net.state_dict())
    net.eval()
    other.eval()
    torch.testing.assert_close(other(a, b), net(a, b))
    graph = ts.graph(net, a, b)
    torch.testing.assert_close(graph(a, b), net(a, b))
    with tempfile.TemporaryDirectory() as folder:
        graph.write_page(Path(folder, "net.html"))


def as_tf1_wrote_it():
    """A model function that trains itself, with a cell, and refuses what TF1 refused."""

    def model(x):
        outputs, _ = rnn.dynamic_rnn(rnn.LSTMCell(3), x, dtype=tf.float32)
        loss = tf.reduce_mean(tf.square(tf.layers.dense(outputs, 1, name="out") - 1.0))
        return loss, tf.train.AdamOptimizer(0.1).minimize(loss)

    net = ts.ScopedModule(model)
    x = torch.randn(2, 4, 3)
    losses = []
    for _ in range(10):
        loss, train = net(x)
        train.run()
        losses.append(loss.item())
    assert losses[-1] < losses[0], losses
    assert "out/kernel/Adam_1" in net.registry.variables
    ts.get_variable("w", [1])
    said = refused(lambda: ts.get_variable("w", [1]), ValueError)
    assert said.startswith("Variable w already exists, disallowed."), said


def extras_are_named():
    """What is not installed says what to install, like the extra `scripts`."""
    said = refused(lambda: tf.flags, ImportError)
    assert said.endswith("pip install 'torchscope[scripts]'"), said


def refused(call, error):
    """What is said where a call is refused."""
    try:
        call()
    except error as given:
        return str(given)
    raise AssertionError(f"no {error.__name__}")


def main():
    torch.manual_seed(0)
    installed()
    modules = every_module()
    sharing_and_training()
    as_tf1_wrote_it()
    extras_are_named()
    sys.stdout.write(
        f"torchscope {ts.__version__} runs on Python {platform.python_version()}, "
        f"PyTorch {torch.__version__}: {modules} modules\n"
    )


if __name__ == "__main__":
    main()
