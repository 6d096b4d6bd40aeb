"""Which countries have telephone numbers of their own."""

import phonenumbers

from hlrframe.errors import ConfigError

__all__ = ["check_region"]


def check_region(region: str | None) -> str | None:
    """Gives the region in capitals.

    Raises:
        ConfigError: The region is no ISO 3166 alpha-2 code that has a numbering plan.

    >>> check_region("gb")
    'GB'
    """
    if region is None:
        return None
    code = str(region).strip().upper()
    if code == "UK":
        code = "GB"
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ConfigError(f"{region!r} is no region: use an ISO 3166 alpha-2 code such as 'GB', 'DE' or 'US'")
    return code
