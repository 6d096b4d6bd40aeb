import itertools
import time
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.emulator import Clock
from helpers.examples import examples
from helpers.lists import CELLS, GB, connected, read, resolved, some
from hlrframe import emulator
from hlrframe.emulator import Emulator, EmulatorTransport, Fault, Faults, World, find_numbers
from hlrframe.model import Naming
from hlrframe.model.columns import COLUMNS
from hlrframe.model.question import Question
from hlrframe.model.vocabulary import State
from hlrframe.phone.networks import predict_networks
from hlrframe.provider.hlr_lookup.client import Client
from hlrframe.provider.hlr_lookup.wire import Result
from hlrframe.run.results import Results
from hlrframe.run.schedule.doubts import may_answer
from hlrframe.store import Asked, Store


@examples(15)
@given(CELLS, st.integers(0, 14))
def test_every_row_has_one_outcome(cells, cut):
    """Each row has a state, a reason where it has no answer and none where it has, and the credits are the bill."""
    cut = min(cut, len(cells))
    numbers, readings = read(cells[:cut], cells[cut:])
    provider, client = connected()
    outcomes = resolved(numbers, client)
    results = Results(Naming.of("phone", columns="all", prefix=""))
    rows = pl.concat([results.of(reading, outcomes) for reading in readings])
    assert rows.height == len(cells)
    assert rows.columns == [each.name for each in COLUMNS]
    answered = rows["state"].is_in([State.ANSWERED, State.CACHED])
    assert rows["reason"].is_null().equals(answered)
    assert rows["verdict"].is_not_null().equals(answered)
    assert rows["checked_at"].is_not_null().equals(answered)
    assert Decimal(str(rows["credits"].sum())) == provider.bill.total
    report = results.complete(outcomes.report)
    assert report.rows == len(cells)
    assert report.states == dict(Counter(rows["state"]))
    assert Decimal(str(report.credits)) == provider.bill.total


def test_the_first_row_pays():
    """What a number costs stands on the first row that carries it, in whichever batch that is."""
    numbers, readings = read([None, "07400 123456"], ["07400 123456", "+447400123457"])
    outcomes = resolved(numbers, connected()[1])
    credits_ = [
        outcomes.of_cells(reading, offset=2 * place)["credits"].to_list() for place, reading in enumerate(readings)
    ]
    assert credits_ == [[0.0, 1.0], [0.0, 1.0]]


def test_the_columns_that_were_chosen():
    """Rows get the chosen columns, those that a tally counts, and the credits; in the order of the schema."""
    numbers, (reading,) = read(["07400 123456"])
    rows = resolved(numbers, connected()[1], columns=("uuid", "current_network")).of_cells(reading)
    assert rows.columns == ["state", "reason", "verdict", "current_network", "credits", "reading", "uuid"]


def test_lookups_that_fail():
    """A number that the provider fails at for good is a failed row with a reason, and the others are answered."""
    cells = some(40)
    numbers, (reading,) = read(cells)
    provider, client = connected(faults=Faults(internal_error=0.9))
    outcomes = resolved(numbers, client)
    rows = outcomes.of_cells(reading)
    counts = Counter(rows["state"])
    assert counts.keys() == {"answered", "failed"}
    failed = rows.filter(pl.col("state") == "failed")
    assert set(failed["reason"]) == {"internal_error"}
    assert failed["verdict"].null_count() == failed["live_status"].null_count() == failed.height
    assert Decimal(str(rows["credits"].sum())) == provider.bill.total


def test_numbers_are_asked_by_network():
    """The report has a line for each network, or country, that was asked for."""
    cells = [*some(6, "GB"), *some(4, "DE"), *some(3, "US")]
    numbers, _ = read(cells)
    lanes = [each.lane for each in resolved(numbers, connected()[1]).report.lanes]
    assert {lane.split(" ")[0] for lane in lanes} == {"GB", "DE", "US"}
    assert len(set(lanes)) == len(lanes)


def test_a_lane_says_how_it_went():
    """A lane counts its numbers and answers, and says which share of the answers one network gave."""
    numbers, (reading,) = read(some(300))
    outcomes = resolved(numbers, connected()[1], settings=GB.replace(max_credits=100))
    rows = outcomes.of_cells(reading)
    asked = rows.filter(pl.col("state") != "skipped")
    lanes = outcomes.report.lanes
    assert sum(lane.numbers for lane in lanes) == sum(lane.answered for lane in lanes) == asked.height
    three = next(lane for lane in lanes if lane.lane == "GB Three")
    of_three = predict_networks(asked["msisdn"])["network"] == "Three"
    networks = asked.filter(of_three).select(pl.coalesce("current_network", "original_network")).to_series()
    assert three.answered == of_three.sum()
    assert three.agreement == networks.value_counts()["count"].max() / networks.count() < 1.0
    unasked = {lane.agreement for lane in lanes if not lane.answered}
    assert unasked <= {None}


class Barring(EmulatorTransport):
    """A provider with an error word of its own for one number."""

    async def handle_async_request(self, request):
        """Answers, but for that number."""
        reply = await super().handle_async_request(request)
        results = reply.json()["results"]
        barred = {"error": "NUMBER_BARRED", "request_parameters": {"telephone_number": "447400123456"}}
        theirs = [each["request_parameters"]["telephone_number"] for each in results]
        told = [barred if number == "447400123456" else each for number, each in zip(theirs, results, strict=True)]
        return httpx.Response(200, json={"results": told})


def test_an_unknown_error_word_is_told():
    """A number that fails with a word of the provider's own has that word in its row; other rows have none."""
    numbers, (reading,) = read(["07400 123456", "07400 123457", "n/a"])
    client = Client("emulator", "emulator", transport=Barring(Emulator(seed=7)), provider="emulator")
    rows = resolved(numbers, client).of_cells(reading)
    assert rows.select("state", "reason", "error").rows() == [
        ("failed", "provider_error", "NUMBER_BARRED"),
        ("answered", None, None),
        ("rejected", "empty", None),
    ]


# The store


def test_the_store_answers(tmp_path):
    """Stored answers stand beside new ones: cached and free, with all that was said."""
    provider, client = connected()
    store, cells = Store(tmp_path), some(5)
    first, (reading,) = read(cells[:3])
    before = resolved(first, client, store=store).of_cells(reading)
    second, (again,) = read([*cells, "n/a"])
    after = resolved(second, client, store=store).of_cells(again)
    assert after["state"].to_list() == ["cached"] * 3 + ["answered"] * 2 + ["rejected"]
    same = [name for name in before.columns if name not in {"state", "credits"}]
    assert after.head(3).select(same).equals(before.select(same))
    assert after.head(3)["credits"].sum() == 0.0
    assert provider.bill.numbers == 5


@pytest.mark.parametrize("again", [GB.replace(max_age="0s"), GB.replace(refresh=True)], ids=["stale", "refresh"])
def test_the_last_known_network_is_the_lane(tmp_path, again):
    """A number that is asked again waits with the network that the store saw last, not with that of its prefix."""
    moved = list(itertools.islice(find_numbers(World(7), lambda each: each.ported and each.live_status == "LIVE"), 30))
    numbers, (reading,) = read([f"+{number}" for number in moved])
    client, store = connected()[1], Store(tmp_path)
    before = resolved(numbers, client, store=store)
    after = resolved(numbers, client, store=store, settings=again)
    now = before.of_cells(reading)["current_network"]
    assert {lane.lane for lane in after.report.lanes} == {f"GB {name}" for name in now}
    assert {lane.agreement for lane in after.report.lanes} == {1.0}
    assert min(lane.agreement for lane in before.report.lanes) < 1.0
    assert after.of_cells(reading)["state"].to_list() == ["answered"] * 30


def test_other_questions_have_other_answers(tmp_path):
    """An answer serves the question that it was an answer to: the same kind, options and provider."""
    provider, client = connected()
    numbers, (reading,) = read(["07400 123456"])
    for asked, chosen in enumerate((GB, GB.replace(lookup="mnp"), GB.replace(ported_date=True)), 1):
        rows = resolved(numbers, client, store=Store(tmp_path), settings=chosen).of_cells(reading)
        assert rows["state"].to_list() == ["answered"]
        assert provider.bill.numbers == asked


def test_what_was_asked_without_an_answer(tmp_path):
    """A number that a killed run had asked, and perhaps paid for, is asked again without being paid again."""
    provider, client = connected()
    numbers, (reading,) = read(["07400 123456"])
    resolved(numbers, client)  # the reply never reached the disk
    store = Store(tmp_path)
    with store.journal(Question.of(GB, "emulator")) as journal:
        journal.write([Asked(["447400123456"], datetime.now(UTC))])
    rows = resolved(numbers, client, store=store).of_cells(reading)
    assert rows["state"].to_list() == ["answered"]
    assert (provider.bill.asked["447400123456"], provider.bill.paid_twice()) == (2, [])
    assert provider.bill.total == 1


@pytest.mark.parametrize("hours", [0, 3])
def test_an_answer_that_was_there_before_proves_nothing_of_a_killed_run(tmp_path, hours):
    """A free answer that is older than the killed run's asking was paid for before; one of its time, by it."""
    clock = Clock(time.time() - hours * 3600)
    client = emulator.connect(emulator=Emulator(clock=clock))
    numbers, _ = read(["07400 123456"])
    resolved(numbers, client)
    clock.now = time.time()
    store = Store(tmp_path)
    with store.journal(Question.of(GB, "emulator")) as journal:
        journal.write([Asked(["447400123456"], datetime.now(UTC))])
    resolved(numbers, client, store=store)
    assert store.scan().select("credits").collect().item() == (0 if hours else 1)


@pytest.mark.parametrize(("fault", "hours", "sums"), [("RESET_BEFORE", 3, (0, 5)), ("DROP_AFTER_BILLING", 0, (5, 0))])
def test_an_answer_that_was_there_before_proves_nothing_of_a_lost_reply(fault, hours, sums):
    """A request that was lost before it was billed is not booked because an answer of this morning is free."""
    clock = Clock(time.time() - hours * 3600)
    provider = Emulator(clock=clock, faults=Faults(at={bool(hours) + 1: Fault[fault]}))
    client = emulator.connect(emulator=provider)
    numbers, _ = read([f"07400 12345{place}" for place in range(5)])
    if hours:
        resolved(numbers, client)
        clock.now = time.time()
    before = provider.bill.total
    outcomes = resolved(numbers, client)
    spent, doubt = outcomes.numbers["credits"].sum(), outcomes.report.possibly_billed_twice_credits
    assert (spent, doubt) == sums
    assert spent <= provider.bill.total - before <= spent + doubt


@pytest.mark.parametrize(
    ("given", "may"),
    [
        ("", True),
        ("2026-11-28T12:00:05Z", True),
        ("2026-11-28T11:10:00Z", True),
        ("2026-11-28T10:50:00Z", False),
        ("2026-11-27T11:10:00Z", False),
        ("2026-11-27T10:50:00Z", True),
        ("2022-09-20T06:08:59Z", True),
    ],
)
def test_what_an_answer_of_some_time_may_be_to(given, may):
    """An answer from before an asking is none to it; one from before the cache was let look has no time and may be."""
    assert may_answer(Result(timestamp=given), datetime(2026, 11, 28, 12, tzinfo=UTC)) is may


class Nobody(httpx.AsyncBaseTransport):
    """A provider that must not be asked."""

    async def handle_async_request(self, request):
        """Fails."""
        pytest.fail(f"asked {request.url}")


@pytest.mark.parametrize("cells", [[], ["n/a", None]], ids=["no rows", "no numbers"])
def test_nothing_to_ask(cells):
    """Where there is nothing to ask nobody is asked."""
    numbers, (reading,) = read(cells)
    outcomes = resolved(numbers, Client("key", "secret", transport=Nobody()))
    assert outcomes.of_cells(reading)["state"].to_list() == ["rejected"] * len(cells)
    assert (outcomes.report.numbers, outcomes.report.requests, outcomes.error) == (0, 0, None)


def test_offline_asks_nobody(tmp_path):
    """Offline, what the store does not know is skipped; the progress is told so."""
    _, client = connected()
    store, seen = Store(tmp_path), []
    known, _ = read(["07400 123456"])
    resolved(known, client, store=store)
    numbers, (reading,) = read(["07400 123456", "07400 123457"])
    nobody = Client("key", "secret", transport=Nobody(), provider="emulator")
    rows = resolved(numbers, nobody, store=store, settings=GB.replace(offline=True), on_progress=seen.append).of_cells(
        reading
    )
    assert rows["state"].to_list() == ["cached", "skipped"]
    assert rows["reason"].to_list() == [None, "offline"]
    assert [(each.total, each.cached, each.skipped, each.done) for each in seen] == [(2, 1, 1, 1)]
    assert seen[0].credits_expected is None


def test_progress_counts_the_store_in(tmp_path):
    """What the store knew counts as done from the first report on."""
    _, client = connected()
    store, seen = Store(tmp_path), []
    known, _ = read(some(3))
    resolved(known, client, store=store)
    numbers, _ = read(some(5))
    resolved(numbers, client, store=store, on_progress=seen.append)
    assert {(each.total, each.cached) for each in seen} == {(5, 3)}
    assert seen[-1].done == 5
    assert {each.credits_expected for each in seen} == {2.0}
