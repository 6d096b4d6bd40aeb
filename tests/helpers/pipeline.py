"""Stand-ins for Airflow and Spark, which are not installed: as much of them as the documents' recipes touch."""

import sys
from types import ModuleType

import pyarrow as pa


def install_airflow(monkeypatch):
    """Makes ``airflow`` importable; a task runs when it is called, a DAG when it is."""

    def decorator(**_options):
        return lambda function: function

    sdk, exceptions = ModuleType("airflow.sdk"), ModuleType("airflow.exceptions")
    sdk.dag = sdk.task = decorator
    exceptions.AirflowFailException = type("AirflowFailException", (Exception,), {})
    for module in (ModuleType("airflow"), sdk, exceptions):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return exceptions.AirflowFailException


class Spark:
    """A session with named tables."""

    def __init__(self, **tables):
        self.tables = {name.replace("__", "."): held for name, held in tables.items()}

    def table(self, name):
        """Reads a table."""
        return SparkFrame(self, self.tables[name])

    def createDataFrame(self, held):  # noqa: N802  # Spark's own names
        """Takes an Arrow table over."""
        assert isinstance(held, pa.Table)
        return SparkFrame(self, held)


class SparkFrame:
    """A frame of a session, eager."""

    def __init__(self, spark, held):
        self.spark, self.held = spark, held
        self.write = self

    def select(self, *names):
        """Keeps some columns."""
        return SparkFrame(self.spark, self.held.select(names))

    def distinct(self):
        """Keeps each row once."""
        return SparkFrame(self.spark, self.held.group_by(self.held.column_names).aggregate([]))

    def toArrow(self):  # noqa: N802
        """Gives the rows to the driver."""
        return self.held

    def join(self, other, *, on, how):
        """Joins by one column; a null is equal to nothing."""
        assert how == "left"
        return SparkFrame(self.spark, self.held.join(other.held, on, join_type="left outer"))

    def mode(self, _word):
        """Takes what happens to a table that is there."""
        return self

    def saveAsTable(self, name):  # noqa: N802
        """Keeps the rows under a name."""
        self.spark.tables[name] = self.held
