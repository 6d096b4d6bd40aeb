"""Which result belongs to which number."""

from collections.abc import Sequence

from hlrframe.provider.hlr_lookup.wire.results import Result

__all__ = ["charges_beside", "match_results"]


def match_results(
    numbers: Sequence[str], results: Sequence[Result], *, positional: bool = False
) -> list[Result | None]:
    """Gives each number its result, or ``None`` where the reply has none for it.

    By the echoed number, or by the detected one where there is no echo. A result that names no number belongs to the
    one at its position, but only if the counts agree and no other result contradicts the order: an answer for the wrong
    number is worse than none.

    Args:
        numbers: What was asked, distinct.
        results: What came.
        positional: Whether echoes may name other numbers, as the vendor's testing suite answers.
    """
    agree = len(numbers) == len(results)
    if agree and positional:
        return list(results)
    named = [_named(each) for each in results]
    if agree and (named == list(numbers) or all(map(_is_or_unnamed, named, numbers))):
        return list(results)
    # The first of two results for one number counts.
    by_name = dict(zip(reversed(named), reversed(results), strict=True))
    return [by_name.get(number) for number in numbers]


def charges_beside(
    numbers: Sequence[str], results: Sequence[Result], matched: Sequence[Result | None]
) -> dict[int, float]:
    """Gives what results cost that are nobody's answer: of numbers that were not asked, or there twice.

    They are charged all the same, and so they are booked: each on the number that it names; else, where as many came as
    were asked, on one without an answer, in whose place it stands; else on the first one that has an answer.

    Args:
        numbers: What was asked.
        results: What came.
        matched: What :func:`match_results` made of it.

    Returns:
        Credits by the place of the number that they are booked on.
    """
    if len(results) == len(matched) and None not in matched:
        return {}  # each is the answer to a number of its own
    taken = {id(each) for each in matched}
    left = [each for each in results if each.charged and id(each) not in taken]
    if not left:
        return {}
    places = {number: place for place, number in enumerate(numbers)}
    first = next((place for place, each in enumerate(matched) if each is not None), 0)
    missing = [place for place, each in enumerate(matched) if each is None] if len(results) == len(numbers) else []
    beside: dict[int, float] = {}
    for each in left:
        place = places.get(_named(each), missing.pop() if missing else first)
        beside[place] = beside.get(place, 0.0) + (each.charged or 0.0)
    return beside


def _named(result: Result) -> str:
    """Gives the number that a result says it is about; empty where it names none."""
    echo = result.request_parameters
    name = (echo.telephone_number if echo is not None else None) or result.detected_number or ""
    return name.lstrip("+")


def _is_or_unnamed(name: str, number: str) -> bool:
    return name in (number, "")
