"""The provider's JSON: what goes out, what comes in, however it comes."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpers.emulator import call, mobiles
from hlrframe.emulator import Emulator
from hlrframe.errors import (
    AuthError,
    ProtocolError,
    ProviderError,
    RateLimited,
    ReplyTimeout,
    RequestError,
    Unavailable,
)
from hlrframe.model import Answer, Failure
from hlrframe.model.columns import ANSWER_SCHEMA
from hlrframe.model.settings import Settings
from hlrframe.model.vocabulary import Reason
from hlrframe.provider.hlr_lookup.wire import (
    Echo,
    Result,
    decode_balance,
    decode_results,
    encode_balance,
    encode_request,
    error_of_reply,
    match_results,
    outcome_of,
    request_options,
)
from hlrframe.run.answer_book import PROFILE_TYPES, AnswerBook, answers_to_batch

PAYLOADS = Path(__file__).parents[2] / "sample_data" / "payloads"
GOLDEN = sorted(path.name for path in PAYLOADS.glob("hlr_*.json"))
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def payload(name):
    return (PAYLOADS / name).read_bytes()


def fields(result):
    """A result as a dictionary: whichever path it was decoded on."""
    names = {each.name: each.encode_name.removeprefix("#") for each in msgspec.structs.fields(result)}
    return {theirs: msgspec.to_builtins(getattr(result, ours)) for ours, theirs in names.items()}


def one(**changes):
    """The vendor's own example, changed, through the decoder."""
    raw = json.loads(payload("hlr_live_ported.json"))["results"][0] | changes
    return decode_results(json.dumps({"results": [raw]}).encode())[0]


def row(result, milli=1000):
    answers = [Answer("447790606023", result, milli)]
    return answers_to_batch(answers, received_at=NOON, provider="emulator").to_pylist()[0]


# What goes out


def settings_of_any_kind():
    flag = st.booleans()
    return st.builds(
        Settings,
        lookup=st.sampled_from(["hlr", "mnp", "validate"]),
        ported_date=flag,
        landline_status=flag,
        usa_status=flag,
        provider_cache_days=st.integers(0, 30),
        global_cache_days=st.integers(0, 30),
        share_results=st.sampled_from(["no", "private", "yes"]),
    )


@given(st.lists(st.text(max_size=8) | st.sampled_from(['","', '"', "\\", '\\","', "a number"]), min_size=1, max_size=6))
def test_a_request_is_json_whatever_stands_in_it(texts):
    """Each text arrives as it is and with all options, also one that looks like a piece of a request."""
    options = {"save_to_cache": "NO", "cache_days_private": 1}
    sent = json.loads(encode_request('k"', "s", texts, options))
    assert sent == {
        "api_key": 'k"',
        "api_secret": "s",
        "requests": [{"telephone_number": text, **options} for text in texts],
    }


@given(settings_of_any_kind(), st.integers(0, 30))
def test_the_provider_takes_every_request(settings, recheck):
    """Whatever the settings, a request has no unknown key, no null and no value that the provider would reject."""
    emulator = Emulator()
    key, secret = emulator.credentials
    body = encode_request(key, secret, mobiles(2), request_options(settings, recheck=recheck))
    asked = call(emulator, path=settings.lookup)
    with emulator.receive(type(asked)(path=asked.path, body=body), now=0.0) as ticket:
        assert ticket.deliver().status == 200
    sent = json.loads(body)
    assert sent.keys() == {"api_key", "api_secret", "requests"}
    assert b"null" not in body


def test_cache_options_are_always_sent():
    """The three cache options go out whatever they are, since the account has defaults of its own."""
    options = request_options(Settings())
    assert options == {"save_to_cache": "NO", "cache_days_private": 0, "cache_days_global": 0}


@given(settings_of_any_kind())
def test_a_recheck_has_the_private_cache_on(settings):
    """A number that may have been billed is asked with the private cache on, and else exactly as before."""
    before, again = request_options(settings), request_options(settings, recheck=True)
    assert again["cache_days_private"] == max(1, before["cache_days_private"])
    assert {**again, "cache_days_private": None} == {**before, "cache_days_private": None}


@pytest.mark.parametrize(
    ("lookup", "names"),
    [
        ("hlr", {"get_ported_date", "get_landline_status", "usa_status"}),
        ("mnp", {"get_ported_date"}),
        ("validate", set()),
    ],
)
def test_options_go_where_they_mean_something(lookup, names):
    """An option that a kind of lookup does not know is not sent with it."""
    every = Settings(lookup=lookup, ported_date=True, landline_status=True, usa_status=True)
    sent = request_options(every).keys() - {"save_to_cache", "cache_days_private", "cache_days_global"}
    assert sent == names


def test_bodies_are_the_documented_ones():
    """Bodies have the shape of the golden requests."""
    golden = json.loads(payload("request.json"))
    numbers = [each["telephone_number"] for each in golden["requests"]]
    assert json.loads(encode_request("key", "secret", numbers[:1], {})) == golden | {"requests": golden["requests"][:1]}
    assert json.loads(encode_balance("key", "secret")) == json.loads(payload("request_balance.json"))


# What comes in


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_payloads_are_read_to_the_last_field(name):
    """Every field of every known reply arrives, and none is unknown."""
    raw = json.loads(payload(name))
    expected = raw.get("body", raw)["results"][0]
    result = decode_results(payload(name))[0]
    known = {name: value for name, value in fields(result).items() if value is not None}
    assert result.extra is None
    assert known.keys() == expected.keys()
    details = result.original
    if details is not None:
        texts = {name: value for name, value in fields(details).items() if value is not None}
        assert texts == expected["original_network_details"]


def test_both_envelopes_say_the_same():
    """Results at the top level, under body, and under body as a JSON text are the same results."""
    top = payload("hlr_live_ported.json")
    wrapped = payload("hlr_live_ported_in_body.json")
    quoted = json.dumps({"statusCode": 200, "body": top.decode()}).encode()
    results = [fields(decode_results(body)[0]) for body in (top, wrapped, quoted)]
    assert results[0] == results[1] == results[2]


def test_new_fields_are_kept_as_they_came():
    """Fields that we do not know go to extra as JSON text, sorted, and take nothing from the known ones."""
    result = one(roaming={"country": "FRA"}, imsi_hash="1f")
    assert json.loads(result.extra) == {"imsi_hash": "1f", "roaming": {"country": "FRA"}}
    assert fields(result) == fields(one()) | {"extra": result.extra}


def test_new_fields_of_a_network_are_kept_too():
    """What a network's details say beyond what we know goes to extra under their name, and the rest is read."""
    details = {"name": "Virgin Mobile", "mccmnc": "23438", "brand": "Example", "host": {"name": "EE"}}
    for result in (one(current_network_details=details), one(current_network_details=details, uuid=7, is_ported=[])):
        assert json.loads(result.extra)["current_network_details"] == {"brand": "Example", "host": {"name": "EE"}}
        assert (result.current.name, result.current.mccmnc) == (
            "Virgin Mobile",
            "23438",
        )


def test_a_wrong_type_costs_one_field():
    """A field that cannot be what it should be is kept in extra, and the others are read all the same."""
    result = one(original_network_details="EE", live_status={"a": 1}, request_parameters=7)
    assert (result.live_status, result.original, result.request_parameters) == (None, None, None)
    assert json.loads(result.extra) == {
        "live_status": {"a": 1},
        "original_network_details": "EE",
        "request_parameters": 7,
    }
    assert (result.uuid, result.current.name) == (one().uuid, "Virgin Mobile")


@pytest.mark.parametrize(
    ("raw", "read"), [(True, "YES"), (False, "NO"), ("UNKNOWN", "UNKNOWN"), (None, None), (1, "1")]
)
def test_flags_may_be_json_booleans(raw, read):
    """A flag that comes as a JSON boolean means the documented word."""
    assert one(is_ported=raw).is_ported == read


@pytest.mark.parametrize(("raw", "read"), [(1, 1.0), (0.5, 0.5), ("1.5", 1.5), (None, None), (0, 0.0)])
def test_charges_are_numbers_however_written(raw, read):
    """A charge is read from a number or a text."""
    result = one(credits_spent=raw)
    assert (result.charged, result.extra) == (read, None)


@pytest.mark.parametrize("raw", [-1, 1e308, "much", True, [1], 10**30])
def test_impossible_charges_count_as_not_stated(raw):
    """A negative, absurd or unreadable charge never reaches the ledger; it is kept in extra."""
    result = one(credits_spent=raw)
    assert result.charged is None
    assert json.loads(result.extra) == {"credits_spent": raw}


def test_odd_encodings_blur_a_text_and_lose_nothing():
    """Bytes that are no UTF-8, and a byte order mark, do not cost the answer."""
    body = payload("hlr_live_ported.json")
    latin = decode_results(body.replace(b"Virgin Mobile", b"T\xe9l\xe9com"))[0]
    assert (latin.current.name, latin.live_status) == ("T�l�com", "LIVE")
    assert fields(decode_results(b"\xef\xbb\xbf" + body)[0]) == fields(one())


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"<html>", b'{"results":7}', b'{"results"', b'{"body":"no"}', b"{}"]
)
def test_what_is_no_reply_is_a_protocol_error(body):
    """A 200 without results is an error that may have been billed, never a crash."""
    with pytest.raises(ProtocolError):
        decode_results(body)


@pytest.mark.parametrize(
    ("status", "error"), [(429, RateLimited), (401, AuthError), (500, Unavailable), (999, ProtocolError)]
)
def test_an_error_inside_a_200_is_that_error(status, error):
    """An envelope that carries an HTTP status of its own means that status."""
    body = json.dumps({"statusCode": status, "error": "SOME_WORD"}).encode()
    with pytest.raises(error) as caught:
        decode_results(body)
    assert caught.value.code == "SOME_WORD"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def mutated(draw):
    """A golden reply in which some values anywhere are others, gone or new."""
    document = json.loads(payload(draw(st.sampled_from(GOLDEN))))
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(document))
        holder, key = draw(st.sampled_from(places))
        change = draw(st.sampled_from(["set", "drop", "add"]))
        if change == "drop":
            del holder[key]
        elif change == "add" and isinstance(holder, dict):
            holder[draw(st.text(max_size=10))] = draw(JSON)
        else:
            holder[key] = draw(JSON)
        if not list(_places(document)):
            break
    return json.dumps(document).encode()


def _places(node):
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(items):
        yield node, key
        yield from _places(value)


def read(body):
    """What any reply must give: results that fit the columns, or an error of the provider's side."""
    try:
        results = decode_results(body)
    except ProviderError:
        return
    answers = [Answer("447790606023", each, 0) for each in results]
    for each in results:
        outcome = outcome_of(each)
        assert outcome is each or outcome.reason in set(Reason)
    batch = answers_to_batch(answers, received_at=NOON, provider="emulator")
    assert batch.schema == ANSWER_SCHEMA
    assert pl.DataFrame(batch).height == len(batch.to_pylist()) == len(results)
    assert all(each is None or json.loads(each) for each in batch["extra"].to_pylist())


@given(mutated())
def test_every_mutated_reply_is_read_or_refused(body):
    """Whatever is changed in a reply, reading it gives results that fit the columns, or a provider's error."""
    read(body)


@pytest.mark.parametrize("depth", [10, 400, *range(900, 1000, 7), 5000])
@pytest.mark.parametrize("field", ["live_status", "current_network_details", "new"])
def test_nothing_is_too_deep(field, depth):
    """A reply that is nested beyond all measure is read or refused."""
    read(b'{"results":[{"%b":%b,"uuid":"u"}]}' % (field.encode(), b"[" * depth + b"]" * depth))


POISONS = {
    "surrogate": rb'"\ud800"',
    "not a number": b"NaN",
    "control": b'"\x01\x1b[2J"',
    "escape": rb'"\q"',
    "deep": b"[" * 2000 + b"]" * 2000,
    "deep objects": b'{"a":' * 2000 + b"1" + b"}" * 2000,
    "digits": b"9" * 5000,
    "bytes": b'"\xff"',
    "word": b"nothing",
    "nothing": b"",
}


@pytest.mark.parametrize("poison", POISONS)
@pytest.mark.parametrize("field", [*json.loads(payload("hlr_live_ported.json"))["results"][0], "new"])
def test_a_broken_result_costs_none_beside_it(field, poison):
    """Whatever bytes stand in any field of a result, those before and after it are read whole."""
    sane = json.loads(payload("hlr_live_ported.json"))["results"][0]
    body = json.dumps({"results": [sane, sane | {field: "@"}, sane]}).encode().replace(b'"@"', POISONS[poison])
    before, broken, after = decode_results(body)
    assert fields(before) == fields(after) == fields(one())
    if field not in {"error", "live_status"}:
        assert broken.live_status == sane["live_status"]


@pytest.mark.parametrize("field", ["error", "live_status"])
@pytest.mark.parametrize("poison", ["escape", "deep", "word"])
def test_a_result_whose_meaning_is_broken_is_no_answer(field, poison):
    """Where the status or the error cannot be read, nobody takes the rest for an answer."""
    sane = json.loads(payload("hlr_live_ported.json"))["results"][0]
    body = json.dumps({"results": [sane | {field: "@"}]}).encode().replace(b'"@"', POISONS[poison])
    assert outcome_of(decode_results(body)[0]) == Failure(Reason.UNREADABLE_REPLY)


@given(st.datetimes(timezones=st.none() | st.timezones()))
def test_every_time_of_the_calendar_fits_its_column(moment):
    """Whatever time the provider writes, the column takes it."""
    assert row(Result(live_status="LIVE", timestamp=moment.isoformat()))["checked_at"].tzinfo is not None


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode), st.integers(0, 900))
@example(b"[" * 100_000, 12)
@example(rb"\ud800\udc00", 20)
def test_every_damaged_reply_is_read_or_refused(noise, place):
    """Whatever bytes are thrown into a reply, it is read or refused."""
    body = payload("hlr_live_ported.json")
    read(body[:place] + noise + body[place:])
    read(body[:place] + noise)


# Whose result is it


def echoing(*numbers):
    return [Result(request_parameters=Echo(number)) if number else Result(live_status="LIVE") for number in numbers]


NUMBERS = [f"44770090000{digit}" for digit in range(6)]


@given(st.permutations(NUMBERS))
def test_echoes_decide_whatever_the_order(order):
    """Results in any order find their numbers."""
    matched = match_results(NUMBERS, echoing(*order))
    assert [each.request_parameters.telephone_number for each in matched] == NUMBERS


@given(st.lists(st.sampled_from([*NUMBERS, "447700900999", None]), max_size=8))
def test_no_number_gets_a_result_that_names_another(echoes):
    """Whatever comes, a number has a result that names it, or one without a name from its own place, or none."""
    results = echoing(*echoes)
    for place, (number, result) in enumerate(zip(NUMBERS, match_results(NUMBERS, results), strict=True)):
        named = result is not None and result.request_parameters is not None
        assert not named or result.request_parameters.telephone_number == number
        assert result is None or named or (len(results) == len(NUMBERS) and result is results[place])


def test_a_short_reply_misses_what_is_missing():
    """A number without a result has none; the others keep theirs."""
    matched = match_results(NUMBERS, echoing(*NUMBERS[:2], *NUMBERS[3:]))
    assert [each is None for each in matched] == [False, False, True, False, False, False]


def test_position_stands_in_for_a_missing_echo():
    """Without echoes the order counts, also beside results that have one."""
    assert None not in match_results(NUMBERS, echoing(*[None] * 6))
    assert None not in match_results(NUMBERS, echoing(NUMBERS[0], None, *NUMBERS[2:]))


def test_position_counts_only_where_it_is_certain():
    """Counts that disagree, or one echo out of order, and no result is placed by its position."""
    assert match_results(NUMBERS, echoing(*[None] * 5)) == [None] * 6
    swapped = match_results(NUMBERS, echoing(NUMBERS[1], None, *NUMBERS[2:]))
    assert [each is None for each in swapped] == [True, False, False, False, False, False]


def test_the_testing_suite_answers_for_other_numbers():
    """Where echoes may name other numbers the order counts, as long as the counts agree."""
    others = echoing(*["441133910781"] * 6)
    assert match_results(NUMBERS, others, positional=True) == others
    assert match_results(NUMBERS, others[:5], positional=True) == [None] * 6


def test_an_echo_may_have_a_plus():
    """A plus in the echo is no other number, and the first of two results for a number counts."""
    first, second = echoing(f"+{NUMBERS[0]}", NUMBERS[0])
    assert match_results(NUMBERS[:1], [first]) == [first]
    assert match_results(NUMBERS[:1], [first, second])[0] is first


# What a result is worth


@pytest.mark.parametrize(
    ("result", "failure"),
    [
        (None, Failure(Reason.MISSING_REPLY)),
        (Result(), Failure(Reason.UNREADABLE_REPLY)),
        (Result(error="NONE"), Failure(Reason.UNREADABLE_REPLY)),
        (Result(error="NONE", live_status=""), Failure(Reason.UNREADABLE_REPLY)),
        (Result(error="INTERNAL_ERROR", live_status="LIVE"), Failure(Reason.INTERNAL_ERROR, "INTERNAL_ERROR")),
        (Result(error="INSUFFICIENT_CREDIT"), Failure(Reason.INSUFFICIENT_CREDIT, "INSUFFICIENT_CREDIT")),
        (Result(error="SOMETHING_NEW", live_status="LIVE"), Failure(Reason.PROVIDER_ERROR, "SOMETHING_NEW")),
        (Result(error="NONE", live_status="LIVE"), None),
        (Result(live_status="SOMETHING_NEW"), None),
        (Result(error="", number_type="BAD_FORMAT"), None),
    ],
)
def test_trouble_is_told_from_answers(result, failure):
    """Every error word has its reason and is kept, and a result that says nothing is no answer."""
    assert outcome_of(result) == (failure or result)


# Columns


def test_the_vendors_example_fills_its_columns():
    """Every column of the vendor's own example holds what the documentation says."""
    assert {name: value for name, value in row(one()).items() if value is not None} == {
        "msisdn": "447790606023",
        "live_status": "LIVE",
        "number_type": "MOBILE",
        "original_network": "EE Limited (Orange)",
        "original_mccmnc": "23433",
        "original_country": "GBR",
        "original_country_name": "United Kingdom",
        "original_area": "United Kingdom",
        "original_prefix": "44",
        "current_network": "Virgin Mobile",
        "current_mccmnc": "23438",
        "current_country": "GBR",
        "current_country_name": "United Kingdom",
        "current_prefix": "44",
        "is_ported": True,
        "disposable": False,
        "credits": 1.0,
        "checked_at": datetime(2022, 9, 8, 10, 56, 3, tzinfo=UTC),
        "provider": "emulator",
        "uuid": "f066f711-4043-4d54-847d-c273e6491881",
        "detected_number": "447790606023",
    }


def test_rows_do_not_mix():
    """Results that share some fields and not others keep each its own, in order."""
    results = [one(live_status=word, uuid=f"{place}") for place, word in enumerate(["LIVE", "DEAD", "LIVE", "NEW"])]
    results += [one(current_network_details=None), one(original_network_details=None), Result(error="NONE")]
    answers = [Answer(f"44{place}", each, place * 500) for place, each in enumerate(results)]
    together = answers_to_batch(answers, received_at=NOON, provider="p").to_pylist()
    alone = [answers_to_batch([each], received_at=NOON, provider="p").to_pylist()[0] for each in answers]
    assert together == alone
    assert [each["live_status"] for each in together[:4]] == ["LIVE", "DEAD", "LIVE", "NEW"]


def test_no_answers_are_an_empty_table():
    """A batch of nothing has all columns."""
    assert answers_to_batch([], received_at=NOON, provider="p").schema == ANSWER_SCHEMA


RESULTS = [one(live_status=status, uuid=f"{place}") for place, status in enumerate(["LIVE", "DEAD", "LIVE"] * 3)]


def booked(keep=()):
    """A book to which answers were added in three batches."""
    book = AnswerBook("emulator", keep=keep)
    answers = [Answer(f"44{place}", each, 500) for place, each in enumerate(RESULTS)]
    for start in (0, 3, 6):
        book.add(answers[start : start + 3], received_at=NOON)
    return book


def test_a_book_says_what_repeats_once():
    """However many answers share a profile it is kept once, and put together they are the whole table again."""
    book = booked(keep=("uuid", "detected_number"))
    assert (len(book), book.profiles().height) == (9, 2)
    narrow, profiles = book.narrow(), book.profiles().with_row_index("profile")
    whole = answers_to_batch(
        [Answer(f"44{place}", each, 500) for place, each in enumerate(RESULTS)], received_at=NOON, provider="emulator"
    )
    joined = narrow.join(profiles, on="profile", maintain_order="left")
    assert joined.select(sorted(set(joined.columns) - {"profile"})).equals(
        pl.DataFrame(whole).select(sorted(set(joined.columns) - {"profile"}))
    )


def test_a_book_keeps_what_it_was_asked_to():
    """Columns of each number's own are kept where they are wanted, and else not held in memory."""
    assert {"uuid", "extra", "sms_email"}.isdisjoint(booked().narrow().columns)
    assert booked(keep=("uuid",)).narrow()["uuid"].to_list() == [f"{place}" for place in range(9)]


def test_an_empty_book_has_its_columns():
    """A book without answers is an empty table, and so are its profiles."""
    book = AnswerBook("emulator")
    assert (len(book), book.narrow().height, book.profiles().schema) == (0, 0, PROFILE_TYPES)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-09-08T10:56:03Z", datetime(2022, 9, 8, 10, 56, 3, tzinfo=UTC)),
        ("2022-09-08T12:56:03+02:00", datetime(2022, 9, 8, 10, 56, 3, tzinfo=UTC)),
        ("2022-09-08T10:56:03", datetime(2022, 9, 8, 10, 56, 3, tzinfo=UTC)),
        ("2022-09-08T10:56:03.25Z", datetime(2022, 9, 8, 10, 56, 3, 250_000, tzinfo=UTC)),
        ("yesterday", NOON),
        ("", NOON),
        (None, NOON),
        ("0001-01-01T00:00:00+23:59", NOON),
        ("9999-12-31T23:59:59-23:59", NOON),
    ],
)
def test_times_are_utc(text, moment):
    """A time is UTC unless it says otherwise; one that cannot be read is the time at which the reply came."""
    assert row(one(timestamp=text))["checked_at"] == moment


@pytest.mark.parametrize(("word", "value"), [("YES", True), ("NO", False), ("UNKNOWN", None), ("", None), (None, None)])
def test_unknown_is_never_false(word, value):
    """Only YES and NO are known."""
    found = row(one(is_ported=word, disposable_number=word))
    assert (found["is_ported"], found["disposable"]) == (value, value)


# Refusals


@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (400, payload("error_400.json"), RequestError, "BAD_REQUEST"),
        (400, payload("error_400_no_message.json"), RequestError, "BAD_REQUEST"),
        (401, payload("error_401.json"), AuthError, "UNAUTHORIZED"),
        (403, b"<html>", AuthError, None),
        (404, b"", RequestError, None),
        (429, payload("error_429.json"), RateLimited, "TOO_MANY_REQUESTS"),
        (500, b"", Unavailable, None),
        (502, b"<html>Bad Gateway</html>", Unavailable, None),
        (503, b"[]", Unavailable, None),
        (504, b"", ReplyTimeout, None),
        (302, b"", RequestError, None),
    ],
)
def test_each_refusal_is_its_error(status, body, error, code):
    """Every documented status, and those of gateways, is the error that says what to do next."""
    found = error_of_reply(status, body)
    assert (type(found), found.status, found.code) == (error, status, code)
    assert f"HTTP {status}" in str(found)


def test_refusals_name_the_cure():
    """An error that a person must mend says how."""
    assert "HLR_API_KEY" in str(error_of_reply(401, b""))
    assert "/apiv2" in str(error_of_reply(404, b""))
    assert "Invalid output_format requested" in str(error_of_reply(400, payload("error_400.json")))


def test_only_refusals_for_now_carry_a_pause():
    """Retry-After reaches whoever decides when to ask again."""
    assert error_of_reply(429, b"", retry_after=2.5).retry_after == 2.5
    assert error_of_reply(503, b"", retry_after=7.0).retry_after == 7.0


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 504])
def test_an_error_never_repeats_keys_or_numbers(status):
    """What the provider says is passed on without credentials, and with three digits of a number at the most."""
    said = {"error": "ODD s3cr3t-k3y", "message": f"no such key s3cr3t-k3y for 447700900123 {'x' * 5000}"}
    error = error_of_reply(status, json.dumps(said).encode(), secrets=("s3cr3t-k3y", "other"))
    assert "s3cr3t" not in f"{error} {error.code} {error!r}"
    assert "7700900" not in f"{error} {error!r}"
    assert len(str(error)) < 600


# Balance


@pytest.mark.parametrize(("name", "credits_left"), [("balance.json", 1234.5), ("balance_whole.json", 10.0)])
def test_balances_are_read(name, credits_left):
    """The golden balances are read, fractional and whole."""
    assert decode_balance(payload(name)) == credits_left


@pytest.mark.parametrize("body", [b"{}", b"", b'{"Credits":"many"}', b'{"Credits":null}', b"[1]", b'{"Credits":true}'])
def test_what_is_no_balance_is_a_protocol_error(body):
    """A reply without a number of credits is no balance of zero."""
    with pytest.raises(ProtocolError):
        decode_balance(body)


@given(st.floats(0, 1e9))
def test_balances_survive_their_own_json(credits_left):
    """Any balance is read as it was written."""
    assert decode_balance(json.dumps({"Status": "OK", "Credits": credits_left}).encode()) == credits_left


# One odd result beside others


@pytest.mark.parametrize("odd", [r'"\ud800"', "NaN", '"a\x01b"', "-Infinity"])
def test_one_odd_field_costs_no_other_answer(odd):
    """A lone surrogate, a NaN or a raw control character in one result costs that field alone."""
    good = '{"error":"NONE","live_status":"LIVE","request_parameters":{"telephone_number":"447400123456"}}'
    bad = f'{{"error":"NONE","live_status":"DEAD","sms_email":{odd}}}'
    first, second = decode_results(f'{{"results":[{good},{bad}]}}'.encode())
    assert (first.live_status, second.live_status) == ("LIVE", "DEAD")


def test_an_answer_that_names_another_number_is_not_taken_by_its_place():
    """Where a result has no echo, the number that it detected decides; one that names none goes by its place."""
    results = [Result(detected_number="447400000002"), Result(detected_number="447400000001")]
    assert match_results(["447400000001", "447400000002"], results) == results[::-1]
    stranger = [Result(detected_number="447400000009"), Result(detected_number="447400000002")]
    assert match_results(["447400000001", "447400000002"], stranger) == [None, stranger[1]]
    silent = [Result(live_status="LIVE"), Result(detected_number="447400000002")]
    assert match_results(["447400000001", "447400000002"], silent) == silent
