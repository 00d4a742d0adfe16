"""A checkpoint that takes the place of an older one of its name: there is always one that is whole.

Data and index are two files, and two renames are not one: between them the new data stands under
the old index. So the old checkpoint gets a second name first, by links to its files. If the state
file names it, it names the second name meanwhile. After a kill in between, the latest checkpoint is
the old one, under that name, and the next save goes on from there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from google.protobuf import text_format

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats import protos
from torchscope.checkpoint.formats.bundle_writing import index_file
from torchscope.checkpoint.formats.files import File
from torchscope.checkpoint.formats.whole_files import RESERVED, write_whole


def second_name(prefix: str) -> str:
    """What a checkpoint is called while another one takes its place.

    >>> second_name("run/model.ckpt")
    'run/.torchscope-model.ckpt'
    """
    folder, name = os.path.split(prefix)
    return os.path.join(folder, RESERVED + name)


def data_files(prefix: str) -> list[Path]:
    """The files of data that a checkpoint has, by its name."""
    path = Path(prefix)
    shard = "[0-9]" * 5
    # What is special in a pattern is not so in a name.
    name = "".join(f"[{char}]" if char in "*?[" else char for char in path.name)
    return sorted(path.parent.glob(f"{name}.data-{shard}-of-{shard}"))


def remove_files(prefix: str) -> None:
    """Removes the files of a checkpoint, the index first: without it there is none."""
    for file in (index_file(prefix), *data_files(prefix)):
        file.unlink(missing_ok=True)


@contextmanager
def old_one_kept(prefix: str, state_file: Path) -> Iterator[None]:
    """While the files of a checkpoint are replaced, the old one is there under a second name.

    Where the disk has no links there is no second name, and the old one is simply replaced.

    Args:
        prefix: the name of the checkpoint.
        state_file: the state file that may name it.
    """
    second = second_name(prefix)
    try:
        # If the state names the second name a save was killed, and that one is whole.
        if not _names(state_file, second) and _link(prefix, second):
            _rename_in(state_file, prefix, second)
        yield
    except BaseException:
        if _is_linked(prefix, second):
            # Nothing was replaced yet.
            with suppress(CheckpointError):
                _rename_in(state_file, second, prefix)
                remove_files(second)
        raise
    _rename_in(state_file, second, prefix)
    remove_files(second)


def _files(prefix: str) -> list[tuple[Path, str]]:
    """The files of a checkpoint, the index last, each with what its name has after the prefix."""
    files = [*data_files(prefix), index_file(prefix)]
    return [(file, file.name.removeprefix(Path(prefix).name)) for file in files]


def _is_linked(prefix: str, second: str) -> bool:
    """Whether both names mean the same files."""
    with suppress(OSError):
        return all(file.samefile(second + end) for file, end in _files(prefix))
    return False


def _link(prefix: str, second: str) -> bool:
    """Gives a checkpoint a second name; says whether it has one."""
    index, index_too = index_file(prefix), index_file(second)
    if not index.exists():
        return False
    if index_too.exists() and index.samefile(index_too):
        # A save was killed before it replaced the index; perhaps it had replaced the data.
        return True
    remove_files(second)
    try:
        for file, end in _files(prefix):
            os.link(file, second + end)
    except OSError:
        remove_files(second)
        return False
    return True


def _state(state_file: Path) -> Any:
    """What a state file says; None if there is none that can be read."""
    try:
        file = File(str(state_file))
        text = bytes(file.read(0, file.size, "The state file")).decode()
        return text_format.Parse(text, protos.CheckpointState())
    except (ValueError, text_format.ParseError):
        return None


def _is(in_state: str, prefix: str, state_file: Path) -> bool:
    return Path(state_file.parent, in_state).absolute() == Path(prefix).absolute()


def _names(state_file: Path, prefix: str) -> bool:
    """Whether a state file says that a checkpoint is the latest."""
    state = _state(state_file)
    return state is not None and _is(state.model_checkpoint_path, prefix, state_file)


def _rename_in(state_file: Path, old: str, new: str) -> None:
    """Writes another name for the latest checkpoint, if it is the one that a state file names."""
    state = _state(state_file)
    if state is None or not _is(state.model_checkpoint_path, old, state_file):
        return
    paths = state.all_model_checkpoint_paths
    for at, path in enumerate((state.model_checkpoint_path, *paths), start=-1):
        if _is(path, old, state_file):
            renamed = os.path.join(os.path.dirname(path), Path(new).name)
            if at < 0:
                state.model_checkpoint_path = renamed
            else:
                paths[at] = renamed
    write_whole(state_file, text_format.MessageToString(state).encode())
