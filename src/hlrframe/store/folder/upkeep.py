"""What tidying a store needs: to be alone at it, and to know what it has lost."""

from collections.abc import Iterator
from contextlib import contextmanager

from hlrframe.errors import StoreError
from hlrframe.store.folder.disk import explained
from hlrframe.store.folder.places import Places
from hlrframe.system import locked

__all__ = ["Upkeep"]


class Upkeep:
    """The upkeep of a store on disk.

    Args:
        places: Where it lies.
    """

    def __init__(self, places: Places) -> None:
        self._places = places

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps tidiers apart: a merge beside a removal would bring back what was removed.

        Raises:
            StoreError: Another one is at it.
        """
        with explained("tidy the store", self._places.root), locked(self._places.lock) as is_free:
            if not is_free:
                raise StoreError(f"another process is tidying {self._places.root}: run again when it has ended")
            yield

    def still_alone(self) -> None:
        """To be called before each change that is made alone.

        Raises:
            StoreError: Another one took over.
        """

    def lost(self) -> Iterator[str]:
        """Names the files that something else than this package removed."""
        yield from map(str, self._places.inventory.lost())

    def accept_losses(self) -> None:
        """Puts back what can be put back, and takes the rest for lost; to be called alone."""
        self._places.inventory.drop([*self._places.inventory.lost()])

    def strange_elsewhere(self) -> tuple[str, ...]:
        """Names what lies in the store beyond this folder and cannot be looked into."""
        return ()
