"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.store.variable_store import ValueOf
from torchscope._core.store.variable_store import VariableStore as Catalogue
