"""The models that are compared: see the files beside this one, a package each."""

from packages import (
    models_bert,
    models_gpt2,
    models_magenta,
    models_opennmt,
    models_sonnet,
    models_stable_baselines,
    models_tensor2tensor,
    models_tensornets,
    models_tensorpack,
)

MODELS = [
    *models_bert.MODELS,
    *models_gpt2.MODELS,
    *models_magenta.MODELS,
    *models_opennmt.MODELS,
    *models_sonnet.MODELS,
    *models_stable_baselines.MODELS,
    *models_tensor2tensor.MODELS,
    *models_tensornets.MODELS,
    *models_tensorpack.MODELS,
]
