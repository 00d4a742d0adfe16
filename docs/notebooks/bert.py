# %% [markdown]
# # BERT's own source, and a checkpoint of TensorFlow 1
#
# The files that Google released, with no line of them changed, and a checkpoint in TF1's format. TensorFlow is not
# needed: the import hook rewrites `bert/modeling.py` and `bert/tokenization.py` while Python imports them.
#
#     pip install 'torchscope[checkpoint,examples,scripts]'
#     pip install --no-deps bert-tensorflow==1.0.4
#
# `BERT_MODEL=uncased_L-12_H-768_A-12` takes one of the folders that Google gives out, with `bert_config.json`, `vocab.txt` and
# `bert_model.ckpt`. Without it the notebook makes such a folder, of a small net whose values are random: what it says of
# words then tells nothing, and so does the plot on the site. `BERT_SOURCE` is a folder with the package, where it is not installed.

# %%
import json
import os
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import torch

import torchscope as ts
import torchscope.tf1 as tf
from torchscope.checkpoint import Saver, load_checkpoint, restore
from torchscope.port import importing

torch.manual_seed(0)
source = os.environ.get("BERT_SOURCE")
with importing(source) if source else importing(packages=["bert"]):
    from bert import modeling, tokenization
# The tokenizer has a flag, which a program's own command line would have set.
tf.flags.FLAGS(sys.argv[:1])

# %% [markdown]
# ## The net
#
# `BertModel` asks for its variables when it is made, so it is made in the function. What the function gives is for each
# sentence a vector for each of its words, from each layer.


# %%
def layers_of(config):
    def layers(ids, mask):
        model = modeling.BertModel(config, is_training=False, input_ids=ids, input_mask=mask)
        return model.get_all_encoder_layers()

    return layers


def built(config):
    ids = torch.ones(1, 8, dtype=torch.int32)
    return ts.build(ts.ScopedModule(layers_of(config)), ids, torch.ones_like(ids))


# %% [markdown]
# ## The checkpoint

# %%
model = Path(os.environ.get("BERT_MODEL") or tempfile.mkdtemp())
sentences = ["the river bank", "the bank of the river", "a bank for money", "money in the bank"]
if not os.environ.get("BERT_MODEL"):
    words = sorted({word for sentence in sentences for word in sentence.split()})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    sizes = {"hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4}
    sizes |= {
        "vocab_size": len(vocabulary),
        "intermediate_size": 128,
        "max_position_embeddings": 64,
    }
    (model / "vocab.txt").write_text("\n".join(vocabulary))
    (model / "bert_config.json").write_text(json.dumps(sizes))
    Saver().save(built(modeling.BertConfig.from_dict(sizes)), str(model / "bert_model.ckpt"))

checkpoint = load_checkpoint(str(model / "bert_model.ckpt"))
for name in list(checkpoint)[:6]:
    print(name, list(checkpoint.shapes[name]))
print(f"and {len(checkpoint) - 6} more")

# %% [markdown]
# The net has the same names, since the same source has made them. A name that the checkpoint lacks would be an error.

# %%
net = built(modeling.BertConfig.from_json_file(str(model / "bert_config.json")))
print(restore(net, str(model / "bert_model.ckpt")))
for name, variable in net.registry.variables.items():
    assert torch.equal(variable, checkpoint[name])

# %% [markdown]
# ## One word in four sentences
#
# How much alike are the vectors of "bank"? Before the first layer nothing but the place of the word tells them apart; later
# ones have read the sentence.

# %%
tokenizer = tokenization.FullTokenizer(str(model / "vocab.txt"))
rows = [["[CLS]", *tokenizer.tokenize(sentence), "[SEP]"] for sentence in sentences]
length = max(map(len, rows))
ids = torch.tensor(
    [tokenizer.convert_tokens_to_ids(row) + [0] * (length - len(row)) for row in rows],
    dtype=torch.int32,
)
places = torch.tensor([row.index("bank") for row in rows])
with torch.no_grad():
    layers = net(ids, (ids != 0).int())
vectors = [layer[torch.arange(len(rows)), places] for layer in layers]
alike = [torch.nn.functional.cosine_similarity(v[:, None], v[None], dim=-1) for v in vectors]

# %% How much alike the vectors of "bank" are, for each two of four sentences, after the first and the last layer
figure, (first, last) = plt.subplots(1, 2, figsize=(6, 2.5), layout="constrained", sharey=True)
numbered = [f"{sentence} ({n})" for n, sentence in enumerate(sentences, start=1)]
for axes, title, shown in ((first, "first layer", alike[0]), (last, "last layer", alike[-1])):
    image = axes.imshow(shown.numpy(), vmin=-1, vmax=1, cmap="RdBu")
    axes.set(title=title, xticks=range(4), yticks=range(4), yticklabels=numbered)
    axes.set_xticklabels(["(1)", "(2)", "(3)", "(4)"])
figure.colorbar(image, ax=[first, last], label="cosine")

# %% [markdown]
# [run_bert.py](../../examples/run_bert.py) goes on from here, and teaches the net with torch's AdamW. Which other packages run
# unchanged is in [ported.md](../ported.md).
