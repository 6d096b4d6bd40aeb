"""Files that appear whole under their names, and locks among processes."""

import errno
import stat
import subprocess
import sys

import filelock
import pytest

from hlrframe.system import locked, publish

HOLDER = """
import sys
from pathlib import Path
from hlrframe.system import locked
with locked(Path(sys.argv[1])) as is_free:
    print(is_free, flush=True)
    sys.stdin.read()
"""


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_that_could_not_be_written_changes_nothing(tmp_path):
    """Whatever goes wrong while it is written, the one of that name stays and no other is left."""
    path = tmp_path / "file"
    publish(path, lambda file: file.write(b"before"))

    def write(file):
        file.write(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        publish(path, write)
    assert ([*tmp_path.iterdir()], path.read_bytes()) == ([path], b"before")


def test_a_file_that_is_not_confirmed_does_not_appear(tmp_path):
    """It is whole under its temporary name when it is to be confirmed; a refusal leaves nothing."""

    def refuse(temporary):
        assert temporary.read_bytes() == b"content"
        raise FileExistsError

    with pytest.raises(FileExistsError):
        publish(tmp_path / "file", lambda file: file.write(b"content"), confirm=refuse)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such modes")
def test_a_private_file_is_its_owners(tmp_path):
    """A file is for its owner alone, or for whoever may read the user's other files."""
    usual = tmp_path / "usual"
    usual.touch()
    for name, private in (("mine", True), ("ours", False)):
        publish(tmp_path / name, lambda file: file.write(b"content"), private=private)
    assert mode(tmp_path / "mine") == 0o600
    assert mode(tmp_path / "ours") == mode(usual)


def test_a_lock_keeps_others_out_until_it_falls(tmp_path):
    """Who wants it meanwhile learns that it is taken, and has it when the block has ended."""
    path = tmp_path / "lock"
    with locked(path) as mine, locked(path, patience=0.02) as theirs:
        assert (mine, theirs) == (True, False)
    with locked(path) as later:
        assert later


def test_a_lock_falls_with_its_process(tmp_path):
    """Another process keeps this one out, and no more when it was killed."""
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "True\n"
        with locked(path) as mine:
            assert not mine
        process.kill()
        process.wait()
        with locked(path) as mine:
            assert mine


@pytest.mark.parametrize("refusal", [OSError(errno.ENOLCK, "No locks available"), NotImplementedError()])
def test_a_file_system_without_locks_keeps_nobody_out(tmp_path, monkeypatch, refusal):
    """Where there are no locks work goes on without them; any other refusal is told."""

    def refuse(*_, **__):
        raise refusal

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with locked(tmp_path / "lock") as mine:
        assert mine
    refusal = PermissionError(errno.EACCES, "Permission denied")
    with pytest.raises(PermissionError), locked(tmp_path / "lock"):
        pass
