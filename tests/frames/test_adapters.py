from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hlrframe as hf
from helpers.emulator import mobiles
from helpers.frames import KINDS, PHONES, Stream, columns_of
from hlrframe import emulator
from hlrframe.errors import InputError
from hlrframe.frames.adapters import open_frame, open_list
from hlrframe.frames.adapters.arrow import CHUNK_ROWS
from hlrframe.frames.clean import clean
from hlrframe.frames.to_text import text_of
from hlrframe.model import Naming

NAMES = ["verdict", "is_ported", "credits", "checked_at"]
ADDED = Naming.of_names("phone", NAMES)


def results_of(count):
    """Gives result columns of each type: half of the rows without an answer."""
    return pl.DataFrame(
        {
            "verdict": ["live" if row % 2 else None for row in range(count)],
            "is_ported": [row % 4 == 1 if row % 2 else None for row in range(count)],
            "credits": [float(row % 2) for row in range(count)],
            "checked_at": [datetime(2026, 1, 1, tzinfo=UTC) if row % 2 else None for row in range(count)],
        },
        schema={
            "verdict": pl.String,
            "is_ported": pl.Boolean,
            "credits": pl.Float64,
            "checked_at": pl.Datetime("us", "UTC"),
        },
    )


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def constructor(request):
    return request.param


CELLS = st.one_of(st.sampled_from(PHONES), st.text(max_size=10))


@given(st.lists(CELLS, max_size=8), st.integers(0, 3))
def test_every_kind_of_frame_goes_in_and_comes_back(phones, odd):
    """All kinds of frames give equal texts, and come back with their own columns and the results beside them."""
    kind = KINDS[(len(phones) * 4 + odd) % len(KINDS)]
    opened = open_frame(kind.make(columns_of(phones)), ADDED)
    # An engine gives each cell once, and says how many rows carry it.
    cells = phones if opened.cells.weights is None else list(dict.fromkeys(phones))
    results = results_of(len(cells))
    after = kind.settle(opened.attach(results))
    assert [text_of(text) for text in opened.cells.texts[0]] == cells
    assert list(opened.names) == list(columns_of())
    values, places = kind.library.values(after), range(len(phones))
    if opened.cells.weights is not None:
        assert opened.cells.weights.to_list() == [phones.count(cell) for cell in cells]
        places = [cells.index(phone) for phone in phones]
        first = [phones.index(phone) == row for row, phone in enumerate(phones)]
        assert values["credits"] == [results["credits"][at] * paid for at, paid in zip(places, first, strict=True)]
        results, values["credits"] = results.with_columns(credits=0.0), [0.0] * len(phones)
    assert {name: values[name] for name in NAMES} == results[places].to_dict(as_series=False)
    kind.library.check_same(kind.library.pick(after, list(columns_of())), kind.settle(kind.make(columns_of(phones))))


def test_the_texts_are_text(constructor):
    """The phone column is text or null, whatever its type was, also where there are no rows."""
    assert open_frame(constructor.make(columns_of()), "phone").cells.texts[0].dtype == pl.String
    assert open_frame(constructor.make(columns_of(())), "phone").cells.texts[0].dtype == pl.String


def test_a_wrong_name_costs_nothing(constructor):
    """A name that is missing or taken is refused, and what can be read only once has not been read."""
    frame = constructor.make(columns_of())
    with pytest.raises(InputError, match=r"no column 'Phone': did you mean 'phone'\?"):
        open_frame(frame, "Phone")
    with pytest.raises(InputError, match="already has a column 'id': pass another prefix=, drop the column first"):
        open_frame(frame, Naming.of_names("phone", ["verdict", "id"]))
    cells = open_frame(frame, "phone").cells
    assert (cells.texts[0].len() if cells.weights is None else cells.weights.sum()) == len(PHONES)


def test_the_columns_are_named():
    """The names that there are follow the guess, whatever the case of its letters; of very many the first ones."""
    with pytest.raises(InputError, match=r"no column 'msisdn': it has 'id', 'phone', 'old_state', 'opted_in'$"):
        open_frame(pl.DataFrame(columns_of()), "msisdn")
    with pytest.raises(InputError, match=r"no column 'PHONE': did you mean 'phone'\? it has 'id', 'phone', "):
        open_frame(pl.DataFrame(columns_of()), "PHONE")
    with pytest.raises(InputError, match=r"'c11' and 88 more$"):
        open_frame(pl.DataFrame({f"c{each}": [each] for each in range(100)}), "msisdn")


@pytest.mark.parametrize(
    ("thing", "instead"),
    [
        ("contacts.csv", "of a file use hlrframe.enrich_file"),
        ({"phone": ["1"]}, r"polars\.DataFrame"),
        (["1"], r"hlrframe\.lookup for a list of numbers"),
        (pd.Series(["1"]), r"one column alone use hlrframe\.lookup"),
    ],
)
def test_what_is_no_frame_may_be_something_else(thing, instead):
    """The message names the function that takes it."""
    with pytest.raises(InputError, match=instead):
        open_frame(thing, "phone")


@pytest.mark.parametrize(
    "thing",
    [
        None,
        {"phone": ["+447400123456"]},
        [{"phone": "+447400123456"}],
        "contacts.csv",
        pl.Series("phone", ["+447400123456"]),
        pd.Series(["+447400123456"], name="phone"),
        pa.array(["+447400123456"]),
        pa.chunked_array([["+447400123456"]]),
        np.array(["+447400123456"]),
    ],
    ids=lambda thing: f"{type(thing).__module__}.{type(thing).__name__}",
)
def test_what_is_no_frame(thing):
    """What holds no columns is refused; the message says what can be passed."""
    with pytest.raises(InputError, match="is no frame: pass a polars, pandas or pyarrow frame"):
        open_frame(thing, "phone")


@pytest.mark.parametrize("column", [pl.col("phone"), {"phone"}], ids=lambda column: type(column).__name__)
def test_what_is_no_name(column):
    """An expression or a set is refused: columns are named."""
    with pytest.raises(InputError, match="must be the name of one column"):
        open_frame(pl.DataFrame(columns_of()), column)


@pytest.mark.parametrize("column", [None, float("nan")])
def test_a_column_without_a_name(column):
    """A label that is missing equals no other: the cure is a name."""
    with pytest.raises(InputError, match="give it a name first"):
        open_frame(pd.DataFrame([["a", "b"]], columns=[column, "x"]), column)


def test_a_frame_of_narwhals():
    """A wrapped frame is refused with the way to unwrap it."""
    with pytest.raises(InputError, match=r"pass its \.to_native\(\)"):
        open_frame(nw.from_native(pl.DataFrame(columns_of())), "phone")


@pytest.mark.parametrize(
    "values",
    [[True], [1.5j], [[1]], [{"a": 1}], [datetime(2026, 1, 1, tzinfo=UTC)]],
    ids=lambda values: type(values[0]).__name__,
)
def test_a_column_that_holds_no_numbers(values):
    """A column of a type that cannot hold telephone numbers is refused in every library."""
    frames = [pl.DataFrame({"phone": values}, strict=False)] if values != [1.5j] else [pd.DataFrame({"phone": values})]
    if values[0] not in ([1], {"a": 1}, 1.5j):
        frames += [pd.DataFrame({"phone": values}), pa.table({"phone": values})]
    for frame in frames:
        with pytest.raises(InputError, match="column 'phone' holds"):
            open_frame(frame, "phone")


@pytest.mark.parametrize("name", ["^p.*$", "*", "^.*$"])
@pytest.mark.parametrize("kind", [pl.String, pl.Int64, pl.Float64, pl.Decimal(20, 1), pl.Categorical, pl.Object])
def test_a_name_is_no_pattern(name, kind):
    """A column whose name polars would read as a pattern of names is that column, the one of regions too."""
    cells = pl.Series([447400123456]).cast(pl.String if kind in (pl.Categorical, pl.Object) else pl.Int64)
    cells = pl.Series(cells.to_list(), dtype=kind) if kind == pl.Object else cells.cast(kind)
    frame = pl.DataFrame([cells.alias(name), pl.Series("^r.*$", ["UK"])])
    cleaned = clean(frame, name, region_column="^r.*$")
    assert cleaned.columns[:2] == frame.columns
    assert cleaned["hlr_msisdn"].to_list() == ["447400123456"]


# pandas


def enriched(frame, column="phone"):
    """Gives a pandas frame with result columns."""
    return open_frame(frame, column).attach(results_of(len(frame)))


def test_pandas_categories_of_other_types():
    """A categorical may hold numbers or a mix: each category is read, each row gets its own."""
    mixed = pd.Series([447400123456, "a", None, 447400123457.0, "a"], dtype=object).astype("category")
    numbers = pd.Series([2, None, 1, 2]).astype("category")
    assert open_frame(pd.DataFrame({"phone": mixed}), "phone").cells.texts[0].to_list() == [
        *("447400123456", "a", None, "447400123457", "a")
    ]
    assert open_frame(pd.DataFrame({"phone": numbers}), "phone").cells.texts[0].to_list() == ["2", None, "1", "2"]


@pytest.mark.parametrize(
    ("dtype", "missing"),
    [("float64", None), ("Int64", None), ("Float64", None), ("int64[pyarrow]", None), ("uint64", 5), ("int64", 5)],
)
def test_pandas_numbers(dtype, missing):
    """Numbers in any dtype read as their digits: the float that a missing cell makes of them too."""
    series = pd.Series([447400123456, missing], dtype=dtype)
    expected = ["447400123456", None if missing is None else "5"]
    assert open_frame(pd.DataFrame({"phone": series}), "phone").cells.texts[0].to_list() == expected


def test_pandas_sparse_numbers():
    """A sparse column reads as what it stands for."""
    frame = pd.DataFrame({"phone": pd.arrays.SparseArray([447400123456.0, None, 0])})
    assert open_frame(frame, "phone").cells.texts[0].to_list() == ["447400123456", None, "0"]
    assert enriched(frame)["phone"].dtype == frame["phone"].dtype


@pytest.mark.parametrize(
    "values",
    [pd.period_range("2026", periods=2, freq="Y"), pd.interval_range(0, 2), pd.to_timedelta([1, 2], unit="s")],
    ids=lambda values: str(values.dtype),
)
def test_pandas_types_that_hold_no_numbers(values):
    """What a period or an interval is kept as is not mistaken for a number: the column is refused with the cure."""
    with pytest.raises(InputError, match=r"turn it into text first|pass the name of a text column"):
        open_frame(pd.DataFrame({"phone": values}), "phone")


def test_pandas_columns_of_several_levels():
    """Columns of several levels are refused with the cure."""
    frame = pd.DataFrame([["a"]], columns=pd.MultiIndex.from_tuples([("contact", "phone")]))
    with pytest.raises(InputError, match="several levels: flatten them first"):
        open_frame(frame, "phone")


def test_pandas_columns_of_one_name():
    """A phone column that is there twice is refused; others may be there as often as they like."""
    frame = pd.DataFrame([["a", "b", "c"]], columns=["phone", "x", "x"])
    assert list(enriched(frame).columns) == ["phone", "x", "x", *NAMES]
    with pytest.raises(InputError, match="has 2 columns named 'phone': rename all but one"):
        open_frame(frame.set_axis(["phone", "x", "phone"], axis="columns"), "phone")


@pytest.mark.parametrize(
    "names",
    [
        pd.Index(["phone", "x"], name="field"),
        pd.CategoricalIndex(["phone", "x"]),
        pd.Index([0, "phone"], dtype=object),
        pd.Index(["phone", None], dtype=object),
    ],
    ids=lambda names: f"{type(names).__name__} {names[-1]}",
)
def test_pandas_column_labels(names):
    """Any labels will do, and the name of their axis stays."""
    after = enriched(pd.DataFrame([["a", "b"]], columns=names), "phone")
    assert list(after.columns)[2:] == NAMES
    assert after.columns.name == names.name


def test_pandas_labels_that_are_no_text():
    """A column may be named by what its label is, a number for instance."""
    after = open_frame(pd.DataFrame([["a"]]), 0).attach(results_of(1))
    assert list(after.columns) == [0, *NAMES]


class Contacts(pd.DataFrame):
    """A frame with manners of its own."""

    @property
    def _constructor(self):
        return Contacts


def test_pandas_subclasses_and_attributes():
    """A subclass stays one, and what hangs on the frame stays there."""
    frame = Contacts({"phone": ["a"]})
    frame.attrs["source"] = "crm"
    after = enriched(frame)
    assert type(after) is Contacts
    assert after.attrs == {"source": "crm"}


def test_pandas_frames_share_no_writes():
    """Writing into the result does not change the frame that went in."""
    frame = pd.DataFrame({"phone": ["a", "b"], "x": [1, 2]})
    after = enriched(frame)
    after.loc[0, "x"] = 9
    after.loc[0, "phone"] = "z"
    assert frame.to_dict("list") == {"phone": ["a", "b"], "x": [1, 2]}


# pyarrow


@pytest.mark.parametrize(
    "values",
    [
        pa.array([447400123456, None]).cast(pa.decimal256(60, 2)),
        pa.RunEndEncodedArray.from_arrays([1, 2], pa.array(["447400123456", None])),
        pa.ExtensionArray.from_storage(pa.json_(), pa.array(["447400123456", None])),
        pa.array(["447400123456", None], pa.string_view()),
        pa.array([b"447400123456", None], pa.binary(12)),
        pa.array(["447400123456", None]).dictionary_encode(),
        pa.array([447400123456, None]).dictionary_encode(),
    ],
    ids=lambda values: str(values.type).partition("<values")[0],
)
def test_arrow_types_of_every_sort(values):
    """Whatever Arrow keeps text or whole numbers in is read, and comes back as it was."""
    table = pa.table({"phone": values})
    opened = open_frame(table, "phone")
    assert [text and text.removesuffix(".00") for text in opened.cells.texts[0]] == ["447400123456", None]
    after = opened.attach(results_of(2))
    assert after.schema.field("phone") == table.schema.field("phone")
    assert after.column("phone").to_pylist() == table.column("phone").to_pylist()


@pytest.mark.parametrize(
    "values",
    [
        pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16], pa.binary(16))),
        pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])]),
    ],
    ids=lambda values: str(values.type).partition("<")[0],
)
def test_arrow_types_that_cannot_be_read(values):
    """Types without a counterpart are refused with the cure."""
    with pytest.raises(InputError, match="turn it into text first"):
        open_frame(pa.table({"phone": values}), "phone")


def test_an_arrow_array_of_rows():
    """What has one batch of rows to give, and no stream, is a frame too."""

    class Batch:
        def __arrow_c_array__(self, requested_schema=None):
            return pa.record_batch({"phone": ["a"]}).__arrow_c_array__(requested_schema)

    after = open_frame(Batch(), "phone").attach(results_of(1))
    assert isinstance(after, pa.Table)
    assert after.column_names == ["phone", *NAMES]


def test_arrow_batches_without_rows():
    """A record batch without rows comes back as one."""
    batch = pa.record_batch({"phone": pa.array([], pa.string())})
    after = open_frame(batch, "phone").attach(results_of(0))
    assert isinstance(after, pa.RecordBatch)
    assert (after.num_rows, after.schema.names) == (0, ["phone", *NAMES])


def test_arrow_fields_keep_what_they_carry():
    """Fields keep their metadata, their order and whether they may be null; nested columns stay."""
    schema = pa.schema(
        [
            pa.field("phone", pa.string(), nullable=False, metadata={"pii": "yes"}),
            pa.field("tags", pa.list_(pa.string())),
            pa.field("address", pa.struct([("city", pa.string())])),
            pa.field("nothing", pa.null()),
        ],
        metadata={"from": "crm"},
    )
    table = pa.table({"phone": ["a"], "tags": [["x"]], "address": [{"city": "Bath"}], "nothing": [None]}, schema=schema)
    after = open_frame(table, "phone").attach(results_of(1))
    assert after.schema.metadata == schema.metadata
    assert after.select(schema.names).schema.equals(schema, check_metadata=True)


def test_arrow_columns_of_one_name():
    """A phone column that is there twice is refused; others may be there as often as they like."""
    table = pa.table([pa.array(["a"])] * 3, names=["phone", "x", "x"])
    assert open_frame(table, "phone").attach(results_of(1)).column_names == ["phone", "x", "x", *NAMES]
    with pytest.raises(InputError, match="has 2 columns named 'phone'"):
        open_frame(table.rename_columns(["phone", "x", "phone"]), "phone")


def test_arrow_results_come_in_chunks():
    """Text goes out in chunks that stay far below what one can hold."""
    count = CHUNK_ROWS + 1
    table = pa.table({"phone": pa.nulls(count, pa.string())})
    results = pl.DataFrame({"verdict": pl.repeat("live", count, eager=True)})
    after = open_frame(table, "phone").attach(results)
    assert after.schema.field("verdict").type == pa.string()
    assert after.column("verdict").num_chunks == 2
    assert after.num_rows == count


def test_a_stream_is_read_once():
    """An Arrow stream may be exhausted by being read: it is read once."""
    reads = []

    class Counted(Stream):
        def __arrow_c_stream__(self, requested_schema=None):
            reads.append(requested_schema)
            return super().__arrow_c_stream__(requested_schema)

    after = open_frame(Counted(columns_of()), "phone").attach(results_of(len(PHONES)))
    assert isinstance(after, pa.Table)
    assert len(reads) == 1


# DuckDB


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        yield connection


def attached(relation, column="phone", *, names=NAMES):
    """Gives a relation with result columns."""
    opened = open_frame(relation, Naming.of_names(column, names))
    return opened.attach(results_of(opened.cells.texts[0].len()).select(names))


def test_duckdb_keeps_its_own_types(connection):
    """Types that Arrow does not have come back as they were, with the values that they had."""
    connection.execute("create type mood as enum ('good', 'bad')")
    connection.execute("""
        create table contacts as select '+44 7400 123456' as phone,
            170141183460469231731687303715884105727::hugeint as huge, 'good'::mood as mood, uuid() as id,
            '10110'::bit as bits, '10:00:00+02'::timetz as hour, '{"a": 1}'::json as notes,
            [1::uhugeint] as list, {'it''s "odd"': 1::hugeint} as nested, interval '1' month as every,
            1.50::decimal(9, 2) as price, 'ab'::blob as raw, null as nothing, map {'a': 1} as pairs""")
    before = connection.table("contacts")
    after = attached(before)
    assert after.types[: len(before.types)] == before.types
    columns = ", ".join(before.columns)
    assert after.project(columns).except_(before.project(columns)).fetchall() == []
    assert after.project(columns).fetchall() == before.fetchall()


def test_duckdb_phones_of_types_that_arrow_does_not_have(connection):
    """A phone column may be of such a type itself."""
    relation = connection.sql("select 447400123456::hugeint as phone")
    assert open_frame(relation, "phone").cells.texts[0].to_list() == ["447400123456"]
    assert attached(relation).types[0] == "HUGEINT"


def test_duckdb_names_of_the_caller(connection):
    """No table of the caller's is mistaken for ours, nor is any made, changed or hidden."""
    names = ("enriched", "results", "relation", "table", "frame", "source")
    for name in names:
        connection.execute(f'create table "{name}" as select 5 as id, 6 as other')
    relation = connection.sql("select 1 as id, 'a' as phone")
    assert attached(relation).project("id, phone, credits").fetchall() == [(1, "a", 0.0)]
    assert {row[0] for row in connection.sql("select table_name from duckdb_tables()").fetchall()} == set(names)
    assert connection.table("source").fetchall() == [(5, 6)]


def test_duckdb_results_are_each_their_own(connection):
    """Several results of one connection stay apart, may be asked again and again, and combine."""
    one = attached(connection.sql("select 1 as id, 'a' as phone"))
    two = attached(connection.sql("select 2 as id, 'b' as phone"))
    assert (one.project("id").fetchall(), two.project("id").fetchall()) == ([(1,)], [(2,)])
    assert one.project("id").fetchall() == [(1,)]
    assert connection.sql("select one.id, two.id from one join two using (credits)").fetchall() == [(1, 2)]
    assert one.union(two).aggregate("sum(id)").fetchall() == [(3,)]


def test_duckdb_relations_that_give_other_cells_say_so(connection):
    """Rows are read when the result is: one whose cell was not there when cells were taken is skipped, not lost."""
    connection.execute("create table contacts as select 1 as id, 'a' as phone")
    names = ["state", "reason", "credits"]
    opened = open_frame(connection.table("contacts"), Naming.of_names("phone", names))
    after = opened.attach(pl.DataFrame({"state": ["answered"], "reason": [None], "credits": [1.0]}))
    connection.execute("insert into contacts values (2, 'b'), (3, 'a')")
    assert after.order("id").fetchall() == [
        (1, "a", "answered", None, 1.0),
        (2, "b", "skipped", "changed", 0.0),
        (3, "a", "answered", None, 0.0),
    ]


def test_duckdb_names_differ_by_more_than_case(connection):
    """DuckDB does not tell names apart by case: such a result column is refused, and so are such columns."""
    with pytest.raises(InputError, match="already has a column 'credits'"):
        open_frame(connection.sql("select 'a' as phone, 1 as Credits"), Naming.of_names("phone", ["credits"]))
    with pytest.raises(InputError, match="several columns of one name"):
        open_frame(connection.sql("select 'a' as phone, 1 as x, 2 as X"), "phone")


def test_duckdb_names_need_quotes(connection):
    """Any name will do."""
    relation = connection.sql('select 1::hugeint as "select * from", 447400123456::hugeint as "the ""phone"""')
    assert attached(relation, 'the "phone"').columns == ["select * from", 'the "phone"', *NAMES]


def test_duckdb_without_python_tables():
    """A connection that sees no tables of Python's is refused before anything is asked, with the cure."""
    with duckdb.connect(config={"python_enable_replacements": False}) as connection:
        relation = connection.sql("select 'a' as phone")
        with pytest.raises(InputError, match="set python_enable_replacements = true"):
            open_frame(relation, "phone")
        connection.execute("set python_enable_replacements = true")
        assert attached(relation).columns == ["phone", *NAMES]


def test_duckdb_inside_a_transaction(connection):
    """What the caller has not committed yet is seen."""
    connection.begin()
    connection.execute("create table contacts as select 'a' as phone")
    assert attached(connection.table("contacts")).project("phone").fetchall() == [("a",)]
    connection.rollback()


# Lists


@pytest.mark.parametrize(
    "numbers",
    [
        pl.Series([447400123456, None]),
        pd.Series([447400123456, None]),
        pd.Series([447400123456, pd.NA], dtype="Int64", index=[5, 5]),
        pa.array([447400123456, None]),
        np.array([447400123456, np.nan]),
        [Decimal(447400123456), None],
    ],
    ids=lambda numbers: type(numbers).__module__,
)
def test_lists(numbers):
    """A list, array or series of numbers is read in order, and its results stand alone."""
    opened = open_list(numbers, Naming.of_names("numbers"))
    assert opened.cells.texts[0].to_list() == ["447400123456", None]
    assert opened.attach(results_of(2)).equals(results_of(2))


def test_lists_that_hold_no_numbers():
    """A series of a type that holds no numbers is refused, as such a column is."""
    for numbers in (pl.Series([True]), pd.Series([True]), pa.array([True])):
        with pytest.raises(InputError, match="which cannot hold telephone numbers"):
            open_list(numbers, Naming.of_names("numbers"))


def test_a_mapping_is_no_list():
    """The keys of a mapping are not taken for its numbers."""
    with pytest.raises(InputError, match="must be a series, an array or a list"):
        open_list({"a": "07400 123456"}, Naming.of_names("numbers"))


class ListOfDicts:
    """An adapter for a library that nobody has: a frame is a list of dictionaries."""

    @staticmethod
    def takes(frame):
        return isinstance(frame, list)

    @staticmethod
    def open(frame, wanted):
        names = list(frame[0])
        wanted.check(names)

        def attach(results):
            return [row | more for row, more in zip(frame, results.to_dicts(), strict=True)]

        return wanted.open(names, lambda name: pl.Series([row[name] for row in frame]), attach)


def test_another_library_is_one_more_adapter():
    """Whoever has the two functions of an adapter is served as the others are, checks included."""
    rows = [{"phone": "07400 123456"}, {"phone": None}]
    opened = open_frame(rows, "phone", adapters=(ListOfDicts,))
    assert opened.cells.texts[0].to_list() == ["07400 123456", None]
    assert opened.attach(pl.DataFrame({"hlr_state": ["answered", "rejected"]}))[1] == {
        "phone": None,
        "hlr_state": "rejected",
    }
    with pytest.raises(InputError, match="did you mean 'phone'"):
        open_frame(rows, "Phone", adapters=(ListOfDicts,))


def test_an_index_that_is_meant_is_told():
    """A phone column that is pandas' index is refused with the call that makes it a column."""
    frame = pd.DataFrame({"n": [1]}, index=pd.Index(["+44 7400 123456"], name="phone"))
    with pytest.raises(hf.InputError, match=r"'phone' is the frame's index, not a column: pass frame\.reset_index\(\)"):
        hf.clean(frame, "phone")


def test_a_lazy_frame_looks_for_first_rows_only_where_something_was_charged(tmp_path):
    """By a number of each cell, not by its text, which polars holds of all rows; by nothing where all was stored."""
    frame = pl.LazyFrame({"phone": [*mobiles(3), *mobiles(3)]})
    client = emulator.connect(seed=7)
    charged, known = (hf.enrich(frame, "phone", client=client, store=tmp_path / "answers") for _ in range(2))
    assert charged.collect()["hlr_credits"].to_list() == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    assert known.collect()["hlr_credits"].to_list() == [0.0] * 6
    assert "is_first_distinct" in charged.explain()
    assert 'col("_hlr_cell_0").is_first_distinct' not in charged.explain()
    assert "is_first_distinct" not in known.explain()
