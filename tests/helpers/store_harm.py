"""What file systems, backups and people do to the files of a store, and a search that finds a number in any of them."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa

from helpers.stores import DAY, NOON, PAID, answered, number
from hlrframe.store import Asked, Store
from hlrframe.store.records import EVENT_TYPES, KEPT_TYPES
from hlrframe.store.segment import commits_in, read_segment

Harm = Callable[[Path], object]

#: The number that is to be forgotten, and one that stays.
GONE, STAYS = number(1), number(2)
#: The same number as every spelling has it.
NATIONAL = GONE.removeprefix("44")
ARABIC = ("ZERO", "SEVEN", "SEVEN", "ZERO", "ZERO", "NINE", "ZERO", "ZERO", "ZERO", "ZERO", "ZERO", "ONE")
#: Other numbers' answers speak of it, too.
GOSSIP = {
    "extra": f'{{"see also": "+44 7700 900001 / {GONE}"}}',
    "detected_number": GONE,
    "error": "not (0)7700-900.001",
    "current_network": "like 07700 900 001",
    "sms_email": "07700900001@example.org",
    "original_area": "".join(unicodedata.lookup(f"ARABIC-INDIC DIGIT {each}") for each in ARABIC),
}


def lived_in(path: Path, **key: str) -> Store:
    """A store that knows the number from two parts, a doubt and the journal of a killed run."""
    store = Store(path, **key)
    with store.journal(PAID) as journal:
        journal.write(
            [Asked([GONE, STAYS], NOON), answered(GONE), answered(STAYS, **GOSSIP), Asked([GONE], NOON + DAY / 2)]
        )
    with store.journal(PAID) as journal:
        journal.write([answered(GONE, STAYS, at=NOON + DAY, checked_at=None)])
    killed = store.journal(PAID)
    killed.write([answered(GONE, at=NOON + 2 * DAY), Asked([GONE], NOON + 2 * DAY)])
    killed._segment.close()  # as a kill does
    return store


def files(path: Path, pattern: str) -> list[Path]:
    found = sorted(path.glob(pattern))
    assert found, pattern
    return found


def delete(*patterns: str) -> Harm:
    """Deletes what fits, empty folders too."""
    return lambda path: [
        each.rmdir() if each.is_dir() else each.unlink() for pattern in patterns for each in files(path, pattern)
    ]


def write(name: str, content: bytes | str) -> Harm:
    """Writes a file of somebody's own."""
    raw = content if isinstance(content, bytes) else content.encode()

    def harm(path: Path) -> None:
        (path / name).parent.mkdir(exist_ok=True, parents=True)
        (path / name).write_bytes(raw)

    return harm


def copy(pattern: str, name: str) -> Harm:
    """Copies the first file that fits to another place in the store."""
    return lambda path: write(name, files(path, pattern)[0].read_bytes())(path)


def change(pattern: str, how: Callable[[bytes], bytes]) -> Harm:
    """Changes the bytes of the first file that fits."""

    def harm(path: Path) -> None:
        file = files(path, pattern)[0]
        file.write_bytes(how(file.read_bytes()))

    return harm


def cut(pattern: str, *, by: int) -> Harm:
    return change(pattern, lambda raw: raw[:-by])


def last_commit(raw: bytes) -> bytes:
    """The bytes of a journal's last commit."""
    return raw[commits_in(raw[:-1]).whole :]


def both(*harms: Harm) -> Harm:
    return lambda path: [each(path) for each in harms]


def traces(store: Store, msisdn: str) -> list[str]:
    """Names every file of a store that has a number: in its bytes, packed in its columns, or sealed under its key."""
    [hidden] = store.layout.encoding.hide(pl.Series([msisdn]))
    return [
        str(each.relative_to(store.path))
        for each in sorted(store.path.rglob("*"))
        if each.is_file() and _has(store, each, {msisdn, hidden})
    ]


def _has(store: Store, file: Path, forms: set[str]) -> bool:
    raw = file.read_bytes()
    if file.suffix == ".tmp" and raw:
        return True  # half of a file whose columns nobody can read any more
    cells = [str(cell) for rows in _cells(store, file) for row in rows for cell in row]
    named = any(form.encode() in raw or form in cell for form in forms for cell in ("", *cells))
    return named or any(NATIONAL in "".join(_digits(cell)) for cell in cells)


def _digits(text: str) -> list[str]:
    return [str(unicodedata.digit(each)) for each in text if each.isdecimal()]


def _cells(store: Store, file: Path) -> list[list[tuple[object, ...]]]:
    encoding = store.layout.encoding
    try:
        if file.suffix == ".arrows":
            content = read_segment(file, encoding=encoding)
            return [content.answers.rows(), content.events.rows()]
        if file.suffix == ".parquet":
            types = EVENT_TYPES if file.parent.name == "asked" else KEPT_TYPES
            return [encoding.scan([file], types, between=(None, None)).collect().rows()]
    except (pl.exceptions.PolarsError, pa.ArrowException, OSError):
        pass
    return []
