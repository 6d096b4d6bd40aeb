"""What tests of many files share."""

import os
import sys
from pathlib import Path

import hypothesis
import pytest

# Beside each other the workers keep all cores busy already; polars reads it once, when it is first imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("POLARS_MAX_THREADS", "1")

from hlrframe import emulator  # after that

# What an example takes says how busy the machine is, and nothing about what is tested. ``.ci/run`` tries more of them.
hypothesis.settings.register_profile("quick", deadline=None, max_examples=30)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=100)
hypothesis.settings.load_profile("quick")


#: Seconds that a slow test may take, unless it says otherwise itself.
PATIENCE = 300


def pytest_collection_modifyitems(items):
    """Gives slow tests the time that they are marked for, and has those begin first that may take longest."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(PATIENCE))
    items.sort(key=_patience, reverse=True)


def _patience(item):
    marker = item.get_closest_marker("timeout")
    return marker.args[0] if marker else 0


@pytest.fixture
def provider():
    """A provider that keeps its bill."""
    return emulator.Emulator(seed=7)


@pytest.fixture
def client(provider):
    """A client of that provider, inside this process."""
    return emulator.connect(emulator=provider)


@pytest.fixture
def path(tmp_path):
    """Where a store can be, and none is yet."""
    return tmp_path / "store"


@pytest.fixture(scope="module")
def s3():
    """The options of a store in a bucket on moto."""
    from helpers.s3 import moto  # noqa: PLC0415  # takes a second, and few tests want it

    with moto() as options:
        yield options


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """The options of a store in a bucket on Ceph's gateway, where that is installed: it is no package of Python."""
    from helpers.s3 import ceph, has_ceph  # noqa: PLC0415  # the same

    if not has_ceph():
        pytest.skip("needs Ceph's gateway: apt-get install radosgw ceph-mon ceph-osd ceph-common")
    with ceph(tmp_path_factory.mktemp("ceph")) as options:
        yield options


@pytest.fixture(autouse=True, scope="session")
def helpers_at_hand(tmp_path_factory):
    """Processes that tests start find the helpers, as the tests themselves do, and compile what they import once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
        if sys.dont_write_bytecode:
            base = tmp_path_factory.getbasetemp()
            shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
            patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
            patch.setenv("PYTHONPYCACHEPREFIX", str(shared / "bytecode"))
        yield
