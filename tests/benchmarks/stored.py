"""Made-up answers to made-up numbers, by the million: a store of them, and lists whose numbers it knows."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pyarrow as pa

import hlrframe as hf
from hlrframe.model.columns import ANSWER_SCHEMA
from hlrframe.model.question import Question
from hlrframe.model.vocabulary import LiveStatus, NumberType
from hlrframe.store import Answered

#: The host that a client of the loopback asks.
PROVIDER = "127.0.0.1"
QUESTION = Question.of(hf.Settings(), PROVIDER)
#: One answer in so many is an earlier one to a number that has another.
REPEATED = 20
#: Answers that one run left.
RUN_ROWS = 400_000
#: Days between the first run and the last: no answer is too old.
DAYS = 20

#: How many answers in a hundred say what.
STATUSES = {
    LiveStatus.LIVE: 86,
    LiveStatus.ABSENT_SUBSCRIBER: 9,
    LiveStatus.DEAD: 4,
    LiveStatus.NO_TELESERVICE_PROVISIONED: 1,
}


class Network(NamedTuple):
    """A network, and how its numbers begin: whatever digits follow, they are valid."""

    prefix: str
    digits: int
    network: str
    mccmnc: str
    country_name: str
    country: str


_GB, _DE, _ES = ("United Kingdom", "GBR"), ("Germany", "DEU"), ("Spain", "ESP")
_PL, _IT, _NL = ("Poland", "POL"), ("Italy", "ITA"), ("Netherlands", "NLD")
NETWORKS = (
    Network("447400", 6, "Hutchison 3G UK Ltd", "23420", *_GB),
    Network("447300", 6, "EE Limited (Orange)", "23433", *_GB),
    Network("49170", 7, "Telekom Deutschland GmbH", "26201", *_DE),
    Network("49172", 7, "Vodafone GmbH", "26202", *_DE),
    Network("49160", 7, "Telekom Deutschland GmbH (D1)", "26206", *_DE),
    Network("34650", 6, "Telefonica Moviles Espana", "21407", *_ES),
    Network("34660", 6, "Orange Espagne", "21403", *_ES),
    Network("48501", 6, "Orange Polska S.A.", "26003", *_PL),
    Network("48601", 6, "Polkomtel Sp. z o.o.", "26001", *_PL),
    Network("39347", 7, "Vodafone Italia", "22210", *_IT),
    Network("39333", 7, "Telecom Italia S.p.A.", "22201", *_IT),
    Network("31612", 6, "KPN B.V.", "20408", *_NL),
)
_KNOWN = pl.DataFrame(NETWORKS, schema=Network._fields, orient="row")
_FACTS = ("network", "mccmnc", "country_name", "country")
#: No multiple of 2 or 5: so many steps through a power of ten meet each number once, in no order.
STRIDE = 7919


@dataclass(frozen=True, slots=True)
class Shape:
    """How much there is."""

    #: Answers in the store.
    answers: int
    #: Rows in a list, each with a number of its own.
    rows: int

    @property
    def numbers(self) -> int:
        """Distinct numbers in the store."""
        return self.answers - self.answers // REPEATED


def numbers(places: pl.Series) -> pl.Series:
    """Gives the number at each place, as E.164 digits."""
    place = pl.col("place")
    network, turn = place % len(NETWORKS), place // len(NETWORKS)
    number = pl.lit("")
    for index, each in enumerate(NETWORKS):
        own = (turn * STRIDE % 10**each.digits).cast(pl.String).str.zfill(each.digits)
        number = pl.when(network == index).then(pl.lit(each.prefix) + own).otherwise(number)
    return places.alias("place").to_frame().select(msisdn=number).to_series()


def ids(count: int, chance: random.Random) -> pl.Series:
    """Gives ids as the provider makes them."""
    raw = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), count, [None, pa.py_buffer(chance.randbytes(16 * count))])
    digits = pl.Series("id", raw.cast(pa.binary())).bin.encode("hex").to_frame()
    cuts = ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))
    return digits.select(pl.concat_str((pl.col("id").str.slice(*cut) for cut in cuts), separator="-")).to_series()


def answers(places: pl.Series, *, until: datetime, chance: random.Random) -> pl.DataFrame:
    """Gives answers that a run got within an hour, in ``ANSWER_SCHEMA``."""
    words = pl.Series([word.value for word, share in STATUSES.items() for _ in range(share)])
    drawn = pl.int_range(len(places), eager=True).hash(chance.randrange(2**32))
    # One in eight has moved to another network.
    moved = drawn // 128 % 8 == 0
    original, current = (_KNOWN[place % len(NETWORKS)] for place in (places, places + moved))
    own = {
        "msisdn": numbers(places),
        "live_status": words.gather(drawn % len(words)),
        "is_ported": moved,
        "seconds": drawn // 1024 % 3600,
        "uuid": ids(len(places), chance),
        "original_area": original["country_name"],
        **{f"original_{name}": original[name] for name in _FACTS},
        **{f"current_{name}": current[name] for name in _FACTS},
    }
    made = pl.DataFrame(own).with_columns(
        checked_at=pl.lit(until) - pl.duration(seconds="seconds"),
        number_type=pl.lit(NumberType.MOBILE.value),
        provider=pl.lit(PROVIDER),
        credits=1.0,
        disposable=False,
    )
    types = pl.Schema(ANSWER_SCHEMA)
    nothing = [pl.lit(None).alias(name) for name in types if name not in made.columns]
    return made.with_columns(nothing).select(pl.col(name).cast(kind) for name, kind in types.items())


def make_store(shape: Shape, folder: Path) -> None:
    """Makes a store as runs leave it, each of them some days after the one before, and compacts it."""
    store, chance = hf.Store(folder), random.Random(shape.answers)
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=DAYS)
    for start in range(0, shape.answers, RUN_ROWS):
        # The last ones are asked again.
        places = pl.int_range(start, min(shape.answers, start + RUN_ROWS), eager=True) % shape.numbers
        came = began + timedelta(days=DAYS) * (start / shape.answers)
        with store.journal(QUESTION) as journal:
            journal.write([Answered(_batch(answers(places, until=came, chance=chance)), came)])
    store.compact()


def _batch(frame: pl.DataFrame) -> pa.RecordBatch:
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(ANSWER_SCHEMA)
    return table.combine_chunks().to_batches()[0]


def make_list(shape: Shape) -> pl.DataFrame:
    """Gives a list in no order: each number once, all of them in the store, beside two other columns."""
    places = pl.int_range(shape.numbers, eager=True).sample(shape.rows, shuffle=True, seed=shape.rows)
    return pl.select(
        id=pl.int_range(shape.rows),
        name=pl.format("Customer {}", pl.lit(places)),
        phone=pl.concat_str(pl.lit("+"), pl.lit(numbers(places))),
    )
