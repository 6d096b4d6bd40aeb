"""Chance that anybody can repeat: a keyed hash in place of a random generator.

The same key and subject always give the same roll, in every process and on every machine, whatever was rolled before.
"""

import hashlib
from typing import Final

__all__ = ["key_of", "roll", "share"]

#: One face of a roll: four bytes, of which a roll has sixteen.
_FACE: Final = 4


def key_of(seed: int) -> bytes:
    """Gives the key that stands for a seed."""
    return hashlib.blake2b(str(seed).encode(), digest_size=16).digest()


def roll(key: bytes, subject: str) -> bytes:
    """Gives 64 bytes that depend on the key and the subject alone."""
    return hashlib.blake2b(subject.encode(), key=key).digest()


def share(rolled: bytes, face: int = 0) -> float:
    """Reads one of the sixteen independent faces of a roll as a number from 0 up to, not including, 1.

    >>> 0.0 <= share(roll(key_of(7), "447700900123"), 3) < 1.0
    True
    """
    return int.from_bytes(rolled[face * _FACE : (face + 1) * _FACE], "big") / 2**32
