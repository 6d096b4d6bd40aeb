"""Packages that not everybody has: imported where they are used, and named with the line that installs them."""

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hlrframe.errors import ConfigError

__all__ = ["extra", "quiet"]


def extra(package: str, *, of: str, for_what: str) -> Any:  # noqa: ANN401  # a module
    """Imports a package of an extra.

    Args:
        package: Its name.
        of: The extra that installs it.
        for_what: What needs it.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ConfigError(f'{for_what} needs {package}: pip install "hlrframe[{of}]"') from error


@contextmanager
def quiet(package: str) -> Iterator[None]:
    """Keeps what a package tells its log from standard error, which a log without a handler is."""
    log, handler = logging.getLogger(package), logging.NullHandler()
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
