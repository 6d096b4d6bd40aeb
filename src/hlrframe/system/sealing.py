"""Errors that carry nobody's data away: the frames of a traceback keep their lines and lose their locals.

What collects tracebacks with their locals (error trackers, debuggers of notebooks, ``pytest -l``) would otherwise find
the numbers of a list and the bodies of requests in them.
"""

import inspect
import re
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from functools import cached_property, wraps
from typing import Any, Final, ParamSpec, TypeVar, cast

from hlrframe.errors import did_you_mean

__all__ = ["is_sealed", "sealed", "sealed_class"]

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Given = TypeVar("_Given")
_Sent = TypeVar("_Sent")
_MARK: Final = "__hlrframe_sealed__"
#: What Python itself calls while it shows, compares or copies things, or makes classes; none of it raises by itself.
_UNTOUCHED: Final = frozenset(
    {"__new__", "__init_subclass__", "__class_getitem__", "__repr__", "__str__", "__hash__", "__eq__"}
)


def sealed(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Makes a function of the public interface whose errors leave without the locals of what it called.

    Coroutines and generators of either kind are sealed as they run, not only as they are made; what becomes a context
    manager is sealed below its decorator.

    >>> @sealed
    ... def ask(number):
    ...     raise ValueError("no")
    >>> try:
    ...     ask("447700900123")
    ... except ValueError as error:
    ...     [frame.f_locals for frame, _ in traceback.walk_tb(error.__traceback__)][2:]
    [{}]
    """
    for is_kind, seal in _KINDS:
        if is_kind(function):
            call = seal(function)
            break
    else:
        call = _sealed_function(function)
    setattr(call, _MARK, True)
    return cast("Callable[_P, _T]", call)


def sealed_class(owner: type[_T]) -> type[_T]:
    """Seals whatever can be called or read on objects of a public class, its private methods apart.

    >>> @sealed_class
    ... class Asker:
    ...     def __init__(self, number):
    ...         self._number = number
    ...
    ...     @property
    ...     def answer(self):
    ...         number = self._number
    ...         raise ValueError("no")
    >>> try:
    ...     Asker("447700900123").answer
    ... except ValueError as error:
    ...     [frame.f_locals for frame, _ in traceback.walk_tb(error.__traceback__)][2:]
    [{}]
    """
    for name, member in list(vars(owner).items()):
        private = name.startswith("_") and not name.startswith("__")
        if not private and name not in _UNTOUCHED and (put := _sealed_member(member)) is not None:
            setattr(owner, name, put)
    return owner


def is_sealed(member: object) -> bool:
    """Says whether a function was sealed, or what stands in its place in a class or makes a context manager of it."""
    found: Any = member
    while found is not None:
        if getattr(found, _MARK, False):
            return True
        inner = (getattr(found, name, None) for name in ("fget", "__func__", "func", "__wrapped__"))
        found = next((each for each in inner if callable(each)), None)
    return False


def _sealed_member(member: Any) -> Any:  # noqa: ANN401  # whatever stands in a class
    if is_sealed(member):
        return None
    match member:
        case staticmethod() | classmethod():
            return type(member)(sealed(member.__func__))
        case property():
            return member.getter(sealed(member.fget)) if member.fget else None
        case cached_property():
            member.func = sealed(member.func)
            return None
        case _:
            return sealed(member) if inspect.isfunction(member) else None


def _sealed_function(function: Callable[_P, _T]) -> Callable[_P, _T]:
    @wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            _explain(error, function)
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
            _explain(error, function)
            _clear(error)
            raise

    return call


def _sealed_generator(
    function: Callable[_P, Generator[_Given, _Sent, _T]],
) -> Callable[_P, Generator[_Given, _Sent, _T]]:
    @wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> Generator[_Given, _Sent, _T]:
        generator = function(*args, **kwargs)
        del args, kwargs
        try:
            return (yield from generator)
        except BaseException as error:
            del generator
            _clear(error)
            raise

    return call


def _sealed_async_generator(
    function: Callable[_P, AsyncGenerator[_Given, _Sent]],
) -> Callable[_P, AsyncGenerator[_Given, _Sent]]:
    @wraps(function)
    async def call(*args: _P.args, **kwargs: _P.kwargs) -> AsyncGenerator[_Given, _Sent]:
        generator = function(*args, **kwargs)
        del args, kwargs
        try:
            given = await anext(generator)
            while True:
                try:
                    sent = yield given
                except GeneratorExit:
                    await generator.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001  # it is the generator's to judge
                    given = await generator.athrow(error)
                else:
                    given = await generator.asend(sent)
        except StopAsyncIteration:
            return
        except BaseException as error:
            del generator
            _clear(error)
            raise

    return call


_KINDS: Final[tuple[tuple[Callable[[Any], bool], Callable[[Any], Callable[..., Any]]], ...]] = (
    (inspect.iscoroutinefunction, _sealed_coroutine),
    (inspect.isgeneratorfunction, _sealed_generator),
    (inspect.isasyncgenfunction, _sealed_async_generator),
)


def _explain(error: BaseException, function: Callable[..., Any]) -> None:
    """Says what was probably meant by a keyword that a function does not have."""
    keyword = re.search(r"unexpected keyword argument '(\w+)'", str(error)) if type(error) is TypeError else None
    raised = error.__traceback__
    if keyword is None or raised is None or raised.tb_next is not None:  # by a call further in
        return
    names = inspect.signature(function).parameters
    settings = "what to ask and how goes into settings=hlrframe.Settings(...)" if "settings" in names else ""
    hint = f"{did_you_mean(keyword[1], names)}{settings}".strip()
    error.args = (f"{error}: {hint}" if hint else str(error),)


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
