"""What became of each number of a list, kept small, and spread over the cells that carry it.

Most of an answer is alike for many numbers: it is kept once, as a *kind*. A number then costs some fifty bytes until
its rows are written, whatever the answer says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from hlrframe.model import ANSWER_SCHEMA, COLUMNS, Failure, Report, State, credits_of, verdict_of
from hlrframe.run.answer_book import PROFILE_TYPES, AnswerBook

__all__ = [
    "COUNTED",
    "KEY",
    "OWN_COLUMNS",
    "Outcomes",
    "Part",
    "answered",
    "by_lane",
    "cached",
    "counts_of",
    "together",
    "unanswered",
]

#: Columns that are each number's own, beside its credits and the time of its answer.
OWN_COLUMNS: Final = tuple(
    name
    for name in ANSWER_SCHEMA.names
    if name not in PROFILE_TYPES.names() and name not in {"msisdn", "credits", "checked_at"}
)
_COLUMN_NAMES: Final = tuple(each.name for each in COLUMNS)
#: Columns that the report counts.
COUNTED: Final = ("state", "verdict", "reason", "reading")

#: A number as an integer: none begins with a zero.
KEY: Final = pl.col("msisdn").cast(pl.UInt64)
#: Numbers with the ``kind`` of each, and the kinds: row *i* of the second is kind *i*.
Part = tuple[pl.DataFrame, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of each distinct number of a list."""

    #: One row a number, sorted by ``key``, which is the number as an integer: ``first_cell``, ``kind``, ``credits``,
    #: ``checked_at``, and own columns.
    numbers: pl.DataFrame
    #: What repeats: ``state``, ``reason``, ``verdict`` and the columns of a profile; row *i* is kind *i*.
    kinds: pl.DataFrame
    #: Names of the columns that rows get.
    columns: Sequence[str]
    #: Counts of the run; those of rows are filled in as they pass.
    report: Report
    #: What is to be raised once the rows are safe in the caller's hands.
    error: BaseException | None

    def of_cells(self, reading: pl.DataFrame, *, offset: int = 0) -> pl.DataFrame:
        """Gives the result of each cell of a batch, in order: the chosen columns, and those that are counted.

        Args:
            reading: ``msisdn``, ``reason``, ``reading`` and ``suggestion`` of each cell, where null ``msisdn`` means
                rejected.
            offset: Cells before this batch.
        """
        found = self.numbers.select(pl.exclude("key").gather(self._places(reading["msisdn"])))
        joined = reading.with_row_index("cell", offset=offset).hstack(found)
        wanted = [name for name in _COLUMN_NAMES if name in self.columns or name in {*COUNTED, "credits"}]
        return pl.DataFrame([self._column(name, joined) for name in wanted])

    def _places(self, msisdns: pl.Series) -> pl.Series:
        """Finds the places of numbers in the table; by bisection, since a join would hash all of it for each batch."""
        keys = msisdns.cast(pl.UInt64)
        places = self.numbers["key"].search_sorted(keys.fill_null(0))
        return places.to_frame("place").select(pl.when(keys.is_not_null()).then("place")).to_series()

    def _column(self, name: str, joined: pl.DataFrame) -> pl.Series:
        if name == "credits":
            # On the first cell that carries the number, so that the columns add up to the bill.
            first = (joined["cell"] == joined["first_cell"]).fill_null(value=False)
            return joined["credits"].zip_with(first, pl.Series([0.0])).fill_null(0.0).alias(name)
        if name == "e164":
            return joined.select(e164=pl.lit("+") + pl.col("msisdn")).to_series()
        if name not in self.kinds.columns:
            return joined[name]
        values = self.kinds[name].gather(joined["kind"])
        if name == "state":
            return values.fill_null(State.REJECTED.value)
        return joined.select(pl.coalesce("reason", values)).to_series() if name == "reason" else values


def counts_of(values: pl.Series, weights: pl.Series | None = None) -> dict[str, int]:
    """Counts the values of a column, the most frequent first; each as often as its weight says, nulls not at all."""
    if weights is None:
        counts = values.drop_nulls().value_counts(sort=True)
        return dict(zip(counts[values.name], counts["count"], strict=True))
    weighed = pl.DataFrame([values.alias("value"), weights.alias("count")]).drop_nulls("value")
    sums = weighed.group_by("value").agg(pl.col("count").sum()).filter(pl.col("count") > 0)
    return dict(sums.sort("count", descending=True).iter_rows())


def cached(known: pl.DataFrame, own: Sequence[str]) -> Part:
    """Gives answers out of the store, which cost nothing now.

    Args:
        known: Columns of ``ANSWER_SCHEMA``, one row a number: those that rows get, and those that say the verdict.
        own: Which of ``OWN_COLUMNS`` to keep.
    """
    profile = [name for name in PROFILE_TYPES.names() if name in known.columns]
    alike = known.with_row_index("at").group_by(profile, maintain_order=True).agg("at")
    kind = alike.select("at").with_row_index("kind").explode("at").sort("at")["kind"]
    numbers = known.select("msisdn", "checked_at", *own, kind, credits=pl.lit(0.0))
    return numbers, _kinds(alike.drop("at"), State.CACHED)


def answered(book: AnswerBook) -> Part:
    """Gives the answers of this run."""
    numbers = book.narrow().rename({"profile": "kind"})
    return numbers, _kinds(book.profiles(), State.ANSWERED)


def unanswered(failures: Mapping[str, Failure], state: State, *, charged: Mapping[str, int] | None = None) -> Part:
    """Gives numbers without an answer.

    Args:
        failures: Why, by number.
        state: ``FAILED`` or ``SKIPPED``.
        charged: Milli-credits that some cost all the same.
    """
    ids = {failure: kind for kind, failure in enumerate(dict.fromkeys(failures.values()))}
    costs = charged or {}
    numbers = pl.DataFrame(
        {
            "msisdn": list(failures),
            "kind": [ids[failure] for failure in failures.values()],
            "credits": [credits_of(costs.get(number, 0)) for number in failures],
        },
        schema={"msisdn": pl.String, "kind": pl.UInt32, "credits": pl.Float64},
    )
    words = [(failure.reason.value, failure.word) for failure in ids]
    return numbers, _kinds(pl.DataFrame(words, {"reason": pl.String, "error": pl.String}, orient="row"), state)


def _kinds(rows: pl.DataFrame, state: State) -> pl.DataFrame:
    has_answer = state in {State.ANSWERED, State.CACHED}
    words = rows.select("live_status", "number_type").iter_rows() if has_answer else [None] * rows.height
    verdicts = [verdict_of(*pair).value if pair else None for pair in words]
    return rows.with_columns(state=pl.lit(state.value), verdict=pl.Series(verdicts, dtype=pl.String))


def together(parts: Iterable[Part]) -> Part:
    """Gives several parts as one."""
    empty = pl.DataFrame(schema=pl.Schema(ANSWER_SCHEMA))
    numbers = [empty.select("msisdn", "checked_at", "credits")]
    kinds = [empty.select(PROFILE_TYPES.names()).with_columns(state=pl.lit(""), reason=pl.lit(""), verdict=pl.lit(""))]
    offset = 0
    for part, its_kinds in parts:
        numbers.append(part.with_columns(kind=pl.col("kind") + pl.lit(offset, pl.UInt32)))
        kinds.append(its_kinds)
        offset += its_kinds.height
    return pl.concat(numbers, how="diagonal"), pl.concat(kinds, how="diagonal")


def by_lane(lanes: pl.DataFrame, part: Part) -> pl.DataFrame:
    """Compares the networks that were predicted with those that the answers name.

    Args:
        lanes: ``msisdn`` and ``lane`` of the numbers that were to be asked.
        part: What became of all numbers, sorted by ``key`` as those of :class:`Outcomes`.

    Returns:
        One row a lane: ``lane``; ``numbers``, those that were asked; ``answered`` of them; ``agreement``, the share of
        the answers that name the network most of them name, of those that name one, or null.
    """
    numbers, kinds = part
    network = pl.coalesce("current_network", "current_mccmnc", "original_network", "original_mccmnc")
    met = kinds.select("state", network=network).with_row_index("kind")
    # By bisection, as cells are found: a join of texts takes longer and much memory.
    places = numbers["key"].search_sorted(lanes.select(KEY).to_series())
    pairs = (
        lanes.select("lane", kind=numbers["kind"].gather(places)).group_by("lane", "kind").len().join(met, on="kind")
    )
    counts = pairs.group_by("lane", "state", "network").agg(pl.col("len").sum())
    count, answered = pl.col("len"), pl.col("state") == State.ANSWERED
    named = count.filter(answered & pl.col("network").is_not_null())
    return counts.group_by("lane", maintain_order=True).agg(
        numbers=count.filter(~pl.col("state").is_in([State.SKIPPED, State.CACHED])).sum(),
        answered=count.filter(answered).sum(),
        agreement=named.max() / named.sum(),
    )
