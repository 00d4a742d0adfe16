"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.store.tree import (
    Computed,
    Place,
    ScopeModule,
    find_scope,
    free_place,
    holds,
    is_taken,
    leaf_places,
    make_scope,
    move_scope,
    prune,
    prune_path,
    put,
    rename,
    walk,
)
