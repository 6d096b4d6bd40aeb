"""A machine that has too little of something."""

import json
import subprocess
import sys

import pytest

from helpers.emulator import mobiles
from hlrframe import emulator

RUN = """
import json, os, resource, sys
import polars as pl
import hlrframe as hf
url, free, numbers = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
client = hf.Client("emulator", "emulator", base_url=url)
hf.lookup(numbers[:1], client=client)  # whatever is loaded late is loaded
client.balance()
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
taken = []
try:
    while True:
        taken.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    for each in taken[:free]:
        os.close(each)
frame, settings = pl.DataFrame({"phone": numbers}), hf.Settings(batch_size=1)
try:
    client.balance()
    report = hf.enrich_with_report(frame, "phone", client=client, settings=settings).report
    told = {"states": report.states, "refusals": report.refusals}
except hf.HlrframeError as error:
    told = {"error": f"{type(error).__name__}: {error}"}
print(json.dumps(told))
"""
NUMBERS = [f"+{each}" for each in mobiles(300)]


def with_files(free):
    """What a run of 300 requests says in a process that may open so many files more."""
    with emulator.running(emulator.Emulator(seed=7, latency=0.05)) as url:
        command = [sys.executable, "-c", RUN, url, str(free), json.dumps(NUMBERS)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_few_file_descriptors_slow_a_run_down_and_no_more():
    """Out of file descriptors, a run goes on with the connections that it has, and holds nothing against anybody."""
    assert with_files(20) == {"states": {"answered": 300}, "refusals": 0}


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_no_file_descriptors_are_an_error_that_names_the_cure():
    """Without room for one connection nothing is held against the provider, and the error says ulimit."""
    error = with_files(3)["error"]
    assert error.startswith("ResourceError")
    assert "ulimit" in error
