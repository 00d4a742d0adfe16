"""tf.train's checkpoints: what is written, found and read again, in a folder of each case's own."""

import tempfile
from pathlib import Path

from oracle.observe import read, session


def _saved(tf, folder, *steps, **options):
    """A saver that has saved two variables at these steps."""
    tf.get_variable("v", initializer=[1.0, 2.0])
    tf.get_variable("s/w", initializer=[[3]])
    saver = tf.train.Saver(**options)
    with session(tf) as running:
        for step in steps:
            saver.save(running, f"{folder}/m", global_step=step)
    return saver


def _names(paths):
    return [Path(path).name for path in paths]


def what_save_gives_and_what_is_in_it(tf):
    with tempfile.TemporaryDirectory() as folder:
        tf.get_variable("v", [2, 3])
        tf.get_variable("w", [], dtype=tf.int32)
        with session(tf) as running:
            path = tf.train.Saver().save(running, f"{folder}/m", global_step=7)
        return Path(path).name, tf.train.list_variables(path)


def what_is_saved_is_restored(tf):
    with tempfile.TemporaryDirectory() as folder:
        _saved(tf, folder, 1)
        other = tf.get_variable("other", [2])
        with session(tf) as running:
            tf.train.Saver({"v": other}).restore(running, f"{folder}/m-1")
            return read(running, other)


def a_saver_keeps_the_last_ones(tf):
    with tempfile.TemporaryDirectory() as folder:
        saver = _saved(tf, folder, 1, 2, 3, max_to_keep=2)
        return (
            _names(saver.last_checkpoints),
            [tf.train.checkpoint_exists(f"{folder}/m-{step}") for step in (1, 2, 3)],
            _names([tf.train.latest_checkpoint(folder)]),
        )


def the_state_of_a_folder(tf):
    with tempfile.TemporaryDirectory() as folder:
        none = tf.train.get_checkpoint_state(folder), tf.train.latest_checkpoint(folder)
        _saved(tf, folder, 1, 2)
        state = tf.train.get_checkpoint_state(folder)
        return (
            none,
            _names([state.model_checkpoint_path]),
            _names(state.all_model_checkpoint_paths),
        )


def a_state_that_is_generated(tf):
    state = tf.train.generate_checkpoint_state_proto("/a", "/a/m-2", ["/a/m-1"])
    return state.model_checkpoint_path, list(state.all_model_checkpoint_paths)


def a_state_that_is_written(tf):
    with tempfile.TemporaryDirectory() as folder:
        _saved(tf, folder, 1, 2)
        tf.train.update_checkpoint_state(folder, f"{folder}/m-1", [f"{folder}/m-1"])
        return _names([tf.train.latest_checkpoint(folder)])


def what_a_saver_is_told_to_remember(tf):
    with tempfile.TemporaryDirectory() as folder:
        saver = _saved(tf, folder, 1, 2)
        seen = []
        saver.set_last_checkpoints([f"{folder}/m-2"])
        seen.append(_names(saver.last_checkpoints))
        saver.set_last_checkpoints_with_time([(f"{folder}/m-1", 1.0), (f"{folder}/m-2", 2.0)])
        seen.append(_names(saver.last_checkpoints))
        saver.recover_last_checkpoints([f"{folder}/m-1", f"{folder}/gone"])
        seen.append(_names(saver.last_checkpoints))
        return seen


def a_saver_that_is_built_later(tf):
    with tempfile.TemporaryDirectory() as folder:
        saver = tf.train.Saver(defer_build=True)
        tf.get_variable("v", [2])
        saver.build()
        with session(tf) as running:
            return tf.train.list_variables(saver.save(running, f"{folder}/m"))


def a_saver_that_is_not_built(tf):
    tf.get_variable("v", [2])
    with session(tf) as running:
        tf.train.Saver(defer_build=True).save(running, "/nowhere/m")


def values_from_a_checkpoint(tf):
    with tempfile.TemporaryDirectory() as folder:
        _saved(tf, folder, 1)
        into = tf.get_variable("into/v", [2])
        tf.train.init_from_checkpoint(f"{folder}/m-1", {"v": "into/v"})
        with session(tf) as running:
            return tf.train.load_variable(f"{folder}/m-1", "s/w").tolist(), read(running, into)


def a_name_that_is_not_in_a_checkpoint(tf):
    with tempfile.TemporaryDirectory() as folder:
        _saved(tf, folder, 1)
        tf.get_variable("into/v", [2])
        try:
            tf.train.init_from_checkpoint(f"{folder}/m-1", {"gone": "into/v"})
        except ValueError:
            return "ValueError"
