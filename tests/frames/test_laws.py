"""The laws of frames over hundreds of odd ones: what goes in comes back as it was, the same answers beside it."""

from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import hlrframe as hf
from helpers.frames import ARROW, DUCKDB, PANDAS, PHONES, POLARS
from helpers.odd import ODD, WHOLE, odd_frame
from hlrframe.emulator import Emulator
from hlrframe.frames.clean import CLEAN_COLUMNS
from hlrframe.model.columns import COLUMNS

GB = hf.Settings(default_region="GB")
NAMES = ["state", "reason", "msisdn", "verdict", "number_type", "current_network", "is_ported", "credits", "checked_at"]
#: Facts about a number, the same for every row that carries it in whatever frame.
FACTS = ["msisdn", "verdict", "number_type", "current_network", "is_ported"]
LIBRARIES = {"polars": POLARS, "pandas": PANDAS, "arrow": ARROW, "duckdb": DUCKDB}
TYPES = {each.name: each.type for each in COLUMNS}
SEEDS = 76


def connected():
    provider = Emulator(seed=7)
    return provider, hf.emulator.connect(emulator=provider)


@pytest.fixture(scope="module")
def facts():
    """Gives what a plain list gets to know of every phone."""
    phones = [*PHONES, *WHOLE]
    answers = hf.lookup(phones, client=connected()[1], settings=GB)
    return dict(zip(phones, answers.select(FACTS).rows(), strict=True))


#: A library's odd frames, a quarter at a time: one quarter with the fast tests, the others with the slow ones.
PARTS = [
    pytest.param((library, part), marks=[pytest.mark.slow] if part else [], id=f"{library}-{part}")
    for library in ODD
    for part in range(4)
]


@pytest.fixture(scope="module", params=PARTS)
def runs(request):
    """Gives a part of a library's odd frames, each with what became of it; all in all 304."""
    library, part = request.param
    return [Run(library, seed) for seed in range(part, SEEDS, 4)]


class Run:
    """One odd frame, enriched."""

    def __init__(self, library, seed):
        self.library, self.seed = library, seed
        self.odd = odd_frame(library, seed)
        provider, client = connected()
        self.result, self.report = hf.enrich_with_report(
            self.odd.frame, self.odd.column, client=client, settings=GB, columns=NAMES, prefix="r_"
        )
        self.bill = provider.bill.total
        self.settled = settled(self.result)
        self.before = settled(odd_frame(library, seed).frame)
        self.names = [f"r_{name}" for name in NAMES]

    def __repr__(self):
        return f"{self.library} {self.seed}: {type(self.odd.frame).__name__}"

    def cells(self, name):
        """Gives the values of a result column, missing ones as ``None``."""
        return LIBRARIES[self.library].values(pick(self.settled, [f"r_{name}"]))[f"r_{name}"]


def settled(frame):
    """Gives what can be read as often as wanted."""
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if isinstance(frame, pa.RecordBatchReader):
        return frame.read_all()
    if hasattr(frame, "__arrow_c_stream__") and type(frame).__name__ == "Stream":
        return pa.table(frame)
    return frame


def pick(frame, names):
    """Gives some columns of a settled frame."""
    library = next(each for each in LIBRARIES.values() if kind_of(frame) is each)
    return library.pick(frame, names)


def kind_of(frame):
    kinds = {pl.DataFrame: POLARS, pd.DataFrame: PANDAS, pa.Table: ARROW, pa.RecordBatch: ARROW}
    return kinds.get(type(frame), DUCKDB)


def first_columns(frame, count):
    """Gives the first columns of a settled frame, whatever their names."""
    if isinstance(frame, pl.DataFrame):
        return frame.drop(frame.columns[count:])
    if isinstance(frame, pd.DataFrame):
        return frame.iloc[:, :count]
    if isinstance(frame, pa.Table | pa.RecordBatch):
        return frame.select(list(range(count)))
    return frame.project(", ".join('"{}"'.format(name.replace('"', '""')) for name in frame.columns[:count]))


def check_same(one, other):
    """Raises unless two settled frames of one library are the same: types, values, names, order, index, metadata."""
    if isinstance(one, pd.DataFrame):
        assert (list(one.columns), one.attrs) == (list(other.columns), other.attrs)
        # An axis of labels that are no text cannot stay as it was beside new names that are.
        places = range(one.shape[1])
        pd.testing.assert_frame_equal(one.set_axis(places, axis=1), other.set_axis(places, axis=1))
    elif isinstance(one, pl.DataFrame):
        assert one.schema == other.schema
        for ours, theirs in zip(one, other, strict=True):
            # polars compares no objects.
            values = [each.to_list() if each.dtype == pl.Object else [] for each in (ours, theirs)]
            assert values[0] == values[1]
            assert ours.dtype == pl.Object or ours.equals(theirs, check_dtypes=True)
    elif isinstance(one, pa.Table | pa.RecordBatch):
        ARROW.check_same(one, other)
    else:
        assert (one.columns, one.types) == (other.columns, other.types)
        assert repr(one.fetchall()) == repr(other.fetchall())


def width(frame):
    return len(frame.schema.names) if isinstance(frame, pa.Table | pa.RecordBatch) else len(frame.columns)


@pytest.mark.slow
def test_type_stays(runs):
    """What comes back is of the type that went in; a bare Arrow stream comes back as a table."""
    for run in runs:
        expected = pa.Table if type(run.odd.frame).__name__ == "Stream" else type(run.odd.frame)
        assert type(run.result) is expected, run


def test_input_columns_stay(runs):
    """Names, types, values, order, index and metadata of every column that was there come back as they went in."""
    for run in runs:
        count = width(run.before)
        assert width(run.settled) == count + len(NAMES), run
        check_same(first_columns(run.settled, count), run.before)


def test_the_frame_itself_stays(runs):
    """The frame that was handed in is as it was; a reader has been read."""
    for run in runs:
        if isinstance(run.odd.frame, pa.RecordBatchReader):
            assert run.odd.frame.read_all().num_rows == 0
        else:
            check_same(settled(run.odd.frame), run.before)


def test_results_are_typed(runs):
    """Result columns have the types of the schema, whatever is in them and where there are no rows too."""
    for run in runs:
        library = LIBRARIES[run.library]
        types = library.types(pick(run.settled, run.names))
        assert types == {f"r_{name}": library.result_types[TYPES[name]] for name in NAMES}, run


def test_answers_are_the_same_everywhere(runs, facts):
    """Each row gets what a plain list gets for its phone, in whatever kind of frame and type of column it stands."""
    for run in runs:
        rows = list(zip(*(run.cells(name) for name in FACTS), strict=True))
        assert rows == [facts[phone] for phone in run.odd.phones], run


def test_rows_and_money_add_up(runs):
    """The report counts every row, and the column of credits adds up to the bill."""
    for run in runs:
        states = run.cells("state")
        assert run.report.rows == len(states) == len(run.odd.phones), run
        assert {state: states.count(state) for state in set(states)} == dict(run.report.states), run
        assert Decimal(str(sum(run.cells("credits")))) == run.bill == Decimal(str(run.report.credits)), run


def test_missing_stays_missing(runs):
    """A row without an answer has nothing in its columns: no False, no text that says nan; and it has a reason."""
    for run in runs:
        for name in (*FACTS, "checked_at"):
            pairs = zip(run.cells("state"), run.cells(name), strict=True)
            assert all(value is None for state, value in pairs if state == "rejected"), run
        reasons = zip(run.cells("state"), run.cells("reason"), strict=True)
        assert all((reason is None) == (state == "answered") for state, reason in reasons), run


def test_twice(runs):
    """What was enriched can be enriched again beside it: the same answers, and the first ones untouched."""
    for run in runs[::6]:
        again = hf.enrich(run.settled, run.odd.column, client=connected()[1], settings=GB, columns=FACTS, prefix="s_")
        check_same(first_columns(again, width(run.settled)), run.settled)
        values = LIBRARIES[run.library].values(pick(again, [f"s_{name}" for name in FACTS]))
        assert [values[f"s_{name}"] for name in FACTS] == [run.cells(name) for name in FACTS], run


def test_a_taken_name(runs):
    """Where a name is taken nothing is sent, and the message names the cure."""
    for run in runs[::6]:
        provider, client = connected()
        with pytest.raises(hf.InputError, match="pass another prefix="):
            hf.enrich(run.settled, run.odd.column, client=client, settings=GB, prefix="r_")
        assert provider.bill.requests == 0


def test_cleaning_obeys_the_same_laws(runs, facts):
    """What is free gives the same frame too, and the same numbers as what is paid."""
    for run in runs[::6]:
        cleaned = settled(
            hf.clean(odd_frame(run.library, run.seed).frame, run.odd.column, default_region="GB", prefix="c_")
        )
        count = width(run.before)
        check_same(first_columns(cleaned, count), run.before)
        names = [f"c_{each.name}" for each in CLEAN_COLUMNS]
        values = LIBRARIES[run.library].values(pick(cleaned, names))
        assert values["c_msisdn"] == [facts[phone][0] for phone in run.odd.phones], run
