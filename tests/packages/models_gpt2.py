"""gpt-2-simple: the model, and sampling from it."""

from packages.model import Model, numbers


def _hparams(model):
    hparams = model.default_hparams()
    hparams.override_from_dict(
        {"n_vocab": 40, "n_ctx": 16, "n_embd": 32, "n_head": 4, "n_layer": 2}
    )
    return hparams


def logits(model, tf, tokens):
    return model.model(hparams=_hparams(model), X=tokens)["logits"]


def with_the_past(model, tf, tokens, more):
    past = model.model(hparams=_hparams(model), X=tokens)["present"]
    return list(model.model(hparams=_hparams(model), X=more, past=past, reuse=True).values())


def sampled(sample, tf, tokens):
    return sample.sample_sequence(
        hparams=_hparams(sample.model),
        length=5,
        context=tokens,
        batch_size=2,
        temperature=1.0,
        top_k=1,
    )


_TOKENS = numbers(40, 2, 6)
MODELS = [
    Model("gpt_2_simple.src.model", "logits", logits, (_TOKENS,)),
    Model(
        "gpt_2_simple.src.model",
        "with the past",
        with_the_past,
        (_TOKENS, numbers(40, 2, 2, seed=3)),
    ),
    Model(
        "gpt_2_simple.src.sample",
        "sample_sequence",
        sampled,
        (_TOKENS,),
        compiled=False,
        differentiated=False,
    ),
]
