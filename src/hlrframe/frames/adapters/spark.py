"""Spark: DataFrames of a session in this process, and of Spark Connect. Whoever hands one in has imported pyspark.

The cluster finds the distinct cells and joins the answers back. Nothing here runs on an executor as Python.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from importlib import import_module
from operator import add, and_
from typing import Any, Final

import pyarrow as pa

from hlrframe.errors import ConfigError, InputError
from hlrframe.frames.adapters.cells import HANDOFF_BYTES, Spare, defaults, is_credits, open_cells
from hlrframe.frames.adapters.opened import OpenFrame, Wanted, libraries

__all__ = ["open", "takes"]

#: Types that are joined as text: their texts are one with their values.
_AS_TEXT: Final = ("ByteType", "ShortType", "IntegerType", "LongType", "NullType", "CharType", "VarcharType")
#: Types that are joined as they are.
_AS_IS: Final = ("StringType", "FloatType", "DoubleType", "DecimalType", "BinaryType")
#: Bytes of a result column in one row, on average and generously: what a table will take is judged before it is paid.
_BYTES_OF_RESULT: Final = 16


def takes(frame: Any) -> bool:
    """Says whether it is a frame of Spark."""
    known = libraries()
    return bool(known.is_pyspark_dataframe(frame) or known.is_pyspark_connect_dataframe(frame) or _is_pandas(frame))


def open(frame: Any, wanted: Wanted) -> OpenFrame:  # noqa: A001  # the name that every adapter has
    """Opens a frame by its distinct cells, which one job of Spark's finds; the result is lazy, as the frame is."""
    _check(frame)
    names = list(frame.columns)
    wanted = replace(wanted, naming=wanted.check(names, same=str.lower))
    handoff = wanted.handoff and f"{wanted.handoff.rstrip('/')}/hlrframe-{uuid.uuid4().hex}"
    rows = _Rows(frame, wanted, Spare.beside(names, wanted), _functions(frame), handoff)
    cells = rows.cells()
    rows.check_size(cells)
    return open_cells(cells, wanted, names, rows.spare, rows.join)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a frame."""

    frame: Any
    wanted: Wanted
    spare: Spare
    #: ``pyspark.sql.functions``, of the kind of session that the frame is of.
    functions: Any
    #: Where answers go as files if they are many, or ``None``.
    handoff: str | None

    def keys(self) -> Mapping[str, Any]:
        """Gives what tells cells apart, as columns of Spark."""
        types = {each.name: type(each.dataType).__name__ for each in self.frame.schema.fields}
        keys = {}
        for key, name in self.spare.keys.items():
            if types[name] not in (*_AS_TEXT, *_AS_IS):
                raise InputError(
                    f"column {name!r} holds {types[name]}, which cannot hold telephone numbers: "
                    "pass the name of a text column"
                )
            column = self.functions.col(_quoted(name))
            keys[key] = column.cast("string") if types[name] in _AS_TEXT else column
        return keys

    def cells(self) -> pa.Table:
        keys = [column.alias(key) for key, column in self.keys().items()]
        count = self.functions.count(self.functions.lit(1)).alias(self.spare.rows)
        table: pa.Table = self.frame.groupBy(*keys).agg(count).toArrow()
        return table

    def join(self, answers: pa.Table) -> Any:
        """Puts answers beside the rows."""
        keys, col = self.keys(), self.functions.col
        names = {name: f"{self.spare.row}_{at}" for at, name in enumerate(answers.column_names)}
        left = self.frame.select("*", *(column.alias(key) for key, column in keys.items()))
        right = self.taken_in(answers.rename_columns(list(names.values())))
        same = reduce(and_, (col(key).eqNullSafe(col(names[key])) for key in keys))
        joined = left.join(right, same, "left")
        return joined.select("*", *self.results(names)).drop(*keys, *names.values())

    def results(self, names: Mapping[str, str]) -> list[Any]:
        """Gives the result columns of rows that are joined with their answers.

        Args:
            names: Names of the answers' columns beside the rows.
        """
        functions, results = self.functions, list[Any]()
        asked = functions.col(names[self.spare.rows]).isNotNull()
        given_credits = [
            functions.col(names[given]) for given, other in defaults(self.wanted.naming).items() if is_credits(other)
        ]
        first = self.first(reduce(add, given_credits)) if given_credits else None
        for given, other in defaults(self.wanted.naming).items():
            found = functions.col(names[given])
            if is_credits(other):
                found = functions.when(first, found).otherwise(functions.lit(0.0))
            results.append((found if other is None else functions.when(asked, found).otherwise(other)).alias(given))
        return results

    def first(self, credits_: Any) -> Any:
        """Says of each row whether it is the one of its cell that bears the credits.

        Rows that cost nothing are as likely as not many of one cell, such as null: they are spread by what else is in
        them, so that no worker has all of them.
        """
        functions = self.functions
        window = import_module(functions.__name__.replace("functions", "window")).Window
        kinds = {each.name: type(each.dataType).__name__ for each in self.frame.schema.fields}
        plain = [functions.col(_quoted(name)) for name, kind in kinds.items() if kind in (*_AS_TEXT, *_AS_IS)]
        spread = functions.when(credits_ > 0, functions.lit(0)).otherwise(functions.xxhash64(*plain))
        group = window.partitionBy(*(functions.col(key) for key in self.spare.keys), spread)
        return functions.row_number().over(group.orderBy(functions.lit(0))) == 1

    def check_size(self, cells: pa.Table) -> None:
        """Looks, before anything is paid, whether the answers will find their way.

        Raises:
            InputError: They are more than the server would survive.
            ConfigError: The shared storage takes nothing.
        """
        size = cells.nbytes + _BYTES_OF_RESULT * cells.num_rows * len(self.wanted.naming.adding)
        if size <= HANDOFF_BYTES:
            return
        if self.handoff is not None:
            self.try_handoff()
        elif libraries().is_pyspark_connect_dataframe(self.frame):
            raise InputError(
                f"{cells.num_rows:,} distinct cells have answers of some {size >> 20:,} MB, too much for one message "
                "to Spark Connect: pass handoff=, a folder that Spark's workers write and read, or fewer columns="
            )

    def try_handoff(self) -> None:
        try:
            self.frame.sparkSession.createDataFrame(pa.table({"at": [0]})).write.parquet(self.handoff)
        except Exception as refusal:
            raise ConfigError(
                f"Spark cannot write to handoff={self.wanted.handoff!r}: {_first_line(refusal)}"
            ) from refusal

    def taken_in(self, table: pa.Table) -> Any:
        """Gives a table as a frame of Spark."""
        session = self.frame.sparkSession
        if not table.num_rows:  # of which Spark Connect makes no frame
            kinds = pa.schema([(each.name, each.type) for each in table.schema])
            return session.createDataFrame(pa.Table.from_pylist([{}], schema=kinds)).limit(0)
        if self.handoff is None or table.nbytes <= HANDOFF_BYTES:
            return session.createDataFrame(table)
        rows = max(1, table.num_rows * HANDOFF_BYTES // (2 * table.nbytes))
        for start in range(0, table.num_rows, rows):
            # The first part takes the place of what was written to see whether it can be.
            mode = "append" if start else "overwrite"
            session.createDataFrame(table.slice(start, rows)).write.mode(mode).parquet(self.handoff)
        return session.read.parquet(self.handoff)


def _check(frame: Any) -> None:
    if _is_pandas(frame):
        raise InputError("this is a frame of pandas on Spark: pass its .to_spark()")
    if frame.isStreaming:
        raise InputError("a stream has no last row: write it with foreachBatch, and enrich each batch there")
    if not hasattr(type(frame), "toArrow"):
        raise InputError("this needs Spark 4: an older one takes no Arrow tables")
    names = [name.lower() for name in frame.columns]
    if len(set(names)) < len(names):
        raise InputError("the frame has several columns of one name: rename all but one")


def _is_pandas(frame: Any) -> bool:
    return type(frame).__module__.startswith("pyspark.pandas")


def _functions(frame: Any) -> Any:
    return import_module(f"{type(frame).__module__.rpartition('.')[0].replace('.classic', '')}.functions")


def _quoted(name: str) -> str:
    return "`{}`".format(name.replace("`", "``"))


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
