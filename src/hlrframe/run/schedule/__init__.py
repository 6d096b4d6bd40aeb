"""The decisions of a run, as a state machine: the time and chance are arguments, nothing here waits or speaks.

::

    scheduler   what to do next: send, wait, no money, done   <- open this first
    state       what the run knows at one moment
    dispatch    what leaves next
    feedback    what became of a request: answers, further tries, what the limits learn
    doubts      numbers that may have been billed without an answer
    queues      lanes: the waiting numbers of each network
    limits      what a run learns or keeps: windows, ramp, meter, circuit, allowance
    ledger      credits: reserve, settle, doubt
"""
