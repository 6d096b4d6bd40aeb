"""Numbers of old plans, rule by rule."""

import re

import phonenumbers
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import carrier, geocoder

from helpers.examples import examples
from hlrframe.model import Reason
from hlrframe.phone import digits_meant
from hlrframe.phone.parse import Msisdn, parse, parse_column
from hlrframe.phone.plans import read_international
from hlrframe.phone.renumbering import _rules

#: What was written before a country renumbered, in that country or with a plus, and the number today.
OLD = [
    ("+5215512345678", None, "525512345678"),
    ("+52 (1) 55 1234 5678", "US", "525512345678"),
    ("52 1 55 1234 5678", "MX", "525512345678"),
    ("5215512345678", "MX", "525512345678"),
    ("044 55 1234 5678", "MX", "525512345678"),
    ("045 55 1234 5678", "MX", "525512345678"),
    ("01 55 1234 5678", "MX", "525512345678"),
    ("0052 1 55 1234 5678", "FR", "525512345678"),
    ("09 8123 4567", "CL", "56981234567"),
    ("02 2345 6789", "CL", "56223456789"),
    ("+56 2 345 6789", None, "56223456789"),
    ("+225 01 12 34 56", None, "2250101123456"),
    ("+225 05 12 34 56", None, "2250505123456"),
    ("+225 07 12 34 56", None, "2250707123456"),
    ("47 12 34 56", "CI", "2250747123456"),
    ("+225 20 80 12 34", None, "2252120801234"),
    ("+225 20 00 12 34", None, "2252520001234"),
    ("+225 20 21 23 45", None, "2252720212345"),
    ("+229 97 12 34 56", None, "2290197123456"),
    ("0168 123 4567", "VN", "84381234567"),
    ("+84 120 123 4567", None, "84701234567"),
    ("+84 121 423 4567", None, "84794234567"),
    ("+84 122 123 4567", None, "84771234567"),
    ("+84 126 123 4567", None, "84761234567"),
    ("+84 123 123 4567", None, "84831234567"),
    ("+84 127 123 4567", None, "84811234567"),
    ("+84 129 123 4567", None, "84821234567"),
    ("+84 186 123 4567", None, "84561234567"),
    ("+84 199 123 4567", None, "84591234567"),
    ("04 3826 1234", "VN", "842438261234"),
    ("+55 11 8765-4321", None, "5511987654321"),
    ("(11) 8765-4321", "BR", "5511987654321"),
    ("+57 1 234 5678", None, "576012345678"),
    ("+230 712 3456", None, "23057123456"),
    ("+237 77 12 34 56", None, "237677123456"),
    ("+237 22 12 34 56", None, "237222123456"),
    ("010 123 4567", "EG", "201001234567"),
    ("012 123 4567", "EG", "201221234567"),
    ("011 123 4567", "EG", "201111234567"),
    ("+974 555 1234", None, "97455551234"),
    ("+995 99 12 34 56", None, "995599123456"),
    ("+995 32 12 34 56", None, "995322123456"),
    ("09 912 3456", "EC", "593999123456"),
    ("022 12 34 56", "MA", "212522123456"),
    ("061 12 34 56", "MA", "212661123456"),
    ("0 22 123 45 67", "PL", "48221234567"),
    ("0602 123 456", "CZ", "420602123456"),
    ("01 234 56 78", "CH", "41442345678"),
    ("0171 234 5678", "GB", "442072345678"),
    ("0181 234 5678", "GB", "442082345678"),
    ("+7 095 123-45-67", None, "74951234567"),
    ("8 (095) 123-45-67", "RU", "74951234567"),
    ("01203 123456", "GB", "442476123456"),
    ("01222 123456", "GB", "442920123456"),
    ("+44 1232 123456", None, "442890123456"),
    ("01703 123456", "GB", "442380123456"),
    ("01705 812345", "GB", "442392812345"),
    ("0932 123456", "GR", "306932123456"),
    ("+30 97 2123456", None, "306972123456"),
    ("01 234 5678", "GR", "302102345678"),
    ("0333 1234567", "IT", "393331234567"),
    ("+39 0347 123 4567", None, "393471234567"),
    ("+39 6 1234 5678", None, "390612345678"),
    ("2 1234567", "IT", "39021234567"),
    ("092 212345", "RO", "40722212345"),
    ("+40 94 512345", None, "40744512345"),
    ("01 312 3456", "RO", "40213123456"),
    ("+65 234 5678", None, "6562345678"),
    ("01 234 5678", "TH", "66812345678"),
    ("+66 9 234 5678", None, "66892345678"),
    ("01 234 56 78", "PT", "351212345678"),
    ("+371 9123456", None, "37129123456"),
    ("7 223456", "LV", "37167223456"),
    ("8 (050) 123-45-67", "UA", "380501234567"),
    ("80501234567", "UA", "380501234567"),
    ("+506 812 3456", None, "50688123456"),
    ("222 3456", "CR", "50622223456"),
    ("+965 612 3456", None, "96566123456"),
    ("+965 712 3456", None, "96597123456"),
    ("+965 243 1234", None, "96522431234"),
    ("+966 1 412 3456", None, "966114123456"),
    ("+230 250 1234", None, "23052501234"),
]


@pytest.mark.parametrize(("text", "region", "digits"), OLD)
def test_an_old_number_is_brought_up_to_date(text, region, digits):
    """A number of an old plan is today's, alone and in a column, and says that it was renumbered."""
    answer = parse(text, region=region)
    assert isinstance(answer, Msisdn)
    assert (answer.digits, bool(answer.renumbered)) == (digits, True)
    column = parse_column(pl.Series([f"{' ' * at}{text}" for at in range(40)]), region=region)
    assert set(column["msisdn"]) == {digits}


def test_every_rule_has_its_example():
    """Each rule of the table is used by a number above, but those whose numbers cannot be told."""
    used = {parse(text, region=region).renumbered for text, region, _ in OLD}
    told = {rule for rules in _rules().values() for rule, _ in rules if rule.new is not None}
    assert told - used == set()


@pytest.mark.parametrize("text", ["+63 2 812 3456", "0063 2 812 3456"])
def test_what_cannot_be_told_is_rejected_as_old(text):
    """Where operators got different digits, an old number is old, and nobody's."""
    assert parse(text).reason is Reason.OLD_PLAN
    assert set(parse_column(pl.Series([f"{text}{' ' * at}" for at in range(40)]))["reason"]) == {"old_plan"}


@pytest.mark.parametrize("text", ["+371 3456", "+225 01234", "00506 8123", "+965 6123", "+65 23456"])
def test_the_calling_code_is_no_part_of_an_old_number(text):
    """Behind a plus what follows the calling code is the number: too short a one is never made whole by that code."""
    assert parse(text).reason in {Reason.TOO_SHORT, Reason.NOT_IN_PLAN}
    assert set(parse_column(pl.Series([f"{text}{' ' * at}" for at in range(40)]))["msisdn"]) == {None}


@pytest.mark.parametrize(
    ("text", "region"),
    [("551187654321", None), ("551187654321", "US"), ("5711234567", None), ("1187654321", None)],
)
def test_digits_that_no_country_is_written_beside_are_not_renumbered(text, region):
    """Bare digits are a foreign number of today's plan, or none: two guesses are one too many."""
    assert not isinstance(parse(text, region=region), Msisdn)


@pytest.mark.slow
@examples(60)
@given(st.data())
def test_an_old_form_is_no_number_of_today(data):
    """What a rule would change is left alone where today's plan knows it as it stands."""
    code = data.draw(st.sampled_from(sorted(_rules())))
    _, old = data.draw(st.sampled_from(_rules()[code]))
    national = data.draw(st.from_regex(re.compile(old.pattern, re.ASCII), fullmatch=True))
    today = read_international(code + national)
    answer = parse(f"+{code}{national}")
    assert answer == today or not isinstance(today, Msisdn)
    if isinstance(answer, Msisdn):
        assert parse(f"+{answer.digits}") == answer


def test_every_rule_says_when_and_where():
    """A rule has the time of the change, its words and its source."""
    for rule, _ in (each for rules in _rules().values() for each in rules):
        assert rule.since[:2] in {"19", "20"}
        assert rule.words.startswith(("a ", "an "))
        assert rule.source.startswith("https://")


#: Old numbers, and who had or where was the range that they are of.
WHOSE = [
    *((f"+8416{digit}1234567", "Viettel") for digit in range(2, 10)),
    *((f"+8412{digit}4234567", "MobiFone") for digit in (0, 1, 2, 6, 8)),
    *((f"+8412{digit}1234567", "Vinaphone") for digit in (3, 4, 5, 7, 9)),
    *(("+841861234567", "Vietnamobile"), ("+841881234567", "Vietnamobile"), ("+841991234567", "G-Mobile")),
    *((f"+201{digit}1234567", "Vodafone") for digit in (0, 6, 9)),
    *((f"+201{digit}1234567", "Orange") for digit in (2, 7, 8)),
    *((f"+201{digit}1234567", "Etisalat") for digit in (1, 4)),
    *(("+22501123456", "Moov"), ("+22505123456", "MTN"), ("+22507123456", "Orange")),
    *(("+5623456789", "Santiago, Metropolitan Region"), ("+5712345678", "Bogotá"), ("+4112345678", "Zurich")),
    *(
        ("+441712345678", "London"),
        ("+441812345678", "London"),
        ("+70951234567", "Moscow"),
        ("+99532123456", "Tbilisi"),
    ),
]


@pytest.mark.parametrize(("old", "name"), WHOSE)
def test_a_new_number_is_of_the_same_operator_or_place(old, name):
    """What libphonenumber's metadata says of the new range is what the old one was, and the rule says that it does."""
    today = parse(old)
    number = phonenumbers.parse(f"+{today.digits}")
    assert name in {carrier.name_for_number(number, "en"), geocoder.description_for_number(number, "en")}
    assert today.renumbered.checked in {"metadata", "text"}


def test_an_old_number_is_found_under_both():
    """Whoever looks for what was kept of a number finds it as it was asked then, and as it is now."""
    assert digits_meant("+5215512345678") == ["525512345678", "5215512345678"]
