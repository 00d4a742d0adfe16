"""The models that are compared: see the files beside this one, a package each."""

from packages import (
    models_bert,
    models_gpt2,
    models_sonnet,
    models_tensornets,
    models_tensorpack,
)

MODELS = [
    *models_bert.MODELS,
    *models_gpt2.MODELS,
    *models_sonnet.MODELS,
    *models_tensornets.MODELS,
    *models_tensorpack.MODELS,
]
