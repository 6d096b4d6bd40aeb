"""The decisions of a run, as a state machine: the time and chance are arguments, nothing here waits or speaks.

::

    scheduler    what to send next, when to wait, what to make of a reply   <- open this first
    queues       lanes: the waiting numbers of each network
    limits       what a run learns or keeps: windows, ramp, meter, circuit
    ledger       credits: reserve, settle, doubt
"""
