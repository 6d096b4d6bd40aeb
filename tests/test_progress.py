import errno
import io
import re
import sys
from contextlib import redirect_stderr
from functools import partialmethod

import pytest
import tqdm

from hlrframe.models import Progress
from hlrframe.progress import shown


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
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
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
    assert "1,499.5 credits, answered 1,500, cached 100, failed 7, refused 0" in line


def test_the_bar_says_what_it_can_cost(screen):
    """Where the run has a price, the line says how much of it is spent."""
    with redirect_stderr(screen), shown(True) as tell:
        tell(snapshot(credits_expected=1_900.0))
    assert "1,499.5 of 1,900.0 credits, answered 1,500" in screen.getvalue()


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
    """Numbers that a run leaves out at its end are done, and do not make it look fast."""
    with redirect_stderr(screen), shown(True) as tell:
        tell(snapshot(total=10_000, cached=0, answered=390, failed=10, seconds=100.0))
        tell(snapshot(total=10_000, cached=0, answered=390, failed=10, skipped=9_600, seconds=100.0))
    rate, left = last_rate(screen)
    assert rate == pytest.approx(4.0, rel=0.05)
    assert left == 0


def test_a_bar_that_is_switched_off(screen, monkeypatch, caplog):
    """TQDM_DISABLE shows nothing, and nothing complains."""
    monkeypatch.setattr(tqdm.tqdm, "__init__", partialmethod(tqdm.tqdm.__init__, disable=True))
    with redirect_stderr(screen), shown(True) as tell:
        tell(snapshot())
        tell(snapshot(answered=1_893))
    assert (screen.getvalue(), caplog.text) == ("", "")


def test_true_shows_the_bar_at_once():
    """With True the bar is there from the first report, also where nobody seems to look."""
    stream = io.StringIO()
    with redirect_stderr(stream), shown(True) as tell:
        tell(snapshot(seconds=0.0))
    assert "1607/2000" in stream.getvalue()


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
