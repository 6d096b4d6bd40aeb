"""The account before a run and the one after it, as they are read at the prompt and in a notebook."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from hlrframe.errors import ConfigError
from hlrframe.model.reports import Estimate, LaneReport, Report

QUIET = LaneReport("GB EE", 40, 40, 0.9, requests=4, refusals=0, latency=0.2)
REPORT = Report(
    provider="emulator",
    rows=3,
    numbers=2,
    states={"answered": 2, "rejected": 1},
    verdicts={"live": 2},
    reasons={"empty": 1},
    credits=2.0,
    requests=1,
    seconds=0.25,
    lanes=(QUIET,),
)


def test_a_quiet_run_is_told_in_few_lines():
    """Without refusals, doubts and stops the account names rows, states, verdicts, reasons and credits."""
    assert str(REPORT).splitlines() == [
        "3 rows, 2 distinct numbers, asked of emulator",
        "  states    answered 2, rejected 1",
        "  verdicts  live 2",
        "  reasons   empty 1",
        "  credits   2 spent, 1 request in 0.2 s",
    ]


@pytest.mark.parametrize(
    ("refusals", "lines"),
    [
        ({}, []),
        ({"A": 3}, ["  refused   GB A: 3 of 40 requests, 97.0% of its answers from one network"]),
        (
            {"A": 3, "B": 1200, "C": 4},
            [
                "  refused   GB B: 1,200 of 40 requests, 97.0% of its answers from one network",
                "  refused   GB C: 4 of 40 requests, 97.0% of its answers from one network",
            ],
        ),
    ],
)
def test_the_worst_lanes_are_named(refusals, lines):
    """Where networks were throttled the two that were refused most are named, the worst first."""
    lanes = [LaneReport(f"GB {name}", 800, 790, 0.97, 40, count, 0.2) for name, count in refusals.items()]
    told = str(replace(REPORT, lanes=[QUIET, *lanes])).splitlines()
    assert [line for line in told if line.startswith("  refused")] == lines


def test_a_lane_without_answers_says_nothing_of_networks():
    """Of a lane that was refused and never answered only the refusals are told."""
    silent = LaneReport("GB A", 80, 0, None, requests=7, refusals=7, latency=None)
    assert "  refused   GB A: 7 of 7 requests\n" in f"{replace(REPORT, lanes=[silent])}\n"


ESTIMATE = Estimate(
    rows=2_000,
    numbers=1_589,
    rejected={"empty": 62, "too_short": 17},
    stored=9,
    to_ask=1_580,
    countries={"GB": 957, "US": 62, "DE": 56, "IE": 52, "FR": 44, "ES": 400, "IT": 9},
    credits_high=1_580.0,
    credits_expected=1_457.0,
    credits_low=1_193.5,
    stale=3,
    networks={"GB <b>Nettle</b>": 957},
    seconds=7.6,
    numbers_per_second=210.0,
)


def test_the_estimate_is_told_in_aligned_lines():
    """Rows, what is free, what is asked of whom, credits and time, each on its line; long lists are cut."""
    assert str(ESTIMATE).splitlines() == [
        "2,000 rows, 1,589 distinct numbers",
        "  rejected, free              79 rows  (empty 62, too_short 17)",
        "  stored, free                 9 numbers",
        "  to ask                   1,580 numbers  (GB 957, ES 400, US 62, DE 56, IE 52, 2 others 53)",
        "    stored, too old            3 of them",
        "    networks                   1 predicted  (GB <b>Nettle</b> 957)",
        "  credits                  1,457 expected, 1,193.50 if little is charged, 1,580 at most",
        "  time, about                8 s at the 210 numbers/s that the provider's limits allow",
    ]


def test_an_estimate_in_money():
    """With a price the sums are there in money, in the line and as values; without one there is none."""
    priced = ESTIMATE.priced(0.006, currency="EUR")
    assert "  money                     8.74 EUR expected, 7.16 if little is charged, 9.48 at most" in str(priced)
    assert (priced.money.high, priced.money.currency) == (pytest.approx(9.48), "EUR")
    assert ESTIMATE.money is None
    assert "money" not in str(ESTIMATE)


@pytest.mark.parametrize("price", [-1, float("nan"), float("inf")])
def test_a_price_is_a_number(price):
    """A price that is none is refused."""
    with pytest.raises(ConfigError, match="price_per_credit"):
        ESTIMATE.priced(price)


@pytest.mark.parametrize(("seconds", "told"), [(0.2, "1 s"), (600, "10 min"), (9_000, "2 h 30 min")])
def test_time_is_told_in_its_unit(seconds, told):
    """Seconds, minutes or hours, and whose rate it is."""
    learnt = replace(ESTIMATE, seconds=seconds, rate="learnt")
    assert f" {told} at the 210 numbers/s of the last run" in str(learnt)


class Page(HTMLParser):
    """Collects the cells of each row, and the tags."""

    def __init__(self, html):
        super().__init__()
        self.rows, self.tags = [], []
        self.feed(html)

    def handle_starttag(self, tag, *_):
        """Begins a row or a cell."""
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])

    def handle_data(self, data):
        """Takes a cell's text."""
        if self.rows:
            self.rows[-1].append(data)


def test_both_accounts_are_tables_in_a_notebook():
    """A notebook shows the same lines as a table; foreign words are text in it, and its style reaches nothing else."""
    page = Page(ESTIMATE._repr_html_())
    assert ["credits", "1,457", "expected, 1,193.50 if little is charged, 1,580 at most"] in page.rows
    assert ["networks", "1", "predicted  (GB <b>Nettle</b> 957)"] in page.rows
    assert "b" not in page.tags
    assert ["states", "answered 2, rejected 1"] in Page(REPORT._repr_html_()).rows
    for html in (ESTIMATE._repr_html_(), REPORT._repr_html_()):
        style = html.partition("<style>")[2].partition("</style>")[0]
        assert all(rule.count(".hlrframe-account") == rule.count(",") + 1 for rule in selectors(style))


def selectors(style):
    """Gives what stands before each brace."""
    return [each.rpartition("}")[2].strip() for each in style.split("{")[:-1]]


def test_several_columns_are_counted_in_cells():
    """With several phone columns what is rejected are cells, and the title says how many columns there are."""
    told = str(Estimate(2, 1, {"empty": 3}, 0, 1, {"GB": 1}, 1.0, 1.0, columns=3, readings={"several": 1}))
    assert told.startswith("2 rows, 3 phone columns, 1 distinct number\n")
    assert "3 cells  (empty 3)" in told
    assert "1 cells with more than one number" in told
