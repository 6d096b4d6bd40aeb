"""Delimited text by the block says what it says record by record."""

import io
from collections import deque

import hypothesis.strategies as st
import polars as pl
import pytest
from hypothesis import example, given

import hlrframe as hf
from hlrframe.files.delimited.blocks import Block, Feed, plain_block
from hlrframe.files.delimited.file import DelimitedFile
from hlrframe.files.delimited.records import Records, values_of
from hlrframe.files.source import Taken
from hlrframe.model import Naming

CELLS = st.one_of(
    st.text(alphabet='ab ,;"\r\n\t\x01é', max_size=5),
    st.sampled_from(["", '""', '"a"', '"a,b"', '"a""b"', '""""', "  ", '" "', '"', 'a"b"', "\ufeffa"]),
)
LINES = st.lists(st.lists(CELLS, min_size=1, max_size=4).map(",".join), min_size=1, max_size=6)


@given(LINES, st.sampled_from(["\n", "\r\n"]), st.integers(1, 4))
@example(['"",""', ","], "\n", 2)
@example(["a", "", "b"], "\n", 1)
@example([" ", '""'], "\n", 1)
@example(["\ufeffa"], "\n", 1)
def test_a_block_has_the_records_of_its_lines(lines, end, columns):
    """Where a text is taken as a block, its lines and cells are those that are read one after the other."""
    text = "".join(line + end for line in lines)
    block = plain_block(text, ",", columns, longest=1_000)
    if block is None:
        return
    records = list(Records(iter(io.StringIO(text, newline="\n")), ","))
    assert [f"{line}{block.end}" for line in block.lines] == [raw for raw, _ in records]
    expected = [list(each) for each in zip(*(values_of(cells) for _, cells in records), strict=True)]
    assert [each.to_list() for each in block.cells(range(columns))] == expected


@pytest.mark.parametrize(
    ("text", "columns"),
    [("a,b\n", 3), ("a,b,c\n", 2), ("a\n\nb\n", 1), ("a,b", 2), ("a\r\nb\n", 1), ('a,"b\nc",d\n', 2), ("a\x1a\n", 1)],
)
def test_what_is_not_plain_is_no_block(text, columns):
    """Short and long rows, empty lines, mixed line ends and line ends in quotes are read record by record."""
    assert plain_block(text, ",", columns, longest=1_000) is None
    assert plain_block("a,b\n" * 3, ",", 2, longest=3) is None


ROWS = st.lists(
    st.sampled_from(
        [
            *("1,+447400123456,x", "2,,", '3,"+447400123456","a, b"', '4,"+44 7400","two\nlines"', "5", "6,7,8,", ""),
            *('7,n/a,5" pipe', '8,"a ""b""",c'),
        ]
    ),
    max_size=30,
)


@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(1, 40))
def test_lots_are_the_rows(tmp_path_factory, rows, end, ended, size):
    """However blocks fall, and whatever is among the rows, lots have the rows and cells of the file, in order."""
    path = tmp_path_factory.getbasetemp() / "rows.csv"
    text = end.join(["id,phone,note", *rows]) + (end if ended else "")
    path.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hlrframe.files.delimited.file._FIRST_BLOCK", size)
        file = DelimitedFile(path, Taken(Naming.of_names(["phone"])))
        found, phones = [], []
        for lot in file.lots():
            if isinstance(lot, Block):
                found += [(line, lot.end) for line in lot.lines]
                phones += lot.cells([1])[0].to_list()
            else:
                some = list(lot)
                found += [(line, its) for line, its, _ in some]
                phones += values_of(cells[1] for _, _, cells in some)
    expected = list(file.rows())
    assert found == [(line, its) for line, its, _ in expected]
    assert phones == values_of(cells[1] for _, _, cells in expected)


def test_lines_that_were_put_back_come_again():
    """What was looked at and put back is read as lines, before what follows."""
    feed = Feed(io.StringIO("one\ntwo\nthree\n", newline="\n"))
    text = feed.take(5, longest=100)
    assert text == "one\ntwo\n"
    feed.put_back(text)
    lines = iter(lambda: feed.readline(100), "")
    assert (next(lines), feed.has_back, next(lines), feed.has_back) == ("one\n", True, "two\n", False)
    assert deque(lines, maxlen=1) == deque(["three\n"])


@pytest.mark.slow
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_large_file_is_what_it_was_with_columns(tmp_path, end):
    """Half a million cells, some of them quoted, come out byte for byte beside what was found."""
    rows = [f'{n},"Customer ""{n % 7}""",+4474001{n % 90_000:05},é{n}' for n in range(150_000)]
    source, destination = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(end.join(["id,name,phone,note", *rows, ""]).encode())
    hf.clean_file(source, destination, "phone")
    lines = destination.read_bytes().decode().split(end)
    assert lines[-1] == ""
    assert [line[: len(row)] for line, row in zip(lines[1:], rows, strict=False)] == rows
    written = pl.read_csv(destination, infer_schema=False)
    assert written["hlr_msisdn"].to_list() == [f"4474001{n % 90_000:05}" for n in range(150_000)]
