"""What an error about a checkpoint advises works."""

import shutil
import warnings

import numpy as np
import pytest
import torch
from remedies import follow, tried

import torchscope as ts
from tests.tensorflow1 import tf
from torchscope import optim
from torchscope.checkpoint import (
    InScope,
    Saver,
    convert,
    latest_checkpoint,
    load_checkpoint,
    restore,
    restore_module,
    save_checkpoint,
)
from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.inspecting.comparing import diff

CASES = []
remedy = tried(CASES)


@pytest.mark.parametrize(("kind", "says", "function"), CASES)
def test_what_is_advised_works(tmp_path, kind, says, function):
    follow(kind, says, lambda: function(tmp_path))


def net_of(*names):
    net = ts.ScopedModule(lambda: [ts.get_variable(name, [2]) for name in names])
    net()
    return net


W = {"w": torch.ones(2)}


# What is saved


ODD = torch.ones(2).to(torch.float8_e8m0fnu)


@remedy(CheckpointError, "Convert it first, as by tensor.to(torch.float32).")
def a_variable_of_a_dtype_that_tensorflow_lacks(folder):
    yield lambda: Saver({"w": ODD}).save(None, f"{folder}/m")
    path = Saver({"w": ODD.to(torch.float32)}).save(None, f"{folder}/m")
    assert torch.equal(load_checkpoint(path)["w"], torch.ones(2))


@remedy(CheckpointError, "Leave them out, or convert them first.")
def tensors_of_a_dtype_that_tensorflow_lacks(folder):
    yield lambda: save_checkpoint({"odd": ODD, **W}, folder / "m")
    save_checkpoint(W, folder / "without")
    save_checkpoint({"odd": ODD.to(torch.float32), **W}, folder / "m")
    assert torch.equal(load_checkpoint(folder / "m")["odd"], torch.ones(2))


@remedy(CheckpointError, "Write tensor.to_dense().")
def a_sparse_tensor(folder):
    sparse = torch.ones(2).to_sparse()
    yield lambda: save_checkpoint({"w": sparse}, folder / "m")
    save_checkpoint({"w": sparse.to_dense()}, folder / "m")


@remedy(ValueError, "tf.global_variables()", "leave it out, and the Saver saves all of the net")
def a_list_of_variables_that_was_asked_for_outside_of_the_net(folder):
    net = net_of("w")
    yield lambda: Saver(ts.global_variables())
    assert list(load_checkpoint(Saver().save(net, f"{folder}/m"))) == ["w"]


@remedy(ValueError, "call it once, or ts.build(net, *inputs).")
def a_saver_of_a_net_that_has_not_run(folder):
    def fresh():
        return ts.ScopedModule(lambda: ts.get_variable("w", [2]))

    yield lambda: Saver().save(fresh(), f"{folder}/m")
    built, called = fresh(), fresh()
    ts.build(built), called()
    for net in (built, called):
        assert load_checkpoint(Saver().save(net, f"{folder}/m")).shapes == {"w": (2,)}


@remedy(ValueError, "Give the Saver the same arguments instead.")
def a_saver_of_a_saver_def(folder):
    with tf.Graph().as_default():
        tf.get_variable("w", [2])
        definition = tf.train.Saver(max_to_keep=1).as_saver_def()
    yield lambda: Saver(saver_def=definition)
    Saver(max_to_keep=1).save(net_of("w"), f"{folder}/m")


@remedy(TypeError, "What has no name of its own can be saved under one in a dict.")
def a_saver_of_a_tensor(folder):
    tensor = torch.ones(2)
    yield lambda: Saver([tensor])
    path = Saver({"w": tensor}).save(None, f"{folder}/m")
    assert torch.equal(load_checkpoint(path)["w"], tensor)


@remedy(RuntimeError, "`build()` should be called before save")
def a_saver_whose_build_is_deferred(folder):
    net = net_of("w")
    saver = Saver(defer_build=True)
    yield lambda: saver.save(net, f"{folder}/m")
    saver.build()
    saver.save(net, f"{folder}/m")


# What is read


@remedy(CheckpointError, "Load it with torch.load, take the state_dict out of it, and give that to")
def a_file_of_more_than_tensors(folder):
    torch.save({"model": W, "step": 3}, folder / "m.pt")
    from torchscope.checkpoint.converting import convert  # noqa: PLC0415

    yield lambda: convert(folder / "m.pt", folder / "m")
    save_checkpoint(torch.load(folder / "m.pt")["model"], folder / "m")
    assert torch.equal(load_checkpoint(folder / "m")["w"], torch.ones(2))


@remedy(CheckpointError, "Load it with numpy.load; what is read here is a dict of arrays.")
def a_single_array(folder):
    np.save(folder / "a.npy", np.ones(2, np.float32))
    yield lambda: load_checkpoint(folder / "a.npy")
    np.save(folder / "b.npy", {"w": np.load(folder / "a.npy")})
    assert load_checkpoint(folder / "b.npy")["w"].sum() == 2


def frozen(folder, name, *, as_text):
    with tf.Graph().as_default() as graph:
        tf.constant([1.0, 1.0], name="w")
        return tf.io.write_graph(graph, str(folder), name, as_text=as_text)


@remedy(CheckpointError, "Write it with tf.io.write_graph(..., as_text=False).")
def a_graph_as_text(folder):
    yield lambda: load_checkpoint(frozen(folder, "g.pbtxt", as_text=True))
    assert load_checkpoint(frozen(folder, "g.pb", as_text=False))["w"].sum() == 2


@remedy(CheckpointError, "If this is a SavedModel, give its folder.")
def the_file_of_a_saved_model(folder):
    saved = folder / "saved"
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tf.get_variable("w", [2], initializer=tf.ones_initializer())
        session.run(tf.global_variables_initializer())
        builder = tf.saved_model.Builder(str(saved))
        builder.add_meta_graph_and_variables(session, ["serve"])
        builder.save()
    shutil.copy(saved / "saved_model.pb", folder / "g.pb")
    yield lambda: load_checkpoint(folder / "g.pb")
    assert load_checkpoint(saved)["w"].sum() == 2


@remedy(CheckpointError, "whose values are in a checkpoint. Give that one.")
def a_graph_that_is_not_frozen(folder):
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.get_variable("w", [2], initializer=tf.ones_initializer())
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, f"{folder}/m")
        tf.io.write_graph(graph, str(folder), "g.pb", as_text=False)
    yield lambda: load_checkpoint(folder / "g.pb")
    assert load_checkpoint(path)["w"].sum() == 2


@remedy(CheckpointError, "give it back its name, which ends in .index, beside its shards of data.")
def an_index_under_another_name(folder):
    save_checkpoint(W, folder / "m")
    (folder / "m.index").rename(folder / "other")
    yield lambda: load_checkpoint(folder / "other")
    (folder / "other").rename(folder / "m.index")
    assert load_checkpoint(folder / "m")["w"].sum() == 2


@remedy(CheckpointError, "If you trust it, give that path.")
def a_state_file_that_leads_elsewhere(folder):
    save_checkpoint(W, folder / "m")
    (folder / "in").mkdir()
    state = tf.train.generate_checkpoint_state_proto(str(folder / "in"), str(folder / "m"))
    (folder / "in" / "checkpoint").write_text(str(state))
    yield lambda: latest_checkpoint(folder / "in")
    assert load_checkpoint(folder / "m")["w"].sum() == 2


# What is restored and compared


@remedy(ValueError, "Have it give None for those that are to be left out:")
def a_rename_of_two_to_one(folder):
    net = net_of("w")
    saved = {"a/w": torch.ones(2), "b/w": torch.zeros(2)}
    yield lambda: restore(net, saved, rename=lambda name: "w")
    restore(net, saved, rename=lambda name: "w" if name == "a/w" else None)
    assert net.w.sum() == 2


@remedy(TypeError, "such as [('^old/', 'new/')]")
def a_rename_that_is_a_text(folder):
    net = net_of("new/w")
    saved = {"old/w": torch.ones(2)}
    yield lambda: restore(net, saved, rename="^old/")
    restore(net, saved, rename=[("^old/", "new/")])
    restore(net, saved, rename=lambda name: name.replace("old", "new"))
    assert net.registry.variables["new/w"].sum() == 2


@remedy(CheckpointError, "The likeliest is b/layer_7/weights.")
def a_scope_of_another_name(folder):
    net = net_of("a/layer_7/w")
    saved = {"b/layer_7/weights": torch.ones(2)}
    yield lambda: restore(net, saved)
    restore(net, saved, rename=[("^b/", "a/"), ("weights$", "w")])
    assert net.registry.variables["a/layer_7/w"].sum() == 2


@remedy(ValueError, "Say values=False to compare names, shapes and dtypes.")
def a_comparison_on_the_meta_device(folder):
    net = ts.ScopedModule(lambda: ts.get_variable("w", [2])).to("meta")
    net()
    yield lambda: diff(net, W)
    diff(net, W, values=False)


@remedy(ValueError, "Make them first, by ts.build(net, *example_inputs) or one call.")
def a_description_of_a_net_that_has_not_run(folder):
    def fresh():
        return ts.ScopedModule(lambda: ts.get_variable("w", [2]))

    yield lambda: diff(fresh(), W)
    built, called = fresh(), fresh()
    ts.build(built), called()
    for net in (built, called):
        diff(net, W)


@remedy(CheckpointError, "files: give one of them as ", "m-?????-of-00002")
def shards_of_two_checkpoints(folder):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("w", [2], initializer=tf.ones_initializer())
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(write_version=tf.train.SaverDef.V1)
        path = saver.save(session, f"{folder}/one", write_meta_graph=False)
    shutil.copy(path, folder / "m-00000-of-00001")
    for number in (0, 1):
        shutil.copy(path, folder / f"m-0000{number}-of-00002")
    yield lambda: load_checkpoint(folder / "m")
    assert load_checkpoint(f"{folder}/m-?????-of-00001")["w"].sum() == 2


@remedy(CheckpointError, "Give the scope that has these alone")
def a_module_whose_cell_could_be_either(folder):
    cell = {"kernel": torch.randn(7, 16), "bias": torch.zeros(16)}
    saved = {f"{at}/rnn/lstm_cell/{k}": v for at in ("one", "other") for k, v in cell.items()}
    yield lambda: restore_module(torch.nn.LSTM(3, 4), saved)
    restore_module(torch.nn.LSTM(3, 4), saved, "one")


# Names and files


@remedy(
    CheckpointError,
    "This is a folder. Give the name of what is to be written in it: ",
    "model.ckpt",
)
def a_conversion_to_a_folder(folder):
    save_checkpoint(W, folder / "m")
    yield lambda: convert(folder / "m", folder)
    convert(folder / "m", folder / "model.ckpt")


@remedy(CheckpointError, "was left as it is. Say --force, or force=True, to replace it.")
def a_conversion_to_what_is_there(folder):
    save_checkpoint(W, folder / "m")
    convert(folder / "m", folder / "m.npz")
    yield lambda: convert(folder / "m", folder / "m.npz")
    convert(folder / "m", folder / "m.npz", force=True)


@remedy(CheckpointError, "was written to while it was in use", "Open it again.")
def a_file_that_changes_while_it_is_open(folder):
    file = folder / "m.npz"
    np.savez(file, w=np.zeros(2))
    opened = load_checkpoint(file)
    with file.open("ab") as more:
        more.write(b"more")
    yield lambda: opened["w"]
    np.savez(file, w=np.ones(2))
    assert load_checkpoint(file)["w"].sum() == 2


@remedy(CheckpointError, "are those of files that are not complete. Choose another one.")
def a_name_of_the_savers_own(folder):
    yield lambda: save_checkpoint(W, folder / ".torchscope-m")
    save_checkpoint(W, folder / "m")


# What optimizers keep


def trained_by(net, *groups, **options):
    """An optimizer that has moved groups of a net's variables, each as often as is said."""
    variables = net.registry.variables
    optimizer = optim.Adam([{"params": [variables[name]]} for name, _ in groups], **options)
    for name, steps in groups:
        for _ in range(steps):
            net.zero_grad()
            variables[name].grad = torch.ones(2)
            optimizer.step()
    return optimizer


@remedy(TypeError, "from_torch(optimizer) makes one of torchscope.optim")
def an_optimizer_of_pytorchs_own(folder):
    net = net_of("w")
    own = torch.optim.Adam(net.parameters())
    yield lambda: Saver().save(net, f"{folder}/m", optimizer=own)
    path = Saver().save(net, f"{folder}/m", optimizer=optim.from_torch(own))
    assert "w/Adam" in load_checkpoint(path)


@remedy(ValueError, "Make the optimizer of net.parameters() when the net has run")
def an_optimizer_of_what_is_none_of_the_nets(folder):
    net = net_of("w")
    strange = optim.Adam([torch.nn.Parameter(torch.ones(2)), *net.parameters()])
    yield lambda: Saver().save(net, f"{folder}/m", optimizer=strange)
    Saver().save(net, f"{folder}/m", optimizer=optim.Adam(net.parameters()))


@remedy(ValueError, "Give each such group an optimizer of its own, and hand over the list")
def groups_that_have_counted_otherwise(folder):
    net = net_of("a", "b")
    yield lambda: Saver().save(net, f"{folder}/m", optimizer=trained_by(net, ("a", 1), ("b", 2)))
    each = [trained_by(net, ("a", 1)), trained_by(net, ("b", 2))]
    path = Saver().save(net, f"{folder}/m", optimizer=each)
    assert load_checkpoint(path)["beta1_power_1"].item() == pytest.approx(0.9**3)


@remedy(CheckpointError, "Say which is meant: optimizer=InScope(optimizer, scope='d')")
def slots_in_several_scopes(folder):
    net = net_of("w")
    saved = {**W, "d/w/Adam": torch.ones(2), "g/w/Adam": torch.zeros(2)}
    saved |= {name + "_1": value for name, value in saved.items() if "Adam" in name}
    saved |= {f"{scope}/beta{n}_power": torch.tensor(0.5) for scope in "dg" for n in "12"}
    optimizer = optim.Adam(net.parameters())
    yield lambda: restore(net, saved, optimizer=optimizer)
    restore(net, saved, optimizer=InScope(optimizer, "d"))
    assert optimizer.state[net.registry.variables["w"]]["m"].tolist() == [1, 1]


@remedy(CheckpointError, "Say which is meant: optimizer=InScope(optimizer, name_scope='d')")
def numbers_in_several_scopes(folder):
    net = net_of("w")
    saved = {**W, "w/Adam": torch.ones(2), "w/Adam_1": torch.ones(2)}
    for scope, value in (("d", 0.5), ("g", 0.25)):
        saved |= {f"{scope}/beta{n}_power": torch.tensor(value) for n in "12"}
    optimizer = optim.Adam(net.parameters())
    yield lambda: restore(net, saved, optimizer=optimizer)
    restore(net, saved, optimizer=InScope(optimizer, name_scope="d"))
    assert optimizer.param_groups[0]["beta1_power"] == 0.5


@remedy(CheckpointError, "Give all of them, in the order in which TF1 code used them")
def one_optimizer_of_two_that_were_saved(folder):
    net = net_of("a", "b")
    both = [trained_by(net, ("a", 1)), trained_by(net, ("b", 2))]
    path = Saver().save(net, f"{folder}/m", optimizer=both)
    second = trained_by(net, ("b", 5))
    yield lambda: restore(net, path, optimizer=second)
    restore(net, path, optimizer=[trained_by(net, ("a", 5)), second])
    assert second.param_groups[0]["beta1_power"] == pytest.approx(0.9**3)


@remedy(
    CheckpointError,
    "For slots to begin afresh leave optimizer= out, or give strict=False; else give the optimizer that",
)
def slots_of_another_optimizer(folder):
    net = net_of("w")
    path = Saver().save(net, f"{folder}/m", optimizer=optim.Momentum(net.parameters(), 0.1, 0.9))
    yield lambda: restore(net, path, optimizer=optim.Adam(net.parameters()))
    restore(net, path)
    restore(net, path, optimizer=optim.Momentum(net.parameters(), 0.1, 0.9))
    with pytest.warns(UserWarning, match="begin afresh: w"):
        restore(net, path, optimizer=optim.Adam(net.parameters()), strict=False)


@remedy(ValueError, "A weight decay can be a part of the loss; else make the optimizer without it")
def an_optimizer_of_pytorchs_with_an_option_that_tf1_lacks(folder):
    w = torch.nn.Parameter(torch.ones(2))
    yield lambda: optim.from_torch(torch.optim.SGD([w], 0.1, weight_decay=0.01))
    optim.from_torch(torch.optim.SGD([w], 0.1))


@remedy(ValueError, "Give Adam the betas that the checkpoint was trained with")
def powers_of_other_betas(folder):
    w = torch.nn.Parameter(torch.ones(2))
    optimizer = optim.Adam([w], beta1=0.5, beta2=0.999)
    optimizer.param_groups[0]["beta2_power"] = 0.25
    yield lambda: optim.to_torch(optimizer)
    optimizer.param_groups[0] |= {"beta2": 0.5, "beta1_power": 0.25}
    assert optim.to_torch(optimizer).state[w]["step"].item() == 1


@remedy(ValueError, "Give Adam the betas that the checkpoint was trained with")
def powers_of_different_counts(folder):
    w = torch.nn.Parameter(torch.ones(2))
    optimizer = optim.Adam([w], beta1=0.5, beta2=0.5)
    optimizer.param_groups[0] |= {"beta1_power": 0.25, "beta2_power": 0.125}
    yield lambda: optim.to_torch(optimizer)
    optimizer.param_groups[0]["beta2_power"] = 0.25
    assert optim.to_torch(optimizer).state[w]["step"].item() == 1


@remedy(ValueError, "Set the rate that it was trained with: optimizer.param_groups[0]['lr'] = 0.01")
def a_momentum_without_its_rate(folder):
    optimizer = optim.RMSProp([torch.nn.Parameter(torch.ones(2))], 0.0, momentum=0.5)
    yield lambda: optim.to_torch(optimizer)
    optimizer.param_groups[0]["lr"] = 0.01
    optim.to_torch(optimizer)


@remedy(ValueError, "Set the rate that it was trained with: optimizer.param_groups[0]['lr'] = 0.01")
def a_decay_without_its_rate(folder):
    optimizer = optim.AdamW([torch.nn.Parameter(torch.ones(2))], 0.0, weight_decay=0.5)
    yield lambda: optim.to_torch(optimizer)
    optimizer.param_groups[0]["lr"] = 0.01
    assert optim.to_torch(optimizer).param_groups[0]["weight_decay"] == 50


@remedy(ValueError, "TF1's checkpoints cannot say that. Make the variable whole.")
def rows_and_columns_of_pieces(folder):
    def net_cut(partitioner):
        net = ts.ScopedModule(lambda: ts.get_variable("w", [4, 2], partitioner=partitioner))
        return ts.build(net)

    def saved(net):
        optimizer = optim.Adafactor(net.parameters())
        return Saver().save(net, f"{folder}/m", optimizer=optimizer)

    cut = net_cut(ts.fixed_size_partitioner(2))
    yield lambda: saved(cut)
    assert "w/Adafactor_1" in load_checkpoint(saved(net_cut(None)))


@remedy(ValueError, "Add 1 to the net's at each step: ts.get_global_step().assign_add(1)")
def an_optimizer_and_a_net_that_have_counted_otherwise(folder):
    def model(x):
        ts.get_or_create_global_step()
        return ts.get_variable("w", [2]) * x

    net = ts.build(ts.ScopedModule(model), torch.ones(2))
    optimizer = optim.AdagradDA(net.parameters(), 0.1)
    net(torch.ones(2)).sum().backward()
    optimizer.step()
    yield lambda: Saver().save(net, f"{folder}/m", optimizer=optimizer)
    with net.registry.activate():
        ts.get_global_step().assign_add(1)
    path = Saver().save(net, f"{folder}/m", optimizer=optimizer)
    assert load_checkpoint(path)["global_step"].item() == 1
