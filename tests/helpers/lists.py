"""Lists of numbers for tests, and a provider of one's own."""

import asyncio
import itertools

import polars as pl
from hypothesis import strategies as st

from helpers.frames import PHONES
from helpers.virtual_time import in_virtual_time
from hlrframe.emulator import Emulator, EmulatorTransport, sample_numbers
from hlrframe.model.settings import Settings
from hlrframe.provider.hlr_lookup.client import Client
from hlrframe.run.lookup import resolve_numbers
from hlrframe.run.number_list import Cells, NumberList

GB = Settings(default_region="GB")
CELLS = st.lists(st.one_of(st.sampled_from(PHONES), st.text(max_size=6)), max_size=14)


def connected(**options):
    """Gives a provider of one's own, and a client for it."""
    provider = Emulator(seed=7, **options)
    key, secret = provider.credentials
    return provider, Client(key, secret, transport=EmulatorTransport(provider), provider="emulator")


def read(*batches, region="GB"):
    """Gives a list that was read in batches, and how each of them was read."""
    numbers = NumberList(region=region)
    return numbers, [numbers.add(Cells([pl.Series(batch, dtype=pl.String)])) for batch in batches]


def resolved(numbers, client, *, store=None, settings=GB, **options):
    """Gives the outcomes of a list; where no thread writes to a disk, waiting takes no time."""
    main = resolve_numbers(numbers, client=client, store=store, settings=settings, **options)
    return in_virtual_time(main) if store is None else asyncio.run(main)


def some(count, region="GB"):
    """Gives distinct mobiles of a region."""
    return [f"+{number}" for number in itertools.islice(sample_numbers(region, seed=3), count)]
