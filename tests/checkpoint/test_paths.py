"""People give many things as the path of a checkpoint."""

import gzip
import os
import re
import shutil

import numpy as np
import pytest
import tensorflow_checkpoints as files

from tests.tensorflow1 import tf
from torchscope.checkpoint import (
    CheckpointError,
    checkpoint_exists,
    get_checkpoint_state,
    latest_checkpoint,
    load_checkpoint,
)


def saver_run(folder, steps=(1, 2, 30), **options):
    """Three checkpoints of a variable `step`, by TensorFlow's Saver."""
    with tf.Graph().as_default(), tf.Session() as session:
        step = tf.get_variable("step", [], tf.int64, initializer=tf.zeros_initializer())
        saver = tf.train.Saver(**options)
        for number in steps:
            session.run(step.assign(number))
            saver.save(session, f"{folder}/model.ckpt", global_step=number)


def step_of(path):
    return load_checkpoint(path)["step"].item()


def test_the_prefix_and_each_of_its_files_mean_the_checkpoint(tmp_path):
    saver_run(tmp_path)
    for ending in ("", ".index", ".meta", ".data-00000-of-00001"):
        assert step_of(tmp_path / f"model.ckpt-2{ending}") == 2
        assert load_checkpoint(tmp_path / f"model.ckpt-2{ending}").path.endswith("model.ckpt-2")


def test_a_folder_means_its_latest_checkpoint(tmp_path):
    saver_run(tmp_path)
    assert step_of(tmp_path) == step_of(f"{tmp_path}/") == step_of(tmp_path / "checkpoint") == 30
    shutil.move(tmp_path / "checkpoint", tmp_path / "away")
    with pytest.raises(CheckpointError, match=r"no state file.*There are 3 checkpoints in"):
        load_checkpoint(tmp_path)


def test_a_folder_without_a_checkpoint_may_have_one_of_its_own_name_beside_it(tmp_path):
    (tmp_path / "model").mkdir()
    with tf.Graph().as_default(), tf.Session() as session:
        step = tf.get_variable("step", [], tf.int64, initializer=tf.ones_initializer())
        session.run(step.initializer)
        tf.train.Saver().save(session, f"{tmp_path}/model")
    assert tf.train.NewCheckpointReader(f"{tmp_path}/model").get_tensor("step") == 1
    assert step_of(tmp_path / "model") == step_of(f"{tmp_path}/model/") == 1


def test_a_folder_that_was_moved_still_means_its_own_checkpoint(tmp_path):
    saver_run(tmp_path / "old")
    assert str(tmp_path) in (tmp_path / "old" / "checkpoint").read_text()
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    assert load_checkpoint(tmp_path / "new").path == str(tmp_path / "new" / "model.ckpt-30")
    shutil.rmtree(tmp_path / "old")
    assert step_of(tmp_path / "new") == 30
    assert tf.train.latest_checkpoint(str(tmp_path / "new")) is None
    with pytest.warns(UserWarning, match="there is no such file"):
        assert latest_checkpoint(tmp_path / "new") is None


def test_a_saved_model_and_its_folder_of_variables_are_read(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("a", [], initializer=tf.ones_initializer())
        session.run(tf.global_variables_initializer())
        builder = tf.saved_model.Builder(str(tmp_path / "saved"))
        builder.add_meta_graph_and_variables(session, ["serve"])
        builder.save()
    for path in ("saved", "saved/variables", "saved/saved_model.pb", "saved/variables/variables"):
        assert load_checkpoint(tmp_path / path)["a"].item() == 1


def test_the_only_checkpoint_of_a_folder_needs_no_state_file(tmp_path):
    files.save(str(tmp_path / "bert_model.ckpt"), {"a": np.float32(1)})
    assert list(load_checkpoint(tmp_path)) == ["a"]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("sharded", [False, True])
@pytest.mark.parametrize("relative", [False, True])
def test_the_state_file_is_read_as_tensorflow_reads_it(tmp_path, version, sharded, relative):
    saver_run(tmp_path, write_version=version, sharded=sharded, save_relative_paths=relative)
    folder = str(tmp_path)
    ours, theirs = get_checkpoint_state(folder), tf.train.get_checkpoint_state(folder)
    assert ours.model_checkpoint_path == theirs.model_checkpoint_path
    assert list(ours.all_model_checkpoint_paths) == list(theirs.all_model_checkpoint_paths)
    path = tf.train.latest_checkpoint(folder)
    assert latest_checkpoint(tmp_path) == path
    assert step_of(path) == step_of(tmp_path) == 30
    for prefix in (path, path[:-1], f"{folder}/model.ckpt-1", folder, f"{folder}/x"):
        assert checkpoint_exists(prefix) == tf.train.checkpoint_exists(prefix), prefix


def test_a_state_file_of_another_name_is_found(tmp_path):
    saver_run(tmp_path)
    shutil.move(tmp_path / "checkpoint", tmp_path / "best")
    assert latest_checkpoint(tmp_path) is tf.train.latest_checkpoint(str(tmp_path)) is None
    assert latest_checkpoint(tmp_path, "best") == f"{tmp_path}/model.ckpt-30"


@pytest.mark.parametrize("text", ["\xff", "model_checkpoint_path: 3", "a {" * 500, "", "x: 'y'"])
def test_a_damaged_state_file_is_refused(tmp_path, text):
    saver_run(tmp_path)
    (tmp_path / "checkpoint").write_bytes(text.encode("latin-1"))
    for read in (latest_checkpoint, get_checkpoint_state, load_checkpoint):
        with pytest.raises(CheckpointError, match=r"state file.*checkpoint\)"):
            read(tmp_path)


@pytest.mark.parametrize("path", ["../secret", "{tmp}/secret", "sub/../../secret", "link/secret"])
def test_a_state_file_that_leads_out_of_its_folder_is_refused(tmp_path, path):
    files.save(str(tmp_path / "secret"), {"a": np.float32(1)})
    (tmp_path / "run" / "sub").mkdir(parents=True)
    (tmp_path / "run" / "link").symlink_to(tmp_path)
    path = path.format(tmp=tmp_path)
    (tmp_path / "run" / "checkpoint").write_text(f'model_checkpoint_path: "{path}"')
    with pytest.raises(CheckpointError, match="not in its folder"):
        load_checkpoint(tmp_path / "run")
    with pytest.raises(CheckpointError, match="leads out of its folder"):
        latest_checkpoint(tmp_path / "run")


def test_files_that_are_links_out_of_the_folder_want_to_be_named(tmp_path):
    files.save(str(tmp_path / "blob"), {"a": np.float32(1)})
    (tmp_path / "run").mkdir()
    for ending in (".index", ".data-00000-of-00001"):
        (tmp_path / "run" / f"m{ending}").symlink_to(tmp_path / f"blob{ending}")
    (tmp_path / "run" / "checkpoint").write_text('model_checkpoint_path: "m"')
    with pytest.raises(CheckpointError, match="not in its folder"):
        load_checkpoint(tmp_path / "run")
    assert load_checkpoint(tmp_path / "run" / "m")["a"].item() == 1


def test_a_wrong_name_is_answered_with_what_there_is(tmp_path):
    saver_run(tmp_path)
    with pytest.raises(CheckpointError, match=r"There are 3 checkpoints in .*model.ckpt-30"):
        load_checkpoint(tmp_path / "model.ckpt")
    with pytest.raises(CheckpointError, match=rf"no such folder; there is {tmp_path}\."):
        load_checkpoint(tmp_path / "no" / "such" / "model.ckpt")
    with pytest.raises(CheckpointError, match="download the checkpoint first"):
        load_checkpoint("gs://bucket/model.ckpt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match="but nothing"):
        load_checkpoint(tmp_path / "empty")


@pytest.mark.parametrize(
    ("ending", "what"),
    [(".data-00000-of-00001", "a shard of the data"), (".meta", "the graph")],
)
def test_a_file_without_its_index_is_told_what_it_is(tmp_path, ending, what):
    saver_run(tmp_path)
    (tmp_path / "model.ckpt-2.index").unlink()
    with pytest.raises(CheckpointError, match=rf"This is {what}.*model.ckpt-2.index is missing"):
        load_checkpoint(tmp_path / f"model.ckpt-2{ending}")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5"),
        (b"PK\x03\x04" + bytes(99), "zip archive"),
        (gzip.compress(b"a", mtime=0), "gzip"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (b"<!DOCTYPE html><html></html>" + bytes(99), "web page"),
        (bytes(99), "no index of a V2 checkpoint and no V1 checkpoint"),
        (b"", "48 bytes are expected"),
    ],
)
def test_a_file_of_another_kind_is_told_what_it_is(tmp_path, content, what):
    (tmp_path / "model.ckpt").write_bytes(content)
    with pytest.raises(CheckpointError, match=re.escape(what)):
        load_checkpoint(tmp_path / "model.ckpt")


def test_missing_files_of_a_sharded_v1_checkpoint_are_counted(tmp_path):
    files.save(str(tmp_path / "m-00001-of-00003"), {"a": np.float32(1)}, version=1)
    with pytest.raises(CheckpointError, match="has 3 files, and 1 of them are there"):
        load_checkpoint(tmp_path / "m")
    files.save(str(tmp_path / "m-00000-of-00001"), {"a": np.float32(1)}, version=1)
    with pytest.raises(CheckpointError, match="There are checkpoints in 1 and in 3 files"):
        load_checkpoint(tmp_path / "m")
    assert list(load_checkpoint(tmp_path / "m-?????-of-00001")) == ["a"]


@pytest.mark.parametrize("path", ["a\0b", b"bytes", "x" * 5000])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(CheckpointError, match=r"^This is no path: |^There is no such checkpoint\."):
        load_checkpoint(path)


def test_a_pipe_is_refused_and_does_not_wait(tmp_path):
    os.mkfifo(tmp_path / "m.index")
    os.mkfifo(tmp_path / "v1")
    for name in ("m", "v1", "m.index"):
        with pytest.raises(
            CheckpointError, match=r"no such checkpoint|no regular file|is not a file"
        ):
            load_checkpoint(tmp_path / name)
