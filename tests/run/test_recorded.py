"""The main job against each provider that ``tests/recorded`` describes: assumed, imagined, or recorded by somebody.

The emulator behaves as the file says; its bill is the oracle.
"""

import itertools
import json
import warnings
from decimal import Decimal
from pathlib import Path

import msgspec
import polars as pl
import pytest

import hlrframe as hf
from helpers.docs import DOCS, table
from helpers.emulator import mobiles
from hlrframe.emulator import Bill, Emulator, Fault, Faults, Manners, sample_numbers

RECORDED = Path(__file__).parents[1] / "recorded"
FILES = sorted(RECORDED.glob("*.json"))
#: Requests that are lost, some billed and some not, and one that is refused for nothing; by their order.
LOSSES = {
    **dict.fromkeys((1, 5, 9), Fault.DROP_AFTER_BILLING),
    2: Fault.STATUS_503,
    3: Fault.RESET_BEFORE,
    6: Fault.GARBAGE,
    7: Fault.TRUNCATED,
}
RICH = {"ported_date": True, "landline_status": True, "usa_status": True}
#: Landlines beside the one that libphonenumber has as its example.
LANDLINES = [f"4412123456{number:02d}" for number in range(40)]

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def contacts(per_kind=15):
    """British mobiles, landlines and American numbers, each on two rows."""
    american = list(itertools.islice(sample_numbers("US"), per_kind))
    numbers = [*mobiles(per_kind * 3), *LANDLINES[:per_kind], *american]
    return pl.DataFrame({"phone": [f"+{number}" for number in numbers * 2]})


def served(manners, **options):
    """An emulator that behaves so, without the time that networks take."""
    return Emulator(manners=manners, latency=0.0, **options)


def prices(manners):
    """What is asked for an answer, by name."""
    return {name: value for name, value in msgspec.to_builtins(manners).items() if name.endswith("price")}


def is_cheaper(manners):
    """Whether some answer costs less than the list says."""
    return any(price < prices(Manners())[name] for name, price in prices(manners).items())


def is_dearer(manners):
    """Whether some answer costs more."""
    return any(price > prices(Manners())[name] for name, price in prices(manners).items())


def job(emulator, frame, **settings):
    """The frame enriched, and its report."""
    with pytest.warns(hf.EmulatorWarning):
        client = hf.emulator.connect(emulator=emulator)
    return hf.enrich_with_report(frame, "phone", client=client, settings=hf.Settings(batch_size=10, **settings))


def unsaid(manners: Manners, bill: Bill) -> Decimal:
    """What was charged beyond what the replies said, all charges taken together."""
    return Decimal(str(manners.unstated)) * sum(bill.charges.values())


@every_file
def test_every_row_is_answered_and_the_column_is_the_bill(path):
    """Without faults each number is asked once, each row answered, and the credits of the rows are the bill."""
    manners = Manners.read(path)
    emulator = served(manners)
    frame, report = job(emulator, contacts(), **RICH)
    bill = emulator.bill
    assert report.states.keys() <= {"answered", "rejected"}
    assert bill.paid_twice() == []
    assert frame["hlr_credits"].sum() == pytest.approx(report.credits)
    assert Decimal(str(report.credits)) + unsaid(manners, bill) == bill.total


@pytest.mark.slow
@every_file
@pytest.mark.parametrize("kind", ["mnp", "validate"])
def test_the_other_kinds_are_understood(path, kind):
    """Portability and validation give a row each, and the sum that they really cost."""
    manners = Manners.read(path)
    emulator = served(manners)
    _, report = job(emulator, contacts(), lookup=kind)
    assert report.states.keys() <= {"answered", "rejected"}
    assert Decimal(str(report.credits)) + unsaid(manners, emulator.bill) == emulator.bill.total


@pytest.mark.slow
@every_file
def test_nothing_is_lost_and_nothing_is_paid_unknowingly(path):
    """With lost replies each row is answered, and the bill lies between what is known and what is in doubt."""
    manners = Manners.read(path)
    emulator = served(manners, faults=Faults(at=LOSSES))
    _, report = job(emulator, contacts(), **RICH)
    spent, doubtful = Decimal(str(report.credits)), Decimal(str(report.possibly_billed_twice_credits))
    assert report.states.keys() <= {"answered", "rejected"}
    assert emulator.bill.total <= spent + doubtful + unsaid(manners, emulator.bill)
    # What a lost reply must have cost is booked by the list: where answers cost less, that is too much.
    assert spent <= emulator.bill.total or is_cheaper(manners)


@pytest.mark.slow
@every_file
def test_the_ceiling_holds_by_the_price_list(path):
    """No run costs more than its ceiling where no answer costs more than the list says, lost replies and all."""
    manners = Manners.read(path)
    emulator = served(manners, faults=Faults(at=LOSSES))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hf.IncompleteWarning)  # where answers cost nothing it may be enough
        _, report = job(emulator, contacts(), max_credits=20)
    assert report.credits <= 20 or is_dearer(manners)
    assert emulator.bill.total <= 20 + unsaid(manners, emulator.bill) or is_dearer(manners)


@pytest.mark.slow
@every_file
def test_a_second_run_asks_nothing(path, tmp_path):
    """What is in the store is not asked again, whatever the answers look like."""
    emulator, frame = served(Manners.read(path)), contacts(20)
    with pytest.warns(hf.EmulatorWarning):
        client = hf.emulator.connect(emulator=emulator)
    for _ in range(2):
        last = hf.enrich_with_report(frame, "phone", client=client, store=tmp_path / "answers").report
    assert (last.credits, last.requests) == (0, 0)
    assert emulator.bill.asked_twice() == []


@pytest.fixture(scope="module")
def plain():
    """What the rows say where everything is as assumed."""
    return job(Emulator(), contacts(), **RICH)[0]


@every_file
def test_answers_say_the_same_in_every_form(path, plain):
    """How a reply is dressed changes nothing of what a row says: the same person, verdict and networks."""
    said = ["hlr_state", "hlr_verdict", "hlr_current_network", "hlr_original_network", "hlr_is_ported"]
    dressed, _ = job(served(Manners.read(path).replace(usa_landline_price=1.0)), contacts(), **RICH)
    assert dressed.select(said).equals(plain.select(said))


def test_a_cache_that_keeps_nothing_of_no_is_safe_with_private():
    """Where NO keeps answers out of the private cache lost replies are paid twice; PRIVATE saves that."""
    manners = Manners.read(RECORDED / "no_keeps_out.json")
    paid = {}
    for share in ("no", "private"):
        emulator = served(manners, faults=Faults(at=dict.fromkeys((2, 4), Fault.DROP_AFTER_BILLING)))
        _, report = job(emulator, contacts(), share_results=share)
        paid[share] = len(emulator.bill.paid_twice())
        assert emulator.bill.total <= Decimal(str(report.credits + report.possibly_billed_twice_credits))
    assert paid["no"] > 0
    assert paid["private"] == 0


def test_a_refused_private_says_so_and_costs_nothing():
    """Where PRIVATE is refused the run ends at its first request, with the provider's words, and nothing paid."""
    emulator = served(Manners.read(RECORDED / "private_refused.json"))
    with pytest.raises(hf.RequestError, match="save_to_cache"):
        job(emulator, contacts(), share_results="private")
    assert emulator.bill.total == 0


def test_dearer_answers_are_booked_as_they_are():
    """Where answers cost more than the list a run books what they say; its ceiling stops it, a little late."""
    emulator = served(Manners.read(RECORDED / "dearer.json"))
    landlines = pl.DataFrame({"phone": [f"+{number}" for number in LANDLINES]})
    with pytest.warns(hf.IncompleteWarning):
        _, report = job(emulator, landlines, max_credits=10, landline_status=True)
    assert Decimal(str(report.credits)) == emulator.bill.total
    assert report.states["skipped"] > 0


def test_the_first_file_is_what_is_assumed():
    """The file of assumptions names every choice, as the package assumes it, and says that nobody recorded it."""
    content = json.loads((RECORDED / "assumed.json").read_text(encoding="utf-8"))
    assert content["recorded"] is False
    assert content["manners"] == json.loads(msgspec.json.encode(Manners()))


@every_file
def test_a_file_says_whether_it_was_recorded(path):
    """Each file has the day of its recording, or says that it was not."""
    content = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(content["recorded"], str) or content.get("what", "").startswith("not recorded")


def test_each_what_if_has_its_sentence():
    """The page of limits has a line for each file that nobody recorded, and no other."""
    imagined = [path.stem for path in FILES if not json.loads(path.read_text(encoding="utf-8"))["recorded"]]
    assert [row[0] for row in table(DOCS / "limits.md", "file")] == imagined


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "no file of hlrframe check"),
        ('{"format": "x"}', "no file of hlrframe check"),
        ('{"format": "hlrframe: how a provider behaves, 1", "manners": {"counted": "rows"}}', "counted"),
        ('{"format": "hlrframe: how a provider behaves, 1", "manners": {"colour": "red"}}', "colour"),
        ('{"format": "hlrframe: how a provider behaves, 1", "manners": []}', "not understood"),
    ],
)
def test_a_file_that_is_none_says_what_is_wrong(tmp_path, text, complaint):
    """A file that cannot be used is an error that names it and what it stumbles over."""
    path = tmp_path / "wrong.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(hf.ConfigError, match=complaint) as raised:
        Manners.read(path)
    assert str(path) in str(raised.value)


def test_a_file_that_is_not_there_says_so(tmp_path):
    """A name without a file is an error of its own."""
    with pytest.raises(hf.ConfigError, match="cannot be read"):
        Manners.read(tmp_path / "none.json")
