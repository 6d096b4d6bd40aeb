import itertools
import runpy
import shutil
import threading
from pathlib import Path

import jupytext
import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

from hlrframe.emulator import Emulator, running, sample_numbers

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

#: A notebook that leaves this machine, or reaches for somebody's account, fails as it would on one without them.
ALONE = """
import os, socket

def _only_here(connect):
    def checked(*given, **options):
        address = next(each for each in given if isinstance(each, (tuple, str, bytes)))
        if address[0] != "127.0.0.1":
            raise OSError(f"a notebook needs no network: {address}")
        return connect(*given, **options)
    return checked

socket.create_connection = _only_here(socket.create_connection)
socket.socket.connect = _only_here(socket.socket.connect)
for name in ("HLR_API_KEY", "HLR_API_SECRET", "HLR_BASE_URL"):
    os.environ.pop(name, None)
"""

#: What each notebook says of its figures, as a cell that is run after all others.
PROOFS = {
    "01_clean_a_contact_list": """
assert report.credits == enriched["hlr_credits"].sum() <= price.credits_high
assert enriched.height == contacts.height
assert mailing["number"].is_unique().all()
assert set(decided.filter(hlr_state="rejected")["action"]) == {"correct by hand"}
assert second.credits == 1
""",
    "02_cost_and_coverage": """
low, expected, column, told, bill, high = figures.values()
assert low < column == told == bill < high
assert low < expected < high
assert every_row - spent == sum(summary.cost.filter(pl.col("item").str.starts_with("saved"))["credits"])
assert known > 0
""",
    "03_keep_a_list_fresh": """
asked = [each.to_ask for each in estimates.values()]
assert asked == sorted(asked)
assert report.states["cached"] > 0 < report.states["answered"]
assert newly_dead.height > was_live > 0 < back.height
assert (removed, left) == (stories[number].height, 0)
assert 0 < after.answers == before.answers - purged < before.answers
""",
    "04_large_files_and_etl": """
assert billed == 2000.0
assert job.returncode == -9
assert again
assert not twice
assert sum(sizes) == ORDERS
assert turnover["orders"].sum() == ORDERS
assert batches.report.credits == 0
""",
    "05_three_phone_columns": """
assert best["hlr_credits"].sum() == report.credits <= price.credits_high
assert again.credits == 0
assert to_text["number"].is_unique().all() and to_text["number"].str.starts_with("+").all()
assert account.excluded["suppressed"] > 0 < to_text.filter(pl.col("column") != "Mobile").height
assert account.selected == to_text.height == customers.height - sum(account.excluded.values())
assert page.name == "report.html"
""",
}


def run(path):
    """The notebook as it is after its cells were run in a kernel of their own."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(ALONE))
    notebook.cells.append(nbformat.v4.new_code_cell(PROOFS[path.stem]))
    return NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(path.parent)}}).execute()


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_in_a_real_kernel(path):
    """Every cell runs without account and network, its figures hold, and it warns of invented answers, once at most."""
    outputs = [output for cell in run(path).cells for output in cell.get("outputs", ())]
    complaints = "".join(output.text for output in outputs if output.get("name") == "stderr")
    assert complaints.count("Warning") == (0 if "running" in path.read_text() else 1)
    assert complaints.count("EmulatorWarning: the answers come from the emulator") == complaints.count("Warning")
    assert any("text/html" in output.get("data", {}) for output in outputs)


def test_every_notebook_is_proved():
    """The folder is where it is looked for, and each notebook has its figures checked."""
    assert {path.stem for path in NOTEBOOKS} == set(PROOFS)


class Watched(Emulator):
    """An emulator that says when a run is well under way: the first requests are answered, later ones in flight."""

    def __init__(self, **options):
        super().__init__(**options)
        self.half_way = threading.Event()

    def receive(self, call, *, now):
        if self.bill.requests == 40:
            self.half_way.set()
        return super().receive(call, now=now)


RUN = """
frame, report = hf.enrich_with_report(
    pl.DataFrame({"phone": numbers}), "phone", client=client, store=store,
    settings=hf.Settings(batch_size=8, max_requests=12),
)
"""


@pytest.fixture
def kernel():
    """A kernel as Jupyter starts it, and a client that talks to it."""
    manager, client = start_new_kernel(kernel_name="python3")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def stop(manager, client, *, by_message):
    """What the stop button does: where the kernel runs on the same machine, or elsewhere."""
    if by_message:
        client.control_channel.send(client.session.msg("interrupt_request", {}))
    else:
        manager.interrupt_kernel()


def finish(client, request, shown):
    """Waits for the end of a cell; keeps what it shows and gives what is said of it."""
    replies = (client.get_shell_msg(timeout=50) for _ in itertools.count())
    reply = next(each for each in replies if each["parent_header"].get("msg_id") == request)
    idle = False
    while not idle:
        message = client.get_iopub_msg(timeout=50)
        shown.append(message["content"].get("data", {}))
        is_own = message["parent_header"].get("msg_id") == request
        idle = is_own and message["content"].get("execution_state") == "idle"
    return reply["content"]


@pytest.mark.slow
@pytest.mark.parametrize("by_message", [False, True], ids=["stop button", "interrupt_request"])
def test_an_interrupted_cell_pays_nothing_twice(kernel, tmp_path, by_message):
    """A cell that is stopped in mid-run and run again asks for the rest alone; its progress is a widget both times."""
    manager, client = kernel
    provider = Watched(seed=7, latency=0.5)
    numbers = list(itertools.islice(sample_numbers("GB"), 640))
    shown = []
    with running(provider) as url:
        setting = f"store, numbers = {str(tmp_path / 'answers')!r}, {numbers!r}"
        account = f"client = hf.Client(*{provider.credentials!r}, base_url={url!r})"
        finish(client, client.execute(f"import hlrframe as hf, polars as pl\n{setting}\n{account}"), shown)
        request = client.execute(RUN)
        assert provider.half_way.wait(30)
        stop(manager, client, by_message=by_message)
        stopped = finish(client, request, shown)
        paid = provider.bill.total
        again = finish(client, client.execute(RUN), shown)
        proof = "assert set(frame['hlr_state']) == {'answered', 'cached'}"
        proved = finish(client, client.execute(proof), shown)
    assert stopped["ename"] == "Interrupted"
    assert 0 < paid < provider.bill.total
    assert again["status"] == proved["status"] == "ok"
    assert provider.bill.paid_twice() == []
    assert provider.bill.asked_twice() == []
    assert len(provider.bill.asked) == len(numbers)
    assert sum("application/vnd.jupyter.widget-view+json" in data for data in shown) == 2


@pytest.fixture
def complaints(tmp_path):
    """What the check of the notebooks says of a copy of one of them, and the copy."""
    for path in (NOTEBOOKS[0], NOTEBOOKS[0].with_suffix(".py")):
        shutil.copy(path, tmp_path)
    check = runpy.run_path(str(ROOT / ".ci" / "check_notebooks.py"))["complaints"]
    return lambda: list(check(tmp_path)), tmp_path / NOTEBOOKS[0].name


def test_notebooks_say_what_their_scripts_say(complaints):
    """A notebook as it was generated is in order; one that was edited, or lacks its script, is not."""
    check, path = complaints
    assert check() == []
    notebook = jupytext.read(path)
    notebook.cells[1].source += "\n1 + 1"
    nbformat.write(notebook, path)
    assert ["differs" in each for each in check()] == [True]
    path.with_suffix(".py").unlink()
    assert ["missing" in each for each in check()] == [True]


def test_notebooks_keep_no_outputs(complaints):
    """What a notebook printed stays out of the repository."""
    check, path = complaints
    notebook = jupytext.read(path)
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    code.outputs = [nbformat.v4.new_output("stream", text="2")]
    nbformat.write(notebook, path)
    assert ["keeps outputs" in each for each in check()] == [True]
