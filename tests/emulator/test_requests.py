"""What the emulator refuses, in which order, and with which body."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.emulator import ask, call, one
from hlrframe.emulator import Call, Emulator

GOOD = {"telephone_number": "447400123456"}


def _send(emulator: Emulator, body: bytes, path: str = "/apiv2/hlr", **changes: str) -> tuple[int, bytes]:
    with emulator.receive(Call(path=path, body=body, **changes), now=0.0) as ticket:
        reply = ticket.deliver()
    return reply.status, reply.body


@pytest.mark.parametrize(
    "options",
    [
        {"output_format": "GB"},
        {"output_format": "e164"},
        {"output_format": None},
        {"input_format": "GB"},
        {"input_format": "gbr"},
        {"input_format": None},
        {"save_to_cache": "yes"},
        {"save_to_cache": True},
        {"cache_days_private": 31},
        {"cache_days_private": -1},
        {"cache_days_private": "8"},
        {"cache_days_private": 1.5},
        {"cache_days_private": True},
        {"cache_days_global": 31},
        {"cache_days_global": None},
        {"get_ported_date": True},
        {"get_landline_status": "Y"},
        {"usa_status": "no"},
        {"telephone_number": 447400123456},
        {"telephone_number": None},
    ],
    ids=str,
)
def test_a_bad_value_refuses_the_whole_request(options: dict[str, object]) -> None:
    """One value that is not allowed gives 400 for all numbers, names the parameter, and bills nothing."""
    emulator = Emulator()
    status, body = ask(emulator, GOOD, {**GOOD, **options})
    assert status == 400
    assert body["error"] == "BAD_REQUEST"
    assert next(iter(options)) in body["message"]
    assert (emulator.bill.total, emulator.bill.numbers, emulator.bill.rejected) == (0, 0, 1)


def test_the_documented_message_of_a_bad_output_format() -> None:
    """The one message that is documented is the documented one."""
    _, body = ask(Emulator(), {**GOOD, "output_format": "nonsense"})
    assert body == {"error": "BAD_REQUEST", "message": "Invalid output_format requested"}


@pytest.mark.parametrize("where", ["top", "number"])
def test_an_unknown_parameter_is_refused(where: str) -> None:
    """A parameter that is not known gives 400, at the top level and beside a number."""
    emulator = Emulator()
    status, body = ask(emulator, GOOD, colour="red") if where == "top" else ask(emulator, {**GOOD, "colour": "red"})
    assert (status, body["error"], "colour" in body["message"]) == (400, "BAD_REQUEST", True)


@pytest.mark.parametrize("requests", [None, [], {}, "447400123456", [None], ["447400123456"], [{}]], ids=str)
def test_requests_must_be_a_list_of_numbers(requests: object) -> None:
    """No numbers, or something that is no list of them, is 400."""
    assert ask(Emulator(), requests=requests)[0] == 400


@pytest.mark.parametrize(("count", "status"), [(1, 200), (80, 200), (81, 400)])
def test_eighty_numbers_at_most(count: int, status: int) -> None:
    """A request holds 1 to 80 numbers."""
    assert ask(Emulator(), *[GOOD] * count)[0] == status


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"api_key": "emulator"}'])
def test_a_body_that_is_no_request_is_refused(body: bytes) -> None:
    """What is no JSON object with both credentials is 400."""
    assert _send(Emulator(), body)[0] == 400


@given(st.binary(max_size=60))
def test_no_body_makes_it_fail(body: bytes) -> None:
    """Any bytes at all are answered, and bill nothing."""
    emulator = Emulator()
    for content_type in ("application/json", "application/x-www-form-urlencoded", ""):
        status, _ = _send(emulator, body, content_type=content_type)
        assert status in {400, 401}
    assert emulator.bill.total == 0


@pytest.mark.parametrize("credentials", [("emulator", "wrong"), ("wrong", "emulator"), ("", "")])
def test_wrong_credentials(credentials: tuple[str, str]) -> None:
    """Wrong credentials are 401 with the documented body, for lookups and for the balance."""
    key, secret = credentials
    emulator = Emulator()
    wanted = (401, {"error": "UNAUTHORIZED", "message": "Invalid api_key or api_secret"})
    assert ask(emulator, GOOD, api_key=key, api_secret=secret) == wanted
    body = json.dumps({"api_key": key, "api_secret": secret}).encode()
    assert _send(emulator, body, "/apiv2/balance")[0] == 401


@pytest.mark.parametrize(
    ("path", "method"),
    [("/apiv2/getbalance", "POST"), ("/apiv2/hlr/", "POST"), ("/hlr", "POST"), ("/", "POST"), ("/apiv2/hlr", "GET")],
)
def test_unknown_endpoints_are_empty_404(path: str, method: str) -> None:
    """A path or method that is not documented gives 404 and an empty body, before anything is read."""
    assert _send(Emulator(), b"nonsense", path, method=method) == (404, b"")


def test_shape_is_checked_before_credentials() -> None:
    """A missing secret is 400, though the key is wrong too."""
    assert _send(Emulator(), b'{"api_key": "wrong"}') == (400, b'{"error":"BAD_REQUEST"}')


def test_credentials_are_checked_before_numbers() -> None:
    """Wrong credentials are 401, though there are too many numbers and unknown parameters too."""
    assert ask(Emulator(), *[GOOD] * 81, api_key="wrong", colour="red")[0] == 401


def test_the_count_is_checked_before_values() -> None:
    """Too many numbers are named, though a value is wrong too."""
    assert "80" in ask(Emulator(), *[{**GOOD, "usa_status": "maybe"}] * 81)[1]["message"]


def test_values_are_checked_before_the_throttle() -> None:
    """A bad value is 400 even when nothing more is let in."""
    emulator = Emulator(max_in_flight=0)
    assert ask(emulator, {**GOOD, "usa_status": "maybe"})[0] == 400
    assert ask(emulator, GOOD)[0] == 429


def test_the_echo_fills_defaults_in() -> None:
    """The echo holds the number exactly as submitted and every option, defaults filled in."""
    answer = one(Emulator(), "+44(7400) 12 34 56", cache_days_private=8)
    assert answer["request_parameters"] == {
        "telephone_number": "+44(7400) 12 34 56",
        "save_to_cache": "YES",
        "input_format": "",
        "output_format": "",
        "cache_days_global": 0,
        "cache_days_private": 8,
        "get_ported_date": "NO",
        "get_landline_status": "NO",
        "usa_status": "NO",
    }


def test_results_come_in_the_order_of_the_numbers() -> None:
    """Results are in the order of the numbers, repeats and bad ones among them."""
    numbers = ["447400123456", "nonsense", "4915123456789", "447400123456"]
    _, body = ask(Emulator(), *({"telephone_number": each} for each in numbers))
    assert [each["request_parameters"]["telephone_number"] for each in body["results"]] == numbers


@pytest.mark.parametrize(
    ("output_format", "formatted"),
    [
        ("", ""),
        ("E164", "447790606023"),
        ("PLUS_E164", "+447790606023"),
        ("USA", "011447790606023"),
        ("NATIONAL", "07790606023"),
        ("GBR", "07790606023"),
    ],
)
def test_output_formats(output_format: str, formatted: str) -> None:
    """The number comes back in the documented formats, whichever of the documented ways it was written in."""
    for text in ("+44(0)7790606023", "+447790606023", "447790606023"):
        answer = one(Emulator(), text, output_format=output_format)
        assert (answer["formatted_telephone_number"], answer["detected_telephone_number"]) == (
            formatted,
            "447790606023",
        )


def test_no_number_has_no_format() -> None:
    """What is no number has neither a detected nor a formatted form."""
    answer = one(Emulator(), "07790606023", output_format="E164")
    assert (answer["detected_telephone_number"], answer["formatted_telephone_number"]) == ("", "")


def test_input_format_is_used() -> None:
    """A national number is understood once its country is named."""
    assert one(Emulator(), "07790606023", input_format="GBR")["detected_telephone_number"] == "447790606023"


def test_a_form_carries_one_number() -> None:
    """A form-encoded body asks about one number with its options."""
    form = {"api_key": "emulator", "api_secret": "emulator", "telephone_number": "07790606023"}
    body = urlencode({**form, "input_format": "GBR", "cache_days_private": 8}).encode()
    status, reply = _send(Emulator(), body, content_type="application/x-www-form-urlencoded; charset=utf-8")
    answer = json.loads(reply)["results"][0]
    assert (status, answer["detected_telephone_number"]) == (200, "447790606023")
    assert answer["request_parameters"]["cache_days_private"] == 8


def test_a_form_is_checked_like_any_body() -> None:
    """A bad value in a form is 400, and so is an unknown parameter."""
    form = {"api_key": "emulator", "api_secret": "emulator", "telephone_number": "447400123456"}
    for extra in ({"cache_days_private": "many"}, {"usa_status": "maybe"}, {"colour": "red"}):
        status, _ = _send(
            Emulator(), urlencode({**form, **extra}).encode(), content_type="application/x-www-form-urlencoded"
        )
        assert status == 400


def test_balance() -> None:
    """The balance has capitalised keys, falls with every charge, and whole numbers have no decimals."""
    emulator = Emulator(credits=10)
    credentials = b'{"api_key": "emulator", "api_secret": "emulator"}'
    assert _send(emulator, credentials, "/apiv2/balance") == (200, b'{"Status":"OK","Credits":10}')
    one(emulator, "447400123456", path="mnp")
    assert _send(emulator, credentials, "/apiv2/balance") == (200, b'{"Status":"OK","Credits":9.5}')
    assert emulator.balance == 9.5


def test_balance_takes_credentials_only() -> None:
    """The balance refuses any other parameter, and a form serves as well as JSON."""
    assert ask(Emulator(), GOOD, path="balance")[0] == 400
    form = b"api_key=emulator&api_secret=emulator"
    assert _send(Emulator(), form, "/apiv2/balance", content_type="application/x-www-form-urlencoded")[0] == 200


def test_results_may_sit_under_body() -> None:
    """The envelope that the vendor's page prints can be chosen."""
    status, body = ask(Emulator(envelope="body"), GOOD)
    assert (status, list(body), len(body["body"]["results"])) == (200, ["body"], 1)


def test_a_call_does_not_show_its_credentials() -> None:
    """The representation of a request holds neither key nor number."""
    shown = repr(call(Emulator(), GOOD))
    assert "emulator" not in shown
    assert "4474" not in shown
