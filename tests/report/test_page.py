import itertools
import re
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

import hlrframe as hf
from helpers.browser import MEASURE, OPEN, chromium, opened, visited
from hlrframe.model.columns import COLUMNS
from hlrframe.report import summarize

CONTACTS = Path(__file__).parents[2] / "sample_data" / "contacts.csv"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WIDTHS = (390, 1280)
#: Pixels across a sheet of A4 between its margins.
A4 = 718
SCHEMES = ("light", "dark")
FEW = ((390, "light"), (1280, "dark"))
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</svg></style><style>body{display:none}</style>",
    "\u202eright to left by force",
    "شبكة الاتصالات الوطنية للهاتف المحمول",
    "株式会社日本全国移動体通信ネットワーク",
    "W" * 200,
    "no-break" * 25,
    "line\nbreak\x00null\ttab",
    "&amp;amp; {braces} url(#hf-live) ${dollar}",
)


def enriched(rows):
    """Makes an enriched frame of what differs from a live number of no interest."""
    usual = {"state": "answered", "verdict": "live", "live_status": "LIVE", "number_type": "MOBILE", "credits": 1.0}
    usual |= {"checked_at": NOON, "provider": "api.hlrlookup.com"}
    numbered = ({"msisdn": f"4474000{i:05d}", **usual, **row} for i, row in enumerate(rows))
    standard = [each for each in COLUMNS if each.standard]
    types = {"string": pl.String, "bool": pl.Boolean, "double": pl.Float64}
    schema = {each.name: types.get(str(each.type), pl.Datetime("us", "UTC")) for each in standard}
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in numbered], schema=schema)


def moved(origin, target, country="GBR", **more):
    networks = {"original_network": origin, "current_network": target}
    return {**networks, "original_country": country, "current_country": country, "is_ported": origin != target, **more}


def sample():
    """The sample list through the emulator, a part of it known before: every state but failed."""
    contacts = pl.read_csv(CONTACTS, infer_schema=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hf.IncompleteWarning)
        settings = hf.Settings(default_region="GB", max_credits=900)
        frame = hf.enrich(contacts, "phone", client=hf.emulator.connect(seed=7), settings=settings)
    known = pl.col("hlr_state").is_in(["answered"]) & (pl.int_range(pl.len()) < 600)
    return frame.with_columns(hlr_state=pl.when(known).then(pl.lit("cached")).otherwise("hlr_state"))


def many_countries():
    """Sixty countries, each with networks whose names are long, and answers of every age and verdict."""
    verdicts = itertools.cycle(["live", "live", "unreachable", "dead", "unknown", "not_applicable"])
    codes = ["".join(each) for each in itertools.product("ABCD", "EFGH", "KLMN")][:60]
    for place, code in enumerate(codes):
        for i in range(3 + 60 - place):
            networks = [f"{name} Telecommunications Holding of {code}" for name in ("Consolidated", "Mutual Überland")]
            networks = networks if i % 3 else [networks[0], networks[0]]
            yield moved(*networks, code, verdict=next(verdicts), checked_at=NOON - timedelta(days=i * 9))


def hostile():
    pairs = itertools.product(HOSTILE, HOSTILE)
    return [moved(*pair, HOSTILE[i % 10], state=("answered", "cached")[i % 2]) for i, pair in enumerate(pairs)]


SETS = {
    "sample": (sample, "hlr_"),
    "empty": (lambda: enriched([]), ""),
    "one row": (lambda: enriched([moved("Fern", "Nettle")]), ""),
    "sixty countries": (lambda: enriched(many_countries()), ""),
    "hostile": (lambda: enriched(hostile()), ""),
    "rejected": (lambda: enriched([REJECTED] * 5), ""),
}
REJECTED = dict.fromkeys(("msisdn", "verdict", "live_status", "number_type", "provider", "checked_at")) | {
    "state": "rejected",
    "reason": "not_a_number",
    "credits": 0.0,
}
every_set = pytest.mark.parametrize("name", SETS)
FULL = ("sample", "sixty countries", "hostile")
#: What has little to show is seen twice, what has much in every way.
VIEWS = [(name, *view) for name in SETS for view in (itertools.product(WIDTHS, SCHEMES) if name in FULL else FEW)]
every_view = pytest.mark.parametrize(("name", "width", "scheme"), VIEWS)


@pytest.fixture(scope="module")
def summaries():
    made = {}

    def give(name):
        if name not in made:
            make, prefix = SETS[name]
            made[name] = summarize(make(), prefix=prefix, price_per_credit=0.01)
        return made[name]

    return give


@pytest.fixture(scope="module")
def pages(summaries, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    made = {}

    def give(name):
        if name not in made:
            made[name] = summaries(name).to_html(folder / f"{name}.html", made_at=NOON)
        return made[name]

    return give


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def visits(browser, pages):
    """Opens each page once at each width and in each scheme, whatever is asked of it."""
    made = {}

    def give(name, width, scheme):
        key = name, width, scheme
        if key not in made:
            made[key] = visited(browser, pages(name).as_uri(), width=width, scheme=scheme)
        return made[key]

    return give


# --- in a browser


@every_view
def test_nothing_is_wider_than_the_page(visits, name, width, scheme):
    """Neither the page nor any part of it has to be scrolled sideways, its tables open or closed."""
    visit = visits(name, width, scheme)
    assert visit.closed["overflow"] == visit.open["overflow"] == []


@every_view
def test_the_page_asks_for_nothing_and_says_nothing(visits, pages, name, width, scheme):
    """The file is all that the browser asks for, and the console stays empty."""
    visit = visits(name, width, scheme)
    assert (visit.requests, visit.said) == ([pages(name).as_uri()], [])


@every_view
def test_texts_in_pictures_stay_apart(visits, name, width, scheme):
    """No two texts of a picture cover each other, and none is cut off by its edge."""
    found = visits(name, width, scheme).open
    assert (found["overlaps"], found["outside"]) == ([], [])


@every_view
def test_every_text_has_contrast(visits, name, width, scheme):
    """Every text, in tables and on fills too, has the contrast that AA asks for against what is really behind it."""
    visit = visits(name, width, scheme)
    assert visit.closed["faint"] == visit.open["faint"] == []


@every_set
def test_every_picture_has_a_name_and_a_table(visits, name):
    """Whoever does not see a picture is told what it shows, and finds its table in the same part of the page."""
    assert visits(name, 390, "light").open["nameless"] == []


@every_set
def test_headings_are_in_order(visits, name):
    """There is one first heading, and no level is left out under it."""
    levels = visits(name, 390, "light").open["headings"]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_schemes_differ(visits):
    """The page is light or dark as the reader's system is."""
    assert visits("sample", 390, "light").open["paper"] != visits("sample", 390, "dark").open["paper"]


def test_a_full_page_has_all_its_pictures(visits):
    """The sample list has something to show in every part."""
    assert visits("sample", 1280, "light").open["charts"] == 6


@pytest.mark.parametrize("width", WIDTHS)
def test_names_cannot_become_markup(visits, width):
    """What a network calls itself is shown as it stands, and adds no element to those of a harmless page."""
    found = visits("hostile", width, "light").open
    assert set(found["elements"]) <= set(visits("sample", width, "light").open["elements"])
    assert "script" not in found["elements"]
    assert HOSTILE[0] in found["words"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_paper_takes_two_sheets(browser, pages, scheme):
    """On paper the pictures take two sheets, and the tables none."""
    with opened(browser, pages("sample").as_uri(), width=A4, scheme=scheme) as page:
        sheets = len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(format="A4")))
        page.emulate_media(media="print")
        closed = page.evaluate(MEASURE)
    assert sheets <= 2
    assert closed["tables"] == 0
    assert (closed["faint"], closed["overlaps"], closed["overflow"]) == ([], [], [])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_print_shows_the_tables(browser, summaries, tmp_path, scheme):
    """On paper every table is there where it was asked for, legible whatever the reader's screen looks like."""
    printed = summaries("sample").to_html(tmp_path / "printed.html", made_at=NOON, print_tables=True)
    with opened(browser, printed.as_uri(), width=A4, scheme=scheme) as page:
        page.emulate_media(media="print")
        closed = page.evaluate(MEASURE)
        assert page.pdf().startswith(b"%PDF")
        page.evaluate(OPEN)
        assert closed["tables"] == page.evaluate(MEASURE)["tables"] > 6
    assert (closed["faint"], closed["overlaps"], closed["overflow"]) == ([], [], [])
    assert closed["paper"] == "rgb(255, 255, 255)"


NOTEBOOKS = [
    ("sample", "#222", "#fff"),
    ("sample", "#ddd", "#111"),
    ("hostile", "#222", "#fff"),
    ("empty", "#ddd", "#111"),
]
NEIGHBOUR = """[...document.querySelectorAll('#before, #before b')].map(each => {
  const style = getComputedStyle(each);
  return [...style].map(name => `${name}: ${style.getPropertyValue(name)}`);
})"""


@pytest.mark.parametrize(("name", "ink", "ground"), NOTEBOOKS)
def test_a_notebook_can_be_light_or_dark(browser, summaries, tmp_path, name, ink, ground):
    """The summary in a notebook takes the notebook's own colours, fits a cell, and leaves its neighbours alone."""
    style = f"color: {ink}; background: {ground}; font: 14px sans-serif; width: 760px"
    start = f'<meta charset="utf-8"/><body style="{style}"><p id="before">a <b>b</b></p><p>'
    path = tmp_path / "cell.html"
    path.write_text(start + summaries(name)._repr_html_(), encoding="utf-8")
    with opened(browser, path.as_uri(), width=800, scheme="light") as page:
        page.evaluate(OPEN)
        found = page.evaluate(MEASURE)
        beside = page.evaluate(NEIGHBOUR)
        page.evaluate("document.querySelector('.hlrframe').remove()")
        assert page.evaluate(NEIGHBOUR) == beside
    assert (found["faint"], found["overlaps"], found["overflow"]) == ([], [], [])


PLANTED = """<!DOCTYPE html><meta charset="utf-8"/><body style="background: #fff; margin: 0">
<section style="width: 500px">wide</section><p style="color: #999">faint</p>
<svg role="img" width="100" height="20"><rect width="100" height="20" fill="#777"/><text y="15">covered</text>
<text x="9" y="15">covering</text><text x="90" y="15">beyond</text></svg>
<script>console.log("said"); fetch("beyond.json").catch(() => {})</script></body>"""


def test_the_measures_bite(browser, tmp_path):
    """Each measure names what is wrong with a page that was planted with it."""
    path = tmp_path / "planted.html"
    path.write_text(PLANTED, encoding="utf-8")
    visit = visited(browser, path.as_uri(), width=390, scheme="light")
    assert len(visit.requests) == 2
    assert "said" in visit.said
    assert "HTML" in visit.open["overflow"][0]
    assert [each.partition(":")[0] for each in visit.open["faint"]] == ["faint"]
    assert visit.open["overlaps"][0] == "covered / covering"
    assert visit.open["outside"] == ["beyond"]
    assert len(visit.open["nameless"]) == 1


# --- the file


def test_the_page_says_what_the_tables_say(summaries, pages):
    """The headline has the figures of the summary's own tables, live ones of all distinct numbers as in the bar."""
    summary, text = summaries("sample"), pages("sample").read_text(encoding="utf-8")
    rates = {row["rate"]: row for row in summary.rates.iter_rows(named=True)}
    spent = summary.cost.row(0, named=True)["credits"]
    known, applicable = rates["coverage"]["part"], rates["coverage"]["whole"]
    assert f"{known:,} with a known status, of {applicable:,} that can have one" in text
    live = summary.verdicts.filter(verdict="live")["share_of_numbers"][0]
    for figure in ("2,000", f"{rates['coverage']['value']:.1%}", f"{live:.1%}", f"{spent:,.0f}"):
        assert f'<dd class="hf-big">{figure}</dd>' in text


def test_the_page_holds_no_telephone_number(pages, summaries):
    """No number of the list is in the page, nor anything as long as one."""
    text = pages("sample").read_text(encoding="utf-8")
    assert re.findall(r"\d{7,}", text) == []


@every_set
def test_the_same_summary_gives_the_same_page(summaries, pages, tmp_path, name):
    """Only the time of making differs, and only where it stands."""
    again = summaries(name).to_html(tmp_path / "again.html", made_at=NOON)
    later = summaries(name).to_html(tmp_path / "later.html", made_at=NOON + timedelta(days=9))
    text = pages(name).read_bytes()
    assert again.read_bytes() == text
    assert later.read_bytes() == text.replace(
        b"2026-11-23 12:00 UTC</dd></div><div><dt>By", b"2026-12-02 12:00 UTC</dd></div><div><dt>By"
    )


def test_invented_answers_are_called_invented(pages):
    """The emulator's answers carry a note, those of a provider none."""
    assert "<strong>Invented data.</strong>" in pages("sample").read_text(encoding="utf-8")
    assert "Invented" not in pages("one row").read_text(encoding="utf-8")


def test_nothing_is_said_kindly(pages):
    """Where there is nothing to show the page says so in words, and draws no empty picture."""
    text = pages("empty").read_text(encoding="utf-8")
    assert "No row holds a number, so there is no verdict to show." in text
    assert 'role="img"' not in text


def test_what_a_frame_cannot_tell_is_said(browser, tmp_path):
    """A frame without some columns has a page all the same; each part that wants them says which."""
    frame = enriched([moved("Fern", "Nettle")]).drop("credits", "checked_at", "provider", "current_network")
    page = summarize(frame, prefix="").to_html(tmp_path / "report.html")
    found = visited(browser, page.as_uri(), width=390, scheme="light").open
    assert "The frame lacks 'credits'" in found["words"]
    assert found["charts"] == 2
    assert found["nameless"] == found["overflow"] == []
    nothing = summarize(frame.select("state", "msisdn"), prefix="").to_html(tmp_path / "little.html")
    assert visited(browser, nothing.as_uri(), width=390, scheme="light").open["charts"] == 0


def test_a_run_has_its_tables(tmp_path):
    """With the report of the run the page also says how the run went, lane by lane."""
    contacts = pl.DataFrame({"phone": ["+447400123456", "+4915123456789"]})
    frame, report = hf.enrich_with_report(contacts, "phone", client=hf.emulator.connect(seed=7))
    text = summarize(frame, report=report).to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    assert re.findall(r"<caption>(.+?)</caption>", text) == ["Run", "Lanes"]


def test_the_page_is_named_and_written_whole(summaries, tmp_path):
    """The path comes back, the title is the caller's, escaped, and a file of that name is replaced."""
    path = tmp_path / "report.html"
    path.write_text("before", encoding="utf-8")
    assert summaries("one row").to_html(str(path), title="Fern & <Nettle>") == path
    assert "<title>Fern &amp; &lt;Nettle&gt;</title>" in path.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [path]


def test_a_page_that_cannot_be_written_leaves_nothing(summaries, tmp_path):
    """A folder in the way is a clear error, and no half of a page stays behind."""
    (tmp_path / "report.html").mkdir()
    with pytest.raises(hf.InputError, match="cannot write"):
        summaries("one row").to_html(tmp_path / "report.html")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_page_of_a_store_and_of_a_file_names_it(tmp_path):
    """The source is told by its name, without the folders that lead to it."""
    store = hf.Store(tmp_path / "answers")
    hf.lookup(["+447400123456"], client=hf.emulator.connect(seed=7), store=store)
    text = summarize(store).to_html(tmp_path / "store.html").read_text(encoding="utf-8")
    assert "<dd>the store answers</dd>" in text
    assert "Answers kept" in text
    assert str(tmp_path) not in text
    enriched([moved("Fern", "Nettle")]).write_parquet(tmp_path / "list.parquet")
    page = summarize(tmp_path / "list.parquet", prefix="").to_html(tmp_path / "file.html")
    assert "<dd>list.parquet</dd>" in page.read_text(encoding="utf-8")
