"""The ranks of the other tests: one that hangs or fails is reported, and never waited for."""

import time

import pytest
import torch
from torch import distributed as dist

from distributed import ranks


def sums(rank, addend):
    value = torch.tensor(float(rank)) + addend
    dist.all_reduce(value)
    return rank, value.item()


def sleeps(rank):
    time.sleep(1000)


def fails(rank):
    if rank == 1:
        raise ValueError("rank 1 has had enough")
    dist.barrier()


def test_every_rank_gives_back_what_its_function_returned(tmp_path):
    assert ranks.run(sums, 2, tmp_path, 10.0) == [(0, 21.0), (1, 21.0)]


def test_a_rank_that_fails_is_reported_and_the_others_are_not_waited_for(tmp_path):
    begin = time.monotonic()
    with pytest.raises(pytest.fail.Exception, match="rank 1 has had enough"):
        ranks.run(fails, 2, tmp_path)
    assert time.monotonic() - begin < 200


def test_ranks_that_hang_are_killed_when_their_time_is_over(tmp_path):
    with pytest.raises(pytest.fail.Exception, match=r"limit 5 s\n--- rank 0, exit code -9"):
        ranks.run(sleeps, 1, tmp_path, limit=5)
