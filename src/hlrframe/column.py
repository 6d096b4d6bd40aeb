"""A column of texts as a list of distinct numbers, and what of them is known already.

Everything above hands a column in and puts the result beside its own rows; everything below knows numbers only.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

import polars as pl

from hlrframe.models import Question, Settings
from hlrframe.msisdn import parse_column
from hlrframe.networks import predict_networks
from hlrframe.outcomes import counts_of
from hlrframe.schema import ANSWER_SCHEMA
from hlrframe.store import Store

__all__ = ["NumberList", "known_answers", "to_be_asked"]


class NumberList:
    """The distinct numbers of a column that is read batch by batch, each with the row that carries it first."""

    def __init__(self, *, region: str | None) -> None:
        self.rows = 0
        #: Rows that hold no number, by reason.
        self.rejected: Counter[str] = Counter()
        self._region = region
        self._parts: list[pl.DataFrame] = []

    def add(self, texts: pl.Series) -> pl.DataFrame:
        """Reads one batch of texts, and gives ``msisdn`` and ``reason`` for each row of it."""
        reading = parse_column(texts, region=self._region).select("msisdn", "reason")
        first = reading.select("msisdn").with_row_index("first_row", offset=self.rows)
        self._parts.append(first.drop_nulls().unique("msisdn", keep="first", maintain_order=True))
        self.rejected.update(counts_of(reading["reason"].drop_nulls()))
        self.rows += reading.height
        return reading

    @property
    def numbers(self) -> pl.DataFrame:
        """``msisdn`` and ``first_row``, in the order in which the numbers were met."""
        if len(self._parts) != 1:
            empty = pl.DataFrame(schema={"first_row": pl.get_index_type(), "msisdn": pl.String})
            self._parts = [pl.concat([empty, *self._parts]).unique("msisdn", keep="first", maintain_order=True)]
        return self._parts[0]


def known_answers(numbers: pl.Series, *, store: Store | None, settings: Settings, question: Question) -> pl.DataFrame:
    """Gives the answers that need not be asked again."""
    if store is None or settings.refresh:
        return pl.DataFrame(schema=pl.Schema(ANSWER_SCHEMA))
    max_age = settings.max_age if isinstance(settings.max_age, timedelta) else None
    return store.known(numbers, question, max_age=max_age, now=datetime.now(UTC))


def to_be_asked(numbers: pl.Series, known: pl.DataFrame) -> pl.DataFrame:
    """Gives the numbers without an answer: ``msisdn``, and what their digits say of ``country`` and ``network``."""
    unknown = numbers.to_frame().join(known.select("msisdn"), on="msisdn", how="anti", maintain_order="left")["msisdn"]
    place = pl.coalesce("region", pl.concat_str(pl.lit("+"), "calling_code"))
    return predict_networks(unknown).select(unknown, "network", country="region", place=place)
