"""Ask HLR Lookup about a data frame column of telephone numbers.

Each number once, every paid answer kept, the price known before and the bill explained after::

    import hlrframe as hf

    contacts = hf.enrich(contacts, "phone", store="answers")

The emulator needs no account: ``client=hf.emulator.connect(seed=7)``.
"""

import importlib as _importlib

TYPE_CHECKING = False  # as typing says it, which takes long to load: until then Ctrl-C is heard by nobody
if TYPE_CHECKING:
    import typing as _typing

    from hlrframe import emulator
    from hlrframe.errors import (
        AttachError,
        AuthError,
        BudgetWarning,
        ConfigError,
        DamagedWarning,
        EmulatorWarning,
        GuessWarning,
        HlrframeError,
        IncompleteWarning,
        InputError,
        Interrupted,
        PrivacyWarning,
        ProtocolError,
        ProviderError,
        RateLimited,
        ReplyLost,
        ReplyTimeout,
        RequestError,
        ResourceError,
        RunError,
        StoreError,
        Unavailable,
        UnsealedWarning,
        UnsharedWarning,
    )
    from hlrframe.files import Cleaned, clean_file, enrich_file, estimate_file, import_results, select_file
    from hlrframe.frames import (
        Explanation,
        Selection,
        clean,
        enrich,
        enrich_async,
        enrich_batches,
        enrich_with_report,
        estimate,
        explain,
        lookup,
        select,
    )
    from hlrframe.model import (
        Budget,
        Enrichment,
        Estimate,
        LaneReport,
        LiveStatus,
        LookupKind,
        NumberType,
        Progress,
        Reason,
        Reply,
        Report,
        Settings,
        State,
        Verdict,
    )
    from hlrframe.provider import Client
    from hlrframe.report import Summary, summarize
    from hlrframe.run import Imported, opentelemetry_counters, prometheus_counters
    from hlrframe.store import Store

del TYPE_CHECKING

__all__ = [
    "AttachError",
    "AuthError",
    "Budget",
    "BudgetWarning",
    "Cleaned",
    "Client",
    "ConfigError",
    "DamagedWarning",
    "EmulatorWarning",
    "Enrichment",
    "Estimate",
    "Explanation",
    "GuessWarning",
    "HlrframeError",
    "Imported",
    "IncompleteWarning",
    "InputError",
    "Interrupted",
    "LaneReport",
    "LiveStatus",
    "LookupKind",
    "NumberType",
    "PrivacyWarning",
    "Progress",
    "ProtocolError",
    "ProviderError",
    "RateLimited",
    "Reason",
    "Reply",
    "ReplyLost",
    "ReplyTimeout",
    "Report",
    "RequestError",
    "ResourceError",
    "RunError",
    "Selection",
    "Settings",
    "State",
    "Store",
    "StoreError",
    "Summary",
    "Unavailable",
    "UnsealedWarning",
    "UnsharedWarning",
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
    "explain",
    "import_results",
    "lookup",
    "opentelemetry_counters",
    "prometheus_counters",
    "select",
    "select_file",
    "summarize",
]

#: Where each public name is at home; those that are not here are errors. A name is loaded when it is first used, so
#: that ``hlrframe --help`` waits for no column and no socket.
_HOMES: "_typing.Final" = {
    **dict.fromkeys(("Cleaned", "clean_file", "enrich_file", "estimate_file", "select_file"), "files"),
    **dict.fromkeys(("clean", "enrich", "enrich_async", "enrich_batches", "enrich_with_report"), "frames"),
    **dict.fromkeys(("Explanation", "Selection", "estimate", "explain", "lookup", "select"), "frames"),
    **dict.fromkeys(
        ("Budget", "Enrichment", "Estimate", "LaneReport", "Progress", "Reply", "Report", "Settings"), "model"
    ),
    **dict.fromkeys(("LiveStatus", "LookupKind", "NumberType", "Reason", "State", "Verdict"), "model"),
    **dict.fromkeys(("Summary", "summarize"), "report"),
    "Client": "provider",
    **dict.fromkeys(("Imported", "opentelemetry_counters", "prometheus_counters"), "run"),
    "import_results": "files",
    "Store": "store",
}


def __getattr__(name: str) -> "_typing.Any":  # noqa: ANN401  # whatever the name stands for
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415  # reads files: only when asked

        return version("hlrframe")
    if name == "emulator":
        return _importlib.import_module("hlrframe.emulator")
    if name not in __all__:
        raise AttributeError(f"module 'hlrframe' has no attribute {name!r}")
    return getattr(_importlib.import_module(f"hlrframe.{_HOMES.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
