"""Figures as people read them: one way for a terminal, a notebook, a page and a progress line."""

import polars as pl
import pytest

from hlrframe.model import amount, duration, percent
from hlrframe.report.page.markup import data_table
from hlrframe.report.render import html_table, text_table


@pytest.mark.parametrize(
    ("share", "told"), [(0.99999, "99.9%"), (0.00001, "<0.1%"), (1.0, "100%"), (0.0, "0%"), (0.8968, "89.7%")]
)
def test_a_share_is_told_alike_everywhere(share, told):
    """Nearly all is never all and hardly any never none, in a terminal, in a notebook and on the page."""
    table = pl.DataFrame({"coverage": [share]})
    assert percent(share) == told
    assert told in text_table(table, limit=5)
    escaped = told.replace("<", "&lt;")
    assert f">{escaped}</td>" in html_table("rates", table, limit=5)
    assert f">{escaped}</th>" in data_table("rates", table, limit=5, titled=True)


@pytest.mark.parametrize(("sum_", "told"), [(1607.0, "1,607"), (0.875, "0.88"), (0.0137, "0.0137")])
def test_a_sum_is_told_alike_everywhere(sum_, told):
    """A whole sum has no point and a small one more digits, in a terminal, in a notebook and on the page."""
    table = pl.DataFrame({"credits": [sum_]})
    assert amount(sum_) == told
    assert told in text_table(table, limit=5).split()
    assert f">{told}</td>" in html_table("cost", table, limit=5)
    assert f">{told}</th>" in data_table("cost", table, limit=5, titled=True)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (0.2, "0.2 s"), (90, "1 min 30 s"), (600, "10 min"), (3599.6, "1 h"), (9000, "2 h 30 min")],
)
def test_a_length_of_time_has_one_form(seconds, told):
    """Hours and minutes, or minutes and seconds."""
    assert duration(seconds) == told
