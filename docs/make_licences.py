# ruff: noqa: INP001  # a script beside the pages that it makes
"""Lists what hlrframe brings along: ``docs/licences.md`` for people, ``docs/sbom.cdx.json`` (CycloneDX) for machines.

Run ``python docs/make_licences.py`` after a dependency changed. Packages and versions are those of ``uv.lock``, extras
included; licences are what the installed packages say of themselves.
"""

import json
import re
import tomllib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCK, PAGE, BILL = ROOT / "uv.lock", ROOT / "docs" / "licences.md", ROOT / "docs" / "sbom.cdx.json"

_TOP = """\
# Licences

hlrframe itself is under the [MIT licence](https://opensource.org/license/mit). These packages come along with it; those
of an extra only where it is installed (`pip install "hlrframe[pandas]"`). Versions are those that the tests ran with;
licences are what the packages say of themselves. The same as a software bill of materials in the form of CycloneDX:
[sbom.cdx.json](sbom.cdx.json). colorama and tzdata are needed on Windows alone. Tools for development are not listed:
they are not installed with hlrframe.

`python docs/make_licences.py` makes both files.

| package | version | licence | for |
|---|---|---|---|
"""
#: Licences as classifiers name them, for packages that say it nowhere else.
_CLASSIFIED = {
    "MIT License": "MIT",
    "BSD License": "BSD",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
#: What no machine that makes these files has installed: packages of Windows alone.
_ELSEWHERE = {"colorama": "BSD-3-Clause", "tzdata": "Apache-2.0"}
#: What says less than the classifiers beside it.
_VAGUE = {"Dual License"}
#: Longer than this it is the text of a licence, not its name.
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Part:
    """One package that comes along."""

    name: str
    version: str
    #: The extras that bring it; empty for what is always there.
    extras: tuple[str, ...]


def parts(lock: Mapping[str, Any]) -> list[Part]:
    """Gives the packages that come along, by name."""
    # Where versions of Python need different versions of a package, the newest stands for all.
    packages = {
        each["name"]: each for each in sorted(lock["package"], key=lambda each: _order(each.get("version", "0")))
    }
    own = packages["hlrframe"]
    always = _closure(packages, own["dependencies"])
    brought: dict[str, set[str]] = {}
    for extra, wanted in own.get("optional-dependencies", {}).items():
        for name in _closure(packages, wanted) - always:
            brought.setdefault(name, set()).add(extra)
    names = sorted(always | brought.keys())
    return [Part(name, packages[name]["version"], tuple(sorted(brought.get(name, ())))) for name in names]


def _order(version: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", version)]


def _closure(packages: Mapping[str, Any], wanted: Iterable[Mapping[str, Any]]) -> set[str]:
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        each = waiting.pop()
        package = packages[each["name"]]
        more = [
            one for extra in each.get("extra", ()) for one in package.get("optional-dependencies", {}).get(extra, ())
        ]
        if each["name"] not in found or more:
            waiting += [*more, *(package.get("dependencies", ()) if each["name"] not in found else ())]
            found.add(each["name"])
    return found


def licence(name: str) -> str | None:
    """Gives what an installed package says of its licence; ``None`` where it is not installed."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return _ELSEWHERE.get(name)
    said = about.get("License-Expression") or about.get("License") or ""
    if said and "\n" not in said and len(said) <= _LONGEST and said not in _VAGUE:
        return said
    named = [each.rpartition(" :: ")[2] for each in about.get_all("Classifier") or () if each.startswith("License ::")]
    return " OR ".join(_CLASSIFIED.get(each, each) for each in named) or "see the package"


def page(rows: Iterable[tuple[Part, str]]) -> str:
    """Gives the page."""
    lines = (f"| {part.name} | {part.version} | {said} | {', '.join(part.extras) or 'always'} |" for part, said in rows)
    return _TOP + "\n".join(lines) + "\n"


def bill(rows: Iterable[tuple[Part, str]], version: str) -> str:
    """Gives the software bill of materials."""
    components = [*_components(rows)]
    identity = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(components, sort_keys=True))
    own = {"type": "library", "name": "hlrframe", "version": version, "bom-ref": f"pkg:pypi/hlrframe@{version}"}
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{identity}",
        "version": 1,
        "metadata": {"component": own | {"licenses": [{"license": {"id": "MIT"}}]}},
        "components": components,
    }
    return json.dumps(content, indent=1) + "\n"


def _components(rows: Iterable[tuple[Part, str]]) -> Iterator[dict[str, Any]]:
    for part, said in rows:
        link = f"pkg:pypi/{part.name}@{part.version}"
        known = re.fullmatch(r"[A-Za-z0-9.-]+( (AND|OR|WITH) [A-Za-z0-9.-]+)*", said)
        terms = {"expression": said} if known and said != "BSD" else {"license": {"name": said}}
        yield {
            "type": "library",
            "bom-ref": link,
            "name": part.name,
            "version": part.version,
            "purl": link,
            "scope": "optional" if part.extras else "required",
            "licenses": [terms],
        }


def rows() -> list[tuple[Part, str]]:
    """Gives each package with its licence."""
    lock = tomllib.loads(LOCK.read_text(encoding="utf-8"))
    return [(part, licence(part.name) or "not installed here") for part in parts(lock)]


def version() -> str:
    """Gives the version of hlrframe."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


if __name__ == "__main__":
    every = rows()
    PAGE.write_text(page(every), encoding="utf-8")
    BILL.write_text(bill(every, version()), encoding="utf-8")
