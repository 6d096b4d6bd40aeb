"""Which phone columns are read, and what the results of each are called in the caller's frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Final, Self

import pyarrow as pa

from hlrframe.errors import ConfigError, InputError
from hlrframe.model.columns import BEST_COLUMNS, COLUMNS, select_columns
from hlrframe.model.masking import named

__all__ = ["BEST", "Naming", "phones_of"]

#: The word for the short form: one best number a row.
BEST: Final = "best"
#: What the short form is made of, beside the verdict that every row has.
_BEST_NEEDS: Final = ("msisdn", "verdict", "number_type", "current_network", "original_network")


@dataclass(frozen=True, slots=True)
class Naming:
    """Names of result columns.

    One phone column: the prefix and the column of the result (``hlr_verdict``). Several: the phone column before them
    (``mobile_hlr_verdict``), and the columns of the best number, which belong to the row (``hlr_best_verdict``).
    """

    #: The phone columns, in the order in which they are preferred; patterns until they are :meth:`found`.
    columns: tuple[Any, ...]
    #: Names of ``COLUMNS`` that are given for each phone column.
    kept: tuple[str, ...]
    prefix: str
    #: Whether the caller named several columns, or a pattern, which may match several.
    several: bool
    #: Whether a row with several numbers says which of them is the best.
    best: bool = True
    #: Whether what belongs to the row is all that is given.
    short: bool = False
    #: Whether times say that they are in UTC.
    zoned: bool = True

    @classmethod
    def of(cls, column: Any, *, columns: str | Sequence[str], prefix: str, zoned: bool = True) -> Self:  # noqa: ANN401  # a label may be anything
        """Reads what a caller asked for.

        Args:
            column: Name of the phone column, a pattern such as ``"Phone*"``, or a list of these.
            columns: ``"standard"``, ``"all"``, ``"best"``, or a list of names.
            prefix: Put before the name of every result column.
            zoned: Whether times say that they are in UTC.

        Raises:
            ConfigError: A name is no column, or there is none.
            InputError: No phone column is named.

        >>> Naming.of("phone", columns=["verdict"], prefix="hlr_").adding
        ['hlr_verdict']
        >>> Naming.of(["mobile", "home"], columns=["verdict"], prefix="hlr_").adding[:3]
        ['mobile_hlr_verdict', 'home_hlr_verdict', 'hlr_best_column']
        """
        short = columns == BEST
        kept = tuple(each.name for each in select_columns("standard" if short else columns))
        if not kept:
            raise ConfigError("columns names no column: use 'standard', 'all', 'best', or a list of names")
        return replace(cls.of_names(column, kept, prefix=prefix), best=True, short=short, zoned=zoned)

    @classmethod
    def of_names(cls, column: Any, kept: Sequence[str] = (), *, prefix: str = "") -> Self:  # noqa: ANN401  # see of()
        """Reads phone columns whose results are other than those of :meth:`of`, or are none.

        Args:
            column: As for :meth:`of`.
            kept: Names of the results of each phone column.
            prefix: As for :meth:`of`.

        Raises:
            InputError: No phone column is named.
        """
        several = isinstance(column, list)
        phones = tuple(_distinct(column)) if several else (column,)
        if not phones:
            raise InputError("column names no phone column: pass a name, or a list of names")
        return cls(phones, tuple(kept), prefix, several=several, best=False)

    def found(self, names: Sequence[Any]) -> Self:
        """Gives the same with the columns that a frame has in place of patterns, in the frame's order.

        A pattern that is a column's own name is that column.

        A tuple is a label of pandas' where the frame has it, else a list of names.

        >>> Naming.of("Phone*", columns=["verdict"], prefix="").found(["id", "Phone 1", "Phone 2"]).columns
        ('Phone 1', 'Phone 2')
        """
        if not self.several and isinstance(self.columns[0], tuple) and self.columns[0] not in names:
            return replace(self, columns=tuple(_distinct(self.columns[0])), several=True).found(names)
        if not any(_is_pattern(each, names) for each in self.columns):
            return self
        columns = [
            match for each in self.columns for match in (_matches(each, names) if _is_pattern(each, names) else [each])
        ]
        return replace(self, columns=tuple(_distinct(columns)), several=True)

    @property
    def needed(self) -> list[str]:
        """Names of ``COLUMNS`` that results are made of."""
        extra = _BEST_NEEDS if self.has_best else ()
        return list(dict.fromkeys((*self.kept, *extra)))

    @property
    def has_best(self) -> bool:
        """Whether rows say which of their numbers is the best."""
        return self.short or (self.best and self.several)

    def names_of(self, column: Any) -> Mapping[str, str]:  # noqa: ANN401  # see of()
        """Gives what the results of one phone column are called, by name in ``COLUMNS``."""
        if self.short:
            return {}
        before = f"{column}_{self.prefix}" if self.several else self.prefix
        return {name: f"{before}{name}" for name in self.kept}

    @property
    def names_of_row(self) -> Mapping[str, str]:
        """Gives what the results of a whole row are called, by name in ``BEST_COLUMNS``."""
        if not self.has_best:
            return {}
        names = [each.name for each in BEST_COLUMNS if self.short or each.name != "credits"]
        return {name: f"{self.prefix}{name}" for name in names}

    def schema(self) -> pa.Schema:
        """Gives the types of all columns that are added."""
        types = {each.name: each.type if self.zoned else _without_zone(each.type) for each in COLUMNS}
        best = {each.name: each.type for each in BEST_COLUMNS}
        fields = [(given, types[name]) for column in self.columns for name, given in self.names_of(column).items()]
        return pa.schema([*fields, *((given, best[name]) for name, given in self.names_of_row.items())])

    @property
    def adding(self) -> list[str]:
        """Names of all columns that are added, in order."""
        each = [name for column in self.columns for name in self.names_of(column).values()]
        return [*each, *self.names_of_row.values()]


def _without_zone(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp(kind.unit) if isinstance(kind, pa.TimestampType) else kind


def phones_of(names: Sequence[str], *, prefix: str, result: str) -> list[str]:
    """Gives what stands before the prefix of a result in an enriched frame, in the frame's order.

    Nothing does where there was one phone column; of several each has its own name there. Where there is no such
    result the list is empty.

    >>> phones_of(["mobile_hlr_msisdn", "home_hlr_msisdn", "hlr_best_msisdn"], prefix="hlr_", result="msisdn")
    ['mobile_', 'home_']
    """
    ending = f"{prefix}{result}"
    if ending in names:
        return [""]
    befores = [name.removesuffix(ending) for name in names if name.endswith(f"_{ending}")]
    return [each for each in befores if prefix or f"{each}{result}" not in {best.name for best in BEST_COLUMNS}]


def _distinct(columns: Sequence[Any]) -> list[Any]:
    return [each for at, each in enumerate(columns) if each not in columns[:at]]


def _is_pattern(column: Any, names: Sequence[Any]) -> bool:  # noqa: ANN401  # see Naming.of
    return isinstance(column, str) and "*" in column and column not in names


def _matches(pattern: str, names: Sequence[Any]) -> list[str]:
    """Finds the columns that a pattern means; results of an earlier run are none of them."""
    matches = [name for name in names if isinstance(name, str) and fnmatchcase(name.casefold(), pattern.casefold())]
    phones = [name for name in matches if not _is_result(name, matches)]
    if not phones:
        raise InputError(f"no column is called {pattern!r}: the frame has {named([*map(str, names)])}")
    return phones


def _is_result(name: str, matches: Sequence[str]) -> bool:
    """Tells a result of an earlier run: another phone column, and behind it a prefix and the name of a result."""
    results = tuple(each.name for each in COLUMNS)
    return name.endswith(results) and any(name.startswith(f"{each}_") for each in matches if each != name)
