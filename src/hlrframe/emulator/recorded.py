"""The manners of the vendor's testing suite: recorded answers, nearest match, chance latency, nothing charged.

Its recorded numbers are not published as a whole. Those that the vendor's own examples use are here with what is known
of them; the others are libphonenumber's example numbers with invented answers.
"""

import dataclasses
import itertools
import operator
from typing import Final

import phonenumbers

from hlrframe.emulator.countries import country_of
from hlrframe.emulator.networks import Network
from hlrframe.emulator.numbering import digits_of
from hlrframe.emulator.requests import Query
from hlrframe.emulator.traffic import Latency, Throttle
from hlrframe.emulator.world import Subscriber, World

__all__ = ["CREDENTIAL", "LATENCY", "RECORDED_AT", "THROTTLES", "Recordings"]

#: Public key and secret of the testing suite.
CREDENTIAL: Final = "speedtest"
#: Time stamp of every recorded answer: 2022-09-08T10:56:03Z.
RECORDED_AT: Final = 1_662_634_563.0
#: Networks as the suite imitates them; Afghanistan is slow.
LATENCY: Final = Latency(network=0.8, jitter=0.75, slow={"+93": 6.0})
#: Chance refusals above 200 requests a second, and of Afghan numbers at any speed.
THROTTLES: Final = (
    Throttle(lane="*", per_second=200, counted="requests", chance=0.5),
    Throttle(lane="+93", in_flight=0, counted="requests", chance=0.15),
)
_VENDOR: Final = ("441133910781", "447540822872", "447790606023", "17148307000", "306912345678")
_EXAMPLES: Final = ("AF", "AU", "BR", "CA", "DE", "ES", "FR", "GN", "IE", "IN", "IT", "NG", "NL", "PL", "SE", "ZA")


class Recordings:
    """The recorded answers.

    >>> query, subscriber = Recordings().closest(Query("447790606099"))
    >>> query.telephone_number, subscriber.original.name
    ('447790606023', 'EE Limited (Orange)')
    """

    def __init__(self) -> None:
        world = World(0)
        examples = (
            phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE) for region in _EXAMPLES
        )
        digits = [f"{each.country_code}{phonenumbers.national_significant_number(each)}" for each in examples if each]
        self._subscribers = {each: world.subscriber(each) for each in sorted((*_VENDOR, *digits))}
        self._subscribers.update({each.msisdn: each for each in _known(world)})

    @property
    def numbers(self) -> tuple[str, ...]:
        """The recorded numbers, sorted."""
        return tuple(self._subscribers)

    def closest(self, query: Query) -> tuple[Query, Subscriber]:
        """Gives the recording with the longest common prefix, and the query as its answer echoes it."""
        digits = digits_of(query.telephone_number)
        recorded = max(self._subscribers, key=lambda each: _common(each, digits))
        return dataclasses.replace(query, telephone_number=recorded), self._subscribers[recorded]


def _common(left: str, right: str) -> int:
    return sum(itertools.takewhile(bool, map(operator.eq, left, right)))


def _known(world: World) -> list[Subscriber]:
    britain, greece = country_of("GB"), country_of("GR")
    virgin = dataclasses.replace(
        world.subscriber("447790606023"),
        live_status="LIVE",
        original=Network("EE Limited (Orange)", "23433", britain, "44"),
        current=Network("Virgin Mobile", "23438", britain, "44"),
        ported=True,
        ported_date="2018-05-14",
        disposable="NO",
    )
    vodafone = Network("Vodafone Greece", "20205", greece, "30")
    greek = dataclasses.replace(
        world.subscriber("306912345678"),
        live_status="LIVE",
        original=vodafone,
        current=vodafone,
        ported=False,
        ported_date=None,
    )
    return [virgin, greek, dataclasses.replace(world.subscriber("447540822872"), live_status="LIVE")]
