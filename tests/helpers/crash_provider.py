"""A provider in a process of its own, with its own bill and private cache, that answers no more than it is told to."""

import json
import math
import sys
import threading

from hlrframe.emulator import Emulator, running

#: Seconds that outlast every run.
NEVER = 3_600.0
#: Seconds without a request after which nothing is on its way any more.
QUIET = 0.1


class Rationed(Emulator):
    """Answers until its ration is used up; what is asked after that is charged for, and its reply never comes."""

    def __init__(self, **options):
        super().__init__(**options)
        self.ration = math.inf
        self.answered = 0
        self.changed = threading.Condition()

    def receive(self, call, *, now):
        with self.changed:
            ticket = super().receive(call, now=now)
            if self.bill.numbers > self.ration:
                ticket.delay = NEVER
            self.changed.notify_all()
        return ticket

    def _end(self, ticket):
        super()._end(ticket)
        with self.changed:
            self.answered += len(ticket.charges) if ticket.delivered else 0
            self.changed.notify_all()

    def grant(self, ration):
        """Answers about so many more numbers, or all from now on; gives how many have been answered.

        What a killed run had sent is taken in first.
        """
        with self.changed:
            while self.changed.wait(QUIET):
                pass
            self.ration = self.bill.numbers + (math.inf if ration is None else ration)
            return self.answered

    def wait(self, count):
        """Returns when so many numbers have been answered; gives how many it were."""
        with self.changed:
            self.changed.wait_for(lambda: self.answered >= count)
            return self.answered

    def account(self):
        """How often each number was asked, and charged."""
        return {"asked": dict(self.bill.asked), "charges": dict(self.bill.charges), "total": str(self.bill.total)}


def main() -> None:
    """Does what each line says, as a list of the name and its arguments, and says what came of it."""
    emulator = Rationed(api_key="key", api_secret="secret", latency=0.02)
    with running(emulator) as url:
        print(url, flush=True)  # noqa: T201  # where it is
        for line in sys.stdin:
            name, *given = json.loads(line)
            print(json.dumps(getattr(emulator, name)(*given)), flush=True)  # noqa: T201  # what came of it


if __name__ == "__main__":
    main()
