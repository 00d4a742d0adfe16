"""tf.contrib.seq2seq: decoders that write sequences, attention and beam search."""

from torchscope.seq2seq import (
    AttentionMechanism,
    AttentionWrapper,
    AttentionWrapperState,
    BahdanauAttention,
    BahdanauMonotonicAttention,
    BasicDecoder,
    BasicDecoderOutput,
    BeamSearchDecoder,
    BeamSearchDecoderOutput,
    BeamSearchDecoderState,
    CustomHelper,
    Decoder,
    FinalBeamSearchDecoderOutput,
    GreedyEmbeddingHelper,
    Helper,
    InferenceHelper,
    LuongAttention,
    LuongMonotonicAttention,
    SampleEmbeddingHelper,
    ScheduledEmbeddingTrainingHelper,
    ScheduledOutputTrainingHelper,
    TrainingHelper,
    dynamic_decode,
    gather_tree,
    gather_tree_from_array,
    hardmax,
    monotonic_attention,
    safe_cumprod,
    sequence_loss,
    tile_batch,
)

# What others derive from, or call, under TF1's private names.
from torchscope.seq2seq.attention import (
    _bahdanau_score,
    _BaseAttentionMechanism,
    _luong_score,
    _maybe_mask_score,
    _prepare_memory,
)
from torchscope.seq2seq.attention_wrapper import _compute_attention
from torchscope.seq2seq.monotonic import _BaseMonotonicAttentionMechanism, _monotonic_probability_fn
from torchscope.tf1.missing import missing as _missing

__all__ = [
    "AttentionMechanism",
    "AttentionWrapper",
    "AttentionWrapperState",
    "BahdanauAttention",
    "BahdanauMonotonicAttention",
    "BasicDecoder",
    "BasicDecoderOutput",
    "BeamSearchDecoder",
    "BeamSearchDecoderOutput",
    "BeamSearchDecoderState",
    "CustomHelper",
    "Decoder",
    "FinalBeamSearchDecoderOutput",
    "GreedyEmbeddingHelper",
    "Helper",
    "InferenceHelper",
    "LuongAttention",
    "LuongMonotonicAttention",
    "SampleEmbeddingHelper",
    "ScheduledEmbeddingTrainingHelper",
    "ScheduledOutputTrainingHelper",
    "TrainingHelper",
    "dynamic_decode",
    "gather_tree",
    "gather_tree_from_array",
    "hardmax",
    "monotonic_attention",
    "safe_cumprod",
    "sequence_loss",
    "tile_batch",
]


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
