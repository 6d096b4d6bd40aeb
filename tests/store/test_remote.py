"""Stores in a bucket, against a server that speaks S3 on the loopback."""

import contextlib
import os
import re
import selectors
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
import warnings
from datetime import timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import polars as pl
import pytest
from moto.server import ThreadedMotoServer

import hlrframe
from helpers.emulator import mobiles
from helpers.stores import NOON, PAID, answered, known, number, numbers, unanswered
from hlrframe import emulator
from hlrframe.errors import ConfigError, StoreError, UnsealedWarning
from hlrframe.store import Asked, Compaction, DamagedWarning, Store
from hlrframe.store.bucket import Bucket
from hlrframe.store.remote import default_spool

WRITER = Path(__file__).parents[1] / "helpers" / "store_bucket_writer.py"


class Relay(socketserver.BaseRequestHandler):
    """One connection through the gate."""

    def handle(self):
        """Carries bytes both ways until one side ends."""
        if not self.server.is_open:
            return
        with socket.create_connection(self.server.target) as upstream, selectors.DefaultSelector() as ready:
            self.server.sockets += [self.request, upstream]
            other = {self.request: upstream, upstream: self.request}
            for each in other:
                ready.register(each, selectors.EVENT_READ)
            while all(self.carry(key.fileobj, other[key.fileobj]) for key, _ in ready.select()):
                continue

    @staticmethod
    def carry(source, target):
        try:
            data = source.recv(65_536)
            target.sendall(data)
        except OSError:
            return False
        return bool(data)


class Gate(socketserver.ThreadingTCPServer):
    """What stands between us and the bucket: a relay that can be shut."""

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), Relay)
        self.target = ("127.0.0.1", port)
        self.is_open = True
        self.sockets = []

    def shut(self):
        """Breaks every connection and refuses new ones."""
        self.is_open = False
        for each in self.sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def server():
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield running.get_host_and_port()[1]
    running.stop()


@pytest.fixture
def gate(server):
    urlopen(Request(f"http://127.0.0.1:{server}/moto-api/reset", method="POST")).close()
    urlopen(Request(f"http://127.0.0.1:{server}/bucket", method="PUT")).close()
    with Gate(server) as gate:
        serving = threading.Thread(target=gate.serve_forever, args=(0.01,))
        serving.start()
        yield gate
        gate.shut()
        gate.shutdown()
        serving.join()


@pytest.fixture
def options(gate):
    return {
        "endpoint": f"http://127.0.0.1:{gate.server_address[1]}",
        "access_key_id": "k3y-nobody-may-see",
        "secret_access_key": "s3cret-nobody-may-see",
        "region": "us-east-1",
        "client_options": {"allow_http": True},
        "retry_config": {"max_retries": 1, "retry_timeout": timedelta(seconds=2)},
    }


@pytest.fixture
def machine(options, tmp_path):
    """Gives the store as a machine of this name sees it."""

    def machine(name="here", url="s3://bucket/answers", **key):
        return Store(url, storage_options=options, spool=tmp_path / name, **key)

    return machine


@pytest.fixture
def bucket(options):
    """The bucket by itself, as nobody of ours has it."""
    return Bucket("s3://bucket/answers", options)


def write(store, *entries):
    with store.journal(PAID) as journal:
        journal.write(entries)


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(6))
def test_two_machines_that_begin_a_store_begin_one(machine, monkeypatch, moment):
    """Whenever another machine begins the store while this one does, both have the same, and each its own spool."""
    here, there = machine("here"), machine("there")
    read, reads = Bucket.read, []

    def read_and_meet(bucket, key):
        found = read(bucket, key)
        if bucket is here.layout.bucket:
            reads.append(key)
            if len(reads) == moment + 1:
                there.layout.prepare()
        return found

    monkeypatch.setattr(Bucket, "read", read_and_meet)
    here.layout.prepare()
    there.layout.prepare()
    here.layout.check()
    there.layout.check()
    write(here, answered(number(1)))
    assert known(machine("third"), numbers(3)) == {number(1): "LIVE"}


class Ceph(Relay):
    """A connection to a gateway like Ceph's, which knows a tag without its quotes alone."""

    @staticmethod
    def carry(source, target):
        """Refuses a condition whose tag is quoted; hands on the others as our server wants them."""
        try:
            data = source.recv(65_536)
            if re.search(rb'(?i)\r\nif-match: "', data):
                source.sendall(b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return False
            target.sendall(re.sub(rb"(?i)(\r\nif-match: )([^\r]+)", rb'\1"\2"', data))
        except OSError:
            return False
        return bool(data)


def objects(bucket):
    """Every object of the store with its content."""
    keys = [*bucket.sizes(""), *(f"parts/{name}" for name in bucket.sizes("parts"))]
    return {key: bucket.read(key) for key in keys}


def holders(root, msisdn):
    """Files that hold a number, packed or not."""
    files = [path for path in root.rglob("*") if path.is_file()]
    packed = [each for each in files if each.suffix == ".parquet" and msisdn in str(pl.read_parquet(each, glob=False))]
    return packed + [each for each in files if msisdn.encode() in each.read_bytes()]


def test_two_machines_share_a_bucket(machine):
    """What one machine sealed the other knows, and the other way round; each seals its own journals."""
    here, there = machine("here"), machine("there")
    write(here, answered(number(1)))
    assert known(there, numbers(9)) == {number(1): "LIVE"}
    write(there, answered(number(2), status="DEAD"))
    assert known(here, numbers(9)) == {number(1): "LIVE", number(2): "DEAD"}
    assert here.stats().answers == there.stats().answers == 2
    assert here.scan().collect().equals(there.scan().collect())


def test_opening_makes_nothing(machine, bucket, tmp_path):
    """A store that nobody wrote to is empty, in the bucket and on this machine."""
    store = machine()
    assert store.stats().answers == 0
    assert store.forget([number(1)]) == 0
    assert store.compact() == Compaction(0, 0)
    assert objects(bucket) == {}
    assert list(tmp_path.iterdir()) == []


def test_journals_and_doubts_stay_here(machine, bucket, tmp_path):
    """The bucket gets sealed answers and the marker; the spool holds the rest, for its owner alone."""
    store = machine()
    journal = store.journal(PAID)
    journal.write([answered(number(1)), Asked([number(2)], NOON)])
    assert list(objects(bucket)) == ["store.json"]
    assert known(store, numbers(9)) == {number(1): "LIVE"}
    journal.seal()
    assert [key.partition("/")[0] for key in objects(bucket)] == ["store.json", "parts"]
    assert unanswered(store, numbers(9)) == {number(2)}
    assert unanswered(machine("there"), numbers(9)) == set()
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "here").rglob("*")}
    assert modes == {0o700, 0o600}


def test_a_lost_connection_stops_no_run(machine, bucket, gate, tmp_path):
    """While the bucket is away a run keeps its answers on its disk and warns; the next one takes them there."""
    store = machine()
    write(store, answered(number(0)))
    journal = store.journal(PAID)
    gate.shut()
    journal.write([answered(number(1))])
    with pytest.warns(UnsealedWarning, match=r"cannot be reached.*is kept in"):
        journal.seal()
    with pytest.raises(StoreError, match="check the network"):
        known(store, numbers(3))
    gate.is_open = True
    assert known(store, numbers(3)) == {number(0): "LIVE", number(1): "LIVE"}
    assert set(known(machine("there"), numbers(3))) == {number(0)}
    write(store, answered(number(2)))
    assert set(known(machine("there"), numbers(3))) == set(numbers(3))
    assert store.stats().journals == 0


def test_a_store_out_of_reach_is_told_before_anything_is_asked(machine, gate, options):
    """Without the bucket nobody knows what was paid for: a run does not begin."""
    store = machine()
    write(store, answered(number(0)))
    gate.shut()
    provider = emulator.Emulator(seed=7)
    with pytest.raises(StoreError, match="cannot be reached") as raised:
        hlrframe.lookup(["+447884023198"], client=emulator.connect(emulator=provider), store=store)
    assert provider.bill.requests == 0
    assert options["secret_access_key"] not in str(raised.value)


def test_a_sealer_that_died_after_its_put_has_done_it(machine, bucket, tmp_path):
    """When the bucket has a part of this name and size the journal goes, and the answers are there once."""
    store = machine()
    journal = store.journal(PAID)
    journal.write([answered(number(1))])
    (file,) = (tmp_path / "here" / "journal").iterdir()
    raw = file.read_bytes()
    journal.seal()
    (part,) = (tmp_path / "here" / "parts").iterdir()
    part.unlink()
    file.write_bytes(raw)
    write(store)
    assert not file.exists()
    assert list(bucket.sizes("parts")) == [part.name]
    assert (store.stats().answers, store.stats().journals) == (1, 0)


def test_a_name_that_others_took_is_no_loss(machine, bucket, tmp_path):
    """When the bucket holds other bytes under the name of a part, ours go under another name."""
    store = machine()
    journal = store.journal(PAID)
    journal.write([answered(number(1))])
    (file,) = (tmp_path / "here" / "journal").iterdir()
    raw = file.read_bytes()
    journal.seal()
    grown = store.journal(PAID)
    grown.write([answered(number(1)), answered(number(2))])
    (longer,) = (tmp_path / "here" / "journal").iterdir()
    grown._segment.close()
    store.layout.inventory.drop([longer])
    longer.rename(file)
    assert file.read_bytes() != raw
    write(store)
    assert len(bucket.sizes("parts")) == 2
    assert set(known(machine("there"), numbers(9))) == {number(1), number(2)}


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 8, 20])
def test_a_machine_that_is_killed_loses_nothing(machine, options, tmp_path, after):
    """After kill -9, in writing or in sealing, all that was acknowledged is known, and soon in the bucket."""
    command = [sys.executable, str(WRITER), options["endpoint"], str(tmp_path / "here"), "10"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        lines = [writer.stdout.readline() for _ in range(after)]
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.readlines()
    acknowledged = {line.strip() for line in lines if line.endswith("\n")}
    assert acknowledged
    assert acknowledged <= set(known(machine(), acknowledged))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DamagedWarning)  # a torn commit may look like damage
        write(machine())
    assert acknowledged <= set(known(machine("there"), acknowledged))
    assert machine().stats().journals == 0


def test_forgetting_leaves_no_trace(machine, bucket, tmp_path):
    """A forgotten number is in no object and in no file of this machine; another mirror drops it when it next reads."""
    here, there = machine("here"), machine("there")
    write(here, answered(*numbers(3)), Asked([number(1)], NOON))
    write(there, answered(number(1), number(5)))
    assert len(known(there, numbers(9))) == 4
    assert here.forget([number(1)]) == 2
    (tmp_path / "bucket").mkdir()
    for key, content in objects(bucket).items():
        (tmp_path / "bucket" / key.replace("/", "-")).write_bytes(content)
    assert holders(tmp_path / "bucket", number(1)) == holders(tmp_path / "here", number(1)) == []
    assert holders(tmp_path / "bucket", number(2)) != []
    assert holders(tmp_path / "there", number(1)) != []
    assert set(known(there, numbers(9))) == {number(0), number(2), number(5)}
    assert holders(tmp_path / "there", number(1)) == []


@pytest.mark.slow
@pytest.mark.parametrize("key", [{"key": "5e" * 32}, {"hash_key": "5e" * 32}])
def test_numbers_can_be_hidden_from_the_bucket(machine, bucket, key):
    """An encrypted or hashed store works in a bucket too; whoever has no key is refused by the bucket's own marker."""
    here, there = machine("here", **key), machine("there", **key)
    for index in range(3):
        write(here, answered(number(index)))
    assert set(known(there, numbers(9))) == set(numbers(3))
    assert there.compact().after == 1
    assert here.forget([number(1)]) == 1
    assert set(known(there, numbers(9))) == {number(0), number(2)}
    assert not any(number(0).encode() in content for content in objects(bucket).values())
    with pytest.raises(ConfigError, match="give its"):
        machine("elsewhere")


def test_compacting_and_purging_reach_every_machine(machine, bucket):
    """Parts are merged in the bucket, old answers are removed from it, and the other mirror follows."""
    here, there = machine("here"), machine("there")
    for index in range(4):
        at = NOON + timedelta(days=index)
        write((here, there)[index % 2], answered(number(index), at=at, checked_at=at))
    assert len(known(there, numbers(9))) == 4
    assert here.compact() == Compaction(before=4, after=1)
    assert len(bucket.sizes("parts")) == there.stats().parts == 1
    assert there.stats().answers == 4
    assert there.purge("1d", now=NOON + timedelta(days=3)) == 2
    assert set(known(here, numbers(9))) == {number(2), number(3)}


def test_a_mirror_is_mended(machine, tmp_path):
    """What is missing or cut short in the mirror is fetched again; what the bucket does not have goes."""
    store = machine()
    write(store, answered(*numbers(3)))
    write(store, answered(number(5)))
    first, second = sorted((tmp_path / "here" / "parts").iterdir())
    first.write_bytes(first.read_bytes()[:100])
    second.unlink()
    stray = first.with_name("stray-0000.parquet")
    shutil.copy(first, stray)
    assert set(known(store, numbers(9))) == {*numbers(3), number(5)}
    assert not stray.exists()


@pytest.mark.parametrize("use", [Store.compact, lambda store: store.forget([number(0)])])
def test_a_damaged_mirror_costs_the_bucket_nothing(machine, bucket, tmp_path, use):
    """A changed bit in the mirror is noticed and the part is fetched anew, whatever is being done meanwhile."""
    store = machine()
    for index in range(3):
        write(store, answered(number(index), number(10 + index)))
    part = min((tmp_path / "here" / "parts").iterdir())
    raw = bytearray(part.read_bytes())
    raw[100] ^= 1
    part.write_bytes(raw)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DamagedWarning)
        with contextlib.suppress(StoreError):  # it may ask to be run again
            use(store)
    kept = set(known(machine("there"), numbers(99)))
    assert kept >= {*numbers(3)[1:], *(number(10 + index) for index in range(3))}
    assert kept == set(known(store, numbers(99)))


def test_an_upload_that_fails_keeps_what_was_there(machine, bucket, monkeypatch):
    """When a merged part cannot be put, the parts that it was made of stay, in the bucket and in the mirror."""
    store = machine()
    for index in range(3):
        write(store, answered(number(index)))
    before = bucket.sizes("parts")

    def refuse(self, key, content):
        if not key.startswith("parts/"):
            return original(self, key, content)
        raise StoreError("no room")

    original = Bucket.create
    monkeypatch.setattr(Bucket, "create", refuse)
    with pytest.raises(StoreError, match="no room"):
        store.compact()
    monkeypatch.undo()
    assert bucket.sizes("parts") == before
    assert set(known(store, numbers(9))) == set(numbers(3))


def test_one_machine_tidies_at_a_time(machine, bucket, monkeypatch):
    """While one machine tidies another is refused; a lock whose holder died is taken over after its time."""
    here = machine()
    write(here, answered(number(1)))
    bucket.create("tidy.lock", b"somebody")
    with pytest.raises(StoreError, match="another machine is tidying s3://bucket/answers"):
        here.compact()
    monkeypatch.setattr("hlrframe.store.remote.upkeep.LEASE", timedelta(seconds=-5))
    assert here.compact() == Compaction(1, 1)
    assert bucket.read("tidy.lock") is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "use", [Store.compact, lambda store: store.forget([number(0)]), lambda store: store.purge("1s")]
)
def test_a_tag_may_be_known_without_its_quotes(machine, gate, use):
    """Where a server takes a condition only in another spelling, tidying works; a tag that changed is refused."""
    gate.RequestHandlerClass = Ceph
    here = machine()
    for _ in range(2):
        write(here, answered(number(0), number(1)))
    use(here)
    assert number(0) not in known(here, numbers(2)) or here.stats().parts == 1
    with here._layout.upkeep.alone():
        tag, _ = here._layout.bucket.version("tidy.lock")
        assert here._layout.bucket.replace("tidy.lock", b"somebody else", tag=tag)
        assert not here._layout.bucket.replace("tidy.lock", b"me", tag=tag)


def test_the_buckets_clock_says_who_died(machine, bucket, monkeypatch):
    """A machine whose own clock is hours ahead takes nobody for dead."""
    here = machine()
    write(here, answered(number(1)))
    bucket.create("tidy.lock", b"somebody")
    monkeypatch.setattr(time, "time", lambda real=time.time: real() + 7200)
    with pytest.raises(StoreError, match="another machine is tidying"):
        here.compact()
    assert sorted(bucket.sizes("")) == ["store.json", "tidy.lock"]


def test_a_server_that_overwrites_is_refused(machine, bucket, monkeypatch):
    """A bucket that ignores create-only writing is found out before anything is kept there."""
    monkeypatch.setattr(Bucket, "create", lambda self, key, content: self.replace(key, content))
    with pytest.raises(StoreError, match="although told not to"):
        machine().journal(PAID)
    assert objects(bucket) == {}


def test_the_environment_may_allow_plain_http(gate, tmp_path, monkeypatch):
    """What the environment says of connections counts where the options say nothing of it."""
    facts = {"ENDPOINT": f"http://127.0.0.1:{gate.server_address[1]}", "REGION": "us-east-1", "ALLOW_HTTP": "true"}
    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", **facts}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    write(Store("s3://bucket/answers", spool=tmp_path / "here"), answered(number(1)))
    assert known(Store("s3://bucket/answers", spool=tmp_path / "there"), numbers(2)) == {number(1): "LIVE"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_is_told_to_be_spawned(machine):
    """A bucket that the parent has used is refused in a fork of it, at once and with the cure."""
    here = machine()
    write(here, answered(number(1)))
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            here.layout.facts()
        except StoreError as refusal:
            os.write(writing, str(refusal).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        assert "in a forked process" in (words := said.read())
    assert 'get_context("spawn")' in words
    os.waitpid(child, 0)


def test_what_was_deleted_in_the_bucket_stays_in_the_mirror(machine, bucket):
    """Parts that something else deleted are still used where they are mirrored, said of, and put back by compacting."""
    here, there = machine("here"), machine("there")
    for index in range(3):
        write(here, answered(number(index)))
    assert len(known(there, numbers(9))) == 3
    bucket.delete([f"parts/{name}" for name in list(bucket.sizes("parts"))[:2]])
    with pytest.warns(DamagedWarning, match="2 parts, such as .* went from s3://bucket/answers, and not by our hand"):
        assert set(known(here, numbers(9))) == set(numbers(3))
    late = machine("late")
    with pytest.warns(DamagedWarning, match=r"s3://bucket/answers/parts/.* and 1 more did not go by our hand"):
        late.journal(PAID).seal()
    with pytest.warns(DamagedWarning):
        assert here.compact().after == 1
    assert set(known(late, numbers(9))) == set(known(there, numbers(9))) == set(numbers(3))
    assert [*bucket.sizes("inventory")] == [f"{name}.noted" for name in bucket.sizes("parts")]


def test_what_is_lost_is_forgotten_too(machine, bucket, tmp_path):
    """A part that is in a mirror alone is searched like the others; one that is nowhere is taken for lost."""
    here = machine()
    for index in range(3):
        write(here, answered(number(index), number(5)))
    bucket.delete([f"parts/{name}" for name in bucket.sizes("parts")])
    with pytest.warns(DamagedWarning):
        assert here.forget(number(5)) == 3
    assert holders(tmp_path / "here", number(5)) == []
    assert len(known(machine("there"), numbers(9))) == 3
    bucket.delete([f"parts/{name}" for name in list(bucket.sizes("parts"))[:1]])
    assert len(machine("late").health().lost) == 1
    with pytest.warns(DamagedWarning, match="takes it for lost"):
        machine("late").compact()
    assert machine("late").health().lost == ()
    assert len(known(machine("late"), numbers(9))) == 2


def test_a_bucket_that_keeps_versions_cannot_be_vouched_for(machine, bucket, server):
    """Where older versions of objects stay, forgetting removes what it can reach and says that they stay."""
    assert not bucket.keeps_versions("tidy.clock")
    body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    head = {"Content-Type": "application/xml"}
    urlopen(Request(f"http://127.0.0.1:{server}/bucket?versioning", body, head, method="PUT")).close()
    here = machine()
    write(here, answered(*numbers(2)))
    with pytest.raises(StoreError, match=r"1 answers were removed, but what .* keeps of older versions"):
        here.forget(number(1))
    assert "tidy.clock" not in bucket.sizes("")


def test_versions_that_have_names_and_go_are_none(machine, bucket, monkeypatch):
    """A bucket that names each version and keeps none, as Google's does by itself, is vouched for."""
    head = bucket._obstore.head
    monkeypatch.setattr(bucket._obstore, "head", lambda *given: head(*given) | {"version": "1764300000000000"})
    here = machine()
    write(here, answered(*numbers(2)))
    assert here.forget(number(1)) == 1


def test_what_else_lies_in_the_register_is_named(machine, bucket):
    """An object in the folder of the register that no register makes is named, not passed over."""
    here = machine()
    write(here, answered(*numbers(2)))
    bucket.create("register/copy.parquet", number(1).encode())
    with pytest.raises(StoreError, match=r"register/copy.parquet cannot be searched"):
        here.forget(number(1))


def test_a_tidier_that_lost_its_lock_changes_nothing(machine, bucket):
    """Whoever was taken for dead and goes on is stopped before its next change."""
    here = machine()
    for index in range(2):
        write(here, answered(number(index)))
    before = bucket.sizes("parts")
    with here._layout.upkeep.alone():
        bucket.replace("tidy.lock", b"somebody else")
        with pytest.raises(StoreError, match="took over"):
            here._layout.upkeep.still_alone()
    assert bucket.read("tidy.lock") == b"somebody else"
    assert bucket.sizes("parts") == before


def test_a_spool_serves_one_store(machine, bucket, tmp_path):
    """The spool of one store is refused for another, as a store of its own, and when the bucket was emptied."""
    store = machine()
    write(store, answered(number(1)))
    with pytest.raises(StoreError, match="is the spool of s3://bucket/answers"):
        Store(tmp_path / "here")
    write(machine("there", "s3://bucket/others"), answered(number(2)))
    with pytest.raises(StoreError, match="belongs to another store"):
        machine("here", "s3://bucket/others")
    bucket.delete(list(objects(bucket)))
    with pytest.raises(StoreError, match="holds no store any more"):
        known(store, numbers(3))
    assert len(list((tmp_path / "here" / "parts").iterdir())) == 1


def test_a_newer_store_and_a_foreign_place_are_refused(machine, bucket):
    """What a newer version wrote, and a prefix that holds something else, are left alone."""
    bucket.create("photo.jpeg", b"...")
    with pytest.raises(StoreError, match=r"holds other objects, such as 'photo.jpeg'"):
        machine().journal(PAID)
    bucket.delete(["photo.jpeg"])
    bucket.create("store.json", b'{"format": 99, "columns": 1, "id": "x"}')
    with pytest.raises(StoreError, match=r"s3://bucket/answers was written by a newer hlrframe"):
        machine()


def test_what_else_lies_in_the_bucket_is_no_part(machine, bucket, tmp_path):
    """Names that no part has are not fetched."""
    store = machine()
    write(store, answered(number(1)))
    for name in ("notes.txt", ".hidden.parquet", "parts.json"):
        bucket.create(f"parts/{name}", b"x")
    assert len(known(store, numbers(3))) == 1
    assert len(list((tmp_path / "here" / "parts").iterdir())) == 1


def test_machines_that_begin_at_once_make_one_store(machine, bucket):
    """Whoever is second to make the marker uses the first one's."""
    here, there = machine("here"), machine("there")
    for index, store in enumerate((here, there)):
        write(store, answered(number(index)))
    here._layout._write_marker({"format": 1, "columns": 1}, anew=True)
    assert set(known(here, numbers(9))) == set(known(there, numbers(9))) == set(numbers(2))


def test_many_parts_are_fetched_at_once(machine):
    """A machine that comes late fetches everything that others sealed."""
    here = machine()
    for index in range(12):
        write(here, answered(number(index)))
    assert set(known(machine("there"), numbers(99))) == set(numbers(12))


def test_a_frame_is_enriched_through_a_bucket(machine):
    """A second machine pays nothing for what the first one has paid for."""
    provider = emulator.Emulator(seed=7)
    frame = pl.DataFrame({"phone": [f"+{each}" for each in mobiles(30)]})
    client = emulator.connect(emulator=provider)
    first = hlrframe.enrich(frame, "phone", client=client, store=machine("here"))
    again = hlrframe.enrich(frame, "phone", client=client, store=machine("there"))
    assert first["hlr_credits"].sum() == float(provider.bill.total) == 30
    assert set(again["hlr_state"]) == {"cached"}
    assert again["hlr_live_status"].equals(first["hlr_live_status"])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://nowhere/answers", "no such bucket"),
        ("s4://bucket/answers", "s4:// is no place"),
        ("s3://key:secret@bucket/answers", "holds no credentials"),
        ("s3://bucket/answers?sig=secret", "holds no credentials"),
    ],
)
def test_a_wrong_url_is_explained(machine, url, words):
    """What cannot be used says what to do, and shows no key."""
    with pytest.raises((ConfigError, StoreError), match=words) as raised:
        machine("here", url).journal(PAID)
    assert "secret" not in str(raised.value).replace("storage_options", "")


def test_options_are_checked(options, tmp_path):
    """Options that obstore does not know are told without the others, and a folder takes none."""
    with pytest.raises(ConfigError, match="see storage_options") as raised:
        Store("s3://bucket/answers", storage_options={**options, "colour": "red"}, spool=tmp_path)
    assert "nobody-may-see" not in str(raised.value)
    with pytest.raises(ConfigError, match="belong to a store in a bucket"):
        Store(tmp_path / "here", spool=tmp_path)


def test_obstore_is_an_extra(monkeypatch):
    """Without obstore the error names what to install."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.setitem(sys.modules, "obstore.exceptions", None)
    with pytest.raises(ConfigError, match=r'pip install "hlrframe\[s3\]"'):
        Store("s3://bucket/answers")


def test_a_spool_has_a_name_of_its_url(monkeypatch, tmp_path):
    """Each URL has its own folder under the state folder of the platform, readable for people."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    one, other = default_spool("s3://bucket/a-b"), default_spool("s3://bucket/a/b")
    assert one != other
    assert one.parent == tmp_path / "hlrframe"
    assert one.name.startswith("s3-bucket-a-b-")
    monkeypatch.delenv("XDG_STATE_HOME")
    assert default_spool("s3://bucket/a").parent == Path.home() / ".local" / "state" / "hlrframe"


def test_a_store_says_where_it_is(machine):
    """The repr of a store is its URL."""
    assert repr(machine()) == "Store('s3://bucket/answers')"
