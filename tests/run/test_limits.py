"""The window, the meter and the circuit: what they learn, and the bounds they keep."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlrframe.run.schedule.limits import PAUSE, PROBES, Circuit, Meter, Window


def a_window(*, limit: float, in_flight: int = 0) -> Window:
    window = Window(most=1000)
    window.limit, window.in_flight = limit, in_flight
    return window


def test_a_window_is_open_until_something_is_refused():
    """Without a refusal the whole allowance is there."""
    window = Window(most=1000)
    window.sent(400)
    assert (window.room, window.is_learnt) == (600, False)


def test_a_refusal_sets_the_limit_to_what_was_accepted():
    """Beside 160 accepted numbers 80 more were too much: the limit is 160, the ceiling 240."""
    window = Window(most=1000)
    window.sent(160)
    mark = window.sent(80)
    window.landed(80)
    window.refused(80, mark, sent_at=1.0, now=1.1)
    assert (window.limit, window.ceiling) == (160, 240)


def test_a_refusal_with_nothing_beside_it_halves_the_request():
    """A request that is refused while it is alone was too large by itself."""
    window = Window(most=1000)
    mark = window.sent(80)
    window.landed(80)
    window.refused(80, mark, sent_at=1.0, now=1.1)
    assert window.limit == 40


def test_being_refused_whole_does_not_say_how_much_is_too_much():
    """When everything was refused the limit falls to one, but the ceiling stays where the first refusal came."""
    window = Window(most=1000)
    marks = [window.sent(1) for _ in range(80)]
    for mark in marks:
        window.landed(1)
        window.refused(1, mark, sent_at=1.0, now=1.1)
    assert (window.limit, window.ceiling) == (1, 80)
    mark = window.sent(1)
    window.landed(1)
    window.refused(1, mark, sent_at=2.0, now=2.1)
    assert (window.limit, window.ceiling) == (1, 80)


def test_the_limit_at_most_doubles():
    """From one number it takes a round trip for each doubling, however far the ceiling is."""
    window = a_window(limit=1, in_flight=1)
    window.ceiling = 80
    limits = []
    for second in range(4):
        window.in_flight = int(window.limit)
        window.healthy(1, now=10.0 + second, round_trip=0.2)
        limits.append(window.limit)
    assert limits == [2, 4, 8, 16]


def test_refusals_of_one_round_trip_are_one_event():
    """Requests that left before the cut lower the limit to what was accepted, and no rest is added for each."""
    window = Window(most=1000)
    marks = [window.sent(80) for _ in range(5)]
    for mark in reversed(marks[2:]):
        window.landed(80)
        window.refused(80, mark, sent_at=1.0, now=1.1)
    assert window.limit == 160


def test_the_limit_climbs_half_way_to_the_ceiling_each_round_trip():
    """While full and healthy the gap to the refused level is halved, once a round trip."""
    window = a_window(limit=100, in_flight=100)
    window.ceiling = 200
    window.healthy(10, now=10.0, round_trip=0.2)
    window.healthy(10, now=10.1, round_trip=0.2)
    assert window.limit == 150


def test_the_limit_does_not_grow_while_it_is_not_used():
    """A window that is half empty proves nothing about a larger one."""
    window = a_window(limit=100, in_flight=10)
    window.ceiling = 200
    window.healthy(10, now=10.0, round_trip=0.2)
    assert window.limit == 100


def test_the_ceiling_is_tried_again_after_a_rest():
    """Close under the ceiling the window rests, and then tries more."""
    window = a_window(limit=90, in_flight=100)
    window.refused(1, -10, sent_at=0.0, now=0.1)
    limits = []
    for tenth in range(20):
        window.in_flight = int(window.limit)
        window.healthy(1, now=0.3 + tenth / 10, round_trip=0.1)
        limits.append(window.limit)
    assert limits[5] == limits[0]
    assert limits[-1] > limits[0]


def test_a_rare_refusal_is_excused():
    """One refusal is put down to chance, and one more for every 25 healthy requests, up to five."""
    window = Window(most=1000)
    assert [window.excuses(), window.excuses()] == [True, False]
    for request in range(26):
        window.healthy(1, now=float(request), round_trip=0.1)
    assert [window.excuses(), window.excuses()] == [True, False]
    for request in range(1000):
        window.healthy(1, now=float(request), round_trip=0.1)
    assert [window.excuses() for _ in range(6)] == [True] * 5 + [False]


def test_rests_grow_with_refusals_and_shrink_again():
    """A ceiling that was confirmed is tried ever more rarely, and one that gives way ever more often."""
    window = a_window(limit=100, in_flight=100)
    tries: list[float] = []
    for second in range(1, 400):
        before = window.limit
        window.in_flight = int(window.limit)
        if window.limit > 90 and second < 200:
            window.refused(1, window.answered, sent_at=second - 0.5, now=float(second))
        window.healthy(1, now=second + 0.5, round_trip=0.1)
        tries += [second] if window.limit > before else []
    pauses = [after - before for before, after in pairwise(tries)]
    assert max(pauses) > 10
    assert pauses[-1] <= 2


def test_a_cut_can_be_forgiven():
    """A refusal that was about something else leaves no trace."""
    window = a_window(limit=100, in_flight=50)
    window.refused(10, 0, sent_at=1.0, now=1.1)
    window.forgive()
    assert (window.limit, window.is_learnt) == (100, False)


@given(st.lists(st.tuples(st.sampled_from(["send", "healthy", "refused"]), st.integers(1, 80)), max_size=60))
def test_a_window_always_lets_something_through(events):
    """Whatever happens, the limit stays between one and the most, and an empty window has room for its slice."""
    window, flying, now = Window(most=1000), [], 0.0
    for kind, size in events:
        now += 0.1
        if kind == "send" or not flying:
            flying.append((size, window.sent(size), now))
            continue
        landing, mark, sent_at = flying.pop()
        window.landed(landing)
        if kind == "healthy":
            window.healthy(landing, now=now, round_trip=0.1)
        else:
            window.refused(landing, mark, sent_at=sent_at, now=now)
        assert 1 <= window.limit <= 1000
        assert 1 <= window.slice(210) <= window.limit


@given(st.sampled_from([0.3, 1.0, 7.0, 100.0]), st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_a_meter_bounds_every_stretch_of_a_second(rate, pauses):
    """However greedily it is used, no second (or longer, for slow rates) holds more than the rate."""
    meter, now, sent = Meter(rate), 0.0, []
    for pause in pauses:
        now += pause
        room = meter.room(now)
        if room > 0:
            meter.count(room, now)
            sent.append((now, room))
    period = max(1.0, 1 / rate)
    for start, _ in sent:
        within = sum(size for when, size in sent if start <= when < start + period - 1e-9)
        assert within <= rate * period + 1e-6


def test_a_meter_says_when_it_opens():
    """At the time that a full meter names, there is room again."""
    meter = Meter(10)
    meter.count(10, now=5.0)
    assert meter.room(5.5) == 0
    assert meter.room(meter.opens_at(5.5)) == 10


def failing(times: int, *, now: float = 0.0) -> Circuit:
    circuit = Circuit(Random(1))
    circuit.begin(0.0)
    for _ in range(times):
        circuit.failed(now)
    return circuit


def test_a_circuit_opens_after_failures_in_a_row():
    """Ten failures without a success between open it; a success closes it."""
    assert not failing(9).is_open
    circuit = failing(10)
    assert circuit.is_open
    circuit.healthy(1.0)
    assert not circuit.is_open


def test_requests_in_flight_as_the_circuit_opened_are_no_probes():
    """Two hundred failures at one moment open the circuit once."""
    circuit = failing(210)
    assert not circuit.is_hopeless(0.0)
    assert 0.0 < circuit.retry_at <= PAUSE


def test_failed_probes_make_it_hopeless():
    """Each failed probe doubles the pause; after six the run is given up."""
    circuit, now, probes = failing(10), 0.0, 0
    while not circuit.is_hopeless(now):
        now = circuit.retry_at
        circuit.failed(now)
        probes += 1
    assert probes == PROBES


@pytest.mark.parametrize(("refusals", "seconds", "hopeless"), [(60, 400, True), (60, 200, False), (10, 400, False)])
def test_patience_with_throttling_has_an_end(refusals, seconds, hopeless):
    """Only many refusals over minutes without one answer end a run."""
    circuit = failing(0)
    for _ in range(refusals):
        circuit.refused()
    assert circuit.is_hopeless(seconds) is hopeless


def test_a_provider_that_never_answered_is_given_up_soon():
    """A wrong address is told within a quarter of a minute; one healthy reply, and more patience is due."""
    circuit = failing(5)
    assert not circuit.is_hopeless(10.0)
    assert circuit.is_hopeless(16.0)
    circuit.healthy(1.0)
    for _ in range(5):
        circuit.failed(2.0)
    assert not circuit.is_hopeless(20.0)
