"""HLR Lookup's HTTP API v2: one provider, and the example of how another one is added.

::

    client    the account, and the one place that speaks HTTP   <- open this first
    pricing   what a lookup can cost, with the source of each price
    wire/     the provider's JSON to answers and back
"""
