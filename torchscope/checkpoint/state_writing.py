"""The state file written: "checkpoint", which says which checkpoint of a folder is the latest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from google.protobuf import text_format

from torchscope.checkpoint.formats import protos
from torchscope.checkpoint.formats.whole_files import write_whole
from torchscope.checkpoint.paths import CheckpointState


def generate_checkpoint_state_proto(
    save_dir: str | os.PathLike[str],
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Sequence[str] | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> CheckpointState:
    """What a state file says, as a message (tf.train.generate_checkpoint_state_proto).

    >>> state = generate_checkpoint_state_proto("run", "run/model-2", ["run/model-1", "run/model-2"])
    >>> state.model_checkpoint_path, list(state.all_model_checkpoint_paths)
    ('model-2', ['model-1', 'model-2'])

    Args:
        save_dir: the folder of the state file. If it is relative, so are the paths in the state:
            to it.
        model_checkpoint_path: the latest checkpoint.
        all_model_checkpoint_paths: those that are there, from the oldest to the latest.
        all_model_checkpoint_timestamps: when each of them was written, in seconds since 1970.
        last_preserved_timestamp: when the last one was written that is kept for good.

    Raises:
        ValueError: there are not as many times as checkpoints.
    """
    paths = list(all_model_checkpoint_paths or ())
    if not paths or paths[-1] != model_checkpoint_path:
        paths.append(model_checkpoint_path)
    times = list(all_model_checkpoint_timestamps or ())
    if times and len(times) != len(paths):
        raise ValueError(
            f"Checkpoint timestamps, if provided, must match checkpoint paths (got paths {paths} "
            f"and timestamps {times})"
        )
    folder = os.fspath(save_dir)

    def in_state(path: str) -> str:
        if Path(folder).is_absolute() or Path(path).is_absolute():
            return path
        return os.path.relpath(path, folder or ".")

    state: CheckpointState = protos.CheckpointState(
        model_checkpoint_path=in_state(model_checkpoint_path),
        all_model_checkpoint_paths=[in_state(path) for path in paths],
        all_model_checkpoint_timestamps=times,
        last_preserved_timestamp=last_preserved_timestamp or None,
    )
    return state


def update_checkpoint_state(
    save_dir: str | os.PathLike[str],
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Sequence[str] | None = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
    save_relative_paths: bool = False,
) -> None:
    """Writes the state file of a folder (tf.train.update_checkpoint_state).

    It is replaced as a whole: whoever reads it finds the old one or the new one.

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> update_checkpoint_state(folder, f"{folder}/model-1", save_relative_paths=True)
    >>> print(Path(folder, "checkpoint").read_text(), end="")
    model_checkpoint_path: "model-1"
    all_model_checkpoint_paths: "model-1"

    Args:
        save_dir: as for `generate_checkpoint_state_proto`, and so the others.
        model_checkpoint_path: the same.
        all_model_checkpoint_paths: the same.
        latest_filename: the name of the state file, 'checkpoint' by default.
        all_model_checkpoint_timestamps: the same.
        last_preserved_timestamp: the same.
        save_relative_paths: whether absolute paths are written relative to `save_dir` too, so that
            the folder can be moved.

    Raises:
        RuntimeError: the checkpoint has the name of the state file.
        ValueError: there are not as many times as checkpoints.
        CheckpointError: the file cannot be written.
    """
    file = Path(save_dir, latest_filename or "checkpoint")
    paths = [*(all_model_checkpoint_paths or ())]
    latest = model_checkpoint_path
    if save_relative_paths:
        folder = os.fspath(save_dir)
        latest, *paths = (
            os.path.relpath(path, folder or ".") if Path(path).is_absolute() else path
            for path in (latest, *paths)
        )
    state = generate_checkpoint_state_proto(
        save_dir, latest, paths, all_model_checkpoint_timestamps, last_preserved_timestamp
    )
    if os.fspath(file) == state.model_checkpoint_path:
        raise RuntimeError(
            f"Save path '{model_checkpoint_path}' conflicts with path used for checkpoint state.  "
            "Please use a different save path."
        )
    write_whole(file, text_format.MessageToString(state).encode())
