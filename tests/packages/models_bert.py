"""bert-tensorflow: BertModel."""

import numpy as np

from packages.model import Model, numbers


def bert(training=False, one_hot=False, mask=True, output="pooled"):
    def build(modeling, tf, ids, present, types):
        config = modeling.BertConfig(
            vocab_size=50,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=16,
        )
        net = modeling.BertModel(
            config=config,
            is_training=training,
            input_ids=ids,
            input_mask=present if mask else None,
            token_type_ids=types,
            use_one_hot_embeddings=one_hot,
        )
        if output == "pooled":
            return net.get_pooled_output()
        return [
            net.get_sequence_output(),
            *net.get_all_encoder_layers(),
            net.get_embedding_output(),
        ]

    return build


_PRESENT = np.array([[1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1, 1]], np.int32)
_ARRAYS = (numbers(50, 2, 7), _PRESENT, numbers(2, 2, 7, seed=1))
MODELS = [
    Model("bert.modeling", "pooled output", bert(), _ARRAYS),
    Model("bert.modeling", "all layers", bert(output="all"), _ARRAYS),
    Model("bert.modeling", "one-hot embeddings, no mask", bert(one_hot=True, mask=False), _ARRAYS),
]
