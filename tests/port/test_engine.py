"""The rewriter as a whole: what it keeps, whatever it is given."""

import ast
import random
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchscope.port import rewrite
from torchscope.port.rules import RULES

MODEL = '''\
"""A model."""

from __future__ import division

import numpy as np
import tensorflow as tf   # the old one
from tensorflow.contrib import slim

def block(x,  # what comes in
          depth):
  n = x.get_shape(  # of the input
  ).as_list()[-1]
  s = (x +
       1).get_shape().as_list(
       )  # over three lines
  w = tf.Variable(
      tf.random_normal([n, depth]))
  x += tf.matmul(x, w)
  x -= (n
        + 1)
  for i in xrange(3):
      x = x[:, ::-1]
  return f"{x.get_shape()}", s, x
'''


def test_comments_formatting_and_numbers_of_lines_stay():
    result = rewrite(MODEL)
    old, new = MODEL.splitlines(), result.text.splitlines()
    assert len(new) == len(old)
    comments = [line.partition("#")[2] for line in old if "#" in line]
    assert [line.partition("#")[2] for line in new if "#" in line] == comments
    assert new[0] == old[0]
    assert new[3] == old[3]
    assert new[8] == old[8]
    assert new[old.index("  for i in xrange(3):")] == "  for i in range(3):"
    compile(result.text, "model.py", "exec")


def test_what_was_rewritten_stays():
    once = rewrite(MODEL).text
    assert rewrite(once).text == once


@given(st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_order_of_the_rules_does_not_matter(shuffled):
    rules = list(RULES)
    shuffled.shuffle(rules)
    assert rewrite(MODEL, rules=rules).text == rewrite(MODEL).text


def test_ends_of_lines_stay():
    text = MODEL.replace("\n", "\r\n")
    new = rewrite(text).text
    assert new.count("\r\n") == new.count("\n") == MODEL.count("\n")


def test_text_that_is_not_ascii_is_found_in_its_place():
    text = "import tensorflow as tf\nname = 'éß日本'; n = x.get_shape()[0].value; m = 'ü'\n"
    assert rewrite(text).text.splitlines()[1] == "name = 'éß日本'; n = x.shape[0]; m = 'ü'"


def test_what_stands_in_f_strings_is_rewritten():
    text = 'import tensorflow as tf\nraise ValueError(f"bad shape {x.get_shape()[0]} and {x.name!r}")\n'
    assert '{x.shape[0]} and {helpers.name(x)!r}"' in rewrite(text).text


def test_a_file_that_has_torchscope_beside_tensorflow_is_rewritten():
    text = "import tensorflow as tf\nimport torchscope as ts\n"
    assert rewrite(text).text == "import torchscope.tf1 as tf\nimport torchscope as ts\n"


def test_what_stands_in_an_f_string_of_several_lines_is_rewritten_or_noted():
    text = 'import tensorflow as tf\nsaid = (f"one "\n        f"two {x.get_shape()[0]} {y.name}")\n'
    result = rewrite(text)
    rewritten = "{x.shape[0]} {helpers.name(y)}" in result.text
    assert rewritten or [note.kind for note in result.notes] == ["f-string"]


_STDLIB = sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py"))
_FILES = random.Random(0).sample(
    [file for file in _STDLIB if "site-packages" not in file.parts], 300
)


@pytest.mark.parametrize("part", range(10))
def test_files_that_have_nothing_to_do_with_tensorflow_do_not_change_by_a_byte(part):
    for file in _FILES[part::10]:
        text = file.read_bytes().decode("latin-1")
        assert rewrite(text, str(file)).text == text


@given(st.sampled_from(_FILES), st.sampled_from(["tensorflow", "tf_slim", "tf"]), st.booleans())
@settings(max_examples=100)
def test_files_that_only_speak_of_tensorflow_do_not_change(file, word, crlf):
    try:
        text = file.read_text(encoding="utf-8")
        ast.parse(text)
    except (UnicodeDecodeError, SyntaxError, ValueError):
        return
    text = f"{text}\n# import {word}\n"
    text = text.replace("\n", "\r\n") if crlf else text
    assert rewrite(text, str(file)).text == text


@given(st.lists(st.sampled_from(_FILES), min_size=1, max_size=1))
@settings(max_examples=60)
def test_a_file_that_imports_tensorflow_keeps_its_lines_and_stays_python(files):
    try:
        text = files[0].read_text(encoding="utf-8")
        ast.parse(text)
    except (UnicodeDecodeError, SyntaxError, ValueError):
        return
    if "\f" in text or "from __future__" in text:
        return
    once = rewrite(f"import tensorflow as tf\n{text}").text
    ast.parse(once)
    assert once.count("\n") == text.count("\n") + 1
    assert rewrite(once).text == once


def test_python_2_becomes_python_3():
    text = (
        "import tensorflow as tf\n"
        "try:\n  print 'a', d.has_key(1)\nexcept ValueError, e:\n  raise\nfor k, v in d.iteritems(): pass\n"
    )
    result = rewrite(text)
    expected = (
        "import torchscope.tf1 as tf\n"
        "try:\n  print('a', 1 in d)\nexcept ValueError as e:\n  raise\nfor k, v in d.items(): pass\n"
    )
    assert result.text == expected
    assert result.rules["Python2"] == 1


def test_what_is_no_python_is_refused_with_its_line():
    with pytest.raises(SyntaxError, match="invalid syntax") as caught:
        rewrite("import tensorflow as tf\nx = = 1\n", "model.py")
    assert (caught.value.filename, caught.value.lineno) == ("model.py", 2)
