"""Which files are read and where each goes: one to one, many to many, many into one."""

import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hlrframe.errors import InputError
from hlrframe.files.formats import Format
from hlrframe.files.paths import check_destination, check_source
from hlrframe.model import PACKINGS

__all__ = ["Route", "plan_routes", "sources_of"]

_WILD: Final = frozenset("*?[")
#: What looks like the ending of a file.
_ENDING: Final = re.compile(r"\.[A-Za-z]\w{0,5}")
_Path = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Route:
    """Files that are read in this order, into one."""

    sources: Sequence[Path]
    destination: Path


def sources_of(source: _Path) -> Sequence[Path]:
    """Gives the files that a path, a folder or a pattern names, sorted by name.

    Of a folder these are the files right in it whose ending is known. Hidden ones are left out, as in a shell.

    Raises:
        InputError: There are none, or one cannot be read.
    """
    path = Path(source).expanduser()
    if not _is_many(path):
        return [check_source(path)]
    if path.is_dir():
        found = [each for each in path.iterdir() if not each.name.startswith(".")]
    else:
        found = [Path(each) for each in glob.glob(str(path), recursive=True)]  # noqa: PTH207  # it leaves hidden files out
    known = sorted(each for each in found if each.is_file() and Format.is_known(each))
    if not known:
        raise InputError(f"no file matches {path}: give a folder or a pattern with files that hlrframe reads")
    return [check_source(each) for each in known]


def plan_routes(source: _Path, destination: _Path) -> Sequence[Route]:
    """Decides where each file goes.

    One file goes to the destination. Of a folder or a pattern, all go into one where the destination names a file,
    else each under its own name into a folder. Where it is a pattern such as ``out/*.parquet`` each goes there with
    that ending.

    Raises:
        InputError: A file cannot be read or written, or two would get one name.
    """
    sources, to = sources_of(source), Path(destination).expanduser()
    named = not _is_many(Path(source).expanduser()) or (not to.is_dir() and Format.is_known(to))
    if named and "*" not in to.name:
        return [Route(sources, check_destination(to, sources=sources))]
    folder, ending = (to.parent, to.name.removeprefix("*")) if "*" in to.name else (to, None)
    if ending is not None and ("*" in ending or not Format.is_known(Path(f"x{ending}"))):
        raise InputError(f"cannot tell what {to} is: write it as in out/*.parquet")
    _check_folder(folder)
    names = _counterparts(sources, ending)
    return [
        Route([each], check_destination(folder / name, sources=sources, new_folder=True))
        for each, name in zip(sources, names, strict=True)
    ]


def _is_many(path: Path) -> bool:
    return path.is_dir() or (not path.exists() and not _WILD.isdisjoint(str(path)))


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"cannot write into {folder}: it is no folder; name a folder, or a file that hlrframe writes")
    if not folder.exists() and _ENDING.fullmatch(folder.suffix):
        raise InputError(
            f"cannot tell what {folder} is: of many files it may be a .csv, .parquet or other file that hlrframe "
            "writes, or a folder; make the folder first"
        )
    if not folder.exists() and not folder.parent.is_dir():
        raise InputError(f"cannot write into {folder}: the folder {folder.parent} is not there; make it first")


def _counterparts(sources: Sequence[Path], ending: str | None) -> Sequence[Path]:
    """Gives each file a name of its own under the destination: its path from the folder that all have in common."""
    common = Path(os.path.commonpath([each.parent for each in sources]))
    names = [each.relative_to(common) for each in sources]
    if ending is not None:
        names = [name.with_name(_stem(name) + ending) for name in names]
    first: dict[Path, Path] = {}
    for name, source in zip(names, sources, strict=True):
        if first.setdefault(name, source) is not source:
            raise InputError(f"{first[name]} and {source} would both become {name}: rename one of them")
    return names


def _stem(name: Path) -> str:
    return name.with_suffix("").stem if name.suffix.lower() in PACKINGS else name.stem
