"""The account of a run, as it is read at the prompt."""

from dataclasses import replace

import pytest

from hlrframe.account import LaneReport, Report

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
        "  credits   2.0 spent, 1 requests in 0.2 s",
    ]


@pytest.mark.parametrize(
    ("refusals", "lines"),
    [
        ({}, []),
        ({"A": 3}, ["  refused   GB A: 3 of 40 requests, 97% of its answers from one network"]),
        (
            {"A": 3, "B": 1200, "C": 4},
            [
                "  refused   GB B: 1,200 of 40 requests, 97% of its answers from one network",
                "  refused   GB C: 4 of 40 requests, 97% of its answers from one network",
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
