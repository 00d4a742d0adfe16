"""What a file may cost, whatever it says: so many bytes of memory for each byte that it has.

A file of kilobytes can say that it has millions of names, or a list that is in itself, a hundred
times over. So whatever is made of what a file says is paid for before it is made, out of a sum that
depends on nothing but the file's own size. What is cheap to hold and slow to make has a price that
stands for its time. The sum is generous: what TensorFlow and numpy write takes a small part of it.

The values of a tensor are not paid for. Whoever asks for one knows its size, and takes it.
"""

from __future__ import annotations

from torchscope.checkpoint.errors import CheckpointError

ALWAYS = 32 << 20
"""What any file may cost, in bytes."""

TIMES = 128
"""What it may cost beyond, for each byte that it has."""


class Budget:
    """What may still be made of what a file says.

    >>> budget = Budget(10, "m.index")
    >>> budget.spend(1000)
    >>> budget.spend(1 << 30)
    Traceback (most recent call last):
    torchscope.checkpoint.errors.CheckpointError: The file has 10 bytes, and what it says would take more than 32 MB to hold. It is damaged, or was made to do harm. (m.index)

    Args:
        size: how many bytes the file has.
        file: the file, for the error.
    """

    left: int

    def __init__(self, size: int, file: str) -> None:
        self.left = ALWAYS + TIMES * size
        self._size = size
        self._file = file

    def spend(self, cost: int) -> None:
        """Takes some bytes of what is left.

        Raises:
            CheckpointError: there are not so many left.
        """
        self.left -= cost
        if self.left < 0:
            raise self.spent()

    def spent(self) -> CheckpointError:
        """The error of a file that costs too much."""
        return CheckpointError(
            f"The file has {self._size} bytes, and what it says would take more than"
            f" {(ALWAYS + TIMES * self._size) >> 20} MB to hold. It is damaged, or was made to do"
            " harm.",
            self._file,
        )
