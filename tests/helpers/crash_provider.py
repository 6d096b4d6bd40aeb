"""A provider in a process of its own, with its own bill and private cache, that answers no more than it is told to."""

import json
import math
import sys
import threading

from hlrframe.emulator import Emulator, running

#: Seconds that outlast every run.
NEVER = 3_600.0


class Rationed(Emulator):
    """Answers until its ration is used up; what is asked after that is charged for, and its reply never comes."""

    def __init__(self, **options):
        super().__init__(**options)
        self.ration = math.inf
        self.asked = threading.Condition()

    def receive(self, call, *, now):
        with self.asked:
            ticket = super().receive(call, now=now)
            if self.bill.numbers > self.ration:
                ticket.delay = NEVER
            self.asked.notify_all()
        return ticket

    def grant(self, ration):
        """Answers about so many more numbers, or all from now on; gives how many have been asked."""
        with self.asked:
            self.ration = self.bill.numbers + (math.inf if ration is None else ration)
            return self.bill.numbers

    def wait(self, count):
        """Returns when so many numbers have been asked; gives how many it were."""
        with self.asked:
            self.asked.wait_for(lambda: self.bill.numbers >= count)
            return self.bill.numbers

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
