"""Saver: what TensorFlow restores from it, and its bookkeeping step by step with TensorFlow's."""

import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from checkpoint.tensorflow_files import as_numpy, files, tf_reads
from tests.tensorflow1 import tf
from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.saver import Saver
from torchscope.checkpoint.state_writing import update_checkpoint_state


def model(tf, x):
    """The same variables in TensorFlow and here."""
    cut = tf.fixed_size_partitioner(3)
    with tf.variable_scope("net"):
        tf.get_variable("kernel", [3, 3, 4, 5])
        tf.get_variable("half", [2], dtype=tf.float16)
        tf.get_variable("brain", [2, 1], dtype=tf.bfloat16, initializer=tf.zeros_initializer())
        tf.get_variable("flag", [3], dtype=tf.bool, initializer=tf.zeros_initializer())
        tf.get_variable("wave", [2], dtype=tf.complex64, initializer=tf.zeros_initializer())
        tf.get_variable("table", [7, 2], partitioner=cut)
        tf.get_variable("long", [13], partitioner=tf.fixed_size_partitioner(12))
        tf.get_variable("uncut", [4], partitioner=tf.fixed_size_partitioner(1))
        tf.Variable([1, 2], name="made")
        tf.get_local_variable("local", [2])
    tf.train.get_or_create_global_step()
    return x


@pytest.fixture
def net():
    from torchscope import tf1  # noqa: PLC0415

    net = ts.ScopedModule(lambda x: model(tf1, x))
    ts.build(net, torch.ones(1))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for variable in net.registry.variables.values():
            variable.copy_(torch.randint(-3, 4, variable.shape, generator=generator))
    return net


def value_of(name, net):
    return as_numpy(net.registry.variables[name.removesuffix(":0")])


def test_tensorflow_restores_what_is_saved(net, tmp_path):
    path = Saver().save(net, f"{tmp_path}/model.ckpt", global_step=7)
    with tf.Graph().as_default(), tf.Session() as session:
        model(tf, tf.ones(1))
        tf.train.Saver().restore(session, path)
        for variable in tf.global_variables():
            restored = session.run(variable)
            assert restored.tobytes() == value_of(variable.name, net).tobytes(), variable.name
        assert len(tf.global_variables()) > 20


def test_tensorflow_restores_pieces_as_a_whole(net, tmp_path):
    path = Saver().save(net, f"{tmp_path}/model.ckpt")
    pieces = [value_of(f"net/table/part_{i}", net) for i in range(3)]
    assert (tf_reads(path)["net/table"] == np.concatenate(pieces)).all()
    assert "net/table/part_0" not in tf_reads(path)
    assert "net/uncut" in tf_reads(path)


@pytest.mark.parametrize("kind", ["all", "list", "dict"])
def test_the_files_are_tensorflows(net, tmp_path, kind):
    variables = net.registry.variables
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()

    def var_list(variables):
        if kind == "all":
            return None
        table = [v for name, v in variables.items() if name.startswith("net/table")]
        long = [v for name, v in variables.items() if name.startswith("net/long")]
        if kind == "list":
            return [variables["net/half"], [*reversed(table)], *long, variables["net/made"]]
        return {"z": variables["net/made"], "b": table, "a": variables["net/long/part_3"]}

    Saver(var_list(variables)).save(net, f"{ours}/model", global_step=3)
    with tf.Graph().as_default(), tf.Session() as session:
        model(tf, tf.ones(1))
        named = {v.op.name: v for v in tf.global_variables()}
        for name, variable in named.items():
            variable.load(value_of(name, net), session)
        saver = tf.train.Saver(var_list(named))
        saver.save(session, f"{theirs}/model", global_step=3, write_meta_graph=False)
    written = files(ours)
    assert (
        written.pop("checkpoint").replace(b"/ours/", b"/theirs/")
        == (theirs / "checkpoint").read_bytes()
    )
    assert written == {n: b for n, b in files(theirs).items() if n != "checkpoint"}


def test_parameters_and_buffers_that_no_pass_asks_for_are_saved_too(tmp_path):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = torch.nn.Linear(2, 3)
            self.norm = torch.nn.BatchNorm1d(3)
            self.register_buffer("scratch", torch.ones(1), persistent=False)
            self.scopes = ts.ScopedParameterRegistry(self)

        def forward(self, x):
            return self.norm(self.fc(x)) * ts.get_variable("scale", [3])

    net = Net()
    net(torch.ones(2, 2))
    found = tf_reads(Saver().save(net, f"{tmp_path}/m"))
    assert sorted(found) == sorted(key.replace(".", "/") for key in net.state_dict())
    assert (found["fc/weight"] == net.fc.weight.detach().numpy()).all()


def test_a_parametrized_variable_is_saved_as_it_is_computed(tmp_path):
    net = ts.ScopedModule(lambda x: x * ts.get_variable("fc/w", [2, 2]))
    net(torch.ones(2))

    class Doubled(torch.nn.Module):
        def forward(self, x):
            return 2 * x

    torch.nn.utils.parametrize.register_parametrization(net.fc, "w", Doubled())
    found = tf_reads(Saver().save(net, f"{tmp_path}/m"))
    assert list(found) == ["fc/w"]
    assert (found["fc/w"] == net.fc.w.detach().numpy()).all()


def test_a_replaced_parameter_is_saved_as_it_is_now(tmp_path):
    net = ts.ScopedModule(lambda x: x * ts.get_variable("w", [2]))
    net(torch.ones(2))
    saver = Saver([net.registry.variables["w"]])
    net.load_state_dict({"w": torch.tensor([5.0, 6.0])}, assign=True)
    assert tf_reads(saver.save(net, f"{tmp_path}/m"))["w"].tolist() == [5.0, 6.0]


def test_a_saver_without_a_net_saves_the_default_registry(tmp_path):
    ts.get_variable("w", initializer=[1.0, 2.0])
    step = ts.create_global_step().assign_add(12)
    path = Saver().save(None, f"{tmp_path}/m", global_step=step)
    assert path == f"{tmp_path}/m-12"
    assert path == Saver().save(
        ts.get_default_registry(), f"{tmp_path}/m", global_step="global_step:0"
    )
    assert tf_reads(path)["w"].tolist() == [1.0, 2.0]


def test_wrapped_nets_are_saved_under_the_same_names(tmp_path):
    net = ts.ScopedModule(lambda x: x * ts.get_variable("w", [2]))
    net(torch.ones(2))
    for each in (net, torch.nn.Sequential(net), torch.compile(net), net.registry):
        assert list(tf_reads(Saver().save(each, f"{tmp_path}/m"))) == ["w"]


def test_sharded_has_one_file_of_data_for_each_device(net, tmp_path):
    path = Saver(sharded=True).save(net, f"{tmp_path}/m")
    plain = Saver().save(net, f"{tmp_path}/plain")
    assert Path(f"{path}.data-00000-of-00001").exists()
    assert Path(f"{path}.index").read_bytes() == Path(f"{plain}.index").read_bytes()


# Restoring


def test_what_tensorflow_saves_is_restored(net, tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        model(tf, tf.ones(1))
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, f"{tmp_path}/m", write_meta_graph=False)
        expected = {v.op.name: session.run(v) for v in tf.global_variables()}
    Saver().restore(net, path)
    for name, value in expected.items():
        assert value.tobytes() == value_of(name, net).tobytes(), name


def test_a_var_list_is_restored_under_its_names(net, tmp_path):
    variables = net.registry.variables
    table = [variables[f"net/table/part_{i}"] for i in range(3)]
    extra = torch.tensor([1.0, 2.0]).to_sparse().to_dense()
    saver = Saver({"a": variables["net/kernel"], "b": table, "c": extra})
    path = saver.save(net, f"{tmp_path}/m")
    before = {name: value.clone() for name, value in variables.items()}
    with torch.no_grad():
        for variable in (*variables.values(), extra):
            variable.zero_()
    saver.restore(net, path)
    assert extra.tolist() == [1.0, 2.0]
    for name, variable in variables.items():
        restored = name == "net/kernel" or name.startswith("net/table")
        assert torch.equal(variable, before[name] if restored else torch.zeros_like(variable))


def test_reshape_takes_another_shape_of_as_many_elements(net, tmp_path):
    kernel = net.registry.variables["net/kernel"]
    values = torch.arange(180.0)
    path = Saver({"net/kernel": values, "x": values.clone()}).save(net, f"{tmp_path}/m")
    with pytest.raises(CheckpointError, match="another shape"):
        Saver([kernel]).restore(net, path)
    other = torch.zeros(10, 18)
    Saver({"net/kernel": kernel, "x": other}, reshape=True).restore(net, path)
    assert torch.equal(kernel.flatten(), values)
    assert torch.equal(other.flatten(), values)


def test_parameters_that_no_pass_asks_for_are_restored_too(tmp_path):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = torch.nn.Linear(2, 3)
            self.scopes = ts.ScopedParameterRegistry(self)

        def forward(self, x):
            return self.fc(x) * ts.get_variable("scale", [3])

    net, other = Net(), Net()
    x = torch.randn(4, 2)
    expected = net(x)
    Saver().restore(other, Saver().save(net, f"{tmp_path}/m"))
    assert torch.equal(other(x), expected)


def test_a_restore_that_fails_changes_nothing(net, tmp_path):
    variables = net.registry.variables
    path = Saver({"net/half": variables["net/half"]}).save(net, f"{tmp_path}/m")
    before = {name: value.clone() for name, value in variables.items()}
    with torch.no_grad():
        before["net/half"].add_(1)
        variables["net/half"].add_(1)
    for saver in (
        Saver(),
        Saver([variables["net/half"], variables["net/kernel"]]),
        Saver({"net/half": variables["net/half"], "net/kernel": torch.ones(2)}),
    ):
        with pytest.raises(CheckpointError, match="Key net/kernel not found in checkpoint"):
            saver.restore(net, path)
    with pytest.raises(CheckpointError, match=r"not a valid checkpoint: .*/nowhere"):
        Saver().restore(net, f"{tmp_path}/nowhere")
    with pytest.raises(ValueError, match="Can't load save_path when it is None"):
        Saver().restore(net, None)
    Saver([], allow_empty=True).restore(net, None)
    with pytest.raises(ValueError, match="Can't load save_path when it is None"):
        Saver(allow_empty=True).restore(net, None)
    assert all(torch.equal(variables[name], value) for name, value in before.items())


# Bookkeeping

HOUR = 3600
PATHS = st.sampled_from(["m", "other"])
STEPS = st.one_of(st.none(), st.integers(-1, 4), st.just(123456789))
OPERATIONS = st.one_of(
    st.tuples(st.just("save"), PATHS, STEPS, st.booleans()),
    # The times of those that there are.
    st.tuples(st.just("times"), st.lists(st.integers(-2, 4), min_size=5, max_size=5)),
    st.tuples(st.just("paths"), st.lists(st.tuples(PATHS, st.integers(0, 4)), max_size=3)),
    st.tuples(st.just("recover"), st.lists(st.tuples(PATHS, st.integers(0, 4)), max_size=3)),
)


def apply(saver, folder, net, operation, **keywords):
    """One operation on a Saver, TensorFlow's or ours; what it gives, with {} for the folder."""
    kind, *arguments = operation
    if kind == "save":
        path, step, write_state = arguments
        result = saver.save(
            net, f"{folder}/{path}", global_step=step, write_state=write_state, **keywords
        )
    elif kind == "times":
        now = time.time()
        result = saver.set_last_checkpoints_with_time(
            [
                (path, now + (hours + 0.5) * HOUR)
                for path, hours in zip(saver.last_checkpoints, arguments[0], strict=False)
            ]
        )
    else:
        change = saver.set_last_checkpoints if kind == "paths" else saver.recover_last_checkpoints
        result = change([f"{folder}/{path}-{step}" for path, step in arguments[0]])
    state = Path(folder, "checkpoint")
    text = state.read_text() if state.exists() else ""
    lasts = [path.replace(folder, "{}") for path in saver.last_checkpoints]
    names = sorted(path.name for path in Path(folder).iterdir())
    return str(result).replace(folder, "{}"), text.replace(folder, "{}"), lasts, names


@given(
    operations=st.lists(OPERATIONS, min_size=4, max_size=12),
    keep=st.sampled_from([None, 1, 1, 2, 5]),
    hours=st.sampled_from([1.0, 1.0, 2.0, 10000.0]),
    options=st.fixed_dictionaries(
        {"pad_step_number": st.booleans(), "save_relative_paths": st.booleans()}
    ),
)
@settings(max_examples=80)
def test_the_bookkeeping_is_tensorflows_step_by_step(operations, keep, hours, options):
    ts.reset_default_registry()
    ts.get_variable("w", [1])
    keywords = {"max_to_keep": keep, "keep_checkpoint_every_n_hours": hours, **options}
    with (
        tempfile.TemporaryDirectory() as ours,
        tempfile.TemporaryDirectory() as theirs,
        tf.Graph().as_default(),
        tf.Session() as session,
    ):
        session.run(tf.get_variable("w", [1]).initializer)
        our_saver, their_saver = Saver(**keywords), tf.train.Saver(**keywords)
        for operation in operations:
            expected = apply(their_saver, theirs, session, operation, write_meta_graph=False)
            assert apply(our_saver, ours, None, operation) == expected


@pytest.mark.parametrize("link", [False, True])
@pytest.mark.parametrize("way", ["recover", "paths", "times"])
def test_nothing_is_deleted_outside_of_the_folder_because_a_state_file_names_it(
    tmp_path, way, link
):
    ts.get_variable("w", [1])
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    run.mkdir()
    elsewhere.mkdir()
    Saver().save(None, f"{elsewhere}/m")
    before = files(elsewhere)
    (run / "inside").symlink_to(elsewhere)
    paths = [f"{run}/inside/m" if link else f"{run}/../elsewhere/m"]
    saver = Saver(max_to_keep=1)
    if way == "recover":
        saver.recover_last_checkpoints(paths)
    elif way == "paths":
        saver.set_last_checkpoints(paths)
    else:
        saver.set_last_checkpoints_with_time([(path, 0.0) for path in paths])
    for step in (1, 2):
        saver.save(None, f"{run}/m", global_step=step)
    assert files(elsewhere) == before
    assert sorted(path.name for path in run.glob("*.index")) == ["m-2.index"]


def test_what_a_saver_wrote_itself_it_deletes_wherever_it_is(tmp_path):
    ts.get_variable("w", [1])
    saver = Saver(max_to_keep=1)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        saver.save(None, f"{tmp_path}/{folder}/m")
    assert sorted(files(tmp_path / "a")) == ["checkpoint"]


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("path", ["m", "sub/m", "./sub/m", "sub/../sub/m", "{}/sub/m"])
def test_paths_in_the_state_file_are_tensorflows(tmp_path, monkeypatch, path, relative):
    ts.get_variable("w", [1])
    texts = []
    for name in ("ours", "theirs"):
        folder = tmp_path / name
        (folder / "sub").mkdir(parents=True)
        monkeypatch.chdir(folder)
        with tf.Graph().as_default(), tf.Session() as session:
            session.run(tf.get_variable("w", [1]).initializer)
            for step in range(2):
                saver = (Saver if name == "ours" else tf.train.Saver)(save_relative_paths=relative)
                net = None if name == "ours" else session
                result = saver.save(net, path.format(folder), global_step=step)
                state = next(folder.rglob("checkpoint"))
                assert tf.train.latest_checkpoint(str(state.parent)) is not None
                texts.append((state.relative_to(folder), state.read_text(), result))
    shown = str(texts).replace("/ours", "/theirs")
    assert shown == str([*texts[2:], *texts[2:]])


def test_update_checkpoint_state_is_tensorflows(tmp_path):
    calls = [
        (("m-1",), {}),
        (("m-2", ["m-1"]), {}),
        (("m-2", ["m-1", "m-2"]), {"all_model_checkpoint_timestamps": [1.5, 1e9 / 3]}),
        (("m-2", ["m-2"]), {"last_preserved_timestamp": 12.25, "latest_filename": "latest"}),
        (("nö\n\"m'", None), {}),
    ]
    for arguments, keywords in calls:
        ours, theirs = tmp_path / "ours", tmp_path / "theirs"
        for folder, update in (
            (ours, update_checkpoint_state),
            (theirs, tf.train.update_checkpoint_state),
        ):
            folder.mkdir(exist_ok=True)
            update(str(folder), *arguments, **keywords)
        assert files(ours) == files(theirs)


# Bad input


def refused(call):
    with pytest.raises((ValueError, TypeError, RuntimeError, AttributeError)) as error:
        call()
    return error.value


def both(build):
    """What TensorFlow's Saver says and what ours says, of the same var_list."""
    with tf.Graph().as_default():
        model(tf, tf.ones(1))
        theirs = refused(
            lambda: tf.train.Saver(build({v.op.name: v for v in tf.global_variables()}))
        )
    net = ts.ScopedModule(lambda x: model(ts.tf1, x))
    ts.build(net, torch.ones(1))
    return theirs, refused(lambda: Saver(build(net.registry.variables)))


BAD_LISTS = {
    "empty": lambda v: [],
    "empty dict": lambda v: {},
    "a number": lambda v: 3,
    "a text": lambda v: "net/half",
    "a variable": lambda v: v["net/half"],
    "a number among them": lambda v: {"a": 3},
    "a name that is none": lambda v: {3: v["net/half"]},
    "one name twice": lambda v: [v["net/half"], v["net/half"]],
    "two names": lambda v: {"a": v["net/half"], "b": v["net/half"]},
    "pieces that are none": lambda v: {"a": [v["net/half"], v["net/flag"]]},
    "pieces of two": lambda v: {"a": [v["net/table/part_0"], v["net/long/part_0"]]},
    "what is computed": lambda v: {"a": v["net/half"] * 2},
}


@pytest.mark.parametrize("build", BAD_LISTS.values(), ids=BAD_LISTS)
def test_a_bad_var_list_is_refused_as_by_tensorflow(build):
    theirs, ours = both(build)
    assert type(ours) is type(theirs), (ours, theirs)
    assert str(ours)[:20] == str(theirs)[:20], (ours, theirs)


def test_a_number_in_a_list_is_no_variable():
    assert "is not a Variable: 3" in str(refused(lambda: Saver([3])))


def test_nothing_to_save_is_refused_unless_it_is_allowed(tmp_path):
    assert "No variables to save" in str(refused(lambda: Saver().save(None, f"{tmp_path}/m")))
    assert Saver(allow_empty=True).save(None, f"{tmp_path}/m") is None
    assert Saver([], allow_empty=True).save(None, f"{tmp_path}/m") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("var_list", [None, []])
def test_what_was_saved_as_empty_is_restored_as_empty_as_in_tensorflow(tmp_path, var_list):
    with tf.Graph().as_default(), tf.Session() as session:
        theirs = tf.train.Saver(var_list, allow_empty=True)
        assert theirs.restore(session, theirs.save(session, f"{tmp_path}/theirs")) is None
    net = ts.ScopedModule(lambda: None)
    saver = Saver(var_list, allow_empty=True)
    assert saver.restore(net, saver.save(net, f"{tmp_path}/ours")) is None
    assert not list(tmp_path.glob("ours*"))


def test_deferring_is_as_in_tensorflow(tmp_path):
    w = ts.get_variable("w", [1])
    assert "build cannot be deferred" in str(refused(lambda: Saver([w], defer_build=True)))
    saver = Saver(defer_build=True)
    error = refused(lambda: saver.save(None, f"{tmp_path}/m"))
    assert isinstance(error, RuntimeError)
    saver.build()
    saver.build()
    assert saver.save(None, f"{tmp_path}/m") == f"{tmp_path}/m"


@pytest.mark.parametrize(
    ("keywords", "kind", "text"),
    [
        (
            {"save_path": "{}/nowhere/m"},
            ValueError,
            "Parent directory of {}/nowhere/m doesn't exist",
        ),
        ({"save_path": "{}/"}, CheckpointError, "ends with its name, as in {}/model.ckpt"),
        ({"save_path": ""}, CheckpointError, "ends with its name"),
        ({"save_path": "{}/directory"}, CheckpointError, "is a directory. ({}/directory.index)"),
        ({"save_path": "{}/checkpoint"}, ValueError, "'latest_filename' collides with 'save_path'"),
        ({"latest_filename": "a/b"}, ValueError, "'latest_filename' must not contain path"),
        ({"global_step": 1.0}, TypeError, "not 1.0"),
        ({"global_step": torch.ones(2)}, TypeError, "not tensor([1., 1.])"),
        ({"global_step": [1]}, TypeError, "not [1]"),
        ({"global_step": "stop"}, ValueError, "there is no variable of that name"),
        ({"sess": 3}, TypeError, "This takes a net, where TF1 took a Session"),
        ({"sess": torch.nn.Linear(1, 1)}, ValueError, "This Linear has 0 registries"),
    ],
)
def test_a_bad_save_says_what_is_wrong_and_writes_nothing(tmp_path, keywords, kind, text):
    ts.get_variable("w", [1])
    (tmp_path / "directory.index").mkdir()
    keywords = {"sess": None, "save_path": "{}/m", **keywords}
    keywords["save_path"] = keywords["save_path"].format(tmp_path)
    with pytest.raises(kind) as error:
        Saver().save(**keywords)
    assert text.format(tmp_path, tmp_path) in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["directory.index"]


@pytest.mark.parametrize("name", ["nöme", "a b*?[x]", "[ab]", "new\nline", "x" * 200, "-1", ".m"])
def test_a_checkpoint_may_have_an_odd_name(tmp_path, name):
    (tmp_path / "a.data-00000-of-00001").write_text("another one's")
    ts.get_variable("w", [1])
    saver = Saver(max_to_keep=1)
    for step in range(3):
        path = saver.save(None, f"{tmp_path}/{name}", global_step=step)
    assert tf.train.get_checkpoint_state(str(tmp_path)).model_checkpoint_path == path
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["a.data-00000-of-00001", "checkpoint", f"{name}-2.data-00000-of-00001", f"{name}-2.index"]
    )


@pytest.mark.parametrize("name", ["a b", "ünïcode/Ω", "new\nline", "nul\0", ":0", "x" * 5000])
def test_a_variable_may_have_an_odd_name(tmp_path, name):
    path = Saver({name: ts.get_variable("w", initializer=[3.0])}).save(None, f"{tmp_path}/m")
    assert {n: v.tolist() for n, v in tf_reads(path).items()} == {name: [3.0]}


def test_a_variable_needs_a_name_and_a_value(tmp_path):
    w = ts.get_variable("w", [1])
    save = lambda tensors: Saver(tensors).save(None, f"{tmp_path}/m")
    assert "needs a name" in str(refused(lambda: save({"": w})))
    assert "begins with a zero" in str(refused(lambda: save({"\0a": w})))
    assert "UTF-8" in str(refused(lambda: save({"\ud800": w})))
    assert "meta device" in str(refused(lambda: save({"a": torch.ones(2, device="meta")})))
    assert "to_dense" in str(refused(lambda: save({"a": torch.ones(2).to_sparse()})))
    assert list(tmp_path.iterdir()) == []


def test_a_variable_of_another_net_is_refused(net, tmp_path):
    w = ts.get_variable("w", [1])
    error = refused(lambda: Saver([w]).save(net, f"{tmp_path}/m"))
    assert "Variable w, made at" in str(error)
    assert "no variable of this net" in str(error)


def test_what_has_no_meaning_here_is_refused():
    assert "TensorFlow graph, and there is none" in str(refused(lambda: Saver(saver_def=object())))
    assert "V2 format" in str(refused(lambda: Saver(write_version=1)))
