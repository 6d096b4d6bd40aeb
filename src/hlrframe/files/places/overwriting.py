"""An output that is there already: replaced by the command that wrote it, and by no other unless it is told to."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hlrframe.errors import InputError
from hlrframe.system import leave_trace, read_trace, user_path

__all__ = ["Command"]


class Command:
    """Tells what is the same when a command is run again: what it does, of which sources, and what results are called.

    How much may be spent, which store is used and the like are not among that: whoever goes on with a run may change
    these.

    Args:
        verb: What it does.
        sources: What it reads.
        rest: What else makes it this command.
    """

    def __init__(self, verb: str, sources: object, *rest: object) -> None:
        named = sources if isinstance(sources, Sequence) and not isinstance(sources, str | bytes) else [sources]
        paths = [os.path.abspath(each) if isinstance(each, str | os.PathLike) else repr(each) for each in named]  # noqa: PTH100  # a pattern is no path
        text = json.dumps([verb, paths, *map(repr, rest)])
        #: Tells the command from others.
        self.mark = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def check(self, path: Path) -> None:
        """Refuses a file that is there and that this command did not leave there, as it is.

        Raises:
            InputError: The message says how to replace it.
        """
        if not path.is_file() or not path.stat().st_size:
            return
        trace = read_trace(path)
        if trace is None or trace.mark != self.mark:
            raise InputError(f"{path} is there already, and this command did not write it: {_CURE}")
        if trace.is_changed:
            raise InputError(f"{path} was changed since this command wrote it: {_CURE}")

    @contextmanager
    def writing(self, path: str | os.PathLike[str], *, overwrite: bool) -> Iterator[None]:
        """Checks a file before it is written in the block, and leaves a trace on it after that.

        Raises:
            InputError: It is there, and is not to be overwritten.
        """
        written = user_path(path)
        if not overwrite:
            self.check(written)
        yield
        if written.is_file():
            self.leave_trace(written, of=written)

    def leave_trace(self, temporary: Path, *, of: Path) -> None:
        """Leaves a trace on a file that is about to get its name."""
        leave_trace(temporary, self.mark, of=of)


_CURE = "name another file, or pass --force (in Python overwrite=True) to replace it"
