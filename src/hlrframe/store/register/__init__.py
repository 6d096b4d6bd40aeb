"""The register beside a store: who is running, what each has claimed, its requests, and the money, over all machines.

::

    register   Register: what a run holds   <- open this first
    versions   the state as numbered objects, each made once: one change after the other
    objects    those in a folder or in a bucket, and whether they can be trusted
    bodies     the numbers behind claims and doubts; signs: who lives on this machine
    state      what the register says, and how it changes: no I/O, no clock
    shares     how many requests each run gets; funds: how much money

Nothing but making a new object is asked of the place: no lock, no change of one that is there, no clock but the one
that dates the objects.
"""

from hlrframe.store.register.funds import Grant, agree, draw, turned
from hlrframe.store.register.register import Register, Standing, register_of
from hlrframe.store.register.shares import even_shares, fair_share, settle_share
from hlrframe.store.register.state import Doubt, Fund, Member, State, close_doubt, doubt_claims, purse_of, touched

__all__ = [
    "Doubt",
    "Fund",
    "Grant",
    "Member",
    "Register",
    "Standing",
    "State",
    "agree",
    "close_doubt",
    "doubt_claims",
    "draw",
    "even_shares",
    "fair_share",
    "purse_of",
    "register_of",
    "settle_share",
    "touched",
    "turned",
]
