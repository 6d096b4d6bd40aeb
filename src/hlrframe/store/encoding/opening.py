"""Opening a store: which encoding it has, and where the key comes from."""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hlrframe.errors import ConfigError, PrivacyWarning, StoreError
from hlrframe.store.encoding.privacy import ARGUMENTS, PLAIN, VARIABLES, Encoding, Hashed, Key, KeySource, cure_for

__all__ = ["encoding_of"]


def encoding_of(
    facts: Mapping[str, Any] | None,
    *,
    key: KeySource | None = None,
    hash_key: KeySource | None = None,
    path: Path | str,
) -> Encoding:
    """Chooses the encoding of a store that is opened; whether its key fits is for :meth:`Encoding.check` to say.

    What is marked stays as it is, and takes its key from the environment where none was given. A new store is
    encrypted or hashed if a key was given, or else stands in the environment.

    Args:
        facts: What the store's marker says; ``None`` for a new one.
        key: The key of an encrypted store.
        hash_key: The key of a hashed one.
        path: The store.

    Raises:
        ConfigError: Both keys, no key at all, or what is no key.
        StoreError: The store is of another mode than the key is for.
    """
    given = {mode: source for mode, source in (("encrypted", key), ("hashed", hash_key)) if source is not None}
    if len(given) > 1:
        raise ConfigError("a store is encrypted or hashed, not both: give key or hash_key")
    mode = next(iter(given), None) or _mode_at_hand() if facts is None else _mode_in(facts, path)
    if given.keys() - {mode}:
        raise StoreError(f"{path} is {mode}: {cure_for(mode)}")
    if mode == "plain":
        _warn_of_unused_keys(path)
        return PLAIN
    made = Key(given[mode] if mode in given else _from_environment(mode, path))
    return Hashed(made) if mode == "hashed" else _encrypted(made)


def _warn_of_unused_keys(path: Path | str) -> None:
    for name in filter(os.environ.get, VARIABLES.values()):
        cure = f"name a new folder for a private store, or unset {name} if this one is meant to be plain"
        warnings.warn(f"{name} is set, but numbers lie in {path} as they are: {cure}", PrivacyWarning, stacklevel=2)


def _encrypted(key: Key) -> Encoding:
    # Here: few stores are encrypted, and it needs packages that are not everywhere.
    from hlrframe.store.encoding.cipher import Encrypted  # noqa: PLC0415  # needs an extra

    return Encrypted(key)


def _mode_at_hand() -> str:
    modes = [mode for mode, name in VARIABLES.items() if os.environ.get(name)]
    if len(modes) > 1:
        raise ConfigError(f"{' and '.join(VARIABLES.values())} are both set: unset one, or give key or hash_key")
    return modes[0] if modes else "plain"


def _mode_in(facts: Mapping[str, Any], path: Path | str) -> str:
    mark = facts.get("privacy")
    if mark is None:
        return "plain"
    if isinstance(mark, dict) and mark.get("mode") in VARIABLES:
        return str(mark["mode"])
    raise StoreError(f"cannot tell how {path} keeps its numbers: upgrade hlrframe, or restore store.json from a backup")


def _from_environment(mode: str, path: Path | str) -> str:
    value = os.environ.get(VARIABLES[mode])
    if not value:
        raise ConfigError(f"{path} is {mode}: give its {ARGUMENTS[mode]}, or set {VARIABLES[mode]}")
    return value
