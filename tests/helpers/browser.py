"""A real headless Chromium, and what to measure of a page in it."""

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")


def missing():
    """Gives why there is no browser to test with; empty where there is one."""
    try:
        import playwright.sync_api  # noqa: F401, PLC0415  # an optional group
    except ImportError:
        return "playwright is not installed: uv sync --group browser"
    return "" if executable() else "Chromium is not installed: apt-get install chromium"


def executable():
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def chromium():
    """Gives a browser; a test that asks for it is skipped where there is none and none is required."""
    reason = missing()
    if reason and os.environ.get("HLRFRAME_BROWSER") == "required":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # an optional group

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """What a page did and looked like."""

    #: Addresses that were asked for.
    requests: list = field(default_factory=list)
    #: Whatever the page said on the console, threw, or asked in a dialogue.
    said: list = field(default_factory=list)
    #: What ``MEASURE`` found, with its tables closed and with all of them open.
    closed: dict = field(default_factory=dict)
    open: dict = field(default_factory=dict)


@contextmanager
def opened(browser, address, *, width, scheme, visit=None):
    """Opens a page; what it does is noted from the first moment."""
    visit = visit or Visit()
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    try:
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on("console", lambda message: visit.said.append(message.text))
        page.on("pageerror", lambda error: visit.said.append(str(error)))
        page.on("dialog", lambda dialog: (visit.said.append(dialog.message), dialog.dismiss()))
        page.goto(address)
        yield page
    finally:
        page.close()


def visited(browser, address, *, width, scheme):
    """Opens a page and measures it, first as it opens and then with every table open."""
    visit = Visit()
    with opened(browser, address, width=width, scheme=scheme, visit=visit) as page:
        visit.closed = page.evaluate(MEASURE)
        page.evaluate(OPEN)
        visit.open = page.evaluate(MEASURE)
    return visit


OPEN = "document.querySelectorAll('details').forEach(each => { each.open = true; })"

#: Gives what is wrong with a page, by kind; each an empty list where nothing is.
MEASURE = r"""() => {
  const round = each => Math.round(each * 100) / 100;
  const parse = colour => {
    const parts = (colour.match(/-?[\d.]+(e-?\d+)?/g) || []).map(Number);
    const scale = colour.startsWith('color(srgb') ? 255 : 1;
    return [...parts.slice(0, 3).map(each => each * scale), parts.length > 3 ? parts[3] : 1];
  };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = colour => {
    const [r, g, b] = colour.slice(0, 3).map(each => {
      const part = each / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const shown = element => element.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const behind = element => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  // A pattern is as many grounds as it has fills.
  const fills = shape => {
    const style = getComputedStyle(shape);
    const pattern = style.fill.match(/url\("#(.+?)"\)/);
    const parts = pattern ? [...document.getElementById(pattern[1]).children] : [shape];
    return parts.map(part => {
      const colour = parse(getComputedStyle(part).fill);
      return [...colour.slice(0, 3), colour[3] * Number(style.fillOpacity)];
    });
  };
  // What lies under a text can be asked for only within the window.
  const grounds = (element, range) => {
    const chart = element.closest('svg[role=img]');
    const paper = behind(chart ? chart.parentElement : element);
    if (!chart) return [paper];
    chart.scrollIntoView({block: 'center'});
    const box = range.getBoundingClientRect();
    const found = [];
    for (const share of [0.05, 0.5, 0.95]) {
      const under = document.elementsFromPoint(box.left + box.width * share, box.top + box.height / 2)
        .find(each => ['rect', 'path', 'circle'].includes(each.tagName));
      if (under) fills(under).forEach(fill => found.push(over(fill, paper)));
      else found.push(paper);
    }
    return found;
  };

  const overflow = [document.documentElement, ...document.querySelectorAll('header, section, figure, footer, dl, ul')]
    .filter(each => each.scrollWidth > each.clientWidth)
    .map(each => `${each.tagName} ${each.className} ${each.scrollWidth} > ${each.clientWidth}`);

  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    if (!node.data.trim() || element.closest('title, desc, style, script') || !shown(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    if (!range.getBoundingClientRect().width) continue;
    const style = getComputedStyle(element);
    const ink = parse(element.closest('svg') ? style.fill : style.color);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const worst = Math.min(...grounds(element, range).map(ground => contrast(over(ink, ground), ground)));
    if (worst < (large ? 3 : 4.5)) faint.push(`${node.data.trim().slice(0, 40)}: ${round(worst)}`);
  }

  const overlaps = [];
  const outside = [];
  for (const chart of document.querySelectorAll('svg[role=img]')) {
    const frame = chart.getBoundingClientRect();
    const boxes = [...chart.querySelectorAll('text')].filter(shown)
      .map(each => ({words: each.textContent.slice(0, 40), box: each.getBoundingClientRect()}))
      .filter(each => each.box.width);
    boxes.forEach(({words, box}, i) => {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 2) {
        outside.push(words);
      }
      boxes.slice(i + 1).forEach(other => {
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        if (across > 1 && down > 1) overlaps.push(`${words} / ${other.words}`);
      });
    });
  }

  const nameless = [];
  for (const image of document.querySelectorAll('svg:not(svg svg), img')) {
    if (image.getAttribute('aria-hidden') === 'true') continue;
    const name = (image.getAttribute('aria-label') || '').trim();
    const told = image.querySelector(':scope > title') && image.querySelector(':scope > desc');
    const table = image.closest('section') && image.closest('section').querySelector('table');
    if (image.getAttribute('role') !== 'img' || !name || !told || !table) nameless.push(image.outerHTML.slice(0, 80));
  }

  return {
    overflow, faint, overlaps, outside, nameless,
    headings: [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(each => Number(each.tagName[1])),
    elements: [...new Set([...document.querySelectorAll('*')].map(each => each.tagName.toLowerCase()))].sort(),
    charts: document.querySelectorAll('svg[role=img]').length,
    tables: [...document.querySelectorAll('table')].filter(shown).length,
    words: document.body.innerText,
    paper: getComputedStyle(document.body).backgroundColor,
  };
}"""
