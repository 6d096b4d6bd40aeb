"""Telephone numbers to try things with: valid by the numbering plans, made up by chance that can be repeated."""

from collections.abc import Callable, Iterator
from typing import Final

import phonenumbers

from hlrframe.emulator.dice import key_of, roll
from hlrframe.emulator.numbering import detect
from hlrframe.emulator.world import Subscriber, World
from hlrframe.errors import ConfigError
from hlrframe.system import sealed

__all__ = ["find_numbers", "sample_numbers"]

#: Digits at the end of an example number that are drawn anew, and so the numbers there are.
_DRAWN: Final = 6
_COUNT: Final = 10**_DRAWN
#: Prime to the count: steps of this size come by every number once before they come back.
_STRIDE: Final = 618_033


@sealed
def sample_numbers(region: str = "GB", *, seed: int = 7) -> Iterator[str]:
    """Draws distinct valid mobile numbers of a country, up to a million of them.

    Args:
        region: ISO 3166 alpha-2 code of the country.
        seed: Decides with which one it begins.

    Raises:
        ConfigError: The country has no mobile numbers.

    >>> import itertools
    >>> list(itertools.islice(sample_numbers("GB"), 2)) == list(itertools.islice(sample_numbers("GB"), 2))
    True
    """
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        raise ConfigError(f"{region!r} has no mobile numbers: use an ISO 3166 alpha-2 code such as 'GB' or 'DE'")
    digits = f"{example.country_code}{phonenumbers.national_significant_number(example)}"
    return _drawn(digits[:-_DRAWN], int.from_bytes(roll(key_of(seed), region)[:8], "big"))


def _drawn(stem: str, start: int) -> Iterator[str]:
    for step in range(_COUNT):
        number = detect(f"{stem}{(start + step * _STRIDE) % _COUNT:0{_DRAWN}d}")
        if number is not None:
            yield number.msisdn


@sealed
def find_numbers(world: World, wanted: Callable[[Subscriber], bool], *, region: str = "GB") -> Iterator[str]:
    """Finds mobile numbers whose subscribers are as wanted.

    Args:
        world: Whose subscribers.
        wanted: Says of a subscriber whether it will do.
        region: ISO 3166 alpha-2 code of the country to look in.

    >>> world = World(7)
    >>> dead = next(find_numbers(world, lambda subscriber: subscriber.live_status == "DEAD"))
    >>> world.subscriber(dead).live_status
    'DEAD'
    """
    return (number for number in sample_numbers(region) if wanted(world.subscriber(number)))
