"""What scripts have beside models: flags, logging, files, errors, tests, and the session that is not there."""

import io
import logging
import pickle
import subprocess
import sys
import unittest

import numpy as np
import pytest
import torch

import torchscope.tf1 as ours
from tests.tensorflow1 import tf

# Files


def on_files(tf, folder):
    """What a program of all functions on files finds, or the errors that it meets."""
    found = []

    def note(function, *arguments):
        try:
            result = function(*arguments)
        except tf.errors.OpError as error:
            result = type(error).__name__
        found.append(result)

    def write(name, mode, text):
        with tf.gfile.GFile(f"{folder}/{name}", mode) as file:
            file.write(text)

    def read(name, mode="r", *arguments):
        with tf.gfile.Open(f"{folder}/{name}", mode) as file:
            return file.read(*arguments), file.tell(), file.size()

    def lines(name):
        with tf.gfile.FastGFile(f"{folder}/{name}") as file:
            first = file.readline()
            rest = file.readlines()
            file.seek(1)
            return first, rest, list(file), file.readline(), file.name, file.mode

    note(write, "a.txt", "w", "one\ntwo\r\nthree")
    note(write, "a.txt", "a", "\u00e9")
    note(write, "b.bin", "wb", b"\x00\xff")
    note(write, "no/such", "w", "x")
    note(write, "a.txt", "r", "x")
    note(write, "a.txt", "x", "x")
    note(read, "a.txt")
    note(read, "a.txt", "r", 5)
    note(read, "b.bin", "rb")
    note(read, "a.txt", "w")
    note(read, "c.txt")
    note(lines, "a.txt")
    at = f"{folder}/"
    for name in ("d/e/f", "d/e"):
        note(tf.gfile.MakeDirs, at + name)
    for name in ("d", "g", "h/i"):
        note(tf.gfile.MkDir, at + name)
    for name in ("a.txt", "d", "z"):
        note(tf.gfile.Exists, at + name)
        note(tf.gfile.IsDirectory, at + name)
        note(lambda name: tf.gfile.Stat(at + name).is_directory, name)
    note(tf.gfile.Copy, at + "a.txt", at + "d/.a.txt")
    note(tf.gfile.Copy, at + "a.txt", at + "d/.a.txt")
    note(tf.gfile.Copy, at + "b.bin", at + "d/e/f/b", True)
    note(tf.gfile.Copy, at + "z", at + "y")
    note(tf.gfile.Rename, at + "b.bin", at + "a.txt")
    note(tf.gfile.Rename, at + "b.bin", at + "c.bin")
    note(tf.gfile.Rename, at + "z", at + "y")
    note(lambda: sorted(tf.gfile.ListDirectory(folder)))
    note(tf.gfile.ListDirectory, at + "z")
    for pattern in ("*", "*.txt", "d/*", "*/*/*", "?.[tb]*", "a.txt", "z", "d/e/f/[ab]"):
        note(lambda pattern: sorted(tf.gfile.Glob(at + pattern)), pattern)
    note(lambda: sorted(tf.gfile.Glob([at + "*.txt", at + "*.bin"])))
    note(lambda: sorted((a, sorted(b), sorted(c)) for a, b, c in tf.gfile.Walk(folder)))
    note(lambda: [a for a, _, _ in tf.gfile.Walk(at + "d", False)])
    note(tf.gfile.Remove, at + "a.txt")
    note(tf.gfile.Remove, at + "a.txt")
    note(tf.gfile.DeleteRecursively, at + "d")
    note(tf.gfile.DeleteRecursively, at + "d")
    note(tf.io.gfile.join, "a", "b")
    note(tf.io.gfile.exists, at + "d")
    return found


def test_files_are_read_and_written_as_tensorflow_does(tmp_path, monkeypatch):
    found = []
    for name, library in (("theirs", tf), ("ours", ours)):
        (tmp_path / name / "x").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / name)
        found.append(on_files(library, "x"))
    assert found[1] == found[0]


def test_errors_of_files_are_pythons_too(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing; No such file or directory"):
        ours.gfile.GFile(f"{tmp_path}/nothing").read()
    with pytest.raises(FileExistsError, match="file already exists"):
        ours.gfile.Copy(__file__, __file__)


def test_other_file_systems_are_refused():
    with pytest.raises(ours.errors.UnimplementedError, match="File system scheme 'gs' not impl"):
        ours.gfile.Exists("gs://bucket/file")
    assert ours.gfile.Exists(f"file://{__file__}")


def test_a_file_is_closed_when_it_is_dropped(tmp_path):
    file = ours.gfile.GFile(f"{tmp_path}/a", "w")
    file.write(b"text")
    file.flush()
    assert ours.gfile.GFile(f"{tmp_path}/a").read() == "text"
    del file
    reader = ours.gfile.GFile(f"{tmp_path}/a", "rb")
    assert (reader.next(), reader.seekable()) == (b"text", True)
    reader.seek(position=2)
    assert reader.read() == b"xt"
    with pytest.raises(TypeError, match="offset argument required"):
        reader.seek()
    with ours.gfile.GFile(f"{tmp_path}/b", "wb") as writer:
        writer.write("text")


# Logging


@pytest.fixture
def written():
    """What the logger writes, with its settings put back."""
    logger, stream = logging.getLogger("tensorflow"), io.StringIO()
    before = logger.level, list(logger.handlers), logger.propagate
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s:%(filename)s:%(message)s"))
    logger.handlers, logger.propagate = [handler], False
    yield stream
    logger.level, logger.handlers, logger.propagate = before
    logger.setLevel(before[0])


def log_all(tf):
    for level in (
        tf.logging.DEBUG,
        tf.logging.INFO,
        tf.logging.WARN,
        tf.logging.ERROR,
        tf.logging.FATAL,
    ):
        tf.logging.set_verbosity(level)
        assert tf.logging.get_verbosity() == level
        for name in ("debug", "info", "warn", "warning", "error", "fatal"):
            getattr(tf.logging, name)("%s of %d", name, level)
        tf.logging.log(tf.logging.INFO, "log")
        tf.logging.vlog(tf.logging.WARN, "vlog")
        tf.logging.log_if(tf.logging.ERROR, "if %d", level > 20, level)


def test_messages_are_tensorflows(written):
    log_all(ours)
    mine = written.getvalue()
    written.truncate(0)
    written.seek(0)
    log_all(tf)
    # What frame TensorFlow says it comes from is its own.
    expected = written.getvalue().replace("tf_logging.py", "test_scripts.py")
    assert mine == expected
    assert "INFO:test_scripts.py:info of 10\n" in mine


def test_a_line_writes_each_nth_time_or_the_first_times(written):
    ours.logging.set_verbosity(ours.logging.INFO)
    for step in range(5):
        ours.logging.log_every_n(ours.logging.INFO, "every %d", 2, step)
        ours.logging.log_first_n(ours.logging.INFO, "first %d", 2, step)
    ours.logging.TaskLevelStatusMessage("status")
    ours.logging.flush()
    lines = [line.rpartition(":")[2] for line in written.getvalue().splitlines()]
    assert lines == ["every 0", "first 0", "first 1", "every 2", "every 4", "status"]


def test_where_nobody_listens_it_writes_to_stderr():
    code = (
        "import torchscope.tf1 as tf; tf.logging.info('no'); tf.logging.warn('a');"
        "tf.logging.set_verbosity(tf.logging.INFO); tf.logging.info('b %d', 1); print(tf.get_logger().name)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stderr == "WARNING:tensorflow:a\nINFO:tensorflow:b 1\n"
    assert result.stdout == "tensorflow\n"


# Flags

PROGRAM = """
import torchscope.tf1 as tf
flags = tf.app.flags
flags.DEFINE_string("name", "a", "What it is called.")
flags.DEFINE_integer(flag_name="steps", default_value=3, docstring="How many.")
tf.flags.DEFINE_bool("deep", True, "Whether it is deep.")
tf.flags.DEFINE_float("rate", 0.1, "How fast.")
flags.DEFINE_enum("mode", "train", ["train", "eval"], "What to do.")
FLAGS = tf.flags.FLAGS
def main(argv):
    print(FLAGS.name, FLAGS.steps, FLAGS.deep, FLAGS.rate, FLAGS.mode, argv[1:])
    FLAGS.steps = 7
    print(FLAGS.steps, "name" in FLAGS, FLAGS["name"].default, "name" in list(FLAGS), len(FLAGS) > 4)
"""


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + code, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("code", ["tf.app.run()", "tf.app.run(main)", "tf.app.run(main=main)"])
def test_a_program_runs_with_its_flags(code):
    result = run(code, "--name=b", "--nodeep", "--steps", "5", "--rate=2", "--other=1", "more")
    assert result.stdout == "b 5 False 2.0 train ['--other=1', 'more']\n7 True a True True\n", (
        result.stderr
    )


def test_flags_are_read_when_one_is_asked_for():
    result = run("print(FLAGS.name, FLAGS.__flags['name'].value)", "--name=b")
    assert result.stdout == "b b\n", result.stderr
    result = run(
        "FLAGS._parse_flags(); print(FLAGS.name); del FLAGS.name; print(dir(FLAGS))", "--name=b"
    )
    assert result.stdout.startswith("b\n['deep'"), result.stderr
    result = run("FLAGS(['x', '--name=c']); print(FLAGS.name, 'How many' in str(FLAGS))")
    assert result.stdout == "c True\n", result.stderr


def test_a_flag_that_has_no_such_value_ends_the_program():
    assert "should be one of <train|eval>" in run("tf.app.run()", "--mode=a").stderr


# Sessions


@pytest.mark.parametrize("name", ["Session", "InteractiveSession", "get_default_session"])
def test_a_session_says_how_its_loop_is_written(name):
    with pytest.raises(NotImplementedError, match=rf"^tf\.{name}") as error:
        getattr(ours, name)()
    _, *lines = str(error.value).splitlines()
    assert len(lines) == 3
    # What it says runs.
    code = "\n".join(line.removeprefix("    ") for line in lines)
    names = {
        "ts": __import__("torchscope"),
        "build": lambda: ours.placeholder(ours.float32, [None], "x") * 2,
        "batches": [torch.ones(2)],
    }
    exec(code, names)
    assert names["fetches"].tolist() == [2.0, 2.0]


def test_settings_of_a_session_are_held():
    config = ours.ConfigProto(allow_soft_placement=True, gpu_options=ours.GPUOptions(a=1))
    config.gpu_options.allow_growth = True
    config.graph_options.optimizer_options.global_jit_level = ours.OptimizerOptions.ON_1
    other = ours.ConfigProto()
    other.CopyFrom(config)
    assert (other.gpu_options.a, other.gpu_options.allow_growth) == (1, True)
    assert other.allow_soft_placement
    assert ours.RunOptions(trace_level=ours.RunOptions.FULL_TRACE).trace_level == 3
    assert ours.GraphOptions().optimizer_options == ours.OptimizerOptions()


# Errors


def test_no_error_of_tensorflows_is_missing():
    assert {name for name in dir(tf.errors) if name.endswith("Error")} <= set(dir(ours.errors))


@pytest.mark.parametrize("name", [name for name in dir(ours.errors) if name.endswith("Error")])
def test_errors_are_tensorflows(name):
    mine, theirs = getattr(ours.errors, name), getattr(tf.errors, name)
    arguments = (None, "op", "a message") if name != "OpError" else (None, "op", "a message", 2)
    error, other = mine(*arguments), theirs(None, None, *arguments[2:])
    assert (error.message, error.error_code) == (other.message, other.error_code)
    assert (str(error), error.op, error.node_def) == ("a message", "op", None)
    assert isinstance(error, ours.OpError)
    twin = pickle.loads(pickle.dumps(error))
    assert (type(twin), str(twin), twin.error_code) == (mine, str(error), error.error_code)


def test_codes_are_tensorflows():
    for name in (name for name in dir(tf.errors) if name.isupper()):
        assert getattr(ours.errors, name) == getattr(tf.errors, name)


# Tests


def outcomes(tf, ones, twos):
    """Which of many comparisons fail."""
    case = tf.test.TestCase()
    case.setUp()
    array = np.float32([[1, 2], [3, 4]])
    near = array + np.float32(1e-3)
    calls = [
        *[(check, a, b) for check in ("assertAllEqual", "assertNotAllEqual", "assertAllClose",
                                      "assertNotAllClose", "assertAllCloseAccordingToType")
          for a, b in ((array, array), (array, near), (array, array[0]), (ones, [1, 1]), (ones, twos),
                       (array.astype("float16"), near), (1.0, 1.0 + 1e-7))],
        ("assertAllClose", array, near, 1e-2),
        ("assertAllClose", {"a": ones, "b": 1.0}, {"a": [1, 1], "b": 1.0}),
        ("assertAllClose", {"a": ones}, {"b": ones}),
        ("assertAllClose", [array, 1.0], [array, 1.0]),
        ("assertAllClose", [array, 1.0], [array, 2.0]),
        *[(f"assertAll{check}", array, 2) for check in ("Greater", "GreaterEqual", "Less", "LessEqual")],
        *[(f"assertAll{check}", array, 1) for check in ("Greater", "GreaterEqual")],
        *[(f"assertAll{check}", array, 4) for check in ("Less", "LessEqual")],
        ("assertAllInRange", array, 1, 4),
        ("assertAllInRange", array, 1, 4, True),
        ("assertAllInRange", array, 1, 4, False, True),
        ("assertAllInSet", array, {1, 2, 3, 4}),
        ("assertAllInSet", array, {1, 2, 3}),
        ("assertNear", 1.0, 1.1, 0.2), ("assertNear", 1.0, 1.1, 0.01),
        ("assertArrayNear", [1.0], [1.1], 0.2), ("assertArrayNear", [1.0], [1.1, 2.0], 0.2),
        ("assertNDArrayNear", array, near, 0.1), ("assertNDArrayNear", array, near, 1e-4),
        ("assertDTypeEqual", array, np.float32), ("assertDTypeEqual", array, "float64"),
        ("assertShapeEqual", array, near), ("assertShapeEqual", array, array[0]),
        ("assertLen", [1], 1), ("assertLen", [1], 2), ("assertEmpty", []), ("assertEmpty", [1]),
        ("assertNotEmpty", [1]), ("assertNotEmpty", []),
        ("assertItemsEqual", [1, 2], [2, 1]), ("assertItemsEqual", [1, 2], [2, 2]),
        ("assertStartsWith", "ab", "a"), ("assertStartsWith", "ab", "b"),
        ("assertEndsWith", "ab", "b"), ("assertEndsWith", "ab", "a"),
        ("assertBetween", 1, 0, 2), ("assertBetween", 3, 0, 2),
    ]  # fmt: skip
    found = []
    for name, *arguments in calls:
        try:
            getattr(case, name)(*arguments)
            found.append((name, True))
        except (AssertionError, ValueError):
            found.append((name, False))
    return found


def test_comparisons_are_tensorflows():
    ones, twos = np.ones(2, "float32"), np.full(2, 2, "float32")
    expected = outcomes(tf, ones, twos)
    assert outcomes(ours, ones, twos) == expected
    assert outcomes(ours, torch.ones(2), torch.full((2,), 2.0)) == expected
    assert {held for _, held in expected} == {True, False}


class ByUnittest:
    """What pytest is not to run."""

    class Case(ours.test.TestCase):
        def test_a_test_begins_afresh(self):
            self.assertEqual(ours.get_variable("w", [2]).name, "w:0")
            self.assertAllEqual(ours.shape(torch.ones(2, 3)), [2, 3])
            self.setUp()
            first = torch.rand(2), np.random.rand(2)
            self.setUp()
            self.assertAllEqual(first[0], torch.rand(2))
            self.assertAllEqual(first[1], np.random.rand(2))
            self.assertEqual(ours.get_variable("w", [2]).name, "w:0")

        def test_errors_are_expected(self):
            with self.assertRaisesOpError("is fed"):
                raise ours.errors.InvalidArgumentError(None, None, "Nothing is fed.")
            with self.assertRaisesWithPredicateMatch(ValueError, lambda error: "a" in str(error)):
                raise ValueError("a")
            found = self.evaluate({"a": torch.ones(1, dtype=torch.bfloat16), "b": [2]})
            self.assertEqual((found["a"].dtype.name, found["b"][0]), ("float32", 2))
            self.assertDTypeEqual(torch.ones(1), torch.float32)
            for session in (self.session, self.cached_session, self.test_session):
                with self.assertRaisesRegex(NotImplementedError, "torchscope has no sessions"):
                    session()


def test_a_test_case_is_run_as_it_is_by_unittest():
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(ByUnittest.Case)
    result = suite.run(unittest.TestResult())
    assert (result.testsRun, result.failures, result.errors) == (3, [], [])
    assert [reason for _, reason in result.skipped] == ["Not a test."]


def test_the_environment_is_told():
    assert ours.test.is_gpu_available() == torch.cuda.is_available()
    assert ours.test.is_built_with_cuda() == (torch.version.cuda is not None)
    assert bool(ours.test.gpu_device_name()) == torch.cuda.is_available()
    assert ours.test.get_temp_dir() == ByUnittest.Case().get_temp_dir()
    assert ours.gfile.IsDirectory(ours.test.get_temp_dir())
    code = "import torchscope.tf1 as tf\nclass T(tf.test.TestCase):\n  def test(self): pass\ntf.test.main()"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "OK (skipped=1)" in result.stderr
