"""Everything goes wrong at once over a real socket; the judge is the bill that the other side keeps."""

import itertools
from decimal import Decimal

import polars as pl
import pytest

import hlrframe as hf
from helpers.stores import known
from hlrframe.emulator import Emulator, Fault, Faults, Latency, running, sample_numbers
from hlrframe.model.question import Question
from hlrframe.model.vocabulary import LookupKind
from hlrframe.provider.transport import Transport

CHAOS = (
    Fault.DROP_AFTER_BILLING,
    Fault.RESET_AFTER_BILLING,
    Fault.RESET_BEFORE,
    Fault.GARBAGE,
    Fault.TRUNCATED,
    Fault.SHORT_REPLY,
    Fault.STATUS_500,
    Fault.STATUS_429,
    Fault.INTERNAL_ERROR,
)
#: Few of a request, so that there are many requests to go wrong.
SMALL = hf.Settings(batch_size=8, max_requests=60)
NUMBERS = list(itertools.islice(sample_numbers("GB"), 1200)) + list(itertools.islice(sample_numbers("DE"), 800))
#: Every number in three spellings, and what is no number.
FRAME = pl.DataFrame({"phone": [*(f"+{each}" for each in NUMBERS), *NUMBERS[:500], "n/a"]})


def chaotic(seed):
    faults = Faults(**dict.fromkeys(CHAOS, 0.02), seed=seed)
    return Emulator(faults=faults, latency=Latency(network=0.03, jitter=0.5, seed=seed))


def account(url):
    return hf.Client("emulator", "emulator", base_url=url, timeout=10.0)


def question(url):
    return Question(LookupKind.HLR, account(url).provider)


def went_wrong(emulator):
    """Says whether every fault has struck, so that what holds after it means something."""
    return emulator.bill.faults.keys() == set(CHAOS)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "stored"), [(1, False), (2, True)])
def test_every_row_is_answered_and_paid_once(tmp_path, seed, stored):
    """Whatever happens on the way, a frame comes back whole, no number is paid twice, and the account is the bill."""
    emulator, store = chaotic(seed), tmp_path / "store" if stored else None
    with running(emulator) as url:
        frame, report = hf.enrich_with_report(FRAME, "phone", client=account(url), store=store, settings=SMALL)
    assert went_wrong(emulator)
    assert report.states == {"answered": len(FRAME) - 1, "rejected": 1}
    assert frame["phone"].equals(FRAME["phone"])
    assert emulator.bill.paid_twice() == []
    spent, doubt = Decimal(str(report.credits)), Decimal(str(report.possibly_billed_twice_credits))
    assert spent <= emulator.bill.total <= spent + doubt
    assert frame["hlr_credits"].sum() == report.credits
    assert emulator.bill.most_requests_in_flight <= SMALL.max_requests


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 5])
def test_what_a_chaotic_run_stored_is_free(tmp_path, seed):
    """What a chaotic run was billed for is in its column and on disk: the next run asks nobody, and says the same."""
    emulator = chaotic(seed)
    with running(emulator) as url:
        first = hf.lookup(NUMBERS, client=account(url), store=tmp_path, settings=SMALL)
        requests = emulator.bill.requests
        second = hf.lookup(NUMBERS, client=account(url), store=tmp_path, settings=SMALL)
    assert went_wrong(emulator)
    assert Decimal(str(first["credits"].sum())) == emulator.bill.total
    assert emulator.bill.requests == requests
    assert set(second["state"]) == {"cached"}
    same = [name for name in first.columns if name not in {"state", "credits"}]
    assert second.select(same).equals(first.select(same))
    assert hf.Store(tmp_path).unanswered(pl.Series(NUMBERS), question(url)).is_empty()


@pytest.mark.slow
@pytest.mark.parametrize("faulty", [False, True])
@pytest.mark.parametrize("stored", [False, True])
def test_a_budget_holds(tmp_path, stored, faulty):
    """The bill stays within max_credits with everything in flight at once, and comes within a batch of it."""
    emulator, store = chaotic(6) if faulty else Emulator(latency=0.03), tmp_path if stored else None
    settings = SMALL.replace(max_credits=500)
    with running(emulator) as url, pytest.warns(hf.IncompleteWarning, match="max_credits"):
        frame, report = hf.enrich_with_report(FRAME, "phone", client=account(url), store=store, settings=settings)
    doubt = Decimal(str(report.possibly_billed_twice_credits))
    assert 500 - SMALL.batch_size <= emulator.bill.total + doubt
    assert emulator.bill.total <= 500
    assert Decimal(str(report.credits)) <= emulator.bill.total <= Decimal(str(report.credits)) + doubt
    assert frame["hlr_credits"].sum() == report.credits
    assert (report.stopped, emulator.bill.paid_twice()) == ("budget", [])


class Watch(Transport):
    """The package's own transport, with an eye on what leaves after the first 401 has been read."""

    revoked = False
    late = 0

    async def handle_async_request(self, request):
        """Passes on and takes note."""
        self.late += self.revoked
        reply = await super().handle_async_request(request)
        self.revoked = self.revoked or reply.status_code == 401
        return reply


class Watched(hf.Client):
    """An account whose connections are watched; opened and closed as ever."""

    watch = None

    def _own_transport(self):
        self.watch = Watch()
        return self.watch


@pytest.mark.parametrize("stored", [False, True])
def test_a_revoked_key_ends_it_at_once(tmp_path, stored):
    """After the first 401 no request starts; what was answered is in the error, and in the store."""
    emulator, store = Emulator(latency=0.03, faults=Faults(revoke_at=101)), tmp_path if stored else None
    with running(emulator) as url:
        client = Watched("emulator", "emulator", base_url=url)
        with pytest.raises(hf.AuthError) as caught:
            hf.enrich(FRAME, "phone", client=client, store=store, settings=SMALL)
    partial, report = caught.value.partial, caught.value.report
    assert client.watch.revoked
    assert client.watch.late == 0
    assert 1 <= emulator.bill.replies[401] <= SMALL.max_requests
    assert emulator.bill.replies[200] == 100
    answered = set(partial.filter(pl.col("hlr_state") == "answered")["hlr_msisdn"])
    assert answered == set(emulator.bill.asked)
    assert set(partial["hlr_state"]) == {"answered", "skipped", "failed", "rejected"}
    assert Decimal(str(report.credits)) == Decimal(str(partial["hlr_credits"].sum())) == emulator.bill.total
    if stored:
        assert set(known(hf.Store(store), NUMBERS, question=question(url))) == answered
