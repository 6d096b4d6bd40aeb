"""polars: DataFrames and LazyFrames."""

from dataclasses import replace
from typing import Any

import polars as pl

from hlrframe.frames.adapters.opened import OpenFrame, Wanted
from hlrframe.frames.to_text import texts_of

__all__ = ["open", "takes"]


def takes(frame: Any) -> bool:
    """Says whether it is a frame of polars."""
    return isinstance(frame, pl.DataFrame | pl.LazyFrame)


def open(frame: Any, wanted: Wanted) -> OpenFrame:  # noqa: A001  # the name that every adapter has
    """Opens a frame; a lazy one is collected and given back as a lazy one."""
    return _open_lazy(frame, wanted) if isinstance(frame, pl.LazyFrame) else _open_eager(frame, wanted)


def _open_eager(frame: pl.DataFrame, wanted: Wanted) -> OpenFrame:
    wanted.check(frame.columns)
    return wanted.open(
        frame.columns,
        lambda name: texts_of(frame[name]),
        lambda results: frame.with_columns(results.get_columns()),
    )


def _open_lazy(frame: pl.LazyFrame, wanted: Wanted) -> OpenFrame:
    wanted.check(frame.collect_schema().names())
    # Read once, here: a paid question must never sit in a lazy plan, which may run more than once.
    opened = _open_eager(frame.collect(), wanted)
    return replace(opened, attach=lambda results: opened.attach(results).lazy())
