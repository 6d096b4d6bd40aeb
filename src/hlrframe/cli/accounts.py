"""Whom a command asks: the account in the environment, an emulator, or nobody."""

from argparse import Namespace

from hlrframe.errors import ConfigError
from hlrframe.provider import Client, missing_variables, unused_account

__all__ = ["NoAccount", "account"]


class NoAccount(ConfigError):
    """There is no account in the environment."""


def account(options: Namespace) -> Client:
    """Gives whom a command asks.

    Raises:
        NoAccount: Nobody is named; the message says how to get an account, and how to try without.
    """
    if options.emulator:
        from hlrframe.emulator import Manners, connect  # noqa: PLC0415  # a third of a second, and seldom wanted

        return connect(manners=None if options.emulator_as is None else Manners.read(options.emulator_as))
    if getattr(options, "offline", False):
        # Nothing is sent: the address alone says whose stored answers count.
        return unused_account()
    if missing := missing_variables():
        raise NoAccount(
            f"{' and '.join(missing)} not set\n"
            "  with an account     make a v2 key and secret in its settings at https://www.hlrlookup.com, then\n"
            "                        export HLR_API_KEY=... HLR_API_SECRET=...\n"
            "  without an account  let the emulator answer; all that it says is invented:\n"
            f"                        {options.again} --emulator"
        )
    return Client.from_env()
