"""The scripts for shells, in the shells themselves where they are installed."""

import json
import shutil
import subprocess

import pytest

from hlrframe.cli import main
from hlrframe.cli.completion import completion_script

BASH = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_hlrframe
printf '%s\\n' "${COMPREPLY[@]}"
"""

ZSH = """
compdef() { : }
source "$1"
shift
compadd() { shift; print -rl -- "$@" }
_files() { print -r -- "files $*" }
_describe() { print -rl -- "${found[@]%%:*}" }
words=("$@")
CURRENT=$#
_hlrframe
"""

FISH = """
source $argv[1]
complete -C (string join ' ' -- $argv[2..]) | string replace -r '\\t.*' ''
true
"""

SHELLS = {"bash": [BASH, "bash"], "zsh": [ZSH, "zsh"], "fish": [FISH]}


@pytest.fixture(params=SHELLS)
def complete(request, tmp_path, monkeypatch):
    """Gives what a shell offers for the last of some words, in a folder with a file and a folder."""
    if shutil.which(request.param) is None:
        pytest.skip(f"there is no {request.param} here")
    (script := tmp_path / "script").write_text(completion_script(request.param))
    (place := tmp_path / "place").mkdir()
    monkeypatch.chdir(place)
    (place / "my contacts.csv").touch()
    (place / "my answers").mkdir()

    def complete(*words):
        command = [request.param, "-c", *SHELLS[request.param], str(script), "hlrframe", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        assert done.stderr == ""
        return {line.rstrip("/").replace("\\ ", " ") for line in done.stdout.splitlines()}

    return complete


def test_commands(complete):
    """The commands follow the program's name, and the verbs of the store the store."""
    assert {"enrich", "estimate", "store", "doctor", "completion"} <= complete("")
    assert {"stats", "forget", "history"} == {"stats", "forget", "history"} & complete("store", "")
    assert "stats" not in complete("")


def test_options(complete):
    """The options of a command follow it, those of another do not."""
    offered = complete("store", "forget", "answers", "--")
    assert {"--json", "--yes", "--region"} <= offered
    assert not {"--max-credits", "--older-than"} & offered
    assert "--max-credits" in complete("enrich", "in.csv", "--")


def test_values(complete):
    """Where there is a choice the words are offered, and nothing where only the user knows."""
    assert complete("enrich", "--lookup", "") == {"hlr", "mnp", "validate"}
    assert complete("completion", "") == {"bash", "zsh", "fish"}
    assert complete("enrich", "--max-credits", "") <= {""}


def test_paths(complete):
    """A file may be a file, and a store a folder only."""
    assert complete("enrich", "") & {"my contacts.csv", "files "}
    assert complete("enrich", "--store", "") & {"my answers", "files -"}
    assert "my contacts.csv" not in complete("enrich", "--store", "")


def test_an_option_and_its_value_in_one_word(complete, request):
    """--option=value is completed as well where the shell takes it for several words."""
    if "bash" not in request.node.name:
        pytest.skip("bash alone takes it apart")
    assert complete("enrich", "--lookup", "=", "m") == {"mnp"}


def test_the_command(capsys):
    """``hlrframe completion`` prints the script, or an object with it."""
    assert main(["completion", "bash"]) == 0
    assert capsys.readouterr().out == completion_script("bash")
    assert main(["completion", "zsh", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"shell": "zsh", "script": completion_script("zsh")}
