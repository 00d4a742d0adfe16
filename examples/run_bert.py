"""BERT from the files that Google released for TensorFlow 1, as they are: a sentence in, a vector out, then fine-tuned.

    pip install --no-deps bert-tensorflow==1.0.4
    python examples/run_bert.py

TensorFlow need not be installed: the import hook rewrites bert/modeling.py and bert/tokenization.py while
Python imports them. Without a checkpoint the net is small and its weights are random; with one it is
Google's:

    python examples/run_bert.py --model uncased_L-12_H-768_A-12

The folder is one of those that Google gives out, with bert_config.json, vocab.txt and bert_model.ckpt. A few
steps of torch's AdamW then teach the net which sentences are friendly; the run fails if they do not.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from tqdm import trange

import torchscope as ts
import torchscope.tf1 as tf
from torchscope.port import importing

FRIENDLY = (
    "what a lovely day",
    "i like this book very much",
    "the food was good and warm",
    "she sang a lovely song",
    "this is a very good idea",
    "i like the warm sun",
)
UNFRIENDLY = (
    "what an awful day",
    "i hate this book very much",
    "the food was bad and cold",
    "he sang an awful song",
    "this is a very bad idea",
    "i hate the cold rain",
)
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LENGTH = 12


def load_bert(source: Path | None) -> tuple[Any, Any]:
    """BERT's model and its tokenizer, rewritten while they are imported."""
    if source is None and importlib.util.find_spec("bert") is None:
        sys.exit("BERT's files are missing: pip install --no-deps bert-tensorflow==1.0.4")
    with importing(source) if source else importing(packages=["bert"]):
        from bert import modeling, tokenization  # noqa: PLC0415 - inside of the block, or nothing is rewritten
    # The tokenizer has a flag, which a program's own command line would have set.
    tf.flags.FLAGS(sys.argv[:1])
    return modeling, tokenization


def small(modeling: Any, words: int) -> Any:
    """A net that trains in seconds."""
    return modeling.BertConfig(
        vocab_size=words,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=64,
    )


class Friendly(torch.nn.Module):
    """BERT with two outputs: how unfriendly a sentence is, and how friendly."""

    def __init__(self, modeling: Any, config: Any) -> None:
        super().__init__()
        self.modeling, self.config = modeling, config
        ts.ScopedParameterRegistry(
            self, entries=["forward", "embed"], reuse_from_earlier_passes=True
        )

    def embed(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The pooled output, of shape (sentences, hidden size)."""
        model = self.modeling.BertModel(
            config=self.config, is_training=self.training, input_ids=ids, input_mask=mask
        )
        pooled: torch.Tensor = model.get_pooled_output()
        return pooled

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits of shape (sentences, 2)."""
        logits: torch.Tensor = tf.layers.dense(self.embed(ids, mask), 2, name="friendly")
        return logits


def tokens(
    tokenizer: Any, sentences: tuple[str, ...], device: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """The ids of sentences, of shape (sentences, length), and where there are any."""
    rows, masks = [], []
    for sentence in sentences:
        words = ["[CLS]", *tokenizer.tokenize(sentence)[: LENGTH - 2], "[SEP]"]
        ids = tokenizer.convert_tokens_to_ids(words)
        rows.append(ids + [0] * (LENGTH - len(ids)))
        masks.append([1] * len(ids) + [0] * (LENGTH - len(ids)))
    return (
        torch.tensor(rows, dtype=torch.int32, device=device),
        torch.tensor(masks, dtype=torch.int32, device=device),
    )


def fine_tune(
    net: Friendly,
    ids: torch.Tensor,
    mask: torch.Tensor,
    labels: torch.Tensor,
    rate: float,
    steps: int,
) -> None:
    """Teaches the net, and says what it has learned."""
    net.train()
    optimizer = torch.optim.AdamW(net.parameters(), rate)
    losses = []
    for _ in trange(steps, desc="fine-tuning", leave=False, disable=None):
        loss = torch.nn.functional.cross_entropy(net(ids, mask), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        right = (net(ids, mask).argmax(1) == labels).float().mean().item()
    print(
        f"loss {losses[0]:.3f} -> {losses[-1]:.3f}, {right:.0%} of {len(labels)} sentences as they are meant"
    )
    if losses[-1] >= losses[0]:
        sys.exit("the loss has not fallen")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--source", type=Path, help="a folder with the package bert; the installed one by default"
    )
    parser.add_argument(
        "--model", type=Path, help="a folder with bert_config.json, vocab.txt, bert_model.ckpt"
    )
    parser.add_argument("--sentence", default="what a good song", help="what is embedded")
    parser.add_argument(
        "--steps", type=int, default=40, help="steps of fine-tuning; 0 leaves it out"
    )
    parser.add_argument("--rate", type=float, help="the learning rate; 2e-5 with a checkpoint")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    modeling, tokenization = load_bert(arguments.source)
    sentences = FRIENDLY + UNFRIENDLY
    if arguments.model:
        tokenizer = tokenization.FullTokenizer(str(arguments.model / "vocab.txt"))
        config = modeling.BertConfig.from_json_file(str(arguments.model / "bert_config.json"))
    else:
        words = sorted({word for sentence in sentences for word in sentence.split()})
        with tempfile.TemporaryDirectory() as folder:
            vocabulary = Path(folder, "vocab.txt")
            vocabulary.write_text("\n".join((*SPECIAL, *words)))
            tokenizer = tokenization.FullTokenizer(str(vocabulary))
        config = small(modeling, len(SPECIAL) + len(words))

    net = Friendly(modeling, config).to(arguments.device)
    ids, mask = tokens(tokenizer, sentences, arguments.device)
    labels = torch.tensor([1] * len(FRIENDLY) + [0] * len(UNFRIENDLY), device=arguments.device)
    ts.build(net, ids, mask)
    if arguments.model:
        from torchscope.checkpoint import restore  # noqa: PLC0415 - an extra that only a checkpoint needs

        report = restore(net, str(arguments.model / "bert_model.ckpt"), strict=False)
        print(f"restored from {arguments.model}: {report}")

    net.eval()
    with torch.no_grad():
        pooled = net.embed(*tokens(tokenizer, (arguments.sentence,), arguments.device))
    shown = ", ".join(f"{number:.4f}" for number in pooled[0, :4].tolist())
    print(f"{arguments.sentence!r}: {tuple(pooled.shape)} [{shown}, ...]")

    if not arguments.steps:
        return
    rate = arguments.rate or (2e-5 if arguments.model else 1e-3)
    fine_tune(net, ids, mask, labels, rate, arguments.steps)


if __name__ == "__main__":
    main()
