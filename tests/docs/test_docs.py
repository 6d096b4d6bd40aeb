"""README and docs/ hold: tables say what the package says, links lead somewhere, the reference is whole."""

import ast
import dataclasses
import importlib
import importlib.util
import operator
import os
import re
import subprocess
import sys

import pytest

import hlrframe
from helpers.docs import DOCS, README, ROOT, every_page, first_column, prose, spans, table
from hlrframe import LiveStatus, NumberType, Reason, Settings, State, Verdict
from hlrframe.model import credits_of
from hlrframe.model.columns import COLUMNS
from hlrframe.model.freshness import MaxAge
from hlrframe.model.settings import MAX_BATCH, MAX_REQUESTS
from hlrframe.model.vocabulary import MEANING_OF, verdict_of
from hlrframe.provider.hlr_lookup.pricing import PRICES, Pricing
from hlrframe.provider.hlr_lookup.wire import Result
from hlrframe.run.schedule.limits import BOLDNESS, DOUBLING
from hlrframe.run.schedule.queues import LONG_PAUSE, SHORT_PAUSE
from test_architecture import PACKAGES, SOURCE

BENCHMARKS = ROOT / "tests" / "benchmarks" / "README.md"


# Tables


@pytest.mark.parametrize(
    ("head", "words_of"),
    [("state", State), ("reason", Reason), ("verdict", Verdict), ("live status", LiveStatus), ("type", NumberType)],
)
def test_every_word_is_explained(head, words_of):
    """Each word that a row can hold has its line, in the order of the package."""
    assert first_column(DOCS / "statuses.md", head) == [each.value for each in words_of]


def test_a_verdict_means_what_is_said_of_it_everywhere():
    """The page explains a verdict in the words of the package."""
    shown = {row[0]: row[1] for row in table(DOCS / "statuses.md", "verdict")}
    assert shown == {verdict: MEANING_OF[verdict].means for verdict in Verdict}


def test_reasons_stand_beside_their_state():
    """A reason is said to go with a state that has no answer."""
    states = {row[1] for row in table(DOCS / "statuses.md", "reason")}
    assert states == {State.REJECTED, State.FAILED, State.SKIPPED, "none"}


@pytest.mark.parametrize("row", table(DOCS / "statuses.md", "live status"), ids=lambda row: row[0])
def test_verdict_and_price_of_a_status_are_the_packages(row):
    """What the table says of a mobile with this status is what the package makes of it."""
    status, _, verdict, price, _ = row
    assert verdict == verdict_of(status, "MOBILE")
    fresh = Pricing(Settings()).fresh(Result(live_status=status, number_type="MOBILE"))
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


def test_every_package_has_its_line():
    """The page on the architecture says of each package what it is for; the root, ``errors`` and the way in apart."""
    shown = [name.strip() for row in table(DOCS / "architecture.md", "package") for name in row[0].split(",")]
    assert sorted(shown) == sorted(set(PACKAGES) - {"errors", "__main__"})


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
    below = BENCHMARKS.read_text(encoding="utf-8").partition("--batch-size 1 --rounds")[2]
    table = below.split("\n\n")[1]
    rates = dict(re.findall(r"^\| (\w+)[^|]* \| ([\d,]+) \|", table, flags=re.MULTILINE))
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
    wanted = [span for span in spans(prose(page)) if re.fullmatch(r"[\w/]+\.py", span)]
    places = (ROOT, SOURCE, ROOT / "tests", page.parent)
    assert [name for name in wanted if not any((place / name).exists() for place in places)] == []


@every_page
def test_lists_stand_alone(page):
    """A list has an empty line before it: without one it is a list on GitHub, and running text on the site."""
    close = re.findall(r"^(?![*|>#-] ?|\d+\. | |$)(.+)\n(?=[*-] |\d+\. )", prose(page), flags=re.MULTILINE)
    assert close == []


# The site


def documented_objects():
    """Gives what the reference is made of, as dotted names."""
    pages = "".join(page.read_text(encoding="utf-8") for page in DOCS.glob("reference*.md"))
    return re.findall(r"^::: ([\w.]+)$", pages, flags=re.MULTILINE)


def test_the_reference_has_every_public_name_once():
    """Whatever the package and its emulator export has its place in the reference."""
    shown = documented_objects()
    assert len(set(shown)) == len(shown)
    exported = {f"hlrframe.{name}" for name in hlrframe.__all__}
    exported |= {f"hlrframe.emulator.{name}" for name in hlrframe.emulator.__all__}
    assert exported - set(shown) == set()


@pytest.mark.parametrize("name", documented_objects())
def test_the_reference_names_what_is_there(name):
    """An entry of the reference stands for something that can be imported, and that has a docstring."""
    depth = next(depth for depth in range(name.count(".") + 1, 0, -1) if is_module(".".join(name.split(".")[:depth])))
    parts = name.split(".")
    module = importlib.import_module(".".join(parts[:depth]))
    found = operator.attrgetter(".".join(parts[depth:]))(module) if parts[depth:] else module
    assert found.__doc__


def is_module(name):
    """Says whether a dotted name is that of a module."""
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages of the site, built with warnings as errors, by name."""
    pytest.importorskip("mkdocs", reason="the group docs is not installed")
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(build, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {page.name: page.read_text(encoding="utf-8") for page in folder.glob("*.html")}


@pytest.mark.slow
def test_the_site_has_every_page(site):
    """Each page of the documents, the start page and the changelog among them, is a page of the site."""
    assert {"index.html", "changelog.html"} | {f"{page.stem}.html" for page in DOCS.glob("*.md")} <= set(site)


@pytest.mark.timeout(300)  # the first one builds the site
def test_the_site_loads_nothing_from_elsewhere(site):
    """Fonts, styles, scripts and pictures come from the site itself."""
    for text in site.values():
        loaded = re.findall(r"<(?:script|img|source|link)[^>]* (?:src|href|srcset)=\"([^\"]+)", text)
        assert [each for each in loaded if each.startswith(("http", "//"))] == []


@pytest.mark.timeout(300)  # the first one builds the site
def test_the_site_shows_no_markup(site):
    """What docstrings say for help() has become links, fences and text."""
    for name in ("reference.html", "reference_emulator.html"):
        assert re.findall(r":(?:func|class|meth|data|mod):|<blockquote>|\(<code>\.\./", site[name]) == []
