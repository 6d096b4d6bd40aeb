"""Ask HLR Lookup about a data frame column of telephone numbers.

Each number once, every paid answer kept, the price known before and the bill explained after::

    import hlrframe as hf

    contacts = hf.enrich(contacts, "phone", store="answers")

The emulator needs no account: ``client=hf.emulator.connect(seed=7)``.
"""

import importlib as _importlib
import typing as _typing

from hlrframe.errors import (
    AuthError,
    ConfigError,
    DamagedWarning,
    EmulatorWarning,
    HlrframeError,
    IncompleteWarning,
    InputError,
    Interrupted,
    ProtocolError,
    ProviderError,
    RateLimited,
    ReplyLost,
    ReplyTimeout,
    RequestError,
    RunError,
    StoreError,
    Unavailable,
    UnsealedWarning,
)
from hlrframe.frames import clean, enrich, enrich_async, enrich_with_report, estimate, lookup
from hlrframe.model import (
    Enrichment,
    Estimate,
    LaneReport,
    LiveStatus,
    LookupKind,
    NumberType,
    Progress,
    Reason,
    Report,
    Settings,
    State,
    Verdict,
)
from hlrframe.provider import Client
from hlrframe.store import Store

if _typing.TYPE_CHECKING:
    from hlrframe import emulator
    from hlrframe.files import Cleaned, clean_file, enrich_file, estimate_file
    from hlrframe.frames import enrich_batches
    from hlrframe.report import Summary, summarize

__all__ = [
    "AuthError",
    "Cleaned",
    "Client",
    "ConfigError",
    "DamagedWarning",
    "EmulatorWarning",
    "Enrichment",
    "Estimate",
    "HlrframeError",
    "IncompleteWarning",
    "InputError",
    "Interrupted",
    "LaneReport",
    "LiveStatus",
    "LookupKind",
    "NumberType",
    "Progress",
    "ProtocolError",
    "ProviderError",
    "RateLimited",
    "Reason",
    "ReplyLost",
    "ReplyTimeout",
    "Report",
    "RequestError",
    "RunError",
    "Settings",
    "State",
    "Store",
    "StoreError",
    "Summary",
    "Unavailable",
    "UnsealedWarning",
    "Verdict",
    "clean",
    "clean_file",
    "emulator",
    "enrich",
    "enrich_async",
    "enrich_batches",
    "enrich_file",
    "enrich_with_report",
    "estimate",
    "estimate_file",
    "lookup",
    "summarize",
]

#: Names that are loaded when they are first used: they need duckdb, or are not needed by most.
_LATE = {
    "emulator": "hlrframe.emulator",
    "enrich_batches": "hlrframe.frames.stream",
    "Cleaned": "hlrframe.files",
    "clean_file": "hlrframe.files",
    "enrich_file": "hlrframe.files",
    "estimate_file": "hlrframe.files",
    "Summary": "hlrframe.report",
    "summarize": "hlrframe.report",
}


def __getattr__(name: str) -> _typing.Any:  # noqa: ANN401  # whatever the name stands for
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("hlrframe")
    if name not in _LATE:
        raise AttributeError(f"module 'hlrframe' has no attribute {name!r}")
    module = _importlib.import_module(_LATE[name])
    return module if name == "emulator" else getattr(module, name)


def __dir__() -> list[str]:
    return [*globals(), *_LATE, "__version__"]
