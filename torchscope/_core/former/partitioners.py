"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.values.partitioners import (
    PartitionedVariable,
    PartitionInfo,
    fixed_size_partitioner,
    min_max_variable_partitioner,
    partitions_of,
    pieces_of,
    variable_axis_size_partitioner,
)
