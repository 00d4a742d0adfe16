"""Decoders that write sequences: helpers, attention and beam search (tf.contrib.seq2seq)."""

from torchscope.seq2seq import legacy
from torchscope.seq2seq.attention import (
    AttentionMechanism,
    BahdanauAttention,
    LuongAttention,
    hardmax,
)
from torchscope.seq2seq.attention_wrapper import AttentionWrapper, AttentionWrapperState
from torchscope.seq2seq.basic_decoder import BasicDecoder, BasicDecoderOutput
from torchscope.seq2seq.beam_search import (
    BeamSearchDecoder,
    BeamSearchDecoderOutput,
    BeamSearchDecoderState,
    FinalBeamSearchDecoderOutput,
)
from torchscope.seq2seq.beam_trees import gather_tree, gather_tree_from_array, tile_batch
from torchscope.seq2seq.decoding import Decoder, dynamic_decode
from torchscope.seq2seq.helpers import CustomHelper, Helper, TrainingHelper
from torchscope.seq2seq.inference import (
    GreedyEmbeddingHelper,
    InferenceHelper,
    SampleEmbeddingHelper,
)
from torchscope.seq2seq.loss import sequence_loss
from torchscope.seq2seq.monotonic import (
    BahdanauMonotonicAttention,
    LuongMonotonicAttention,
    monotonic_attention,
    safe_cumprod,
)
from torchscope.seq2seq.scheduled import (
    ScheduledEmbeddingTrainingHelper,
    ScheduledOutputTrainingHelper,
)

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
    "legacy",
    "monotonic_attention",
    "safe_cumprod",
    "sequence_loss",
    "tile_batch",
]


def __dir__() -> list[str]:
    return __all__
