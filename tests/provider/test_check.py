"""What a check finds, what it costs, and what the file holds that it writes: the emulator in each of its manners."""

import itertools
import json
import re
import warnings
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hlrframe as hf
from helpers.docs import DOCS, table
from helpers.examples import examples
from helpers.virtual_time import in_virtual_time
from hlrframe.emulator import Emulator, EmulatorTransport, Fault, Faults, Manners, World, find_numbers
from hlrframe.model import milli_of
from hlrframe.provider import Client, Numbers, check_provider
from hlrframe.provider.hlr_lookup.check import Course, Purse, Situation, concluded
from hlrframe.provider.hlr_lookup.check.questions import QUESTIONS
from hlrframe.provider.hlr_lookup.check.record import written
from hlrframe.provider.hlr_lookup.check.shapes import shape_of
from hlrframe.provider.hlr_lookup.check.steps import STEPS

KEY, SECRET = "k3y-of-jane-roe", "s3cret-of-jane-roe"
#: What a check can never see: it provokes no limit, and does not know the speed of a network from that of the way.
UNSEEN = {"counted", "max_in_flight", "retry_after", "seconds"}


def first(wanted, region="GB"):
    return next(find_numbers(World(7), wanted, region=region))


def is_live(each):
    return each.is_mobile and each.live_status == "LIVE"


def landline():
    numbers = (f"4412123456{place:02d}" for place in range(100))
    return next(each for each in numbers if World(7).subscriber(each).live_status == "LIVE")


NUMBERS = Numbers(
    mobiles=(
        first(lambda each: is_live(each) and each.ported and each.ported_date),
        first(lambda each: is_live(each) and not each.ported),
    ),
    landlines=(landline(),),
    usa=(first(is_live, "US"), first(lambda each: each.number_type == "LANDLINE", "US")),
)
EVERY_NUMBER = (*NUMBERS.mobiles, *NUMBERS.landlines, *NUMBERS.usa)


class Rehearsal:
    """A check against emulators of the testing suite and of an account, whose clock goes when the check sleeps."""

    def __init__(self, manners=None, *, spend=60.0, numbers=NUMBERS, account=True, faults=None, left=1000.0):
        manners = manners or Manners()
        self.now, self.said, self.bills = 1_700_000_000.0, [], []
        self.suite = Emulator(mode="testing", manners=manners.replace(seconds=None), latency=0.0)
        self.emulator = Emulator(
            manners=manners,
            api_key=KEY,
            api_secret=SECRET,
            clock=lambda: self.now,
            credits=left,
            faults=faults,
            latency=0.2 if manners.seconds is None else None,
        )
        client = self.client(self.emulator) if account else None
        testing = self.client(self.suite)
        course = Course(Situation(numbers, Purse(milli_of(spend))), testing, client, self.say, self.sleep)
        in_virtual_time(course.run())
        self.checked = concluded(course)
        self.bills.append(self.emulator.bill.total)
        self.manners = self.checked.content["manners"]

    def client(self, emulator):
        key, secret = emulator.credentials
        transport = EmulatorTransport(emulator)
        return Client(key, secret, transport=transport, provider="emulator")

    def say(self, line):
        self.said.append(line)
        self.bills.append(self.emulator.bill.total)

    async def sleep(self, seconds):
        self.now += seconds

    def states(self):
        return {question.name: outcome.state for question, outcome in self.checked.findings}

    def costs(self):
        """What each step said it could cost, beside what it did."""
        said = [re.search(r"may cost up to ([\d.]+)", line) for line in self.said]
        charged = [after - before for before, after in itertools.pairwise(self.bills)]
        return [(Decimal(each[1]) if each else Decimal(0), cost) for each, cost in zip(said, charged, strict=True)]


#: One manner that differs each, and the question that must find it.
DIFFERENT = [
    ({"envelope": "body"}, "envelope"),
    ({"envelope": "text"}, "envelope"),
    ({"order": "reversed"}, "order"),
    ({"echo": "plus"}, "echo"),
    ({"echo": "none"}, "echo"),
    ({"new_fields": ["cache", "roaming"]}, "new fields"),
    ({"missing_fields": ["uuid"]}, "missing fields"),
    ({"missing_fields": ["disposable_number", "timestamp"]}, "missing fields"),
    ({"missing_fields": ["credits_spent"]}, "charge stated"),
    ({"no_details": "null"}, "no details"),
    ({"no_details": "empty"}, "no details"),
    ({"credits_as": "text"}, "charge form"),
    ({"unasked_status": "NOT_APPLICABLE"}, "other kinds"),
    ({"unasked_status": ""}, "other kinds"),
    ({"unasked_status": "NOT_REQUESTED"}, "other kinds"),
    ({"date_form": "%Y-%m-%dT%H:%M:%SZ"}, "ported date"),
    ({"date_form": "%B %d, %Y"}, "ported date"),
    ({"unknown_keys": "ignored"}, "unknown keys"),
    ({"refusal_body": "empty"}, "HTTP 400"),
    ({"unauthorized": 403}, "HTTP 401"),
    ({"credits_key": "credits"}, "balance"),
    ({"balance_as": "text"}, "balance"),
    ({"default_save": "NO"}, "defaults"),
    ({"default_private_days": 7}, "defaults"),
    ({"default_global_days": 30}, "defaults"),
    ({"no_keeps_out": True}, "word NO"),
    ({"private_word": "refused"}, "word PRIVATE"),
    ({"private_word": "not kept"}, "word PRIVATE"),
    ({"no_keeps_out": True, "private_word": "not kept"}, "word PRIVATE"),
    ({"lookup_price": 0.8}, "lookup price"),
    ({"lookup_price": 2.0}, "lookup price"),
    ({"mnp_price": 1.0}, "mnp price"),
    ({"validate_price": 0.1}, "validate price"),
    ({"landline_price": 2.0}, "landline price"),
    ({"usa_price": 1.5}, "usa price"),
    ({"usa_landline_price": 0.0}, "usa landline price"),
    ({"date_price": 0.5}, "date price"),
    ({"cached_price": 0.25}, "cached price"),
    ({"cached_mnp_price": 0.1}, "cached mnp"),
    ({"cached_usa_price": 0.5}, "cached usa"),
    ({"cached_price": 1.0}, "cached price"),
    ({"bad_format_price": 0.1}, "no number"),
    ({"immobile_price": 0.5}, "no mobile"),
    ({"unstated": 0.1}, "balance falls"),
    ({"bills_lost": False}, "lost reply"),
    ({"max_numbers": 81}, "batch"),
]


@pytest.mark.parametrize(("changes", "question"), DIFFERENT, ids=str)
def test_what_differs_is_found(changes, question):
    """Each manner that is not as assumed is called otherwise, with what follows, and stands in the file."""
    rehearsal = Rehearsal(Manners().replace(**changes))
    assert rehearsal.states()[question] == "otherwise"
    assert {name: rehearsal.manners[name] for name in changes} == changes or changes.get("echo") == "none"
    outcome = next(outcome for each, outcome in rehearsal.checked.findings if each.name == question)
    assert outcome.then
    assert all(cost <= said for said, cost in rehearsal.costs())


def test_every_manner_is_tried():
    """The list above has each manner, those apart that no check may provoke."""
    assert {name for changes, _ in DIFFERENT for name in changes} == set(Manners.__struct_fields__) - UNSEEN


def test_what_is_as_assumed_is_confirmed():
    """Against a provider as assumed everything is confirmed, but what would have to be provoked."""
    rehearsal = Rehearsal()
    assert {name for name, state in rehearsal.states().items() if state != "confirmed"} == {"retry after"}
    usual = json.loads(msgspec.json.encode(Manners()))
    assert {name: value for name, value in rehearsal.manners.items() if value != usual[name]} == {"seconds": 0.2}
    assert rehearsal.checked.spent == float(rehearsal.emulator.bill.total)


prices = st.integers(0, 20).map(lambda tenths: tenths / 10)
any_manners = st.fixed_dictionaries(
    {},
    optional={
        "envelope": st.sampled_from(["top", "body", "text"]),
        "order": st.sampled_from(["asked", "reversed"]),
        "echo": st.sampled_from(["submitted", "plus", "none"]),
        "no_details": st.sampled_from(["absent", "null", "empty"]),
        "credits_as": st.sampled_from(["number", "text"]),
        "date_form": st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%B %d, %Y"]),
        "missing_fields": st.lists(st.sampled_from(["uuid", "sms_email", "credits_spent"]), unique=True).map(sorted),
        "no_keeps_out": st.booleans(),
        "private_word": st.sampled_from(["kept", "refused", "not kept"]),
        "lookup_price": st.sampled_from([0.5, 0.8, 1.0, 1.6]),
        "landline_price": prices,
        "usa_landline_price": prices,
        "date_price": prices,
        "cached_price": st.sampled_from([0.0, 0.1, 0.4]),
        "unstated": st.sampled_from([0.0, 0.1]),
        "bills_lost": st.booleans(),
    },
)


@examples(25)
@given(any_manners, st.integers(0, 25))
def test_nothing_is_said_that_is_not_so(changes, spend):
    """Whatever comes together and whatever may be spent: what stands in the file is so, and the sum is not passed."""
    manners = Manners().replace(**changes)
    rehearsal = Rehearsal(manners, spend=spend)
    truth = json.loads(msgspec.json.encode(manners))
    unsure = {"seconds"} | ({"missing_fields"} if spend < 15 else set())
    if "credits_spent" in truth["missing_fields"]:
        unsure |= {name for name in truth if name.endswith("price")} | {"unstated", "credits_as"}
    wrong = {name: value for name, value in rehearsal.manners.items() if name not in unsure and value != truth[name]}
    assert wrong == {}
    assert all(cost <= said for said, cost in rehearsal.costs())
    assert rehearsal.emulator.bill.total <= spend
    assert rehearsal.checked.text is not None


@pytest.mark.parametrize("spend", [0, 0.5, 1, 2, 3, 5, 8])
def test_the_sum_never_passes_what_may_be_spent(spend):
    """With little to spend the rest is not tried, and each line says what would have to be set aside."""
    rehearsal = Rehearsal(spend=spend)
    assert rehearsal.emulator.bill.total <= spend
    outcome = next(outcome for each, outcome in rehearsal.checked.findings if each.name == "usa price")
    assert (outcome.state, "set aside" in outcome.found) == ("not tried", True)


def test_a_price_beyond_all_measure_stops_the_check():
    """Where a step costs more than was set aside nothing more is asked, and the table says why."""
    rehearsal = Rehearsal(Manners(lookup_price=9.0))
    assert rehearsal.emulator.bill.total == 9
    assert rehearsal.states()["mnp price"] == "not tried"
    assert any("more than was set aside" in outcome.found for _, outcome in rehearsal.checked.findings)


def test_without_an_account_only_the_testing_suite_is_asked():
    """The testing suite alone settles what it can; the account is not asked, and nothing is spent."""
    rehearsal = Rehearsal(account=False)
    assert rehearsal.emulator.bill.requests == 0
    assert rehearsal.states()["envelope"] == "confirmed"
    assert rehearsal.states()["lookup price"] == "not tried"


def test_an_interrupted_check_tells_what_it_has():
    """Ctrl-C ends the asking; what was asked until then is judged, and the rest was not tried."""
    emulator = Emulator(api_key=KEY, api_secret=SECRET)
    client = Client(KEY, SECRET, transport=EmulatorTransport(emulator), provider="emulator")

    def say(line):
        if line.startswith("mnp:"):
            raise KeyboardInterrupt

    async def sleep(_):
        """Takes no time."""

    checked = check_provider(None, client, NUMBERS, spend=9, say=say, sleep=sleep)
    states = {question.name: outcome.state for question, outcome in checked.findings}
    assert (states["lookup price"], states["mnp price"]) == ("confirmed", "not tried")
    assert checked.spent == float(emulator.bill.total)


def test_an_account_that_is_not_accepted_is_asked_once():
    """A wrong key ends the account's part at the balance."""
    rehearsal = Rehearsal(faults=Faults(revoke_at=1))
    assert rehearsal.emulator.bill.requests == 1
    assert rehearsal.states()["lookup price"] == "not tried"


def test_an_empty_account_costs_nothing_and_settles_what_is_free():
    """Without credit prices are not tried; the form of the replies is settled all the same."""
    rehearsal = Rehearsal(left=0)
    states = rehearsal.states()
    assert (states["lookup price"], states["defaults"], rehearsal.checked.spent) == ("not tried", "confirmed", 0)


@pytest.mark.parametrize("left", [0.4, 1.2, 2.0, 4.4, 6.0])
def test_an_account_that_runs_dry_tells_nothing_false(left):
    """Where the credit ends on the way no missing charge is taken for a fact."""
    rehearsal = Rehearsal(left=left)
    usual = json.loads(msgspec.json.encode(Manners()))
    assert {name for name, value in rehearsal.manners.items() if name != "seconds" and value != usual[name]} == set()


@pytest.mark.parametrize("seed", range(4))
def test_what_was_spent_is_known_whatever_breaks(seed):
    """With replies lost, broken and refused the sum that is said is never less than the bill."""
    lossy = dict.fromkeys(("drop_after_billing", "truncated", "garbage", "short_reply", "status_500"), 0.08)
    rehearsal = Rehearsal(faults=Faults(**lossy, seed=seed), spend=9)
    assert rehearsal.emulator.bill.total <= Decimal(str(rehearsal.checked.spent)) <= 9
    assert rehearsal.states()["envelope"] == "confirmed"


def test_a_429_that_comes_by_itself_is_read():
    """A request that is throttled is sent once more, and what its headers said is in the table."""
    faults = Faults(at={4: Fault.STATUS_429}, retry_after=3.0)
    rehearsal = Rehearsal(faults=faults)
    assert rehearsal.states()["retry after"] == "otherwise"
    assert rehearsal.manners["retry_after"] == 3.0
    assert rehearsal.states()["lookup price"] == "confirmed"


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER_BILLING, Fault.GARBAGE, Fault.STATUS_500, Fault.REFUSED])
def test_a_step_that_fails_is_not_tried(fault):
    """Whatever happens to one request, the others go on, nothing false is said, and the sum is kept."""
    for place in range(1, 40, 6):
        rehearsal = Rehearsal(faults=Faults(at={place: fault}), spend=12)
        assert rehearsal.emulator.bill.total <= 12
        usual = json.loads(msgspec.json.encode(Manners()))
        wrong = {name for name, value in rehearsal.manners.items() if name != "seconds" and value != usual[name]}
        assert wrong == set(), place


def test_a_number_that_was_asked_before_tells_nothing_of_no():
    """Where the private cache has an older answer the question of NO stays open."""
    rehearsal = Rehearsal()
    again = Rehearsal.__new__(Rehearsal)
    again.now, again.said, again.bills, again.emulator = rehearsal.now + 600, [], [], rehearsal.emulator
    rehearsal.emulator.manners = Manners(no_keeps_out=True)
    rehearsal.emulator._caches._manners = Manners(no_keeps_out=True)
    rehearsal.now = again.now
    client = again.client(rehearsal.emulator)
    checked = check_provider(None, client, NUMBERS, spend=9, sleep=rehearsal.sleep)
    found = next(outcome for each, outcome in checked.findings if each.name == "word NO")
    assert (found.state, "before" in found.found) == ("not tried", True)


# The file


def spellings(number):
    """Ways to write a number, and what gives it away without its beginning."""
    national = number[2:]
    yield from (number, f"+{number}", f"00{number}", national, f"0{national}", number[-7:])
    yield from (f"+{number[:2]} {national[:4]} {national[4:]}", f"{national[:3]}-{national[3:6]}-{national[6:]}")
    yield from (
        " ".join(number),
        number[::-1],
        number.encode().hex(),
        "".join(f"\\u{ord(each):04x}" for each in number),
    )


@pytest.mark.parametrize("changes", [{}, {"envelope": "text"}, {"new_fields": ["owner"], "echo": "plus"}], ids=str)
def test_the_file_holds_nothing_of_anybodys(changes):
    """No number in any spelling, no key, no name, address, identity or time of an answer is in the bytes."""
    rehearsal = Rehearsal(Manners().replace(**changes))
    raw = rehearsal.checked.text.encode()
    assert [text for number in EVERY_NUMBER for text in spellings(number) if text.encode() in raw] == []
    assert [text for text in (KEY, SECRET, "speedtest", "jane") if text.encode().lower() in raw.lower()] == []
    people = [World(7).subscriber(number) for number in EVERY_NUMBER]
    networks = [network for each in people for network in (each.original, each.current) if network]
    names = {each.name for each in networks} | {each.country.name for each in networks} | {each.area for each in people}
    names |= {each.ported_date for each in people if each.ported_date} | {each.mccmnc for each in networks}
    assert [name for name in names if len(name) > 2 and name.encode() in raw] == []
    assert re.search(rb"[0-9a-f]{8}-[0-9a-f]{4}-", raw) is None
    assert b"@" not in raw


def test_a_leak_would_be_seen():
    """The look through the file finds a number, however it is broken up, a key and a name, and writes nothing then."""
    given = {"secrets": [KEY], "numbers": ["447400123456"], "names": ["Example Mobile GB", "Orangina"]}
    for text in ("447400123456", "07400 123-456", "x123456", KEY.upper(), "on Example Mobile GB now", "orangina"):
        assert written({"found": text}, **given) is None, text
    assert written({"found": "nothing"}, **given) is not None


def test_odd_replies_are_shown_as_their_shapes():
    """A reply that is keyed by numbers, or says a name in a new place, shows neither."""
    odd = {"447400123456": {"Jane Roe": "Jane Roe", "owner": ["Jane", 44]}, "message": "Invalid Jane requested"}
    shown = json.dumps(shape_of(json.dumps(odd).encode()))
    assert "Jane" not in shown
    assert "4474" not in shown
    assert "Invalid" in shown
    assert shape_of(b"<html>Jane</html>") == "no JSON"


def test_a_recorded_file_is_replayed():
    """What a check recorded an emulator takes, and a check of that one records the same."""
    changes = {"envelope": "body", "no_keeps_out": True, "landline_price": 0.5, "date_form": "%d/%m/%Y"}
    once = Rehearsal(Manners().replace(**changes))
    manners = msgspec.convert(once.manners, Manners)
    twice = Rehearsal(manners.replace(seconds=None))
    without = {"seconds"}
    assert {k: v for k, v in once.manners.items() if k not in without} == {
        k: v for k, v in twice.manners.items() if k not in without
    }


# The documents


def lines():
    """The lines of the page of limits that say how well something is known."""
    text = (DOCS / "limits.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (?:documented|seen|inferred|unknown|not mentioned)", text, flags=re.MULTILINE)
    return {row.strip() for row in rows}


def test_each_question_has_its_line():
    """Each question settles a line that is there, word for word."""
    assert {question.line for question in QUESTIONS} - lines() == set()


def test_what_no_request_settles_is_said():
    """Each line of the page that is not settled by a check stands in the list of those that are not."""
    unsettled = {row[0] for row in table(DOCS / "limits.md", "not settled by a check")}
    settled = {question.line.replace("`", "") for question in QUESTIONS}
    assert {line.replace("`", "") for line in lines()} == unsettled | settled
    assert unsettled & settled == set()


def test_each_step_is_for_something():
    """Without a step some question would be open: each has its name, once."""
    names = [step.name for step in STEPS]
    assert len(names) == len(set(names))


@pytest.fixture(autouse=True)
def quiet():
    """The emulators say that they invent; here everybody knows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hf.EmulatorWarning)
        yield
