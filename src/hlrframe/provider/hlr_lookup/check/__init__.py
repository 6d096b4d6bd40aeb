"""What an account can settle of all that is assumed of the provider: small experiments, and a file to send on.

::

    questions   what is assumed, each with its line in the documents   <- open this first
    steps       what is sent, and what it may cost
    purse       the money: set aside before, booked after
    course      one request at a time, the balance after each
    evidence    what came, raw
    outcomes    confirmed, otherwise, not tried
    form        what replies look like; money: what they cost
    shapes      a reply without what is somebody's
    record      the file, and the look through it
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hlrframe.model import credits_of, milli_of
from hlrframe.provider.hlr_lookup.check.course import Course
from hlrframe.provider.hlr_lookup.check.outcomes import Outcome
from hlrframe.provider.hlr_lookup.check.purse import Purse
from hlrframe.provider.hlr_lookup.check.questions import QUESTIONS, Question
from hlrframe.provider.hlr_lookup.check.record import names_in, record, written
from hlrframe.provider.hlr_lookup.check.steps import STEPS, Numbers, Situation
from hlrframe.provider.hlr_lookup.client import Client
from hlrframe.system import run_sync

__all__ = ["Checked", "Numbers", "check_provider", "steps_of_a_check"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to."""

    #: Each question with what it came to, in the order in which they are shown.
    findings: Sequence[tuple[Question, Outcome]]
    #: Credits that the account was charged, by its balance or by the replies, whichever says more.
    spent: float
    #: The file to send on.
    content: dict[str, Any]
    #: The same as text; ``None`` where it would hold what is somebody's, and so must not be written.
    text: str | None


def steps_of_a_check(spend: float | None) -> list[tuple[str, str, float]]:
    """Gives what a check would send: its name, what it is, and what is set aside for it, in credits."""
    purse = Purse(0)
    shown = [step for step in STEPS if step.where == "testing" or spend is not None]
    return [
        (step.name, step.about, credits_of(0 if step.listed is None else purse.most(step.listed))) for step in shown
    ]


def check_provider(
    testing: Client | None,
    account: Client | None,
    numbers: Numbers,
    *,
    spend: float = 0.0,
    say: Callable[[str], object] = lambda _: None,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Checked:
    """Makes small experiments with the testing suite, and with an account, and says what they settle.

    One request at a time; what a step may cost is set aside before, and the sum never passes ``spend`` as long as no
    price is more than twice the list's.

    Args:
        testing: The testing suite; ``None`` to leave it out.
        account: The account; ``None`` to leave it out.
        numbers: What to ask the account about.
        spend: Most credits to spend.
        say: Told about each step before it is sent.
        sleep: Waits for some seconds.
    """
    course = Course(Situation(numbers, Purse(milli_of(spend))), testing, account, say, sleep)
    try:
        run_sync(course.run)
    except KeyboardInterrupt:
        course.stop("interrupted")  # what was paid for is judged all the same
    return concluded(course)


def concluded(course: Course) -> Checked:
    """Judges what a course brought."""
    situation, account, numbers = course.situation, course.account, course.situation.numbers
    evidence = situation.evidence
    findings = [(question, question.judge(evidence)) for question in QUESTIONS]
    content = record(findings, evidence, today=dt.datetime.now(dt.UTC).date())
    given = (*numbers.mobiles, *numbers.landlines, *numbers.usa)
    secrets = [each for client in (account,) if client is not None for each in client.credentials.secrets()]
    text = written(content, secrets=secrets, numbers=given, names=names_in(evidence))
    return Checked(findings, credits_of(situation.purse.spent), content, text)
