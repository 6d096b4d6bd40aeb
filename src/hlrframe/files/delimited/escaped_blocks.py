r"""Text with escapes taken by the block, where every line of it is a record: as :mod:`blocks` takes other text.

What is not quite so plain, as an escaped line end, is left to :mod:`escapes`.
"""

import re
from typing import Final

import polars as pl

from hlrframe.files.delimited.blocks import MOST_QUOTED, Block, lines_as_column, lines_of_text

__all__ = ["are_escaped_records", "escaped_block"]

#: What stands for two backslashes, an escaped separator, an escaped quote and nothing at all while a text is read.
_PAIR, _SEPARATOR, _QUOTE, _NULL = _MARKS = ("\x02", "\x03", "\x04", "\x05")
#: What may be escaped beside the separator and the quote.
_OTHERS: Final = ",;\t|"
#: A line without quotes each of whose backslashes stands before what has a meaning.
_KNOWN: Final = r"""^(?:[^\\]|\\[\\0N"'bnrtZ,;\t|])*$"""


def are_escaped_records(text: str, separator: str, columns: int, *, longest: int) -> bool:
    """Says whether every line of a text is a record, as for :func:`plain_block`, and makes sense with escapes."""
    parted = _records_of(text, separator, columns, longest=longest)
    if parted is None:
        return False
    lines, *_ = parted
    return "\\" not in text or bool((lines.str.contains('"', literal=True) | lines.str.contains(_KNOWN)).all())


def escaped_block(text: str, separator: str, columns: int, *, longest: int) -> Block | None:
    r"""Gives such a text as a block whose lines are as the standard has them; ``None`` where a line may be no record.

    >>> escaped_block('\\N,"a \\"b\\" c",d\n', ",", 3, longest=80).lines.to_list()
    [',"a ""b"" c",d']
    """
    if columns < 2 or any(mark in text for mark in _MARKS):  # noqa: PLR2004  # an empty line may be a row of one cell
        return None
    parted = _records_of(text, separator, columns, longest=longest)
    if parted is None:
        return None
    lines, end, plain = parted
    marked = _marked(plain.decode(), separator)
    frame = pl.read_csv(marked.encode(), has_header=False, separator=separator, infer_schema=False)
    if frame.shape != (len(lines), columns):
        return None
    written = _unmarked(frame, separator).write_csv(include_header=False, separator=separator)
    standard = written.replace(_PAIR, "\\").replace(_NULL, r"\N").encode()
    return Block(lines_as_column(standard), end, standard, separator)


def _records_of(text: str, separator: str, columns: int, *, longest: int) -> tuple[pl.Series, str, bytes] | None:
    """Gives what :func:`lines_of_text` does; ``None`` also where a line is no record with a cell for each column."""
    parted = lines_of_text(text, longest=longest)
    if parted is None or columns > MOST_QUOTED:
        return None
    around = re.escape(separator)
    cell = rf'(?:"(?:[^"\\]|""|\\.)*"|(?:[^"{around}\\]|\\.)*)'
    return parted if parted[0].str.contains(f"^{cell}(?:{around}{cell}){{{columns - 1}}}$").all() else None


def _marked(text: str, separator: str) -> str:
    """Writes a text without a backslash before what has a meaning to a reader of the standard."""
    if "\\" not in text:
        return text
    text = text.replace(r"\\", _PAIR).replace(r"\"", _QUOTE).replace(f"\\{separator}", _SEPARATOR)
    for other in _OTHERS.replace(separator, ""):
        text = text.replace(f"\\{other}", other)
    around = re.escape(separator)
    return re.sub(rf"(?<![^{around}\n])\\N(?![^{around}\n])", _NULL, text)


def _unmarked(frame: pl.DataFrame, separator: str) -> pl.DataFrame:
    """Gives the cells as they are meant, but for backslashes, which a writer takes for any other character."""
    held = [each.name for each in frame.select(pl.all().str.contains("[\x03\x04]").any()) if each.item()]
    empty = [each.name for each in frame.select((pl.all() == _NULL).any()) if each.item()]
    cells = [frame[name].str.replace_all(_SEPARATOR, separator, literal=True) for name in held]
    frame = frame.with_columns(each.str.replace_all(_QUOTE, '"', literal=True) for each in cells)
    return frame.with_columns(pl.when(pl.col(name) != _NULL).then(pl.col(name)).alias(name) for name in empty)
