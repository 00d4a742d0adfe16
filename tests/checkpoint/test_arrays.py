"""Dicts of arrays as repositories ship them, and what a hostile pickle gets."""

import collections
import io
import os
import pickle
import pickletools
import re
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.torch import save_file

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats import arrays, pickles, safetensors_files

W = np.arange(6, dtype=np.float32).reshape(2, 3)
B = np.ones(3, np.float32)


def npy(path):
    return arrays.npy(str(path))


def npz(path):
    return arrays.npz(str(path))


def pickled(path):
    return arrays.pickle(str(path))


def tensors(path):
    return safetensors_files.tensors(str(path))


def saved(path, value):
    np.save(path, np.array(value, dtype=object) if isinstance(value, dict) else value)
    return path


def loaded(found):
    return {name: np.asarray(stored.load()) for name, stored in found.items()}


def check(found, expected):
    values = loaded(found)
    assert set(values) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(values[name], value)
        assert found[name].kind.shape == np.shape(value)


FORMS = {
    "flat": ({"conv1/weights": W, "conv1/biases": B}, {"conv1/weights": W, "conv1/biases": B}),
    "nested": (
        {"net": {"conv1": {"weights": W, "biases": B}}, "empty": {}},
        {"net/conv1/weights": W, "net/conv1/biases": B},
    ),
    "lists": ({"conv1_1": [W, B], "prob": ()}, {"conv1_1/0": W, "conv1_1/1": B}),
    "names of variables": ({"conv1/weights:0": W}, {"conv1/weights": W}),
    "numbers": (
        {"step": 3, "rate": 0.5, "on": True, "mean": [1.0, 2.0], "none": None, 7: 1j},
        {"step": 3, "rate": 0.5, "on": True, "mean": [1.0, 2.0], "7": 1j},
    ),
    "numpy's numbers": ({"step": np.int64(3), "rate": np.float32(0.5)}, {"step": 3, "rate": 0.5}),
    "ordered": (collections.OrderedDict(a=W, b={"c": B}), {"a": W, "b/c": B}),
    "strings": ({"a": "text", "b": b"bytes"}, {"a": b"text", "b": b"bytes"}),
    "orders": (
        {"f": np.asfortranarray(W), "big": W.astype(">f4"), "empty": W[:0]},
        {"f": W, "big": W, "empty": W[:0]},
    ),
}


@pytest.mark.parametrize(("given_", "expected"), FORMS.values(), ids=FORMS)
def test_the_forms_that_dicts_of_arrays_have(tmp_path, given_, expected):
    check(npy(saved(tmp_path / "a.npy", given_)), expected)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        (tmp_path / "a.pkl").write_bytes(pickle.dumps(given_, protocol))
        check(pickled(tmp_path / "a.pkl"), expected)


def test_a_list_of_layers_as_an_array_of_objects(tmp_path):
    layers = np.empty(2, object)
    layers[:] = [[W, B], {"weights": W}]
    check(npy(saved(tmp_path / "a.npy", layers)), {"0/0": W, "0/1": B, "1/weights": W})


# What Python 2 with numpy 1.16 wrote: pickle.dumps({"a": numpy.arange(2, dtype="f4")}, protocol).
PYTHON2 = {
    0: b"(dp0\nS'a'\np1\ncnumpy.core.multiarray\n_reconstruct\np2\n(cnumpy\nndarray\np3\n(I0\ntp4\n"
    b"S'b'\np5\ntp6\nRp7\n(I1\n(I2\ntp8\ncnumpy\ndtype\np9\n(S'f4'\np10\nI0\nI1\ntp11\nRp12\n(I3\n"
    b"S'<'\np13\nNNNI-1\nI-1\nI0\ntp14\nbI00\nS'\\x00\\x00\\x00\\x00\\x00\\x00\\x80?'\np15\ntp16\n"
    b"bs.",
    2: b"\x80\x02}q\x00U\x01aq\x01cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03"
    b"K\x00\x85q\x04U\x01bq\x05\x87q\x06Rq\x07(K\x01K\x02\x85q\x08cnumpy\ndtype\nq\tU\x02f4q\nK\x00"
    b"K\x01\x87q\x0bRq\x0c(K\x03U\x01<q\rNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0eb\x89U\x08"
    b"\x00\x00\x00\x00\x00\x00\x80?q\x0ftq\x10bs.",
}


@pytest.mark.parametrize("protocol", PYTHON2)
def test_pickles_of_python_2(tmp_path, protocol):
    (tmp_path / "a.pkl").write_bytes(PYTHON2[protocol])
    check(pickled(tmp_path / "a.pkl"), {"a": [0.0, 1.0]})


numbers = st.one_of(
    hnp.boolean_dtypes(), hnp.integer_dtypes(), hnp.unsigned_integer_dtypes(),
    hnp.floating_dtypes(sizes=(16, 32, 64)), hnp.complex_number_dtypes(sizes=(64, 128)),
)  # fmt: skip
anything = hnp.arrays(numbers, hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=3))
keys = st.text("ab/.é", min_size=1, max_size=4)


@settings(max_examples=60)
@given(values=st.dictionaries(keys, anything, min_size=1, max_size=5), protocol=st.integers(0, 5))
def test_what_was_saved_is_read(tmp_path_factory, values, protocol):
    folder = tmp_path_factory.getbasetemp()
    (folder / "a.pkl").write_bytes(pickle.dumps(values, protocol))
    ways = {
        "npy": npy(saved(folder / "a.npy", values)),
        "pickle": pickled(folder / "a.pkl"),
    }
    for way, save in ("npz", np.savez), ("compressed", np.savez_compressed):
        save(
            folder / f"{way}.npz",
            **{f"{i}/{name}": v for i, (name, v) in enumerate(values.items())},
        )
        ways[way] = {n.partition("/")[2]: s for n, s in npz(folder / f"{way}.npz").items()}
    for way, found in ways.items():
        assert set(found) == set(values), way
        for name, value in values.items():
            ours = found[name].load()
            assert found[name].kind.shape == ours.shape == value.shape
            assert found[name].kind.dtype == ours.dtype
            assert found[name].nbytes == value.nbytes
            native = value.astype(value.dtype.newbyteorder("="))
            assert ours.numpy().dtype == native.dtype
            assert ours.numpy().tobytes() == native.tobytes()


def test_a_list_of_strings_in_an_npz(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.array(["x", "yé"]), b=np.array([b"x", b"yz"]))
    found = npz(tmp_path / "a.npz")
    assert found["a"].kind.dtype is found["b"].kind.dtype is bytes
    assert found["a"].load().tolist() == [b"x", "yé".encode()]
    assert found["b"].load().tolist() == [b"x", b"yz"]


def test_a_dict_within_an_npz(tmp_path):
    for save in np.savez, np.savez_compressed:
        save(tmp_path / "a.npz", params=np.array({"conv": {"w": W}}, object), b=B)
        check(npz(tmp_path / "a.npz"), {"params/conv/w": W, "b": B})


def test_what_is_read_belongs_to_the_reader(tmp_path):
    np.savez(tmp_path / "a.npz", a=B)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"a": B}))
    for found in npz(tmp_path / "a.npz"), pickled(tmp_path / "a.pkl"):
        found["a"].load().zero_()
        assert found["a"].load().tolist() == [1, 1, 1]


def test_a_single_array_has_no_name(tmp_path):
    with pytest.raises(
        CheckpointError, match=r"a single array, without a name. Load it with numpy"
    ):
        npy(saved(tmp_path / "a.npy", W))


# A hostile pickle.


class Call:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (os.system, ("touch was_here",)),
        (eval, ("open('was_here', 'w')",)),
        (subprocess.check_call, (["touch", "was_here"],)),
        (getattr, (os, "system")),
        (np.load, ("a.npy",)),
        (np.random.default_rng, ()),
        (collections.defaultdict, (list,)),
        (torch.load, ("a",)),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_no_function_of_a_pickle_is_called(tmp_path, monkeypatch, function, arguments, protocol):
    monkeypatch.chdir(tmp_path)
    arguments = tuple(a if a is not os else "os" for a in arguments)
    value = {"w": W, "evil": Call(function, *arguments)}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(value, protocol))
    with pytest.raises(CheckpointError, match=function.__name__) as error:
        pickled(tmp_path / "a.pkl")
    assert "has no place among arrays" in str(error.value)
    assert error.value.offset > 0
    with pytest.raises(CheckpointError, match=function.__name__):
        npy(saved(tmp_path / "a.npy", value))
    assert not (tmp_path / "was_here").exists()


def test_a_pickle_imports_nothing(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "harmless_looking.py").write_text("weights = 1")
    (tmp_path / "a.pkl").write_bytes(b"charmless_looking\nweights\n.")
    with pytest.raises(CheckpointError, match=r"the name harmless_looking.weights"):
        pickled(tmp_path / "a.pkl")
    assert "harmless_looking" not in sys.modules


def looped():
    value = {"a": W}
    value["self"] = value
    return value


def laughing():
    value = [W, W]
    for _ in range(40):
        value = [value, value]
    return {"a": value}


def deep():
    value = W
    for _ in range(100):
        value = {"a": value}
    return value


def header(text):
    text = text.encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


ARRAY = (
    b"cnumpy.core.multiarray\n_reconstruct\n(tR(I1\n%b\ncnumpy\ndtype\n(S'%b'\ntRI00\nS'1234'\ntb."
)
PICKLES = {
    "a dict that holds itself": pickle.dumps(looped()),
    "a list doubled forty times": pickle.dumps(laughing()),
    "nested deep": pickle.dumps(deep()),
    "an array of 10^18 elements": ARRAY % (b"(I1000000000000000000\nt", b"f4"),
    "a shape below zero": ARRAY % (b"(I-1\nt", b"f4"),
    "a shape of text": ARRAY % (b"(S'1'\nt", b"f4"),
    "a shape of hundred dimensions": ARRAY % (b"(" + b"I1\n" * 100 + b"t", b"f4"),
    "records": ARRAY % (b"(I1\nt", b"f4,f4"),
    "pointers": ARRAY % (b"(I1\nt", b"O"),
    "an array never filled": b"(S'a'\ncnumpy.core.multiarray\n_reconstruct\n(tRd.",
    "bytes without an end": b"\x80\x05\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "bytes of a negative length": b"T\xff\xff\xff\xff.",
    "memory that is not there": b"h\x07.",
    "far memory": b"Nr\xff\xff\xff\xff0.",
    "an empty stack": b"0.",
    "no mark": b"t.",
    "past a mark": b"N(\x85.",
    "a persistent id": b"Psomewhere\n.",
    "an instance": b"(ios\nsystem\n.",
    "an extension": b"\x82\x01.",
    "no dict": pickle.dumps(3),
    "a set": pickle.dumps({"a": {1}}),
    "a number of many digits": b"L" + b"9" * 5000 + b"L\n.",
    "a class as a value": b"}S'a'\ncnumpy\nndarray\ns.",
    "keys that are the same": pickle.dumps({"a/b": W, "a": {"b": W}}),
    "text that is none": b"X\x01\x00\x00\x00\xff.",
    "an escape that is none": b"S'\\q'\n.",
    "nothing": b"",
}


@pytest.mark.parametrize("content", PICKLES.values(), ids=PICKLES)
def test_a_hostile_pickle_is_refused(tmp_path, content):
    (tmp_path / "a.pkl").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"a\.pkl.") as error:
        pickled(tmp_path / "a.pkl")
    assert error.value.file == str(tmp_path / "a.pkl")


HEADERS = {
    "records": "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }\n",
    "a call": "{'descr': '<f4', 'fortran_order': False, 'shape': (int(1),), }\n",
    "no shape": "{'descr': '<f4', 'fortran_order': False}\n",
    "below zero": "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n",
    "10^30": "{'descr': '<f4', 'fortran_order': False, 'shape': (" + "1" * 30 + ",), }\n",
    "two shapes": "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (2,), }\n",
    "void": "{'descr': '|V2', 'fortran_order': False, 'shape': (1,), }\n",
    "time": "{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1,), }\n",
}


@pytest.mark.parametrize("text", HEADERS.values(), ids=HEADERS)
def test_a_hostile_header_is_refused(tmp_path, text):
    (tmp_path / "a.npy").write_bytes(header(text) + bytes(4))
    with pytest.raises(CheckpointError, match=r"a\.npy."):
        npy(tmp_path / "a.npy")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", header(text) + bytes(4))
    with pytest.raises(CheckpointError, match=r"a\.npz."):
        npz(tmp_path / "a.npz")


def test_a_change_of_any_byte_of_an_npz_is_noticed_or_changes_nothing(tmp_path):
    for save in np.savez, np.savez_compressed:
        save(tmp_path / "a.npz", a=B, b=W)
        whole = (tmp_path / "a.npz").read_bytes()
        refused = 0
        for at in range(len(whole)):
            changed = bytearray(whole)
            changed[at] ^= 0x10
            (tmp_path / "a.npz").write_bytes(changed)
            try:
                found = loaded(npz(tmp_path / "a.npz"))
            except CheckpointError:
                refused += 1
                continue
            for name, value in found.items():
                np.testing.assert_array_equal(value, {"a": B, "b": W}[name])
        assert refused > len(whole) / 3


def test_a_member_with_another_name_in_the_list_of_members_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", weights=B)
    whole = (tmp_path / "a.npz").read_bytes()
    at = whole.rindex(b"weights.npy")
    (tmp_path / "a.npz").write_bytes(whole[:at] + b"weighty.npy" + whole[at + 11 :])
    with pytest.raises(CheckpointError, match=r"'weighty.npy' calls itself b'weights.npy'"):
        npz(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.pkl", "a.safetensors"])
def test_a_file_cut_short_is_refused_at_every_length(tmp_path, name):
    open_ = {"npy": npy, "npz": npz, "pkl": pickled, "safetensors": tensors}[name.split(".")[1]]
    path = tmp_path / name
    buffer = io.BytesIO()
    if open_ is npy:
        np.save(buffer, np.array({"a": B}, object))
    elif open_ is npz:
        np.savez(buffer, a=B)
    elif open_ is pickled:
        pickle.dump({"a": B}, buffer)
    else:
        save_file({"a": torch.ones(3)}, path)
        buffer = io.BytesIO(path.read_bytes())
    whole = buffer.getvalue()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=re.escape(str(path))):
            loaded(open_(path))
    for missing in tmp_path / "no", tmp_path:
        with pytest.raises(CheckpointError, match=r"cannot be opened|is a directory"):
            open_(missing)


def test_a_member_that_says_it_is_huge_is_refused_before_it_is_unpacked(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", a=np.zeros(100000))
    whole = (tmp_path / "a.npz").read_bytes()
    size = struct.pack("<I", 100000 * 8 + 128)
    at = whole.rindex(size)
    (tmp_path / "a.npz").write_bytes(whole[:at] + struct.pack("<I", 2**31) + whole[at + 4 :])
    with pytest.raises(CheckpointError, match="too few for 2147483648"):
        npz(tmp_path / "a.npz")


def test_every_opcode_is_known_or_refused_on_purpose():
    refused = {"PERSID", "BINPERSID", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4",
               "EMPTY_SET", "FROZENSET", "ADDITEMS", "NEXT_BUFFER", "STOP"}  # fmt: skip
    known = {chr(code) for code in pickles._STEPS}
    assert {op.name for op in pickletools.opcodes if op.code not in known} == refused


# Safetensors.


def test_safetensors_files_are_read_by_their_library(tmp_path):
    values = {
        "a/w": torch.arange(6.0).reshape(2, 3),
        "b": torch.tensor(2, dtype=torch.bfloat16),
        "c": torch.zeros(0, 3, dtype=torch.int64),
        "d": torch.tensor([True, False]),
        "e": torch.ones(2, dtype=torch.uint16),
        "f": torch.ones(2, dtype=torch.float8_e4m3fn),
    }
    save_file(values, tmp_path / "a.safetensors")
    found = tensors(tmp_path / "a.safetensors")
    assert set(found) == set(values)
    for name, value in values.items():
        stored = found[name]
        assert stored.kind.shape == value.shape
        assert stored.kind.dtype == value.dtype
        assert stored.nbytes == value.nbytes
        read = stored.load()
        assert read.dtype == value.dtype
        assert torch.equal(read.float(), value.float())
    found["a/w"].load().zero_()
    assert torch.equal(tensors(tmp_path / "a.safetensors")["a/w"].load(), values["a/w"])
