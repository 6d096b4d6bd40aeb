"""Columns of texts as one list of distinct numbers, and what of them is known already.

Everything above hands columns in and puts the result beside its own rows; everything below knows numbers only.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Self

import polars as pl

from hlrframe.model import RegionCells
from hlrframe.phone import explain_column, predict_networks
from hlrframe.run.look import Look, Wanted, known_answers
from hlrframe.run.outcomes import KEY, counts_of

__all__ = ["READING_COLUMNS", "SOME", "Cells", "NumberList", "to_be_asked"]

#: What is read in each cell.
READING_COLUMNS: Final = ("msisdn", "reason", "reading", "suggestion")
#: Numbers that wait to be looked for among those met before: so many at least, so that it is not done for each batch.
WAITING: Final = 1 << 18
#: Numbers that are looked at together, where many columns are made of each.
SOME: Final = 1 << 17


class Cells(NamedTuple):
    """The phones of some rows."""

    #: Each phone column as text or null, one for each row.
    texts: Sequence[pl.Series]
    #: The country beside each row, where a column says it.
    regions: pl.Series | None = None
    #: How many of the caller's rows each row stands for, where an engine holds these; ``None`` for one.
    weights: pl.Series | None = None

    def in_order(self) -> tuple[pl.Series, pl.Series | None]:
        """Gives all cells as one column, row by row, with the country beside each."""
        if len(self.texts) == 1:
            return self.texts[0], self.regions
        regions = None if self.regions is None else _row_by_row([self.regions] * len(self.texts))
        return _row_by_row(self.texts), regions


def _row_by_row(columns: Sequence[pl.Series]) -> pl.Series:
    frame = pl.DataFrame([each.alias(str(place)) for place, each in enumerate(columns)])
    return frame.select(cells=pl.concat_list(pl.all())).to_series().explode(empty_as_null=False)


class NumberList:
    """The distinct numbers of some columns that are read batch by batch, each with the cell that carries it first.

    A cell is counted row by row: with three phone columns the fifth cell is the second one of the second row. A number
    takes twelve bytes here, however many cells carry it.

    Args:
        region: ISO 3166 alpha-2 code of the country whose national numbers are meant, or ``None``.
        columns: How many phone columns there are.
        start: Rows before the first batch.
        suggest: Whether rejected cells are looked at for what may be wrong with them, which takes time.
        countries: The cells of the region column that were seen already; ``None`` where there are none.
    """

    def __init__(
        self,
        *,
        region: str | None,
        columns: int = 1,
        start: int = 0,
        suggest: bool = False,
        countries: RegionCells | None = None,
    ) -> None:
        #: Phone columns.
        self.columns = columns
        #: Rows so far, those before the first batch with them.
        self.rows = start
        #: Cells of each phone column that hold no number, by reason.
        self.rejected_in: list[Counter[str]] = [Counter() for _ in range(columns)]
        #: Cells whose number does not simply stand there, by how it was read.
        self.readings: Counter[str] = Counter()
        #: The cells of the region column, which together say how each is read.
        self.countries = countries or RegionCells()
        self._region, self._suggest = region, suggest
        # Numbers as integers: no number begins with a zero.
        self._met = pl.DataFrame(schema={"key": pl.UInt64, "first_cell": pl.get_index_type()})
        self._parts: list[pl.DataFrame] = []
        self._look: Look | None = None

    def __len__(self) -> int:
        self._merge()
        return self._met.height

    @property
    def rejected(self) -> Counter[str]:
        """Cells that hold no number, by reason."""
        return sum(self.rejected_in, Counter())

    def add(self, cells: Cells) -> pl.DataFrame:
        """Reads one batch of rows: ``msisdn``, ``reason``, ``reading`` and ``suggestion`` of each cell, row by row.

        Args:
            cells: The phones of the rows; where a row's country names none, the list's own region counts.
        """
        self._look = None
        if cells.regions is not None:
            cells = cells._replace(regions=self.countries.settled(cells.regions))
        texts, regions = cells.in_order()
        read = explain_column(texts, region=self._region, regions=regions, suggest=self._suggest)
        reading = read.select(READING_COLUMNS)
        first = self.rows * self.columns
        keys = reading.select(key=pl.col("msisdn").cast(pl.UInt64)).with_row_index("first_cell", offset=first)
        self._parts.append(_firsts(keys.select("key", "first_cell").drop_nulls()))
        if sum(part.height for part in self._parts) > max(WAITING, self._met.height):
            self._merge()
        for place, counts in enumerate(self.rejected_in):
            its = reading.gather_every(self.columns, place)
            counts.update(counts_of(its["reason"], cells.weights))
            self.readings.update(counts_of(its["reading"], cells.weights))
        self.rows += reading.height // self.columns if cells.weights is None else int(cells.weights.sum())
        return reading

    @property
    def numbers(self) -> pl.DataFrame:
        """``msisdn`` and ``first_cell``, in the order in which the numbers were met."""
        self._merge()
        return self._met.select("first_cell", msisdn=pl.col("key").cast(pl.String))

    def known(self, wanted: Wanted, *, keep: bool = False) -> pl.DataFrame:
        """Gives the answers that need not be asked again.

        Args:
            wanted: Which.
            keep: Whether the next call is spared the reading, where it wants the same and the store has nothing new.

        Raises:
            StoreError: The store cannot be read.
        """
        look, self._look = self._look, None
        found = None if look is None else look.answers(wanted)
        if keep and found is None:
            look = Look.at(self.numbers["msisdn"], wanted)
            found = None if look is None else look.answers(wanted)
        if keep:
            self._look = look
        return known_answers(self.numbers["msisdn"], wanted) if found is None else found

    def windows(self, size: int) -> Iterator[Self]:
        """Gives the numbers as lists of at most so many, in order; their rows and rejections stay here."""
        self._merge()
        for start in range(0, self._met.height, size):
            yield self._of(self._met.slice(start, size))

    def without(self, keys: pl.Series) -> Self:
        """Gives the numbers that are not among these.

        Args:
            keys: Numbers as integers.
        """
        self._merge()
        return self._of(self._met.join(keys.to_frame("key"), on="key", how="anti", maintain_order="left"))

    def _of(self, met: pl.DataFrame) -> Self:
        other = type(self)(region=self._region, columns=self.columns)
        other._met = met  # noqa: SLF001  # its own kind
        return other

    def _merge(self) -> None:
        if self._parts:
            self._met, self._parts = _firsts(pl.concat([self._met, *self._parts])), []


def _firsts(numbers: pl.DataFrame) -> pl.DataFrame:
    return numbers.filter(numbers["key"].is_first_distinct())


def to_be_asked(numbers: pl.Series, known: pl.DataFrame) -> pl.DataFrame:
    """Gives the numbers without an answer: ``msisdn``, and what their digits say of ``country`` and ``network``.

    Args:
        numbers: Distinct numbers.
        known: The answer of each of them that has one.
    """
    if known.height == len(numbers):
        return _predicted(numbers.clear())
    unknown = numbers.to_frame().join(known.select("msisdn"), on=KEY, how="anti", maintain_order="left")["msisdn"]
    # Some at a time: on the way to a prediction there are many columns.
    parts = [unknown.slice(start, SOME) for start in range(0, max(1, len(unknown)), SOME)]
    return pl.concat([_predicted(part) for part in parts])


def _predicted(numbers: pl.Series) -> pl.DataFrame:
    place = pl.coalesce("region", pl.concat_str(pl.lit("+"), "calling_code"))
    found = predict_networks(numbers).select(numbers, "network", country="region", place=place)
    return found.with_columns(pl.col("network", "country", "place").cast(pl.Categorical))  # there are few of each
