"""Makes contacts.csv and contacts_small.csv: an invented contact list in the state in which real ones are exported.

Run it from anywhere; it needs nothing but Python and always writes the same bytes::

    python sample_data/make_contacts.py

People, companies and addresses are invented. The numbers are drawn from the ranges of libphonenumber's own example
numbers, so that they are valid; README.md beside this file says what that means for their use.
"""

import csv
import io
import random
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

HERE: Final = Path(__file__).parent
SEED: Final = 20261101
HOME: Final = "GB"
HOME_SHARE: Final = 0.6
FRESH: Final = 1760
REPEATS: Final = 240
COLUMNS: Final = ("id", "first_name", "last_name", "email", "company", "country", "phone", "last_contact", "notes")
FULL_WIDTH: Final = str.maketrans("0123456789+", "０１２３４５６７８９＋")  # noqa: RUF001  # the mess itself


class Dice:
    """Chance that falls alike everywhere: built on ``random()`` alone, whose sequence Python promises to keep."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def chance(self, share: float) -> bool:
        """Says yes in this share of the cases."""
        return self._random.random() < share

    def pick(self, items: Sequence[T]) -> T:
        """Gives one of the items."""
        return items[int(self._random.random() * len(items))]

    def weighted(self, items: Sequence[T], weights: Sequence[int]) -> T:
        """Gives one of the items, each as often as its weight says."""
        return self.pick([item for item, weight in zip(items, weights, strict=True) for _ in range(weight)])

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """Gives the items in another order."""
        return sorted(items, key=lambda _: self._random.random())

    def fill(self, pattern: str) -> tuple[str, ...]:
        """Gives the groups of a pattern such as ``7400 ######``, each ``#`` a digit."""
        return tuple("".join(self.pick("0123456789") if sign == "#" else sign for sign in pattern).split())


@dataclass(frozen=True)
class Country:
    """How numbers are made and written in one country."""

    region: str
    name: str
    code: str
    trunk: str
    mobile: tuple[str, ...]
    landline: str
    weight: int
    toll_free: str | None = None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Number:
    """One number, not yet written down."""

    code: str
    trunk: str
    groups: tuple[str, ...]

    @property
    def digits(self) -> str:
        """E.164 digits without plus."""
        return self.code + "".join(self.groups)

    def national(self, gap: str) -> str:
        """The number as people in its own country write it."""
        return self.trunk + gap.join(self.groups)

    def international(self, gap: str) -> str:
        """The number with plus and calling code."""
        return "+" + gap.join((self.code, *self.groups))


@dataclass(frozen=True)
class Decay:
    """One way in which a number comes to be written.

    ``home`` and ``away`` say how often it happens to British and to other numbers; ``readable`` whether the cell
    still says which number it was.
    """

    name: str
    write: Callable[[Number, Dice], str]
    home: int
    away: int
    kind: str = "mobile"
    readable: bool = True


@dataclass(frozen=True)
class Contact:
    """One row, with what the row itself does not say: the number that was meant, and what happened to it."""

    first_name: str
    last_name: str
    email: str
    company: str
    country: Country
    number: Number
    decay: Decay
    phone: str
    last_contact: str
    notes: str
    repeat: bool = False

    @property
    def e164(self) -> str | None:
        """E.164 digits that the cell stands for; ``None`` where they are lost."""
        return self.number.digits if self.decay.readable else None

    def row(self, number: int) -> dict[str, str]:
        """The contact as a line of the file."""
        return {"id": str(number)} | {name: str(getattr(self, name)) for name in COLUMNS[1:]}


def trunk_in_brackets(number: Number, _: Dice) -> str:
    """Writes the trunk zero that must not be dialled from abroad, as in +44 (0)7400 123456."""
    trunk = f"({number.trunk})" if number.trunk else ""
    return f"+{number.code} {trunk}{' '.join(number.groups)}"


def area_in_brackets(number: Number, _: Dice) -> str:
    """Writes +44 (7400) 123456."""
    return f"+{number.code} ({number.groups[0]}) {'-'.join(number.groups[1:])}"


def landline(number: Number, dice: Dice) -> str:
    """Writes (0121) 234 5678 or 0121 234 5678."""
    first, *others = number.groups
    area = f"({number.trunk}{first})" if dice.chance(0.5) else number.trunk + first
    return " ".join((area, *others))


def with_note(number: Number, dice: Dice) -> str:
    """Writes a number and what somebody had to say about it."""
    notes = ("(mob)", "(mob, after 6pm)", "- work", "mobile", "(ask for reception)")
    return f"{number.national(' ')} {dice.pick(notes)}"


def two_numbers(number: Number, dice: Dice) -> str:
    """Writes a second number into the same cell."""
    second = Number(number.code, number.trunk, dice.fill("121 2## ####"))
    return number.national(" ") + dice.pick((" / ", "; ", " or ")) + second.national(" ")


NO_NUMBER: Final = ("call after 6pm", "ask at reception", "do not call", "left the company", "see e-mail")
PLACEHOLDERS: Final = ("n/a", "N/A", "-", "none", "unknown", "?")
DECAYS: Final = (
    Decay("international", lambda n, _: n.international(" "), 190, 300),
    Decay("e164", lambda n, _: n.international(""), 120, 210),
    Decay("dashes", lambda n, _: n.international("-"), 30, 60),
    Decay("area_in_brackets", area_in_brackets, 15, 45),
    Decay("trunk_in_brackets", trunk_in_brackets, 50, 55),
    Decay("double_zero", lambda n, _: "00" + n.international(" ")[1:], 40, 60),
    Decay("bare", lambda n, _: n.digits, 40, 50),
    Decay("national", lambda n, _: n.national(" "), 150, 35),
    Decay("national_compact", lambda n, _: n.national(""), 90, 10),
    Decay("trunk_lost", lambda n, _: n.national("")[len(n.trunk) :], 45, 0),
    Decay("dots", lambda n, _: n.international("."), 15, 20),
    Decay("full_width", lambda n, _: n.international(" ").translate(FULL_WIDTH), 6, 10),
    Decay("hard_spaces", lambda n, _: f"\N{NO-BREAK SPACE}{n.international(chr(0xA0))} ", 10, 12),
    Decay("tel_link", lambda n, _: "tel:" + n.international("-"), 12, 12),
    Decay("float", lambda n, _: n.digits + ".0", 20, 10),
    Decay("apostrophe", lambda n, _: "'" + n.national(""), 14, 0),
    Decay("with_note", with_note, 22, 0),
    Decay("two_numbers", two_numbers, 16, 0),
    Decay("landline", landline, 70, 0, kind="landline"),
    Decay("landline_abroad", lambda n, _: n.international(" "), 0, 40, kind="landline"),
    Decay(
        "extension", lambda n, d: f"{n.international(' ')} {d.pick(('ext. ', 'x'))}{d.pick('123')}4", 18, 14, "landline"
    ),
    Decay("toll_free", lambda n, _: n.international(" "), 14, 10, kind="toll_free"),
    Decay("scientific", lambda n, _: f"{int(n.digits):.4E}", 26, 14, readable=False),
    Decay("too_short", lambda n, _: n.national(" ")[:7], 14, 0, readable=False),
    Decay("note_alone", lambda _, d: d.pick(NO_NUMBER), 14, 8, readable=False),
    Decay("placeholder", lambda _, d: d.pick(PLACEHOLDERS), 22, 12, readable=False),
    Decay("blank", lambda _, d: d.pick(("", "", "", " ")), 34, 18, readable=False),
    Decay("hashes", lambda *_: "#" * 8, 4, 2, readable=False),
)

HOME_MOBILES: Final = tuple(f"{block} ######" for block in (7400, 7411, 7711, 7802, 7884, 7940, 7957))
COUNTRIES: Final = (
    Country(HOME, "United Kingdom", "44", "0", HOME_MOBILES, "121 2## ####", 0, "800 ### ####"),
    Country("US", "United States", "1", "", ("201 55# ####",), "201 55# ####", 90, "800 234 ####"),
    Country("IE", "Ireland", "353", "0", ("85 01# ####", "87 01# ####", "86 01# ####"), "22 12###", 80, "1800 123 ###"),
    Country("DE", "Germany", "49", "0", ("1512 34#####", "1520 12#####"), "30 12####", 65, "800 123 45#####"),
    Country("FR", "France", "33", "0", ("6 12 ## ## ##", "6 08 ## ## ##", "6 60 ## ## ##"), "1 23 ## ## ##", 65),
    Country("ES", "Spain", "34", "", ("612 34# ###",), "810 12# ###", 40),
    Country("IT", "Italy", "39", "", ("312 34# ####",), "02 1234 ####", 40),
    Country("NL", "Netherlands", "31", "0", ("6 123#####",), "10 12# ####", 40),
    Country("IN", "India", "91", "0", ("81234 #####",), "74104 1####", 40),
    Country("PL", "Poland", "48", "", ("512 34# ###",), "12 345 ## ##", 35),
    Country("AU", "Australia", "61", "0", ("412 34# ###",), "2 123# ####", 30),
    Country("CA", "Canada", "1", "", ("506 23# ####",), "506 23# ####", 30, "800 212 ####"),
    Country("PT", "Portugal", "351", "", ("912 34# ###",), "21 23# ####", 25),
    Country("BE", "Belgium", "32", "0", ("450 00 ## ##",), "12 34 ## ##", 25),
    Country("SE", "Sweden", "46", "0", ("70 123 ## ##",), "8 12 ## ##", 25),
    Country("CH", "Switzerland", "41", "0", ("78 12# ## ##",), "21 23# ## ##", 20),
    Country("AT", "Austria", "43", "0", ("664 12####",), "1 23456####", 20),
    Country("NO", "Norway", "47", "", ("40 6# ## ##",), "21 2# ## ##", 20),
    Country("DK", "Denmark", "45", "", ("34 41 ## ##",), "32 12 ## ##", 20),
    Country("NG", "Nigeria", "234", "0", ("802 123 ####",), "2033 12 ####", 20),
    Country("ZA", "South Africa", "27", "0", ("71 12# ####",), "10 12# ####", 20),
    Country("FI", "Finland", "358", "0", ("41 23#####",), "13 12#####", 15),
    Country("CZ", "Czechia", "420", "", ("601 123 ###",), "212 34# ###", 15),
    Country("GR", "Greece", "30", "", ("691 234 ####",), "21 2345 ####", 15),
    Country("TR", "Turkey", "90", "0", ("501 23# ## ##",), "212 34# ## ##", 15),
    Country("AE", "United Arab Emirates", "971", "0", ("50 12# ####",), "2 23# ####", 15),
    Country("PK", "Pakistan", "92", "0", ("301 23#####",), "21 234#####", 15),
    Country("KE", "Kenya", "254", "0", ("712 12####",), "20 201####", 15),
    Country("NZ", "New Zealand", "64", "0", ("21 12# ####",), "3 23# ####", 15),
    Country("BR", "Brazil", "55", "0", ("11 9612# ####",), "11 234# ####", 15),
    Country("MX", "Mexico", "52", "", ("222 12# ####",), "200 12# ####", 12),
    Country("JP", "Japan", "81", "0", ("90 123# ####",), "3 123# ####", 12),
    Country("SG", "Singapore", "65", "", ("8123 ####",), "6123 ####", 12),
    Country("AF", "Afghanistan", "93", "0", ("70 123 ####",), "23 456 ####", 10),
)

#: The rows of the short list: what happened to the number, and where it is from.
SMALL: Final = (
    *(("international", "GB"), ("e164", "FR"), ("trunk_in_brackets", "GB"), ("double_zero", "DE"), ("bare", "US")),
    *(("national", "GB"), ("trunk_lost", "GB"), ("full_width", "GB"), ("tel_link", "AF"), ("float", "GB")),
    *(("apostrophe", "GB"), ("with_note", "GB"), ("two_numbers", "GB"), ("extension", "GB"), ("toll_free", "US")),
    *(("scientific", "GB"), ("too_short", "GB"), ("note_alone", "GB"), ("blank", "GB")),
)

FIRST_NAMES: Final = (
    *("Ada", "Agnès", "Amir", "Anouk", "Bela", "Birgül", "Callum", "Chidi", "Dara", "Dinesh", "Edda", "Emeka"),
    *("Esmé", "Farid", "Fiadh", "Gita", "Greta", "Hana", "Hugo", "Imani", "Ines", "Ivo", "Jory", "Jürgen", "Kasia"),
    *("Keiko", "Lale", "Linnéa", "Mabel", "Mateo", "Nadia", "Nils", "Odile", "Oisín", "Petra", "Quentin", "Rhona"),
    *("Rosalía", "Samira", "Sören", "Tamsin", "Tomás", "Ulla", "Vasco", "Wren", "Ximena", "Yusuf", "Zoë"),
)
NAME_STARTS: Final = (
    *("Amber", "Ash", "Bramble", "Brindle", "Cinder", "Copper", "Dapple", "Ember", "Fallow", "Fern", "Gorse", "Hollow"),
    *("Juniper", "Kestrel", "Lantern", "Marl", "Nettle", "Otter", "Pebble", "Quill", "Russet", "Sorrel", "Tallow"),
    *("Umber", "Velvet", "Willow", "Yarrow"),
)
NAME_ENDS: Final = ("bank", "brook", "combe", "feather", "field", "gate", "moor", "quist", "sæter", "stadt", "thwaite")
TRADES: Final = ("Bakery", "Bicycles", "Books", "Ceramics", "Freight", "Gardens", "Instruments", "Joinery", "Travel")
FORMS: Final = ("", "", " Ltd", " & Sons, Ltd", ", Inc.", " GmbH", ' ("the old mill")')
NOTES: Final = (
    "Prefers e-mail, not calls",
    'Said "ring back in spring", did not say which',
    "Met at the trade fair,\nhall 3, by the coffee",
    "Invoice sent, paid, thanked",
    "moved",
    "VIP",
    "newsletter; brochure",
    "Two offices, one phone",
)


def plain(text: str) -> str:
    """Gives a name as it stands in an address: lower case, letters of ASCII."""
    folded = unicodedata.normalize("NFKD", text.replace("æ", "ae"))
    return "".join(sign for sign in folded if sign.isascii()).lower()


def email(dice: Dice, first: str, last: str) -> str:
    """Invents an address in the domains that are kept free for examples."""
    if dice.chance(0.06):
        return ""
    user = dice.pick((f"{plain(first)}.{plain(last)}", f"{plain(first)[0]}{plain(last)}", plain(last)))
    return f"{user}@{dice.pick(('example.com', 'example.org', 'example.net'))}"


def day(dice: Dice) -> str:
    """Invents the day of the last contact, written as whoever typed it was used to."""
    then = date(2023, 1, 2) + timedelta(days=dice.pick(range(1400)))
    if dice.chance(0.08):
        return ""
    return then.strftime(dice.pick(("%Y-%m-%d", "%Y-%m-%d", "%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %b %Y")))


def choose_country(dice: Dice) -> Country:
    """Gives the home country in most cases, else one of the others by weight."""
    if dice.chance(HOME_SHARE):
        return COUNTRIES[0]
    return dice.weighted(COUNTRIES, [country.weight for country in COUNTRIES])


def weight(decay: Decay, country: Country) -> int:
    """Says how often this happens to numbers of this country.

    Abroad a number without trunk zero is never written nationally: read as British it could be somebody else's.
    """
    if country.region == HOME:
        return decay.home
    impossible = decay.kind == "toll_free" and country.toll_free is None
    ambiguous = decay.name.startswith("national") and not country.trunk
    return 0 if impossible or ambiguous else decay.away


def make_number(dice: Dice, country: Country, *, kind: str) -> Number:
    """Draws a number of this kind: ``mobile``, ``landline`` or ``toll_free``."""
    patterns = {"mobile": country.mobile, "landline": (country.landline,), "toll_free": (country.toll_free or "",)}
    return Number(country.code, country.trunk, dice.fill(dice.pick(patterns[kind])))


def make_contact(dice: Dice, country: Country, decay: Decay) -> Contact:
    """Invents one person."""
    first, last = dice.pick(FIRST_NAMES), dice.pick(NAME_STARTS) + dice.pick(NAME_ENDS)
    number = make_number(dice, country, kind=decay.kind)
    return Contact(
        first_name=first,
        last_name=last,
        email=email(dice, first, last),
        company=f"{dice.pick(NAME_STARTS)} {dice.pick(TRADES)}{dice.pick(FORMS)}" if dice.chance(0.7) else "",
        country=country,
        number=number,
        decay=decay,
        phone=decay.write(number, dice),
        last_contact=day(dice),
        notes=dice.pick(NOTES) if dice.chance(0.25) else "",
    )


def repeat(dice: Dice, contact: Contact) -> Contact:
    """Enters the same person again, the same number written another way."""
    ways = [each for each in DECAYS if each.kind == "mobile" and each.readable and weight(each, contact.country)]
    written = [(each, each.write(contact.number, dice)) for each in ways]
    decay, phone = dice.pick([(each, text) for each, text in written if text != contact.phone])
    return replace(
        contact,
        email=email(dice, contact.first_name, contact.last_name),
        decay=decay,
        phone=phone,
        last_contact=day(dice),
        notes="",
        repeat=True,
    )


def contacts() -> list[Contact]:
    """Gives the whole list, in the order of the file."""
    dice = Dice(SEED)
    fresh = []
    for _ in range(FRESH):
        country = choose_country(dice)
        decay = dice.weighted(DECAYS, [weight(each, country) for each in DECAYS])
        fresh.append(make_contact(dice, country, decay))
    mobiles = [contact for contact in fresh if contact.e164 and contact.decay.kind == "mobile"]
    again = [repeat(dice, contact) for contact in dice.shuffled(mobiles)[:REPEATS]]
    return dice.shuffled(fresh + again)


def small() -> list[Contact]:
    """Gives a short list for reading: one contact of each of the messes, and one number twice."""
    dice = Dice(SEED)
    country_of = {country.region: country for country in COUNTRIES}
    decay_of = {decay.name: decay for decay in DECAYS}
    people = [make_contact(dice, country_of[region], decay_of[name]) for name, region in SMALL]
    return [*people, repeat(dice, people[0])]


def to_csv(people: Iterable[Contact]) -> bytes:
    """Gives the file: UTF-8, quoted where needed, a header, ids from 1."""
    rows = [contact.row(number) for number, contact in enumerate(people, start=1)]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def main() -> None:
    """Writes both files beside this script."""
    for name, people in (("contacts.csv", contacts()), ("contacts_small.csv", small())):
        (HERE / name).write_bytes(to_csv(people))
        print(f"{name}: {len(people):,} rows")


if __name__ == "__main__":
    main()
