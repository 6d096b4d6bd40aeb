"""Real servers that speak S3, on the loopback."""

import logging
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from moto.server import ThreadedMotoServer

#: The programs of Ceph's gateway, from the Debian packages radosgw, ceph-mon, ceph-osd and ceph-common.
CEPH = ("monmaptool", "ceph-mon", "ceph-osd", "ceph", "radosgw", "radosgw-admin")


@contextmanager
def moto():
    """Serves S3 from memory, with one bucket named ``bucket``; gives the options of a store there."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request says nothing
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        port = running.get_host_and_port()[1]
        urlopen(Request(f"http://127.0.0.1:{port}/bucket", method="PUT")).close()
        yield options(port, "key", "secret")
    finally:
        running.stop()


def options(port, key, secret):
    return {
        "endpoint": f"http://127.0.0.1:{port}",
        "access_key_id": key,
        "secret_access_key": secret,
        "region": "us-east-1",
        "client_options": {"allow_http": True},
    }


def has_ceph():
    return all(map(shutil.which, CEPH))


@contextmanager
def ceph(home: Path):
    """Serves S3 by Ceph's gateway over one monitor and one OSD in memory; gives the options of a store there."""
    monitor, gateway = free_port(), free_port()
    run = home / "run"
    for each in ("mon", "osd"):
        (run / each).mkdir(parents=True)
    config = home / "ceph.conf"
    config.write_text(CONFIG.format(run=run, monitor=monitor, gateway=gateway))
    cluster = Cluster(config, run)
    try:
        cluster.start(monitor)
        options_ = options(gateway, "test", "testtest")
        wait_for(f"http://127.0.0.1:{gateway}/")
        cluster.once(
            *("radosgw-admin", "-n", "client.rgw", "user", "create", "--uid=test", "--display-name=test"),
            *("--access-key=test", "--secret-key=testtest"),
        )
        make_bucket(options_)
        yield options_
    finally:
        cluster.stop()


class Cluster:
    """The processes of one small cluster."""

    def __init__(self, config, run):
        self.config, self.run, self.processes = config, run, []

    def once(self, program, *arguments, check=True):
        subprocess.run([program, "-c", self.config, *arguments], check=check, capture_output=True, timeout=60)

    def serve(self, program, *arguments):
        command = [program, "-c", self.config, "-f", *arguments]
        self.processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def start(self, monitor):
        """Starts monitor, store and gateway, one after the other."""
        fsid = self.config.read_text().split("fsid = ")[1].split()[0]
        address = f"[v1:127.0.0.1:{monitor}]"
        made = ["--create", "--addv", "a", address, "--fsid", fsid, "--clobber", self.run / "monmap"]
        subprocess.run([shutil.which("monmaptool"), *made], check=True, capture_output=True)
        self.once("ceph-mon", "-i", "a", "--mkfs", "--monmap", self.run / "monmap")
        self.serve("ceph-mon", "-i", "a")
        self.once("ceph", "osd", "create")
        self.once("ceph-osd", "-i", "0", "--mkfs", "--no-mon-config")
        self.serve("ceph-osd", "-i", "0")
        self.once("ceph", "osd", "crush", "add", "osd.0", "1.0", "host=localhost", "root=default", check=False)
        self.serve("radosgw", "-n", "client.rgw")

    def stop(self):
        for each in reversed(self.processes):
            each.kill()
            each.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, seconds=150):
    until = time.monotonic() + seconds
    while True:
        try:
            return urlopen(url, timeout=2).close()  # noqa: S310  # http, as was just made
        except HTTPError:
            return None
        except (URLError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def make_bucket(options_):
    """Makes the bucket with a signed request, which the gateway wants."""
    from botocore.session import Session  # noqa: PLC0415  # moto brings it along

    client = Session().create_client(
        "s3",
        region_name=options_["region"],
        endpoint_url=options_["endpoint"],
        aws_access_key_id=options_["access_key_id"],
        aws_secret_access_key=options_["secret_access_key"],
    )
    client.create_bucket(Bucket="bucket")


CONFIG = """
[global]
fsid = 5e55f00d-5e55-4ead-8bad-5e55f00d5e55
mon host = v1:127.0.0.1:{monitor}
ms bind ipv4 = true
ms bind ipv6 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
auth supported = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
osd objectstore = memstore
osd class update on start = false
osd crush update on start = false
memstore device bytes = 2147483648
log file = {run}/$name.log
admin socket = {run}/$name.asok
pid file = {run}/$name.pid
run dir = {run}
mon data = {run}/mon
osd data = {run}/osd
osd class dir = /usr/lib/x86_64-linux-gnu/rados-classes
plugin dir = /usr/lib/x86_64-linux-gnu/ceph
erasure code dir = /usr/lib/x86_64-linux-gnu/ceph/erasure-code
keyring = /dev/null
mon initial members = a
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{gateway}
rgw enable usage log = false
"""
