"""HLR Lookup's HTTP API v2: one provider, and the example of how another one is added.

::

    client        the account   <- open this first
    credentials   its key and secret, which nothing shows
    address       where it is asked: the URL, the proxy and the certificates
    session       the one place that speaks HTTP
    pricing       what a lookup can cost, with the source of each price
    manners       how it behaves where its documents leave a choice, as a value and a file
    check/        what an account can settle of all that is assumed; raw: a reply as it came
    downloads     the result of a batch, as its portal gives it
    wire/         the provider's JSON to answers and back
"""
