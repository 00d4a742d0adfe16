"""tf.contrib.legacy_seq2seq: decoders that take lists of steps."""

from torchscope.legacy_seq2seq import attention_decoder as attention_decoder
from torchscope.legacy_seq2seq import basic_rnn_seq2seq as basic_rnn_seq2seq
from torchscope.legacy_seq2seq import embedding_attention_decoder as embedding_attention_decoder
from torchscope.legacy_seq2seq import embedding_attention_seq2seq as embedding_attention_seq2seq
from torchscope.legacy_seq2seq import embedding_rnn_decoder as embedding_rnn_decoder
from torchscope.legacy_seq2seq import embedding_rnn_seq2seq as embedding_rnn_seq2seq
from torchscope.legacy_seq2seq import embedding_tied_rnn_seq2seq as embedding_tied_rnn_seq2seq
from torchscope.legacy_seq2seq import model_with_buckets as model_with_buckets
from torchscope.legacy_seq2seq import one2many_rnn_seq2seq as one2many_rnn_seq2seq
from torchscope.legacy_seq2seq import rnn_decoder as rnn_decoder
from torchscope.legacy_seq2seq import sequence_loss as sequence_loss
from torchscope.legacy_seq2seq import sequence_loss_by_example as sequence_loss_by_example
from torchscope.legacy_seq2seq import tied_rnn_seq2seq as tied_rnn_seq2seq
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
