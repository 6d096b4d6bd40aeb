"""Text files of any size: their lines."""

import io
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, Literal, Protocol, TypeAlias, TypeVar

from hlrframe.errors import InputError
from hlrframe.model import PACKINGS
from hlrframe.system import open_packed

__all__ = ["LineEnd", "chunks", "lines_of", "open_bytes", "open_text", "too_long"]

LineEnd: TypeAlias = Literal["\n", "\r"]
#: What fills a file behind its text: the mark by which DOS ended it, or zeros.
_ENDING: Final = "\x1a\0"
_T = TypeVar("_T")


class HasLines(Protocol):
    """A text file, as far as it is read line by line."""

    def readline(self, size: int, /) -> str:
        """Reads a line, or so many characters of it."""


def open_bytes(path: Path) -> BinaryIO:
    """Opens a file for reading, unpacked."""
    return open_packed(path, PACKINGS.get(path.suffix.lower()))


def open_text(path: Path, *, encoding: str, errors: str = "strict", end: LineEnd = "\n") -> io.TextIOWrapper:
    """Opens a text file whose lines end where a line feed is (or what else is said), and nowhere else."""
    return io.TextIOWrapper(open_bytes(path), encoding=encoding, errors=errors, newline=end)


def lines_of(file: HasLines, path: Path, *, longest: int) -> Iterator[str]:
    """Gives the lines of a text file with their ends; what fills a file behind its text is none of it.

    Args:
        file: Opened as :func:`open_text` does.
        path: Its path, for messages.
        longest: Most characters of one line.

    Raises:
        InputError: A line is longer.
    """
    for number, line in enumerate(iter(partial(file.readline, longest + 1), ""), 1):
        if len(line) > longest:
            raise too_long(path, number, longest)
        if line[-1] in "\r\n":
            yield line
        elif last := line.rstrip(_ENDING):
            yield last


def too_long(path: Path, line: int, longest: int) -> InputError:
    """Says that a line does not fit into the memory that there is."""
    return InputError(
        f"{path}, line {line}: it is longer than {longest:,} characters, for which memory_limit (--memory-limit) "
        "leaves no room; raise it, or mend the line"
    )


def chunks(
    items: Iterable[_T], size: int, *, weigh: Callable[[_T], int] | None = None, most: int = 0
) -> Iterator[list[_T]]:
    """Gives the items in lists of a size; the last may be shorter.

    Args:
        items: What is given.
        size: How many at a time.
        weigh: Says how much an item weighs.
        most: Where items together weigh this, no more are given at a time.

    >>> list(chunks("abc", 2)), list(chunks(["long", "a", "b", "c"], 3, weigh=len, most=3))
    ([['a', 'b'], ['c']], [['long'], ['a', 'b', 'c']])
    """
    iterator = iter(items)
    if weigh is None:
        while chunk := list(islice(iterator, size)):
            yield chunk
        return
    chunk, weight = [], 0
    for item in iterator:
        chunk.append(item)
        weight += weigh(item)
        if weight >= most or len(chunk) == size:
            yield chunk
            chunk, weight = [], 0
    if chunk:
        yield chunk
