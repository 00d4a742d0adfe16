"""Runs generated programs for as long as one likes: ``python tests/oracle/fuzz.py --minutes 30``.

Where TensorFlow and torchscope disagree it prints the smallest program that it can find.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from hypothesis import HealthCheck, given, settings
from tqdm import tqdm

from oracle.programs import PROGRAMS
from oracle.test_programs import Checked

BATCH = 500


def main() -> None:
    """Draws programs, a batch at a time, until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    end = time.monotonic() + 60 * parser.parse_args().minutes
    start = time.monotonic()
    checked = Checked()
    with tqdm(unit=" programs") as progress:

        @settings(
            max_examples=BATCH,
            deadline=None,
            derandomize=False,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(PROGRAMS)
        def run(program: object) -> None:
            checked(program)
            progress.update(len(checked) - progress.n)

        while time.monotonic() < end:
            run()
        rate = progress.n / (time.monotonic() - start)
    print(f"{progress.n} different programs agree, {rate:.0f} a second.")


if __name__ == "__main__":
    main()
