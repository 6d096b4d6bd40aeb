"""What a command leaves on a file that it wrote, so that the same command may replace it and no other does unasked.

The content stays as it is, byte for byte: a trace is an attribute of the file, which goes with it in a volume that
outlives its machine. Where the file system has none it is a note in the user's folder of states.
"""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Final, NamedTuple

from hlrframe.system.files import state_home

__all__ = ["Trace", "leave_trace", "read_trace"]

_ATTRIBUTE: Final = "user.hlrframe"
_NOTES: Final = Path("hlrframe") / "written"


class Trace(NamedTuple):
    """A trace that was found."""

    #: Tells the command that left it from others.
    mark: str
    #: Whether the file has been changed since.
    is_changed: bool


def leave_trace(file: Path, mark: str, *, of: Path) -> None:
    """Leaves a trace on a file, or nothing where neither it nor the user's folder takes one.

    Args:
        file: Where the file is at the moment.
        mark: Tells the command from others.
        of: What the file will be called.
    """
    state = file.stat()
    note = json.dumps([mark, state.st_size, state.st_mtime_ns])
    try:
        if sys.platform != "linux":
            raise OSError  # noqa: TRY301  # no attributes in Python
        os.setxattr(file, _ATTRIBUTE, note.encode())
    except OSError:
        _keep_note(_note_of(of), note)


def read_trace(path: Path) -> Trace | None:
    """Gives the trace on a file, or ``None`` where there is none that can be read."""
    try:
        mark, *stamp = json.loads(_read_note(path))
        state = path.stat()
        return Trace(str(mark), stamp != [state.st_size, state.st_mtime_ns])
    except (OSError, ValueError, TypeError):
        return None


def _read_note(path: Path) -> str:
    if sys.platform == "linux":
        try:
            return os.getxattr(path, _ATTRIBUTE).decode()
        except OSError:
            pass
    return _note_of(path).read_text(encoding="utf-8")


def _note_of(path: Path) -> Path:
    name = hashlib.blake2b(os.fsencode(path.absolute()), digest_size=16).hexdigest()
    return state_home() / _NOTES / name


def _keep_note(path: Path, note: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(note, encoding="utf-8")
    except OSError:
        pass  # the next run asks before it replaces the file
