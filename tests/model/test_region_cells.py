"""What the cells of a region column mean together."""

import re
import warnings

import polars as pl
import pytest

import hlrframe as hf
from hlrframe.errors import GuessWarning
from hlrframe.model import RegionCells

#: Cells of a column, what they mean, and what is said of it.
COLUMNS = {
    "numbers of ISO 3166": (("826", "250", "040"), ["GB", "FR", "AT"], "ISO 3166 .250 as France; 040 as Austria"),
    "numbers that lost their zeros": (("826", "40", "36.0"), ["GB", "AT", "AU"], "36 as Australia"),
    "calling codes": (("44", "250", "353"), ["44", "250", "353"], None),
    "calling codes, and one that is none": (("1", "44", "826"), ["1", "44", "826"], None),
    "two digits, which may be both": (("44", "48"), ["44", "48"], None),
    "three digits, which may be both": (("250", "356"), ["250", "356"], "250 as Rwanda, not France; 356 as Malta"),
    "a code that is no number of ISO 3166": (("826", "840", "250", "91"), ["GB", "US", "FR", "#91"], "250 as France"),
    "Namibia": (("GB", "NA", "ZA", "Germany"), ["GB", "NAM", "ZA", "Germany"], "read as Namibia"),
    "beside names": (("Germany", "NA"), ["Germany", None], "not available"),
    "beside nothing": ((None, "NA", ""), [None, None, ""], "not available"),
    "beside codes that are not understood": (("GB", "NA", "??", "??!"), ["GB", "NAM", "??", "??!"], "read as Namibia"),
    "signs of vehicles": (("D", "a", "CH"), ["DE", "AT", "CH"], "A as Austria; D as Germany"),
    "single letters alone": (("M", "F", None), ["M", "F", None], None),
    "names": (("Germany", "UK", "+44"), ["Germany", "UK", "+44"], None),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_what_may_mean_two_things_is_decided_by_the_whole_column(column):
    """Numbers and NA mean what the other cells of the column speak for, which is said; all else stays."""
    cells, meant, said = COLUMNS[column]
    seen = RegionCells()
    assert seen.settled(pl.Series(cells, dtype=pl.String)).to_list() == meant
    (note,) = seen.notes or [None]
    assert (note is None) == (said is None)
    assert said is None or re.search(said, note)


def numbers_of_batches(contacts, **options):
    batches = [batch for part in contacts.iter_slices(1) for batch in part.to_arrow().to_batches()]
    return pl.concat(map(pl.DataFrame, hf.enrich_batches(batches, "phone", **options)))["hlr_msisdn"].to_list()


READ = {
    "enrich": lambda contacts, **options: hf.enrich(contacts, "phone", **options)["hlr_msisdn"].to_list(),
    "batches": numbers_of_batches,
    "clean": lambda contacts, client, **options: hf.clean(contacts, "phone", **options)["hlr_msisdn"].to_list(),
    "estimate": lambda contacts, **options: NUMBERS[: hf.estimate(contacts, "phone", **options).numbers],
}
NUMBERS = ["33612345678", "447400123456"]


@pytest.mark.parametrize("read", READ)
def test_frames_are_read_by_what_is_said(read):
    """A French number beside 250 is French where the column has numbers of ISO 3166, and a line says so."""
    contacts = pl.DataFrame({"phone": ["06 12 34 56 78", "07400 123456"], "country": [250, 826]})
    client = hf.emulator.connect(seed=7)
    with pytest.warns(GuessWarning, match="250 as France"):
        assert READ[read](contacts, client=client, region_column="country") == NUMBERS


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "parquet", "ndjson", "xlsx"])
def test_a_file_is_read_again_where_its_end_says_otherwise(tmp_path, ending, monkeypatch):
    """However late it stands, one cell that can only be a number of ISO 3166 decides for the first rows too."""
    monkeypatch.setattr("hlrframe.files.source.PIECE_ROWS", 1_000)
    rows = 5_000
    phones = ["06 12 34 56 78"] * rows + ["07400 123456"]
    contacts = pl.DataFrame({"phone": phones, "country": ["250"] * rows + ["826"]})
    source, out = tmp_path / f"in.{ending}", tmp_path / "out.parquet"
    {"csv": contacts.write_csv, "parquet": contacts.write_parquet, "ndjson": contacts.write_ndjson}.get(
        ending, contacts.write_excel
    )(source)
    with pytest.warns(GuessWarning, match="250 as France"):
        assert hf.estimate_file(source, "phone", region_column="country").numbers == 2
    with pytest.warns(GuessWarning, match="250 as France"):
        hf.clean_file(source, out, "phone", region_column="country")
    assert pl.read_parquet(out)["hlr_msisdn"].unique().sort().to_list() == ["33612345678", "447400123456"]
    with pytest.warns(GuessWarning, match="250 as France"):
        report = hf.enrich_file(source, out, "phone", region_column="country", client=hf.emulator.connect(seed=7))
    assert (report.rows, report.numbers) == (rows + 1, 2)
    assert pl.read_parquet(out)["hlr_msisdn"][0] == "33612345678"


def test_nothing_is_said_of_a_column_of_codes():
    """Codes of two letters, empty cells among them, are read as they were, and without a word."""
    contacts = pl.DataFrame({"phone": ["06 12 34 56 78", "+44 7400 123456"], "country": ["FR", None]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hf.clean(contacts, "phone", region_column="country")["hlr_region"].to_list() == ["FR", "GB"]
