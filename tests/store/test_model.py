import itertools
import tempfile
from collections import defaultdict
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from helpers.examples import examples
from helpers.stores import DAY, EMULATED, NOON, PAID, answered, known, numbers, unanswered
from hlrframe.store import INCONCLUSIVE_AGE, Asked, Store, Withdrawn

QUESTIONS = (PAID, EMULATED)
SOME = st.lists(st.sampled_from(numbers(6)), min_size=1, max_size=4, unique=True)
AGES = (None, 30 * DAY, DAY / 2)


class Runs(RuleBasedStateMachine):
    """Any number of runs ask, learn, end and die in one store, while somebody keeps the same in lists."""

    open_runs = Bundle("open_runs")

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(f"{self.folder.name}/store")
        self.now = NOON
        self.answers = []  # (question, msisdn, known_at, received_at, status)
        self.asked = defaultdict(list)  # (run, question, msisdn) -> moments of askings not taken back
        self.journals = []
        self.looks = itertools.cycle(itertools.product(QUESTIONS, AGES))

    def tick(self):
        self.now += timedelta(hours=3)
        return self.now

    @rule(target=open_runs, question=st.sampled_from(QUESTIONS), rolls=st.booleans())
    def open(self, question, rolls):
        journal = self.store.journal(question)
        journal._segment_size = 6_000 if rolls else 10**9
        self.journals.append(journal)
        return journal, question

    @rule(run=open_runs, msisdns=SOME)
    def ask(self, run, msisdns):
        journal, question = run
        journal.write([Asked(msisdns, self.tick())])
        for each in msisdns:
            self.asked[journal.run_id, question, each].append(self.now)

    @rule(run=open_runs, msisdns=SOME)
    def withdraw(self, run, msisdns):
        journal, question = run
        journal.write([Withdrawn(msisdns, self.tick())])
        for each in msisdns:
            del self.asked[journal.run_id, question, each][-1:]

    @rule(
        run=open_runs,
        msisdns=SOME,
        hours_ago=st.none() | st.integers(-24, 24 * 40),
        cache_days=st.sampled_from([0, 1, 30]),
        status=st.sampled_from(["LIVE", "DEAD", "INCONCLUSIVE"]),
    )
    def answer(self, run, msisdns, hours_ago, cache_days, status):
        (journal, question), now = run, self.tick()
        checked_at = None if hours_ago is None else now - timedelta(hours=hours_ago)
        journal.write([answered(*msisdns, at=now, checked_at=checked_at, cache_days=cache_days, status=status)])
        known_at = now if checked_at is None else min(max(checked_at, now - cache_days * DAY), now)
        self.answers += [(question, each, known_at, now, status) for each in msisdns]

    @rule(run=consumes(open_runs))
    def end(self, run):
        run[0].seal()

    @rule(run=consumes(open_runs))
    def die(self, run):
        run[0]._segment.close()

    @rule()
    def compact(self):
        self.store.compact(now=self.now)

    @rule()
    def reopen(self):
        self.store = Store(self.store.path)

    @invariant()
    def knows_what_it_was_told(self):
        for question, max_age in itertools.islice(self.looks, 2):  # all six after three steps
            found = known(self.store, numbers(9), question=question, max_age=max_age, now=self.now)
            assert found == self.expected(question, max_age)
        assert unanswered(self.store, numbers(9)) == self.doubtful()

    def expected(self, question, max_age):
        mine = sorted((each for each in self.answers if each[0] == question), key=lambda each: each[2:4])
        newest = {msisdn: (known_at, status) for _, msisdn, known_at, _, status in mine}
        return {
            msisdn: status
            for msisdn, (known_at, status) in newest.items()
            if (max_age is None or self.now - known_at <= max_age)
            and (status != "INCONCLUSIVE" or self.now - known_at <= INCONCLUSIVE_AGE)
        }

    def doubtful(self):
        return {
            msisdn
            for (_, question, msisdn), moments in self.asked.items()
            for at in moments
            if question == PAID and not any(each[:2] == (PAID, msisdn) and each[3] >= at for each in self.answers)
        }

    def teardown(self):
        for journal in self.journals:
            if journal._segment is not None:
                journal._segment.close()
        self.folder.cleanup()


Runs.TestCase.settings = examples(15, stateful_step_count=12)


class TestRuns(Runs.TestCase):
    """The store answers as a list in memory would, whatever runs do in it and in whatever order."""
