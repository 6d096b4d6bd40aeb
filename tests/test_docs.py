"""README and docs/ hold: code runs, commands parse, tables say what the package says, links lead somewhere."""

import ast
import asyncio
import dataclasses
import doctest
import inspect
import itertools
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from hlrframe import LiveStatus, NumberType, Reason, Settings, State, Verdict
from hlrframe.ages import MaxAge
from hlrframe.cli import main
from hlrframe.cli.arguments import build_parser
from hlrframe.cli.commands import COMMANDS
from hlrframe.emulator import Emulator, running
from hlrframe.lanes import LONG_PAUSE, SHORT_PAUSE
from hlrframe.limits import BOLDNESS, DOUBLING
from hlrframe.models import MAX_BATCH, MAX_REQUESTS, verdict_of
from hlrframe.schema import COLUMNS
from hlrframe.tariff import PRICES, Tariff, credits_of
from hlrframe.wire import Result
from test_architecture import FLOORS, SOURCE

ROOT = Path(__file__).parent.parent
README, DOCS = ROOT / "README.md", ROOT / "docs"
BENCHMARKS = ROOT / "tests" / "benchmarks" / "README.md"
PAGES = [README, *sorted(DOCS.glob("*.md"))]

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


class Block(NamedTuple):
    """A fenced block and the line that it begins on."""

    language: str
    source: str
    line: int


def blocks(page, language):
    """Gives the fenced blocks of one language."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^```(\w+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    each = (Block(one[1], one[2], text.count("\n", 0, one.start(2))) for one in found)
    return [block for block in each if block.language == language]


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
    return [row[0] for row in table(page, head)]


# Code


@pytest.fixture
def account(tmp_path, monkeypatch):
    """A folder with the sample data, and an account at an emulator on a socket in the environment."""
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    emulator = Emulator(seed=7)
    with running(emulator) as url:
        for name, value in zip(("KEY", "SECRET"), emulator.credentials, strict=True):
            monkeypatch.setenv(f"HLR_API_{name}", value)
        monkeypatch.setenv("HLR_BASE_URL", url)
        yield emulator


def run_doctest(block, page, names, flags):
    """Runs a block with prompts, and compares what it prints."""
    test = doctest.DocTestParser().get_doctest(block.source, names, page.name, str(page), block.line)
    said = []
    outcome = doctest.DocTestRunner(optionflags=flags).run(test, out=said.append, clear_globs=False)
    assert outcome.attempted
    assert not outcome.failed, "".join(said)
    names |= test.globs


def run_plain(block, page, names):
    """Runs a block as a notebook would: it may await. Tests that it defines are called."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile("\n" * block.line + block.source, str(page), "exec", flags=flags)
    waiting = eval(code, names)  # noqa: S307  # the documentation's own code
    if inspect.iscoroutine(waiting):
        asyncio.run(waiting)
    for name in [name for name in names if name.startswith("test_")]:
        names.pop(name)()


@pytest.mark.filterwarnings("ignore::hlrframe.errors.IncompleteWarning")  # a page shows how a budget ends a run
@pytest.mark.usefixtures("account")
@every_page
def test_python_blocks_run(page, pytestconfig):
    """The Python blocks of a page run from top to bottom in one interpreter, and print what they promise."""
    flags = sum(doctest.OPTIONFLAGS_BY_NAME[name] for name in pytestconfig.getini("doctest_optionflags"))
    names = {"__name__": "__main__"}
    for block in blocks(page, "python"):
        if block.source.startswith(">>>"):
            run_doctest(block, page, names, flags)
        else:
            run_plain(block, page, names)


def test_there_is_code_to_run():
    """The pages that show code are found, so that the test above cannot pass by finding none."""
    assert blocks(README, "python")
    assert len(blocks(DOCS / "howto.md", "python")) > 5


# Commands


def words(line) -> Iterator[list[str]]:
    """Gives the words of each command of a shell line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    command = []
    for word in [*lexer, ";"]:
        if set(word) <= set(lexer.punctuation_chars):
            yield command
            command = []
        else:
            command.append(word)


def commands(lines):
    """Gives the arguments of every hlrframe command in these lines."""
    found = [command for line in lines if "hlrframe" in line for command in words(line) if command]
    return [command[1:] for command in found if Path(command[0]).name == "hlrframe" and len(command) > 1]


def commands_in_blocks(page):
    return commands(line for block in blocks(page, "sh") for line in block.source.splitlines())


COMMANDS_SHOWN = [each for page in PAGES for each in (*commands_in_blocks(page), *commands(spans(prose(page))))]


@pytest.mark.parametrize("arguments", COMMANDS_SHOWN, ids=" ".join)
def test_commands_parse(arguments):
    """Every hlrframe command that is shown is one that the command line takes."""
    assert build_parser().parse_args(arguments).command in COMMANDS


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("page", [README, DOCS / "howto.md"], ids=lambda page: page.name)
def test_commands_run(page, capsys):
    """The commands of a page work one after the other, as they are shown."""
    for name in ("contacts.csv", "export.csv"):
        shutil.copy("sample_data/contacts_small.csv", name)
    codes = {" ".join(each): main(each) for each in commands_in_blocks(page) if each[0] != "emulator"}
    assert codes
    assert set(codes.values()) == {0}, (codes, capsys.readouterr().err)


def test_every_command_is_shown():
    """There is no command that no page shows."""
    shown = {build_parser().parse_args(arguments).command for arguments in COMMANDS_SHOWN}
    assert set(COMMANDS) - shown == set()


def options(parser):
    """Gives the names of each option of a parser and of the commands below it."""
    for action in parser._actions:
        yield from [set(action.option_strings)] if action.option_strings else []
        for inner in action.choices.values() if isinstance(action.choices, dict) else ():
            yield from options(inner)


def test_every_option_is_explained():
    """Each option of the command line has its line in the table of options, and no other has one."""
    known = {frozenset(names) for names in options(build_parser())} - {frozenset({"-h", "--help"})}
    shown = {frozenset(name.split(", ")) for name in first_column(DOCS / "howto.md", "option")}
    assert shown == known


# Tables


@pytest.mark.parametrize(
    ("head", "words_of"),
    [("state", State), ("reason", Reason), ("verdict", Verdict), ("live status", LiveStatus), ("type", NumberType)],
)
def test_every_word_is_explained(head, words_of):
    """Each word that a row can hold has its line, in the order of the package."""
    assert first_column(DOCS / "statuses.md", head) == [each.value for each in words_of]


def test_reasons_stand_beside_their_state():
    """A reason is said to go with a state that has no answer."""
    states = {row[1] for row in table(DOCS / "statuses.md", "reason")}
    assert states == {State.REJECTED, State.FAILED, State.SKIPPED, "none"}


@pytest.mark.parametrize("row", table(DOCS / "statuses.md", "live status"), ids=lambda row: row[0])
def test_verdict_and_price_of_a_status_are_the_packages(row):
    """What the table says of a mobile with this status is what the package makes of it."""
    status, _, verdict, price, _ = row
    assert verdict == verdict_of(status, "MOBILE")
    fresh = Tariff(Settings()).fresh(Result(live_status=status, telephone_number_type="MOBILE"))
    assert price in (f"{credits_of(fresh):g}", "unknown")


def test_the_price_list_is_the_packages():
    """Prices and their sources are shown as they are reckoned with."""
    shown = [(name, float(price), source) for name, price, source in table(DOCS / "statuses.md", "price")]
    assert shown == [(name, credits_of(price.milli), price.source) for name, price in PRICES.items()]


@pytest.mark.parametrize(("page", "standard"), [(README, True), (DOCS / "statuses.md", False)])
def test_every_column_is_explained(page, standard):
    """The README explains the standard columns, and the page of statuses the others, in their order."""
    shown = [name for row in table(page, "column") for name in row[0].split(", ")]
    assert shown == [f"hlr_{column.name}" for column in COLUMNS if column.standard is standard]


def as_written(default):
    """A default in the form in which a caller writes it."""
    return {kind.value: f"{age.days}d" for kind, age in default.kinds} if isinstance(default, MaxAge) else default


def test_every_setting_is_explained():
    """Each setting has its line with its default."""
    shown = [(name, ast.literal_eval(default)) for name, default, _ in table(DOCS / "howto.md", "setting")]
    assert shown == [(field.name, as_written(field.default)) for field in dataclasses.fields(Settings)]


def documented_floors():
    """Gives the modules of each floor as the page on the architecture lists them."""
    floors = []
    for floor, module, _ in table(DOCS / "architecture.md", "floor"):
        if floor:
            floors.append([])
        floors[-1].append(module)
    return floors


def test_every_module_has_its_line():
    """The table of floors lists what is there, each module once and on the floor that the rules give it."""
    there = {path.stem for path in SOURCE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    shown = [module for floor in documented_floors() for module in floor]
    assert sorted(shown) == sorted(there - {"__init__"})
    assert documented_floors() == [[name for name in floor if name in there] for floor in FLOORS]


# Figures

FIGURES = [
    f"twice the request limit in numbers ({2 * MAX_REQUESTS}) and doubles that every {1000 * DOUBLING:g} ms",
    f"a pause drawn below {SHORT_PAUSE:g} s, doubled with each try up to {LONG_PAUSE:g} s",
    f"{MAX_BATCH} numbers a request",
    f"at first {100 * BOLDNESS:g} % more",
]


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_of_the_scheduler_are_the_packages(figure):
    """What the page says in figures is what the constants say."""
    assert figure in " ".join(prose(DOCS / "architecture.md").split())


def test_figures_of_speed_come_from_the_benchmarks():
    """The rates that the page quotes stand in the tables of the benchmarks, under the same numbers of requests."""
    quoted = re.search(
        r"transport ([\d,]+) requests/s, .*? own pool ([\d,]+)", prose(DOCS / "architecture.md"), re.DOTALL
    )
    slow = BENCHMARKS.read_text(encoding="utf-8").partition("--batch-size 1 --rounds")[2]
    rates = dict(re.findall(r"^\| (\w+)[^|]* \| ([\d,]+) \|", slow, flags=re.MULTILINE))
    assert quoted.groups() == (rates["bare"], rates["gather_httpx"])


# Links


def anchors(page):
    """Gives the anchors that headings make."""
    heads = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@every_page
def test_links_lead_somewhere(page):
    """A link inside the repository names a file that is there, and a heading in it."""
    for link in re.findall(r"\]\(([^)]+)\)", prose(page)):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@every_page
def test_files_that_are_named_are_there(page):
    """A Python file that the text names is in the repository, the package or the tests."""
    named = [span for span in spans(prose(page)) if re.fullmatch(r"[\w/]+\.py", span)]
    places = (ROOT, SOURCE, ROOT / "tests")
    assert [name for name in named if not any((place / name).exists() for place in places)] == []
