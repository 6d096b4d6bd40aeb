"""The country that a cell names: by its ISO 3166 code, its name in many languages, its calling code, flag or locale.

Nothing is guessed: what could mean two countries means none. Only countries with a numbering plan are known.
"""

import importlib.util
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import phonenumbers
import polars as pl

__all__ = ["LONGEST", "name_of", "region_of", "regions_of"]

#: Fewest letters of a foreign name without its accents: shorter ones are somebody else's code.
_FEWEST_LETTERS: Final = 4
#: How often a name may refer to that of another language.
_MOST_REFERENCES: Final = 3
#: Longest cell that is looked at, in characters; more is prose.
LONGEST: Final = 120
_TITLE: Final = re.compile(
    r"^(?:(?:islamic|federal|federative|democratic|hashemite) )?"
    r"(?:republic|kingdom|state|principality|commonwealth|sultanate|union|grand duchy) of "
)
#: ``+44``, ``0044``, ``44``, ``044``, and ``44-1481`` or ``+1 868`` of the lists that add an area.
_CALLING_CODE: Final = re.compile(r"(\+{0,2} ?(?:0{1,2}[ -]?)?)([1-9][0-9]{0,2})(?:\.0|[- ]\(?[0-9]{3,4}\)?)?")
#: Numbers of ISO 3166 that a calling code behind one zero could be: Austria is ``040``, and Romania has +40.
_ISO_NUMBERS: Final = frozenset(
    {
        *("10", "12", "16", "20", "24", "28", "31", "32", "36", "40", "44", "48", "50", "51", "52", "56", "60", "64"),
        *("68", "70", "72", "74", "76", "84", "86", "90", "92", "96"),
    }
)
#: ``en-GB``, ``zh_Hant_TW``, ``de_AT.UTF-8``: a language, perhaps a script, a country.
_LOCALE: Final = re.compile(r"([A-Za-z]{2,3})[-_]([A-Za-z]{4}[-_])?([A-Za-z]{2})(?:[.@][\w.@-]*)?")
#: ``GB-ENG``, ``US-CA``, ``FR-75``: ISO 3166-2, a country and a part of it.
_SUBDIVISION: Final = re.compile(r"([A-Za-z]{2})[-_.]([A-Za-z0-9]{1,3})")
#: Two letters of a flag, or the letters of the flag of a part of a country.
_FLAG: Final = re.compile("([\U0001f1e6-\U0001f1ff]{2})|\U0001f3f4([\U000e0061-\U000e007a]{2,6})\U000e007f?")
#: Words that names shorten.
_SHORT: Final = MappingProxyType({"st": "saint", "rep": "republic", "dem": "democratic", "is": "islands"})
#: What divides the names of one country from each other: ``United States (US)``, ``GB | United Kingdom``.
_BETWEEN_NAMES: Final = re.compile(
    r"[()\[\]{}|,;:/=]+|\s[-\u2013\u2014]+\s|\s*(?=\+)|(?<=[^\W\d_])[ _-]?(?=\d)|(?<=\d)[ _-]?(?=[^\W\d_])"
)
_QUOTES: Final = "\"'`\u2018\u2019\u201c\u201d"


def region_of(cell: str) -> str | None:
    """Gives the ISO 3166 alpha-2 code of the country that a cell names, or ``None``.

    Read are ISO 3166 alpha-2, alpha-3 and the codes of sports, names in the languages that libphonenumber has names in,
    usual other names, calling codes with or without a plus, flags, locales, codes of a part of a country, and several
    of these that name one country; not ISO 3166 numbers, which a whole column tells from calling codes. Case, accents
    and punctuation make no difference. A calling code beside a name may be any that the country shares.

    >>> [region_of(cell) for cell in ("gb", " GBR ", "Côte d'Ivoire", "Deutschland", "U.S.A.", "+44", "Narnia")]
    ['GB', 'GB', 'CI', 'DE', 'US', 'GB', None]
    >>> [region_of(cell) for cell in ("United States (US)", "en-GB", "EL", "Canada (+1)", "Ireland (UK)")]
    ['US', 'GB', 'GR', 'CA', None]
    """
    text = _FLAG.sub(_letters_of_flag, unicodedata.normalize("NFKC", cell)).strip().strip(f"|={_QUOTES}")
    if len(text) > LONGEST:
        return None
    return _region_of_one(text) or _region_of_several(text)


def regions_of(cells: pl.Series, *, read: Callable[[str], str | None] = region_of) -> pl.Series:
    """Gives the country that each cell of a column names; null where it names none.

    Args:
        cells: Text.
        read: What reads one cell.

    >>> regions_of(pl.Series(["uk", None, "France", "?"])).to_list()
    ['GB', None, 'FR', None]
    """
    # A name of the caller's may read as a pattern of names.
    cells = cells.alias("cells")
    distinct = cells.drop_nulls().unique()
    known = pl.Series(map(read, distinct), dtype=pl.String)
    return cells.replace_strict(distinct, known, default=None, return_dtype=pl.String)


def name_of(code: str) -> str | None:
    """Gives the English name of the country with an ISO 3166 code, or ``None``.

    >>> [name_of(code) for code in ("GBR", "de", "44")]
    ['United Kingdom', 'Germany', None]
    """
    return _english().get(_codes().get(code.lower(), ""))


def _region_of_one(text: str) -> str | None:
    """Gives the country of one code or name."""
    text = text.strip()
    if match := _CALLING_CODE.fullmatch(text):
        return next(iter(_regions_of_code(match)), None)
    # Codes as they stand: "n/a" is not Namibia.
    name = _folded(text)
    known = _codes().get(text.lower().removeprefix(".")) or _region_of_name(name)
    return known or _region_of_name(_TITLE.sub("", name)) or _region_of_locale(text)


def _region_of_locale(text: str) -> str | None:
    """Gives the country behind a language, or before a part of itself, where it cannot be the other."""
    before = after = None
    # Latin America is "es-419" to the United Nations, and no part of Spain.
    if (match := _SUBDIVISION.fullmatch(text)) and not (match[1].islower() and match[2].isdigit()):
        before = _codes().get(match[1].lower())
    if (match := _LOCALE.fullmatch(text)) and match[1].lower() in _LANGUAGES.split():
        after = _codes().get(match[3].lower())
        # A language is written small: "it-VA" is Italian of the Vatican, "IT-VA" may be Varese.
        before = None if after and match[1].islower() else before
    return after if before in {after, None} else before if after is None else None


def _region_of_several(text: str) -> str | None:
    """Gives the country of several names of one, or of a name that is turned round: ``Korea (Republic of)``."""
    parts = [part.strip().strip(_QUOTES) for part in _BETWEEN_NAMES.split(text) if _folded(part)]
    if len(parts) == 1:
        return _region_of_one(parts[0]) or _region_beside_code(parts[0].split())
    turned = _folded(" ".join(reversed(parts)))
    named = _region_of_name(turned) or _region_of_name(_TITLE.sub("", turned))
    return named or _region_of_all(parts)


def _region_of_all(parts: list[str]) -> str | None:
    """Gives the one country that every part may mean: of a calling code that is shared, each that shares it."""
    names, codes = list[str | None](), list[list[str]]()
    for part in parts:
        if match := _CALLING_CODE.fullmatch(part):
            codes.append(_regions_of_code(match))
        else:
            names.append(_region_of_one(part))
    likely = (*names, *(code[0] for code in codes if code), None)[0]
    agreed = all(name == likely for name in names) and all(likely in code for code in codes)
    return likely if agreed else None


def _region_beside_code(words: list[str]) -> str | None:
    """Gives the country of a name that its code stands before or behind: ``IE Ireland``."""
    pairs = [(words[0], words[1:]), (words[-1], words[:-1])] if len(words) > 1 else []
    regions = ((_region_of_one(code), _region_of_one(" ".join(name))) for code, name in pairs)
    return next((code for code, name in regions if code == name), None)


def _letters_of_flag(match: re.Match[str]) -> str:
    if match[1]:
        return "|" + "".join(chr(ord(each) - 0x1F1E6 + ord("A")) for each in match[1]) + "|"
    return "|" + "".join(chr(ord(each) - 0xE0000) for each in match[2][:2]).upper() + "|"


def _regions_of_code(code: re.Match[str]) -> list[str]:
    """Gives the countries of a calling code, the one with the most numbers first."""
    lone = code[1].strip(" -+") == "0" and "+" not in code[1]
    if lone and (len(code[2]) == 1 or code[2] in _ISO_NUMBERS):
        return []
    regions = phonenumbers.region_codes_for_country_code(int(code[2]))
    return [region for region in regions if region in phonenumbers.SUPPORTED_REGIONS]


def _region_of_name(name: str) -> str | None:
    if not name:
        return None
    return _aliases().get(name) or _names().get(name) or _unspaced().get(name.replace(" ", ""))


def _folded(text: str) -> str:
    """Writes a name in small letters without accents and marks, so that people's spellings of it fall together."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))
    words = re.findall(r"[^\W_]+", re.sub(r"[.'\u2019`]", "", bare.replace("&", " and ")))
    return " ".join(_SHORT.get(word, word) for word in words if word != "the")


@cache
def _codes() -> dict[str, str]:
    codes = {pair[2:].lower(): pair[:2] for pair in _ISO.split()}
    others = {pair[2:].lower(): pair[:2] for pair in _OTHER_CODES.split()}
    return others | codes | {region.lower(): region for region in codes.values()}


@cache
def _aliases() -> dict[str, str]:
    lines = (line.split(": ") for line in _ALIASES.strip().splitlines())
    return {_folded(name): region for region, names in lines for name in names.split("; ")}


@cache
def _names() -> dict[str, str]:
    """Gives the names of all languages, without those that several countries bear."""
    english: dict[str, str] = {}
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for region, language, name in _spoken_names():
        folded = _folded(name)
        if language == "en":
            english[folded] = region
        elif len(folded) >= _FEWEST_LETTERS or not folded.isascii():
            meanings[folded].add(region)
    return {name: region for name, (region, *others) in meanings.items() if not others} | english


@cache
def _unspaced() -> dict[str, str]:
    """Gives English and usual names without blanks: ``UnitedKingdom``."""
    english = {_folded(name): region for region, name in _english().items()}
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for name, region in (english | _aliases()).items():
        meanings[name.replace(" ", "")].add(region)
    return {name: region for name, (region, *others) in meanings.items() if not others and len(name) > _FEWEST_LETTERS}


@cache
def _english() -> dict[str, str]:
    return {region: name for region, language, name in _spoken_names() if language == "en"}


def _spoken_names() -> Iterator[tuple[str, str, str]]:
    """Gives each country, each language and the country's name in it; ``*xx`` stands for the name in another one."""
    for region, names in _locales().items():
        for language, name in names.items():
            for _ in range(_MOST_REFERENCES):
                name = names[name[1:]] if name.startswith("*") else name  # noqa: PLW2901  # followed where it leads
            if region in phonenumbers.SUPPORTED_REGIONS and not name.startswith("*"):
                yield region, language, name


def _locales() -> dict[str, dict[str, str]]:
    # By its path: to import it would load the places of all prefixes beside it, which takes seconds.
    path = Path(phonenumbers.__file__).parent / "geodata" / "locale.py"
    spec = importlib.util.spec_from_file_location("phonenumbers.geodata.locale", path)
    if spec is None or spec.loader is None or not path.exists():
        return {}  # a build of libphonenumber without names: codes and usual names are still read
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names: dict[str, dict[str, str]] = module.LOCALE_DATA
    return names


#: ISO 3166 alpha-2 and alpha-3 of every country with a numbering plan; those of XK are in common use.
_ISO: Final = """
ACASC ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE BABIH BBBRB BDBGD
BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS BTBTN BWBWA BYBLR BZBLZ CACAN CCCCK
CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB CVCPV CWCUW CXCXR CYCYP CZCZE DEDEU DJDJI
DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP ETETH FIFIN FJFJI FKFLK FMFSM FOFRO FRFRA GAGAB GBGBR
GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GTGTM GUGUM GWGNB GYGUY HKHKG HNHND HRHRV
HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN ISISL ITITA JEJEY JMJAM JOJOR JPJPN KEKEN KGKGZ KHKHM
KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY
MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR MTMLT MUMUS MVMDV
MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU NUNIU NZNZL OMOMN PAPAN PEPER
PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB
SCSYC SDSDN SESWE SGSGP SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD STSTP SVSLV SXSXM SYSYR SZSWZ
TATAA TCTCA TDTCD TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON TRTUR TTTTO TVTUV TWTWN TZTZA UAUKR UGUGA USUSA
UYURY UZUZB VAVAT VCVCT VEVEN VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM XKXKX YEYEM YTMYT ZAZAF ZMZMB ZWZWE
"""
#: Codes beside ISO 3166: of the European Union, of the Olympic committee and of football.
_OTHER_CODES: Final = """
GBUK GREL GBENG GBSCO GBWAL GBNIR GBGBN AEUAE ZARSA SAKSA DEGER CHSUI NLNED PTPOR DKDEN GRGRE HRCRO BGBUL LVLAT SISLO
CLCHI UYURU PYPAR NGNGR PHPHI IDINA MYMAS TWTPE VNVIE IRIRI KWKUW TZTAN ZWZIM ZMZAM DZALG LKSRI BDBAN NPNEP
KHCAM MMMYA OMOMA BHBRN LBLIB SDSUD AOANG BWBOT LSLES MWMAW MGMAD MUMRI SCSEY TGTOG GMGAM GNGUI BFBUR GQGEQ HTHAI HNHON
GTGUA CRCRC PRPUR SVESA BSBAH BBBAR BZBIZ AWARU BMBER GDGRN VCVIN FJFIJ TOTGA VUVAN WSSAM PSPLE MNMGL
"""
#: ISO 639-1, the languages that locales begin with; and three letters of some that have no two.
_LANGUAGES: Final = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu iw ja jv ka
kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl
nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw
ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu fil gsw haw hsb kok
"""
#: Other names that people use, beside those that libphonenumber has.
_ALIASES: Final = """
AC: Ascension Island; Ascension
AE: UAE; U.A.E.; Emirates; VAE; Dubai; Abu Dhabi
AG: Antigua
AU: Commonwealth of Australia
AX: Aland
BA: Bosnia; Bosnia-Herzegovina; Bosnien
BL: St Barts; Saint Barts
BN: Brunei; Brunei Darussalam
BO: Bolivia, Plurinational State of; Plurinational State of Bolivia
BQ: Caribbean Netherlands; Bonaire; Bonaire, Sint Eustatius and Saba
BS: The Bahamas
BY: Belarus
CC: Cocos Islands; Cocos (Keeling) Islands; Keeling Islands
CD: DR Congo (Kinshasa); DRC; DR Congo; D.R. Congo; \
Democratic Republic of the Congo; Congo-Kinshasa; Congo (Kinshasa); \
Congo, Democratic Republic of the; Congo, The Democratic Republic of the; Congo, Dem. Rep.; Zaire
CF: CAR; Central African Rep.
CG: Congo-Brazzaville; Congo (Brazzaville); Republic of the Congo; Congo, Republic of the; Congo, Rep.
CI: Ivory Coast; Cote d'Ivoire; Côte-d'Ivoire; Elfenbeinküste
CN: China; PR China; P.R. China; PRC; People's Republic of China; Mainland China
CV: Cabo Verde; Cape Verde
CW: Curacao
CZ: Czechia; Czech Republic; Czech Rep.; Cesko; Česká republika; Tschechien
DE: Deutschland; Federal Republic of Germany; Allemagne; BRD
DK: Danmark
DO: Dominican Rep.
EG: Egypt, Arab Rep.; Arab Republic of Egypt
ES: España; Kingdom of Spain; Canary Islands
FK: Falkland Islands (Malvinas); Falklands; Islas Malvinas; Malvinas
FM: Federated States of Micronesia; Micronesia, Federated States of
FO: Faroes; Faeroe Islands
FR: French Republic
GB: UK; U.K.; G.B.; Great Britain; Britain; England; Scotland; N. Ireland; Wales; Northern Ireland; \
United Kingdom of Great Britain and Northern Ireland; Grossbritannien; Großbritannien; Великобритания
GM: The Gambia; Gambia, The
GR: Greece; Hellas; Hellenic Republic; Ellada; Ελλάδα
GW: Guinea Bissau
HK: Hong Kong (China); Hong Kong SAR; Hong Kong SAR China; HKSAR; Hongkong; China, Hong Kong SAR
IE: Eire; Éire; Republic of Ireland; Irish Republic; Southern Ireland; ROI
IR: Islamic Republic of Iran; Iran, Islamic Republic of; Iran, Islamic Rep.
IT: Italia
KG: Kyrgyz Republic; Kirghizia
KN: St Kitts/Nevis; Saint Kitts; St. Kitts; St. Kitts and Nevis
KP: DPRK; Korea, North; Korea, Democratic People's Republic of; Democratic People's Republic of Korea
KR: Korea; Korea, South; Korea, Republic of; Republic of Korea; Korea, Rep.; S. Korea; ROK
LA: Lao PDR; Lao People's Democratic Republic
LY: Libyan Arab Jamahiriya
MD: Republic of Moldova; Moldova, Republic of
MF: Saint Martin (French part); St. Martin
MK: North Macedonia; FYROM; Macedonia, FYR; Republic of North Macedonia; \
Macedonia, The Former Yugoslav Republic of; The Former Yugoslav Republic of Macedonia
MM: Burma; Myanmar (Burma); Birma
MO: Macau (China); Macao (China); Macau; Macao SAR; Macau SAR; China, Macao SAR; Macao SAR China
NL: Holland; The Netherlands; Nederland; Kingdom of the Netherlands
PH: Phillipines; Philipines; The Philippines; Pilipinas; Republic of the Philippines
PL: Polska
PS: Palestinian Territories; Palestinian Territory; State of Palestine; Palestine, State of; \
Palestinian Territory, Occupied; West Bank; Gaza
PT: Portuguese Republic
PW: Belau; Republic of Palau
RE: La Réunion
RU: Russian Federation; Rossiya; Россия; РФ
SA: KSA; Kingdom of Saudi Arabia
SE: Sverige
SH: Saint Helena, Ascension and Tristan da Cunha
SK: Slovak Republic; Slovensko
SR: Surinam
ST: Sao Tome; São Tomé
SX: Sint Maarten; St. Maarten; Saint Martin (Dutch part); Sint Maarten (Dutch part)
SY: Syrian Arab Republic
SZ: Eswatini; Swaziland
TA: Tristan da Cunha
TC: Turks and Caicos
TL: East Timor; Timor Leste
TR: Türkiye; Turkiye; Republic of Türkiye
TT: Trinidad; Tobago; Trinidad & Tobago
TW: Taiwan (China); Taiwan, Province of China; Republic of China; Chinese Taipei; ROC
TZ: United Republic of Tanzania; Tanzania, United Republic of; Zanzibar
UA: Ukraina; Україна
US: US of A; U.S.; U.S.A.; USA; America; \
United States of America; The United States; The States; Estados Unidos; EUA; EE.UU.
VA: Vatican City; Vatican City State; Holy See; Holy See (Vatican City State)
VC: Saint Vincent; St. Vincent
VE: Bolivarian Republic of Venezuela; Venezuela, Bolivarian Republic of; Venezuela, RB
VG: Virgin Islands, British; Virgin Islands (British)
VI: United States (US) Virgin Islands; \
Virgin Islands, U.S.; US Virgin Islands; Virgin Islands (U.S.); United States Virgin Islands; USVI
VN: Viet Nam; Socialist Republic of Vietnam
WS: Western Samoa
XK: Kosovo; Republic of Kosovo; Kosova
YE: Yemen, Rep.
ZA: RSA; Suid-Afrika; Republic of South Africa
"""
