"""TensorFlow's registry: all types of nodes that it knows, with their arguments and attributes."""

from typing import Any

from tests.tensorflow1 import tf


def _registry() -> dict[str, Any]:
    tf.constant  # noqa: B018 - imports it
    from tensorflow.core.framework import op_def_pb2  # noqa: PLC0415
    from tensorflow.python.client import pywrap_tf_session  # noqa: PLC0415

    listed = op_def_pb2.OpList()
    listed.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    return {each.name: each for each in listed.op}


REGISTRY = _registry()
