"""Chance that anybody can repeat: a keyed hash in place of a random generator.

The same key and subject always give the same roll, in every process and on every machine, whatever was rolled before.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

__all__ = ["Bands", "bands", "key_of", "pick", "roll", "share"]

#: Words, each with the share up to which it is the one.
Bands = Sequence[tuple[float, str]]

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


def bands(**shares: float) -> Bands:
    """Lays words side by side, each as wide as its share.

    >>> bands(LIVE=0.75, DEAD=0.25)
    ((0.75, 'LIVE'), (1.0, 'DEAD'))
    """
    edges, edge = [], 0.0
    for word, width in shares.items():
        edge += width
        edges.append((edge, word))
    return tuple(edges)


def pick(words: Bands, fraction: float) -> str:
    """Gives the word that a share falls on.

    >>> pick(bands(LIVE=0.75, DEAD=0.25), 0.8)
    'DEAD'
    """
    return next((word for edge, word in words if fraction < edge), words[-1][1])
