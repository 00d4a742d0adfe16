"""tf.contrib.training.HParams. TensorFlow has none any more: what is said here is what TF1 did."""

import copy
import pickle

import pytest

from torchscope.tf1.contrib.training import HParams


def hparams():
    return HParams(
        rate=0.5, layers=[4, 2], name="a", deep=True, steps=3, names=("x", "y"), nothing=None
    )


def test_a_text_sets_values_of_their_types():
    found = hparams().parse(
        "rate=1,layers=[8, 8,8],name=b c,deep=false,steps=10,layers[1]=7,names=[z]"
    )
    assert found.values() == {
        "rate": 1.0,
        "layers": [8, 7, 8],
        "name": "b c",
        "deep": False,
        "steps": 10,
        "names": ["z"],
        "nothing": None,
    }
    assert type(found.rate) is float
    assert hparams().parse("").values() == hparams().values()
    assert hparams().parse("name=,rate=-1e-3").name == ""


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("rat=1", "Unknown hyperparameter type for rat"),
        ("rate=a", "Could not parse hparam 'rate' of type 'float' with value 'a' in rate=a"),
        ("steps=1.5", "Could not parse hparam 'steps' of type 'int'"),
        ("deep=maybe", "Could not parse hparam 'deep' of type 'bool'"),
        ("rate", "Malformed hyperparameter value: rate"),
        ("rate=1,=", "Malformed hyperparameter value: ="),
        ("rate=[1]", "Must not pass a list for single-valued parameter: rate"),
        ("layers=1", "Must pass a list for multi-valued parameter: layers"),
        ("layers[2]=1", "has 2 values, and no place 2"),
        ("rate[0]=1", "rate is no list"),
    ],
)
def test_a_text_that_says_something_else_is_refused(text, match):
    with pytest.raises(ValueError, match=match):
        hparams().parse(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [("rate", "1"), ("steps", 1.5), ("steps", True), ("deep", 1), ("name", 1), ("layers", [1.5])],
)
def test_a_value_keeps_its_type(name, value):
    with pytest.raises(ValueError, match=f"Could not cast hparam '{name}'"):
        hparams().set_hparam(name, value)


def test_values_are_set_got_and_removed():
    found = hparams()
    found.override_from_dict({"rate": 2, "layers": [1], "nothing": 5})
    assert (found.rate, found.layers, found.nothing) == (2.0, [1], 5)
    assert (found.get("rate"), found.get("other"), found.get("other", 3)) == (2.0, None, 3)
    assert found.get("rate", 1.0) == 2.0
    with pytest.raises(ValueError, match="layers is a list"):
        found.get("layers", 1)
    found.del_hparam("rate")
    found.del_hparam("rate")
    assert "rate" not in found
    with pytest.raises(
        AttributeError, match=r"no hyperparameter 'rate'. Those that there are: deep"
    ):
        found.rate  # noqa: B018
    with pytest.raises(KeyError, match="rate: there is no such hyperparameter"):
        found.set_hparam("rate", 1.0)
    found.set_model_structure("m")
    assert found.get_model_structure() == "m"


@pytest.mark.parametrize(
    ("name", "match"), [("rate", "name is reserved: rate"), ("parse", "name is reserved: parse")]
)
def test_a_name_is_given_once(name, match):
    with pytest.raises(ValueError, match=match):
        hparams().add_hparam(name, 1)


def test_no_list_is_empty_and_no_protocol_buffer_is_read():
    with pytest.raises(ValueError, match="Multi-valued hyperparameters cannot be empty: a"):
        HParams(a=[])
    with pytest.raises(ValueError, match="not made of a protocol buffer"):
        HParams(object())


def test_they_are_written_and_read():
    found = hparams()
    found.add_hparam("function", len)
    text = found.to_json(sort_keys=True)
    assert text.startswith('{"deep": true, "layers": [4, 2]')
    other = hparams().parse_json('{"rate": 7, "name": "z"}')
    assert (other.rate, other.name) == (7.0, "z")
    for twin in (copy.deepcopy(other), pickle.loads(pickle.dumps(other))):
        assert repr(twin) == repr(other)
    assert str(HParams(b=1, a="x")) == "[('a', 'x'), ('b', 1)]"
