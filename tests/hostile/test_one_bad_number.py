"""One number of 400 that harms each reply in which it stands, over a real socket: a case is a line of the table."""

import json
import time
from functools import partial

import pytest

import hlrframe as hf
from helpers.emulator import mobiles
from helpers.hostile import Villain, packet, poisoned, result_of, serving_raw

COUNT = 400
NUMBERS = mobiles(COUNT)
BAD = NUMBERS[123]
#: Seconds that a run may take at most with one bad number, the time-outs of its own requests apart: about one without.
FEW = 10.0
WAIT = 1.0
DEEP = b"[" * 2000 + b"]" * 2000


def field(name, raw):
    """Puts raw bytes into a field of the bad number's result."""
    return lambda request, results: request.say(packet(poisoned(results, BAD, name, raw)))


def status(code, body=b"", head=b""):
    """Refuses the whole request."""
    return lambda request, _: request.say(packet(body, status=code, head=head))


def body(change):
    """Changes the whole body."""
    return lambda request, results: request.say(packet(change(json.dumps({"results": results}).encode())))


def results(change):
    """Changes the list of results, given it and the one of the bad number."""
    return lambda request, all_: request.say(
        packet(json.dumps({"results": change(all_, result_of(all_, BAD))}).encode())
    )


def act(name):
    """Does something to the connection."""
    return lambda request, _: getattr(request, name)()


def nothing(*_):
    pass


bad_field = partial(field, "uuid")
bad_status = partial(field, "live_status")
#: What is done, whether the number was billed before that, and what becomes of it.
CASES = {
    "lone surrogate": (bad_field(rb'"\ud800"'), True, "answered"),
    "lone surrogate in a name": (field("original_network_details.name", rb'"\udfff x"'), True, "answered"),
    "lone surrogate in its echo": (field("request_parameters.telephone_number", rb'"\ud8"'), True, "answered"),
    "NaN": (field("credits_spent", b"NaN"), True, "answered"),
    "endless": (field("credits_spent", b"-Infinity"), True, "answered"),
    "number of 5,000 digits": (field("credits_spent", b"9" * 5000), True, "answered"),
    "raw control character": (field("timestamp", b'"\x01\x00\x1b"'), True, "answered"),
    "bad escape": (bad_field(rb'"\q"'), True, "answered"),
    "bad escape in its status": (bad_status(rb'"LI\VE"'), True, "unreadable_reply"),
    "no UTF-8": (bad_field(b'"\xff\xfe"'), True, "answered"),
    "deep nesting": (field("new", DEEP), True, "answered"),
    "deep nesting in its status": (bad_status(DEEP), True, "unreadable_reply"),
    "deep nesting in its error": (field("error", DEEP), True, "unreadable_reply"),
    "bare word": (bad_field(b"nothing"), True, "answered"),
    "string without an end": (bad_field(b'"...'), True, "unreadable_reply"),
    "page in place of JSON": (body(lambda _: b"<html><h1>Bad gateway</h1></html>"), True, "unreadable_reply"),
    "empty body": (body(lambda _: b""), True, "unreadable_reply"),
    "half of the body": (body(lambda whole: whole[: len(whole) // 2]), True, None),
    "no results": (body(lambda _: b'{"results":null}'), True, "unreadable_reply"),
    "its result is missing": (
        results(lambda all_, its: [each for each in all_ if each is not its]),
        True,
        "missing_reply",
    ),
    "its result is null": (
        results(lambda all_, its: [None if each is its else each for each in all_]),
        True,
        "unreadable_reply",
    ),
    "hangs": (nothing, True, "timeout"),
    "hangs before it works": (nothing, False, "timeout"),
    "resets": (act("reset"), True, "connection_lost"),
    "resets before it works": (act("reset"), False, "connection_lost"),
    "closes": (act("close"), True, "connection_lost"),
    "500": (status(500), False, "unavailable"),
    "503": (status(503, b"<html>"), False, "unavailable"),
    "504": (status(504), True, "timeout"),
    "400": (status(400, b'{"error":"BAD_REQUEST","message":"no"}'), False, "provider_error"),
    "400 inside 200": (body(lambda _: b'{"statusCode":400,"error":"BAD_REQUEST"}'), False, "provider_error"),
    "no HTTP": (lambda request, _: request.say(b"SSH-2.0-x\r\n\r\n"), True, "connection_lost"),
    "shorter than it says": (
        lambda request, _: (request.say(packet(b"{", length=9)), request.close()),
        True,
        "connection_lost",
    ),
}
SLOW = {name for name, (*_, becomes) in CASES.items() if becomes not in {"answered", "provider_error"}}


@pytest.mark.parametrize(
    "case", [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in CASES]
)
def test_one_bad_number_harms_no_other(case):
    """Whatever one number of 400 does to its replies, the others are answered, soon, and none is paid twice."""
    harm, works, becomes = CASES[case]
    villain = Villain(BAD, harm, works=works)
    with serving_raw(villain) as url:
        client = hf.Client("emulator", "emulator", base_url=url, timeout=WAIT)
        began = time.monotonic()
        frame = hf.lookup(NUMBERS, client=client)
        took = time.monotonic() - began
    bad = frame.row(NUMBERS.index(BAD), named=True)
    assert frame.filter(frame["state"] == "answered").height == COUNT - (bad["state"] == "failed")
    assert bad["state"] in {"answered", "failed"}
    assert becomes in {bad["reason"] or "answered", None}
    assert villain.bill.paid_twice() == []
    unproved = 1 if bad["state"] == "failed" and BAD in villain.bill.charges else 0
    assert frame["credits"].sum() + unproved == villain.bill.total
    assert took < FEW + (WAIT * villain.harmed if "hangs" in case else 0)


#: What harms a whole reply, in each of the ways that a request can fail.
WHOLE = ["page in place of JSON", "hangs", "resets before it works", "closes", "500", "400"]


@pytest.mark.slow
@pytest.mark.parametrize("case", WHOLE)
def test_one_bad_number_in_five_harms_no_other(case):
    """Of 400 numbers 80 harm each reply in which they stand: they fail, 320 are answered, and none is paid twice."""
    harm, works, becomes = CASES[case]
    bad = set(NUMBERS[::5])
    villain = Villain(bad, harm, works=works)
    with serving_raw(villain) as url:
        frame = hf.lookup(NUMBERS, client=hf.Client("emulator", "emulator", base_url=url, timeout=WAIT))
    failed = frame.filter(frame["state"] == "failed")
    assert set(failed["msisdn"]) == bad
    assert set(failed["reason"]) == {becomes}
    assert frame.filter(frame["state"] == "answered").height == COUNT - len(bad)
    assert villain.bill.paid_twice() == []
