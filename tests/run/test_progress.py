import errno
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import redirect_stderr, suppress
from functools import partialmethod

import nbformat
import pytest
import tqdm
from nbclient import NotebookClient

from hlrframe.model.progress import Progress
from hlrframe.run.progress import shown


class Screen(io.StringIO):
    """A stream that somebody is looking at, until it is gone."""

    gone = False

    def write(self, text):
        """Writes, or fails as a full disk does."""
        if self.gone:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)

    def isatty(self):
        """Says so."""
        return True


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.delenv("TERM", raising=False)
    return Screen()


def snapshot(**counts):
    return Progress(**{"total": 2_000, "answered": 1_500, "cached": 100, "failed": 7, "credits": 1_499.5, **counts})


def test_false_shows_nothing(screen):
    """With False there is nothing to report to."""
    with redirect_stderr(screen), shown(False) as tell:
        assert tell is None
    assert screen.getvalue() == ""


@pytest.mark.usefixtures("screen")
def test_nobody_looks():
    """Without a screen there is nothing to report to, nor where the process has no stderr at all."""
    for stream in (io.StringIO(), None):
        with redirect_stderr(stream), shown(None) as tell:
            assert tell is None


def test_short_work_shows_no_bar(screen):
    """A bar that nobody asked for appears only when the work takes its time."""
    with redirect_stderr(screen), shown(None) as tell:
        tell(snapshot(seconds=0.5))
    assert screen.getvalue() == ""


def test_long_work_shows_a_bar(screen):
    """Where somebody looks, long work shows how far it is and what it has cost."""
    with redirect_stderr(screen), shown(None) as tell:
        tell(snapshot(seconds=1.5))
    line = screen.getvalue()
    assert "1607/2000" in line
    assert "1,499.50 credits, answered 1,500, cached 100, failed 7, refused 0" in line


def test_the_bar_says_what_it_can_cost(screen):
    """Where the run has a price, the line says how much of it is spent."""
    with redirect_stderr(screen), shown(True) as tell:
        tell(snapshot(credits_expected=1_900.0))
    assert "1,499.50 of 1,900 credits, answered 1,500" in screen.getvalue()


def test_what_another_run_asks_is_told(screen):
    """Numbers that another run is asking are named, while there are any."""
    with redirect_stderr(screen), shown(True) as tell:
        tell(snapshot(waiting=1_200))
        tell(snapshot(waiting=0, answered=1_501))
    assert screen.getvalue().count("refused 0, asked by another run 1,200") == 1


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_narrow_terminal_gets_what_fits(monkeypatch, columns):
    """In few columns the line says how far the work is, what it costs and what went wrong, and breaks nowhere."""
    reader, writer = pty.openpty()
    termios.tcsetwinsize(writer, (24, columns))
    monkeypatch.delenv("TERM", raising=False)
    with os.fdopen(writer, "w") as terminal, redirect_stderr(terminal), shown(True) as tell:
        tell(snapshot(credits_expected=1_900.0))
    said = ""
    with suppress(OSError):  # at its end
        while piece := os.read(reader, 10_000):
            said += piece.decode()
    os.close(reader)
    assert all(len(line) <= columns for line in re.split(r"[\r\n]+", said))
    assert "1607/2000 [00:00 left, 1,499.50 credits, failed 7]" in said


def last_rate(screen):
    """Gives the numbers a second and the minutes and seconds left that the bar said last."""
    said = re.findall(r"<(\d\d):(\d\d), +([\d.]+) numbers/s", screen.getvalue())
    minutes, seconds, rate = said[-1]
    return float(rate), 60 * int(minutes) + int(seconds)


def test_what_is_asked_makes_the_rate(screen):
    """Cached numbers count as done and not for the rate, which begins with the work; the time left follows it."""
    with redirect_stderr(screen), shown(None) as tell:
        tell(snapshot(total=101_000, cached=100_000, answered=390, failed=10, seconds=200.0))
    rate, left = last_rate(screen)
    assert rate == pytest.approx(2.0, rel=0.05)
    assert left == pytest.approx(300, rel=0.05)
    assert "100400/101000" in screen.getvalue()


def test_what_is_not_asked_does_not_make_the_rate(screen):
    """Numbers that a run leaves out at its end are not done, and do not make it look fast."""
    with redirect_stderr(screen), shown(True) as tell:
        tell(snapshot(total=10_000, cached=0, answered=390, failed=10, seconds=100.0))
        tell(snapshot(total=10_000, cached=0, answered=390, failed=10, skipped=9_600, seconds=100.0))
    rate, _ = last_rate(screen)
    assert rate == pytest.approx(4.0, rel=0.05)
    assert "not asked 9,600" in screen.getvalue()


def test_a_bar_that_is_switched_off(screen, monkeypatch, caplog):
    """TQDM_DISABLE shows nothing, and nothing complains."""
    monkeypatch.setattr(tqdm.tqdm, "__init__", partialmethod(tqdm.tqdm.__init__, disable=True))
    with redirect_stderr(screen), shown(True) as tell:
        tell(snapshot())
        tell(snapshot(answered=1_893))
    assert (screen.getvalue(), caplog.text) == ("", "")


def test_true_shows_the_bar_at_once(screen):
    """With True the bar is there from the first report."""
    with redirect_stderr(screen), shown(True) as tell:
        tell(snapshot(seconds=0.0))
        assert "1607/2000" in screen.getvalue()


def logged(*snapshots):
    """Gives the lines that a log gets from these reports."""
    stream = io.StringIO()
    with redirect_stderr(stream), shown(True) as tell:
        for each in snapshots:
            tell(each)
    assert re.search(r"[\r\x1b]", stream.getvalue()) is None
    return stream.getvalue().splitlines()


def test_a_log_gets_a_plain_line():
    """Where nobody looks, the end of the work is told in one line without control characters."""
    (line,) = logged(snapshot(answered=0), snapshot(seconds=100.0, credits_expected=1_900.0))
    assert line == (
        "hlrframe: 1,607 of 2,000 numbers (80.3%) after 1 min 40 s, 15 numbers/s, 26 s left, "
        "1,499.50 of 1,900 credits, answered 1,500, cached 100, failed 7, refused 0"
    )


def test_a_log_gets_lines_now_and_then():
    """A line comes after ten seconds or with a tenth of the work, and none within a second of another."""
    steps = [(0.1, 0), (0.9, 900), (5.0, 901), (10.0, 902), (19.0, 903), (20.5, 904), (21.0, 1_500), (22.0, 2_000)]
    lines = logged(*(snapshot(cached=0, failed=0, answered=done, seconds=seconds) for seconds, done in steps))
    assert [line.split()[1] for line in lines] == ["901", "903", "1,500", "2,000"]


def test_a_log_of_nothing():
    """Work that reports nothing says nothing, and a list without numbers is whole."""
    assert logged() == []
    assert logged(Progress(skipped=0, refused=1))[0].startswith("hlrframe: 0 of 0 numbers (100%) after 0 s, 0 credits")


def test_a_terminal_that_only_prints(screen, monkeypatch):
    """A terminal that cannot go back in a line gets plain lines."""
    monkeypatch.setenv("TERM", "dumb")
    with redirect_stderr(screen), shown(None) as tell:
        tell(snapshot(seconds=12.0))
    assert screen.getvalue().startswith("hlrframe: 1,607 of 2,000")
    assert "\r" not in screen.getvalue()


def test_a_bar_follows(screen):
    """Each report moves the bar; at the end it stays where it is, on a line of its own."""
    with redirect_stderr(screen), shown(True) as tell:
        tell(snapshot(answered=0, credits=0.0))
        tell(snapshot(answered=1_893, credits=1_893.0))
    assert "2000/2000" in screen.getvalue()
    assert screen.getvalue().endswith("\n")


def test_a_function_gets_every_report():
    """A caller's own function gets each snapshot as it is."""
    seen = []
    with shown(seen.append) as tell:
        tell(snapshot(answered=1))
        tell(snapshot(answered=2))
    assert [each.answered for each in seen] == [1, 2]


def test_a_function_that_fails_is_left_out(caplog):
    """A function that raises is logged once and not called again; whoever reports does not notice."""
    calls = []

    def fails(progress):
        calls.append(progress)
        raise ZeroDivisionError

    with shown(fails) as tell:
        tell(snapshot())
        tell(snapshot())
    assert len(calls) == 1
    assert [record.name for record in caplog.records] == ["hlrframe.progress"]
    assert "ZeroDivisionError" in caplog.text


def test_a_screen_that_goes_away(screen, caplog):
    """A stream that breaks meanwhile ends the bar and nothing else, also when the bar is closed."""
    with redirect_stderr(screen), shown(True) as tell:
        tell(snapshot(answered=1))
        screen.gone = True
        tell(snapshot(answered=2))
    assert "progress" in caplog.text


def test_errors_pass():
    """What goes wrong in the work itself is not swallowed, and the bar is closed."""

    def work():
        with shown(True) as tell:
            tell(snapshot())
            raise KeyError("work")

    with pytest.raises(KeyError, match="work"):
        work()


WORK = """
import time
from hlrframe.model.progress import Progress
from hlrframe.run.progress import shown

with shown(None) as tell:
    for done in range(0, 2_001, 100):
        tell(Progress(total=2_000, answered=done, credits=float(done), seconds=1.0 + done / 1_000))
        time.sleep(0.02)
"""


def on_a_terminal(columns):
    """Runs the work with its standard error on a terminal of so many columns, and gives what is written there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", WORK], stderr=theirs, stdin=theirs, env={**os.environ, "TERM": "xterm"}
    )
    os.close(theirs)
    written = b""
    try:
        while piece := os.read(ours, 4096):
            written += piece
    except OSError:  # so a terminal says that nobody writes any more
        pass
    os.close(ours)
    assert process.wait(timeout=50) == 0
    return written.decode()


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 200])
def test_one_line_in_a_real_terminal(columns):
    """On a terminal one line is written over and over, never longer than the terminal is wide, and stays at the end."""
    written = on_a_terminal(columns)
    updates = written.rstrip("\r\n").split("\r")
    assert written.count("\n") == 1
    assert len(updates) > 5
    assert max(map(len, updates)) <= columns
    assert "2000/2000" in updates[-1]


def in_a_kernel(*cells):
    """Gives what these cells show in a real kernel, by the type of what is shown."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=40).execute()
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    return kinds, "".join(output.get("text", "") for output in outputs)


#: The same work in the thread that a run in a notebook has.
IN_A_THREAD = f"""
from hlrframe.system.sync import run_sync

async def work():
    exec({WORK!r})

run_sync(work)
"""


@pytest.mark.slow
def test_a_widget_in_a_real_kernel():
    """A notebook shows the bar as a widget, though nobody imported ipywidgets."""
    kinds, text = in_a_kernel(IN_A_THREAD)
    assert "application/vnd.jupyter.widget-view+json" in kinds
    assert "numbers" not in text


@pytest.mark.slow
def test_a_kernel_without_widgets():
    """A notebook that has no widgets shows the line, and no warning."""
    hidden = "import importlib.util as util\nfind = util.find_spec\n"
    hidden += "util.find_spec = lambda name, *rest: None if name == 'ipywidgets' else find(name, *rest)"
    kinds, text = in_a_kernel(hidden, WORK)
    assert "application/vnd.jupyter.widget-view+json" not in kinds
    assert "2000/2000" in text
    assert "Warning" not in text
