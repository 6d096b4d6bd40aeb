"""Sessions of Spark for tests: of Sail, which needs no JVM, and what is the same of every engine of that kind."""

import sys
from contextlib import contextmanager
from importlib import import_module

import polars as pl
import pyarrow as pa
import pytest

import hlrframe as hf
from helpers.frames import PHONES, TYPES, columns_of
from helpers.lists import connected

#: What pyspark says of a pandas that is newer than itself.
WARNINGS = ("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")


@contextmanager
def sail():
    """Gives a session of Spark Connect, served by Sail in this process."""
    with pytest.MonkeyPatch.context() as patch:
        # Where the main module has no file, as in a worker of pytest, pyspark takes it that it is tested itself.
        patch.setattr(sys.modules["__main__"], "__file__", "pytest", raising=False)
        connect = import_module("pyspark.sql.connect.session")
        import_module("pyspark.sql.connect.functions")
        import_module("pyspark.sql.connect.window")
    server = import_module("pysail.spark").SparkConnectServer(port=0)
    server.start(background=True)
    session = connect.SparkSession.builder.remote(f"sc://localhost:{server.listening_address[1]}").getOrCreate()
    yield session
    session.stop()
    server.stop()


def small(session, phones=PHONES, kind=None):
    """Gives a small frame of a session."""
    schema = pa.schema([(name, kind if kind and name == "phone" else each) for name, each in TYPES.items()])
    return session.createDataFrame(pa.table(columns_of(phones), schema=schema))


def rows_of(frame):
    """Gives the rows of a frame, in the order of their ids."""
    return pl.DataFrame(frame.toArrow()).sort("id")


def of_one_process(frame, **options):
    """Gives what one process makes of the rows of a frame."""
    return hf.enrich(rows_of(frame), "phone", client=connected()[1], **options)
