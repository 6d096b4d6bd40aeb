"""Whom we ask. The scheduler and the store know an answer; only this room knows how one provider writes it.

::

    protocols     what a run needs of a provider   <- open this first
    hlr_lookup/   HLR Lookup: its account, its prices, its JSON
    transport/    one host over 210 connections, and on which side of the first byte a failure is
"""

from typing import TYPE_CHECKING

from hlrframe.provider.hlr_lookup.client import Client, Ping, client_for, unused_account
from hlrframe.provider.hlr_lookup.credentials import missing_variables
from hlrframe.provider.hlr_lookup.downloads import DownloadedRow, read_download
from hlrframe.provider.hlr_lookup.manners import Manners
from hlrframe.provider.hlr_lookup.pricing import Pricing
from hlrframe.provider.protocols import Limits, PriceList, Provider, Session

if TYPE_CHECKING:
    from hlrframe.provider.hlr_lookup.check import Checked, Numbers, check_provider, steps_of_a_check

__all__ = [
    "Checked",
    "Client",
    "DownloadedRow",
    "Limits",
    "Manners",
    "Numbers",
    "Ping",
    "PriceList",
    "Pricing",
    "Provider",
    "Session",
    "check_provider",
    "client_for",
    "missing_variables",
    "read_download",
    "steps_of_a_check",
    "unused_account",
]


def __getattr__(name: str) -> object:
    """Loads the check where it is wanted: a dozen modules that nothing else needs."""
    if name not in {"Checked", "Numbers", "check_provider", "steps_of_a_check"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from hlrframe.provider.hlr_lookup import check  # noqa: PLC0415  # see above

    return getattr(check, name)
