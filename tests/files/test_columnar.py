"""Parquet files: how their columns are written, and what reading them loads."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hlrframe as hf
from helpers.lists import connected
from hlrframe.files import columnar
from hlrframe.files.columnar import ParquetSink


def written(path: Path, *tables: pa.Table) -> pq.ParquetFile:
    """Writes tables to a file as the package does, and opens it."""
    sink = ParquetSink(path)
    for table in tables:
        sink.write(table)
    sink.close()
    return pq.ParquetFile(path)


@pytest.mark.parametrize(
    ("values", "expected"), [(range(5_000), False), ([1, 2] * 2_500, True), ([None] * 5_000, True)]
)
def test_a_column_gets_a_dictionary_where_its_values_repeat(
    values: list[int | None], expected: bool, tmp_path: Path
) -> None:
    """A dictionary of values that all differ takes time and room for nothing."""
    table = pa.table({"value": pa.array(values, pa.int64())})
    with written(tmp_path / "out.parquet", table.slice(0, 0), table) as file:
        assert file.metadata.row_group(0).column(0).has_dictionary_page is expected
        assert file.read().equals(table)


def test_columns_with_columns_in_them_keep_their_dictionaries(tmp_path: Path) -> None:
    """Where a column is a list, all columns are written as pyarrow does it by itself."""
    table = pa.table({"tags": [["new", "vip"]] * 100, "id": list(range(100))})
    with written(tmp_path / "out.parquet", table) as file:
        group = file.metadata.row_group(0)
        assert [group.column(place).has_dictionary_page for place in (0, 1)] == [True, True]
        assert file.read().equals(table)


def test_a_file_of_no_rows_has_its_columns(tmp_path: Path) -> None:
    """What has no rows is a file all the same."""
    nothing = pa.table({"phone": pa.array([], pa.string()), "day": pa.array([], pa.date32())})
    with written(tmp_path / "out.parquet", nothing) as file:
        assert file.schema_arrow.equals(nothing.schema)


@pytest.mark.slow
def test_enriching_a_file_loads_no_other_frame_library(tmp_path: Path) -> None:
    """To import one takes longer than to enrich a small file, and pyarrow would import pandas by itself."""
    pl.DataFrame({"phone": ["+447400123456"]}).write_parquet(tmp_path / "in.parquet")
    code = (
        "import sys, hlrframe as hf; "
        "hf.enrich_file('in.parquet', 'out.parquet', 'phone', settings=hf.Settings(offline=True)); "
        "print(*[name for name in ('pandas', 'narwhals', 'duckdb') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_cells_of_megabytes_are_no_phone_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """What would take gigabytes to be read as numbers is refused, with how large it is and what to do."""
    monkeypatch.setattr(columnar, "MOST_BYTES", 1 << 20)
    frame = pl.DataFrame({"phone": ["+447400123456", "7" * (2 << 20)]})
    frame.write_parquet(tmp_path / "in.parquet")
    frame.write_ipc(tmp_path / "in.arrow")
    with pytest.raises(hf.InputError, match="2 MB in 2 rows of a phone column are no numbers; name another column"):
        hf.clean_file(tmp_path / f"in.{kind}", tmp_path / f"out.{kind}", "phone")


UNWRITABLE = {
    "bytes": (pa.array([b"\xff"], pa.binary()), ("csv", "ndjson", "json", "xlsx")),
    "bytes of one length": (pa.array([b"abcd"], pa.binary(4)), ("csv", "tsv", "ndjson", "xlsx")),
    "a view of bytes": (pa.array([b"a"], pa.binary_view()), ("csv", "ndjson", "xlsx")),
    "bytes in a list": (pa.array([[b"a"]]), ("csv", "ndjson")),
    "a length of time": (pa.array([5], pa.duration("s")), ("csv",)),
    "an interval": (pa.array([(1, 2, 3)], pa.month_day_nano_interval()), ("csv", "ndjson", "xlsx")),
    "a long decimal": (pa.array([1], pa.decimal256(60, 2)), ("csv", "ndjson", "xlsx")),
    "a view of a list": (pa.array([[1]], pa.list_view(pa.int32())), ("csv", "ndjson")),
    "runs": (pa.RunEndEncodedArray.from_arrays(pa.array([1], pa.int32()), pa.array(["x"])), ("csv", "ndjson")),
    "an identifier": (pa.array([b"a" * 16], pa.uuid()), ("csv", "ndjson", "xlsx")),
}


@pytest.mark.parametrize(
    ("values", "ending"),
    [
        pytest.param(values, ending, id=f"{name} into {ending}")
        for name, (values, endings) in UNWRITABLE.items()
        for ending in endings
    ],
)
def test_what_cannot_be_written_is_found_before_anything_is_asked(tmp_path: Path, values: Any, ending: str) -> None:
    """A column of a type that text or a sheet cannot hold is named at once, and nothing is paid."""
    emulator, client = connected()
    table = pa.table({"phone": ["+44 7400 123456"], "odd": values})
    with pa.ipc.new_file(str(tmp_path / "in.arrow"), table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(hf.InputError, match=r"column .odd. holds .* cannot hold: write"):
        hf.enrich_file(tmp_path / "in.arrow", tmp_path / f"out.{ending}", "phone", client=client)
    assert emulator.bill.requests == 0
