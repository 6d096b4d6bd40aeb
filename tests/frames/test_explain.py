"""One number in words: how it was read, what was asked, what came back, what it means, what it cost, how old it is."""

import json

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import hlrframe as hf
from helpers.lists import connected
from hlrframe.cli import main

GB = hf.Settings(default_region="GB")
PEOPLE = {"mobile": ["07400 123456", "n/a"], "home": ["020 7946 0000", "07400 123456"]}


@pytest.mark.parametrize("make", [pl.DataFrame, pl.LazyFrame, pd.DataFrame, pa.table])
def test_a_row_in_words(make):
    """A row of any frame says each of the things that somebody asks of a number."""
    enriched = hf.enrich(make(PEOPLE), "mobile", client=connected()[1], settings=GB)
    told = dict(hf.explain(enriched, 0).lines)
    assert told["number"] == "+447400123456"
    assert told["plan"] == "a MOBILE of United Kingdom, in a range first given to Three"
    assert told["asked"] == "asked in this run, and answered"
    assert told["means"] == "live: a call or message gets through"
    assert told["cost"] == "1 credit"
    assert told["age"].endswith(" ago")
    assert str(hf.explain(enriched, -1)) == "asked  not asked: this is no telephone number (empty)"


def test_several_columns_in_words():
    """Of several phone columns each is explained under its name."""
    enriched = hf.enrich(pl.DataFrame(PEOPLE), ["mobile", "home"], client=connected()[1], settings=GB)
    lines = hf.explain(enriched, 0).lines
    assert [words for name, words in lines if name == "column"] == ["mobile", "home"]
    assert [words for name, words in lines if name == "cell"] == [PEOPLE["mobile"][0], PEOPLE["home"][0]]
    assert "not applicable: " in str(hf.explain(enriched, 0))


def test_what_cannot_be_explained():
    """A row that is not there, or a frame that was not enriched, is refused with the cure."""
    with pytest.raises(hf.InputError, match="no column 'hlr_verdict': pass what enrich gave"):
        hf.explain(pl.DataFrame(PEOPLE), 0)
    enriched = hf.enrich(pl.DataFrame(PEOPLE), "mobile", client=connected()[1], settings=GB)
    with pytest.raises(hf.InputError, match="the frame has 2 rows: there is no row 2"):
        hf.explain(enriched, 2)


def test_the_command(tmp_path, capsys):
    """The command reads a number, and tells what a store knows of it."""
    store = str(tmp_path / "answers")
    assert main(["explain", "07400 123456", "--region", "GB", "--store", store]) == 0
    assert "holds no answer" in capsys.readouterr().out
    hf.lookup(["07400 123456"], client=connected()[1], settings=GB, store=store)
    assert main(["explain", "07400 123456", "--region", "GB", "--store", store, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["number"], told["answer"]) == ("+447400123456", "MOBILE, LIVE, by emulator")
    assert main(["explain", "12"]) == 0
    assert "none: " in capsys.readouterr().out
    assert main(["explain", "07400 123456"]) == 0
    assert "none: needs_region\nperhaps  a national number: name its country" in capsys.readouterr().out


@pytest.mark.parametrize(
    "read", [lambda path: pl.read_csv(path, infer_schema=False), pd.read_csv, lambda path: pd.read_csv(path, dtype=str)]
)
def test_a_file_in_words(tmp_path, read):
    """What went through a CSV file, which has no types, is told as before: the number, and that it was not ported."""
    enriched = hf.enrich(pl.DataFrame(PEOPLE), "mobile", client=connected()[1], settings=GB)
    enriched.write_csv(tmp_path / "rich.csv")
    told, before = (dict(hf.explain(each, 0).lines) for each in (read(tmp_path / "rich.csv"), enriched))
    assert before["network"].endswith(", not ported")
    assert {name: told[name] for name in told if name != "age"} == {
        name: before[name] for name in told if name != "age"
    }


def test_foreign_texts_in_words_reach_no_terminal():
    """What a network calls itself is one line, and commands nothing."""
    enriched = hf.enrich(pl.DataFrame(PEOPLE), "mobile", client=connected()[1], settings=GB)
    odd = enriched.with_columns(hlr_current_network=pl.lit("\x1b[2Jred\nline"))
    assert "network  red line, not ported" in str(hf.explain(odd, 0)).splitlines()


def test_a_pandas_row_with_cells_of_any_type():
    """Cells of the caller's own that no other library knows are nobody's business."""
    frame = pd.DataFrame({**PEOPLE, "own": [object(), {1}]})
    enriched = hf.enrich(frame, "mobile", client=connected()[1], settings=GB)
    assert dict(hf.explain(enriched, 0).lines)["number"] == "+447400123456"
