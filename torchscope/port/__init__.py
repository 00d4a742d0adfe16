"""Other people's TF1 code: rewritten as it is imported, or once and for all."""

from torchscope.port.engine import Rewritten, rewrite
from torchscope.port.hook import importing

__all__ = ["Rewritten", "importing", "rewrite"]


def __dir__() -> list[str]:
    return __all__
