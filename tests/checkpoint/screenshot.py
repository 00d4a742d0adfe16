"""Draws docs/checkpoint_report.png: ``python tests/checkpoint/screenshot.py [file] [light|dark]``.

It shows a classifier made of a language model against the checkpoint of that model.
"""

import sys
import tempfile
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import browser

from torchscope.checkpoint.inspecting.report import report

HIDDEN, LAYERS, WORDS = 768, 12, 30522


def dense(scope, inputs, outputs):
    return {f"{scope}/kernel": (inputs, outputs), f"{scope}/bias": (outputs,)}


def norm(scope):
    return {f"{scope}/gamma": (HIDDEN,), f"{scope}/beta": (HIDDEN,)}


def encoder():
    shapes = {
        "bert/embeddings/word_embeddings": (WORDS, HIDDEN),
        "bert/embeddings/position_embeddings": (512, HIDDEN),
        "bert/embeddings/token_type_embeddings": (2, HIDDEN),
        **norm("bert/embeddings/LayerNorm"),
        **dense("bert/pooler/dense", HIDDEN, HIDDEN),
    }
    for layer in range(LAYERS):
        scope = f"bert/encoder/layer_{layer}"
        for part in ("query", "key", "value"):
            shapes |= dense(f"{scope}/attention/self/{part}", HIDDEN, HIDDEN)
        shapes |= dense(f"{scope}/attention/output/dense", HIDDEN, HIDDEN)
        shapes |= norm(f"{scope}/attention/output/LayerNorm")
        shapes |= dense(f"{scope}/intermediate/dense", HIDDEN, 4 * HIDDEN)
        shapes |= dense(f"{scope}/output/dense", 4 * HIDDEN, HIDDEN)
        shapes |= norm(f"{scope}/output/LayerNorm")
    return shapes


def model_and_checkpoint():
    """Variables without values: only what describes them is drawn."""
    model = encoder() | dense("classifier", HIDDEN, 2)
    model["bert/embeddings/position_embeddings"] = (1024, HIDDEN)
    checkpoint = encoder() | dense("cls/predictions/transform/dense", HIDDEN, HIDDEN)
    checkpoint |= {"cls/seq_relationship/output_weights": (2, HIDDEN), "global_step": ()}
    for layer in (10, 11):
        scope = f"bert/encoder/layer_{layer}/intermediate/dense"
        checkpoint[f"{scope}/weights"] = checkpoint.pop(f"{scope}/kernel")
    other = {"global_step": torch.int64, "bert/embeddings/token_type_embeddings": torch.float16}
    return (
        {
            name: torch.empty(shape, device="meta", dtype=dtypes.get(name))
            for name, shape in shapes.items()
        }
        for shapes, dtypes in ((model, {}), (checkpoint, other))
    )


def main(file="docs/checkpoint_report.png", colours="light"):
    titles = ("BertClassifier", "uncased_L-12_H-768_A-12/bert_model.ckpt")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        report(*model_and_checkpoint(), path, titles=titles)
        size = {"width": 1320, "height": 780}
        with browser(color_scheme=colours, viewport=size) as context:
            page = context.new_page()
            page.goto(path.as_uri())
            page.keyboard.press("/")
            page.keyboard.press("Escape")
            page.locator("[role=treeitem]", has_text="likely …/weights").first.click()
            page.screenshot(path=file)


if __name__ == "__main__":
    main(*sys.argv[1:])
