"""Which files are read and where each goes: one to one, many to many, many into one."""

import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hlrframe.errors import InputError
from hlrframe.files.places.elsewhere import Delivery, as_said, delivery_to, fetched, is_elsewhere
from hlrframe.files.places.inputs import InputFile, is_partition, partition_of
from hlrframe.files.places.kinds import Format
from hlrframe.files.places.paths import check_destination
from hlrframe.model import PACKINGS
from hlrframe.system import user_path

__all__ = ["Formats", "Named", "Route", "plan_routes", "sources_of"]

_WILD: Final = frozenset("*?[")
#: What looks like the ending of a file.
_ENDING: Final = re.compile(r"\.[A-Za-z]\w{0,5}")
_Path = str | os.PathLike[str]
#: A file, a folder, a pattern, or several of these.
Named = _Path | Sequence[_Path]
#: What a source and a destination are whose names do not say so.
Formats = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Route:
    """Files that are read in this order, into one."""

    sources: Sequence[InputFile]
    destination: Path
    #: Columns of the folders that the files lay in and that the destination does not lie in, too.
    partitions: Sequence[str] = ()
    #: How what was written gets where it is meant to be, where that is elsewhere.
    delivery: Delivery | None = None


def sources_of(source: Named, source_format: str | None = None) -> Sequence[InputFile]:
    """Gives the files that a path, a folder or a pattern names, sorted by name; those of several one after the other.

    Of a folder these are the files right in it whose ending is known, and those in folders such as ``country=FR``; all
    of them where somebody says what they are. Hidden ones are left out, as in a shell.

    Raises:
        InputError: There are none, or one cannot be read.
    """
    found: list[InputFile] = []
    for name in dict.fromkeys(_listed(source)):
        if is_elsewhere(name):
            found.append(fetched(name, source_format))
        else:
            there = {each.origin for each in found}
            paths = _files_of(user_path(name), of_any_name=source_format is not None)
            found += [_input(path, source_format) for path in paths if path not in there]
    return found


def _input(path: Path, source_format: str | None) -> InputFile:
    return InputFile.of(path) if source_format is None or not path.is_file() else as_said(path, source_format)


def _listed(source: Named) -> Sequence[str]:
    named = [source] if isinstance(source, str | os.PathLike) else list(source)
    if not named:
        raise InputError("there is no file to read: name one")
    return [os.fspath(each) for each in named]


def _files_of(path: Path, *, of_any_name: bool = False) -> Sequence[Path]:
    if not _is_many(path):
        return [path]
    # A glob leaves hidden files out, as Path.glob does not.
    found = _inside(path) if path.is_dir() else map(Path, glob.glob(str(path), recursive=True))  # noqa: PTH207  # Path.glob takes no absolute pattern
    known = _table(sorted(each for each in found if each.is_file() and (of_any_name or Format.is_known(each))))
    if not known:
        raise InputError(f"no file matches {path}: give a folder or a pattern with files that hlrframe reads")
    return known


def _table(paths: Sequence[Path]) -> Sequence[Path]:
    """Leaves out what programs that write tables in folders put beside them, under names with an underscore."""
    if not any(map(partition_of, paths)):
        return paths
    common = _common(paths)
    return [each for each in paths if not any(part.startswith("_") for part in each.relative_to(common).parts)]


def _inside(folder: Path) -> Iterator[Path]:
    for each in folder.iterdir():
        if each.is_dir() and is_partition(each.name):
            yield from _inside(each)
        elif not each.name.startswith("."):
            yield each


def plan_routes(
    source: Named, destination: _Path, *, formats: "Formats" = (None, None), of: object = None
) -> Sequence[Route]:
    """Decides where each file goes.

    One file goes to the destination. Of several, all go into one where the destination names a file, else each under
    its own name into a folder. Where it is a pattern such as ``out/*.parquet`` each goes there with that ending.

    Args:
        source: What is read.
        destination: Where it goes.
        formats: What a source and a destination are whose names do not say so.
        of: Tells the command from others.

    Raises:
        InputError: A file cannot be read or written, or two would get one name.
    """
    named = _listed(source)
    sources = sources_of(source, formats[0])
    many = len(named) > 1 or (not is_elsewhere(named[0]) and _is_many(user_path(named[0])))
    delivery = delivery_to(destination, formats[1], source=sources[0].format, of=of)
    if delivery is not None:
        return [Route(sources, delivery.path, _partitions(sources, delivery.path) if many else (), delivery)]
    to = user_path(destination)
    if (not many or (not to.is_dir() and Format.is_known(to))) and "*" not in to.name:
        path = check_destination(to, sources=_origins(sources))
        return [Route(sources, path, _partitions(sources, path) if many else ())]
    folder, ending = (to.parent, to.name.removeprefix("*")) if "*" in to.name else (to, None)
    if ending is not None and ("*" in ending or not Format.is_known(Path(f"x{ending}"))):
        raise InputError(f"cannot tell what {to} is: write it as in out/*.parquet")
    _check_folder(folder)
    paths = [
        check_destination(folder / name, sources=_origins(sources), new_folder=True)
        for name in _counterparts(sources, ending)
    ]
    return [Route([each], path, _partitions([each], path)) for each, path in zip(sources, paths, strict=True)]


def _origins(sources: Sequence[InputFile]) -> Sequence[Path]:
    return [each.origin for each in sources if each.origin.exists()]


def _partitions(sources: Sequence[InputFile], destination: Path) -> Sequence[str]:
    """Names the columns of partitions that the destination's own path does not say."""
    said = partition_of(destination)
    values = ((name, value) for each in sources for name, value in each.partition.items())
    return list(dict.fromkeys(name for name, value in values if (name, value) not in said.items()))


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


def _counterparts(sources: Sequence[InputFile], ending: str | None) -> Sequence[Path]:
    """Gives each file a name of its own under the destination: its path from the folder that all have in common."""
    common = _common([each.origin for each in sources])
    names = [each.origin.relative_to(common) for each in sources]
    if ending is not None:
        names = [name.with_name(_stem(name) + ending) for name in names]
    first: dict[Path, Path] = {}
    for name, source in zip(names, sources, strict=True):
        if first.setdefault(name, source.origin) is not source.origin:
            raise InputError(f"{first[name]} and {source.origin} would both become {name}: rename one of them")
    return names


def _common(paths: Sequence[Path]) -> Path:
    """Gives the folder that all files have in common, above those that name columns: these are part of the layout."""
    common = Path(os.path.commonpath([each.parent for each in paths]))
    while is_partition(common.name):
        common = common.parent
    return common


def _stem(name: Path) -> str:
    return name.with_suffix("").stem if name.suffix.lower() in PACKINGS else name.stem
