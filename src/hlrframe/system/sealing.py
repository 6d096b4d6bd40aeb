"""Errors that carry nobody's data away: the frames of a traceback keep their lines and lose their locals.

What collects tracebacks with their locals (error trackers, debuggers of notebooks, ``pytest -l``) would otherwise find
the numbers of a list and the bodies of requests in them.
"""

import inspect
import traceback
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

__all__ = ["sealed"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


def sealed(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Makes a function of the public interface whose errors leave without the locals of what it called.

    >>> @sealed
    ... def ask(number):
    ...     raise ValueError("no")
    >>> try:
    ...     ask("447700900123")
    ... except ValueError as error:
    ...     [frame.f_locals for frame, _ in traceback.walk_tb(error.__traceback__)][2:]
    [{}]
    """
    if inspect.iscoroutinefunction(function):
        return cast("Callable[_P, _T]", _sealed_coroutine(function))

    @wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            _clear(error)
            raise

    return call


def _sealed_coroutine(function: Callable[_P, Awaitable[_T]]) -> Callable[_P, Awaitable[_T]]:
    @wraps(function)
    async def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return await function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            _clear(error)
            raise

    return call


def _clear(error: BaseException) -> None:
    """Empties the frames of an error and of all errors that it came from, those that still run apart."""
    chain, seen = [error], set[int]()
    while chain:
        each = chain.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        traceback.clear_frames(each.__traceback__)
        chain += filter(None, (each.__cause__, each.__context__))
        if isinstance(each, BaseExceptionGroup):
            chain += each.exceptions
