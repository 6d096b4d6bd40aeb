"""How a check goes: one request at a time, the balance after each, and nothing beyond what was given."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from hlrframe.errors import ProviderError
from hlrframe.model import credits_of, milli_of
from hlrframe.provider.hlr_lookup.check.evidence import Exchange, balance_of, parsed, stated
from hlrframe.provider.hlr_lookup.check.steps import STEPS, Ask, Situation, Step
from hlrframe.provider.hlr_lookup.client import Client, Session
from hlrframe.provider.hlr_lookup.raw import RawReply, seconds_of

__all__ = ["Course"]

_OK, _TOO_MANY = 200, 429
_REFUSED: Final = frozenset({401, 403})
#: Seconds to wait after a 429 that does not say, and at most.
_PAUSE, _LONGEST_PAUSE = 2.0, 30.0
#: Seconds until a request that nobody waited for has been billed.
_SETTLED: Final = 3.0


@dataclass(slots=True)
class Course:
    """One check as it goes.

    Args:
        situation: What is known; it grows.
        testing: The testing suite; ``None`` to leave it out.
        account: The account; ``None`` to leave it out.
        say: Told about each step before it is sent.
        sleep: Waits for some seconds.
    """

    situation: Situation
    testing: Client | None
    account: Client | None
    say: Callable[[str], object]
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    _first: int | None = None
    _left: int | None = None
    _over: str = ""

    async def run(self) -> None:
        """Makes every step that can be made; never raises for what the provider does."""
        for where, client in (("testing", self.testing), ("account", self.account)):
            steps = [step for step in STEPS if step.where == where]
            if client is None:
                why = "the testing suite was left out" if where == "testing" else "the account was not asked: --spend"
                self.situation.evidence.skipped |= dict.fromkeys((step.name for step in steps), why)
                continue
            self._over = ""
            async with client.session() as session:
                for step in steps:
                    await self._make(step, session)

    def stop(self, reason: str) -> None:
        """Leaves out every step that was not made."""
        evidence = self.situation.evidence
        left = (step.name for step in STEPS if step.name not in evidence.exchanges)
        evidence.skipped |= dict.fromkeys((name for name in left if name not in evidence.skipped), reason)

    async def _make(self, step: Step, session: Session) -> None:
        evidence, purse = self.situation.evidence, self.situation.purse
        ask = self._over or step.plan(self.situation)
        if isinstance(ask, Ask) and ask.most > purse.left:
            ask = f"{credits_of(ask.most):g} credits have to be set aside, and {credits_of(purse.left):g} are left"
        if isinstance(ask, str):
            evidence.skipped[step.name] = ask
            return
        most = f"may cost up to {credits_of(ask.most):g} credits" if ask.most else "free"
        self.say(f"{step.name}: {step.about}; {most}")
        await self.sleep(ask.pause)
        exchange = await self._exchange(step.name, ask, session)
        if step.where == "account":
            exchange = await self._account_for(step, exchange, ask, session)
        evidence.exchanges[step.name] = exchange
        self._give_up(step, exchange, ask)

    async def _exchange(self, step: str, ask: Ask, session: Session) -> Exchange:
        content = {"requests": ask.requests} if ask.requests else {}
        try:
            reply = await session.exchange(ask.endpoint, content, known=ask.known, patience=ask.patience)
            if reply.status == _TOO_MANY:
                self.situation.evidence.refusals.append(reply)
                await self.sleep(_pause_of(reply))
                reply = await session.exchange(ask.endpoint, content, known=ask.known, patience=ask.patience)
        except ProviderError as error:
            return Exchange(step, ask.endpoint, ask.requests, None, trouble=str(error))
        return parsed(step, ask.endpoint, ask.requests, reply)

    async def _account_for(self, step: Step, exchange: Exchange, ask: Ask, session: Session) -> Exchange:
        """Compares the balance before and after, and books what the step cost."""
        if exchange.endpoint == "balance":
            self._first = self._left = _milli(exchange.reply)
            return exchange
        if exchange.reply is None:
            await self.sleep(_SETTLED)
        left = await _balance(session)
        fell = None if left is None or self._left is None else self._left - left
        self._left = left
        said = [each for each in map(stated, exchange.results) if each is not None]
        total = sum(said) if len(said) == len(exchange.asked) else None
        refused = exchange.status is not None and exchange.status != _OK
        if fell is None and total is None and not refused:
            total = ask.most  # nobody knows: as if it had cost the most
        purse = self.situation.purse
        purse.spend(fell, stated=total, listed=step.listed or 0)
        if left is not None and self._first is not None:
            purse.spent = max(purse.spent, self._first - left)
        return replace(exchange, fell=fell, left=left)

    def _give_up(self, step: Step, exchange: Exchange, ask: Ask) -> None:
        cost = exchange.fell or 0
        if step.name in {"testing", "balance"} and exchange.reply is None:
            self.say(exchange.trouble)  # it names the host, and so stays out of the file
            self._over = "not reached"
        elif step.name == "balance" and exchange.status in _REFUSED:
            self._over = "the key and secret are not accepted"
        elif cost > ask.most:
            self._over = f"the check stopped: {step.name} cost {credits_of(cost):g} credits, more than was set aside"


async def _balance(session: Session) -> int | None:
    """Asks for the balance, a second time where the first gives none: it is free."""
    for _ in range(2):
        try:
            left = _milli(await session.exchange("balance", {}))
        except ProviderError:
            continue
        if left is not None:
            return left
    return None


def _milli(reply: RawReply | None) -> int | None:
    found = balance_of(reply)
    try:
        return None if found is None else milli_of(float(str(found[1])))
    except (ValueError, OverflowError):
        return None


def _pause_of(reply: RawReply) -> float:
    said = seconds_of(reply.header("retry-after"))
    return _PAUSE if said is None else min(said, _LONGEST_PAUSE)
