"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.store.records import FirstValues, Initial, Kind, Record, Unpicklable, is_ours
