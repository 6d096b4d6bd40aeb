"""What each run that goes on in a folder may have in flight: together no more than their account allows.

Each has a file whose lock it holds, so that it falls with its process, and which says how many requests it has. Files
are read and written in turns, under one lock that is held for less than a millisecond. A run takes more only of what
the files of the others leave, and says that it has less only when that much has landed: so the sum holds at every
moment, and no clock decides anything.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from io import FileIO
from pathlib import Path
from typing import Final, NamedTuple

from hlrframe.store.folder import explained, list_files, make_directory, new_name
from hlrframe.store.register import even_shares
from hlrframe.system import create, locked, try_lock

__all__ = ["SLOTS", "SLOTS_TURN", "Slots"]

#: The files of runs, and the lock of their turns, in the folder of claims.
SLOTS: Final = ".slots"
SLOTS_TURN: Final = "slots.lock"
#: Seconds to wait for the turn; who does not get it keeps what it has.
PATIENCE: Final = 2.0
#: Bytes of a file that says something.
_WIDTH: Final = 40


class _Entry(NamedTuple):
    """What the file of a run says."""

    most: int
    has: int
    wants: int


class Slots:
    """The requests of one run among the others of a folder.

    Args:
        folder: Where the files lie.
        account: Whose requests they are.
        most: What the account allows.
    """

    def __init__(self, folder: Path, account: str, *, most: int) -> None:
        self._folder = folder
        self._account = sha256(account.encode()).hexdigest()[:16]
        self._most = most
        self._path: Path | None = None
        self._file: FileIO | None = None
        self._said = (0, 0)

    def enter(self) -> bool:
        """Comes among the others, with nothing yet. Says whether the file system has locks; without, nobody shares.

        Raises:
            StoreError: The folder cannot be written.
        """
        with explained("share requests in", self._folder):
            make_directory(self._folder)
            # In a turn: nobody looks at a file between its making and its locking.
            with locked(self._folder / SLOTS_TURN, patience=PATIENCE):
                self._path = self._folder / f"{self._account}-{new_name()}{SLOTS}"
                self._file = create(self._path)
                has_locks = try_lock(self._file) is True
        if not has_locks:
            self.leave()
        return has_locks

    def agree(self, wants: int, lower: Callable[[int], int]) -> int | None:
        """Agrees anew with the others.

        Args:
            wants: Requests that the run would use.
            lower: Called with what it is to have: from then on it takes no more, and says what it has in flight.

        Returns:
            What it is to have; ``None`` where the turn did not come: then it keeps what it has.
        """
        if self._path is None or not self._path.exists():  # the folder was removed: a lock would make it anew
            return None
        try:
            with locked(self._folder / SLOTS_TURN, patience=PATIENCE) as is_mine:
                if not is_mine or self._file is None:
                    return None
                others = self._others()
                target = min(_part(self._most, wants, others), self._free(others))
                self._write(max(target, lower(target)), wants)
                return target
        except OSError:  # the folder is away, or full: what was agreed holds
            return None

    def leave(self) -> None:
        """Gives everything back."""
        if self._file is not None and self._path is not None:
            with contextlib.suppress(OSError):  # the name first: who finds it without a lock takes it for a dead run's
                self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None

    def _free(self, others: Mapping[str, _Entry]) -> int:
        most = min([self._most, *(each.most for each in others.values())])
        return max(0, most - sum(each.has for each in others.values()))

    def _write(self, has: int, wants: int) -> None:
        if (has, wants) == self._said:
            return
        assert self._file is not None  # noqa: S101  # only whoever has entered agrees
        self._file.seek(0)
        # As long as what it replaces, which thus stands until all of it is replaced: a full disk takes nothing away.
        self._file.write(json.dumps([self._most, has, wants]).ljust(_WIDTH).encode())
        self._said = (has, wants)

    def _others(self) -> dict[str, _Entry]:
        return dict(self._living())

    def _living(self) -> Iterator[tuple[str, _Entry]]:
        for path in list_files(self._folder, SLOTS):
            if path == self._path or not path.name.startswith(self._account):
                continue
            with contextlib.suppress(FileNotFoundError), FileIO(path, "r+") as file:
                if try_lock(file) is not False:
                    path.unlink(missing_ok=True)  # its process is gone
                    continue
                with contextlib.suppress(ValueError, TypeError):  # it has just come
                    yield path.name, _Entry(*json.loads(file.read()))


def _part(most: int, wants: int, others: Mapping[str, _Entry]) -> int:
    """Gives a run its even part of what its account allows, and an even part of what nobody wants.

    >>> _part(210, 210, {"a": _Entry(210, 210, 210)}), _part(210, 210, {"a": _Entry(210, 5, 5)})
    (105, 205)
    >>> _part(210, 4, {}), _part(210, 4, {"a": _Entry(210, 202, 4)})
    (210, 105)
    """
    most = min([most, *(each.most for each in others.values())])
    shares = even_shares(most, {"": wants, **{name: each.wants for name, each in others.items()}})
    return shares[""] + (most - sum(shares.values())) // len(shares)
