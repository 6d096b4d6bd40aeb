"""Cells that name a country."""

import subprocess
import sys

import phonenumbers
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.phone_numbers import REGIONS
from hlrframe.emulator.countries import country_of
from hlrframe.model import countries
from hlrframe.model.countries import region_of, regions_of
from hlrframe.model.dialling import check_region, dialling_region_of
from hlrframe.phone import parse

#: Countries by calling code, the main one first.
REGIONS_OF_CODE = {
    code: [region for region in regions if region in REGIONS]
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
}

#: Names as forms, exports and people write them.
NAMES = {
    "GB": "GB gb GBR gbr UK uk U.K. England scotland Wales Großbritannien +44 44 0044 44.0 44-1481 Inggris_Raya "
    "United_Kingdom UNITED__KINGDOM Great_Britain Northern_Ireland Royaume-Uni Regno_Unito Великобритания",
    "US": "US USA usa U.S. U.S.A. America United_States the_united_states United_States_of_America +1 1 Estados_Unidos",
    "DE": "DE DEU Germany GERMANY Deutschland Allemagne Alemania Duitsland Niemcy +49 Federal_Republic_of_Germany",
    "NL": "NL NLD Netherlands The_Netherlands Holland Nederland Pays-Bas",
    "CZ": "CZ CZE Czechia Czech_Republic Česko Tschechien",
    "CI": "CI CIV Ivory_Coast Côte_d'Ivoire Cote_d\u2019Ivoire COTE_D'IVOIRE",
    "KR": "KR KOR South_Korea Korea,_Republic_of Republic_of_Korea",
    "KP": "KP PRK North_Korea Democratic_People's_Republic_of_Korea",
    "CD": "CD COD DRC DR_Congo Congo-Kinshasa Democratic_Republic_of_the_Congo",
    "CG": "CG COG Congo Republic_of_the_Congo Congo_(Brazzaville)",
    "BR": "BR BRA Brazil Brasil Brésil +55",
    "ES": "ES ESP Spain España ESPANA Spanien",
    "CH": "CH CHE Switzerland Schweiz Suisse Svizzera",
    "AT": "AT AUT Austria Österreich Osterreich Autriche",
    "TR": "TR TUR Turkey Türkiye",
    "RU": "RU RUS Russia Russian_Federation Россия +7",
    "TT": "TT TTO Trinidad_&_Tobago Trinidad_and_Tobago",
    "KN": "KN KNA St._Kitts_&_Nevis Saint_Kitts_and_Nevis",
    "XK": "XK XKX Kosovo +383",
    "JP": "JP JPN Japan 日本 Japon",
    "BA": "BA BIH Bosnia Bosnia_&_Herzegovina",
}


@pytest.mark.parametrize("region", NAMES)
def test_a_country_is_known_by_each_of_its_names(region):
    """Codes, names in many languages, usual names and calling codes mean one country, in any case and padding."""
    cells = [cell.replace("_", " ") for cell in NAMES[region].split()]
    assert {cell: region_of(f" {cell}\t") for cell in cells} == dict.fromkeys(cells, region)


@pytest.mark.parametrize(
    ("cell", "region"),
    [
        ("United States (US)", "US"),
        ("United Kingdom (UK)", "GB"),
        ("United States (US) Virgin Islands", "VI"),
        ("Congo (the Democratic Republic of the)", "CD"),
        ("Korea (the Republic of)", "KR"),
        ("Netherlands (Kingdom of the)", "NL"),
        ("Saint Martin (Dutch part)", "SX"),
        ("Falkland Islands (the) [Malvinas]", "FK"),
        ("Eswatini (Swaziland)", "SZ"),
        ("Scotland, UK", "GB"),
        ("United Kingdom (+44)", "GB"),
        ("+44 United Kingdom", "GB"),
        ("(+44)", "GB"),
        ("IE Ireland", "IE"),
        ("GB - United Kingdom", "GB"),
        ("Belgique/België", "BE"),
        ("UnitedKingdom", "GB"),
        ("EL", "GR"),
        ("GER", "DE"),
        ("GB-ENG", "GB"),
        ("US-CA", "US"),
        ("FR-75", "FR"),
        ("en-GB", "GB"),
        ("pt_BR", "BR"),
        ("zh-Hant-TW", "TW"),
        ("en_GB.UTF-8", "GB"),
        ("it-VA", "VA"),
        (".de", "DE"),
        ("Canada (+1)", "CA"),
        ("+7 Kazakhstan", "KZ"),
        ("Guernsey +44-1481", "GG"),
        ("Trinidad & Tobago (+1 868)", "TT"),
        ("Puerto Rico (+1-787, +1-939)", "PR"),
        ("Germany 49", "DE"),
        ("DE+49", "DE"),
        ("+49DE", "DE"),
        ("049", "DE"),
        ("+049", "DE"),
        ("00 49", "DE"),
        ("++49", "DE"),
        ("0420", "CZ"),
        ("0353", "IE"),
        ("\u201cGermany\u201d", "DE"),
        ('["GB"]', "GB"),
        ("{FR}", "FR"),
        ('="+49"', "DE"),
        ("\U0001f1ec\U0001f1e7", "GB"),
        ("\U0001f1fa\U0001f1f8 United States", "US"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "GB"),
    ],
)
def test_what_shops_locales_and_flags_say_is_a_country(cell, region):
    """Several names of one country, a locale, a part of a country and a flag mean it."""
    assert region_of(cell) == region
    assert check_region(cell) == region


@pytest.mark.parametrize(
    "cell",
    ["Ireland (UK)", "Georgia, United States", "London, United Kingdom", "US/Canada", "IT-VA", "es-419", "en"],
)
def test_two_countries_or_a_half_of_one_mean_none(cell):
    """Where the parts of a cell do not agree, or one of them is not understood, nothing is guessed."""
    assert region_of(cell) is None


@pytest.mark.parametrize(
    ("cell", "region"),
    [
        ("USA/Canada", "US"),
        ("US & CA", "US"),
        ("US;CA", "US"),
        ("US CA", "US"),
        ("United States and Canada", "US"),
        ("United States/Canada (+1)", "US"),
        ("\U0001f1fa\U0001f1f8\U0001f1e8\U0001f1e6", "US"),
        ("Trinidad and Tobago / Jamaica", "US"),
        ("Russia/Kazakhstan", "RU"),
        ("Italy, Vatican City", "IT"),
        ("UK & Jersey & Guernsey", "GB"),
        ("FR;DE", None),
        ("DE/AT/CH", None),
        ("UK & Ireland", None),
        ("US, Canada, Mexico", None),
        ("Georgia, US", None),
        ("US/elsewhere", None),
        ("Germany (+43)", None),
        ("44 / 49", None),
    ],
)
def test_countries_of_one_calling_code_are_dialled_alike(cell, region):
    """Several countries that share a plan say how numbers are read, though not which it is; others say nothing."""
    assert region_of(cell) is None
    assert dialling_region_of(cell) == region


@pytest.mark.parametrize("code", [code for code, regions in REGIONS_OF_CODE.items() if len(regions) > 1])
def test_a_number_of_one_is_no_other_number_in_the_main_one(code):
    """What any country of a shared code writes is the same number in the way of the main one, or none there."""
    main, *others = REGIONS_OF_CODE[code]
    for region in others:
        mobile = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        landline = phonenumbers.example_number(region)
        for number in filter(None, (mobile, landline)):
            text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            own, shared = parse(text, region=region), parse(text, region=main)
            assert getattr(shared, "digits", None) in {getattr(own, "digits", ""), None}, (text, region)


@pytest.mark.parametrize("cell", ["040", "044", "032", "07", "01", "0", "00", "+", "-44", "000", "0 40"])
def test_a_number_that_may_be_one_of_iso_3166_names_no_country(cell):
    """Behind one zero stands a calling code only where ISO 3166 has given no country that number."""
    assert region_of(cell) is None


@pytest.mark.parametrize(
    "cell",
    ["", " ", "-", "?", "n/a", "N.A.", "Narnia", "Europe", "EU", "XX", "999", "+999", "+0", "0", "ý", "1868", "800"],
)
def test_what_names_no_country_means_none(cell):
    """What is no country, or one without a plan of its own, is not guessed; nor is a short foreign name."""
    assert region_of(cell) is None


@pytest.mark.parametrize("region", REGIONS)
def test_every_plan_can_be_named(region):
    """Each country with a numbering plan is known by both codes and by its English name, as the emulator has them."""
    country = country_of(region)
    assert [region_of(cell) for cell in (region, country.iso3, country.name)] == [region] * 3


def test_a_calling_code_means_its_main_country():
    """A code that several countries share means the one that libphonenumber reads it with; +800 means none."""
    found = {code: region_of(f"+{code}") for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}
    wanted = {code: regions[0] for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()}
    assert found == {code: None if region == "001" else region for code, region in wanted.items()}


@given(st.text())
def test_any_cell_is_read(cell):
    """No text raises, and an answer is a region that has a plan."""
    assert region_of(cell) in {None, *REGIONS}


def test_a_column_is_read_like_its_cells():
    """Rows keep their order; repeats and nulls are what they are."""
    cells = ["uk", None, "France", "?", "uk", "Deutschland"]
    assert regions_of(pl.Series(cells)).to_list() == ["GB", None, "FR", None, "GB", "DE"]
    assert regions_of(pl.Series([], dtype=pl.String)).dtype == pl.String
    assert regions_of(pl.Series([None, None], dtype=pl.String)).to_list() == [None, None]


def test_no_other_name_is_another_countrys_code():
    """The usual names contradict neither the codes nor the names of libphonenumber."""
    aliases, codes, names = countries._aliases(), countries._codes(), countries._names()
    assert {name for name, region in aliases.items() if names.get(name, region) != region} == set()
    assert {name for name, region in aliases.items() if codes.get(name.replace(" ", ""), region) != region} == set()
    assert set(aliases.values()) <= set(REGIONS)


def test_names_cost_nothing_where_codes_are_used():
    """Codes and usual names are read without the table of all languages, and never with the places of prefixes."""
    code = "import sys; from hlrframe.model.countries import *; print(region_of('UK'), region_of('Spanien'), end=' ');"
    code += "print(*[name for name in sys.modules if 'geodata' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=50)
    assert done.stdout.split() == ["GB", "ES"]
