"""A bucket: the few things that a store asks of an object store, and what to do when it says no."""

import importlib
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

from hlrframe.errors import ConfigError, StoreError

__all__ = ["Bucket", "BucketError", "is_url"]

#: What can be named, as obstore knows it; folders are named without a scheme.
SCHEMES: Final = ("s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss", "http", "https")
#: Give up within half a minute: a run that meets a dead network is not to wait for minutes.
RETRIES: Final = {"max_retries": 4, "retry_timeout": timedelta(seconds=30)}
#: A part goes up as one request, and a slow line needs its time.
PATIENCE: Final = {"connect_timeout": "5s", "timeout": "300s"}

#: What the environment may say of connections, after the service's name: obstore reads none of it once it is told any.
CONNECTIONS: Final = (
    *("ALLOW_HTTP", "ALLOW_INVALID_CERTIFICATES", "CONNECT_TIMEOUT", "HTTP1_ONLY", "HTTP2_ONLY", "POOL_IDLE_TIMEOUT"),
    *("PROXY_CA_CERTIFICATE", "PROXY_EXCLUDES", "PROXY_URL", "READ_TIMEOUT", "ROOT_CERTIFICATE", "TIMEOUT"),
)
#: How the names of a service's variables begin.
_SERVICES: Final = {"s3": "AWS_", "s3a": "AWS_", "gs": "GOOGLE_", "http": None, "https": None}

_STATUS: Final = re.compile(r"status code: (\d{3})")
_FORBIDDEN: Final = (
    "the account may not read and write there; check the credentials in the environment or in storage_options"
)
_CURES: Final = {
    "301": "the bucket is in another region; name it in storage_options",
    "400": "it does not understand the request; check storage_options",
    "401": _FORBIDDEN,
    "403": _FORBIDDEN,
    "404": "there is no such bucket; make it, or name another one",
}
_UNREACHABLE: Final = "it cannot be reached; check the network and the address, and run again"


class BucketError(StoreError):
    """The bucket cannot be used at the moment; the message names the cure."""


def is_url(path: object) -> bool:
    """Says whether a store is named by a URL, rather than by the path of a folder.

    >>> is_url("s3://bucket/answers"), is_url("answers")
    (True, False)
    """
    return isinstance(path, str) and "://" in path


class Bucket:
    """A bucket, or a part of one, and the objects in it by their keys. Nothing is asked of it at its making.

    Args:
        url: Where it is, as obstore understands it.
        options: For ``obstore.store.from_url``; what is not there comes from the environment.

    Raises:
        ConfigError: obstore is not installed, or it does not understand the URL or the options.
    """

    #: Where it is.
    url: str

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self.url = _checked(url)
        self._obstore = _obstore()
        connections = PATIENCE | _from_environment(url) | dict(options.get("client_options", {}))
        try:
            self._store = importlib.import_module("obstore.store").from_url(
                url, **{"retry_config": RETRIES, **options, "client_options": connections}
            )
        except (self._obstore.exceptions.BaseError, TypeError, ValueError) as error:
            # Without its cause: that shows all options, and keys are among them.
            raise ConfigError(f"obstore cannot use {url}: {_first_sentence(error)}; see storage_options") from None

    def __repr__(self) -> str:
        return f"Bucket({self.url!r})"

    def read(self, key: str) -> bytes | None:
        """Gives an object, or ``None`` where there is none."""
        with self._explained("read"):
            try:
                return bytes(self._obstore.get(self._store, key).bytes())
            except FileNotFoundError:
                return None

    def read_dated(self, key: str) -> tuple[bytes, datetime] | None:
        """Gives an object and when it was written, by the bucket's clock; ``None`` where there is none."""
        with self._explained("read"):
            try:
                found = self._obstore.get(self._store, key)
                return bytes(found.bytes()), found.meta["last_modified"]
            except FileNotFoundError:
                return None

    def version(self, key: str) -> tuple[str | None, datetime] | None:
        """Gives the tag of an object and when it was written, or ``None`` where there is none."""
        with self._explained("read"):
            try:
                meta = self._obstore.head(self._store, key)
            except FileNotFoundError:
                return None
            return meta["e_tag"], meta["last_modified"]

    def download(self, key: str) -> Callable[[BinaryIO], None]:
        """Gives a function that writes an object to a file.

        Raises:
            FileNotFoundError: By that function: there is none.
        """

        def write(file: BinaryIO) -> None:
            with self._explained("read", missing_too=False):
                file.writelines(map(bytes, self._obstore.get(self._store, key).stream()))

        return write

    def create(self, key: str, content: bytes | Path) -> bool:
        """Makes a new object; says whether the name was free."""
        with self._explained("write to"):
            try:
                self._obstore.put(self._store, key, content, mode="create")
            except self._obstore.exceptions.AlreadyExistsError:
                return False
            return True

    def replace(self, key: str, content: bytes | Path, *, tag: str | None = None) -> bool:
        """Writes an object anew; says whether it still was the one with this tag, if one is given."""
        # Ceph's gateway gives a tag in quotes, as it must be, and then knows it without them alone.
        modes = [{"e_tag": tag}, {"e_tag": tag.strip('"')}] if tag else ["overwrite"]
        return any(self._replaced(key, content, mode) for mode in modes)

    def _replaced(self, key: str, content: bytes | Path, mode: object) -> bool:
        with self._explained("write to"):
            try:
                self._obstore.put(self._store, key, content, mode=mode)
            except self._obstore.exceptions.PreconditionError:
                return False
            return True

    def now(self, key: str) -> datetime:
        """Gives the time by the bucket's own clock, told by an object that is made for it and goes again."""
        self.replace(key, b"")
        found = self.version(key)
        self.delete([key])
        if found is None:
            raise BucketError(f"cannot read {self.url}: what was just written is not there; run again")
        return found[1]

    def sizes(self, folder: str) -> dict[str, int]:
        """Gives the names right under a folder, an empty text for the top, and their sizes."""
        with self._explained("list"):
            found = self._obstore.list_with_delimiter(self._store, folder or None)
            return {each["path"].rpartition("/")[2]: each["size"] for each in found["objects"]}

    def list_keys(self) -> Iterator[str]:
        """Gives the key of every object, in whatever folder."""
        with self._explained("list"):
            for some in self._obstore.list(self._store):
                yield from (each["path"] for each in some)

    def keeps_versions(self, key: str) -> bool:
        """Says whether the bucket keeps what an object was before; told by one that is made for it and goes again.

        A version's name is no sign of that: Google's storage gives one to every object, and keeps none by itself.
        """
        self.replace(key, b"1")
        try:
            with self._explained("read"):
                was = self._obstore.head(self._store, key).get("version")
                if was in {None, "null"}:
                    return False
                self._obstore.put(self._store, key, b"2")
                try:
                    self._obstore.get(self._store, key, options={"version": was})
                except FileNotFoundError:
                    return False
                return True
        finally:
            self.delete([key])

    def delete(self, keys: Collection[str]) -> None:
        """Removes objects; those that are gone do no harm."""
        with self._explained("remove parts from"):
            for key in keys:
                try:
                    self._obstore.delete(self._store, key)
                except FileNotFoundError:
                    continue

    @contextmanager
    def _explained(self, doing: str, *, missing_too: bool = True) -> Iterator[None]:
        if _first_process() != os.getpid():
            raise StoreError(
                f"cannot {doing} {self.url} in a forked process: what does it in the background stayed in the other "
                'one. Start processes by multiprocessing.get_context("spawn")'
            )
        try:
            yield
        except FileNotFoundError:
            if not missing_too:
                raise
            raise BucketError(f"cannot {doing} {self.url}: {_CURES['404']}") from None
        except self._obstore.exceptions.NotSupportedError:
            raise BucketError(
                f"cannot {doing} {self.url}: it has no create-only writing, which keeps answers safe; name another one"
            ) from None
        except (self._obstore.exceptions.BaseError, PermissionError) as error:
            # Without its cause: that shows the request's own URL, and signatures may be in it.
            raise BucketError(f"cannot {doing} {self.url}: {_cure(error)}") from None


@cache
def _first_process() -> int:
    """Gives the process that has used a bucket first, in this one's memory: obstore's threads live in it alone."""
    return os.getpid()


def _from_environment(url: str) -> dict[str, str]:
    prefix = _SERVICES.get(urlsplit(url).scheme, "AZURE_")
    found = {name: os.environ.get(f"{prefix}{name}") for name in CONNECTIONS if prefix is not None}
    return {name.lower(): value for name, value in found.items() if value}


def _obstore() -> Any:  # noqa: ANN401  # a module
    try:
        importlib.import_module("obstore.exceptions")
        return importlib.import_module("obstore")
    except ImportError as error:
        raise ConfigError('a bucket needs obstore: pip install "hlrframe[s3]"') from error


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ConfigError(f"{parts.scheme}:// is no place for a store: name a folder, or one of {', '.join(SCHEMES)}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError("a store's URL holds no credentials: put them into the environment or storage_options")
    return url.rstrip("/")


def _cure(error: Exception) -> str:
    if isinstance(error, PermissionError) or type(error).__name__ in {"PermissionDeniedError", "UnauthenticatedError"}:
        return _FORBIDDEN
    status = _STATUS.search(str(error))
    if status is None:
        return _UNREACHABLE
    return _CURES.get(status[1], f"it answered with status {status[1]}; run again later")


def _first_sentence(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")
