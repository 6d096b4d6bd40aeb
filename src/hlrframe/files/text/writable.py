"""What is written in an encoding that cannot hold every character: told before anything is asked, never lost after."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize

import polars as pl

from hlrframe.errors import InputError
from hlrframe.files.source import Source

__all__ = ["Texts"]

#: Encodings that hold every character, and stray bytes of UTF-8 too.
_WHOLE: Final = frozenset({"utf-8", "utf-8-sig"})


class Texts:
    """The texts of a file that is written.

    Args:
        encoding: As Python names it.
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._holds_all = encoding in _WHOLE

    def check(self, source: Source, path: Path) -> None:
        """Reads a whole file for characters that the encoding cannot hold; where it holds all, does nothing.

        Raises:
            InputError: There is one, and which.
        """
        if self._holds_all:
            return
        self.check_text(_text_of(source.head().attach(pl.DataFrame())), str(path))
        for piece in source.pieces():
            nothing = pl.DataFrame({"": pl.Series([None] * piece.rows, dtype=pl.String)})
            self.check_text(_text_of(piece.attach(nothing)), str(path))

    def check_text(self, text: str, where: str) -> None:
        """Refuses a text with a character that the encoding cannot hold.

        Raises:
            InputError: There is one, and which.
        """
        if self._holds_all:
            return
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise InputError(
                f"{where} holds U+{ord(text[error.start]):04X}, which {self.encoding} cannot write: leave "
                "output_encoding= (--output-encoding) out, or say utf-8-sig, which spreadsheets read"
            ) from None

    def fit(self, results: pl.DataFrame) -> pl.DataFrame:
        """Writes results with what the encoding has: what it lacks as its plain letter, else as a question mark."""
        if self._holds_all:
            return results
        texts = [name for name, type_ in results.schema.items() if type_ == pl.String]
        return results.with_columns(_mapped(results[name], self._fitted) for name in texts)

    def _fitted(self, text: str) -> str:
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return "".join(map(self._nearest, normalize("NFC", text)))
        return text

    def _nearest(self, character: str) -> str:
        for form in (character, normalize("NFKD", character)[0]):
            if form.encode(self.encoding, "ignore"):
                return form
        return "?"


def _text_of(attached: Any) -> str:  # noqa: ANN401  # text or a table: what a source's pieces make
    return attached if isinstance(attached, str) else pl.DataFrame(attached).write_csv()


def _mapped(values: pl.Series, function: Callable[[str], str]) -> pl.Series:
    different = values.unique().drop_nulls()
    return values.replace(different, pl.Series(map(function, different), dtype=pl.String))
