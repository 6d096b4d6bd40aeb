"""The scheduler as a state machine under random answers, failures and clock steps: its laws hold in every state."""

from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from helpers.provider_model import live
from hlrframe.model import Failure, LookupResult
from hlrframe.model.settings import Settings
from hlrframe.model.vocabulary import Reason
from hlrframe.provider import Pricing
from hlrframe.provider.hlr_lookup.wire import Result, outcome_of
from hlrframe.run.schedule.ledger import Ledger
from hlrframe.run.schedule.queues import Ticket
from hlrframe.run.schedule.scheduler import Done, NoMoney, Scheduler, Send, Wait

REPLIES = st.sampled_from(["live", "free", "short", "internal", "empty", "no_price", "strange"])
#: Enough steps for any plan of this size to end once the provider behaves.
PLENTY = 20_000


def outcome_like(mood: str) -> LookupResult | Failure:
    return outcome_of(
        {
            "live": live(1.0),
            "free": live(0.0),
            "short": None,
            "internal": Result(error="INTERNAL_ERROR"),
            "empty": Result(),
            "no_price": Result(error="NONE", live_status="LIVE", number_type="MOBILE"),
            "strange": Result(error="SOMETHING_NEW", charged=0.0),
        }[mood]
    )


class PlanMachine(RuleBasedStateMachine):
    """Drives a plan as a provider in any mood would."""

    @initialize(
        lanes=st.lists(st.integers(1, 30), min_size=1, max_size=5),
        max_requests=st.integers(1, 6),
        batch_size=st.integers(1, 9),
        credits_=st.none() | st.integers(0, 60),
        rate=st.none() | st.sampled_from([0.5, 3.0, 50.0]),
        recheck=st.booleans(),
        seed=st.integers(0, 99),
    )
    def begin(self, lanes, max_requests, batch_size, credits_, rate, recheck, seed):
        options = Settings(max_requests=max_requests, batch_size=batch_size, max_per_second=rate)
        limit = None if credits_ is None else credits_ * 1000
        self.plan = Scheduler(options, Ledger(limit), prices=Pricing(options), rng=Random(seed))
        self.now = 0.0
        self.flying: list[Ticket] = []
        self.answered: list[str] = []
        self.booked = 0
        self.done = False
        self.refills = 2
        self.numbers: set[str] = set()
        for lane, count in enumerate(lanes):
            numbers = [f"44{lane:02d}{number:04d}" for number in range(count)]
            self.plan.add(f"net{lane}", numbers, recheck=recheck and lane == 0)
            self.numbers |= set(numbers)

    def send_or_wait(self) -> bool:
        """Takes one step, and says whether something was sent."""
        match self.plan.step(self.now):
            case Send(ticket):
                self.check_ticket(ticket)
                self.flying.append(ticket)
                return True
            case Wait(until):
                assert until is None or until > self.now
                assert until is not None or self.flying, "the plan waits for nothing"
            case NoMoney():
                assert not self.flying
                self.find_money()
            case Done():
                assert not self.flying
                self.done = True
        return False

    def find_money(self) -> None:
        """Raises the ceiling twice, as somebody who watches the budget might, and then no more."""
        if self.refills:
            self.refills -= 1
            self.plan.state.budget.refill(3000)
            self.plan.refilled()
        else:
            self.plan.halt(Reason.BUDGET)

    def check_ticket(self, ticket: Ticket) -> None:
        assert 1 <= len(ticket.numbers) <= self.plan.state.settings.batch_size
        assert len(set(ticket.numbers)) == len(ticket.numbers)
        assert sum(count for _, count in ticket.shares) == len(ticket.numbers)
        assert all(lane.parked_until <= self.now for lane, _ in ticket.shares), "sent to a parked lane"
        assert self.plan.state.halted is None
        in_flight = {number for other in self.flying for number in other.numbers}
        assert not in_flight & set(ticket.numbers), "a number is in flight twice"
        assert not set(self.answered) & set(ticket.numbers), "an answered number is asked again"

    @precondition(lambda self: not self.done)
    @rule(most=st.integers(1, 20))
    def send(self, most):
        for _ in range(most):
            if not self.send_or_wait():
                return

    @rule(seconds=st.sampled_from([0.001, 0.05, 0.3, 2.0, 40.0]))
    def let_time_pass(self, seconds):
        self.now += seconds

    @precondition(lambda self: self.flying)
    @rule(which=st.integers(0, 5), replies=st.lists(REPLIES, min_size=9, max_size=9))
    def reply(self, which, replies):
        ticket = self.flying.pop(which % len(self.flying))
        results = [outcome_like(mood) for mood in replies[: len(ticket.numbers)]]
        self.take_in(ticket, results)

    def take_in(self, ticket, results):
        for answer in self.plan.landed(ticket, results, self.now):
            self.answered.append(answer.msisdn)
            self.booked += answer.milli

    @precondition(lambda self: self.flying)
    @rule(which=st.integers(0, 5), throttled=st.booleans(), wait=st.none() | st.floats(0, 20))
    def refuse(self, which, throttled, wait):
        ticket = self.flying.pop(which % len(self.flying))
        reason = Reason.THROTTLED if throttled else Reason.UNAVAILABLE
        self.plan.refused(ticket, reason, self.now, retry_after=wait)

    @precondition(lambda self: self.flying)
    @rule(which=st.integers(0, 5))
    def lose(self, which):
        self.plan.lost(self.flying.pop(which % len(self.flying)), Reason.TIMEOUT, self.now)

    @precondition(lambda self: self.flying)
    @rule(which=st.integers(0, 5))
    def run_out_of_credit(self, which):
        ticket = self.flying.pop(which % len(self.flying))
        self.take_in(ticket, [outcome_of(Result(error="INSUFFICIENT_CREDIT")) for _ in ticket.numbers])

    @invariant()
    def flight_is_bounded(self):
        if hasattr(self, "plan"):
            assert len(self.flying) == self.plan.state.in_flight <= self.plan.state.settings.max_requests

    @invariant()
    def money_is_bounded(self):
        if hasattr(self, "plan"):
            ledger = self.plan.state.budget
            assert min(ledger.spent, ledger.reserved, ledger.doubtful) >= 0
            assert ledger.doubtful == sum(self.plan.state.budget.doubts.values())
            assert ledger.reserved == sum(ticket.reserved for ticket in self.flying)
            assert ledger.limit is None or ledger.spent + ledger.reserved + ledger.doubtful <= ledger.limit

    @invariant()
    def spending_is_booked_on_numbers(self):
        if hasattr(self, "plan"):
            in_vain = sum(self.plan.state.charged_in_vain.values())
            assert self.plan.state.budget.spent == self.booked + in_vain

    def teardown(self):
        """Whatever happened before, with a provider that answers the plan ends, with one outcome a number."""
        if not hasattr(self, "plan"):
            return
        for _ in range(PLENTY):
            if self.done:
                break
            if not self.send_or_wait() and not self.done:
                if self.flying:
                    ticket = self.flying.pop()
                    self.take_in(ticket, [live() for _ in ticket.numbers])
                self.now += 1.0
        assert self.done, "the plan does not end"
        unasked = self.plan.unasked()
        outcomes = [*self.answered, *self.plan.state.failed, *unasked]
        assert sorted(outcomes) == sorted(self.numbers), "a number has no outcome, or two"
        assert self.plan.state.halted is not None or not unasked


TestPlanMachine = PlanMachine.TestCase
TestPlanMachine.settings = settings(
    max_examples=150, stateful_step_count=40, suppress_health_check=[HealthCheck.too_slow]
)
