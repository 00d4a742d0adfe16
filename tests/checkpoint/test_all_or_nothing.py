"""A restore that fails leaves the net as it was, whatever fails, and Ctrl-C as well."""

import os
import random
import signal
import threading
import timeit
from pathlib import Path

import numpy as np
import pytest
import tensorflow_checkpoints as files
import torch
from torch import nn
from torch.nn.utils import parametrize

import torchscope as ts
from checkpoint import costly
from tests.tensorflow1 import tf
from torchscope.checkpoint import (
    CheckpointError,
    Saver,
    init_from_checkpoint,
    load_checkpoint,
    restore,
    restore_module,
    save_checkpoint,
)
from torchscope.checkpoint.at_once import interrupts_wait
from torchscope.checkpoint.formats.protos import BundleEntry, BundleHeader

OLD = -1.0


def model():
    return [ts.get_variable(name, [3], initializer=ts.constant_initializer(OLD)) for name in "abc"]


@pytest.fixture
def net():
    net = ts.ScopedModule(model)
    net()
    return net


def assert_as_it_was(net):
    for variable in net.registry.variables.values():
        assert variable.tolist() == [OLD] * 3


WAYS = {
    "restore": restore,
    "Saver": lambda net, source: Saver().restore(net, source.path),
    "var_list": lambda net, source: Saver(dict(net.registry.variables)).restore(net, source.path),
    "init_from_checkpoint": lambda net, source: init_from_checkpoint(source, {"/": "/"}, net),
}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def short_constant(folder):
    """A frozen graph whose second constant has too few bytes."""
    graph = tf.GraphDef()
    for name in "abc":
        proto = graph.node.add(name=name, op="Const").attr["value"].tensor
        proto.CopyFrom(tf.make_tensor_proto(np.ones(3, np.float32)))
        if name == "b":
            proto.tensor_content = bytes(5)
    (folder / "m.pb").write_bytes(graph.SerializeToString())
    return load_checkpoint(folder / "m.pb")


@each_way
def test_a_constant_that_is_too_short(net, tmp_path, way):
    with pytest.raises(CheckpointError, match="b has 5 bytes where 12 were expected"):
        way(net, short_constant(tmp_path))
    assert_as_it_was(net)


def changed(path, change):
    """Changes the messages of a V2 index."""
    index = Path(f"{path}.index")
    entries = files.entries_of(index.read_bytes())
    messages = {
        key: (BundleEntry if key else BundleHeader).FromString(value)
        for key, value in entries.items()
    }
    change(messages)
    index.write_bytes(files.table_of({k: m.SerializeToString() for k, m in messages.items()}))


LIES = {
    "cut off": lambda path: os.truncate(f"{path}.data-00000-of-00001", 20),
    "no data": lambda path: Path(f"{path}.data-00000-of-00001").unlink(),
    "too short": lambda path: changed(path, lambda m: setattr(m[b"b"], "size", 8)),
    "elsewhere": lambda path: changed(path, lambda m: setattr(m[b"c"], "offset", 1 << 40)),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
@pytest.mark.parametrize("checksums", [True, False])
@pytest.mark.parametrize("way", [WAYS["restore"], WAYS["init_from_checkpoint"]])
def test_a_checkpoint_that_lies_without_checksums(net, tmp_path, way, lie, checksums):
    path = save_checkpoint_of_ones(tmp_path)
    lie(path)
    with pytest.raises(
        CheckpointError, match=r"bytes are expected|cannot be opened|12 are expected"
    ):
        way(net, load_checkpoint(path, checksums=checksums))
    assert_as_it_was(net)


def save_checkpoint_of_ones(folder):
    save_checkpoint({name: torch.ones(3) for name in "abc"}, folder / "m")
    return str(folder / "m")


@pytest.mark.parametrize("checksums", [True, False])
def test_a_v1_checkpoint_whose_values_are_too_few(net, tmp_path, checksums):
    metas = [costly.costly_tables.meta_of(name, [3], 1) for name in "abc"]
    data = []
    for meta in metas:
        numbers = b"\x2a" + bytes([4 * (2 if meta.name == "b" else 3)])
        value = numbers + bytes(numbers[1])
        key = costly.costly_tables.key_of(meta.name, meta.slice[0])
        data.append((key, costly.costly_tables.saved(value)))
    (tmp_path / "m").write_bytes(costly.costly_tables.v1(metas, data, snappy=False)["m"])
    with pytest.raises(CheckpointError, match="b has 2 values of float32 in a slice, and 3"):
        restore(net, load_checkpoint(tmp_path / "m", checksums=checksums))
    assert_as_it_was(net)


def test_a_rule_that_fails_for_the_second_module_of_a_plain_net(tmp_path):
    class Mine(nn.Linear):
        pass

    def rule(module, scope):
        kernel = scope.one("kernel")
        if not kernel.is_meta:
            raise ZeroDivisionError("in the rule")
        return {"weight": kernel.T}

    plain = nn.Sequential(nn.Linear(2, 2, bias=False), Mine(2, 2, bias=False))
    before = [p.clone() for p in plain.parameters()]
    source = {"a/kernel": torch.ones(2, 2), "b/kernel": torch.ones(2, 2)}
    with pytest.raises(ZeroDivisionError, match="in the rule"):
        restore_module(plain, source, {"0": "a", "1": "b"}, rules={Mine: rule})
    assert all(torch.equal(a, b) for a, b in zip(before, plain.parameters(), strict=True))


def test_a_parametrized_variable_that_takes_no_value(net):
    class OneWay(nn.Module):
        def forward(self, x):
            return x + 0.0

    parametrize.register_parametrization(net, "c", OneWay())
    source = {name: torch.ones(3) for name in "abc"}
    for way in (restore, lambda net, source: init_from_checkpoint(source, {"/": "/"}, net)):
        with pytest.raises(CheckpointError, match=r"c could not be written: .* 0 of 3 variables"):
            way(net, source)
        assert net.a.tolist() == net.b.tolist() == [OLD] * 3


class Failing(dict):
    """A mapping that can be read once."""

    def __getitem__(self, name):
        if name == "b" and self.pop("once", None) is None:
            raise OSError("the disk is gone")
        return super().__getitem__(name)


def test_what_fails_while_it_is_written_says_how_far_it_came(net):
    source = Failing({name: torch.ones(3) for name in "abc"}, once=torch.ones(3))
    with pytest.raises(CheckpointError, match="b could not be written: the disk is gone") as error:
        restore(net, source)
    assert "1 of 3 variables have their new values, b perhaps some of its own" in str(error.value)
    assert net.a.tolist() == [1.0] * 3
    assert net.b.tolist() == net.c.tolist() == [OLD] * 3


def test_a_file_that_was_written_to_between_checking_and_writing_changes_nothing(tmp_path):
    sizes = {"a": 10_000, "b": 10_000}
    net = ts.ScopedModule(
        lambda: [
            ts.get_variable(n, [s], initializer=ts.zeros_initializer()) for n, s in sizes.items()
        ]
    )
    net()
    save_checkpoint({n: torch.ones(s) for n, s in sizes.items()}, tmp_path / "m")
    for checksums in True, False:
        checkpoint = load_checkpoint(tmp_path / "m", checksums=checksums)
        for name in checkpoint:
            checkpoint.verify(name)
        with (tmp_path / "m.data-00000-of-00001").open("r+b") as file:
            file.write(b"\x07")
        os.utime(tmp_path / "m.data-00000-of-00001", ns=(0, random.getrandbits(60)))
        with pytest.raises(CheckpointError, match="was written to"):
            restore(net, checkpoint)
        assert not any(v.any() for v in net.registry.variables.values())
        save_checkpoint({n: torch.ones(s) for n, s in sizes.items()}, tmp_path / "m")


# Ctrl-C.


@pytest.fixture
def heard():
    """Python hears Ctrl-C, as it does unless it was started in the background of a shell script."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# Python loses an interrupt that comes while an object is deleted.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("heard")
def test_an_interrupt_at_any_moment_leaves_the_old_values_or_the_new_ones(tmp_path):
    names = [f"v{i}" for i in range(60)]
    net = ts.ScopedModule(lambda: [ts.get_variable(name, [50_000]) for name in names])
    net()
    variables = net.registry.variables
    save_checkpoint({name: torch.ones(50_000) for name in names}, tmp_path / "m")
    whole = min(timeit.repeat(lambda: restore(net, tmp_path / "m"), number=1))
    drawn = random.Random(0)
    seen = {0: 0, 1: 0}
    # A busy machine takes longer, and fewer of them come in time.
    for _ in range(1000):
        if sum(seen.values()) >= 40 and all(seen.values()):
            break
        with torch.no_grad():
            for variable in variables.values():
                variable.zero_()
        timer = threading.Timer(drawn.random() * whole * 1.2, signal.raise_signal, [signal.SIGINT])
        interrupted = False
        try:
            timer.start()
            restore(net, tmp_path / "m")
            timer.join()
        except KeyboardInterrupt:
            interrupted = True
        timer.join()
        values = {v.detach()[at].item() for v in variables.values() for at in (0, -1)}
        assert len(values) == 1
        if interrupted:
            seen[int(values.pop())] += 1
    assert all(seen.values()), seen


@pytest.mark.usefixtures("heard")
def test_an_interrupt_waits_and_a_second_one_does_not():
    reached = []
    with pytest.raises(KeyboardInterrupt, match=r"^$"), interrupts_wait():
        signal.raise_signal(signal.SIGINT)
        reached.append("after the first")
    with pytest.raises(KeyboardInterrupt, match=r"^$"), interrupts_wait():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        reached.append("after the second")
    assert reached == ["after the first"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_somebody_elses_handler_is_called_and_put_back():
    calls = []
    before = signal.signal(signal.SIGINT, lambda *_: calls.append("theirs"))
    try:
        with interrupts_wait():
            signal.raise_signal(signal.SIGINT)
            assert calls == []
        assert calls == ["theirs"]
        signal.raise_signal(signal.SIGINT)
        assert calls == ["theirs"] * 2
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_another_thread_nothing_is_done_to_signals():
    seen = []

    def inside():
        with interrupts_wait():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]
