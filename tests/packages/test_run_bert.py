"""examples/run_bert.py: with random weights, and with a checkpoint that TensorFlow wrote."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from packages.both import ROOT, quiet, theirs
from tests.tensorflow1 import tf

EXAMPLE = Path(__file__).parents[2] / "examples" / "run_bert.py"
CONFIG = {
    "vocab_size": 12,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 16,
}
WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "a",
    "good",
    "bad",
    "day",
    "song",
    "what",
    "very",
]


def run(*arguments):
    command = [sys.executable, str(EXAMPLE), "--source", str(ROOT), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_learns_from_random_weights():
    printed = run("--steps", 15)
    before, after = map(float, re.search(r"loss (\S+) -> (\S+),", printed).groups())
    assert after < before
    assert "(1, 64)" in printed


def test_a_sentence_gives_what_it_gives_in_tensorflow(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS))
    (tmp_path / "bert_config.json").write_text(json.dumps(CONFIG))
    modeling = theirs("bert.modeling")
    ids = [WORDS.index(word) for word in ("[CLS]", "what", "a", "good", "song", "[SEP]")]
    row = np.array([ids + [0] * 6], np.int32)
    with tf.Graph().as_default(), quiet(), tf.Session() as session:
        config = modeling.BertConfig.from_dict(CONFIG)
        model = modeling.BertModel(
            config, False, tf.constant(row), tf.constant((np.arange(12) < 6)[None].astype(np.int32))
        )
        session.run(tf.global_variables_initializer())
        expected = session.run(model.get_pooled_output())
        tf.train.Saver().save(session, str(tmp_path / "bert_model.ckpt"))
    printed = run("--model", tmp_path, "--sentence", "What a good song", "--steps", 0)
    numbers = [float(each) for each in re.search(r"\[(.*), \.\.\.\]", printed)[1].split(", ")]
    np.testing.assert_allclose(numbers, expected[0, :4], atol=1e-4)
