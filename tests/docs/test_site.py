"""The site as it is served, in a browser: wide and narrow."""

import functools
import http.server
import os
import subprocess
import sys
import threading

import pytest

from helpers.browser import chromium, opened
from helpers.docs import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # the first one builds the site

#: A telephone and a desktop, and how far down a reader sees without scrolling.
WIDTHS, FOLD = (360, 1280), 740


@pytest.fixture(scope="module")
def browser():
    """One browser for the file."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the site is served."""
    pytest.importorskip("mkdocs", reason="the group docs is not installed")
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    subprocess.run(build, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, check=True)
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that says nothing."""

    def log_message(self, *_):
        """Says nothing."""


@pytest.mark.parametrize("width", WIDTHS)
def test_the_first_command_is_seen_whole(browser, address, width):
    """At either width the start page is as wide as the window, and its first command ends within it."""
    with opened(browser, f"{address}/index.html", width=width, scheme="light") as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        first = page.locator("article pre code").first
        assert "hlrframe enrich" in first.inner_text()
        assert first.evaluate("each => each.scrollWidth <= each.clientWidth")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_is_seen_before_scrolling(browser, address, width, scheme):
    """The picture of a report is loaded and stands above the fold, at a size at which its bars can be seen."""
    with opened(browser, f"{address}/index.html", width=width, scheme=scheme) as page:
        picture = page.locator("article picture img").first
        box = picture.bounding_box()
        assert box["y"] + 100 < FOLD
        assert box["width"] >= 280
        assert picture.evaluate("each => each.complete && each.naturalWidth") == 1280
        assert scheme in picture.evaluate("each => each.currentSrc")


@pytest.mark.parametrize("width", WIDTHS)
def test_search_finds(browser, address, width):
    """What is typed into the search is found, and leads to its page."""
    with opened(browser, f"{address}/index.html", width=width, scheme="light") as page:
        if width == WIDTHS[0]:
            page.locator("label[for=__search].md-header__button").click()
        page.locator("input.md-search__input").press_sequentially("max_credits")  # it listens to keys
        found = page.locator(".md-search-result__item a").first
        found.wait_for(timeout=120_000)
        assert ".html" in found.get_attribute("href")
