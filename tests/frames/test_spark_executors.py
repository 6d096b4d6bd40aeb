"""Frames of Spark itself: a driver and two executors, each a JVM of its own, and killed while they work.

It needs the whole of pyspark, which cannot stand beside the client alone, and a JVM: ``.ci/run`` makes an environment
for it.
"""

import os
import shutil
import signal
import threading
from pathlib import Path

import polars as pl
import pytest

import hlrframe as hf
from helpers.clusters import check_same, enriched, messy
from helpers.emulator import mobiles
from helpers.spark import WARNINGS
from hlrframe import emulator

pytestmark = [
    *(pytest.mark.filterwarnings(each) for each in WARNINGS),
    pytest.mark.slow,
    pytest.mark.timeout(600),
    # Spark is a program of the JVM; .ci/run installs one where it may.
    pytest.mark.skipif(shutil.which("java") is None, reason="needs a JVM"),
]
pytest.importorskip("pyspark.core", reason="needs the whole of pyspark, not the client alone")


@pytest.fixture(scope="module")
def session():
    """A session with two executors of their own."""
    from pyspark.sql import SparkSession  # noqa: PLC0415  # takes seconds

    options = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executor.memory": "512m",
        "spark.sql.shuffle.partitions": "4",
    }
    builder = SparkSession.builder.master("local-cluster[2,1,1024]")
    for name, value in options.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def executors(session):
    """Gives the processes of a session's executors."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:  # it has ended
            continue
        if b"CoarseGrainedExecutorBackend" in words and session.sparkContext.applicationId.encode() in words:
            found.append(int(path.parent.name))
    return sorted(found)


def test_lost_executors_change_nothing(session, tmp_path):
    """An executor that is killed while numbers are asked, and one while answers are joined, change nothing."""
    contacts, killed = messy(20_000, 1_000), []
    contacts.write_parquet(tmp_path / "contacts.parquet")

    def kill():
        killed.append(executors(session)[0])
        os.kill(killed[-1], signal.SIGKILL)

    frame = session.read.parquet(str(tmp_path)).repartition(6)
    run = enriched(frame, progress=lambda _: None if killed else kill())
    threading.Timer(1, kill).start()
    check_same(pl.DataFrame(run.frame.toArrow()), run, enriched(contacts), credits_in_place=False)
    assert len(killed) == 2


def test_each_batch_of_a_stream_is_enriched_and_paid_once(session, tmp_path):
    """By foreachBatch: all rows of all batches are written, and a stream that begins anew pays nothing again."""
    provider = emulator.Emulator(seed=7)
    client = emulator.connect(emulator=provider)
    (tmp_path / "in").mkdir()
    for name, count in (("a", 50), ("b", 80)):
        pl.DataFrame({"phone": mobiles(count)}).write_parquet(tmp_path / "in" / f"{name}.parquet")
    rows = session.readStream.schema("phone string").option("maxFilesPerTrigger", 1).parquet(str(tmp_path / "in"))

    def enrich_batch(batch, _):
        enriched = hf.enrich(batch, "phone", client=client, store=tmp_path / "answers")
        enriched.write.mode("append").parquet(str(tmp_path / "out"))

    for start in ("first", "anew"):
        stream = rows.writeStream.foreachBatch(enrich_batch).option("checkpointLocation", str(tmp_path / start))
        stream.trigger(availableNow=True).start().awaitTermination()
    found = pl.DataFrame(session.read.parquet(str(tmp_path / "out")).toArrow())
    assert (found.height, found["phone"].n_unique(), provider.bill.total) == (260, 80, 80)
    assert found["hlr_credits"].sum() == 80.0
