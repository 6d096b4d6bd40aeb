"""Reading the documents: their fenced blocks, their tables, and what stands between backticks."""

import itertools
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
README, DOCS = ROOT / "README.md", ROOT / "docs"
PAGES = [README, ROOT / "sample_data" / "README.md", *sorted(DOCS.glob("*.md"))]


def named(page):
    """Gives what a page is called in the name of a test."""
    return str(page.relative_to(ROOT))


every_page = pytest.mark.parametrize("page", PAGES, ids=named)


class Block(NamedTuple):
    """A fenced block, the line that it begins on, and the name in the comment above it."""

    language: str
    source: str
    line: int
    name: str | None


def all_blocks(page):
    """Gives the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^(?:<!-- ([\w-]+) -->\n)?```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [Block(one[2], one[3], text.count("\n", 0, one.start(3)), one[1]) for one in found]


def blocks(page, *languages):
    """Gives the fenced blocks of some languages."""
    return [block for block in all_blocks(page) if block.language in languages]


def prose(page):
    """Gives a page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def spans(text):
    """Gives what stands between backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def table(page, head):
    """Gives the rows of the table whose first column is so called, each cell without backticks."""
    lines = prose(page).splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {head} |"))
    rows = itertools.takewhile(lambda line: line.startswith("|"), lines[start + 2 :])
    return [[cell.strip(" `").replace("`", "") for cell in row[1:-1].split("|")] for row in rows]


def first_column(page, head):
    """Gives the first cell of each row of a table."""
    return [row[0] for row in table(page, head)]
