"""Graphs of TensorFlow without their source: .meta files, frozen graphs and SavedModels as trainable modules.

It needs the extra `checkpoint`: ``pip install 'torchscope[checkpoint]'``.
"""

# What is missing is named there.
import torchscope.checkpoint as _checkpoint  # noqa: F401
from torchscope.graphs.describing import describe
from torchscope.graphs.descriptions import GraphDescription
from torchscope.graphs.errors import GraphError
from torchscope.graphs.importing import import_graph_def, import_meta_graph, load_saved_model
from torchscope.graphs.module import ImportedGraph

__all__ = [
    "GraphDescription",
    "GraphError",
    "ImportedGraph",
    "describe",
    "import_graph_def",
    "import_meta_graph",
    "load_saved_model",
]


def __dir__() -> list[str]:
    return __all__
