"""Which result belongs to which number."""

from collections.abc import Sequence

from hlrframe.provider.hlr_lookup.wire.results import Result

__all__ = ["match_results"]


def match_results(
    numbers: Sequence[str], results: Sequence[Result], *, positional: bool = False
) -> list[Result | None]:
    """Gives each number its result, or ``None`` where the reply has none for it.

    By the echoed number. A result without an echo belongs to the number at its position, but only if the counts agree
    and no echo contradicts the order: an answer for the wrong number is worse than none.

    Args:
        numbers: What was asked, distinct.
        results: What came.
        positional: Whether echoes may name other numbers, as the vendor's testing suite answers.
    """
    echoes = [_echo(each) for each in results]
    agree = len(numbers) == len(results)
    if agree and (positional or all(map(_agrees, echoes, numbers))):
        return list(results)
    # The first of two results for one number counts.
    by_echo = dict(zip(reversed(echoes), reversed(results), strict=True))
    return [by_echo.get(number) for number in numbers]


def _echo(result: Result) -> str:
    echo = result.request_parameters
    return (echo.telephone_number or "").lstrip("+") if echo is not None else ""


def _agrees(echo: str, number: str) -> bool:
    return echo in (number, "")
