"""More money for a run that has none left, where others on its budget may give something back."""

import asyncio
from collections.abc import Callable
from typing import Final

from hlrframe.errors import StoreError
from hlrframe.run.team.heart import Heart, TakenForDead
from hlrframe.run.team.purse import Purse
from hlrframe.store import Grant

__all__ = ["Refill"]

#: Seconds to wait before the budget is looked at again.
MONEY_PAUSE: Final = 0.25


class Refill:
    """Waits until the shared budget has something, or nobody can give anything back.

    Args:
        purse: What is to be filled.
        ask: Asks the register for money, saying that nothing can be sent before it comes.
        heart: Knows whether the run must end; is told when it must.
    """

    def __init__(self, purse: Purse, ask: Callable[[], Grant], heart: Heart) -> None:
        self._purse = purse
        self._ask = ask
        self._heart = heart

    async def __call__(self) -> bool:
        """Says whether there is more now."""
        while self._purse.lacks and self._heart.trouble is None:
            grows, exhausted = await asyncio.to_thread(self._ask_once)
            if grows or exhausted:
                return grows
            await asyncio.sleep(MONEY_PAUSE)
        return False

    def _ask_once(self) -> tuple[bool, bool]:
        try:
            grant = self._ask()
        except TakenForDead as error:
            self._heart.trouble = error
            return False, False
        except StoreError:  # the place is away: it is tried again
            return False, False
        return self._purse.take_over(grant.level), grant.exhausted
