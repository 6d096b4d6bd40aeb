"""What people write around the digits of a number: marks, labels, links, extensions, notes, and what spreadsheets do.

Nothing here knows a numbering plan. A text becomes *spellings*: strings of digits that it may mean, the likeliest
first; :mod:`hlrframe.phone.parse` asks the plans which of them is a number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final
from urllib.parse import unquote

from hlrframe.model import Reason
from hlrframe.phone.characters import plain, unescaped
from hlrframe.phone.dated import without_times

__all__ = [
    "DATE",
    "EXACT_FLOAT",
    "EXTENSION_WORDS",
    "FEWEST_DIGITS_OF_A_PART",
    "LIST_MARK",
    "LONGEST_EXTENSION",
    "WRAPPED_BEHIND",
    "WRAPPED_IN_FRONT",
    "Spelling",
    "digits_around",
    "is_bare_run",
    "is_vanity",
    "longest_run",
    "spellings",
    "tidy",
    "unusable",
]

#: Longest text that is looked at, in characters; a cell that holds more is prose.
LONGEST_TEXT: Final = 250
#: Fewest digits of a number that is only a part of its cell; fewer may be an area code that was cut off.
FEWEST_DIGITS_OF_A_PART: Final = 7
#: Most digits of a group that may stand in a note behind a number ("after 6pm", "desk 12").
MOST_DIGITS_IN_A_NOTE: Final = 2
#: Most digits behind a slash that are the end of a second number (``07400 123456/457``), never more of the first.
MOST_DIGITS_OF_A_TAIL: Final = 3
#: Fewest digits of a number of the shortest plans.
SHORTEST_NUMBER: Final = 4
#: Most digits of a calling code.
LONGEST_CODE: Final = 3

#: Fewest digits with which ``7.40012345E9`` is the shortest form of a double, whose other digits are zeros: programs
#: that round to a fixed number of decimals write a plus into the exponent, and seven digits or nine.
EXACT_WITHOUT_PLUS: Final = 8
EXACT_WITH_PLUS: Final = 10
#: Digits of a whole number that a double holds for certain.
MOST_OF_A_DOUBLE: Final = 15

#: Fewest letters that stand for telephone keys; fewer are an extension or a slip.
FEWEST_LETTERS_TO_DIAL: Final = 3

#: A whole number that went through a column of floats; also read by the columnar path, so no look-around.
EXACT_FLOAT: Final = r"^(\+?[0-9]{5,})\.0+$"
#: A calendar date; also read by the columnar path, so no look-around and no back-references.
DATE: Final = (
    r"^(?:(?:19|20)[0-9]{2}[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:0?[1-9]|[12][0-9]|3[01])(?:[ T][0-9:.]+Z?)?"
    r"|(?:0?[1-9]|[12][0-9]|3[01])[-/. ](?:0?[1-9]|[12][0-9]|3[01])[-/. ](?:19|20)[0-9]{2})$"
)
#: What numbers the items of a list, as in ``1. 07400 ...``; also read by the columnar path.
LIST_MARK: Final = r"^\(?[1-9][.)] "

_NOTHING: Final = frozenset(
    {
        *("", "nan", "none", "null", "(null)", "<null>", "[null]", "nil", "n/a", "#n/a", "n.a.", "na", "<na>", "nat"),
        *("not available", "\\n", "undefined", "(none)", "(blank)", "[]", "{}"),
        # What is not available, to spreadsheets in other languages.
        *("#n/d", "#nv", "#n/v", "#n/b", "#i/t", "#n/t", "#saknas!", "#puuttuu!", "#hi\u00e1nyzik", "#\u043d/\u0434"),
    }
)
#: What spreadsheets and scripts put around a text; in front of it there may be equals signs too, as in ="0740".
WRAPPED_BEHIND: Final = "'\"` \n"
WRAPPED_IN_FRONT: Final = f"={WRAPPED_BEHIND}"
_ONLY_RULES: Final = re.compile(r"[-._/\\ ]*")
_ERROR_CELL: Final = re.compile(r"#+|#\u00a1?[^\W\d_]{2,20}(?:/0)?[!?]|#[^\W\d_]{3}[/.]0!", re.IGNORECASE)
_SCIENTIFIC: Final = re.compile(r"\+?([0-9]+)(?:[.,]([0-9]+))?[eE]([+-]?)([0-9]{1,3})")
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){2,}(?:\.0+)?")
_NEGATIVE: Final = re.compile(r"-[1-9][0-9]*(?:\.[0-9]+)?")
_DATE: Final = re.compile(DATE)
_FLOAT: Final = re.compile(EXACT_FLOAT)
_LIST_MARK: Final = re.compile(LIST_MARK)

_CHAT_LINK: Final = re.compile(
    r"(?:wa\.me/|whatsapp(?:\.com/|:/{0,2})send/?\?(?:.*&)?phone=)[+ ]*([0-9]{5,})", re.IGNORECASE
)
_DIAL_LINK: Final = re.compile(r"(?:tel|callto|sms|smsto|whatsapp):/{0,2}(.*)", re.IGNORECASE | re.DOTALL)
#: Who writes in a chat: digits that start with a calling code, before the name of the service.
_CHAT_NAME: Final = re.compile(r"\+?([0-9]{7,15})(?::[0-9]+)?@(?:c\.us|s\.whatsapp\.net)(?![\w.]).*", re.IGNORECASE)
#: What is dialled before a number so that the caller's own is shown or not, or calls are sent on.
_DIALLED_CODE: Final = re.compile(r"^(?:[*#]{1,2}[0-9]{2,3}[#*][ .-]*|\*(?:67|82)[ .-]*)(?=[+(0-9])")
#: The same with a blank behind it, which may as well be a mark before an area code.
_DIALLED_CODE_OR_MARK: Final = re.compile(r"^[*#][0-9]{2,3} +(?=[+(0-9])")
#: A mark that stands where a blank is meant, between groups that are no times and no list.
_ODD_MARK: Final = re.compile(r"(?<=[0-9]{3})[:,;|'=*^\\](?=[1-9][0-9]{2})")
_PHONE_CONTEXT: Final = re.compile(r";phone-context=(\+[0-9().-]+)", re.IGNORECASE)
_PARAMETER: Final = re.compile(r";(?!ext=)[\w-]+=[^;]*|\?.*", re.IGNORECASE)
#: What stands before an extension; also read by the columnar path.
_WORDS: Final = """
ext extension extensión extensiòn extn ex xt x anexo poste interno int ramal durchwahl dw apparat app nst nebenstelle
klapka wew toestel tst anknytning ankn lokal lok dahili mellek mellék доб внутр вн дод вътр εσωτ 内線 内线 分机 轉 转
pause wait p w #
"""
EXTENSION_WORDS: Final = tuple(sorted(_WORDS.split(), key=len, reverse=True))
LONGEST_EXTENSION: Final = 8
#: A label that lost the blank before or behind it.
_GLUED_LABEL: Final = re.compile(
    r"(?<![^\W_])(?:tel(?:efon|ephone)?|t[eé]l|ph(?:one)?|mob(?:ile?)?|cel[lu]?|handy|fax|home|work)(?=[+(]*[0-9])"
    r"|(?<=[0-9])(?:tel|phone|mob(?:ile?)?|cell?|handy|fax|home|work)(?![^\W_])",
    re.IGNORECASE,
)
#: How Brazilians write that a carrier's code follows the zero: ``(0xx11) 98765-4321``.
_ANY_CARRIER: Final = re.compile(r"(?<![0-9])0 ?(?:[xX]{2}|\*\*)(?=[ ).\-]{0,3}[1-9])")
#: How numpy and Python show a number.
_SHOWN: Final = re.compile(r"(?:np\.|numpy\.)?(?:u?int\d+|float\d+|str_)\((.*)\)")
#: A trunk zero that was typed as a letter.
_LETTER_ZERO: Final = re.compile(r"^[oO](?=[0-9])")
# Possessive, so that a run never ends in the middle of a longer one that does not qualify.
_RUN: Final = re.compile(
    r"(?:(?P<plus>\+[+ (\[]*+)|(?<![^\W_])(?<![@+]))(?P<body>[0-9](?:[ ().\-/\[\]~_]*+[0-9])*+)(?![^\W_]|@)"
)
_BRACKETED_ZERO: Final = re.compile(r"[(\[] *0 *[)\]]")
#: Digits that stand alone behind letters are a note: ``after 6``.
_VANITY: Final = re.compile(r"\+?[0-9][0-9 ().\-]{2,}[A-Za-z](?:[A-Za-z .\-]|(?<=[A-Za-z0-9])[0-9])*")
_LISTS: Final = (
    re.compile(r"(?:^|(?<=[0-9])[ ,;]+)\(?[1-9][.)] "),
    re.compile(r"[;|,&\n]|\b(?:or|and|oder|und|ou|et|y)\b", re.IGNORECASE),
    re.compile(r"/"),
)


@dataclass(frozen=True, slots=True)
class Spelling:
    """Digits that a text may mean."""

    #: ASCII digits, as many as were written.
    digits: str
    #: Whether they were marked as starting with a calling code.
    international: bool
    #: How many digits stand before each mark that was written between them; none where they are one bare run. A mark
    #: of a list that stood behind them counts as one.
    cuts: tuple[int, ...] = ()


def tidy(raw: str) -> str:
    r"""Writes a text with plain digits and punctuation, undoing what number formats added and lost nothing by.

    Tidying twice changes nothing more.

    >>> tidy("\u202a+44\u00a07400 \u0661\u0662\u0663456\u202c"), tidy("447400123456.0"), tidy("4.47400123456E+11")
    ('+44 7400 123456', '447400123456', '447400123456')
    """
    text = unescaped(raw)
    text = text if text.isascii() and text.isprintable() else "".join(map(plain, text))
    text = re.sub(r" {2,}", " ", text).strip()
    text = text.lstrip(WRAPPED_IN_FRONT).rstrip(WRAPPED_BEHIND)
    while text.endswith(")") and len(text) <= LONGEST_TEXT and (match := _SHOWN.fullmatch(text)):
        text = match[1].lstrip(WRAPPED_IN_FRONT).rstrip(WRAPPED_BEHIND)
    return _exact(text)


def unusable(text: str) -> Reason | None:
    """Says why a tidy text cannot be a number whatever the country, or ``None``.

    >>> unusable("4.474E+11")
    <Reason.SPREADSHEET_DAMAGE: 'spreadsheet_damage'>
    """
    if text.casefold() in _NOTHING or _ONLY_RULES.fullmatch(text):
        return Reason.EMPTY
    if _ERROR_CELL.fullmatch(text) or _SCIENTIFIC.fullmatch(text):
        return Reason.SPREADSHEET_DAMAGE
    prose = len(text) > LONGEST_TEXT or not any(char.isdigit() for char in text)
    if prose or _NEGATIVE.fullmatch(text) or _DATE.fullmatch(text):
        return Reason.NOT_A_NUMBER
    return None


def spellings(text: str) -> Iterator[Spelling]:
    """Gives what a tidy text may mean: the whole of it first, then each part of a list, in order.

    What may be a list is divided before anything is joined: ``7400123456/57`` is a number and the end of another.

    >>> [each.digits for each in spellings("07400 123456 (mob, after 6pm)")][:1]
    ['07400123456']
    """
    text = _DIALLED_CODE.sub("", _unlink(text))
    untimed, certain = without_times(text)
    if untimed != text:
        yield from _meanings(untimed)
    if untimed == text or not certain:
        yield from _meanings(text)


def _meanings(text: str) -> Iterator[Spelling]:
    yield from _whole(text)
    for before in (_LIST_MARK, _DIALLED_CODE_OR_MARK):
        if (rest := before.sub("", text)) != text:
            yield from _whole(rest)
    for separator in _LISTS:
        for part in _parts(separator, text):
            yield from _whole(part)
    if (joined := _ODD_MARK.sub(" ", text)) != text:
        yield from _whole(joined)


def is_vanity(text: str) -> bool:
    """Whether letters may stand for the keys of a telephone, as in ``1-800-FLOWERS``."""
    return _VANITY.fullmatch(text) is not None and sum(map(str.isalpha, text)) >= FEWEST_LETTERS_TO_DIAL


def is_bare_run(text: str) -> bool:
    """Whether the text is one unbroken run of digits, so that nothing can be found inside it."""
    return text.removeprefix("+").isdigit()


def longest_run(text: str) -> Spelling | None:
    """Gives the longest run of digits in a text, which says best why it holds no number."""
    runs = [_spelling(match["body"], match["plus"]) for match in _RUN.finditer(_unlink(text))]
    return max(runs, key=lambda run: len(run.digits), default=None)


def digits_around(text: str, place: int) -> tuple[int, int]:
    """Counts the digits of the run that covers a place of a text: those before the place, and all.

    >>> digits_around("call 013 0323560", 9)
    (3, 10)
    """
    runs = (match for match in _RUN.finditer(text) if match.start() <= place < match.end())
    return next(((len(_digits(text[run.start() : place])), len(_digits(run[0]))) for run in runs), (0, 0))


def _exact(text: str) -> str:
    """Undoes number formats that kept every digit."""
    if match := _FLOAT.fullmatch(text):
        return match[1]
    if _THOUSANDS.fullmatch(text):
        return text.partition(".")[0].replace(",", "")
    match = _SCIENTIFIC.fullmatch(text)
    if match is None or match[3] == "-":
        return text
    digits, length = match[1] + (match[2] or ""), len(match[1]) + int(match[4])
    # The shortest form of a double leaves out zeros alone; a form of so many decimals rounds: 4.474E+11, 4.474001e+11.
    shortest = len(digits) >= (EXACT_WITHOUT_PLUS if not match[3] else EXACT_WITH_PLUS) and length <= MOST_OF_A_DOUBLE
    kept = match[1][0] != "0" and (length <= len(digits) or shortest) and not digits[length:].strip("0")
    return digits[:length].ljust(length, "0") if kept else text


def _unlink(text: str) -> str:
    if match := _CHAT_NAME.fullmatch(text):
        return f"+{match[1]}"
    if match := _CHAT_LINK.search(unquote(text)):
        return f"+{match[1]}"
    match = _DIAL_LINK.match(text)
    if match is None:
        return unquote(text)
    context = _PHONE_CONTEXT.search(match[1])
    number = _PARAMETER.sub("", unquote(match[1])).strip()
    return f"{context[1]}{number}" if context and not number.startswith("+") else number


def _whole(text: str) -> Iterator[Spelling]:
    """Reads a text that holds one number, perhaps with an extension, a label and a note."""
    text = _ANY_CARRIER.sub("0", text)
    text = _LETTER_ZERO.sub("0", _GLUED_LABEL.sub(r" \g<0> ", text.strip()))
    short = _without_extension(text)
    text = short if _digits(short) else text
    match = _RUN.search(text)
    if match is None or _digits(text[: match.start()]):
        return
    note = re.findall("[0-9]+", text[match.end() :])
    body = _without_note(match["body"])
    if body != match["body"]:
        note = []  # all of it stands in the brackets, or behind them
    if note and (len(_digits(body)) < FEWEST_DIGITS_OF_A_PART or max(map(len, note)) > MOST_DIGITS_IN_A_NOTE):
        return
    yield from _divided(body, match["plus"])


def _without_extension(text: str) -> str:
    """Takes extensions off the end, one by one: from there, since a pattern would look for them everywhere."""
    while True:
        number = text.rstrip("#) \n")
        head = number.rstrip("0123456789")
        if not 0 < len(number) - len(head) <= LONGEST_EXTENSION:
            return text
        word = ",," if head.endswith(",,") else ""
        head = head.rstrip(" .:=,/-\n")
        word = word or next((each for each in EXTENSION_WORDS if head[-len(each) :].lower() == each), "")
        before = head if word == ",," else head[: len(head) - len(word)]
        if not word or (word.isalpha() and before[-1:].isalpha()):
            return text
        text = before.rstrip(" ,;(\n")


def _without_note(body: str) -> str:
    """Takes off what stands in brackets behind a number: an extension, a date, a second number; never an area."""
    at = max(body.rfind("("), body.rfind("["), 0)
    head, inner = body[:at].rstrip(" .-/_~"), body[at:].lstrip("([ ")
    fewest = FEWEST_DIGITS_OF_A_PART
    if len(_digits(inner)) <= MOST_DIGITS_IN_A_NOTE or _DATE.match(inner):
        fewest = SHORTEST_NUMBER
    area = inner.startswith("0") and not head.startswith("0") and not _DATE.match(inner)
    return body if re.search(r"[)\]]", inner) or area or len(_digits(head)) < fewest else head


def _divided(body: str, plus: str | None) -> Iterator[Spelling]:
    """Reads a run up to each of its slashes before it is joined over them; never over the short end of a list."""
    parts = body.split("/")
    for count in range(1, len(parts)):
        head, tail = "/".join(parts[:count]), len(_digits(parts[count]))
        digits = _digits(_BRACKETED_ZERO.sub("", head))
        alone = FEWEST_DIGITS_OF_A_PART + (LONGEST_CODE if plus or digits.startswith("00") else 0)
        if len(digits) >= alone or (len(digits) >= SHORTEST_NUMBER and tail <= MOST_DIGITS_OF_A_TAIL):
            yield from _with_zero_and_without(head, plus, listed=True)
            if len(digits) >= FEWEST_DIGITS_OF_A_PART and tail <= MOST_DIGITS_OF_A_TAIL:
                return
    yield from _with_zero_and_without(body, plus)


def _with_zero_and_without(body: str, plus: str | None, *, listed: bool = False) -> Iterator[Spelling]:
    yield _spelling(body, plus, listed=listed)
    if _BRACKETED_ZERO.search(body):
        yield _spelling(_BRACKETED_ZERO.sub("", body, count=1), plus, listed=listed)


def _parts(separator: re.Pattern[str], text: str) -> Iterator[str]:
    """Gives the parts of a list, up to one that is too short to stand alone: it may be an area code."""
    parts = separator.split(text)
    if len(parts) == 1:
        return
    for part in parts:
        if 0 < len(_digits(part)) < FEWEST_DIGITS_OF_A_PART:
            return
        yield part


def _spelling(body: str, plus: str | None, *, listed: bool = False) -> Spelling:
    groups = re.findall("[0-9]+", body)
    cuts = tuple(accumulate(map(len, groups if listed else groups[:-1])))
    return Spelling("".join(groups), international=plus is not None, cuts=cuts)


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
