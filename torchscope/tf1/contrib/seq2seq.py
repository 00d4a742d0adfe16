"""tf.contrib.seq2seq: decoders that write sequences, attention and beam search."""

from torchscope.seq2seq import AttentionMechanism as AttentionMechanism
from torchscope.seq2seq import AttentionWrapper as AttentionWrapper
from torchscope.seq2seq import AttentionWrapperState as AttentionWrapperState
from torchscope.seq2seq import BahdanauAttention as BahdanauAttention
from torchscope.seq2seq import BahdanauMonotonicAttention as BahdanauMonotonicAttention
from torchscope.seq2seq import BasicDecoder as BasicDecoder
from torchscope.seq2seq import BasicDecoderOutput as BasicDecoderOutput
from torchscope.seq2seq import BeamSearchDecoder as BeamSearchDecoder
from torchscope.seq2seq import BeamSearchDecoderOutput as BeamSearchDecoderOutput
from torchscope.seq2seq import BeamSearchDecoderState as BeamSearchDecoderState
from torchscope.seq2seq import CustomHelper as CustomHelper
from torchscope.seq2seq import Decoder as Decoder
from torchscope.seq2seq import FinalBeamSearchDecoderOutput as FinalBeamSearchDecoderOutput
from torchscope.seq2seq import GreedyEmbeddingHelper as GreedyEmbeddingHelper
from torchscope.seq2seq import Helper as Helper
from torchscope.seq2seq import InferenceHelper as InferenceHelper
from torchscope.seq2seq import LuongAttention as LuongAttention
from torchscope.seq2seq import LuongMonotonicAttention as LuongMonotonicAttention
from torchscope.seq2seq import SampleEmbeddingHelper as SampleEmbeddingHelper
from torchscope.seq2seq import ScheduledEmbeddingTrainingHelper as ScheduledEmbeddingTrainingHelper
from torchscope.seq2seq import ScheduledOutputTrainingHelper as ScheduledOutputTrainingHelper
from torchscope.seq2seq import TrainingHelper as TrainingHelper
from torchscope.seq2seq import dynamic_decode as dynamic_decode
from torchscope.seq2seq import gather_tree as gather_tree
from torchscope.seq2seq import gather_tree_from_array as gather_tree_from_array
from torchscope.seq2seq import hardmax as hardmax
from torchscope.seq2seq import monotonic_attention as monotonic_attention
from torchscope.seq2seq import safe_cumprod as safe_cumprod
from torchscope.seq2seq import sequence_loss as sequence_loss
from torchscope.seq2seq import tile_batch as tile_batch

# What others derive from, or call, under TF1's private names.
from torchscope.seq2seq.attention import _bahdanau_score as _bahdanau_score
from torchscope.seq2seq.attention import _BaseAttentionMechanism as _BaseAttentionMechanism
from torchscope.seq2seq.attention import _luong_score as _luong_score
from torchscope.seq2seq.attention import _maybe_mask_score as _maybe_mask_score
from torchscope.seq2seq.attention import _prepare_memory as _prepare_memory
from torchscope.seq2seq.attention_wrapper import _compute_attention as _compute_attention
from torchscope.seq2seq.monotonic import (
    _BaseMonotonicAttentionMechanism as _BaseMonotonicAttentionMechanism,
)
from torchscope.seq2seq.monotonic import _monotonic_probability_fn as _monotonic_probability_fn
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
