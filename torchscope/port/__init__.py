"""Other people's TF1 code: rewritten as it is imported, or once and for all."""

from torchscope.port.engine import Rewritten as Rewritten
from torchscope.port.engine import rewrite as rewrite
from torchscope.port.hook import importing as importing
