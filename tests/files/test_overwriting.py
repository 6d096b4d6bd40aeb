"""An output that is there: the command that wrote it replaces it, any other is told to say so."""

import os

import polars as pl
import pytest

import hlrframe as hf
from helpers.emulator import mobiles
from hlrframe import emulator
from hlrframe.cli import main
from hlrframe.files import clean_file, enrich_file
from hlrframe.system import traces

ADA, BO, CY = mobiles(3)


@pytest.fixture(params=["attribute", "note"])
def at(tmp_path, monkeypatch, request):
    """A folder with a file, on a file system with attributes and on one without."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    if request.param == "note":
        monkeypatch.setattr(traces.sys, "platform", "other")
    else:
        try:
            os.setxattr(tmp_path, "user.test", b"1")
        except (OSError, AttributeError):
            pytest.skip("no attributes here")
    (tmp_path / "in.csv").write_text(f"phone\n+{ADA}\n")
    (tmp_path / "other.csv").write_text(f"phone\n+{BO}\n")
    return tmp_path


def enrich(*arguments, source="in.csv", to="out.csv"):
    return main(["enrich", source, "--column", "phone", "-o", to, "--emulator", "--yes", *arguments])


def test_the_same_command_again(at, capsys):
    """A nightly command replaces what it wrote the night before, whatever it may spend, and writes nothing beside."""
    assert enrich() == 0
    first = (at / "out.csv").read_bytes()
    (at / "in.csv").write_text(f"phone,more\n+{ADA},x\n")
    assert enrich("--max-credits", "5", "--store", "answers") == 0
    assert b"more" not in first
    assert "more" in (at / "out.csv").read_text()
    assert {path.name for path in at.iterdir()} <= {"in.csv", "other.csv", "out.csv", "answers", "state"}
    assert capsys.readouterr().out.startswith("1 row")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["other source", "other prefix", "clean", "by hand", "changed"])
def test_any_other_command_is_refused(at, capsys, command):
    """What another command wrote, or a person, or what was changed since, stays, and nothing is asked."""
    if command == "by hand":
        (at / "out.csv").write_text("mine")
    else:
        assert enrich() == 0
    if command == "changed":
        (at / "out.csv").write_text("mine")
    before = (at / "out.csv").read_bytes()
    options = {"other source": {"source": "other.csv"}}.get(command, {})
    more = ["--prefix", "x_"] if command == "other prefix" else []

    def again(*force):
        if command == "clean":
            return main(["clean", "in.csv", "--column", "phone", "-o", "out.csv", *force])
        return enrich(*more, *force, **options)

    capsys.readouterr()
    assert again() == 2
    error = capsys.readouterr().err
    assert ("was changed since" if command == "changed" else "this command did not write it") in error
    assert "--force" in error
    assert "credits" not in error
    assert (at / "out.csv").read_bytes() == before
    assert again("--force") == 0
    assert (at / "out.csv").read_bytes() != before
    assert again() == 0


def test_what_holds_nothing_is_free(at):
    """An empty file, such as a program makes to have a name, is nobody's."""
    (at / "out.csv").touch()
    assert enrich() == 0


def test_one_file_of_a_folder_that_is_somebody_else_s(at, capsys):
    """Of a folder of outputs each file is looked at before anything is asked."""
    (at / "in").mkdir()
    (at / "in" / "a.csv").write_text(f"phone\n+{ADA}\n")
    (at / "in" / "b.csv").write_text(f"phone\n+{BO}\n")
    (at / "out").mkdir()
    (at / "out" / "b.csv").write_text("mine")
    assert enrich(source="in", to="out") == 2
    assert "out/b.csv is there already" in capsys.readouterr().err
    assert [path.name for path in (at / "out").iterdir()] == ["b.csv"]
    assert enrich("--force", source="in", to="out") == 0
    assert enrich(source="in", to="out") == 0


def test_what_a_run_left_half_way_is_replaced_when_it_goes_on(at, capsys):
    """The command that goes on after the money ran out replaces what it wrote so far."""
    (at / "in.csv").write_text(f"phone\n+{ADA}\n+{BO}\n")
    assert enrich("--max-credits", "1", "--store", "answers") == 3
    assert enrich("--max-credits", "5", "--store", "answers") == 0
    assert pl.read_csv("out.csv")["hlr_state"].to_list() == ["cached", "answered"]


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["parquet", "xlsx", "json", "csv.gz"])
def test_every_kind_of_output_is_known_again(at, ending):
    """Whatever is written carries the trace."""
    assert enrich(to=f"out.{ending}") == 0
    assert enrich(to=f"out.{ending}") == 0
    assert enrich(to=f"out.{ending}", source="other.csv") == 2


@pytest.mark.slow
def test_pages_and_exports_are_outputs_too(at, capsys):
    """A report's page, a store's export and a selection replace what they wrote, and nothing else."""
    assert enrich("--store", "answers") == 0
    for command in (
        ["report", "out.csv", "--html", "it"],
        ["store", "export", "answers", "it.csv"],
        ["select", "out.csv", "--textable", "-o", "it.json"],
    ):
        name = at / command[-1]
        assert main(command) == 0
        assert main(command) == 0
        name.write_text("mine")
        assert main(command) == 2
        assert name.read_text() == "mine"
        assert main([*command, "--force"]) == 0


def test_python_replaces_unless_it_is_told_not_to(at):
    """A function replaces what is there, unless overwrite=False: then it goes by the same trace."""
    client = emulator.connect(seed=7)
    (at / "out.csv").write_text("mine")
    for call in (
        lambda **more: enrich_file("in.csv", "out.csv", "phone", client=client, **more),
        lambda **more: clean_file("in.csv", "out.csv", "phone", **more),
    ):
        with pytest.raises(hf.InputError, match="overwrite=True"):
            call(overwrite=False)
        call()
        call(overwrite=False)


def test_no_place_for_a_trace(at, monkeypatch):
    """Where nothing takes a trace the file is written all the same, and the next run asks first."""
    monkeypatch.setattr(traces.sys, "platform", "other")
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    assert enrich() == 0
    assert enrich() == 2
    assert enrich("--force") == 0
