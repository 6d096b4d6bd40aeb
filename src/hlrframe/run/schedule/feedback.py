"""What became of a request: answers and money, what is tried again, and what the limits learn from it."""

from collections.abc import Mapping, Sequence
from typing import Final

from hlrframe.model import Answer, Failure, LookupResult, Reason
from hlrframe.run.schedule.doubts import Doubts, may_answer
from hlrframe.run.schedule.limits import THRESHOLD
from hlrframe.run.schedule.queues import Attempt, Ticket, pause_after
from hlrframe.run.schedule.state import RunState

__all__ = ["MAX_TRIES", "Feedback"]

#: Tries that a number gets before it counts as failed; being throttled is no try.
MAX_TRIES: Final = 10
#: So many numbers may fail with no answer between before that is held against the provider, and one for so many that
#: were answered: a request full of bad numbers is no outage.
FEW_NUMBERS: Final = 100
FEW_OF: Final = 4
#: How often a pause is doubled at most: where a number harms its own requests, where it may be an outage, and else.
OWN_PAUSE: Final = 1
FEW_PAUSE: Final = 3
ANY_PAUSE: Final = MAX_TRIES
#: Failures of a reply that leave open whether the number was billed.
_SAYS_NOTHING: Final = (Reason.MISSING_REPLY, Reason.UNREADABLE_REPLY)
#: Failures that say that nothing was billed, unless they state a charge.
_NOT_BILLED: Final = (Reason.UNAVAILABLE, Reason.INTERNAL_ERROR)


# Many methods: an event each of what can become of a ticket, and the steps that these events share.
class Feedback:
    """Takes in what came of each ticket.

    Args:
        state: The run.
    """

    def __init__(self, state: RunState) -> None:
        self._run = state
        self._doubts = Doubts(state.budget, state.prices, state.began)

    def landed(self, ticket: Ticket, outcomes: Sequence[LookupResult | Failure], now: float) -> list[Answer]:
        """Takes a reply in, and gives the usable answers with what they cost.

        Args:
            ticket: What was sent.
            outcomes: For each number of the ticket, in order, its answer or what is wrong with it.
            now: When the reply came.
        """
        self._land(ticket)
        charged, run = self._run.prices.charged, self._run
        answers = [
            Answer(number, outcome, charged(outcome))
            for number, outcome in zip(ticket.numbers, outcomes, strict=True)
            if not isinstance(outcome, Failure)
        ]
        spent = sum([each.milli for each in answers])
        if run.budget.doubts or run.asked_earlier or run.charged_in_vain:
            answers = [self._with_what_was_before(each) for each in answers]
        failed = () if len(answers) == len(outcomes) else zip(ticket.numbers, outcomes, strict=True)
        failures = {number: failure for number, failure in failed if isinstance(failure, Failure)}
        self._settle(ticket, failures, spent)
        if answers:  # each was read on its own, beside others that were answered
            run.suspects.update(dict.fromkeys(failures, 0))
        run.answered += len(answers)
        doublings = self._learn_from_reply(ticket, len(answers), now)
        for failure, numbers in _by_failure(failures).items():
            self._again(ticket, numbers, failure, now, doublings=doublings)
        return answers

    def _with_what_was_before(self, answer: Answer) -> Answer:
        """Adds to an answer what its number is now known to have cost before."""
        run, number, milli = self._run, answer.msisdn, answer.milli
        booked = self._doubts.settle(number, answer.result, milli) if run.budget.doubts else 0
        earlier = 0 if booked else self._paid_earlier(number, answer.result, milli)
        if earlier:
            run.paid_earlier[number] = earlier
        in_vain = run.charged_in_vain.pop(number, 0)
        return Answer(number, answer.result, milli + booked + in_vain, earlier)

    def _settle(self, ticket: Ticket, failures: Mapping[str, Failure], spent: int) -> None:
        """Books a reply: what its answers cost, what its failures cost all the same, and what stays in doubt."""
        prices = self._run.prices
        for number, failure in failures.items():
            if failure.milli:
                self._run.charged_in_vain[number] += failure.milli
        # Where the charge is stated nothing is in doubt.
        unsaid = [number for number, each in failures.items() if each.reason in _SAYS_NOTHING and not each.milli]
        self._doubts.add(unsaid)
        spent += sum([each.milli for each in failures.values()])
        self._run.budget.settle(ticket.reserved - prices.worst_of(unsaid), spent=spent)

    def _paid_earlier(self, number: str, result: LookupResult, milli: int) -> int:
        """Gives what the run that asked for a number and never saw the answer is now known to have paid."""
        asked = self._run.asked_earlier
        if number not in asked or not may_answer(result, asked[number]):
            return 0
        proof = self._run.prices.proved(result, milli, lost=1)
        return 0 if proof is None else proof[0]

    def refused(
        self, ticket: Ticket, reason: Reason, now: float, *, retry_after: float | None = None, reached: bool = True
    ) -> None:
        """Takes in that a request was refused and not billed.

        Args:
            ticket: What was sent.
            reason: ``THROTTLED`` for a 429, ``UNAVAILABLE`` for everything else.
            now: When that became known.
            retry_after: Seconds that the provider asked to wait.
            reached: Whether it was the provider that refused: where nobody is there, it is no number's doing.
        """
        self._land(ticket)
        self._run.budget.settle(ticket.reserved, spent=0)
        self._run.refusals += 1
        if reason is not Reason.THROTTLED:
            doublings = self._count_failure(ticket, now, reached=reached)
            self._again(ticket, ticket.numbers, Failure(reason), now, doublings=doublings, at_least=retry_after or 0.0)
            return
        self._run.circuit.refused()
        if retry_after is None and self._excused(ticket, now):
            return
        self._blame(ticket, now)
        for lane, numbers in ticket.by_lane(ticket.numbers):
            lane.alone = lane.alone or len(ticket.shares) > 1
            pause = self._run.rng.uniform(0.0, pause_after(lane.streak))
            lane.park(pause, sent_at=ticket.sent_at, now=now, at_least=retry_after or 0.0)
            self._run.owes(numbers, ticket.attempt)
            self._run.roster.put(lane, numbers, ticket.attempt)

    def returned_unsent(self, ticket: Ticket) -> None:
        """Takes in that a ticket never left: its numbers wait as they did before."""
        self._land(ticket)
        self._run.budget.settle(ticket.reserved, spent=0)
        self._run.requests -= 1
        for lane, numbers in ticket.by_lane(ticket.numbers):
            lane.sent -= 1
            self._run.owes(numbers, ticket.attempt)
            self._run.roster.put(lane, numbers, ticket.attempt)

    def lost(self, ticket: Ticket, reason: Reason, now: float) -> None:
        """Takes in that a request left and no usable reply came: it may have been billed."""
        self._land(ticket)
        self._doubts.add(ticket.numbers)
        doublings = self._count_failure(ticket, now)
        self._again(ticket, ticket.numbers, Failure(reason), now, doublings=doublings)

    def _excused(self, ticket: Ticket, now: float) -> bool:
        """Passes over a refusal that is rare in its lane: only its own numbers wait a little."""
        lane = ticket.shares[0][0]
        if len(ticket.shares) > 1 or not lane.window.excuses():
            return False
        lane.refusals += 1
        at = now + self._run.rng.uniform(0.0, pause_after(0))
        self._run.owes(ticket.numbers, ticket.attempt)
        self._run.roster.put_later(at, lane, list(ticket.numbers), ticket.attempt)
        return True

    def rejected(self, ticket: Ticket, reason: Reason, now: float) -> None:
        """Takes in that the provider called a request wrong, which is not billed and may be one number's doing.

        Its numbers are tried again in smaller shares; a number alone is given up, since asking again would not help.
        """
        self._land(ticket)
        self._run.budget.settle(ticket.reserved, spent=0)
        self._run.refusals += 1
        doublings = self._count_failure(ticket, now)
        if len(ticket.numbers) == 1:
            self._give_up(ticket.numbers, Failure(reason))
        else:
            self._again(ticket, ticket.numbers, Failure(reason), now, doublings=doublings)

    def _count_failure(self, ticket: Ticket, now: float, *, replied: bool = False, reached: bool = True) -> int:
        """Holds a failure against the provider, or puts it down to the numbers; gives how often their pause may double.

        An outage is told by many different numbers that fail with no answer between. It is not told by a number that
        failed alone before others were answered, or that left before they did and hangs; and hardly by one that fails
        alone again and again.
        """
        state = self._run
        alone = len(ticket.numbers) == 1
        known = alone and ticket.numbers[0] in state.suspects
        if alone:
            passed_over = reached and ticket.sent_at <= state.newest_answered
            state.suspects.setdefault(ticket.numbers[0], 0 if passed_over else state.answered)
        doublings = self._excuse(ticket, again=replied or known) if reached else None
        if doublings is None:
            state.circuit.failed(now, lone=alone or not reached)
        return ANY_PAUSE if doublings is None else doublings

    def _excuse(self, ticket: Ticket, *, again: bool) -> int | None:
        """Gives how long numbers are to pause where a failure is more likely their own doing than an outage."""
        state = self._run
        if not state.answered:
            return None
        state.failing.update(ticket.numbers)
        pause = OWN_PAUSE if len(state.failing) < THRESHOLD else FEW_PAUSE
        if len(ticket.numbers) == 1 and state.is_bad(ticket.numbers[0]):
            return pause
        if state.circuit.is_open:
            return None
        if again and ticket.attempt.tries > 0:
            return pause
        return FEW_PAUSE if len(state.failing) <= min(FEW_NUMBERS, state.answered // FEW_OF) else None

    def _land(self, ticket: Ticket) -> None:
        self._run.in_flight -= 1
        self._run.grants.give_back()
        self._run.window.landed(len(ticket.numbers))
        for lane, count in ticket.shares:
            lane.window.landed(count)
            lane.requests -= 1
            self._run.roster.enlist(lane)
        self._run.roster.take_back()

    def _learn_from_reply(self, ticket: Ticket, answers: int, now: float) -> int:
        """Learns, and gives how often the pause of what was not answered may double."""
        if not answers:
            return self._count_failure(ticket, now, replied=True)
        self._run.circuit.healthy(now)
        self._run.failing.clear()
        self._run.newest_answered = max(self._run.newest_answered, ticket.sent_at)
        seconds = now - ticket.sent_at
        for lane, count in ticket.shares:
            lane.answered(seconds)
            lane.window.healthy(count, now=now, round_trip=lane.latency)
            self._run.roster.enlist(lane)
        self._run.window.healthy(len(ticket.numbers), now=now, round_trip=seconds)
        return ANY_PAUSE

    def _again(
        self,
        ticket: Ticket,
        numbers: Sequence[str],
        failure: Failure,
        now: float,
        *,
        doublings: int = ANY_PAUSE,
        at_least: float = 0.0,
    ) -> None:
        """Has numbers tried again after a jittered pause, or gives them up.

        Where it is their own doing, a long pause would help nobody: a run does not wait minutes for its last number.
        """
        was_billed, failure = failure.milli > 0, failure._replace(milli=0)
        if failure.reason is not Reason.INSUFFICIENT_CREDIT or was_billed:
            self._run.last_failure.update(dict.fromkeys(numbers, failure))
        if failure.reason is Reason.INSUFFICIENT_CREDIT:
            self._run.halt(failure.reason)
            for lane, share in ticket.by_lane(numbers):
                self._run.owes(share, ticket.attempt)
                self._run.roster.put(lane, share, ticket.attempt)
            return
        tries = ticket.attempt.tries + 1
        if tries >= MAX_TRIES:
            self._give_up_tried(numbers, failure)
            return
        recheck = max(ticket.attempt.recheck, int(was_billed or failure.reason not in _NOT_BILLED))
        pause = pause_after(min(doublings, ticket.attempt.tries))
        at = now + max(at_least, self._run.rng.uniform(0.0, pause))
        self._run.owes(numbers, Attempt(tries, recheck))
        for lane, share in ticket.by_lane(numbers):
            self._run.roster.put_later(at, lane, share, Attempt(tries, recheck))

    def _give_up(self, numbers: Sequence[str], failure: Failure) -> None:
        self._run.failed.update(dict.fromkeys(numbers, failure))
        if self._run.settings.max_errors is not None and len(self._run.failed) >= self._run.settings.max_errors:
            self._run.halt(Reason.STOPPED)

    def _give_up_tried(self, numbers: Sequence[str], failure: Failure) -> None:
        self._give_up(numbers, failure)
        # Not one success since: this is no matter of these numbers.
        if self._run.circuit.lone >= MAX_TRIES and not any(map(self._run.is_bad, numbers)):
            self._run.halt(Reason.UNAVAILABLE)

    def _blame(self, ticket: Ticket, now: float) -> None:
        """Decides whether a refusal is about one network or about everything, and cuts that window."""
        size = len(ticket.numbers)
        lanes = [lane for lane, _ in ticket.shares]
        horizon = now - max(0.05, lanes[0].latency)
        for lane in lanes:
            lane.refused_at = now
            lane.refusals += 1
        busy = [lane for lane in self._run.roster.lanes.values() if lane.requests or lane.refused_at >= horizon]
        blamed = [lane for lane in busy if lane.refused_at >= horizon]
        near_ceiling = self._run.window.is_learnt and self._run.window.in_flight + size >= 0.9 * self._run.window.limit
        if near_ceiling or (len(blamed) > 1 and 2 * len(blamed) >= len(busy)):
            self._run.window.refused(size, ticket.marks[0], sent_at=ticket.sent_at, now=now)
            for lane in blamed:
                lane.window.forgive()
            return
        for (lane, count), mark in zip(ticket.shares, ticket.marks[1:], strict=True):
            lane.window.refused(count, mark, sent_at=ticket.sent_at, now=now)


def _by_failure(failures: Mapping[str, Failure]) -> dict[Failure, list[str]]:
    """Gives the numbers that failed in the same way together."""
    groups: dict[Failure, list[str]] = {}
    for number, failure in failures.items():
        groups.setdefault(failure, []).append(number)
    return groups
