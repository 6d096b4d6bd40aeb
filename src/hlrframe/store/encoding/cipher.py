"""Stores whose numbers nobody reads without the key: Parquet modular encryption for parts, AES-GCM for the rest.

The footer of a part and the columns that tell no person stay plain, so that any reader of Parquet can count networks
and countries without the key. What tells a person, the number above all, is encrypted and authenticated, and so is the
whole of every journal. Each part has data keys of its own, which lie in it, wrapped in the store's key.
"""

import base64
import itertools
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from polars.io.plugins import register_io_source

from hlrframe.errors import ConfigError
from hlrframe.store.encoding.privacy import OPEN, Between, Encoding, Key, batch_of, without_numbers
from hlrframe.store.records import KEPT_TYPES, conform

try:
    import pyarrow.parquet.encryption as pqe
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
except ImportError as missing:
    raise ConfigError(
        f'an encrypted store needs a package that is not here ({missing.name}): pip install "hlrframe[encryption]"'
    ) from missing

__all__ = ["Encrypted"]

#: Texts of which there are few: several times faster as codes.
_REPEATING: Final = {name for name, dtype in KEPT_TYPES.items() if dtype == pl.String} & OPEN
_NONCE: Final = 12
_MASTER: Final = "hlrframe"
#: Row groups that are looked at together: enough to look a long list of numbers up in few turns.
_TOGETHER: Final = 24


class Encrypted(Encoding):
    """Numbers that can be read with the key alone.

    Raises:
        ConfigError: The packages that encryption needs are not installed.
    """

    mode = "encrypted"
    encrypts = True

    def __init__(self, key: Key) -> None:
        self._check = key.digest("hlrframe: an encrypted store").hex()
        self._cipher = AESGCM(key.digest("hlrframe: journals"))
        # Kept: what is made of it needs it as long as a file is read.
        self._factory = pqe.CryptoFactory(partial(_keeper, AESGCM(key.digest("hlrframe: parts"))))

    @property
    def mark(self) -> Mapping[str, str]:
        """The mode, and what the right key makes of a fixed text."""
        return {"mode": self.mode, "check": self._check}

    def hide_answers(self, answers: pa.RecordBatch) -> pa.RecordBatch:
        """Gives answers without a number in what will stand open."""
        rows = pl.DataFrame(answers)
        return batch_of(without_numbers(rows, [name for name in rows.columns if name in OPEN]), answers)

    def seal(self, data: bytes, *, about: bytes) -> bytes:
        """Encrypts under a fresh nonce, and ties to the words."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, data, about)

    def unseal(self, data: bytes, *, about: bytes) -> bytes:
        """Decrypts what these words were tied to.

        Raises:
            ValueError: Another key, other words, or a byte was changed.
        """
        return _opened(self._cipher, data, about)

    def writing(self, columns: list[str]) -> dict[str, Any]:
        """Gives pyarrow the keys of a new file: the columns that tell a person have one each."""
        telling = [name for name in columns if name not in OPEN]
        wanted = pqe.EncryptionConfiguration(
            _MASTER,
            column_keys={_MASTER: telling},
            plaintext_footer=True,
            double_wrapping=False,
            data_key_length_bits=256,
        )
        made = self._factory.file_encryption_properties(pqe.KmsConnectionConfig(), wanted)
        return {"encryption_properties": made}

    def scan(self, paths: Sequence[Path], types: dict[str, pl.DataType], *, between: Between) -> pl.LazyFrame:
        """Reads sealed files lazily, as much of them as is asked for."""
        return register_io_source(_Parts(paths, types, between, self.open), schema=types)

    def open(self, path: Path) -> pq.ParquetFile:
        """Opens a sealed file of this store.

        Raises:
            ArrowInvalid: It was not sealed under this key.
        """
        there = pq.read_schema(path)
        # Arrow reads files that were never encrypted as well, and nothing in them is proof of anything.
        if json.loads((there.metadata or {}).get(b"hlrframe.privacy", b"null")) != self.mark:
            raise pa.ArrowInvalid("it belongs to another store")
        keys = self._factory.file_decryption_properties(pqe.KmsConnectionConfig(), pqe.DecryptionConfiguration())
        return pq.ParquetFile(
            path,
            decryption_properties=keys,
            page_checksum_verification=True,
            read_dictionary=[name for name in there.names if name in _REPEATING],
        )


class _Keeper(pqe.KmsClient):
    """Wraps the data keys of files in the store's key."""

    def __init__(self, cipher: AESGCM) -> None:
        super().__init__()
        self._cipher = cipher

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:  # type: ignore[override]  # stubs say text
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, key_bytes, master_key_identifier.encode()))

    # The stubs say text here too; pyarrow hands over bytes, and takes them.
    def unwrap_key(self, wrapped_key: bytes, master_key_identifier: str) -> bytes:  # type: ignore[override]  # stubs
        try:
            return _opened(self._cipher, base64.b64decode(wrapped_key), master_key_identifier.encode())
        except ValueError as error:
            raise pa.ArrowInvalid(f"the key of a file cannot be unwrapped: {error}") from None


def _keeper(cipher: AESGCM, _: pqe.KmsConnectionConfig) -> _Keeper:
    return _Keeper(cipher)


def _opened(cipher: AESGCM, data: bytes, about: bytes) -> bytes:
    try:
        return cipher.decrypt(data[:_NONCE], data[_NONCE:], about)
    except (InvalidTag, ValueError):
        raise ValueError("sealed with another key, or changed since") from None


@dataclass(frozen=True, slots=True)
class _Parts:
    """What polars calls to read encrypted files, since it cannot itself.

    The columns that the predicate looks at are read first, and the others only where it found something.
    """

    paths: Sequence[Path]
    types: Mapping[str, pl.DataType]
    between: Between
    open: Callable[[Path], pq.ParquetFile]

    def __call__(
        self, columns: list[str] | None, predicate: pl.Expr | None, limit: int | None, _batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        """Gives the rows that the predicate keeps."""
        wanted = [name for name in self.types if columns is None or name in columns]
        left = limit
        for path in self.paths:
            for found in self._found(path, wanted, predicate):
                yield found.select(wanted).head(len(found) if left is None else left)
                left = None if left is None else max(left - len(found), 0)
                if left == 0:
                    return

    def _found(self, path: Path, wanted: Sequence[str], predicate: pl.Expr | None) -> Iterator[pl.DataFrame]:
        first = {*wanted} if predicate is None else {"msisdn", *predicate.meta.root_names()}
        rest = {*wanted} - first
        with _explained(path), self.open(path) as file:
            if not file.num_row_groups:
                raise pa.ArrowInvalid("no rows")
            # Only what is encrypted is proof that the footer is the one that was signed.
            file.read_row_group(0, columns=["msisdn"])
            for groups in self._groups(file.metadata):
                rows = pl.concat(self._read(file, group, first) for group in groups)
                if predicate is None:
                    yield rows
                    continue
                kept = rows.with_columns(_kept=predicate)["_kept"].fill_null(value=False)
                if kept.any():
                    found = rows.filter(kept)
                    yield found.hstack(self._rest(file, groups, rest, kept)) if rest else found

    def _groups(self, footer: pq.FileMetaData) -> Iterator[list[int]]:
        """Gives the row groups that may have numbers between the bounds, some at a time."""
        low, high = self.between
        number = footer.schema.names.index("msisdn")
        here = list[int]()
        for group in range(footer.num_row_groups):
            met = footer.row_group(group).column(number).statistics
            first, last = (str(met.min), str(met.max)) if met and met.has_min_max else (None, None)
            before, after = low and last and last < low, high and first and first > high
            if not before and not after:
                here.append(group)
        yield from (here[start : start + _TOGETHER] for start in range(0, len(here), _TOGETHER))

    def _rest(self, file: pq.ParquetFile, groups: list[int], names: Collection[str], kept: pl.Series) -> pl.DataFrame:
        """Reads other columns of the rows that are kept."""
        sizes = [file.metadata.row_group(group).num_rows for group in groups]
        starts = itertools.accumulate(sizes, initial=0)
        masks = [kept.slice(start, size) for start, size in zip(starts, sizes, strict=False)]
        return pl.concat(
            self._read(file, group, names, mask) for group, mask in zip(groups, masks, strict=True) if mask.any()
        )

    def _read(
        self, file: pq.ParquetFile, group: int, names: Collection[str], kept: pl.Series | None = None
    ) -> pl.DataFrame:
        there = [name for name in self.types if name in names and name in file.schema_arrow.names]
        # One at least: it says how many rows there are.
        rows = pl.DataFrame(file.read_row_group(group, columns=there or ["msisdn"]))
        found = rows if kept is None else rows.filter(kept)
        return conform(found, {name: dtype for name, dtype in self.types.items() if name in names})


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Tells a file that cannot be read in the words of polars, which a store knows what to do about."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise pl.exceptions.ComputeError(f"{path.name}: {error}") from error
