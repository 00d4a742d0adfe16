"""Checkpoints that appear, are dated and are removed: as TensorFlow's functions say, on the same files."""

from pathlib import Path

import pytest
from tensorflow.core.protobuf import saver_pb2

import torchscope.tf1 as ours
from checkpoint.test_paths import saver_run
from tests.tensorflow1 import tf
from torchscope.checkpoint import CheckpointError, get_checkpoint_mtimes, wait_for_new_checkpoint

V1 = saver_pb2.SaverDef.V1


def watched(tf, folder, **options):
    """What is given while checkpoints are written between the looks, and how often it was asked."""
    left, asked = [(3,), (), (4, 5), ()], []

    def another():
        asked.append(len(left))
        if not left:
            return "enough"
        steps = left.pop(0)
        if steps:
            saver_run(folder, steps)
        return False

    found = tf.train.checkpoints_iterator(str(folder), timeout=0, timeout_fn=another, **options)
    return [Path(path).name for path in found], asked


def test_what_appears_is_given_once(tmp_path):
    expected = watched(tf, tmp_path / "theirs")
    assert expected[0] == ["model.ckpt-3", "model.ckpt-5"]
    assert watched(ours, tmp_path / "ours") == expected
    contrib = ours.contrib.training.checkpoints_iterator
    found = contrib(tmp_path / "ours", min_interval_secs=0.01, timeout=0)
    assert list(found) == [str(tmp_path / "ours/model.ckpt-5")]


def test_a_state_file_without_its_checkpoint_is_waited_with(tmp_path):
    saver_run(tmp_path)
    (tmp_path / "model.ckpt-30.index").rename(tmp_path / "away")
    wait = ours.contrib.training.wait_for_new_checkpoint
    assert wait is wait_for_new_checkpoint
    assert wait(tmp_path, timeout=0.05, seconds_to_sleep=0.02) is None
    (tmp_path / "away").rename(tmp_path / "model.ckpt-30.index")
    last = str(tmp_path / "model.ckpt-30")
    assert wait(tmp_path, timeout=0) == last
    assert wait(tmp_path, last, timeout=0) is None
    (tmp_path / "checkpoint").write_text("model_checkpoint_path: \0")
    with pytest.raises(CheckpointError, match="The state file"):
        wait(tmp_path, timeout=0)


RUNS = {
    "one file": {},
    "several files": {"sharded": True},
    "V1": {"write_version": V1},
    "V1 in several files": {"write_version": V1, "sharded": True},
}


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("options", RUNS.values(), ids=RUNS)
def test_checkpoints_are_dated_and_removed_as_tensorflow_does(tmp_path, options):
    folders = [tmp_path / "theirs", tmp_path / "ours"]
    version = options.get("write_version", saver_pb2.SaverDef.V2)
    for tf_, folder in zip((tf, ours), folders, strict=True):
        folder.mkdir()
        saver_run(folder, **options)
        prefixes = list(ours.train.get_checkpoint_state(folder).all_model_checkpoint_paths)
        dates = tf.train.get_checkpoint_mtimes([*prefixes, str(folder / "none")])
        assert len(dates) == 3
        assert get_checkpoint_mtimes([*prefixes, folder / "none"]) == dates
        tf_.train.remove_checkpoint(prefixes[1], version)
        tf_.train.remove_checkpoint(str(folder / "none"), version)
    assert listed(folders[0]) == listed(folders[1])
    assert len(get_checkpoint_mtimes(prefixes)) == 2


def test_what_is_special_in_a_pattern_is_a_letter_of_a_name(tmp_path):
    for name in ("model[1]", "model1"):
        (tmp_path / name).touch()
    assert len(get_checkpoint_mtimes([tmp_path / "model[1]"])) == 1
    ours.train.remove_checkpoint(tmp_path / "model[1]", V1)
    ours.train.remove_checkpoint(tmp_path / "model*", V1)
    assert listed(tmp_path) == ["model1"]
