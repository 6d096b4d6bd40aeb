"""What leaves in words: errors, their frames, reprs, pickles, tables and lines of a terminal."""

import copy
import json
import pickle
import sys
import traceback

import polars as pl
import pytest

import hlrframe as hf
from helpers.emulator import mobiles
from helpers.hostile import packet, serving_raw
from hlrframe.cli import main
from hlrframe.model import discreet, printable

KEY, SECRET = "k3y-of-the-account", "s3cret-of-the-account"
NUMBERS = mobiles(3)
#: What a terminal obeys, in the middle of words.
ESCAPES = "a\x1b[31mb\x1b]0;title\x07c\rd\ne\x9b2Jf\u202eg\u2066h\u2028i\x00j\x7f"


def told(error):
    """All that whatever collects tracebacks with their locals would keep, our own test's frames apart."""
    chain, texts = [error], []
    while chain:
        each = chain.pop()
        texts += [str(each), repr(each), repr(vars(each))]
        texts += [
            f"{name}={value!r}"
            for frame, _ in traceback.walk_tb(each.__traceback__)
            if "hlrframe" in frame.f_globals.get("__name__", "")
            for name, value in frame.f_locals.items()
        ]
        chain += filter(None, (each.__cause__, each.__context__))
    return "\n".join(texts)


def saying(status, message, code="ODD"):
    """A provider that repeats what it was sent."""
    body = json.dumps({"error": code, "message": message}).encode()
    return lambda request: request.say(packet(body, status=status))


SAID = f"x{KEY}y {SECRET}z for +{NUMBERS[0][:2]} {NUMBERS[0][2:6]} {NUMBERS[0][6:]} {ESCAPES}"
CASES = {
    "401": saying(401, SAID),
    "403 in its code": saying(403, "no", SAID),
    "404": saying(404, SAID),
    "400 inside 200": lambda request: request.say(
        packet(json.dumps({"statusCode": 400, "error": SAID, "message": SAID}).encode())
    ),
    "no JSON": lambda request: request.say(packet(SAID.encode(), status=401)),
    "its own request": lambda request: request.say(packet(request.body, status=401)),
}


@pytest.mark.parametrize("case", CASES)
def test_no_error_holds_a_key_or_a_number(case):
    """Neither the words of an error, nor its frames, nor those of what it came from hold key, secret or number."""
    with serving_raw(CASES[case]) as url:
        client = hf.Client(KEY, SECRET, base_url=url)
        with pytest.raises(hf.RunError) as caught:
            hf.lookup(NUMBERS, client=client)
    seen = told(caught.value)
    assert not [each for each in (KEY, SECRET, *NUMBERS, NUMBERS[0][2:], "\x1b", "\u202e") if each in seen]


def test_the_balance_leaks_nothing_either():
    """The same holds for the balance."""
    with serving_raw(CASES["401"]) as url, pytest.raises(hf.AuthError) as caught:
        hf.Client(KEY, SECRET, base_url=url).balance()
    assert not [each for each in (KEY, SECRET) if each in told(caught.value)]


def test_a_bad_client_leaks_nothing():
    """An error from making a client holds neither its key nor a password of its URL."""
    for options in ({"base_url": "https://me:passw0rd@host"}, {"base_url": "me:passw0rd@"}, {"timeout": -1}):
        with pytest.raises(hf.ConfigError) as caught:
            hf.Client(KEY, SECRET, **options)
        assert not [each for each in (KEY, SECRET, "passw0rd") if each in told(caught.value)]


@pytest.mark.slow
def test_a_word_of_the_provider_is_masked():
    """The provider's own word for a number that failed stands in the frame without keys and numbers."""

    def answer(request):
        results = [{"error": SAID, "request_parameters": {"telephone_number": each}} for each in request.numbers]
        request.say(packet(json.dumps({"results": results}).encode()))

    with serving_raw(answer) as url:
        client = hf.Client(KEY, SECRET, base_url=url)
        settings = hf.Settings(max_errors=1)
        with pytest.raises(hf.RunError) as caught:
            hf.lookup(NUMBERS[:1], client=client, columns=["state", "error"], settings=settings)
    frame = caught.value.partial
    assert not [each for each in (KEY, SECRET, NUMBERS[0][2:], "\x1b") if each in str(frame.to_dicts())]


def test_a_reply_that_repeats_the_secret_is_kept_without_it():
    """A field that nobody knows yet and that holds the secret is given without it."""

    def answer(request):
        results = [
            {"live_status": "LIVE", "telephone_number_type": "MOBILE", "you_sent": SECRET, "credits_spent": 1}
            for _ in request.numbers
        ]
        request.say(packet(json.dumps({"results": results}).encode()))

    with serving_raw(answer) as url:
        frame = hf.lookup(NUMBERS, client=hf.Client(KEY, SECRET, base_url=url), columns=["state", "extra"])
    assert frame["state"].to_list() == ["answered"] * 3
    assert SECRET not in str(frame.to_dicts())
    assert "you_sent" in frame["extra"][0]


def test_a_client_shows_and_keeps_nothing(monkeypatch):
    """Repr, attributes and pickle of a client hold no key; a copy elsewhere takes it from the environment there."""
    monkeypatch.delenv("HLR_API_KEY", raising=False)
    client = hf.Client(KEY, SECRET)
    packed = pickle.dumps(client)
    assert not [each for each in (KEY, SECRET) if each in f"{client!r}{vars(client)}" or each.encode() in packed]
    assert copy.deepcopy(client).account == client.account
    with pytest.raises(hf.ConfigError, match="HLR_API_KEY"):
        pickle.loads(packed)  # noqa: S301  # our own
    monkeypatch.setenv("HLR_API_SECRET", SECRET)
    monkeypatch.setenv("HLR_API_KEY", "of another account")
    with pytest.raises(hf.ConfigError, match="another account"):
        pickle.loads(packed)  # noqa: S301  # our own
    monkeypatch.setenv("HLR_API_KEY", KEY)
    assert pickle.loads(packed).account == client.account  # noqa: S301  # our own


@pytest.mark.parametrize(
    "written",
    [
        *("+44 7400 123456", "(07400) 123-456", "07400.123.456", "44/7400/123456", "0 7 4 0 0 1 2 3 4 5 6"),
        *("4\u200b47400\u2060123456", "\u0664\u0664\u0667\u0664\u0660\u0660\u0661\u0662\u0663\u0664"),
    ],
)
def test_a_number_is_masked_however_it_is_written(written):
    """No more than the last three digits of a number are left of it."""
    left = discreet(f"no route to {written}, sorry")
    assert sum(each.isdigit() for each in left) <= 3


@pytest.mark.parametrize("glued", ["x{}y", "{}0", "_{}_", "key={}&", '"{}"', "{}" * 3])
@pytest.mark.parametrize("secret", [KEY, "s3cr3t", "a b/c+d"])
def test_a_secret_is_masked_whatever_it_is_glued_to(glued, secret):
    """A secret is taken out of words and URLs, too."""
    assert secret not in discreet(glued.replace("{}", secret), [secret])


def test_half_a_secret_is_masked():
    """The beginning of a secret is one, too."""
    assert "k3y-of-the" not in discreet("no key k3y-of-the-acc...", [KEY])


def test_what_a_terminal_obeys_is_taken_out():
    """No control character, no sequence, no change of direction and no second line is left."""
    assert printable(ESCAPES).isprintable()
    assert printable(printable(ESCAPES)) == printable(ESCAPES)


@pytest.mark.parametrize("command", ["report", "report --json", "estimate", "enrich"])
def test_a_foreign_file_commands_no_terminal(tmp_path, monkeypatch, capsys, command):
    """Headers and cells of a foreign file reach a terminal without what it would obey."""
    monkeypatch.chdir(tmp_path)
    cells = {"hlr_state": "answered", "hlr_verdict": ESCAPES, "hlr_msisdn": NUMBERS[0], "hlr_current_network": ESCAPES}
    pl.DataFrame({f"na{ESCAPES}me": ["x"], **{name: [cell] for name, cell in cells.items()}}).write_csv("in.csv")
    words, *options = command.split()
    more = {"enrich": ["--column", "phone", "-o", "o.csv", "--emulator"], "estimate": ["--column", "phone"]}
    main([words, "in.csv", *more.get(words, []), *options])
    seen = "".join(capsys.readouterr())
    assert not [each for each in seen if not each.isprintable() and each != "\n"]
    assert "title" not in seen or "--json" in command


def test_a_summary_commands_no_terminal():
    """The text of a summary holds lines, and nothing else that cannot be seen."""
    frame = pl.DataFrame(
        {
            "hlr_state": ["answered"],
            "hlr_verdict": ["live"],
            "hlr_msisdn": NUMBERS[:1],
            "hlr_current_network": [ESCAPES],
        }
    )
    with hf.summarize(frame) as summary:
        text = str(summary)
    assert not [each for each in text if not each.isprintable() and each != "\n"]


def test_the_history_of_a_number_commands_no_terminal(tmp_path, capsys):
    """What a provider wrote is listed on one line, and without what a terminal would obey."""

    def answer(request):
        result = {"live_status": "LIVE", "telephone_number_type": "MOBILE", "credits_spent": 1}
        result |= {"current_network_details": {"name": ESCAPES}}
        request.say(packet(json.dumps({"results": [result for _ in request.numbers]}).encode()))

    with serving_raw(answer) as url:
        hf.lookup(NUMBERS[:1], client=hf.Client(KEY, SECRET, base_url=url), store=tmp_path / "store")
    for options in ([], ["--json"]):
        assert main(["store", "history", str(tmp_path / "store"), f"+{NUMBERS[0]}", *options]) == 0
        seen = capsys.readouterr().out
        assert len(seen.splitlines()) == (1 if options else 2)
        assert not [each for each in seen if not each.isprintable() and each != "\n"]


def test_an_error_commands_no_terminal():
    """The message of any error of ours is printable, whatever it quotes."""
    assert str(hf.InputError(f"no column {ESCAPES}")).replace("\n", "").isprintable()
    assert sys.exc_info() == (None, None, None)
