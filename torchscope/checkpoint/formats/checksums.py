"""The checksums in TensorFlow's files: CRC-32C, turned so that it can be stored beside its data.

The checksum of data that holds its own checksum would be weak; hence the turn, called masking.
"""

from __future__ import annotations

from typing import Any

from crc32c import crc32c

_DELTA = 0xA282EAD8
_ALL = 0xFFFFFFFF


def mask(crc: int) -> int:
    """A CRC-32C as it is stored.

    >>> hex(mask(0x12345678))
    '0x4f730f40'
    """
    return ((crc >> 15 | crc << 17) + _DELTA) & _ALL


def unmask(stored: int) -> int:
    """The CRC-32C that a stored number stands for; the inverse of `mask`.

    >>> unmask(mask(7))
    7
    """
    turned = (stored - _DELTA) & _ALL
    return (turned >> 17 | turned << 15) & _ALL


def masked_crc(data: Any, crc: int = 0) -> int:
    """The stored form of the CRC-32C of some bytes, or of those that come after `crc`."""
    return mask(crc32c(data, crc))
