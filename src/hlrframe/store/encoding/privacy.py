"""How numbers lie in a store: as they are, hashed, or encrypted.

An *encoding* turns the numbers that a run speaks of into those that lie on disk, and back. The plain one does nothing;
:class:`Hashed` keeps a keyed hash in a number's place, for good; the encrypted one, in ``cipher``, is undone by whoever
has the key. A store has one encoding all its life: its marker says which, and what a key must give
to fit.
"""

import base64
import binascii
import hmac
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, NoReturn, TypeAlias

import polars as pl
import pyarrow as pa

from hlrframe.errors import ConfigError, StoreError
from hlrframe.model import COLUMNS, EVENT_COLUMNS, JOURNAL_COLUMNS, QUESTION_COLUMNS, Column

__all__ = [
    "ARGUMENTS",
    "OPEN",
    "PLAIN",
    "TELLING",
    "VARIABLES",
    "Between",
    "Encoding",
    "Hashed",
    "Key",
    "KeySource",
    "batch_of",
    "cure_for",
    "telling_number",
    "without_numbers",
]

#: A key of 32 bytes: as they are, as hexadecimal or base64 text, or what gives it when the store is opened.
KeySource: TypeAlias = bytes | str | Callable[[], bytes | str]
#: Two numbers; ``None`` for no bound.
Between: TypeAlias = tuple[str | None, str | None]

#: The digits at the end of a number that tell it within its country.
_TAIL: Final = 7
#: Ids, dates and hosts, as long as nothing in them stands for something else.
_PLAIN: Final = r"^[0-9A-Za-z:.,+_ /\[\]@-]*$"

#: Where the key of each mode comes from: the argument, and the environment where that was not given.
ARGUMENTS: Final = {"encrypted": "key", "hashed": "hash_key"}
VARIABLES: Final = {"encrypted": "HLR_STORE_KEY", "hashed": "HLR_STORE_HASH_KEY"}

_FORM: Final = "32 bytes, or these as hexadecimal or base64 text, such as secrets.token_hex(32) gives"


def telling_number(columns: Iterable[Column]) -> tuple[str, ...]:
    """Gives the columns of an answer that tell the number, itself apart: whatever is not said to tell less."""
    return tuple(each.name for each in columns if each.of_answer and each.tells == "number" and each.name != "msisdn")


#: Columns that tell the number, itself apart.
TELLING: Final = telling_number(COLUMNS)
#: Everything that a store keeps, by its name.
_KEPT: Final = {each.name: each for each in (*COLUMNS, *JOURNAL_COLUMNS, *QUESTION_COLUMNS, *EVENT_COLUMNS)}
#: Columns that are said to tell less than the number; whatever is not among them may tell it.
_LESS: Final = frozenset(name for name, each in _KEPT.items() if each.tells != "number")
#: Columns that tell nothing: they alone stand open in a private store.
OPEN: Final = frozenset(name for name, each in _KEPT.items() if each.tells == "nothing")


def without_numbers(rows: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Gives answers without any text that may hold a number, however that is written.

    Args:
        rows: The answers; ``msisdn`` as digits.
        names: The columns to look at.
    """
    texts = [name for name in names if rows.schema[name] == pl.String and name != "msisdn"]
    return rows.with_columns(pl.when(~_may_hold_a_number(name)).then(name) for name in texts)


def _may_hold_a_number(name: str) -> pl.Expr:
    digits = pl.col(name).str.replace_all(r"\P{N}+", "")
    if name not in _KEPT or not _KEPT[name].digits:
        return digits.str.len_chars() >= _TAIL
    tail = pl.col("msisdn").str.tail(_TAIL)
    either_way = pl.any_horizontal(each.str.contains(tail, literal=True) for each in (digits, digits.str.reverse()))
    return either_way | ~pl.col(name).str.contains(_PLAIN)


class Key:
    """Thirty-two secret bytes, which no text, message or pickle ever shows.

    Args:
        source: The bytes, their text, or what gives one of these.

    Raises:
        ConfigError: It is no such key.

    >>> Key("5e" * 32), Key(lambda: b"an example of thirty-two bytes..")
    (Key(…), Key(…))
    >>> Key("my password")
    Traceback (most recent call last):
    hlrframe.errors.ConfigError: a key of a store is 32 bytes, ...
    """

    __slots__ = ("_raw",)

    def __init__(self, source: KeySource) -> None:
        self._raw = _key_bytes(source() if callable(source) else source)

    def __repr__(self) -> str:
        return "Key(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("the key of a store is not pickled: open the store where it is needed")

    def digest(self, text: str) -> bytes:
        """Gives the HMAC-SHA256 of a text under this key."""
        return hmac.digest(self._raw, text.encode(), "sha256")


class Encoding:
    """Numbers as they are: what a plain store does with them, which is nothing."""

    mode: ClassVar[str] = "plain"
    #: Whether files can only be read with the key.
    encrypts: ClassVar[bool] = False
    #: The type of what lists of hidden numbers hold: integers are short, and a hash is none.
    key_type: ClassVar[pl.DataType] = pl.UInt64()

    def __repr__(self) -> str:
        return self.mode

    @property
    def mark(self) -> Mapping[str, str] | None:
        """What the store's marker and its files say of it; nothing for a plain one."""
        return None

    def hide(self, numbers: pl.Series) -> pl.Series:
        """Gives what stands for these numbers in the columns of the store, in the same order."""
        return numbers

    def keys(self, hidden: pl.Series) -> pl.Series:
        """Gives hidden numbers as lists of them hold these; what is no number of this store is null."""
        return hidden.cast(self.key_type, strict=False)

    def pack(self, keys: pl.Series, *, about: bytes) -> bytes:
        """Gives a list of hidden numbers as bytes; see :meth:`seal`."""
        body = io.BytesIO()
        keys.sort().to_frame("key").write_ipc(body, compression="zstd")
        return self.seal(body.getvalue(), about=about)

    def unpack(self, data: bytes, *, about: bytes) -> pl.Series | None:
        """Gives back what was packed; ``None`` for what was not, with this key and these words."""
        try:
            keys = pl.read_ipc(io.BytesIO(self.unseal(data, about=about)))["key"]
        except (ValueError, OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None
        return keys if keys.dtype == self.key_type else None

    def hide_answers(self, answers: pa.RecordBatch) -> pa.RecordBatch:
        """Gives answers as the columns of the store hold them."""
        return answers

    def hide_rows(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Gives what is to be sealed as a file of the store may show it; numbers are hidden in it already."""
        return rows

    def reveal(self, rows: pl.DataFrame, *, hidden: pl.Series, numbers: pl.Series) -> pl.DataFrame:
        """Puts the numbers that were looked for back into what was found under their hidden forms."""
        del hidden, numbers
        return rows

    def seal(self, data: bytes, *, about: bytes) -> bytes:
        """Gives bytes as a file of the store holds them.

        Args:
            data: What is to be kept.
            about: What it belongs to, in plain: it is read back with the same words only.
        """
        del about
        return data

    def unseal(self, data: bytes, *, about: bytes) -> bytes:
        """Gives back what was sealed.

        Raises:
            ValueError: These bytes were not sealed with this key and these words.
        """
        del about
        return data

    def writing(self, columns: list[str]) -> dict[str, Any]:
        """Gives what pyarrow must know to write a sealed file of these columns."""
        del columns
        return {}

    def scan(self, paths: Sequence[Path], types: dict[str, pl.DataType], *, between: Between) -> pl.LazyFrame:
        """Reads sealed files lazily, in these columns whichever version wrote them.

        Args:
            paths: The files.
            types: The columns.
            between: The first and the last number that matter; rows of others may be left out.
        """
        del between  # polars reads as much in the predicate
        return pl.scan_parquet(
            list(paths),
            schema=types,
            missing_columns="insert",
            extra_columns="ignore",
            # The user's own folder may be called "[2026]" or "month=11".
            glob=False,
            hive_partitioning=False,
        )

    def check(self, mark: object, path: Path | str) -> None:
        """Refuses what was written in another encoding.

        Args:
            mark: What the marker or a file says of its encoding.
            path: Which one.

        Raises:
            StoreError: Another mode, or another key; the message says what to do.
        """
        if mark == self.mark:
            return
        theirs = str(mark.get("mode")) if isinstance(mark, dict) else "plain"
        if theirs == self.mode:
            raise StoreError(f"the key does not fit {path}: open it with the {ARGUMENTS[theirs]} it was made with")
        raise StoreError(f"{path} is {theirs}, not {self.mode}: {cure_for(theirs)}")


#: The encoding of a plain store.
PLAIN: Final = Encoding()


class Hashed(Encoding):
    """Numbers as HMAC-SHA256 under a key, in hexadecimal; what else tells them is not kept at all.

    >>> Hashed(Key("5e" * 32)).hide(pl.Series(["447700900123"])).str.len_bytes().item()
    64
    """

    mode = "hashed"
    key_type = pl.String()

    def __init__(self, key: Key) -> None:
        self._key = key

    @property
    def mark(self) -> Mapping[str, str]:
        """The mode, and what the right key makes of a fixed text."""
        return {"mode": self.mode, "check": self._key.digest("hlrframe: a hashed store").hex()}

    def hide(self, numbers: pl.Series) -> pl.Series:
        """Gives the hashes of numbers."""
        digest = self._key.digest
        return pl.Series(numbers.name, [digest(number).hex() for number in numbers], dtype=pl.String)

    def hide_answers(self, answers: pa.RecordBatch) -> pa.RecordBatch:
        """Gives answers under their hashes, without what tells the number and without a text that may hold one."""
        rows = pl.DataFrame(answers)
        hidden = without_numbers(rows, rows.columns).with_columns(self.hide(rows["msisdn"]))
        return batch_of(self.hide_rows(hidden), answers)

    def hide_rows(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Gives rows without the columns that tell the number, or of which nobody has said that they do not."""
        telling = [name for name in rows.columns if name not in _LESS and name != "msisdn"]
        return rows.with_columns(pl.lit(None, rows.schema[name]).alias(name) for name in telling)

    def reveal(self, rows: pl.DataFrame, *, hidden: pl.Series, numbers: pl.Series) -> pl.DataFrame:
        """Puts the asked numbers back in the place of their hashes."""
        names = pl.DataFrame({"msisdn": hidden, "number": numbers})
        found = rows.join(names, on="msisdn", how="left", maintain_order="left")
        return found.with_columns(msisdn=pl.coalesce("number", "msisdn")).drop("number")


def batch_of(rows: pl.DataFrame, like: pa.RecordBatch) -> pa.RecordBatch:
    """Gives rows as a batch in the schema of the one that they were made of."""
    table = rows.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).cast(like.schema)
    return table.to_batches()[0] if len(table) else like


def cure_for(mode: str) -> str:
    """Says what to do with a store of a mode that was opened as another."""
    if mode == "plain":
        return "open it without a key, or name a new folder for a store with one"
    if mode not in ARGUMENTS:
        return "upgrade hlrframe, or name another folder"
    return f"open it with its {ARGUMENTS[mode]} (or {VARIABLES[mode]}), or name a new folder"


def _key_bytes(value: object) -> bytes:
    raw = _decoded(value.strip()) if isinstance(value, str) else value
    if not isinstance(raw, bytes) or len(raw) != 32:  # noqa: PLR2004  # the size of an AES-256 key
        raise ConfigError(f"a key of a store is {_FORM}")
    return raw


def _decoded(text: str) -> bytes:
    if re.fullmatch(r"[0-9A-Fa-f]{64}", text):
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return b""
