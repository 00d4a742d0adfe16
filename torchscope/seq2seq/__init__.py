"""Decoders that write sequences: helpers, attention and beam search (tf.contrib.seq2seq)."""

from torchscope.seq2seq.attention import AttentionMechanism as AttentionMechanism
from torchscope.seq2seq.attention import BahdanauAttention as BahdanauAttention
from torchscope.seq2seq.attention import LuongAttention as LuongAttention
from torchscope.seq2seq.attention import hardmax as hardmax
from torchscope.seq2seq.attention_wrapper import AttentionWrapper as AttentionWrapper
from torchscope.seq2seq.attention_wrapper import AttentionWrapperState as AttentionWrapperState
from torchscope.seq2seq.basic_decoder import BasicDecoder as BasicDecoder
from torchscope.seq2seq.basic_decoder import BasicDecoderOutput as BasicDecoderOutput
from torchscope.seq2seq.beam_search import BeamSearchDecoder as BeamSearchDecoder
from torchscope.seq2seq.beam_search import BeamSearchDecoderOutput as BeamSearchDecoderOutput
from torchscope.seq2seq.beam_search import BeamSearchDecoderState as BeamSearchDecoderState
from torchscope.seq2seq.beam_search import (
    FinalBeamSearchDecoderOutput as FinalBeamSearchDecoderOutput,
)
from torchscope.seq2seq.beam_trees import gather_tree as gather_tree
from torchscope.seq2seq.beam_trees import gather_tree_from_array as gather_tree_from_array
from torchscope.seq2seq.beam_trees import tile_batch as tile_batch
from torchscope.seq2seq.decoding import Decoder as Decoder
from torchscope.seq2seq.decoding import dynamic_decode as dynamic_decode
from torchscope.seq2seq.helpers import CustomHelper as CustomHelper
from torchscope.seq2seq.helpers import Helper as Helper
from torchscope.seq2seq.helpers import TrainingHelper as TrainingHelper
from torchscope.seq2seq.inference import GreedyEmbeddingHelper as GreedyEmbeddingHelper
from torchscope.seq2seq.inference import InferenceHelper as InferenceHelper
from torchscope.seq2seq.inference import SampleEmbeddingHelper as SampleEmbeddingHelper
from torchscope.seq2seq.loss import sequence_loss as sequence_loss
from torchscope.seq2seq.monotonic import BahdanauMonotonicAttention as BahdanauMonotonicAttention
from torchscope.seq2seq.monotonic import LuongMonotonicAttention as LuongMonotonicAttention
from torchscope.seq2seq.monotonic import monotonic_attention as monotonic_attention
from torchscope.seq2seq.monotonic import safe_cumprod as safe_cumprod
from torchscope.seq2seq.scheduled import (
    ScheduledEmbeddingTrainingHelper as ScheduledEmbeddingTrainingHelper,
)
from torchscope.seq2seq.scheduled import (
    ScheduledOutputTrainingHelper as ScheduledOutputTrainingHelper,
)
