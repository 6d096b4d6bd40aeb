"""Tidying a store in a bucket: one machine at a time, and what the bucket has lost beside what the spool has."""

import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hlrframe.errors import StoreError
from hlrframe.store.bucket import Bucket
from hlrframe.store.folder import Places, Upkeep, is_of_register
from hlrframe.store.remote.mirror import Mirror

__all__ = ["CLOCK", "LOCK", "MARKER", "Lease", "RemoteUpkeep"]

#: How long a tidier that was killed keeps others out, by the bucket's clock; each part that it writes begins it anew.
LEASE: Final = timedelta(hours=1)
#: Objects of a store in a bucket beside its parts.
MARKER: Final = "store.json"
LOCK: Final = "tidy.lock"
CLOCK: Final = "tidy.clock"


@dataclass(slots=True)
class Lease:
    """What this process knows of the lock that it holds."""

    holder: str = ""

    def take(self, bucket: Bucket) -> None:
        """Takes the bucket's lock under a new name, from one that died too.

        Raises:
            StoreError: Another machine has it.
        """
        self.holder = uuid.uuid4().hex
        holder = self.holder.encode()
        if bucket.create(LOCK, holder):
            return
        found = bucket.version(LOCK)
        is_dead = found is not None and bucket.now(CLOCK) - found[1] > LEASE
        if not (found and is_dead and bucket.replace(LOCK, holder, tag=found[0])):
            raise StoreError(
                f"another machine is tidying {bucket.url}: run again when it has ended, or in an hour if it died"
            )

    def renew(self, bucket: Bucket) -> None:
        """Begins its hour anew.

        Raises:
            StoreError: Another machine took over, since this one took too long.
        """
        found = bucket.version(LOCK)
        mine = found and self._is_mine(bucket)
        if not found or not mine or not bucket.replace(LOCK, self.holder.encode(), tag=found[0]):
            raise StoreError(f"another machine took over tidying {bucket.url}: run again when it has ended")

    def release(self, bucket: Bucket) -> None:
        """Gives the lock back, if it is still held."""
        if self._is_mine(bucket):
            bucket.delete([LOCK])

    def _is_mine(self, bucket: Bucket) -> bool:
        return bucket.read(LOCK) == self.holder.encode()


class RemoteUpkeep(Upkeep):
    """The upkeep of a store in a bucket, on this machine and in the bucket.

    Args:
        spool: The places of this machine.
        mirror: The bucket's parts.
        lease: The lock, while it is held.
    """

    def __init__(self, spool: Places, mirror: Mirror, lease: Lease) -> None:
        super().__init__(spool)
        self._mirror = mirror
        self._bucket = mirror.bucket
        self._lease = lease

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps tidiers apart, on this machine and on others.

        Raises:
            StoreError: Another one is at it.
        """
        with super().alone():
            self._lease.take(self._bucket)
            try:
                yield
            finally:
                self._lease.release(self._bucket)

    def still_alone(self) -> None:
        """Renews the lock.

        Raises:
            StoreError: Another one took over, since this one took too long.
        """
        self._lease.renew(self._bucket)

    def lost(self) -> Iterator[str]:
        """Names the files that something else than this package removed, on this machine and in the bucket."""
        yield from super().lost()
        yield from (f"{self._bucket.url}/parts/{name}" for name in self._mirror.lost())

    def accept_losses(self) -> None:
        """Puts the parts that this machine mirrors back into the bucket, and takes the rest for lost."""
        super().accept_losses()
        self._mirror.put_back()

    def strange_elsewhere(self) -> tuple[str, ...]:
        """Names objects of the bucket that are none of a store's, and says where it keeps what was removed."""
        bucket = self._bucket
        known: dict[str, Collection[str]] = {"": {MARKER, LOCK, CLOCK}}
        known |= {"parts": self._mirror.sizes(), "inventory": bucket.sizes("inventory")}
        strange = [f"{bucket.url}/{key}" for key in bucket.list_keys() if not _is_known(key, known)]
        if bucket.keeps_versions(CLOCK):
            strange.append(f"what {bucket.url} keeps of older versions of its objects")
        return tuple(strange)


def _is_known(key: str, known: Mapping[str, Collection[str]]) -> bool:
    folder, _, name = key.rpartition("/")
    return name in known.get(folder, ()) or is_of_register(key)
