"""How the emulator's subscribers change with the days: switched off and on, given up, given to somebody else, moved.

Each life is walked from day 0 on, by dice that belong to the number alone: whoever looks at the same day sees the same,
and what happened up to an earlier day is part of what happened up to a later one.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from hlrframe.emulator.dice import Bands, bands, pick, share

__all__ = ["moves_until", "status_on"]

#: Gives the dice of one number for a purpose.
_Dice = Callable[[str], bytes]

#: Days for which a status lasts on average; what is not here lasts for ever.
_LASTS: Final[Mapping[str, float]] = {
    "LIVE": 600.0,
    "ABSENT_SUBSCRIBER": 45.0,
    "DEAD": 500.0,
    "INCONCLUSIVE": 2.0,
    "NO_TELESERVICE_PROVISIONED": 120.0,
}
#: What comes after each. Who is switched off for long often gives the number up; a dead one is given out again.
_BECOMES: Final[Mapping[str, Bands]] = {
    "LIVE": bands(ABSENT_SUBSCRIBER=0.55, DEAD=0.33, NO_TELESERVICE_PROVISIONED=0.06, INCONCLUSIVE=0.06),
    "ABSENT_SUBSCRIBER": bands(LIVE=0.7, DEAD=0.3),
    "DEAD": bands(LIVE=1.0),
    "INCONCLUSIVE": bands(LIVE=0.9, DEAD=0.1),
    "NO_TELESERVICE_PROVISIONED": bands(LIVE=0.6, DEAD=0.4),
}
#: Days for which a subscriber stays with a network on average.
_STAYS: Final = 1_500.0


def status_on(day: float, *, first: str, dice: _Dice) -> str:
    """Gives the live status of a mobile number on a day.

    Args:
        day: Days since day 0.
        first: Its status on day 0.
        dice: Its dice, for a purpose.
    """
    status, reached = first, 0.0
    for step in itertools.count():
        if status not in _LASTS:
            break
        rolled = dice(f"status {step}")
        reached += _LASTS[status] * _wait(share(rolled))
        if reached > day:
            break
        status = pick(_BECOMES[status], share(rolled, 1))
    return status


def moves_until(day: float, *, dice: _Dice) -> Iterator[tuple[float, bytes]]:
    """Gives the days, up to this one, on which a number moved to another network, each with the dice that say where."""
    reached = 0.0
    for step in itertools.count():
        rolled = dice(f"move {step}")
        reached += _STAYS * _wait(share(rolled))
        if reached > day:
            break
        yield reached, rolled


def _wait(fraction: float) -> float:
    """Gives how long something of no memory takes to happen, where 1 is the average."""
    return -math.log1p(-fraction)
