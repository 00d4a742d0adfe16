"""A save that is killed, or that finds the disk full: what was complete before stays so."""

import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import torch

import torchscope as ts
from checkpoint.tensorflow_files import files, tf_reads
from tests.tensorflow1 import tf
from torchscope.checkpoint import (
    load_checkpoint,
    save_checkpoint,
    to_npz,
    to_safetensors,
    to_state_dict,
    update_checkpoint_state,
)
from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.saver import Saver

NET = """
import os, random, signal, sys, time
import torch, torchscope as ts
from torchscope.checkpoint import Saver

torch.set_num_threads(1)
folder, numbered = sys.argv[1], sys.argv[2] == "numbered"
net = ts.ScopedModule(lambda x: [ts.get_variable(f"v{i}", [1000]) for i in range(8)])
net(None)

def save(saver, step):
    with torch.no_grad():
        for variable in net.registry.variables.values():
            variable.fill_(step)
    saver.save(net, f"{folder}/m", global_step=step if numbered else None)
"""

# For each line it forks a child that saves without end, and kills it after a time.
AT_ANY_MOMENT = (
    NET
    + """
drawn = random.Random(0)
start = 0
for line in sys.stdin:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        saver = Saver(max_to_keep=2)
        for step in range(start, 10**9):
            save(saver, step)
            os.write(write, step.to_bytes(8, "little"))
    os.close(write)
    told = os.read(read, 8)
    time.sleep(drawn.random() * 0.012)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(read, 65536):
        told = (told + more)[-8:]
    os.close(read)
    step = int.from_bytes(told, "little")
    start = step + 2
    print(step, flush=True)
"""
)

# For each line, two numbers, it forks a child that saves one step, and that kills itself before it
# opens, links, renames or removes a file for the n-th time.
AT_EACH_STEP = (
    NET
    + """
for line in sys.stdin:
    step, left = map(int, line.split())
    child = os.fork()
    if child == 0:
        def count(event, arguments):
            global left
            if event in {"open", "os.link", "os.rename", "os.remove"}:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        saver = Saver(max_to_keep=2)
        saver.recover_last_checkpoints([f"{folder}/m-{n}" for n in range(step)])
        sys.addaudithook(count)
        save(saver, step)
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""
)
MODES = pytest.mark.parametrize("mode", ["numbered", "one name"])


class Killer:
    """A process that saves, and is killed meanwhile, whenever it is told to."""

    def __init__(self, code, folder, mode):
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(folder), mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()

    def __call__(self, line=""):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


def latest_step(folder):
    """The step whose values the latest checkpoint has, all of them."""
    for index in folder.glob("m-*.index"):
        # What has an index is whole, be it named by the state file or not.
        tf_reads(index.with_suffix(""))
    values = tf_reads(tf.train.get_checkpoint_state(str(folder)).model_checkpoint_path)
    assert len(values) == 8
    step = values["v0"][0]
    assert all((value == step).all() for value in values.values())
    return step


def assert_next_save_cleans(folder):
    ts.reset_default_registry()
    ts.get_variable("v", [1])
    Saver().save(None, f"{folder}/m")
    assert list(folder.glob(".torchscope-*")) == []


@pytest.fixture
def folder(tmp_path):
    """A folder in memory where there can be one: some disks make renaming slow."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


@MODES
def test_a_kill_at_any_moment_leaves_the_latest_checkpoint_whole(folder, mode):
    with Killer(AT_ANY_MOMENT, folder, mode) as kill:
        for _ in range(100):
            told = kill()
            # What was saved before the kill, or the one that was just put in place.
            assert latest_step(folder) in {told, told + 1}
    # What was being written, and the second names of what was being replaced.
    parts = set(folder.glob(".torchscope-*.part"))
    assert len(parts) <= 3
    assert len({*folder.glob(".torchscope-*")} - parts) <= 2
    assert_next_save_cleans(folder)


@MODES
def test_kills_at_each_step_of_a_save_leave_the_latest_checkpoint_whole(folder, mode):
    drawn = random.Random(0)
    with Killer(AT_EACH_STEP, folder, mode) as kill:
        assert not kill("0 0")
        before, saved = 0, []
        for step in range(1, 100):
            # From the first step of a save to the last; then at random, mostly after other kills.
            left = drawn.randint(1, len(saved)) if False in saved else step
            was_killed = kill(f"{step} {left}")
            now = latest_step(folder)
            assert now in {before, step}
            assert now == step or was_killed
            saved.append(bool(was_killed))
            before = now
            if saved.count(False) and len(saved) > saved.index(False) + 30:
                break
    assert saved.index(False) > 8
    assert_next_save_cleans(folder)


def test_no_name_that_a_user_chose_is_the_savers_own(folder):
    w = ts.get_variable("w", [2], initializer=ts.zeros_initializer())
    theirs = ["m.previous", "m.previous-1", "m.part", "m.tmp", "m.torchscope-", "torchscope-m"]
    for name in theirs:
        Saver().save(None, f"{folder}/{name}")
    before = files(folder)
    with torch.no_grad():
        w.fill_(1)
    saver = Saver(max_to_keep=1)
    for step in (None, None, 1, 1, 2):
        saver.save(None, f"{folder}/m", global_step=step)
    after = files(folder)
    assert {name: after[name] for name in before if name != "checkpoint"} == {
        name: data for name, data in before.items() if name != "checkpoint"
    }
    assert tf_reads(folder / "m-2")["w"].tolist() == [1, 1]


@pytest.mark.parametrize("name", [".torchscope-m", ".torchscope-0123456789abcdef.part"])
def test_a_name_of_the_savers_own_cannot_be_chosen(folder, name):
    ts.get_variable("w", [2])
    for write in (
        lambda: Saver().save(None, f"{folder}/{name}"),
        lambda: Saver().save(None, f"{folder}/m", latest_filename=name),
        lambda: save_checkpoint({"w": torch.ones(2)}, f"{folder}/{name}"),
        lambda: to_safetensors({"w": torch.ones(2)}, f"{folder}/{name}"),
        lambda: update_checkpoint_state(folder, f"{folder}/m", latest_filename=name),
    ):
        with pytest.raises(CheckpointError, match=r"names that begin with \.torchscope-"):
            write()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_in_the_place_of_one_is_told_and_nothing_is_lost(folder, kind):
    ts.get_variable("w", [2])
    for name in ("state", "m.index"):
        (os.mkfifo if kind == "pipe" else os.mkdir)(folder / name)
    before = sorted(folder.iterdir())
    for path, state in (("n", "state"), ("m", "checkpoint")):
        with pytest.raises(CheckpointError, match=r"it is a (pipe|directory)"):
            Saver().save(None, f"{folder}/{path}", latest_filename=state)
        assert sorted(folder.iterdir()) == before


# For each line, a number, it forks a child that writes one file, and that kills itself before it
# opens, renames or removes a file for the n-th time, or asks for a value; for 0, the system kills it
# in the middle of writing, whoever writes.
ONE_FILE = """
import os, resource, signal, sys
import torch
from torchscope.checkpoint import converting

path, write = sys.argv[1], getattr(converting, sys.argv[2])

class Lazy(dict):
    def __getitem__(self, name):
        sys.audit("open")
        return torch.full((50,), 2.0)

for line in sys.stdin:
    left = int(line)
    child = os.fork()
    if child == 0:
        def count(event, arguments):
            global left
            if event in {"open", "os.rename", "os.remove"}:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        if left:
            sys.addaudithook(count)
        else:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
        write(Lazy(a=0, b=0), path)
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.mark.parametrize("write", [to_safetensors, to_state_dict, to_npz])
def test_a_kill_leaves_the_old_file_or_the_new_one_and_the_next_write_cleans(folder, write):
    suffix = {to_safetensors: ".safetensors", to_state_dict: ".pt", to_npz: ".npz"}[write]
    path = folder / f"m{suffix}"
    with Killer(ONE_FILE, path, write.__name__) as kill:
        for left in itertools.count():
            write({"a": torch.ones(50)}, path)
            assert list(folder.iterdir()) == [path]
            was_killed = kill(left)
            (value,) = load_checkpoint(path)["a"].unique().tolist()
            assert value == 2 or (was_killed and value == 1)
            if not was_killed:
                break
    assert left > 5


# What the state file names while a checkpoint is replaced

# Before each step of a save that replaces a checkpoint: what the state file names, and its values.
NAMES_IN_STATE = (
    NET
    + """
from torchscope.checkpoint import get_checkpoint_state, load_checkpoint

def look(event, arguments):
    if event in {"os.link", "os.rename", "os.remove"}:
        state = get_checkpoint_state(folder)
        paths = list(state.all_model_checkpoint_paths)
        assert paths[-1] == state.model_checkpoint_path
        for path in paths:
            values = {value.item() for v in load_checkpoint(path).values() for value in v.unique()}
            print(os.path.basename(path), *values, flush=True)

saver = Saver(max_to_keep=3)
save(saver, 1)
save(saver, 2)
with torch.no_grad():
    for variable in net.registry.variables.values():
        variable.fill_(3)
sys.addaudithook(look)
saver.save(net, f"{folder}/m", global_step=2)
"""
)


def test_all_that_the_state_file_names_is_whole_while_one_is_replaced(folder):
    ran = subprocess.run(
        [sys.executable, "-c", NAMES_IN_STATE, str(folder), "numbered"],
        capture_output=True,
        text=True,
        check=True,
    )
    told = ran.stdout.splitlines()
    assert set(told[::2]) == {"m-1 1.0"}
    assert list(dict.fromkeys(told[1::2])) == ["m-2 2.0", ".torchscope-m-2 2.0", "m-2 3.0"]
    assert len(told) > 16
    state = tf.train.get_checkpoint_state(str(folder))
    assert list(state.all_model_checkpoint_paths) == [f"{folder}/m-1", f"{folder}/m-2"]


# A full disk


LIMITED = """
import os, resource, signal, sys
import torch, torchscope as ts
from torchscope.checkpoint import CheckpointError, Saver

folder = sys.argv[1]
big, small = ts.get_variable("big", [100_000]), ts.get_variable("small", [10])
Saver([small]).save(None, f"{folder}/m", global_step=1)
Saver([small]).save(None, f"{folder}/one")
for limit in (150_000, 45, 20):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    for name, step in (("m", 2), ("one", None)):
        try:
            Saver([big] if limit > 50 else [small]).save(None, f"{folder}/{name}", global_step=step)
        except CheckpointError as error:
            print(os.path.relpath(error.file, folder), sorted(os.listdir(folder)))
"""


def test_a_file_that_grows_too_large_is_named_and_nothing_is_lost(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True
    )
    data, index = "data-00000-of-00001", "index"
    whole = ["checkpoint", f"m-1.{data}", "m-1.index", f"one.{data}", "one.index"]
    assert ran.stdout.splitlines() == [
        f"{name}.{end} {whole}" for end in (data, index, data) for name in ("m-2", "one")
    ]
    assert len(tf_reads(f"{tmp_path}/m-1")) == len(tf_reads(f"{tmp_path}/one")) == 1
    assert tf.train.latest_checkpoint(str(tmp_path)) == f"{tmp_path}/one"


FULL = """
import shutil, sys
from pathlib import Path
import torch, torchscope as ts
from torchscope.checkpoint import CheckpointError, Saver

disk = Path(sys.argv[1])
w = ts.get_variable("w", [20_000])
saver = Saver(max_to_keep=5)

def save(step):
    try:
        saver.save(None, f"{disk}/m", global_step=step)
    except CheckpointError as error:
        print(error)

def files():
    return {path.name: path.read_bytes() for path in disk.iterdir()}

save(0)
save(1)
before = files()
"""

KEEP = "\nshutil.copytree(disk, sys.argv[2])\n"

# A disk in the memory of a process, which only that process and its children see.
MOUNTED = """mount -t tmpfs -o "size=$1k" tmpfs "$2" && shift 2 && exec "$@" """


def on_a_small_disk(kib, code, folder, *arguments):
    """What a program says that is given a folder on a disk of a few KiB, and that folder afterwards."""
    disk, after = folder / "disk", folder / "after"
    disk.mkdir()
    mounted = ["unshare", "--map-root-user", "--mount", "sh", "-ec", MOUNTED, "sh", str(kib), disk]
    if (tried := subprocess.run([*mounted, "true"], check=False, capture_output=True)).returncode:
        pytest.fail(
            f"This test fills a disk that it mounts in namespaces of its own: {tried.stderr!r}. "
            "Allow users to have namespaces, or run the tests where they may."
        )
    program = [sys.executable, "-c", FULL + code + KEEP, disk, after, *arguments]
    ran = subprocess.run([*mounted, *program], check=True, capture_output=True, text=True)
    # The disk is gone with its process: its files come back to where they were.
    shutil.copytree(after, disk, dirs_exist_ok=True)
    return ran.stdout.splitlines(), disk


def test_a_disk_too_full_for_the_values_is_told_and_nothing_is_lost(tmp_path):
    code = """
for step in (2, 1):
    with torch.no_grad():
        w.fill_(step)
    save(step)
    print(files() == before)
# Where there is room again it goes on.
for file in disk.glob("m-0*"):
    file.unlink()
save(2)
"""
    said, disk = on_a_small_disk(200, code, tmp_path)
    for step, message, unchanged in ((2, *said[:2]), (1, *said[2:4])):
        assert re.search(rf"No space left.*disk/m-{step}.data-00000-of-00001", message), said
        assert unchanged == "True"
    assert len(said) == 4
    assert tf_reads(tf.train.latest_checkpoint(str(disk)))["w"][0] == 1


@pytest.mark.parametrize("step", [1, 2])
def test_a_disk_too_full_for_the_state_file_still_has_the_latest_checkpoint(tmp_path, step):
    # Room for three checkpoints of 84 KiB, one state file of 4, and no other beside it.
    code = """
print(w[0].item())
with torch.no_grad():
    w.fill_(7)
save(int(sys.argv[3]))
print(sorted({*files()} - {*before}))
"""
    said, disk = on_a_small_disk(256, code, tmp_path, str(step))
    first, message, more = said
    assert re.search(r"No space left.*disk/checkpoint", message), said
    assert ".torchscope-" not in more
    latest = tf.train.latest_checkpoint(str(disk))
    assert latest == f"{disk}/m-1"
    assert tf_reads(latest)["w"][0].item() == float(first)


def test_a_file_of_a_living_process_is_no_leftover(tmp_path):
    from torchscope.checkpoint.formats.whole_files import NewFiles, remove_leftovers  # noqa: PLC0415

    with NewFiles() as files:
        files.make(tmp_path / "a").write(b"a")
        code = (
            "import sys, pathlib;"
            "from torchscope.checkpoint.formats.whole_files import remove_leftovers;"
            "remove_leftovers(pathlib.Path(sys.argv[1]))"
        )
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
        remove_leftovers(tmp_path)
    assert (tmp_path / "a").read_bytes() == b"a"
