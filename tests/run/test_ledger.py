"""The ledger: what was set aside, spent and doubted never exceeds the ceiling."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hlrframe.run.schedule.ledger import Ledger


def test_reserving_takes_room_and_settling_gives_the_rest_back():
    """The worst case is set aside before sending; what was not charged is free again."""
    ledger = Ledger(limit=3000)
    ledger.reserve(2000)
    assert ledger.room(1000) == 1
    ledger.settle(2000, spent=500)
    assert (ledger.spent, ledger.reserved, ledger.room(1000), ledger.room(500)) == (500, 0, 2, 5)


def test_a_refusal_costs_nothing():
    """What was set aside for a refused request is free again."""
    ledger = Ledger(limit=1000)
    ledger.reserve(1000)
    ledger.settle(1000, spent=0)
    assert ledger == Ledger(limit=1000)


def test_a_doubt_keeps_its_room():
    """What may have been charged for a lost reply cannot be spent again until it is known."""
    ledger = Ledger(limit=2000)
    ledger.reserve(2000)
    ledger.doubt("447700900001", 2000)
    assert (ledger.reserved, ledger.doubtful, ledger.room(1000)) == (0, 2000, 0)
    ledger.resolve("447700900001", spent=1000)
    assert (ledger.spent, ledger.doubtful, ledger.room(1000)) == (1000, 0, 1)


def test_a_doubt_can_end_in_part():
    """Where a proof leaves a part open, that part keeps its room and its number."""
    ledger = Ledger(limit=4000)
    ledger.reserve(4000)
    ledger.doubt("447700900123", 4000)
    ledger.resolve("447700900123", spent=2000, left=1000)
    assert (ledger.spent, ledger.doubtful, dict(ledger.doubts)) == (2000, 1000, {"447700900123": 1000})
    assert ledger.room(1000) == 1


@pytest.mark.parametrize("ledger", [Ledger(), Ledger(limit=0), Ledger(limit=500, spent=500)])
def test_free_work_is_never_held_up(ledger):
    """However little is left, what costs nothing has room."""
    assert ledger.room(0) >= 1_000_000


def test_without_a_ceiling_there_is_always_room():
    """No limit means no limit, and the sums are kept all the same."""
    ledger = Ledger()
    ledger.reserve(10**12)
    ledger.settle(10**12, spent=10**12)
    assert (ledger.spent, ledger.room(1000) >= 1_000_000) == (10**12, True)


def test_an_overdrawn_ledger_has_no_room():
    """A provider that charges more than its own list leaves no room, and no negative one."""
    ledger = Ledger(limit=1000)
    ledger.reserve(1000)
    ledger.settle(1000, spent=1500)
    assert ledger.room(1) == 0


class LedgerLaws(RuleBasedStateMachine):
    """Requests that are sent, answered, refused and lost in any order, by somebody who respects room()."""

    def __init__(self):
        super().__init__()
        self.ledger = Ledger(limit=20_000)
        self.flying = []
        self.doubts = {}
        self.billed = 0

    @rule(price=st.sampled_from([500, 1000, 1500, 2000, 3000]), wanted=st.integers(1, 12))
    def send(self, price, wanted):
        """As many as there is room for leave together."""
        count = min(wanted, self.ledger.room(price))
        if count:
            self.ledger.reserve(count * price)
            self.flying.append(count * price)

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), share=st.floats(0, 1))
    def answer(self, data, share):
        """One is answered and charged at most what was set aside."""
        worst = self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1)))
        self.billed += int(worst * share)
        self.ledger.settle(worst, spent=int(worst * share))

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def lose(self, data):
        """The reply of one is lost."""
        worst = self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1)))
        number = f"4477009{len(self.doubts):05d}"
        self.ledger.doubt(number, worst)
        self.doubts[number] = worst

    @precondition(lambda self: self.doubts)
    @rule(share=st.floats(0, 1))
    def clear_up(self, share):
        """It is found out what a lost one was charged."""
        number, worst = self.doubts.popitem()
        self.billed += int(worst * share)
        self.ledger.resolve(number, spent=int(worst * share))

    @invariant()
    def within_the_ceiling(self):
        """Spent, set aside and doubted together never pass the limit."""
        ledger = self.ledger
        assert ledger.spent + ledger.reserved + ledger.doubtful <= ledger.limit

    @invariant()
    def nothing_is_forgotten(self):
        """Each sum is what the requests add up to."""
        ledger = self.ledger
        doubtful = sum(self.doubts.values())
        assert (ledger.spent, ledger.reserved, ledger.doubtful) == (self.billed, sum(self.flying), doubtful)


test_ledger_laws = LedgerLaws.TestCase
