"""The notebook of BERT runs: with a checkpoint of its own, and with one that TensorFlow wrote."""

import json

from packages.both import quiet, theirs
from tests.project.notebooks import ENVIRONMENT, NOTEBOOKS, recorded, run, without_numbers
from tests.tensorflow1 import tf

VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "a",
    "bank",
    "for",
    "in",
    "money",
    "of",
    "river",
    "the",
]
CONFIG = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 16,
}


def test_it_makes_a_checkpoint_where_it_has_none(tmp_path):
    outputs = run("bert", tmp_path, **ENVIRONMENT)
    record = recorded(NOTEBOOKS / "bert.py")["cells"]
    assert without_numbers(outputs) == without_numbers(record), "`make notebooks` records it anew"


def test_it_takes_what_tensorflow_wrote(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY))
    (tmp_path / "bert_config.json").write_text(json.dumps(CONFIG))
    modeling = theirs("bert.modeling")
    with tf.Graph().as_default(), quiet(), tf.Session() as session:
        modeling.BertModel(modeling.BertConfig.from_dict(CONFIG), False, tf.ones([1, 4], tf.int32))
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, str(tmp_path / "bert_model.ckpt"))
    outputs = run("bert", tmp_path, **(ENVIRONMENT | {"BERT_MODEL": str(tmp_path)}))
    assert ["Restored(39 matched)"] in [output["printed"] for output in outputs.values()]
