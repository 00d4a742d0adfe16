"""Saver: numbered checkpoints of a net, of which the latest few are kept (tf.train.Saver)."""

from __future__ import annotations

import math
import numbers
import os
import re
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from torch import Tensor

from torchscope._core.modules.registry import ScopedParameterRegistry
from torchscope._core.pytorch import sharding
from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.filling import fill
from torchscope.checkpoint.formats.bundle_writing import (
    BundleWriter,
    check_writable,
    folder_of,
    index_file,
)
from torchscope.checkpoint.formats.replacing import old_one_kept, remove_files, second_name
from torchscope.checkpoint.formats.whole_files import NewFiles, check_target, remove_leftovers
from torchscope.checkpoint.optimizer_names import Optimizers, kept
from torchscope.checkpoint.paths import checkpoint_exists, is_inside
from torchscope.checkpoint.restoring import restore
from torchscope.checkpoint.saveables import (
    Saveable,
    all_saveables,
    in_order,
    registry_of,
    saveables_of,
    stores_of,
)
from torchscope.checkpoint.sources import Source
from torchscope.checkpoint.state_writing import update_checkpoint_state

_V2 = 2


class Saver:
    """Saves variables to checkpoints, and restores them (tf.train.Saver).

    >>> import tempfile, torchscope as ts
    >>> net = ts.ScopedModule(lambda x: x * ts.get_variable("scale", [2]))
    >>> _ = net(torch.ones(2))
    >>> saver = Saver(max_to_keep=2)
    >>> folder = tempfile.mkdtemp()
    >>> for step in range(3):
    ...     path = saver.save(net, f"{folder}/model.ckpt", global_step=step)
    >>> sorted(file.name for file in Path(folder).glob("*.index"))
    ['model.ckpt-1.index', 'model.ckpt-2.index']

    What was TF1's session, where the values are, is the net here. The files are those that
    TensorFlow writes, except that there is no graph to write, so no '.meta'. A process that is
    killed, or a full disk, takes no checkpoint that was complete: the files of the new one appear
    when they are whole, then the state file names it, and then the oldest is deleted.

    Args:
        var_list: the variables to save: a list, whose names are theirs, or a dict from names in the
            checkpoint to variables or other tensors. By default all variables that the net has
            when it is saved, local ones left out, and what else is in its state_dict.
        reshape: whether `restore` takes values of another shape with as many elements.
        sharded: whether there is one file of data for each device that has variables.
        max_to_keep: how many checkpoints are kept; None or 0 keeps all, and names only the last in
            the state file.
        keep_checkpoint_every_n_hours: one checkpoint for each so many hours is kept for good.
        name: accepted for TF1 code; it has no effect.
        restore_sequentially: accepted for TF1 code; it has no effect.
        saver_def: must be None: it would name operations of a graph.
        builder: accepted for TF1 code; it has no effect.
        defer_build: whether `build` is called later, before the first `save`.
        allow_empty: whether there may be no variables; then nothing is written, and what `save`
            gives for that, None, can be restored.
        write_version: 2, as TF1's SaverDef.V2. V1 can be read, and is not written.
        pad_step_number: whether step numbers have at least eight digits.
        save_relative_paths: whether the state file has relative paths, so that the folder can be
            moved.
        filename: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: `var_list` is no list or dict, or has something in it that is no variable.
        ValueError: it is empty; two variables have one name; `saver_def` is given; or
            `write_version` is not V2.
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: int = _V2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ) -> None:
        if defer_build and var_list:
            raise ValueError(
                "If `var_list` is provided then build cannot be deferred. Either set "
                "defer_build=False or var_list=None."
            )
        if saver_def is not None:
            raise ValueError(
                "A saver_def names operations of a TensorFlow graph, and there is none here. Give "
                "the Saver the same arguments instead."
            )
        if write_version != _V2:
            raise ValueError(
                f"write_version is {write_version}, and checkpoints are written in TF1's V2 format "
                "alone (2, SaverDef.V2). TensorFlow reads it wherever it reads V1."
            )
        self._reshape = reshape
        self._sharded = sharded
        self._max_to_keep = max_to_keep or 0
        self._hours = keep_checkpoint_every_n_hours
        self._allow_empty = allow_empty
        self._pad_step_number = pad_step_number
        self._save_relative_paths = save_relative_paths
        self._var_list = var_list
        self._saveables: list[Saveable] | None = None
        # Checkpoints with the time of each, from the oldest to the latest.
        self._last: list[tuple[str, float]] = []
        self._to_delete: list[tuple[str, float]] = []
        # Of the others somebody only says that they are there: a state file, perhaps.
        self._written: set[str] = set()
        self._keep_next_after = math.inf
        self._is_built = False
        if not defer_build:
            self.build()

    def build(self) -> None:
        """What `defer_build=True` deferred: from now on it can save."""
        if self._is_built:
            return
        if self._var_list is not None:
            self._saveables = saveables_of(self._var_list)
            self._check_any(self._saveables)
        self._keep_next_after = time.time() + self._hours * 3600
        self._is_built = True

    def _check_any(self, saveables: Sequence[Saveable]) -> None:
        if not saveables and not self._allow_empty:
            if self._var_list is not None:
                raise ValueError(
                    "No variables to save. The list that the Saver is given is empty, as tf.global_variables() "
                    "is outside of a net: leave it out, and the Saver saves all of the net that save() is given."
                )
            raise ValueError(
                "No variables to save. The net has none before its first pass: call it once, or "
                "ts.build(net, *inputs)."
            )

    # Saving

    def save(
        self,
        sess: Any,
        save_path: str | os.PathLike[str],
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
        *,
        optimizer: Optimizers | None = None,
    ) -> str | None:
        """Writes a checkpoint, and deletes the oldest if there are too many.

        Args:
            sess: the net: a module with a registry, wrapped or compiled too, a registry, or None
                for the default one.
            save_path: the path of the checkpoint, without a step. Its folder must exist.
            global_step: a number, or the variable that has it, or that variable's name: it is
                appended to the path.
            latest_filename: the name of the state file, 'checkpoint' by default.
            meta_graph_suffix: what the name of a '.meta' file ends with. Such files are not written,
                but deleted with a checkpoint that TF1 wrote.
            write_meta_graph: accepted for TF1 code; it has no effect.
            write_state: whether the state file is written. If not, the checkpoint is not counted
                among those to keep, either.
            strip_default_attrs: accepted for TF1 code; it has no effect.
            save_debug_info: accepted for TF1 code; it has no effect.
            optimizer: one of torchscope.optim, an `InScope` of one, or a list of all in the order in which TF1
                code would use them: what they keep is saved under TF1's names, 'w/Adam' and 'beta1_power'. Of
                a `var_list` the slots of its variables are, under the names that it gives them. What the
                optimizers of ``tf.train`` keep is saved anyway: those are variables.

        Returns:
            The path of the checkpoint, to be given to `restore`; None if there was nothing to save.

        Raises:
            CheckpointError: the folder does not exist, a file cannot be written, or a value cannot
                be. A ValueError.
            ValueError: there is nothing to save, `latest_filename` has a folder or is the name of
                the checkpoint, a variable is not one of this net, or TF1 has no name for what an optimizer
                keeps.
            TypeError: `sess` is no net, `global_step` is no number, or `optimizer` none of torchscope.optim.
            RuntimeError: `build` was deferred and not called.
        """
        if not self._is_built:
            raise RuntimeError("`build()` should be called before save if defer_build==True")
        latest_filename = latest_filename or "checkpoint"
        if Path(latest_filename).name != latest_filename:
            raise ValueError("'latest_filename' must not contain path components")
        path = os.fsdecode(save_path)
        registry = registry_of(sess)
        prefix = path
        if global_step is not None:
            step = _step(registry, global_step)
            prefix = f"{path}-{step:08d}" if self._pad_step_number else f"{path}-{step:d}"
        elif Path(path).name == latest_filename and not self._sharded:
            raise ValueError(
                f"'latest_filename' collides with 'save_path': '{latest_filename}' and '{path}'"
            )
        saveables = self._saveables
        if saveables is None:
            saveables = all_saveables(registry.store)
            self._check_any(saveables)
        if not saveables:
            return None
        folder = folder_of(path)
        state_file = folder / latest_filename
        if write_state:
            check_target(state_file)
        remove_leftovers(folder)
        stores = stores_of(registry)
        if optimizer is not None:
            sharding.reshard(registry.module)
            all_of_them = self._saveables is None
            more = kept(optimizer, saveables, stores, all_of_them=all_of_them)
            saveables = in_order([*saveables, *more])
        tensors = [(saveable, saveable.tensor(stores)) for saveable in saveables]

        def in_place(files: NewFiles) -> None:
            with old_one_kept(prefix, state_file):
                files.put_in_place()
                if write_state:
                    self._record(prefix)
                    update_checkpoint_state(
                        os.path.dirname(path),
                        prefix,
                        self.last_checkpoints,
                        latest_filename,
                        save_relative_paths=self._save_relative_paths,
                    )

        _write(prefix, tensors, in_place, sharded=self._sharded)
        if write_state:
            self._written.add(prefix)
            self._delete_old(folder, meta_graph_suffix)
        return prefix

    # Restoring

    def restore(
        self,
        sess: Any,
        save_path: str | os.PathLike[str] | None,
        *,
        optimizer: Optimizers | None = None,
    ) -> None:
        """Gives the variables the values that a checkpoint has.

        All is checked before anything is written. Without a `var_list` it is
        ``restore(net, save_path)``: the net need not have run.

        Args:
            sess: the net, as for `save`.
            save_path: what `save` gave, or any other path that `load_checkpoint` takes.
            optimizer: as for `save`. Of what begins afresh, since the checkpoint has no slots for it, a warning
                tells; slots of another optimizer are refused.

        Raises:
            CheckpointError: there is no such checkpoint, it is damaged, or a variable or a slot is not in
                it with its shape and dtype. A ValueError.
            ValueError: `save_path` is None, or a variable is not one of this net.
            TypeError: `sess` is no net, or `optimizer` none of torchscope.optim.
        """
        registry = registry_of(sess)
        if self._saveables is not None and not self._saveables:
            return
        if save_path is None:
            if self._allow_empty and not all_saveables(registry.store):
                # What `save` gave for a net without variables.
                return
            raise ValueError("Can't load save_path when it is None.")
        path = os.fsdecode(save_path)
        if not checkpoint_exists(path):
            raise CheckpointError(f"The passed save_path is not a valid checkpoint: {path}")
        if self._saveables is None and not self._reshape:
            restore(registry, path, optimizer=optimizer)
            return
        saveables = self._saveables
        if saveables is None:
            saveables = all_saveables(registry.store)
            self._check_any(saveables)
        fill(saveables, registry, Source(path), reshape=self._reshape, optimizer=optimizer)

    # What is kept

    def _record(self, path: str) -> None:
        if not self._max_to_keep:
            return
        self._last = [entry for entry in self._last if entry[0] != path]
        self._last.append((path, time.time()))
        if len(self._last) > self._max_to_keep:
            self._to_delete.append(self._last.pop(0))

    def _delete_old(self, folder: Path, meta_graph_suffix: str) -> None:
        if not self._to_delete:
            return
        path, written = self._to_delete.pop(0)
        if path not in self._written and not is_inside(os.fspath(folder), path):
            return
        self._written.discard(path)
        if written > self._keep_next_after:
            self._keep_next_after += self._hours * 3600
            return
        with suppress(OSError):
            # TF1's sharded V1 checkpoints have one for all their shards.
            meta = re.sub(r"-[\d\?]+-of-\d+$", "", path)
            Path(f"{meta}.{meta_graph_suffix}").unlink(missing_ok=True)
            remove_files(path)
            remove_files(second_name(path))

    @property
    def last_checkpoints(self) -> list[str]:
        """The checkpoints that are kept for now, from the oldest to the latest."""
        return [path for path, _ in self._last]

    def set_last_checkpoints(self, last_checkpoints: list[str]) -> None:
        """Says which checkpoints there are, from the oldest to the latest.

        As in TF1 those are never deleted while `keep_checkpoint_every_n_hours` can be reached: use
        `set_last_checkpoints_with_time` or `recover_last_checkpoints`.
        """
        assert isinstance(last_checkpoints, list)
        self._last = [(path, math.inf) for path in last_checkpoints]

    def set_last_checkpoints_with_time(
        self, last_checkpoints_with_time: list[tuple[str, float]]
    ) -> None:
        """Says which checkpoints there are, each with its time in seconds since 1970."""
        assert isinstance(last_checkpoints_with_time, list)
        self._last = last_checkpoints_with_time

    def recover_last_checkpoints(self, checkpoint_paths: Iterable[str]) -> None:
        """Goes on from checkpoints that another run left, as a state file names them.

        Those that are no longer there are left out. The others have the times of their files. What
        lies outside of the folder that is saved to is never deleted, whatever a state file says.
        """
        found = []
        for path in checkpoint_paths:
            for file in (index_file(path), Path(path)):
                if file.exists():
                    found.append((path, file.stat().st_mtime))
                    break
        self.set_last_checkpoints_with_time(found)


def _step(registry: ScopedParameterRegistry, global_step: Any) -> int:
    """The number that a checkpoint bears.

    Raises:
        TypeError: it is no number, and no tensor of one.
        ValueError: it is the name of no variable.
    """
    if isinstance(global_step, numbers.Integral):
        return int(global_step)
    if isinstance(global_step, str):
        named = registry.variables.get(global_step.removesuffix(":0"))
        if named is None:
            raise ValueError(
                f"global_step is {global_step!r}, and there is no variable of that name."
            )
        global_step = named
    if not isinstance(global_step, Tensor) or global_step.numel() != 1:
        raise TypeError(
            f"global_step is a number, or a variable that has one; not {global_step!r:.200}"
        )
    return int(global_step)


def _write(
    prefix: str,
    tensors: Sequence[tuple[Saveable, Tensor]],
    in_place: Any,
    *,
    sharded: bool,
) -> None:
    for saveable, tensor in tensors:
        check_writable(saveable.name, tensor)
    devices = sorted({str(tensor.device) for _, tensor in tensors}) if sharded else [""]
    with BundleWriter(prefix, len(devices), in_place) as bundle:
        for saveable, tensor in tensors:
            shard = devices.index(str(tensor.device)) if sharded else 0
            if saveable.partition is None:
                bundle.add(saveable.name, tensor, shard)
            else:
                partition = saveable.partition
                bundle.add_piece(
                    saveable.name, tensor, partition.full_shape, partition.var_offset, shard
                )
