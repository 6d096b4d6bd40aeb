"""Numbers with all that people write around them, and near misses of it."""

import random

from hlrframe.phone.repair import EXTENSION_WORDS

MARKS = ("", "", "", " ", " ", " ", "-", "-", ".", "/", "(", ")", " (", ") ", "(0)", " (0) ", " - ", "  ", " / ")
ODD_MARKS = (
    "\u00a0",
    "\u2011",
    "\u200b",
    "_",
    "~",
    "[",
    "]",
    "+",
    ",",
    ":",
    ";",
    "*",
    "#",
    "'",
    "\n",
    "\t",
    " or ",
    "e",
)
JOINTS = ("", "", " ", " ", " ", " ", ": ", ". ", "-", " - ", ", ", ";", "(", "/", ",")
ODD_JOINTS = (":", ".", "=", "#", "_", "@", "&", "<", "\\", "%20", "?", "[", "'", '"', "\u00a0", "\n", "~", ",,")
WORDS = (
    *(
        "tel",
        "Tel.",
        "phone",
        "mob",
        "mobile",
        "cell",
        "handy",
        "fax",
        "home",
        "office",
        "may",
        "Jan",
        "dec",
        "am",
        "pm",
    ),
    *(
        "h",
        "uhr",
        "hrs",
        "st",
        "nd",
        "th",
        "or",
        "and",
        "x",
        "o",
        "O",
        "P",
        "Tél",
        "M",
        "T",
        "W",
        "desk",
        "24/7",
        "24x7",
    ),
    *("Â", "â", "ï", "ß", "\u017f", "wa.me", "send", "nan", "null", "(null)", "e", *EXTENSION_WORDS),
)
LINKS = (
    *(
        "tel:",
        "tel://",
        "sms:",
        "callto:",
        "TEL:",
        "smsto:",
        "whatsapp:",
        "https://wa.me/",
        "wa.me/",
        "http://",
        "mailto:",
    ),
    *("https://api.whatsapp.com/send?phone=", "tel:/", "Tel: "),
)
TIMES = (
    *("1.1.20", "12/12/2024", "2024-12-20", "9:00", "9am", "6 pm", "10h", "24/7", "20 may 2020", "may 1 2020", "5th"),
    *("1/2", "2020", "9h30", "12:30:10", "2-1-2020"),
)
BETWEEN = (
    *(
        " / ",
        "/",
        " /",
        "; ",
        ";",
        ", ",
        ",",
        " , ",
        " | ",
        "|",
        "\n",
        "\n ",
        " & ",
        "&",
        " or ",
        " OR ",
        " und ",
        " y ",
    ),
    *(" et ", " - ", " ", "  ;  ", ",, ", "\r\n", "/ /", ";\n", " x ", " w ", " and/or ", " ou", "// "),
)
STARTS = ("", "", "+", "+", "00", "0", "(", "(+", "(0", "+44 (0)", "+49 ", "0049 ", "44", "1", "+1 ")
WRAPPERS = ("", "", "", "", "'", '"', '="', "= ", " ", "  ", "\u202a", "`", "\t", "-", ")", "\n")


class Untidy:
    """Draws texts: a number and what may stand around it, nearly as the column knows it, or not."""

    def __init__(self, seed: int, *, odd: bool = False) -> None:
        """Draws from a seed; ``odd`` texts are rarely of a usual form."""
        self._chance = random.Random(seed)
        self._marks = MARKS + ODD_MARKS * odd
        self._joints = JOINTS + ODD_JOINTS * odd
        self._slip = 0.2 if odd else 0.03

    def text(self, number: str | None = None) -> str:
        """Gives one text, around a number or around any digits."""
        core = number if number is not None else self._body()
        text = self._one(WRAPPERS) + self._before() + core + self._behind() + self._one(WRAPPERS)
        if self._chance.random() >= self._slip:
            return text
        at = self._chance.randrange(len(text) + 1)
        return (
            text[:at] + self._one((*self._marks, *self._joints, *WORDS, "0")) + text[at + self._chance.randrange(2) :]
        )

    def list_of(self, numbers: tuple[str, ...]) -> str:
        """Gives several numbers in one cell, or any digits in their place, mostly as the column knows such lists."""
        slip, chance = self._slip, self._chance.random
        items = [self._grouped(each) if chance() > slip else self._body() for each in numbers]
        between = self._one(BETWEEN)
        marks = [self._one(BETWEEN) if chance() < slip else between for _ in items[1:]]
        text = items[0] + "".join(mark + item for mark, item in zip(marks, items[1:], strict=True))
        if chance() < slip:
            text = self._one(("1. ", "(1) ", "*31# ", "Tel: ", "o", "(")) + text
        return text + (self._behind() if chance() < slip else "")

    def _grouped(self, number: str) -> str:
        """Puts a mark or two between the digits of a number, mostly the same one."""
        mark, slip = self._one((" ", " ", "-", ".", "", "/", ") ")), self._slip
        for _ in range(self._chance.randrange(3)):
            at = self._chance.randrange(3, len(number) + 1) if len(number) > 3 else 0
            number = number[:at] + (mark if self._chance.random() > slip else self._one(self._marks)) + number[at:]
        return f"({number}" if mark == ") " and mark in number else number

    def _one(self, among: tuple[str, ...]) -> str:
        return self._chance.choice(among)

    def _digits(self, *lengths: int) -> str:
        return "".join(self._chance.choices("0123456789", k=self._chance.choice(lengths)))

    def _body(self) -> str:
        if self._chance.random() < 0.3:
            return self._one(STARTS) + self._digits(5, 6, 7, 8, 9, 9, 10, 10, 11, 12) + self._one(("", "", ")", ".0"))
        groups = self._chance.randrange(1, 6)
        return self._one(STARTS) + "".join(
            self._digits(1, 2, 3, 3, 4, 5, 6, 7, 8) + self._one(self._marks) for _ in range(groups)
        )

    def _words(self) -> str:
        return "".join(self._one(self._joints) + self._one(WORDS) for _ in range(self._chance.choice((1, 1, 1, 2, 3))))

    def _extension(self) -> str:
        joints = (self._one(self._joints) for _ in range(2))
        word = f"{next(joints)}{self._one(EXTENSION_WORDS)}{next(joints)}"
        return word + self._digits(1, 2, 2, 3, 4, 6, 8, 9) + self._one(("", "", "", ")", "#", " "))

    def _before(self) -> str:
        chance = self._chance.random()
        if chance < 0.35:
            return ""
        if chance < 0.5:
            return self._one(LINKS) + self._one(("", "", self._words()))
        if chance < 0.6:
            return self._one((*TIMES, "1.", "(2)")) + self._one(self._joints)
        return self._words().lstrip() + self._one((" ", " ", ": ", self._one(self._joints)))

    def _behind(self) -> str:
        kinds = (
            *("", "", self._extension(), self._extension(), self._words(), self._words() + ")"),
            self._one(("/", " / ", "/ ", " /")) + self._digits(1, 2, 2, 3, 3, 4, 7),
            self._one(self._joints) + self._one(TIMES) + self._one(("", ")", self._words())),
            self._extension() + self._one((self._extension(), self._words())),
            self._words() + self._extension(),
        )
        return self._one(kinds)
