"""The emulator's answers have the shape of the golden payloads."""

import json
from pathlib import Path
from typing import Any

import pytest

from helpers.emulator import ask, mobiles, one, somebody, with_status
from hlrframe.emulator import Call, Emulator, Fault, Faults

PAYLOADS = Path(__file__).parents[2] / "sample_data" / "payloads"


def _golden(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def _shape(value: Any) -> Any:
    """Keys and types, values left out; a whole and a fractional number are of one type."""
    if isinstance(value, dict):
        return {key: _shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shape(each) for each in value]
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _ported() -> str:
    return somebody(lambda each: each.live_status == "LIVE" and each.ported)


@pytest.mark.parametrize(("envelope", "name"), [("top", "hlr_live_ported"), ("body", "hlr_live_ported_in_body")])
def test_a_live_mobile(envelope: Any, name: str) -> None:
    """A live, ported mobile has every field of the vendor's sample and no other, in either envelope."""
    _, body = ask(Emulator(envelope=envelope), {"telephone_number": _ported()})
    assert _shape(body) == _shape(_golden(name))


def test_the_vendors_own_sample() -> None:
    """The testing suite's recording of the vendor's sample is that sample, the price and two names apart."""
    answer = one(Emulator(mode="testing"), "447790606023")
    golden = _golden("hlr_live_ported")["results"][0]
    differing = {key for key in golden if answer[key] != golden[key]}
    assert differing == {"uuid", "credits_spent", "request_parameters"}
    assert answer.keys() == golden.keys()


@pytest.mark.parametrize(("number", "name"), [("07790606023", "hlr_bad_format"), ("441133910781", "hlr_landline")])
def test_free_answers(number: str, name: str) -> None:
    """What is no number, and a landline without its option, have the constructed shapes and the same words."""
    answer, golden = one(Emulator(), number), _golden(name)["results"][0]
    assert _shape(answer) == _shape(golden)
    for key in ("live_status", "telephone_number_type", "credits_spent", "is_ported", "request_parameters"):
        assert answer[key] == golden[key]


@pytest.mark.parametrize(
    ("name", "path", "options"), [("hlr_no_live_status", "mnp", {}), ("hlr_usa_status", "hlr", {"usa_status": "YES"})]
)
def test_trimmed_samples(name: str, path: str, options: dict[str, str]) -> None:
    """Samples that their writers trimmed are part of the shape of ours."""
    number = with_status("LIVE", "US" if options else "GB")
    answer, golden = _shape(one(Emulator(), number, path=path, **options)), _shape(_golden(name)["results"][0])
    details = golden.pop("current_network_details")
    assert details.items() <= answer["current_network_details"].items()
    assert golden.items() <= answer.items()


def test_a_failed_number() -> None:
    """A number that the provider failed at has the word and nothing else."""
    _, body = ask(Emulator(faults=Faults(internal_error=1.0)), {"telephone_number": mobiles(1)[0]})
    assert body == _golden("hlr_internal_error")


def test_an_unpaid_number() -> None:
    """A number that the credit did not suffice for has the fields of the sample, with its values."""
    answer, golden = one(Emulator(credits=0), mobiles(1)[0]), _golden("hlr_insufficient_credit")["results"][0]
    assert golden.items() <= answer.items()


@pytest.mark.parametrize(("left", "name"), [(1234.5, "balance"), (10, "balance_whole")])
def test_balances(left: float, name: str) -> None:
    """The balance is the sample's, to the value."""
    with Emulator(credits=left, api_key="key", api_secret="secret").receive(
        Call(path="/apiv2/balance", body=(PAYLOADS / "request_balance.json").read_bytes()), now=0.0
    ) as ticket:
        assert json.loads(ticket.deliver().body) == _golden(name)


def test_the_sample_request_is_accepted() -> None:
    """The vendor's own request is answered, with one result for each of its numbers."""
    call = Call(path="/apiv2/hlr", body=(PAYLOADS / "request.json").read_bytes())
    with Emulator(api_key="key", api_secret="secret").receive(call, now=0.0) as ticket:
        reply = ticket.deliver()
    assert (reply.status, len(json.loads(reply.body)["results"])) == (200, 2)


def test_errors() -> None:
    """The bodies of 400, 401 and 429 are the samples, to the letter."""
    number = {"telephone_number": mobiles(1)[0]}
    assert ask(Emulator(), {**number, "output_format": "x"}) == (400, _golden("error_400"))
    assert ask(Emulator(), number, api_secret=None) == (400, _golden("error_400_no_message"))
    assert ask(Emulator(), number, api_key="x") == (401, _golden("error_401"))
    assert ask(Emulator(faults=Faults(at={1: Fault.STATUS_429})), number) == (429, _golden("error_429"))


def test_every_payload_is_described() -> None:
    """Each file stands in the table of the README, and the table names no other."""
    text = (PAYLOADS / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in PAYLOADS.glob("*.json")} == {
        word.strip("`,|") for word in text.split() if word.strip("`,|").endswith(".json")
    }
